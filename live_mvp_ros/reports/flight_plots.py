# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One picture of an in-process flight: map, way, what is left, explored fraction and clearance."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from live_mvp_ros.evaluation import metrics
from live_mvp_ros.evaluation.logbook import Flight
from live_mvp_ros.reports.drawing import (
    BLUE,
    FREE,
    GREEN,
    OCCUPIED,
    ORANGE,
    UNKNOWN,
    VERMILION,
    MapImage,
    draw_cells,
    draw_ends,
    draw_map,
    draw_path,
    map_image,
    new_figure,
)
from live_mvp_ros.worlds.names import shown_name


def flight_figure(flight: Flight) -> Figure:
    """Draw a flight: the final map with the way on the left, its course in time on the right."""
    figure = new_figure(14.0, 7.0)
    parts = figure.add_gridspec(2, 2, width_ratios=(1.45, 1.0))
    draw_final_map(figure.add_subplot(parts[:, 0]), flight)
    upper = figure.add_subplot(parts[0, 1])
    draw_explored(upper, flight)
    draw_clearance(figure.add_subplot(parts[1, 1], sharex=upper), flight)
    figure.suptitle(title(flight), fontsize=13)
    return figure


def title(flight: Flight) -> str:
    """Return what was flown and what came of it in one line."""
    run = flight.scenario.run
    verdict = "complete" if flight.complete else f"not complete ({flight.end_reason})"
    return (
        f"{shown_name(run.floor_plan or run.world)}, {run.planner}, seed {run.seed}: {verdict}, "
        f"{100 * flight.exploration.final:.1f} % in {flight.flight_time_s:.0f} s and "
        f"{flight.path_length_m:.0f} m"
    )


def final_map(flight: Flight) -> MapImage:
    """Return the map at the end as an image."""
    return image_of(flight, flight.p, flight.known)


def image_of(flight: Flight, p: np.ndarray, known: np.ndarray) -> MapImage:
    """Return a map [nx, ny] of the flight as an image."""
    resolution_m = flight.grid.resolution_m
    x, y = (origin - 0.5 * resolution_m for origin in flight.grid.origin_m)
    return map_image(np.asarray(p), np.asarray(known), (x, y), resolution_m)


def remaining(flight: Flight) -> np.ndarray:
    """Return the observable cells that stayed unseen, bool [nx, ny] over the truth's grid."""
    truth = flight.scenario.truth
    return truth.observable & ~metrics.resample(flight.seen, flight.grid, truth.spec)


def draw_final_map(axes: Axes, flight: Flight) -> None:
    """Draw the map as it was known at the end, the way over it, and what was left."""
    image = final_map(flight)
    draw_map(axes, image)
    left, truth = remaining(flight), flight.scenario.truth
    resolution_m = truth.spec.resolution_m
    x, y = (origin - 0.5 * resolution_m for origin in truth.spec.origin_m)
    cells = MapImage(np.zeros(truth.spec.shape[::-1], np.uint8), (x, y), resolution_m)
    draw_cells(axes, left, cells, ORANGE, 1.0)
    line = draw_path(axes, flight.times_s, flight.believed_positions_m)
    if line is not None:
        colours = axes.figure.colorbar(line, ax=axes, shrink=0.75, pad=0.02)
        colours.set_label("flight time [s]")
    draw_ends(axes, flight.scenario.world.start_m, flight.scenario.world.goal_m)
    share = left.sum() / max(1, int(truth.observable.sum()))
    area_m2 = np.count_nonzero(left) * resolution_m**2
    label = f"observable, still unseen: {area_m2:.2f} m² ({100 * share:.2f} %)"
    greys = (("free", FREE), ("unknown", UNKNOWN), ("solid", OCCUPIED))
    handles = [
        *axes.get_legend_handles_labels()[0],
        *(Patch(facecolor=str(g / 255.0), edgecolor="grey", label=name) for name, g in greys),
        Patch(color=ORANGE, label=label),
    ]
    axes.figure.legend(handles=handles, loc="outside lower left", ncols=6, frameon=False)
    axes.set(xlabel="x [m]", ylabel="y [m]", aspect="equal", anchor="N")


def draw_explored(axes: Axes, flight: Flight) -> None:
    """Draw the explored share over time with the times of its thresholds."""
    explored = flight.exploration
    axes.plot(explored.times_s, 100 * explored.fractions, color=BLUE, linewidth=2.0)
    words = []
    for threshold, time_s in zip(metrics.THRESHOLDS, explored.time_to_s, strict=True):
        words.append(
            f"{100 * threshold:.0f} %: {'never' if time_s is None else f'{time_s:.1f} s'}"
        )
        if time_s is not None:
            axes.plot(time_s, 100 * threshold, "o", color=VERMILION, markersize=6)
    axes.text(0.97, 0.06, "\n".join(words), transform=axes.transAxes, ha="right", va="bottom")
    axes.set(ylabel="explored [%]", ylim=(0, 104))
    axes.grid(alpha=0.3)


def draw_clearance(axes: Axes, flight: Flight) -> None:
    """Draw the true clearance over time against the radius of the drone."""
    radius_m = flight.scenario.config.body.radius_m
    distance_m = flight.safety.clearance_m
    axes.plot(flight.times_s, distance_m, color=GREEN, linewidth=1.2)
    axes.axhline(radius_m, color=VERMILION, linestyle="--", linewidth=1.5)
    axes.annotate(
        f"radius of the drone, {radius_m:g} m",
        (1.0, radius_m),
        xytext=(-4, -4),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=9,
        color=VERMILION,
    )
    lowest = int(np.argmin(distance_m))
    axes.plot(flight.times_s[lowest], distance_m[lowest], "v", color=BLUE, markersize=8)
    where = f"least {distance_m[lowest]:.2f} m at {flight.times_s[lowest]:.0f} s"
    axes.set_title(where, loc="right", fontsize=10, color=BLUE)
    axes.set(xlabel="flight time [s]", ylabel="true clearance [m]")
    axes.set_ylim(bottom=min(0.0, 1.1 * float(distance_m[lowest])))
    axes.margins(x=0.01)
    axes.grid(alpha=0.3)
