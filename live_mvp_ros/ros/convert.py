# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages to arrays and back: the only place that knows both conventions.

Core: quaternions (w, x, y, z); grids [ix, iy] with the centre of cell [0, 0] as origin;
velocities in the map frame. Messages: (x, y, z, w); OccupancyGrid y slowest with the lower-left
corner as origin; Odometry's twist in the child frame. Incoming messages are validated here: what
cannot be used raises InvalidMessageError with the reason. Large fields are read as views and
written as whole array.arrays: element-wise assignment would cost more than the computation.

Whoever can publish can send anything, and a latched message comes again after every restart. So
every number is bounded before it is used: places by FARTHEST_M, motions by FASTEST, grids by
RESOLUTIONS_M and MAX_CELLS (sizes are multiplied as Python integers, which do not overflow).
"""

from __future__ import annotations

import array
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseStamped,
    Quaternion,
    Transform,
    TransformStamped,
    Vector3,
)
from nav_msgs.msg import MapMetaData, OccupancyGrid, Odometry, Path
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from live_mvp_ros.grid import GridSpec
from live_mvp_ros.msg import BodyRateThrust
from live_mvp_ros.ros.refusals import FARTHEST_M as FARTHEST_M
from live_mvp_ros.ros.refusals import InvalidMessageError as InvalidMessageError
from live_mvp_ros.vehicle import QuadrotorState

NS_PER_S = 1_000_000_000
FASTEST = 1e3
"""Highest speed [m/s] and body rate [rad/s]."""
STRONGEST_N = 1e6
RESOLUTIONS_M = (1e-3, 100.0)
MAX_CELLS = 1 << 24
"""Most cells of a grid: 4096 x 4096."""


class VehicleState(NamedTuple):
    """Odometry in the core's conventions (float32, map frame; body rates in the body frame)."""

    stamp_ns: int
    position: np.ndarray
    velocity: np.ndarray
    attitude: np.ndarray
    body_rates: np.ndarray

    @property
    def core(self) -> QuadrotorState:
        """The state as the core's functions take it."""
        return QuadrotorState(*(jnp.asarray(part) for part in self[1:]))


class PathArrays(NamedTuple):
    """A path: its stamp, points [n, 3] in the map frame and headings [n]."""

    stamp_ns: int
    points: np.ndarray
    yaws: np.ndarray


class ProbabilityGrid(NamedTuple):
    """A map as planning and control take it; see OccupancyGrid for what a message can carry."""

    stamp_ns: int
    spec: GridSpec
    p: np.ndarray
    known: np.ndarray


# --- what is allowed -----------------------------------------------------------------------------


def check_frame(message: Any, frame: str) -> None:
    """Refuse a message with a header whose frame is not ``frame``.

    Raises:
        InvalidMessageError: it is another one.
    """
    if message.header.frame_id != frame:
        raise InvalidMessageError(f"its frame is {message.header.frame_id!r} instead of {frame}")


def bounded(what: str, values: Iterable[float], limit: float, unit: str) -> np.ndarray:
    """Return numbers as float32 that are finite and at most ``limit`` in size.

    Raises:
        InvalidMessageError: one is not; the sentence begins with ``what``.
    """
    numbers = [float(value) for value in values]
    if not all(map(math.isfinite, numbers)):
        raise InvalidMessageError(f"{what} holds a value that is not finite")
    largest = max(map(abs, numbers))
    if largest > limit:
        raise InvalidMessageError(
            f"{what} holds {largest:g} {unit}, at most {limit:g} {unit} is allowed"
        )
    return np.array(numbers, np.float32)


def resolution(value: float) -> float:
    """Return the edge length of a cell [m] as the decimal number that was meant.

    Raises:
        InvalidMessageError: it is not in RESOLUTIONS_M.
    """
    low, high = RESOLUTIONS_M
    if not low <= value <= high:
        raise InvalidMessageError(
            f"the resolution is {value} m, it must be between {low:g} and {high:g} m"
        )
    return _decimal(value)


def cells(shape: tuple[int, ...]) -> int:
    """Return how many cells a grid of a shape has.

    Raises:
        InvalidMessageError: none, or more than MAX_CELLS.
    """
    count = math.prod(int(size) for size in shape)
    if not 1 <= count <= MAX_CELLS:
        sizes = " x ".join(str(size) for size in shape)
        raise InvalidMessageError(
            f"a grid of {sizes} cells is not allowed: it must have 1 to {MAX_CELLS}"
        )
    return count


