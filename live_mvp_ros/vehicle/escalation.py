# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ladder of last resorts: what a vehicle does while something that it flies by is not there.

A reason that begins puts the vehicle on the first of its rungs; while it lasts, the next one
follows after ``step_s``. A reason that is gone, with hysteresis in value and time, gives control
back, but never from landing or with the rotors off: that is for a person to decide. Of several
reasons the one on the highest rung counts. Who has landed on the ladder stops its rotors.

A plain state machine: a configuration, a state, a condition. It needs neither arrays nor JAX.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from live_mvp_ros.base.safety_code import SafetyCode

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.ladder import EscalationConfig


class Fallback(enum.IntEnum):
    """What the vehicle does, from normal to last; the names of rungs in capitals."""

    FLY = 0
    HOLD = 1
    LEVEL = 2
    LAND = 3
    STOP = 4


@dataclasses.dataclass(frozen=True)
class Condition:
    """What the ladder looks at; who cannot know something leaves it at its default, which is fine.

    A value that is not a number is out of its limits.

    Attributes:
        odometry_age_s: of the newest odometry.
        position_sigma_m: standard deviation of the position.
        off_track_m: distance from where the commands should have led.
        command_age_s: time without a command.
        link_quality: share of messages that arrive, in [0, 1].
        lean_rad: angle to the vertical.
        landed: it is on the ground.
    """

    odometry_age_s: float = 0.0
    position_sigma_m: float = 0.0
    off_track_m: float = 0.0
    command_age_s: float = 0.0
    link_quality: float = 1.0
    lean_rad: float = 0.0
    landed: bool = False


class Standing(NamedTuple):
    """Where one reason stands on its ladder."""

    rung: int = -1
    """Index into its rungs; -1 for none."""
    since_s: float = 0.0
    """When it came to this rung."""
    gone_s: float = math.inf
    """Since when it is gone; infinite while it lasts."""


@dataclasses.dataclass(frozen=True)
class Escalation:
    """The state of the ladder; a new one has no reason to do anything.

    Attributes:
        standings: reason -> where it stands; those that stand nowhere are left out.
        fallback: what the vehicle does now.
        code: the reason for it, ``SafetyCode.CLEAR`` while it flies.
    """

    standings: tuple[tuple[SafetyCode, Standing], ...] = ()
    fallback: Fallback = Fallback.FLY
    code: SafetyCode = SafetyCode.CLEAR


def step(
    config: EscalationConfig, state: Escalation, now_s: float, condition: Condition
) -> Escalation:
    """Return where the ladder stands after a look at the condition.

    Args:
        config: limits and rungs.
        state: from the look before.
        now_s: time of a clock that does not jump back; if it does, no time has passed.
        condition: of the vehicle.
    """
    before = dict(state.standings)
    standings, highest, code = [], Fallback.FLY, SafetyCode.CLEAR
    for reason, rungs, excess in _excesses(config, condition):
        standing = _moved(config, before.get(reason, Standing()), rungs, excess, now_s)
        if standing.rung < 0:
            continue
        standings.append((reason, standing))
        rung = rung_of(rungs[standing.rung])
        if rung > highest:
            highest, code = rung, reason
    if state.fallback >= Fallback.LAND and state.fallback >= highest:
        highest, code = state.fallback, state.code  # not left, whatever has become of the reason
    if highest is Fallback.LAND and condition.landed:
        highest = Fallback.STOP
    return Escalation(tuple(standings), highest, code)


def rung_of(name: str) -> Fallback:
    """Return the rung of a name in ``ladder.RUNGS``."""
    return Fallback[name.upper()]


def _excesses(
    config: EscalationConfig, now: Condition
) -> Iterator[tuple[SafetyCode, tuple[str, ...], float]]:
    """Yield each reason with its rungs and its value in shares of the limit."""
    yield (
        SafetyCode.ODOMETRY_OLD,
        config.odometry_old,
        now.odometry_age_s / config.odometry_age_max_s,
    )
    yield (
        SafetyCode.POSITION_UNCERTAIN,
        config.position_uncertain,
        now.position_sigma_m / config.position_sigma_max_m,
    )
    yield SafetyCode.OFF_TRACK, config.off_track, now.off_track_m / config.off_track_max_m
    yield (
        SafetyCode.COMMANDS_LATE,
        config.commands_late,
        now.command_age_s / config.command_age_max_s,
    )
    lost, most = 1.0 - now.link_quality, 1.0 - config.link_quality_min
    yield SafetyCode.LINK_WEAK, config.link_weak, lost / most
    yield SafetyCode.TILTED, config.tilted, now.lean_rad / config.tilt_max_rad


def _moved(
    config: EscalationConfig,
    standing: Standing,
    rungs: tuple[str, ...],
    excess: float,
    now_s: float,
) -> Standing:
    """Return where a reason stands whose value is ``excess`` times its limit."""
    lasts = not excess <= 1.0  # nor where it is not a number
    if standing.rung < 0:
        return Standing(0, now_s) if lasts else standing
    if lasts:
        standing = standing._replace(gone_s=math.inf)
        higher = standing.rung + 1 < len(rungs) and now_s - standing.since_s >= config.step_s
        return Standing(standing.rung + 1, now_s) if higher else standing
    if excess > config.recover_share:
        return standing._replace(gone_s=math.inf)
    gone_s = min(standing.gone_s, now_s)
    if now_s - gone_s < config.recover_s:
        return standing._replace(gone_s=gone_s)
    return Standing()
