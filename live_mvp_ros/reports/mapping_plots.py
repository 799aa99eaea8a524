# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One picture of a world's map after its standard flight: how right it is and what it costs.

Above: the error near surfaces over the flight, what the mesh is worth at every tolerance, the map
over the truth. Middle: whether Q tells what was observed, and what became of places left long
ago. Below: the time of an update, alone and against the number of rays, and memory. Grey broken
lines are what is required, or what a perfect map would show.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from live_mvp_ros import mapping
from live_mvp_ros.evaluation import mapping_score as score
from live_mvp_ros.evaluation.mapping_bench import Curves, Learned
from live_mvp_ros.evaluation.mapping_flight import FlightPath
from live_mvp_ros.reports.drawing import (
    BLUE,
    GREEN,
    ORANGE,
    VERMILION,
    draw_map,
    map_image,
    new_figure,
)
from live_mvp_ros.worlds import World, ground_truth_grid

_GOOD_CM = 3.0
_GOOD_FORGETTING_CM = 1.0
_GOOD_MS, _GOOD_RAYS = 15.0, 256
_REQUIRED: dict[str, Any] = {"color": "0.6", "ls": "--", "lw": 1.2}
_TOLERANCES_CM = np.linspace(0.5, 20.0, 40)


def mapping_figure(
    world: World, path: FlightPath, learned: Learned, curves: Curves, figures: dict[str, Any]
) -> Figure:
    """Return the figure of one world."""
    figure = new_figure(15.0, 12.0)
    parts = figure.subplots(3, 3).ravel()
    _draw_error(parts[0], learned, figures)
    _draw_surface(parts[1], curves.surface, figures)
    _draw_plan(parts[2], world, path, learned)
    _draw_roc(parts[3], curves.exposure, figures)
    _draw_calibration(parts[4], curves.exposure, figures)
    _draw_forgetting(parts[5], curves.forgetting, figures)
    _draw_times(parts[6], learned, figures)
    _draw_by_rays(parts[7], curves.by_rays)
    _draw_memory(parts[8], learned, figures)
    for axes in parts:
        axes.title.set_fontsize(11)
    figure.suptitle(f"{world.name}: the live map after {learned.looks} looks", fontsize=14)
    return figure


def _draw_error(axes: Axes, learned: Learned, figures: dict[str, Any]) -> None:
    axes.plot(learned.history[:, 0], 100.0 * learned.history[:, 1], marker="o", ms=3, color=BLUE)
    axes.axhline(_GOOD_CM, **_REQUIRED)
    axes.set(xlabel="time of flight in s", ylabel="mean |G − φ| in cm", ylim=(0.0, None))
    axes.set_title(f"error near surfaces: {_text(figures['sdf_mae_near_m'], 100, 1)} cm")


def _draw_surface(axes: Axes, surface: score.SurfaceDistances, figures: dict[str, Any]) -> None:
    rows = np.array([surface.within(0.01 * cm) for cm in _TOLERANCES_CM])
    names = ("accuracy (precision)", "completeness (recall)", "F-score")
    for values, name, colour in zip(rows.T, names, (BLUE, ORANGE, VERMILION), strict=True):
        axes.plot(_TOLERANCES_CM, values, color=colour, label=name)
    axes.axvline(100.0 * score.WITHIN_M, color="0.3", lw=1.0)
    axes.set(xlabel="tolerance in cm", ylabel="share of the surface", xlim=(0, 20), ylim=(0, 1.02))
    axes.legend(loc="lower right", fontsize=9)
    accuracy, completeness, fscore = (
        _text(figures[key], 1, 2)
        for key in ("surface_precision_5cm", "surface_recall_5cm", "fscore_5cm")
    )
    axes.set_title(f"at 5 cm: accuracy {accuracy}, completeness {completeness}, F {fscore}")


def _draw_plan(axes: Axes, world: World, path: FlightPath, learned: Learned) -> None:
    config, state, altitude = learned.config, learned.state, world.start_m[2]
    spec = mapping.map_grid(config)
    p, known = map(np.asarray, mapping.occupancy(config, state, jnp.float32(altitude)))
    draw_map(axes, map_image(p, known, config.lower_m[:2], config.resolution_m))
    x, y = spec.centres()
    truth = ground_truth_grid(world, spec, altitude).astype(float)
    if truth.any():
        axes.contour(x, y, truth.T, levels=[0.5], colors=ORANGE, linewidths=1.0)
    axes.plot(*path.positions_m[:, :2].T, color=BLUE, lw=0.8)
    axes.set(xlabel="x in m", ylabel="y in m")
    axes.set_title(f"map at z = {altitude:g} m, truth (orange), flight (blue)")


