# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parts of packets: poses, chart points, cameras and patches, and the columns that have them."""

from __future__ import annotations

import math

import numpy as np

from live_mvp_ros.packets.packet_fields import item, packet

UNIT_WITHIN = 0.01
"""How far the length of what must be a unit may be from 1."""


def is_unit(vector: tuple[float, ...]) -> bool:
    """Return whether a vector has unit length."""
    return abs(math.sqrt(sum(x * x for x in vector)) - 1.0) <= UNIT_WITHIN


@packet
class BodyPose:
    """Position [m] and unit quaternion (w, x, y, z) of the FLU body in the packet's frame."""

    position_m: tuple[float, float, float] = item(
        default=(0.0, 0.0, 0.0), help="Position.", unit="m", place="position"
    )
    quaternion: tuple[float, float, float, float] = item(
        default=(1.0, 0.0, 0.0, 0.0), help="Unit quaternion (w, x, y, z).", place="orientation"
    )

    def check(self) -> str | None:
        """Refuse a quaternion that is not of unit length."""
        if not is_unit(self.quaternion):
            return f"quaternion = {self.quaternion} is not allowed: its length must be 1"
        return None


@packet
class ChartPoint:
    """A point on the unit torus."""

    u: float = item(default=0.0, help="First chart coordinate.", low=0, below=1)
    v: float = item(default=0.0, help="Second chart coordinate.", low=0, below=1)


@packet
class CameraIntrinsics:
    """A pinhole camera [px], pixel centres at whole numbers."""

    fx: float = item(help="Focal length along x.", unit="px", above=0)
    fy: float = item(help="Focal length along y.", unit="px", above=0)
    cx: float = item(help="Principal point, from the centre of the first column.", unit="px")
    cy: float = item(help="Principal point, from the centre of the first row.", unit="px")
    width: int = item(help="Image width.", unit="px", low=1, high=2**32 - 1)
    height: int = item(help="Image height.", unit="px", low=1, high=2**32 - 1)


@packet
class Patch:
    """An image patch [height, width, channels] float32 with the names of its channels."""

    channels: tuple[str, ...] = item(help="Name of every channel.", unique=True)
    data: np.ndarray = item(help="Values [height, width, channels]; NaN: nothing is known.")

    def check(self) -> str | None:
        """Refuse an array that does not fit the names, is empty or holds infinite values.

        Messages hold 32 bits a value, and JSON is read as such: more digits would be lost there.
        """
        if self.data.dtype != np.float32:
            return f"a patch of {self.data.dtype} is not allowed: it must be of float32"
        if self.data.ndim != 3 or self.data.shape[2] != len(self.channels):
            return f"a patch of shape {self.data.shape} does not fit {self.channels}"
        if not self.data.size:
            return f"a patch of shape {self.data.shape} is not allowed: it must not be empty"
        if np.isinf(self.data).any():
            return "a patch with infinite values is not allowed: they must be finite or NaN"
        return None

    def __eq__(self, other: object) -> bool:
        """Return whether names and values are the same, NaN included."""
        if not isinstance(other, Patch):
            return NotImplemented
        return self.channels == other.channels and np.array_equal(
            self.data, other.data, equal_nan=True
        )

    __hash__ = None  # type: ignore[assignment]


@packet
class ColumnObservation:
    """What one sensor column sees, and from which chart points."""

    id: str = item(help="Name of the column, unique in the packet.", place="column_id")
    patch: Patch = item(
        help="Image patch: nested lists of rows, columns and channels, or the name of its file."
    )
    pose: ChartPoint = item(
        help="Chart point the column looks from now.", place="egocentric_pose.{}"
    )
    previous: ChartPoint = item(
        help="Chart point of the step before.", place="egocentric_pose.{}_prev"
    )


@packet
class ColumnPose:
    """Where one sensor column is on its chart; velocities [1/s] the shortest way round."""

    id: str = item(help="Name of the column, unique in the packet.", place="column_id")
    pose: ChartPoint = item(help="Chart point at this step.", place="pose_t")
    previous: ChartPoint = item(help="Chart point at the step before.", place="pose_tm1")
    velocity_u: float = item(
        help="Along u, the shortest way round.", unit="1/s", place="velocity.u", if_left_out=0.0
    )
    velocity_v: float = item(
        help="Along v, the shortest way round.", unit="1/s", place="velocity.v", if_left_out=0.0
    )
