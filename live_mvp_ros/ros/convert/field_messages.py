# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Information fields. InfoField stores x slowest, as the core does, so nothing is transposed."""

from __future__ import annotations

import array
import math
from typing import Any, NamedTuple

import numpy as np

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.msg import InfoField
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.ros.convert.bounds import bounded, cells, resolution
from live_mvp_ros.ros.convert.headers import check_frame, header, to_ns
from live_mvp_ros.ros.convert.pose_messages import point
from live_mvp_ros.ros.refusals import FARTHEST_M, InvalidMessageError

_LARGEST = 1e9  # of any value in a field: beyond, float32 loses what it is added to
_LATEST_NS = 1 << 63


class Field(NamedTuple):
    """An information field in the core's arrays; see InfoField for the meaning of each."""

    stamp_ns: int
    map_stamp_ns: int
    spec: GridSpec
    gain: np.ndarray
    best_yaw: np.ndarray
    guidance: np.ndarray
    local_resolution_m: float
    local_origin_m: np.ndarray
    local_gain: np.ndarray
    nothing_left: bool
    goal_reachable: bool
    reachable_unknown_m2: float
    explored_fraction: float
    target_m: np.ndarray
    goal_m: np.ndarray = np.zeros(3)
    goal_stamp_ns: int = 0
    settled: bool = False
    code: int = PlanCode.OK
    looks_again: bool = False
    leftover: tuple[int, int] | np.ndarray = (0, 0)


def info_field(frame: str, field: Field, altitude_m: float, compute_ms: float) -> InfoField:
    """Return an information field as a message."""
    origin = (*field.spec.origin_m, altitude_m)
    n_yaw, local_nx, local_ny = field.local_gain.shape
    return InfoField(
        header=header(field.stamp_ns, frame),
        resolution=field.spec.resolution_m,
        origin=point(origin),
        nx=field.spec.shape[0],
        ny=field.spec.shape[1],
        gain=_floats(field.gain),
        best_yaw=_floats(field.best_yaw),
        guidance=_floats(field.guidance),
        map_stamp_ns=field.map_stamp_ns,
        compute_ms=compute_ms,
        local_resolution=field.local_resolution_m,
        local_origin=point((*field.local_origin_m, altitude_m)),
        local_nx=local_nx,
        local_ny=local_ny,
        n_yaw=n_yaw,
        local_gain=_floats(field.local_gain),
        nothing_left=field.nothing_left,
        goal=point(field.goal_m),
        goal_stamp_ns=field.goal_stamp_ns,
        goal_reachable=field.goal_reachable,
        reachable_unknown_m2=field.reachable_unknown_m2,
        explored_fraction=field.explored_fraction,
        target=point((*field.target_m, altitude_m)),
        settled=field.settled,
        code=field.code,
        looks_again=field.looks_again,
        leftover_number=int(field.leftover[0]),
        leftover_count=int(field.leftover[1]),
    )


def field_arrays(message: InfoField, frame: str) -> Field:
    """Return the arrays of an InfoField.

    Raises:
        InvalidMessageError: wrong frame, sizes that do not agree or are too large, a value that is
            not finite or not allowed, a stamp that is no time.
    """
    check_frame(message, frame)
    shape = (int(message.nx), int(message.ny))
    local_shape = (int(message.n_yaw), int(message.local_nx), int(message.local_ny))
    cells(shape)
    cells(local_shape)
    spacing, local_spacing = resolution(message.resolution), resolution(message.local_resolution)
    origin = _place("origin", message.origin)
    corner = (origin[i] + spacing * shape[i] for i in (0, 1))
    bounded("the far corner", corner, FARTHEST_M, "m")
    if message.map_stamp_ns >= _LATEST_NS:
        raise InvalidMessageError(f"map_stamp_ns = {message.map_stamp_ns} is no time")
    if message.goal_stamp_ns >= _LATEST_NS:
        raise InvalidMessageError(f"goal_stamp_ns = {message.goal_stamp_ns} is no time")
    goal = (message.goal.x, message.goal.y, message.goal.z)
    bounded("goal", goal, FARTHEST_M, "m")
    if message.code not in tuple(PlanCode):
        raise InvalidMessageError(f"its code {message.code} is unknown")
    return Field(
        stamp_ns=to_ns(message.header.stamp),
        map_stamp_ns=message.map_stamp_ns,
        spec=GridSpec((round(message.origin.x, 6), round(message.origin.y, 6)), spacing, shape),
        gain=_grid("gain", message.gain, shape),
        best_yaw=_grid("best_yaw", message.best_yaw, shape),
        guidance=_grid("guidance", message.guidance, shape),
        local_resolution_m=local_spacing,
        local_origin_m=_place("local_origin", message.local_origin),
        local_gain=_grid("local_gain", message.local_gain, local_shape),
        nothing_left=message.nothing_left,
        goal_reachable=message.goal_reachable,
        reachable_unknown_m2=_between(
            "reachable_unknown_m2", message.reachable_unknown_m2, math.inf
        ),
        explored_fraction=_between("explored_fraction", message.explored_fraction, 1.0),
        target_m=_place("target", message.target),
        goal_m=np.array(goal),
        goal_stamp_ns=message.goal_stamp_ns,
        settled=message.settled,
        code=message.code,
        looks_again=message.looks_again,
        leftover=(message.leftover_number, message.leftover_count),
    )


def _place(name: str, place: Any) -> np.ndarray:
    return bounded(name, (place.x, place.y), FARTHEST_M, "m")


def _between(name: str, value: float, high: float) -> float:
    if not (math.isfinite(value) and 0.0 <= value <= high):
        allowed = f"between 0 and {high:g}" if math.isfinite(high) else "finite and at least 0"
        raise InvalidMessageError(f"{name} = {value:g} is not allowed: it must be {allowed}")
    return value


def _floats(values: Any) -> array.array[float]:
    return array.array("f", np.ascontiguousarray(values, np.float32).tobytes())


def _grid(name: str, data: Any, shape: tuple[int, ...]) -> np.ndarray:
    values = np.frombuffer(data, np.float32) if len(data) else np.zeros(0, np.float32)
    count = cells(shape)
    if values.size != count:
        raise InvalidMessageError(f"{name} has {values.size} values instead of {count}")
    if not np.isfinite(values).all():
        raise InvalidMessageError(f"{name} holds a value that is not finite")
    if np.abs(values).max() > _LARGEST:
        raise InvalidMessageError(
            f"{name} holds {np.abs(values).max():g}, at most {_LARGEST:g} is allowed"
        )
    return values.reshape(shape)
