# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A picture of a world: its distance from above, a side view, and what a camera sees."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from live_mvp_ros import quaternion
from live_mvp_ros.sim.drawing import draw_ends, new_figure
from live_mvp_ros.sim.metrics import clearance
from live_mvp_ros.worlds import DepthCameraConfig, World, render

_CELL_M = 0.05
_MOST_CELLS = 500
_SHOWN_M = 1.5  # distances beyond this have one colour
_CAMERA = DepthCameraConfig(
    width_px=240, height_px=150, hfov_rad=math.radians(95.0), vfov_rad=math.radians(65.0)
)


def world_figure(world: World, altitude_m: float | None = None) -> Figure:
    """Return the figure; the cut from above is at the start's altitude unless one is given."""
    altitude = world.start_m[2] if altitude_m is None else altitude_m
    figure = new_figure(12.0, 7.0)
    above, *right = figure.subplot_mosaic(
        [["above", "side"], ["above", "depth"]], width_ratios=[1.1, 1.0]
    ).values()
    _draw_cut(above, world, (0, 1), altitude)
    draw_ends(above, world.start_m, world.goal_m)
    above.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, fontsize=8)
    above.set_title(f"{world.name}: distance to the solid at z = {altitude:g} m", fontsize=10)
    _draw_cut(right[0], world, (0, 2), world.start_m[1])
    right[0].set_title(f"at y = {world.start_m[1]:g} m", fontsize=10)
    _draw_depth(right[1], world)
    return figure


def _draw_cut(axes: Axes, world: World, along: tuple[int, int], height_m: float) -> None:
    """Draw the distance on a plane through a world, solid in dark."""
    across = 3 - sum(along)
    low, high = np.array(world.lower_m), np.array(world.upper_m)
    cell = max(_CELL_M, float((high - low).max()) / _MOST_CELLS)
    u, v = (np.arange(low[a] + 0.5 * cell, high[a], cell) for a in along)
    points = np.empty((len(v), len(u), 3), np.float32)
    points[..., along[0]], points[..., along[1]], points[..., across] = u, v[:, None], height_m
    distance = clearance(world.scene, points.reshape(-1, 3)).reshape(points.shape[:2])
    extent = (low[along[0]], high[along[0]], low[along[1]], high[along[1]])
    axes.imshow(distance, "RdBu", origin="lower", extent=extent, vmin=-_SHOWN_M, vmax=_SHOWN_M)
    if distance.min() < 0.0 < distance.max():
        axes.contour(u, v, distance, levels=[0.0], colors="black", linewidths=1.0)
    axes.set(xlabel=f"{'xyz'[along[0]]} in m", ylabel=f"{'xyz'[along[1]]} in m")


def _draw_depth(axes: Axes, world: World) -> None:
    """Draw the depth image of a wide camera at the start."""
    attitude = quaternion.from_yaw(jnp.float32(world.start_yaw_rad))
    start = jnp.asarray(world.start_m, jnp.float32)
    cloud = jax.jit(render)(_CAMERA, world.scene, start, attitude, jax.random.key(0))
    depth = np.asarray(cloud)[..., 2]
    axes.set_facecolor("0.85")
    image = axes.imshow(depth, "viridis_r", vmin=0.0)
    axes.figure.colorbar(image, ax=axes, label="depth in m", shrink=0.8)
    axes.set(xticks=[], yticks=[])
    axes.set_title("what a wide camera at the start sees; grey: nothing within 12 m", fontsize=10)
