# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a flight: the map as an image, the path over it, the explored fraction over time.

Arrays indexed [ix, iy] (map frame, metres) become images with +x to the right and +y up.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

FREE, UNKNOWN, OCCUPIED = 254, 205, 0
OCCUPIED_THRESHOLD, FREE_THRESHOLD = 0.65, 0.196


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
    return MapImage(np.flipud(grey.T), corner_m, resolution_m)


def trajectory_figure(
    image: MapImage | None,
    times_s: np.ndarray,
    positions_m: np.ndarray,
    goal_m: Sequence[float],
    title: str,
) -> Figure:
    """Draw the path coloured by time over the map, with start and goal."""
    figure = _figure(9.0, 7.5)
    axes = figure.add_subplot()
    if image is not None:
        axes.imshow(image.pixels, "gray", extent=image.extent_m, vmin=0, vmax=255)
    else:
        axes.autoscale()
    xy = positions_m[:, :2]
    if len(xy) > 1:
        pieces = np.stack([xy[:-1], xy[1:]], axis=1)
        line = LineCollection(list(pieces), cmap="viridis", linewidths=2.0)
        line.set_array(times_s[1:])
        axes.add_collection(line)
        figure.colorbar(line, ax=axes, label="flight time [s]", shrink=0.8)
        axes.plot(*xy[0], "o", color="tab:green", markersize=9, label="start")
    axes.plot(*goal_m[:2], "*", color="tab:red", markersize=14, label="goal")
    axes.set(xlabel="x [m]", ylabel="y [m]", title=title, aspect="equal")
    axes.legend(loc="upper right")
    return figure


def explored_figure(times_s: np.ndarray, fractions: np.ndarray, title: str) -> Figure:
    """Draw the explored share of the observable cells over flight time."""
    figure = _figure(8.0, 4.5)
    axes = figure.add_subplot()
    axes.plot(times_s, 100.0 * fractions, linewidth=2.0)
    axes.axhline(95.0, color="tab:grey", linestyle=":", label="95 %")
    axes.set(xlabel="flight time [s]", ylabel="explored [%]", title=title, ylim=(0, 101))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file's content."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def warm_up() -> None:
    """Load fonts and the renderer, which takes a second the first time."""
    figure = _figure(1.0, 1.0)
    figure.add_subplot().set_title("0")
    png(figure)


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