def _decimal(value: float) -> float:
    """Return a float that went through float32 as the decimal number that was meant."""
    return round(float(value), 6)


# --- time, vectors, rotations --------------------------------------------------------------------


def to_ns(stamp: Time) -> int:
    """Return a stamp as nanoseconds.

    Raises:
        InvalidMessageError: it is before 1970, or its nanoseconds make more than a second.
    """
    if stamp.sec < 0 or stamp.nanosec >= NS_PER_S:
        raise InvalidMessageError(f"the stamp {stamp.sec} s and {stamp.nanosec} ns is no time")
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)


def to_time(stamp_ns: int) -> Time:
    """Return nanoseconds as a stamp."""
    return Time(sec=int(stamp_ns // NS_PER_S), nanosec=int(stamp_ns % NS_PER_S))


def header(stamp_ns: int, frame: str) -> Header:
    """Return a header."""
    return Header(stamp=to_time(stamp_ns), frame_id=frame)


def point(xyz: Any) -> Point:
    """Return a position [3] as a Point."""
    return Point(x=float(xyz[0]), y=float(xyz[1]), z=float(xyz[2]))


def vector(xyz: Any) -> Vector3:
    """Return a vector [3] as a Vector3."""
    return Vector3(x=float(xyz[0]), y=float(xyz[1]), z=float(xyz[2]))


def rotation(wxyz: Any) -> Quaternion:
    """Return a unit quaternion (w, x, y, z) as a message."""
    w, x, y, z = (float(value) for value in wxyz)
    return Quaternion(x=x, y=y, z=z, w=w)


def pose(xyz: Any, wxyz: Any) -> Pose:
    """Return a position and a unit quaternion (w, x, y, z) as a Pose."""
    return Pose(position=point(xyz), orientation=rotation(wxyz))


def pose_arrays(message: Pose) -> tuple[np.ndarray, np.ndarray]:
    """Return position [3] and unit quaternion [4] (w, x, y, z) of a Pose.

    Raises:
        InvalidMessageError: a value is not finite or too large, or the quaternion is not of unit
            length.
    """
    p, q = message.position, message.orientation
    position = bounded("the pose", (p.x, p.y, p.z), FARTHEST_M, "m")
    wxyz = (q.w, q.x, q.y, q.z)
    norm = math.hypot(*wxyz)
    if not math.isfinite(norm):
        raise InvalidMessageError("the pose holds a value that is not finite")
    if abs(norm - 1.0) > 0.01:
        raise InvalidMessageError(f"the quaternion has length {norm:.3f} instead of 1")
    return position, np.array([value / norm for value in wxyz], np.float32)


def transform(stamp_ns: int, parent: str, child: str, xyz: Any, wxyz: Any) -> TransformStamped:
    """Return the transform T_parent_child."""
    return TransformStamped(
        header=header(stamp_ns, parent),
        child_frame_id=child,
        transform=Transform(translation=vector(xyz), rotation=rotation(wxyz)),
    )


def transform_arrays(message: TransformStamped) -> np.ndarray:
    """Return T_parent_child [4, 4] (float32) of a transform.

    Raises:
        InvalidMessageError: a value is not finite or the quaternion is not of unit length.
    """
    t, q = message.transform.translation, message.transform.rotation
    position = Point(x=t.x, y=t.y, z=t.z)
    xyz, wxyz = pose_arrays(Pose(position=position, orientation=q))
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3], matrix[:3, 3] = _matrix(wxyz), xyz
    return matrix


def yaw_rotation(yaw_rad: float) -> tuple[float, float, float, float]:
    """Return the quaternion (w, x, y, z) of a heading."""
    return math.cos(0.5 * yaw_rad), 0.0, 0.0, math.sin(0.5 * yaw_rad)


def yaw_of(wxyz: Any) -> float:
    """Return the heading [rad] of a unit quaternion (w, x, y, z)."""
    w, x, y, z = (float(value) for value in wxyz)
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def _matrix(wxyz: np.ndarray) -> np.ndarray:
    w, x, y, z = (float(value) for value in wxyz)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )


# --- vehicle -------------------------------------------------------------------------------------


