# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One picture of a world's map after its standard flight: error, calibration, time, the map."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from live_mvp_ros import mapping
from live_mvp_ros.sim import mapping_score as score
from live_mvp_ros.sim.drawing import draw_map, map_image, new_figure
from live_mvp_ros.sim.mapping_bench import Learned
from live_mvp_ros.sim.mapping_flight import FlightPath
from live_mvp_ros.worlds import World, ground_truth_grid

_GOOD_CM = 3.0


def mapping_figure(
    world: World,
    path: FlightPath,
    learned: Learned,
    calibration: score.Calibration,
    figures: dict[str, Any],
) -> Figure:
    """Return the figure of one world."""
    figure = new_figure(11.0, 8.0)
    error, curve, times, plan = figure.subplots(2, 2).ravel()
    _draw_error(error, learned, figures)
    _draw_calibration(curve, calibration, figures)
    _draw_times(times, learned)
    _draw_plan(plan, world, path, learned)
    figure.suptitle(f"{world.name}: the live map after {learned.looks} looks")
    return figure


def _draw_error(axes: Axes, learned: Learned, figures: dict[str, Any]) -> None:
    axes.plot(learned.history[:, 0], 100.0 * learned.history[:, 1], marker="o", ms=3)
    axes.axhline(_GOOD_CM, color="0.6", ls="--", lw=1.0)
    axes.set(xlabel="time of flight in s", ylabel="error near surfaces in cm", ylim=(0.0, None))
    f = figures["fscore_5cm"]
    axes.set_title(f"mean |G − φ|, observed |φ| < 0.3 m; F at 5 cm {f:.3f}", fontsize=10)


def _draw_calibration(axes: Axes, calibration: score.Calibration, figures: dict[str, Any]) -> None:
    middle = 0.5 * (calibration.edges[1:] + calibration.edges[:-1])
    axes.plot([0, 1], [0, 1], color="0.6", ls="--", lw=1.0)
    axes.plot(middle, calibration.observed, marker="o", ms=3)
    axes.set(xlabel="exposure Q", ylabel="share that was observed", xlim=(0, 1), ylim=(0, 1.02))
    q_seen, q_unseen = figures["q_seen_mean"], figures["q_unseen_mean"]
    title = f"seen {q_seen:.3f}, never seen {q_unseen:.3f}, AUROC {figures['exposure_auroc']:.4f}"
    axes.set_title(title, fontsize=10)


def _draw_times(axes: Axes, learned: Learned) -> None:
    p50, p99 = np.percentile(learned.updates_ms, [50, 99])
    axes.hist(np.minimum(learned.updates_ms, 1.2 * p99), bins=60)
    for value, name in ((p50, "p50"), (p99, "p99")):
        axes.axvline(value, color="0.3", lw=1.0)
        axes.text(value, 0.95 * axes.get_ylim()[1], f" {name} {value:.1f} ms", fontsize=8)
    axes.set(xlabel="one update in ms", ylabel="updates")
    axes.set_title("time of an update, everything included", fontsize=10)


def _draw_plan(axes: Axes, world: World, path: FlightPath, learned: Learned) -> None:
    config, state, altitude = learned.config, learned.state, world.start_m[2]
    spec = mapping.map_grid(config)
    p, known = map(np.asarray, mapping.occupancy(config, state, jnp.float32(altitude)))
    draw_map(axes, map_image(p, known, config.lower_m[:2], config.resolution_m))
    x, y = spec.centres()
    truth = ground_truth_grid(world, spec, altitude).astype(float)
    axes.contour(x, y, truth.T, levels=[0.5], colors="tab:orange", linewidths=0.8)
    axes.plot(*path.positions_m[:, :2].T, color="tab:blue", lw=0.8)
    axes.set(xlabel="x in m", ylabel="y in m")
    axes.set_title("evidence, truth (orange) and the flight (blue)", fontsize=10)
