# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What others may do in an environment's step; every hook is optional."""

from __future__ import annotations

import dataclasses
import importlib
import math
import operator
from collections.abc import Callable
from typing import Any

from live_mvp_ros.packets.packet_fields import PacketError, settled
from live_mvp_ros.packets.packet_types import (
    ActionPacket,
    ObservationPacket,
    PosePacket,
    StepInfo,
)


@dataclasses.dataclass(frozen=True)
class Hooks:
    """The hooks of an environment.

    Attributes:
        phase_shift: of a column and the agent's pose packet, the offset (du, dv) of that column's
            chart point from the agent's: it is seen from there, and said so.
        project_motor: of a column and the action that is for it, the action that it does. All
            columns look at one object: where one of them does ``switch_object``, that is the
            step. An explorer does what the first of the columns that are meant makes of it.
        safety: of how a step went, what is to be said of it; where that is not ``ok``, the step is
            undone.
        reward: of observation, pose and how the step went, the extrinsic reward; goalseeker needs
            it, and nothing else asks it.
    """

    phase_shift: Callable[[str, PosePacket], tuple[float, float]] | None = None
    project_motor: Callable[[str, ActionPacket], ActionPacket] | None = None
    safety: Callable[[StepInfo], StepInfo] | None = None
    reward: Callable[[ObservationPacket, PosePacket, StepInfo], float] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be called."""
        for field in dataclasses.fields(self):
            hook = getattr(self, field.name)
            if hook is not None and not callable(hook):
                raise PacketError(f"{field.name} = {hook!r} is not allowed: it must be a function")

    def offset(self, column: str, pose: PosePacket) -> tuple[float, float]:
        """Return where a column is from the agent, (0, 0) without a ``phase_shift``.

        Raises:
            PacketError: the hook says no two finite numbers.
        """
        if self.phase_shift is None:
            return 0.0, 0.0
        said = self.phase_shift(column, pose)
        du, dv = settled("phase_shift", tuple[float, float], said)
        if not (math.isfinite(du) and math.isfinite(dv)):
            raise PacketError(f"phase_shift = {said!r} is not allowed: it must be finite")
        return du, dv

    def judged(self, info: StepInfo) -> StepInfo:
        """Return what is to be said of how a step went.

        Raises:
            PacketError: the hook says no StepInfo.
        """
        return info if self.safety is None else settled("safety", StepInfo, self.safety(info))


def function_of(setting: str, name: str) -> Callable[..., Any]:
    """Return the function that a setting names as ``module:function``.

    Raises:
        PacketError: there is no such function.
    """
    module, _, path = name.partition(":")
    try:
        found = operator.attrgetter(path)(importlib.import_module(module))
    except (ImportError, AttributeError, ValueError) as error:
        raise PacketError(
            f"{setting} = {name!r} is not allowed: it must be module:function ({error})"
        ) from error
    if not callable(found):
        raise PacketError(f"{setting} = {name!r} is not allowed: it is no function")
    return found