def _draw_roc(axes: Axes, curves: score.ExposureCurves, figures: dict[str, Any]) -> None:
    axes.plot([0, 1], [0, 1], **_REQUIRED)
    axes.plot(curves.false_positive, curves.true_positive, color=BLUE)
    axes.set(xlim=(-0.02, 1), ylim=(0, 1.02))
    axes.set(xlabel="never observed points called seen", ylabel="observed points called seen")
    axes.set_title(f"exposure, any threshold: AUROC {_text(figures['exposure_auroc'], 1, 4)}")


def _draw_calibration(axes: Axes, curves: score.ExposureCurves, figures: dict[str, Any]) -> None:
    middle = 0.5 * (curves.edges[1:] + curves.edges[:-1])
    axes.plot([0, 1], [0, 1], **_REQUIRED)
    axes.plot(middle, curves.observed, marker="o", ms=4, color=BLUE)
    axes.set(xlabel="exposure Q", ylabel="share that was observed", xlim=(0, 1), ylim=(0, 1.02))
    seen, unseen = (_text(figures[key], 1, 3) for key in ("q_seen_mean", "q_unseen_mean"))
    axes.set_title(f"calibration; mean Q {seen} observed, {unseen} never")


def _draw_forgetting(axes: Axes, forgetting: np.ndarray, figures: dict[str, Any]) -> None:
    axes.set(xlabel="time since the place was left in s", ylabel="mean |G − φ| there in cm")
    if not len(forgetting):
        axes.set_title("forgetting: the flight is too short to tell")
        axes.set(xticks=[], yticks=[])
        return
    error = 100.0 * forgetting[:, 1]
    axes.plot(forgetting[:, 0], error, marker="o", ms=3, color=BLUE)
    axes.axhline(error[0] + _GOOD_FORGETTING_CM, **_REQUIRED)
    axes.set(ylim=(0.0, None))
    axes.set_title(f"forgetting: {_text(figures['forgetting_m'], 100, 1, '+')} cm")


def _draw_times(axes: Axes, learned: Learned, figures: dict[str, Any]) -> None:
    p50, p99 = np.percentile(learned.updates_ms, [50, 99])
    axes.hist(np.minimum(learned.updates_ms, 1.2 * p99), bins=60, color=BLUE)
    for value, name in ((p50, "p50"), (p99, "p99")):
        axes.axvline(value, color="0.3", lw=1.0)
        axes.text(value, 0.95 * axes.get_ylim()[1], f" {name} {value:.1f} ms", fontsize=9)
    axes.set(xlabel="one update in ms", ylabel="updates")
    update = figures["update_ms"]
    axes.set_title(f"updates of the flight: {update['rays']} rays × {update['samples']} samples")


def _draw_by_rays(axes: Axes, by_rays: list[dict[str, Any]]) -> None:
    rays = [row["rays"] for row in by_rays]
    for name, style, colour in (("p99", "--", ORANGE), ("p50", "-", BLUE)):
        times = [row[name] for row in by_rays]
        axes.plot(rays, times, style, marker="o", ms=4, color=colour, label=name)
    required = f"required: {_GOOD_MS:g} ms p50 at {_GOOD_RAYS}"
    axes.plot([_GOOD_RAYS], [_GOOD_MS], "v", ms=9, color="0.5", label=required)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_major_locator(LogLocator(10.0, subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel="rays in an update", ylabel="one update in ms")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=9)
    samples = by_rays[0]["samples"] if by_rays else 0
    axes.set_title(f"time of an update against rays × {samples} samples")


def _draw_memory(axes: Axes, learned: Learned, figures: dict[str, Any]) -> None:
    time_s, _, rss_mib = learned.history.T
    axes.fill_between(time_s, rss_mib, color=BLUE, alpha=0.25, lw=0.0)
    axes.plot(time_s, rss_mib, marker="o", ms=3, color=BLUE, label="process, the truth included")
    axes.axhline(figures["map_mib"], color=GREEN, label=f"the map: {figures['map_mib']:g} MiB")
    axes.set(xlabel="time of flight in s", ylabel="memory in MiB", ylim=(0.0, None))
    axes.legend(loc="center right", fontsize=9)
    axes.set_title("memory")


def _text(value: float | None, factor: float, digits: int, sign: str = "") -> str:
    """Return a number with so many digits, a dash for one that was not measured."""
    return "–" if value is None else f"{factor * value:{sign}.{digits}f}"
