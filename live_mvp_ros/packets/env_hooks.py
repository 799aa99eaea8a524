# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What others may do in an environment's step; every hook is optional."""

from __future__ import annotations

import dataclasses
import importlib
import operator
from collections.abc import Callable
from typing import Any

from live_mvp_ros.packets.packet_fields import PacketError
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
