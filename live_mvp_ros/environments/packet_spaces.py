# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets as observations and actions of Gymnasium: spaces, and the conversion both ways.

An observation is a dict:

- ``patch`` [height, width, channels] float32: channels as ``EnvConfig.channels`` names them; where
  there is no return, depth and normals are 0.
- ``pose`` float32: u, v, velocity_u, velocity_v of the chart; of an explorer also its position
  [m] and its attitude (w, x, y, z).
- ``context`` [context_length] int8: the context bits.

Actions are continuous (dx, dy of an examiner, the motor vector of an explorer, each in [-1, 1]) or
one of ``moves``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from live_mvp_ros.packets import (
    ContextPacket,
    EnvConfig,
    ObservationPacket,
    PosePacket,
)
from live_mvp_ros.packets.explorer_motion import FARTHEST_M

EXAMINER_MOVES: dict[str, dict[str, Any]] = {
    "noop": {"type": "noop", "params": {}},
    "left": {"type": "move", "params": {"dx": -1.0, "dy": 0.0}},
    "right": {"type": "move", "params": {"dx": 1.0, "dy": 0.0}},
    "down": {"type": "move", "params": {"dx": 0.0, "dy": -1.0}},
    "up": {"type": "move", "params": {"dx": 0.0, "dy": 1.0}},
    "switch_object": {"type": "switch_object", "params": {}},
}
"""What the discrete actions of an examiner do, in their order."""
MOTORS = 6


def _motor(axis: int, value: float) -> dict[str, Any]:
    motor = [value if i == axis else 0.0 for i in range(MOTORS)]
    return {"type": "motor", "params": {"motor": motor}}


EXPLORER_MOVES: dict[str, dict[str, Any]] = {
    "noop": {"type": "noop", "params": {}},
    "forward": _motor(0, 1.0),
    "back": _motor(0, -1.0),
    "left": _motor(1, 1.0),
    "right": _motor(1, -1.0),
    "up": _motor(2, 1.0),
    "down": _motor(2, -1.0),
    "turn_left": _motor(5, 1.0),
    "turn_right": _motor(5, -1.0),
    "nose_down": _motor(4, 1.0),
    "nose_up": _motor(4, -1.0),
    "switch_object": {"type": "switch_object", "params": {}},
}
"""What the discrete actions of an explorer do, in their order."""
MOVES = {"examiner": EXAMINER_MOVES, "explorer": EXPLORER_MOVES}
_CONTINUOUS = {"examiner": 2, "explorer": MOTORS}


def patch_bounds(config: EnvConfig) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest value [channels] of patches, float32."""
    limits = {"depth": (0.0, config.sensor.far), "segmentation": (0.0, len(config.objects))}
    limits |= dict.fromkeys(("nx", "ny", "nz"), (-1.0, 1.0))
    pairs = [limits.get(name, (0.0, 1.0)) for name in config.channels]
    low, high = np.array(pairs, np.float32).T
    return low, high


def observation_space(config: EnvConfig, scenario: str) -> spaces.Space[Any]:
    """Return the space of what ``seen`` makes."""
    low, high = (np.broadcast_to(bound, config.shape) for bound in patch_bounds(config))
    fastest = 0.5 / config.dt
    least, most = [0.0, 0.0, -fastest, -fastest], [1.0, 1.0, fastest, fastest]
    if scenario == "explorer":
        far, unit = [FARTHEST_M] * 3, [1.0] * 4
        least, most = [*least, *(-x for x in far + unit)], [*most, *far, *unit]
    return spaces.Dict(
        {
            "patch": spaces.Box(low, high),
            "pose": spaces.Box(np.array(least, np.float32), np.array(most, np.float32)),
            "context": spaces.MultiBinary(config.context_length),
        }
    )


def action_space(scenario: str, continuous: bool) -> spaces.Space[Any]:
    """Return the space of what ``packet_of`` reads."""
    if continuous:
        return spaces.Box(-1.0, 1.0, (_CONTINUOUS[scenario],))
    return spaces.Discrete(len(MOVES[scenario]))


def packet_of(scenario: str, continuous: bool, action: np.ndarray) -> dict[str, Any]:
    """Return the action packet of one action that ``read_actions`` has read, as a mapping."""
    if not continuous:
        return list(MOVES[scenario].values())[int(action)]
    values = [float(value) for value in np.clip(action, -1.0, 1.0)]
    if scenario == "examiner":
        return {"type": "move", "params": {"dx": values[0], "dy": values[1]}}
    return {"type": "motor", "params": {"motor": values}}


def seen(
    config: EnvConfig, obs: ObservationPacket, ctx: ContextPacket, pose: PosePacket
) -> dict[str, np.ndarray]:
    """Return packets as an observation."""
    low, high = patch_bounds(config)
    patch = np.clip(np.nan_to_num(obs.columns[0].patch.data, nan=0.0), low, high)
    column = pose.columns[0]
    where = [column.pose.u, column.pose.v, column.velocity_u, column.velocity_v]
    if pose.has_body_pose:
        where += [*pose.body_pose.position_m, *pose.body_pose.quaternion]
    bits = np.zeros(ctx.length, np.int8)
    bits[list(ctx.indices)] = 1
    return {
        "patch": patch.astype(np.float32),
        "pose": np.array(where, np.float32),
        "context": bits,
    }
