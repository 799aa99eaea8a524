# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a report, of one run or of several beside each other.

Each function returns a figure, or None where the runs have not left what it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from live_mvp_ros.reports.drawing import (
    CYCLE,
    FREE,
    GREEN,
    LINES,
    OCCUPIED,
    ORANGE,
    UNKNOWN,
    VERMILION,
    MapImage,
    draw_ends,
    draw_map,
    draw_path,
    frame_way,
    new_figure,
    upright,
)
from live_mvp_ros.reports.field_moments import Moment
from live_mvp_ros.reports.run_data import RunData

PERIODS_SHOWN = 3
"""Of the control loop, in the histograms of its timing; the last bar counts what took longer."""
USUAL_PERIOD_MS = 20.0
BARS_A_PERIOD = 20


def explored(runs: Sequence[RunData]) -> Figure | None:
    """Draw the explored share over flight time."""
    shown = [run for run in runs if "explored_fraction" in run.explored]

    def draw(axes: Axes, run: RunData, style: dict[str, Any]) -> None:
        axes.plot(run.explored["time_s"], 100 * run.explored["explored_fraction"], **style)

    figure = _curves(shown, draw)
    if figure is not None:
        (axes,) = figure.axes
        axes.axhline(95.0, color="tab:grey", linestyle=":", linewidth=1.0)
        axes.text(0.01, 95.0, "95 %", color="tab:grey", fontsize=9,
                  va="top", transform=axes.get_yaxis_transform())  # fmt: skip
        axes.set(xlabel="flight time [s]", ylabel="explored [%]", ylim=(0, 101))
    return figure


def clearance(runs: Sequence[RunData]) -> Figure | None:
    """Draw the true clearance over flight time against the radius of the drone."""
    shown = [run for run in runs if "clearance_m" in run.trajectory]

    def draw(axes: Axes, run: RunData, style: dict[str, Any]) -> None:
        axes.plot(run.trajectory["time_s"], run.trajectory["clearance_m"], **style)

    figure = _curves(shown, draw)
    if figure is not None:
        (axes,) = figure.axes
        for radius_m in sorted({r for r in map(radius_of, shown) if r is not None}):
            axes.axhline(radius_m, color=VERMILION, linestyle="--", linewidth=1.2)
            axes.annotate("radius of the drone", (0.99, radius_m), (0, -4), color=VERMILION,
                          xycoords=axes.get_yaxis_transform(), textcoords="offset points",
                          ha="right", va="top", fontsize=9)  # fmt: skip
        axes.set(xlabel="flight time [s]", ylabel="true clearance [m]")
        axes.set_ylim(bottom=0.0)
    return figure


def radius_of(run: RunData) -> float | None:
    """Return the radius [m] of the drone that flew a run, None where the run does not say."""
    return (run.metrics.get("flown") or {}).get("radius_m")


def period_ms(run: RunData) -> float:
    """Return the time [ms] that a run had for a command: longer where simulated time is slower."""
    flown = run.metrics.get("flown") or {}
    rate_hz, factor = flown.get("control_rate_hz"), flown.get("real_time_factor") or 1.0
    return 1000.0 / (rate_hz * factor) if rate_hz else USUAL_PERIOD_MS


def timing(runs: Sequence[RunData]) -> Figure | None:
    """Draw how long commands took after their odometry, and how regularly they came."""
    wanted = ("control_latency_ms", "control_interval_ms")
    shown = [run for run in runs if any(run.timing.get(name) for name in wanted)]
    if not shown:
        return None
    figure = new_figure(9.0, 3.4)
    titles = ("odometry to command [ms]", "between two commands [ms]")
    most_ms = PERIODS_SHOWN * max(map(period_ms, shown))
    bins = np.linspace(0.0, most_ms, PERIODS_SHOWN * BARS_A_PERIOD + 1)
    ticks = np.linspace(0.0, most_ms, 2 * PERIODS_SHOWN + 1)
    words = [*(f"{tick:g}" for tick in ticks[:-1]), f"{most_ms:g}\nand more"]
    for at, (name, title) in enumerate(zip(wanted, titles, strict=True)):
        axes = figure.add_subplot(1, 2, at + 1)
        for index, run in enumerate(shown):
            values = np.clip(run.timing.get(name, []), 0.0, most_ms)
            weights = np.full(len(values), 100.0 / max(len(values), 1))
            alone = len(shown) == 1
            axes.hist(values, bins.tolist(), weights=weights, label=run.label,
                      color=CYCLE[index % len(CYCLE)],
                      histtype="stepfilled" if alone else "step", linewidth=1.6)  # fmt: skip
        axes.set(xlabel=title, ylabel="share [%]", xlim=(0.0, most_ms))
        axes.set_xticks(ticks, words)
        axes.grid(alpha=0.3)
    if len(shown) > 1:
        figure.axes[0].legend(fontsize=8)
    return figure


