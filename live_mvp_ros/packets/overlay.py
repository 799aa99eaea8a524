# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A small picture for people: the agent's axes, the frustum of its patch, boxes around objects.

It is a sketch of lines, seen from above and behind; x red, y green, z blue.
"""

from __future__ import annotations

import itertools

import numpy as np
from PIL import Image, ImageDraw

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.packet_types import BodyPose
from live_mvp_ros.packets.pinhole import LINK_TO_OPTICAL, View, patch_intrinsics, rays
from live_mvp_ros.packets.stages import Stage

SIZE_PX = 160
_AXES = ((200, 30, 30), (30, 150, 30), (40, 60, 220))
_PAPER, _BOX, _FRUSTUM = (250, 250, 248), (60, 60, 60), (200, 120, 0)
_OUTWARDS = np.array([0.55, -0.60, 0.58])
_FOCAL = 1.6

Line = tuple[np.ndarray, np.ndarray, tuple[int, int, int]]


def draw(config: EnvConfig, stage: Stage, view: View, body: BodyPose | None) -> np.ndarray:
    """Return the picture [SIZE_PX, SIZE_PX, 3] uint8 of a view of a stage; ``body``: explorer."""
    reach = config.orbit.radius if body is None else 1.5
    middle = np.zeros(3) if body is None else view.place
    lines = [*_boxes(stage), *_axes(view, 0.3 * reach), *_frustum(config, view, 0.6 * reach)]
    eye = middle + 2.4 * reach * _OUTWARDS / np.linalg.norm(_OUTWARDS)
    image = Image.new("RGB", (SIZE_PX, SIZE_PX), _PAPER)
    pen = ImageDraw.Draw(image)
    for begin, end, colour in lines:
        ends = _projected(np.stack([begin, end]), eye, middle)
        if ends is not None:
            pen.line([tuple(point) for point in ends.tolist()], fill=colour)
    return np.asarray(image)


def _boxes(stage: Stage) -> list[Line]:
    signs = np.array(list(itertools.product((-1, 1), repeat=3)))
    edges = [(i, j) for i in range(8) for j in range(i) if (signs[i] != signs[j]).sum() == 1]
    return [
        (thing.middle + signs[i] * thing.half, thing.middle + signs[j] * thing.half, _BOX)
        for thing in stage.things
        for i, j in edges
    ]


def _axes(view: View, length: float) -> list[Line]:
    """Return forward, left and up of the agent."""
    axes = (view.rotation @ LINK_TO_OPTICAL.T).T
    return [
        (view.place, view.place + length * axis, colour)
        for axis, colour in zip(axes, _AXES, strict=True)
    ]


def _frustum(config: EnvConfig, view: View, depth: float) -> list[Line]:
    directions = rays(patch_intrinsics(config))
    corners = [directions[i, j] for i, j in ((0, 0), (0, -1), (-1, -1), (-1, 0))]
    ends = [view.place + depth * view.rotation @ corner for corner in corners]
    return [(view.place, end, _FRUSTUM) for end in ends] + [
        (ends[i - 1], ends[i], _FRUSTUM) for i in range(4)
    ]


def _projected(points: np.ndarray, eye: np.ndarray, middle: np.ndarray) -> np.ndarray | None:
    """Return points [N, 2] in pixels, None if one is behind the eye."""
    forward = (middle - eye) / np.linalg.norm(middle - eye)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    x, y, z = np.stack([right, down, forward]) @ (points - eye).T
    if (z <= 1e-3).any():
        return None
    return SIZE_PX * (0.5 + 0.5 * _FOCAL * np.stack([x / z, y / z], axis=-1))
