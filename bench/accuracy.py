# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Compare the swept information gain with Theorem 1, evaluated beam by beam, at random poses.

    python bench/accuracy.py --poses 1000 --json accuracy.json

Truth: full FSMI with the same range, noise and cells as long as the map's resolution, of four
beams per direction of the sweep over the field of view (and of as many as the sensor has), scaled
to the sensor's number. Two kinds of poses: "cells", the middles of any known free cells, read off
the sweep directly; "places", anywhere where the drone fits, read by interpolation between cells.
Error: mean |swept - exact| / mean exact.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import Any

import jax
import jax.numpy as jnp
import maps
import numpy as np
from scipy import ndimage

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import fsmi, sweep

RANGE_M, SIGMA_M, FOV_RAD, BEAMS = 7.0, 0.15, math.radians(80.0), 12
RADIUS_M = 0.35
PLACES = (2, 6, 15)  # of looking, one map each
EXACT = jax.jit(fsmi.poses_information, static_argnums=1)
SWEPT = jax.jit(sweep.directional_gain, static_argnums=(0, 2, 3))


def main() -> int:
    """Measure and print one line per world and kind of pose; write it if asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--worlds", nargs="+", default=["office", "maze", "cave"])
    parser.add_argument("--poses", type=int, default=1000, help="poses per world")
    parser.add_argument("--directions", type=int, default=48)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    rows = []
    for name in options.worlds:
        for kind in ("cells", "places"):
            rows.append(compare(name, kind, options.poses, options.directions))
            print(
                "{world:<14}{kind:<8} error {error:6.2%}  bias {bias:+6.2%}  correlation "
                "{correlation:.4f}  median {median_relative:6.2%}  as cast {error_as_cast:6.2%}, "
                "{correlation_as_cast:.4f}".format(**rows[-1]),
                flush=True,
            )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=2)
    return 0


def compare(name: str, kind: str, poses: int, directions: int) -> dict[str, Any]:
    """Return the errors in one world, over maps of different completeness."""
    exact, cast, swept = [], [], []
    for seed, places in enumerate(PLACES):
        flown = maps.flown_map(name, places, seed)
        count = -(-poses * (seed + 1) // len(PLACES)) - (-(-poses * seed // len(PLACES)))
        truth, sensor, ours = one_map(flown, kind, count, directions, seed)
        exact.append(truth)
        cast.append(sensor)
        swept.append(ours)
    return {"world": name, "kind": kind, "poses": poses, "directions": directions} | errors(
        *(np.concatenate(part) for part in (exact, cast, swept))
    )


def one_map(
    flown: maps.FlownMap, kind: str, count: int, directions: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gains [count] by dense beams, by the sensor's own beams, and by the sweep."""
    spec = flown.spec
    plan = sweep.SweepPlan.of(directions, RANGE_M / spec.resolution_m)
    at, yaw = random_poses(flown, kind, count, seed)
    xy = jnp.asarray(spec.origin_m + spec.resolution_m * at, jnp.float32)
    dense = round(4 * FOV_RAD * directions / (2.0 * math.pi))
    exact, cast = (
        np.asarray(EXACT(_sensor(spec, n), spec, jnp.asarray(flown.p), xy, jnp.asarray(yaw)))
        * (BEAMS / n)
        for n in (dense, BEAMS)
    )
    beams = np.asarray(SWEPT(plan, jnp.asarray(flown.p), SIGMA_M / spec.resolution_m, 0.5))
    # order 1 is bilinear interpolation, exact in the middles of cells
    there = np.stack([ndimage.map_coordinates(b, at.T, order=1, mode="nearest") for b in beams])
    return exact, cast, np.sum(look_weights(plan, yaw) * there.T, axis=1)


def random_poses(
    flown: maps.FlownMap, kind: str, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return cell coordinates [count, 2] and yaws [count] of poses of one kind."""
    rng = np.random.default_rng(1000 + seed)
    free = flown.known & (flown.p < 0.5)
    if kind == "places":
        free &= ndimage.distance_transform_edt(free) * flown.spec.resolution_m >= RADIUS_M
    cells = np.argwhere(free)
    at = cells[rng.integers(len(cells), size=count)].astype(float)
    if kind == "places":
        at += rng.uniform(-0.5, 0.5, at.shape)
    return at, rng.uniform(-math.pi, math.pi, count).astype(np.float32)


def look_weights(plan: sweep.SweepPlan, yaw: np.ndarray) -> np.ndarray:
    """Return [poses, n_directions] how many beams of a look go in each direction."""
    width = 2.0 * math.pi / plan.n_directions
    gap = np.abs((plan.angles()[None] - yaw[:, None] + math.pi) % (2.0 * math.pi) - math.pi)
    share = np.minimum(gap + width / 2, FOV_RAD / 2) - np.maximum(gap - width / 2, -FOV_RAD / 2)
    share = np.maximum(share, 0.0)
    return BEAMS * share / share.sum(axis=1, keepdims=True)


def errors(exact: np.ndarray, cast: np.ndarray, swept: np.ndarray) -> dict[str, float]:
    """Return how far the swept gains are from the exact ones."""
    gap = swept - exact
    return {
        "mean_gain_nats": float(exact.mean()),
        "error": float(np.abs(gap).mean() / exact.mean()),
        "bias": float(gap.mean() / exact.mean()),
        "correlation": float(np.corrcoef(exact, swept)[0, 1]),
        "median_relative": float(np.median(np.abs(gap) / np.maximum(exact, 1e-3))),
        "p95_relative": float(np.quantile(np.abs(gap) / np.maximum(exact, 1e-3), 0.95)),
        "error_as_cast": float(np.abs(swept - cast).mean() / cast.mean()),
        "correlation_as_cast": float(np.corrcoef(cast, swept)[0, 1]),
    }


def _sensor(spec: GridSpec, beams: int) -> fsmi.SensorConfig:
    return fsmi.SensorConfig(
        n_beams=beams,
        fov_rad=FOV_RAD,
        range_m=RANGE_M,
        step_m=spec.resolution_m,
        noise_sigma_m=SIGMA_M,
    )


if __name__ == "__main__":
    sys.exit(main())