def trajectories(runs: Sequence[RunData]) -> Figure | None:
    """Draw the way over the final map, run by run."""
    shown = [run for run in runs if len(run.trajectory.get("x_m", ())) > 1]
    if not shown:
        return None
    columns = min(len(shown), 3)
    rows = -(-len(shown) // columns)
    size = (8.5, 6.8) if len(shown) == 1 else (4.6 * columns, 4.2 * rows)
    figure = new_figure(*size)
    for index, run in enumerate(shown):
        axes = figure.add_subplot(rows, columns, index + 1)
        _trajectory(figure, axes, run, colour_bar=len(shown) == 1)
        if len(shown) > 1:
            axes.set_title(run.label, fontsize=10)
    return figure


def fields(runs: Sequence[RunData]) -> Figure | None:
    """Draw the information field at some moments of the first run that has it."""
    run = next((run for run in runs if run.moments), None)
    if run is None:
        return None
    chosen = run.moments[-6:] if len(run.moments) > 6 else run.moments
    figure = new_figure(10.5, 3.4 * (-(-len(chosen) // 3)))
    top = max(float(moment.gain.max()) for moment in chosen) or 1.0
    image = None
    for index, moment in enumerate(chosen):
        axes = figure.add_subplot(-(-len(chosen) // 3), 3, index + 1)
        extent = MapImage(
            np.zeros(moment.gain.shape[::-1]), moment.corner_m, moment.resolution_m
        ).extent_m
        image = axes.imshow(upright(moment.gain), extent=extent, vmin=0.0, vmax=top)
        _walls_and_way(axes, run, moment)
        axes.set_title(f"{moment.time_s:.0f} s", fontsize=10)
        axes.set_xlabel("x [m]", fontsize=8)
        axes.set_ylabel("y [m]", fontsize=8)
        axes.tick_params(labelsize=8)
    assert image is not None
    figure.colorbar(image, ax=figure.axes, label="information of the best look [nats]", shrink=0.8)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    handles.append(Patch(facecolor="white", edgecolor="grey"))
    labels.append("walls, as they were found in the end")
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=9)
    return figure


def _walls_and_way(axes: Axes, run: RunData, moment: Moment) -> None:
    """Draw walls, the way until a moment, and the drone at its end, over a field."""
    if run.map_pixels is not None:
        walls = np.zeros((*run.map_pixels.shape, 4), np.float32)
        walls[run.map_pixels == OCCUPIED] = (1.0, 1.0, 1.0, 0.9)
        extent = MapImage(run.map_pixels, run.map_corner_m, run.map_resolution_m).extent_m
        axes.imshow(walls, extent=extent, interpolation="nearest")
    if "x_m" in run.trajectory:
        past = run.trajectory["time_s"] <= moment.time_s
        x, y = run.trajectory["x_m"][past], run.trajectory["y_m"][past]
        axes.plot(x, y, color=ORANGE, linewidth=1.3, label="way so far")
    axes.plot(*moment.position_m, "o", color=VERMILION, mec="white", markersize=7,
              linestyle="none", label="drone")  # fmt: skip


FIGURES: dict[str, tuple[str, Callable[[Sequence[RunData]], Figure | None]]] = {
    "explored": ("How fast the space became known", explored),
    "trajectory": ("Where it flew, over the map that it made", trajectories),
    "clearance": ("How far it kept from everything", clearance),
    "fields": (
        "Where a look was worth most, at some moments; what glows in the end was left",
        fields,
    ),
    "timing": ("How well the control loop kept its time", timing),
}
"""Figures of a report by the name of their file, with their titles."""


def _curves(
    runs: Sequence[RunData], draw: Callable[[Axes, RunData, dict[str, Any]], None]
) -> Figure | None:
    if not runs:
        return None
    figure = new_figure(8.5, 3.6)
    axes = figure.add_subplot()
    for index, run in enumerate(runs):
        colour = CYCLE[index % len(CYCLE)] if len(runs) > 1 else GREEN
        style = {"color": colour, "linestyle": LINES[index // len(CYCLE) % len(LINES)]}
        draw(axes, run, {**style, "label": run.label, "linewidth": 1.6})
    axes.grid(alpha=0.3)
    axes.margins(x=0.01)
    if len(runs) > 1:
        axes.legend(fontsize=8)
    return figure


def _trajectory(figure: Figure, axes: Axes, run: RunData, *, colour_bar: bool) -> None:
    if run.map_pixels is not None:
        draw_map(axes, MapImage(run.map_pixels, run.map_corner_m, run.map_resolution_m))
    way = np.stack([run.trajectory[name] for name in ("x_m", "y_m")], axis=1)
    line = draw_path(axes, run.trajectory["time_s"], way)
    if line is not None and colour_bar:
        figure.colorbar(line, ax=axes, label="flight time [s]", shrink=0.8)
    goal = run.parameters.get("goal_m")
    if goal:
        draw_ends(axes, way[0], goal)
    handles, labels = axes.get_legend_handles_labels()
    if run.map_pixels is not None:
        for name, grey in (("free", FREE), ("unknown", UNKNOWN), ("solid", OCCUPIED)):
            handles.append(Patch(facecolor=str(grey / 255.0), edgecolor="grey"))
            labels.append(name)
    if colour_bar and handles:
        figure.legend(handles, labels, loc="outside upper center", ncols=5, fontsize=9)
    axes.set(xlabel="x [m]", ylabel="y [m]", aspect="equal")
    if run.map_pixels is None:
        frame_way(axes, np.array([*way, *([goal[:2]] if goal else [])]))
