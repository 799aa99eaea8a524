# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Flies the list of checks and says what came of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

from live_mvp_ros.vehicle.conformance.check_list import CHECKS
from live_mvp_ros.vehicle.conformance.check_parts import Check
from live_mvp_ros.vehicle.conformance.placing import (
    GROUNDED,
    AstrayError,
    Placing,
    neutral,
    silent,
)
from live_mvp_ros.vehicle.conformance.recorded_flight import Judged, Recorded
from live_mvp_ros.vehicle.conformance.rig import Rig, RigError

STARVED_S = 0.1
"""A process that was kept waiting for longer has not controlled anything."""
TRIES = 3
NOT_FLOWN = "nothing was flown: --flying was not given"
RECOVERY_S, DOWN_S = 3.0, 90.0
Tell = Callable[[Check, Sequence[Judged]], None]


def conform(
    rig: Rig, *, flying: bool, tell: Tell, checks: Sequence[Check] = CHECKS
) -> tuple[Judged, ...]:
    """Fly all checks, one after the other, and return their figures.

    A check that leads the vehicle astray fails. If it cannot be flown back, the others fail, too.

    Args:
        rig: is flown.
        flying: whether anything may leave the ground.
        tell: is told of each check when it is over.
        checks: to be made.

    Raises:
        RigError: no odometry comes at all.
    """
    placing = first(rig)
    figures: list[Judged] = []
    stays, flies = "", False
    for check in checks:
        if check.flies and not flying:
            judged = apart(check, NOT_FLOWN)
        elif stays:
            judged = failed(check, stays)
        else:
            if check.flies and not flies:
                stays, flies = take_off(placing), True
            judged, stays = made(check, placing) if not stays else (failed(check, stays), stays)
            if check.gate and not all(figure.passed for figure in judged):
                stays = stays or f"not flown: {check.name} are not as they should be"
        figures += judged
        tell(check, judged)
    if flies and rig.has_driver:
        come_down(placing)
    return tuple(figures)


def first(rig: Rig) -> Placing:
    """Return what flies a rig, once its odometry has come.

    Raises:
        RigError: none comes.
    """
    while not rig.odometry:
        rig.wait()
    return Placing(rig)


def take_off(placing: Placing) -> str:
    """Bring it into the air; return why it cannot be flown, empty if it can."""
    rig = placing.rig
    answered, placing.in_flight = 0, False

    def meanwhile() -> None:
        nonlocal answered
        if len(rig.odometry) > answered:
            answered = len(rig.odometry)
            neutral(placing, placing.latest)

    try:
        rig.take_off(meanwhile)
    except RigError as error:
        return str(error)
    placing.here()
    placing.home_m, placing.in_flight = placing.goal_m, True
    return ""


def made(check: Check, placing: Placing) -> tuple[tuple[Judged, ...], str]:
    """Make a check, again where this process did not run well enough to fail it.

    Returns:
        Its figures, and why no other can be flown, empty if they can.
    """
    for tries_left in range(TRIES - 1, -1, -1):
        judged, stays = once(check, placing)
        good = all(figure.passed or not figure.applies for figure in judged)
        starved = check.again and placing.rig.starved_s > STARVED_S
        if good or stays or not starved or not tries_left:
            break
        stays = "" if check.gate else recover(placing, "")
    return judged, stays


def once(check: Check, placing: Placing) -> tuple[tuple[Judged, ...], str]:
    """Make a check once; see ``made``."""
    begin, marks = placing.begin(), dict[str, float]()
    placing.rig.starved_s = 0.0
    note = stays = ""
    try:
        why = check.fly(placing, marks)
        if why:
            return apart(check, why), ""
    except AstrayError as error:
        note = str(error)
    except RigError as error:
        note = stays = str(error)
    judged, starved_s = check.judge(placing.recorded(begin, marks)), placing.rig.starved_s
    if starved_s > STARVED_S:
        judged = noted(judged, f"this process was kept waiting for {starved_s:.2f} s")
    if note:
        judged = astray(judged, note)
        stays = stays or recover(placing, note)
        placing.rig.starved_s = starved_s
    return judged, stays


def astray(judged: tuple[Judged, ...], note: str) -> tuple[Judged, ...]:
    """Return the figures of a check that was broken off; what is not reached is no figure."""
    if all(figure.passed or not figure.applies for figure in judged):
        judged = tuple(dataclasses.replace(figure, measured=math.nan) for figure in judged)
    return noted(judged, note)


def noted(judged: tuple[Judged, ...], note: str) -> tuple[Judged, ...]:
    """Return figures of which those that have not passed say what happened."""
    return tuple(
        figure if figure.passed else dataclasses.replace(figure, note=note) for figure in judged
    )


def recover(placing: Placing, note: str) -> str:
    """Let it take care of itself, then fly it home; return why that fails, else nothing."""
    rig = placing.rig
    try:
        end_s = rig.now_s() + RECOVERY_S
        while rig.now_s() < end_s:
            rig.wait()
        if placing.phase in GROUNDED:
            return take_off(placing)
        placing.goal_m = placing.home_m
        arrived = placing.settle(15.0)
    except (AstrayError, RigError):
        arrived = False
    return "" if arrived else f"not flown: before that, {note or 'it did not come home'}"


def come_down(placing: Placing) -> None:
    """Have it land, if it has not landed by now."""
    rig, placing.in_flight = placing.rig, False
    try:
        if rig.said and rig.said[-1].armed:
            rig.ask("land")
            placing.fly(DOWN_S, silent, lambda: not rig.said[-1].armed)
    except (AstrayError, RigError):
        return


def apart(check: Check, reason: str) -> tuple[Judged, ...]:
    """Return the figures of a check that does not apply."""
    return tuple(
        dataclasses.replace(figure, measured=math.nan, reason=reason)
        for figure in check.judge(Recorded(()))
    )


def failed(check: Check, note: str) -> tuple[Judged, ...]:
    """Return the figures of a check that could not be made."""
    return tuple(dataclasses.replace(f, note=note) for f in check.judge(Recorded(())))
