# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The state of an environment between two steps, and what actions of an examiner do to it."""

from __future__ import annotations

import dataclasses

import numpy as np

from live_mvp_ros.packets.env_config import OrbitConfig
from live_mvp_ros.packets.packet_types import ActionPacket, BodyPose, ChartPoint
from live_mvp_ros.packets.torus import moved

ORIGIN = BodyPose()


class BlownUpError(ArithmeticError):
    """A state would hold what is not finite, or be out of all bounds."""


@dataclasses.dataclass(frozen=True)
class EnvState:
    """Where an agent is.

    Attributes:
        tick: steps since the reset.
        object_id: looked at (examiner), or turned to last (explorer, empty for none).
        points: chart point of each column.
        previous: of the step before.
        switched: whether this step switched the object.
        body: pose in the stage (explorer).
        body_previous: of the step before.
        focus_m: distance that is in focus; 0: everything is.
        reward: extrinsic reward of the step.
    """

    tick: int
    object_id: str
    points: tuple[ChartPoint, ...]
    previous: tuple[ChartPoint, ...]
    switched: bool = False
    body: BodyPose = ORIGIN
    body_previous: BodyPose = ORIGIN
    focus_m: float = 0.0
    reward: float = 0.0

    def at_rest(self) -> EnvState:
        """Return the state one step later if nothing is done."""
        return dataclasses.replace(
            self,
            tick=self.tick + 1,
            previous=self.points,
            body_previous=self.body,
            switched=False,
            reward=0.0,
        )


@dataclasses.dataclass(frozen=True)
class Flags:
    """What happened to a motion, see StepInfo."""

    clamped: bool = False
    wrapped: bool = False
    collided: bool = False


def examine(
    state: EnvState, commands: dict[int, ActionPacket], orbit: OrbitConfig, seed: tuple[int, ...]
) -> tuple[EnvState, Flags]:
    """Return the state after moves and jumps on the orbit.

    Args:
        state: before the step.
        commands: by the number of the column.
        orbit: the chart.
        seed: of the jitter of this step.

    Raises:
        BlownUpError: a chart point would not be finite.
    """
    after = state.at_rest()
    points, previous, wrapped = list(after.points), list(after.previous), False
    for column, command in commands.items():
        if command.action == "move":
            step = np.array([orbit.default_speed * d for d in (command.dx, command.dy)])
            if orbit.jitter > 0.0:
                step += orbit.jitter * np.random.default_rng((*seed, column)).normal(size=2)
            if not np.isfinite(step).all():
                raise BlownUpError(f"column {column} would move by {step.tolist()}")
            points[column], went_round = moved(points[column], *step.tolist())
            wrapped |= went_round
        elif command.action == "jump_to":
            points[column] = previous[column] = ChartPoint(command.u, command.v)
    return (
        dataclasses.replace(after, points=tuple(points), previous=tuple(previous)),
        Flags(wrapped=wrapped),
    )
