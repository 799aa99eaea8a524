# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a campaign: explored fraction over time, and time to 95 %, of every planner.

A run that has ended keeps its last explored fraction. A run that never came to 95 % is drawn
above the time axis' end, as a cross.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from live_mvp_ros.reports.drawing import CYCLE, LINES, VERMILION, new_figure
from live_mvp_ros.worlds.names import shown_name

Documents = Iterable[Mapping[str, Any]]
Groups = dict[str, dict[str, list[Mapping[str, Any]]]]
POINTS = 400


def grouped(documents: Documents) -> Groups:
    """Return world -> planner -> documents of runs that were flown."""
    groups: Groups = {}
    for document in documents:
        record = document["record"]
        if record["error"] is None:
            planners = groups.setdefault(record["world"], {})
            planners.setdefault(record["planner"], []).append(document)
    return groups


def explored_figure(groups: Groups) -> Figure:
    """Draw one panel per world: the median over its runs with the band between the quartiles."""
    figure = new_figure(6.5 * max(1, min(2, len(groups))), 4.5 * max(1, -(-len(groups) // 2)))
    panels = figure.subplots(-(-len(groups) // 2), min(2, len(groups)), squeeze=False)
    for axes in panels.flat[len(groups) :]:
        axes.set_visible(False)
    for axes, (world, planners) in zip(panels.flat, groups.items(), strict=False):
        end_s = max(d["record"]["flight_time_s"] for runs in planners.values() for d in runs)
        for number, (planner, runs) in enumerate(planners.items()):
            _draw_band(axes, planner, runs, end_s, number)
        axes.axhline(95.0, color="0.5", linestyle=":", linewidth=1.2)
        axes.set(title=shown_name(world), xlabel="flight time [s]", ylabel="explored [%]")
        axes.set(xlim=(0.0, end_s), ylim=(0.0, 102.0))
        axes.grid(alpha=0.3)
        axes.legend(loc="lower right", title="median and quartiles", title_fontsize=9)
    return figure


def quartiles_over_time(
    runs: Iterable[Mapping[str, Any]], times_s: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the quartiles [len(times_s)] of the explored fractions, at each time the latest."""
    values = []
    for document in runs:
        at = np.asarray(document["explored"]["times_s"])
        fractions = np.asarray(document["explored"]["fractions"])
        latest = np.searchsorted(at, times_s, side="right") - 1
        values.append(np.where(latest < 0, 0.0, fractions[np.maximum(latest, 0)]))
    low, middle, high = np.quantile(np.stack(values), (0.25, 0.5, 0.75), axis=0)
    return low, middle, high


def time_figure(groups: Groups) -> Figure:
    """Draw the time to 95 % of every world and planner as boxes, with every run as a point."""
    width = sum(1.0 + 0.9 * len(planners) for planners in groups.values())
    figure = new_figure(max(6.0, width), 5.5)
    panels = figure.subplots(1, max(1, len(groups)), squeeze=False, sharey=True)
    for axes, (world, planners) in zip(panels.flat, groups.items(), strict=False):
        times = {
            name: [d["record"]["time_to_95_s"] for d in runs] for name, runs in planners.items()
        }
        _draw_boxes(axes, times)
        axes.set(title=shown_name(world))
        axes.grid(alpha=0.3, axis="y")
    panels.flat[0].set(ylabel="time to 95 % explored [s]")
    return figure


def _times_to_95_s(runs: list[Mapping[str, Any]]) -> list[float | None]:
    return [document["record"]["time_to_95_s"] for document in runs]


def _draw_band(
    axes: Axes, planner: str, runs: list[Mapping[str, Any]], end_s: float, number: int
) -> None:
    times_s = np.linspace(0.0, end_s, POINTS)
    low, middle, high = quartiles_over_time(runs, times_s)
    colour, style = CYCLE[number % len(CYCLE)], LINES[number // len(CYCLE) % len(LINES)]
    axes.fill_between(times_s, 100 * low, 100 * high, color=colour, alpha=0.2, linewidth=0)
    label = f"{planner} ({len(runs)} run{'s' if len(runs) > 1 else ''})"
    axes.plot(times_s, 100 * middle, style, color=colour, linewidth=2.0, label=label)


def _draw_boxes(axes: Axes, times: Mapping[str, list[float | None]]) -> None:
    reached = [[time for time in values if time is not None] for values in times.values()]
    places = np.arange(1, len(times) + 1)
    boxes = axes.boxplot(
        reached, positions=places, widths=0.6, patch_artist=True, showfliers=False
    )
    for number, box in enumerate(boxes["boxes"]):
        box.set(facecolor=CYCLE[number % len(CYCLE)], alpha=0.35)
    for line in boxes["medians"]:
        line.set(color="black", linewidth=2.0)
    top = max((max(values) for values in reached if values), default=1.0)
    for number, (values, everything) in enumerate(zip(reached, times.values(), strict=True)):
        spread = np.linspace(-0.18, 0.18, len(values)) if len(values) > 1 else [0.0]
        place, colour = number + 1, CYCLE[number % len(CYCLE)]
        if values:
            axes.plot(place + np.asarray(spread), values, "o", color=colour, ms=4, alpha=0.8)
        never = len(everything) - len(values)
        if never:
            axes.plot(place, 1.06 * top, "x", color=VERMILION, markersize=9, mew=2)
            axes.annotate(f"{never} never", (place, 1.08 * top), ha="center", va="bottom")
    axes.set_ylim(0.0, 1.18 * top)
    axes.set_xticks(places, [name.replace("_", "\n") for name in times])
