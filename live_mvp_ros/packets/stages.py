# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a backend gives: stages to look at, one object to examine or a scene with things.

Coordinates of a stage: x forward, y left, z up, metres. An object to examine stands upright with
its middle in the origin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from live_mvp_ros.packets.packet_types import BodyPose, ChartPoint
from live_mvp_ros.packets.pinhole import View
from live_mvp_ros.packets.torus import wrapped


class Picture(NamedTuple):
    """What cameras see, float32: B cameras, each [height, width].

    Attributes:
        rgb: [B, height, width, 3] in [0, 1].
        depth: [B, height, width] along the optical axis [m]; NaN: no return.
        normals: [B, height, width, 3] outward unit normals, optical frame; NaN: no return.
        segmentation: [B, height, width] number of the object, 0: background.
    """

    rgb: np.ndarray
    depth: np.ndarray
    normals: np.ndarray
    segmentation: np.ndarray


class Thing(NamedTuple):
    """An object of a stage: its middle and half its size [3] in metres."""

    object_id: str
    middle: np.ndarray
    half: np.ndarray


class Met(NamedTuple):
    """What a ray meets: the range along it [m], infinite for nothing, and the object's number."""

    range_m: float
    number: int


class Samples(NamedTuple):
    """Points [N, 3] of a surface, unit normals [N, 3], mean curvature [N]; NaN: unknown."""

    points: np.ndarray
    normals: np.ndarray
    curvature: np.ndarray


class Stage(Protocol):
    """Something to look at."""

    things: tuple[Thing, ...]
    """Objects; the segmentation's number of each is its place here, from 1 on."""
    start: BodyPose
    """Where an explorer begins."""
    bounds: tuple[np.ndarray, np.ndarray] | None
    """Lowest and highest corner of where an explorer may be, None for everywhere."""
    name: str
    """Of the world or the object."""

    def look(self, views: Sequence[View]) -> Picture:
        """Return what cameras see.

        Raises:
            RuntimeError: the renderer has failed.
        """

    def meet(self, place: np.ndarray, direction: np.ndarray) -> Met:
        """Return what a ray from a place [3] along a unit direction [3] meets first."""

    def clearance(self, place: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the distance [m] of a place [3] to what is solid, and the way out [3] there."""

    def surface(self, points: np.ndarray) -> Samples:
        """Return the points of the surface next to points [N, 3] that are near it."""


class Backend(Protocol):
    """What makes stages."""

    name: str
    light: str
    """What lights pictures, one of ``context.LIGHTS``."""

    def examine(self, object_id: str) -> Stage:
        """Return an object to examine.

        Raises:
            EnvAssetError: it has no model.
        """

    def explore(self) -> Stage:
        """Return the scene to explore.

        Raises:
            EnvAssetError: there is no such scene.
        """

    def symmetries(self, object_id: str) -> Sequence[str]:
        """Return the symmetries of an object that are known."""


def chart_of(thing: Thing, elevation: tuple[float, float], point: np.ndarray) -> ChartPoint:
    """Return the chart point of an orbit around a thing that a point [3] lies under."""
    x, y, z = point - thing.middle
    low, high = elevation
    rise = (math.atan2(z, math.hypot(x, y)) - low) / (high - low)
    v = min(max(rise, 0.0), math.nextafter(1.0, 0.0))
    return ChartPoint(wrapped(math.atan2(y, x) / (2.0 * math.pi)), v)


def numbered(things: Sequence[Thing]) -> Mapping[int, Thing]:
    """Return things by their number in the segmentation."""
    return dict(enumerate(things, start=1))
