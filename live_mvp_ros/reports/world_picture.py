# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A picture of a world: its distance from above, a side view, and what cameras see in it."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from live_mvp_ros.base import quaternion
from live_mvp_ros.evaluation.metrics import clearance
from live_mvp_ros.reports.drawing import VERMILION, draw_ends, new_figure
from live_mvp_ros.worlds import DepthCameraConfig, World, camera_pose, render, world_grid
from live_mvp_ros.worlds.world import Vector

_render = jax.jit(render)

_CELL_M = 0.05
_MOST_CELLS = 500
_SHOWN_M = 1.5  # distances beyond this have one colour
_COARSE_M = 0.2
_PLACES, _HEADINGS = 16, 12  # that are tried
_AWAY_M, _ROOM_M = 2.0, 0.7
_ARROW_M = 1.2
_BEHIND_PT = 18.0  # so that the name does not cover the place
_DIFFERENCE_M = 0.01
_DARKEST = 0.3
_NOTHING = 0.85
_SOLID = "#333333"
_GLANCE = DepthCameraConfig(
    width_px=32, height_px=20, hfov_rad=math.radians(95.0), vfov_rad=math.radians(65.0)
)
_CAMERA = DepthCameraConfig(
    width_px=320, height_px=200, hfov_rad=math.radians(95.0), vfov_rad=math.radians(65.0)
)


def world_figure(world: World, altitude_m: float | None = None) -> Figure:
    """Return the figure; the cut from above is at the start's altitude unless one is given."""
    altitude = world.start_m[2] if altitude_m is None else altitude_m
    figure = new_figure(13.0, 8.5)
    above, side, first, second = figure.subplot_mosaic(
        [["above", "side"], ["above", "start"], ["above", "rich"]],
        width_ratios=[1.2, 1.0],
        height_ratios=[0.5, 1.0, 1.0],
    ).values()
    shown = _draw_cut(above, world, (0, 1), altitude)
    figure.colorbar(shown, ax=above, label="distance to the solid in m", shrink=0.6)
    draw_ends(above, world.start_m, world.goal_m)
    at_start, rich = _View(world.start_m, world.start_yaw_rad), _rich_view(world)
    for view, name in ((at_start, "A"), (rich, "B")):
        _mark(above, view, name)
    figure.legend(
        *above.get_legend_handles_labels(), loc="outside lower left", ncols=4, fontsize=8
    )
    above.set_title(f"{world.name}: distance to the solid at z = {altitude:g} m", fontsize=10)
    _draw_cut(side, world, (0, 2), world.start_m[1])
    side.set_title(f"cut at y = {world.start_m[1]:g} m", fontsize=10)
    _draw_view(
        first,
        world,
        at_start,
        "A: what a wide camera at the start sees, ahead (start_yaw)",
    )
    _draw_view(second, world, rich, "B: and where depth varies most")
    return figure


class _View(NamedTuple):
    """Where a camera is, and its heading."""

    position_m: Vector
    yaw_rad: float


