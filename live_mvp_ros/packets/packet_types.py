# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets: what the agent senses, knows, is and does in one step, as plain data.

Each dataclass has the fields of the message of the same name; ``stamp_ns`` and ``frame_id``
stand for its header, and a BodyPose for its pose. Chart points lie on the unit torus [0, 1) x
[0, 1).
"""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class BodyPose:
    """Position [m] and unit quaternion (w, x, y, z) of the FLU body in the packet's frame."""

    position_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    quaternion: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


@dataclasses.dataclass(frozen=True)
class ChartPoint:
    """A point on the unit torus."""

    u: float = 0.0
    v: float = 0.0


@dataclasses.dataclass(frozen=True)
class CameraIntrinsics:
    """A pinhole camera [px], pixel centres at whole numbers."""

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int


@dataclasses.dataclass(frozen=True, eq=False)
class Patch:
    """An image patch [height, width, channels] float32 with the names of its channels."""

    channels: tuple[str, ...]
    data: np.ndarray

    def __post_init__(self) -> None:
        """Refuse an array that does not fit the names."""
        if self.data.ndim != 3 or self.data.shape[2] != len(self.channels):
            raise ValueError(f"a patch of shape {self.data.shape} does not fit {self.channels}")


@dataclasses.dataclass(frozen=True)
class ColumnObservation:
    """What one sensor column sees, and from which chart points."""

    id: str
    patch: Patch
    pose: ChartPoint
    previous: ChartPoint


@dataclasses.dataclass(frozen=True)
class ColumnPose:
    """Where one sensor column is on its chart; velocities [1/s] the shortest way round."""

    id: str
    pose: ChartPoint
    previous: ChartPoint
    velocity_u: float
    velocity_v: float


@dataclasses.dataclass(frozen=True)
class ObservationPacket:
    """What the agent senses in one step."""

    stamp_ns: int
    frame_id: str
    tick: int
    object_id: str
    camera: CameraIntrinsics
    columns: tuple[ColumnObservation, ...]
    type: str = "observation.v1"


@dataclasses.dataclass(frozen=True)
class PosePacket:
    """Where the agent is in one step; ``dt`` [s] is constant."""

    stamp_ns: int
    frame_id: str
    tick: int
    dt: float
    columns: tuple[ColumnPose, ...]
    has_body_pose: bool = False
    body_pose: BodyPose = BodyPose()
    body_pose_previous: BodyPose = BodyPose()
    has_interest: bool = False
    interest_object_id: str = ""
    interest: ChartPoint = ChartPoint()
    type: str = "pose.v1"


@dataclasses.dataclass(frozen=True)
class ContextPacket:
    """What else the agent knows: ascending unique indices of the bits that are set."""

    stamp_ns: int
    frame_id: str
    tick: int
    length: int
    indices: tuple[int, ...]
    sources: tuple[str, ...]
    type: str = "context.v1"

    def __post_init__(self) -> None:
        """Refuse indices that are not sorted, repeated or out of range."""
        pairs = zip(self.indices, self.indices[1:], strict=False)
        inside = not self.indices or (self.indices[0] >= 0 and self.indices[-1] < self.length)
        if not inside or any(a >= b for a, b in pairs):
            raise ValueError(
                f"indices = {self.indices} are not allowed: they must be ascending, unique and "
                f"less than length = {self.length}"
            )


@dataclasses.dataclass(frozen=True)
class ActionPacket:
    """What the agent does in one step; parameters that the action does not use are 0."""

    stamp_ns: int
    frame_id: str
    tick: int
    action: str = "noop"
    column_id: str = ""
    object_id: str = ""
    dx: float = 0.0
    dy: float = 0.0
    u: float = 0.0
    v: float = 0.0
    dyaw: float = 0.0
    dpitch: float = 0.0
    dz: float = 0.0
    df: float = 0.0
    motor: tuple[float, ...] = ()
    type: str = "action.v1"
