# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A picture of what a live map knows at one altitude: occupancy with frontiers, and exposure."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from live_mvp_ros import mapping
from live_mvp_ros.mapping import LiveMap, LiveMapConfig
from live_mvp_ros.reports.drawing import (
    VERMILION,
    draw_cells,
    draw_map,
    map_image,
    new_figure,
    upright,
)


def map_figure(config: LiveMapConfig, state: LiveMap, altitude_m: float) -> Figure:
    """Return the figure."""
    altitude = jnp.float32(altitude_m)
    p, known = map(np.asarray, jax.jit(mapping.occupancy)(config, state, altitude))
    edge = np.asarray(jax.jit(mapping.frontiers)(config, state, altitude))
    exposure = np.asarray(jax.jit(mapping.exposure)(config, state, altitude))
    image = map_image(p, known, config.lower_m[:2], config.resolution_m)
    figure = new_figure(12.0, 5.5)
    left, right = figure.subplots(1, 2)
    draw_map(left, image)
    draw_cells(left, edge, image, VERMILION, 0.9)
    left.set_title(f"occupancy around z = {altitude_m:g} m; frontiers in red", fontsize=10)
    shown = right.imshow(upright(exposure), "viridis", extent=image.extent_m, vmin=0.0, vmax=1.0)
    figure.colorbar(shown, ax=right, shrink=0.8)
    right.set_title(f"exposure Q at z = {altitude_m:g} m", fontsize=10)
    for axes in (left, right):
        axes.set(xlabel="x in m", ylabel="y in m")
    return figure
