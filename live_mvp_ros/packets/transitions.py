# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From one state of an environment to the next, in every scenario."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from live_mvp_ros.packets import actions, explorer_motion
from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.env_hooks import Hooks
from live_mvp_ros.packets.motions import BlownUpError, EnvState, Flags, examine
from live_mvp_ros.packets.packet_types import ActionPacket, ChartPoint, PacketError
from live_mvp_ros.packets.stages import Backend, Stage

EXAMINER = "examiner"


class Stages:
    """The stages of a backend, each opened once."""

    def __init__(self, backend: Backend) -> None:
        """Open none yet."""
        self._backend = backend
        self._opened: dict[str, Stage] = {}

    def of(self, object_id: str) -> Stage:
        """Return the stage of an object to examine."""
        if object_id not in self._opened:
            self._opened[object_id] = self._backend.examine(object_id)
        return self._opened[object_id]

    def scene(self) -> Stage:
        """Return the stage to explore."""
        if "" not in self._opened:
            self._opened[""] = self._backend.explore()
        return self._opened[""]


@dataclasses.dataclass(frozen=True)
class Rules:
    """What does not change between steps: settings, hooks, and the explorer's motor matrix B."""

    config: EnvConfig
    hooks: Hooks
    motor_matrix: np.ndarray
    stages: Stages


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What an action leads to; ``problem`` says why the state was rolled back, if it was."""

    state: EnvState
    stage: Stage
    flags: Flags = Flags()  # noqa: RUF009 - frozen
    problem: str = ""


def begin(
    rules: Rules, scenario: str, object_id: str | None, view: tuple[float, float] | None
) -> tuple[EnvState, Stage]:
    """Return the first state of an episode.

    Args:
        rules: of the environment.
        scenario: of the episode.
        object_id: to look at, or None.
        view: chart point (u, v) to begin at; None: (0, 0), or an explorer's own start.

    Raises:
        PacketError: there is no such object.
    """
    wanted, count = _object(rules, object_id), len(rules.config.columns)
    if scenario == EXAMINER:
        points = (ChartPoint(*(view or (0.0, 0.0))),) * count
        return EnvState(0, wanted, points, points), rules.stages.of(wanted)
    stage = rules.stages.scene()
    state = explorer_motion.begin(stage, count, view)
    return (state if object_id is None else _turned(state, stage, wanted)), stage


def act(
    rules: Rules, scenario: str, before: EnvState, stage: Stage, action: ActionPacket, seed: int
) -> Outcome:
    """Return what an action leads to.

    Raises:
        PacketError: the action cannot be done.
    """
    allowed = actions.EXAMINER if scenario == EXAMINER else actions.EXPLORER
    commands = _projected(rules, action, allowed)
    if scenario != EXAMINER:  # it has one body, whatever the number of columns
        commands = dict(itertools.islice(commands.items(), 1))
    for command in commands.values():
        if command.action == "switch_object":  # for all columns: they look at one object
            return _switched(rules, scenario, before, stage, command.object_id)
    try:
        if scenario == EXAMINER:
            of_step = (seed, before.tick)
            after, flags = examine(before, commands, rules.config.orbit, of_step)
        else:
            command = next(iter(commands.values()))
            after, flags = explorer_motion.explore(
                before, command, rules.config, stage, rules.motor_matrix
            )
    except BlownUpError as error:
        return Outcome(before.at_rest(), stage, problem=f"rolled back: {error}")
    return Outcome(after, stage, flags)


def _object(rules: Rules, object_id: str | None) -> str:
    """Return an object of the configuration, the first for None.

    Raises:
        PacketError: it has none of this name.
    """
    names = rules.config.objects
    if object_id is None:
        return names[0]
    if object_id not in names:
        raise PacketError(
            f"object_id = {object_id!r} is not allowed: it must be one of {', '.join(names)}"
        )
    return object_id


def _projected(
    rules: Rules, action: ActionPacket, allowed: tuple[str, ...]
) -> dict[int, ActionPacket]:
    """Return what each column does, by its number.

    Raises:
        PacketError: the action is for a column that there is not.
    """
    names, project = rules.config.columns, rules.hooks.project_motor
    if action.column_id and action.column_id not in names:
        raise PacketError(
            f"column_id = {action.column_id!r} is not allowed: it must be one of "
            f"{', '.join(names)}"
        )
    meant = {i: action for i, name in enumerate(names) if action.column_id in ("", name)}
    if project is None:
        return meant
    return {i: actions.parse(project(names[i], one), allowed) for i, one in meant.items()}


def _switched(rules: Rules, scenario: str, before: EnvState, stage: Stage, wanted: str) -> Outcome:
    """Return what follows from another object: the wanted one, or the next."""
    explores = scenario != EXAMINER
    names = tuple(t.object_id for t in stage.things) if explores else rules.config.objects
    if not wanted and names:
        place = names.index(before.object_id) + 1 if before.object_id in names else 0
        wanted = names[place % len(names)]
    after = dataclasses.replace(before.at_rest(), switched=True)
    if explores and not wanted:  # there is nothing to turn to
        return Outcome(after, stage)
    wanted = _object(rules, wanted or None)
    if explores:
        return Outcome(_turned(after, stage, wanted), stage)
    return Outcome(dataclasses.replace(after, object_id=wanted), rules.stages.of(wanted))


def _turned(state: EnvState, stage: Stage, wanted: str) -> EnvState:
    """Return the state with the gaze on an object, at rest.

    Raises:
        PacketError: there was no room for it in the scene.
    """
    for thing in stage.things:
        if thing.object_id == wanted:
            turned = explorer_motion.turned_to(state, thing)
            return dataclasses.replace(turned, object_id=wanted)
    raise PacketError(f"object_id = {wanted!r} is not allowed: {stage.name} has no room for it")