def odometry(state: VehicleState, frame: str, child_frame: str) -> Odometry:
    """Return a vehicle state as Odometry: pose in ``frame``, twist in ``child_frame``."""
    message = Odometry(header=header(state.stamp_ns, frame), child_frame_id=child_frame)
    message.pose.pose = pose(state.position, state.attitude)
    message.twist.twist.linear = vector(_matrix(state.attitude).T @ state.velocity)
    message.twist.twist.angular = vector(state.body_rates)
    return message


def vehicle_state(message: Odometry, frames: tuple[str, ...], child_frame: str) -> VehicleState:
    """Return the core's state of an Odometry.

    Args:
        message: pose of the body in one of ``frames``, twist in ``child_frame``.
        frames: the frames that are taken for the map's.
        child_frame: the body frame of the vehicle.

    Raises:
        InvalidMessageError: another frame, a value that is not finite or too large, a quaternion
            that is no rotation, a stamp that is no time.
    """
    if message.header.frame_id not in frames:
        raise InvalidMessageError(
            f"its frame is {message.header.frame_id!r} instead of {' or '.join(frames)}"
        )
    if message.child_frame_id != child_frame:
        raise InvalidMessageError(
            f"its child frame is {message.child_frame_id!r} instead of {child_frame}, the body "
            "that it has to describe"
        )
    position, attitude = pose_arrays(message.pose.pose)
    v, w = message.twist.twist.linear, message.twist.twist.angular
    velocity = bounded("the twist", (v.x, v.y, v.z), FASTEST, "m/s")
    rates = bounded("the twist", (w.x, w.y, w.z), FASTEST, "rad/s")
    stamp_ns = to_ns(message.header.stamp)
    return VehicleState(stamp_ns, position, _matrix(attitude) @ velocity, attitude, rates)


def moved(state: VehicleState, matrix: np.ndarray) -> VehicleState:
    """Return the state of a vehicle in frame A of its state in B, by T_A_B [4, 4].

    T turns about the vertical only, as map -> odom does.
    """
    turn = matrix[:3, :3]
    half = 0.5 * math.atan2(turn[1, 0], turn[0, 0])
    c, s = math.cos(half), math.sin(half)
    w, x, y, z = state.attitude
    return state._replace(
        position=turn @ state.position + matrix[:3, 3],
        velocity=turn @ state.velocity,
        attitude=np.array(
            [c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w], np.float32
        ),
    )


def body_rate_thrust(stamp_ns: int, frame: str, command: Any) -> BodyRateThrust:
    """Return a command [4] (thrust N, body rates rad/s) that answers odometry of ``stamp_ns``."""
    return BodyRateThrust(
        header=header(stamp_ns, frame), thrust=float(command[0]), body_rates=vector(command[1:])
    )


def command_array(message: BodyRateThrust) -> np.ndarray:
    """Return the command [4] of a message.

    Raises:
        InvalidMessageError: a value is not finite or too large, or the thrust is negative.
    """
    rates = message.body_rates
    thrust = bounded("the command", (message.thrust,), STRONGEST_N, "N")
    if message.thrust < 0.0:
        raise InvalidMessageError(f"the thrust is {message.thrust} N, it must not be negative")
    turning = bounded("the command", (rates.x, rates.y, rates.z), FASTEST, "rad/s")
    return np.concatenate([thrust, turning])


# --- grids ---------------------------------------------------------------------------------------


def occupancy_grid(stamp_ns: int, frame: str, spec: GridSpec, cells: Any) -> OccupancyGrid:
    """Return cells [nx, ny] (-1 unknown, 0 ... 100) as an OccupancyGrid."""
    values = np.asarray(cells)
    if values.shape != spec.shape:
        raise ValueError(f"cells have shape {values.shape}, the grid has {spec.shape}")
    half = 0.5 * spec.resolution_m
    corner = (spec.origin_m[0] - half, spec.origin_m[1] - half, 0.0)
    info = MapMetaData(
        map_load_time=to_time(stamp_ns),
        resolution=spec.resolution_m,
        width=spec.shape[0],
        height=spec.shape[1],
        origin=pose(corner, (1.0, 0.0, 0.0, 0.0)),
    )
    data = np.ascontiguousarray(values.T, np.int8)
    return OccupancyGrid(
        header=header(stamp_ns, frame), info=info, data=array.array("b", data.tobytes())
    )


