# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What pictures of flights share: the map as an image, the path over it, colours, PNG files.

Arrays indexed [ix, iy] (map frame, metres) become images with +x to the right and +y up. Colours
are those of Okabe and Ito and the viridis map, which people with any colour vision can tell apart.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

FREE, UNKNOWN, OCCUPIED = 254, 205, 0
OCCUPIED_THRESHOLD, FREE_THRESHOLD = 0.65, 0.196
BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, YELLOW)
LINES = ("-", "--", "-.", ":")
DPI = 110.0
AROUND_M = 1.0
"""Space around a way that is drawn without a map."""


class MapImage(NamedTuple):
    """A map as grey values, and where its lower left corner lies."""

    pixels: np.ndarray
    """uint8 [height, width], first row at the top (largest y)."""
    corner_m: tuple[float, float]
    resolution_m: float

    @property
    def extent_m(self) -> tuple[float, float, float, float]:
        """Return left, right, bottom, top in the map frame."""
        height, width = self.pixels.shape
        x, y = self.corner_m
        return x, x + width * self.resolution_m, y, y + height * self.resolution_m


def map_image(
    p: np.ndarray, known: np.ndarray, corner_m: tuple[float, float], resolution_m: float
) -> MapImage:
    """Return probabilities [nx, ny] as the three grey values of a trinary map.

    A cell that was observed and is more likely free than not is free, be it seen only once.
    """
    grey = np.full(p.shape, UNKNOWN, np.uint8)
    grey[known & (p < 0.5)] = FREE
    grey[known & (p > OCCUPIED_THRESHOLD)] = OCCUPIED
    return MapImage(upright(grey), corner_m, resolution_m)


def upright(values: np.ndarray) -> np.ndarray:
    """Return [nx, ny, ...] as an image [height, width, ...], first row at the top."""
    return np.flipud(np.swapaxes(values, 0, 1))


def draw_map(axes: Axes, image: MapImage) -> None:
    """Draw a map as the background."""
    axes.imshow(image.pixels, "gray", extent=image.extent_m, vmin=0, vmax=255)


def draw_cells(axes: Axes, mask: np.ndarray, image: MapImage, colour: str, alpha: float) -> None:
    """Draw the cells [nx, ny] of a mask in a colour; same cells as ``image``."""
    rgba = np.zeros((*mask.shape, 4), np.float32)
    rgba[mask] = (*to_rgb(colour), alpha)
    axes.imshow(upright(rgba), extent=image.extent_m, interpolation="nearest")


def draw_path(axes: Axes, times_s: np.ndarray, positions_m: np.ndarray) -> LineCollection | None:
    """Draw the way coloured by time; return it for a colour bar, None for less than two points."""
    xy = positions_m[:, :2]
    if len(xy) < 2:
        return None
    pieces = np.stack([xy[:-1], xy[1:]], axis=1)
    line = LineCollection(list(pieces), cmap="viridis", linewidths=2.0, capstyle="round")
    line.set_array(times_s[1:])
    axes.add_collection(line)
    return line


def draw_ends(axes: Axes, start_m: Sequence[float] | None, goal_m: Sequence[float]) -> None:
    """Mark start and goal."""
    edge: dict[str, Any] = {"mec": "white", "mew": 1.2, "linestyle": "none", "zorder": 5}
    if start_m is not None:
        axes.plot(*start_m[:2], "o", color=BLUE, markersize=10, label="start", **edge)
    axes.plot(*goal_m[:2], "*", color=VERMILION, markersize=17, label="goal", **edge)


def frame_way(axes: Axes, points_m: np.ndarray) -> None:
    """Show a square around points [N, 2 or 3], of which a straight way would be a hairline."""
    if not len(points_m):
        return
    low, high = points_m[:, :2].min(axis=0), points_m[:, :2].max(axis=0)
    middle, half = 0.5 * (low + high), 0.5 * float((high - low).max()) + AROUND_M
    axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches that renders without a display."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure, dpi: float = DPI) -> bytes:
    """Return a figure as a PNG file's content, at some dots per inch."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()
