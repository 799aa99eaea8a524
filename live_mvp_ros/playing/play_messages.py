# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the two processes of a play tell each other: plain values and arrays of numpy.

Map frame, metres, seconds; quaternions (w, x, y, z) from body to map.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from live_mvp_ros.playing.held_keys import Wish


class Order(NamedTuple):
    """What the pilot wishes from now on.

    Attributes:
        wish: of the keys.
        paused: time stands still.
        mapping: the map learns from what the camera sees.
        recentred: how often the slice was to be brought to the drone.
    """

    wish: Wish = Wish()
    paused: bool = False
    mapping: bool = True
    recentred: int = 0


class Doing(NamedTuple):
    """What the simulation is busy with before it flies, in words."""

    words: str


class Failed(NamedTuple):
    """The simulation ends for a reason, a sentence; of the user's choice or its own."""

    sentence: str
    used_wrongly: bool


class Opening(NamedTuple):
    """What does not change as long as one plays.

    Attributes:
        name: of the world.
        lower_m: lowest corner of the bound [3].
        upper_m: highest corner [3].
        start_m: where the drone begins [3].
        radius_m: of the drone.
        range_m: of the camera.
        corners_m: of the triangles of the true surface [V, 3]; normals point into free space.
        faces: of that surface [F, 3]; they turn left seen from free space.
        lattice_m: points at which the map is shown [N, 3].
        spacing_m: of the lattice.
    """

    name: str
    lower_m: np.ndarray
    upper_m: np.ndarray
    start_m: np.ndarray
    radius_m: float
    range_m: float
    corners_m: np.ndarray
    faces: np.ndarray
    lattice_m: np.ndarray
    spacing_m: float


class Slice(NamedTuple):
    """A horizontal cut at the height of the drone; arrays [ny, nx], x to the right.

    Attributes:
        centre_m: of the cut [2].
        half_m: half of its width and height.
        truth_m: true signed distance.
        learned_m: distance that the map has learned, NaN where nothing was observed.
        exposure: that the map has learned, 0..1, NaN outside of its volume.
    """

    centre_m: np.ndarray
    half_m: float
    truth_m: np.ndarray
    learned_m: np.ndarray
    exposure: np.ndarray


class Frame(NamedTuple):
    """One moment, the same in all views.

    Attributes:
        time_s: simulated since the beginning.
        position_m: of the drone [3].
        velocity_m_s: [3], map frame.
        attitude: unit quaternion [4].
        yaw_rate_rad_s: to the left.
        contact: what it has just been stopped by, in words; empty for nothing.
        depth_m: image [H, W] along the optical axis, NaN without a return.
        looks: that the map has learned from.
        explored: share of the volume that was observed.
        speed_up: simulated seconds per second.
        shown: indices [k] of points of the lattice.
        share: exposure times nearness to the surface there [k], 0..1.
        cut: None unless there are two dimensions.
    """

    time_s: float
    position_m: np.ndarray
    velocity_m_s: np.ndarray
    attitude: np.ndarray
    yaw_rate_rad_s: float
    contact: str
    depth_m: np.ndarray
    looks: int
    explored: float
    speed_up: float
    shown: np.ndarray
    share: np.ndarray
    cut: Slice | None
