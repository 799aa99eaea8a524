# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a flight: the path over the map, the explored fraction over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from live_mvp_ros.reports.drawing import (
    BLUE,
    MapImage,
    draw_ends,
    draw_map,
    draw_path,
    frame_way,
    new_figure,
    png,
)


def trajectory_figure(
    image: MapImage | None,
    times_s: np.ndarray,
    positions_m: np.ndarray,
    goal_m: Sequence[float] | None,
    title: str,
) -> Figure:
    """Draw the path coloured by time over the map, with start and goal where they are known."""
    figure = new_figure(9.0, 7.5)
    axes = figure.add_subplot()
    if image is not None:
        draw_map(axes, image)
    line = draw_path(axes, times_s, positions_m)
    if line is not None:
        figure.colorbar(line, ax=axes, label="flight time [s]", shrink=0.8)
    if goal_m is not None:
        draw_ends(axes, positions_m[0] if line is not None else None, goal_m)
    if image is None:
        ends = [] if goal_m is None else [goal_m[:2]]
        frame_way(axes, np.array([*positions_m[:, :2], *ends]))
    axes.set(xlabel="x [m]", ylabel="y [m]", title=title, aspect="equal")
    if goal_m is not None:
        axes.legend(loc="upper right")
    return figure


def explored_figure(times_s: np.ndarray, fractions: np.ndarray, title: str) -> Figure:
    """Draw the explored share of the observable cells over flight time."""
    figure = new_figure(8.0, 4.5)
    axes = figure.add_subplot()
    axes.plot(times_s, 100.0 * fractions, color=BLUE, linewidth=2.0)
    axes.axhline(95.0, color="tab:grey", linestyle=":", label="95 %")
    axes.set(xlabel="flight time [s]", ylabel="explored [%]", title=title, ylim=(0, 101))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def warm_up() -> None:
    """Load fonts and the renderer, which takes a second the first time."""
    figure = new_figure(1.0, 1.0)
    figure.add_subplot().set_title("0")
    png(figure)
