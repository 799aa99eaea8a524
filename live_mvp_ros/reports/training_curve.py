# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The curve of a training as a picture: reward and explored share by iteration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from live_mvp_ros.reports.drawing import new_figure

_SMOOTH = 20


def training_figure(
    rows: Sequence[Mapping[str, float | int | None]], chance: Mapping[str, float] | None
) -> Figure:
    """Return the picture of a training.

    Args:
        rows: of its curve file.
        chance: ``reward`` and ``explored`` of random commands on held-out starts, if known.
    """
    figure = new_figure(9.0, 3.6)
    left, right = figure.subplots(1, 2)
    at = np.array([row["iteration"] for row in rows], float)
    for axes, name in ((left, "reward"), (right, "explored")):
        values = np.array([row[name] for row in rows], float)
        axes.plot(at, values, color="0.75", linewidth=0.8, label="each iteration")
        if len(values) >= _SMOOTH:
            mean = np.convolve(values, np.full(_SMOOTH, 1.0 / _SMOOTH), "valid")
            axes.plot(at[_SMOOTH - 1 :], mean, label=f"mean of {_SMOOTH}")
        held = [(row["iteration"], row[f"held_out_{name}"]) for row in rows]
        known = np.array([pair for pair in held if pair[1] is not None], float)
        if len(known):
            axes.plot(*known.T, "o-", label="held out")
        if chance is not None:
            axes.axhline(chance[name], color="0.3", linestyle=":", label="random, held out")
        axes.set_xlabel("iteration")
    left.set_ylabel("mean reward per ray")
    right.set_ylabel("share of free space observed")
    left.legend(fontsize=8)
    return figure


def seeds_figure(curves: Mapping[int, Sequence[Mapping[str, float | int | None]]]) -> Figure:
    """Return the rewards of trainings that differ in their seed, by seed, smoothed."""
    figure = new_figure(6.0, 3.6)
    axes = figure.subplots()
    for seed, rows in curves.items():
        at = np.array([row["iteration"] for row in rows], float)
        values = np.array([row["reward"] for row in rows], float)
        width = min(_SMOOTH, len(values))
        mean = np.convolve(values, np.full(width, 1.0 / width), "valid")
        axes.plot(at[width - 1 :], mean, label=f"seed {seed}")
    axes.set(xlabel="iteration", ylabel=f"mean reward per ray, mean of {_SMOOTH}")
    axes.legend(fontsize=8)
    return figure