def occupancy_cells(p: Any, known: Any) -> np.ndarray:
    """Return probabilities [nx, ny] as cells: -1 where unknown, else 0 ... 100."""
    percent = np.rint(100.0 * np.clip(np.nan_to_num(np.asarray(p), nan=0.5), 0.0, 1.0))
    return np.where(np.asarray(known), percent, -1).astype(np.int8)


def share_cells(share: Any) -> np.ndarray:
    """Return values in [0, 1] as cells 0 ... 100; -1 where not finite."""
    values = np.asarray(share)
    percent = np.rint(100.0 * np.clip(np.nan_to_num(values), 0.0, 1.0))
    return np.where(np.isfinite(values), percent, -1).astype(np.int8)


def probability_grid(message: OccupancyGrid, frame: str) -> ProbabilityGrid:
    """Return the map of a message; p is 0.5 where it is unknown.

    Raises:
        InvalidMessageError: wrong frame, sizes that do not agree or are too large, a turned grid,
            a value outside -1 ... 100, a stamp that is no time.
    """
    info = message.info
    shape = (int(info.width), int(info.height))
    check_frame(message, frame)
    if cells(shape) != len(message.data):
        raise InvalidMessageError(
            f"{len(message.data)} cells do not make a grid of {shape[0]} x {shape[1]}"
        )
    spacing = resolution(info.resolution)
    corner, attitude = pose_arrays(info.origin)
    if np.abs(attitude[1:]).max() > 5e-4:
        raise InvalidMessageError("the grid is turned against its frame, which is not supported")
    bounded("the far corner", (corner[i] + spacing * shape[i] for i in (0, 1)), FARTHEST_M, "m")
    values = np.frombuffer(message.data, np.int8).reshape(shape[::-1]).T
    if np.min(values) < -1 or np.max(values) > 100:
        raise InvalidMessageError("a cell is outside -1 ... 100")
    known = np.ascontiguousarray(values >= 0)
    p = np.where(known, values.astype(np.float32) / np.float32(100.0), np.float32(0.5))
    origin = tuple(_decimal(float(c) + 0.5 * spacing) for c in corner[:2])
    spec = GridSpec((origin[0], origin[1]), spacing, shape)
    return ProbabilityGrid(to_ns(message.header.stamp), spec, p, known)


# --- paths and markers ---------------------------------------------------------------------------


def path(stamp_ns: int, frame: str, points: Any, yaws: Any = None) -> Path:
    """Return points [n, 3] with headings [n] (0 when not given) as a Path."""
    xyz = np.asarray(points, float)
    headings = np.zeros(len(xyz)) if yaws is None else np.asarray(yaws, float)
    head = header(stamp_ns, frame)
    poses = [
        PoseStamped(header=head, pose=pose(p, yaw_rotation(yaw)))
        for p, yaw in zip(xyz.tolist(), headings.tolist(), strict=True)
    ]
    return Path(header=head, poses=poses)


def path_arrays(message: Path, frame: str, length: int) -> PathArrays:
    """Return the first ``length`` points and headings of a Path, and its stamp.

    A shorter path is continued with its last pose, so that the shape is always the same.

    Raises:
        InvalidMessageError: wrong frame, an empty path, a value that is not finite or too large,
            a stamp that is no time.
    """
    check_frame(message, frame)
    if not message.poses:
        raise InvalidMessageError("the path is empty")
    arrays = [pose_arrays(item.pose) for item in message.poses[:length]]
    arrays += arrays[-1:] * (length - len(arrays))
    points = np.stack([position for position, _ in arrays])
    yaws = np.array([yaw_of(attitude) for _, attitude in arrays], np.float32)
    return PathArrays(to_ns(message.header.stamp), points, yaws)


def rollouts(stamp_ns: int, frame: str, trajectories: Any) -> MarkerArray:
    """Return sampled trajectories [n, steps, 3] as one marker of line segments."""
    xyz = np.asarray(trajectories, float)
    ends = np.stack([xyz[:, :-1], xyz[:, 1:]], axis=2).reshape(-1, 3)
    marker = Marker(
        header=header(stamp_ns, frame),
        ns="rollouts",
        type=Marker.LINE_LIST,
        action=Marker.ADD,
        pose=pose((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)),
        color=ColorRGBA(r=0.2, g=0.6, b=1.0, a=0.35),
        points=[point(end) for end in ends.tolist()],
    )
    marker.scale.x = 0.01
    return MarkerArray(markers=[marker])