def _rich_view(world: World) -> _View:
    """Return the view in which depth varies most, of some places away from the start."""
    spec, altitude = world_grid(world, _COARSE_M), world.start_m[2]
    x, y = spec.centres()
    grid = np.stack(np.broadcast_arrays(x[:, None], y[None, :], altitude), axis=-1).reshape(-1, 3)
    low, high = np.array(world.lower_m), np.array(world.upper_m)
    inside = np.minimum(grid - low, high - grid)[:, :2].min(axis=1)  # open worlds have no wall
    room = np.minimum(clearance(world.scene, grid), inside)
    far = np.linalg.norm(grid - np.array(world.start_m), axis=1) > _AWAY_M
    roomy = room >= min(_ROOM_M, 0.8 * float(room.max()))
    places = grid[roomy & far] if np.any(roomy & far) else grid[roomy]
    some = places[:: max(1, len(places) // _PLACES)]
    yaws = np.linspace(-math.pi, math.pi, _HEADINGS, endpoint=False)
    views = (_View((float(p[0]), float(p[1]), altitude), float(a)) for p in some for a in yaws)
    return max(views, key=partial(_variety, world))


def _variety(world: World, view: _View) -> float:
    """Return how much the logarithm of depth varies in a view; no return counts as far."""
    depth = _cloud(world, view, _GLANCE)[..., 2]
    return float(np.std(np.log(np.nan_to_num(depth, nan=_GLANCE.max_range_m))))


def _cloud(world: World, view: _View, camera: DepthCameraConfig) -> np.ndarray:
    """Return what a camera sees, [height, width, 3] in its optical frame."""
    attitude = quaternion.from_yaw(jnp.float32(view.yaw_rad))
    place = jnp.asarray(view.position_m, jnp.float32)
    return np.asarray(_render(camera, world.scene, place, attitude, jax.random.key(0)))


def _mark(axes: Axes, view: _View, name: str) -> None:
    """Draw where a camera is and where it looks."""
    x, y, _ = view.position_m
    ahead = (_ARROW_M * math.cos(view.yaw_rad), _ARROW_M * math.sin(view.yaw_rad))
    axes.annotate(
        "", (x + ahead[0], y + ahead[1]), (x, y), zorder=4,
        arrowprops={"arrowstyle": "->", "color": VERMILION, "lw": 1.5},
    )  # fmt: skip
    behind = (-_BEHIND_PT * math.cos(view.yaw_rad), -_BEHIND_PT * math.sin(view.yaw_rad))
    axes.annotate(
        name, (x, y), behind, textcoords="offset points", color=VERMILION, weight="bold",
        ha="center", va="center", zorder=6,
        bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": VERMILION},
    )  # fmt: skip


def _draw_cut(axes: Axes, world: World, along: tuple[int, int], height_m: float) -> AxesImage:
    """Draw the distance on a plane through a world, solid in dark; return it for a scale."""
    across = 3 - sum(along)
    low, high = np.array(world.lower_m), np.array(world.upper_m)
    cell = max(_CELL_M, float((high - low).max()) / _MOST_CELLS)
    u, v = (np.arange(low[a] + 0.5 * cell, high[a], cell) for a in along)
    points = np.empty((len(v), len(u), 3), np.float32)
    points[..., along[0]], points[..., along[1]], points[..., across] = u, v[:, None], height_m
    distance = clearance(world.scene, points.reshape(-1, 3)).reshape(points.shape[:2])
    extent = (low[along[0]], high[along[0]], low[along[1]], high[along[1]])
    image = axes.imshow(distance, "Blues", origin="lower", extent=extent, vmin=0.0, vmax=_SHOWN_M)
    if distance.min() < 0.0 < distance.max():
        inside = [float(distance.min()), 0.0]
        axes.contourf(u, v, distance, levels=inside, colors=[_SOLID])
        axes.contour(u, v, distance, levels=[0.0], colors=_SOLID, linewidths=1.0)
    axes.set(xlabel=f"{'xyz'[along[0]]} in m", ylabel=f"{'xyz'[along[1]]} in m")
    return image


def _draw_view(axes: Axes, world: World, view: _View, title: str) -> None:
    """Draw a depth image, shaded by how surfaces face the camera and a light above it."""
    cloud = _cloud(world, view, _CAMERA)
    depth = cloud[..., 2]
    longest = float(np.nanmax(depth, initial=1.0))
    colours = colormaps["viridis_r"](depth / longest)[..., :3] * _shade(world, view, cloud)
    axes.imshow(np.where(np.isfinite(depth)[..., None], colours, _NOTHING))
    scale = ScalarMappable(Normalize(0.0, longest), "viridis_r")
    axes.figure.colorbar(scale, ax=axes, label="depth in m", shrink=0.9)
    axes.set(xticks=[], yticks=[])
    nothing = (
        "" if np.isfinite(depth).all() else f"; grey: nothing within {_CAMERA.max_range_m:g} m"
    )
    axes.set_title(title + nothing, fontsize=10)


def _shade(world: World, view: _View, cloud: np.ndarray) -> np.ndarray:
    """Return the brightness [height, width, 1] of the surfaces that a camera sees."""
    place = jnp.asarray(view.position_m, jnp.float32)
    attitude = quaternion.from_yaw(jnp.float32(view.yaw_rad))
    rotation, origin = map(np.asarray, camera_pose(_CAMERA, place, attitude))
    rays = np.nan_to_num(cloud.reshape(-1, 3)) @ rotation.T
    x = (rays + origin).astype(np.float32)
    steps = _DIFFERENCE_M * np.eye(3, dtype=np.float32)
    slope = [clearance(world.scene, x + s) - clearance(world.scene, x - s) for s in steps]
    normal = np.stack(slope, axis=-1) / (2.0 * _DIFFERENCE_M)
    towards = -rays / np.maximum(np.linalg.norm(rays, axis=-1, keepdims=True), 1e-6)
    facing = np.clip(np.sum(normal * towards, axis=-1), 0.0, 1.0)
    shade = _DARKEST + (1.0 - _DARKEST) * (0.75 * facing + 0.125 * (1.0 + normal[:, 2]))
    return np.clip(shade, 0.0, 1.0).reshape(*cloud.shape[:2], 1)
