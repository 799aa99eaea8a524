# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How right a live map is: scored against the ground truth of a world, after or during a flight.

"Observed" is what the evidence voxels saw: a point is observed if some ray passed or hit its
voxel. Lengths in metres, map frame.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial import KDTree

from live_mvp_ros import mapping
from live_mvp_ros.base.config import replace
from live_mvp_ros.evaluation.metrics import clearance
from live_mvp_ros.mapping import LiveMap, LiveMapConfig
from live_mvp_ros.worlds import World

NEAR_M = 0.3  # "near the surface"
WITHIN_M = 0.05  # of precision and recall; also the band at walls that occupancy leaves out
_POINTS = 400_000
_SURFACE_POINTS = 8192
_BINS = 10
_THRESHOLDS = np.concatenate([[np.inf], np.linspace(1.0, 0.0, 201), [-np.inf]])  # of Q, for ROC
_DIFFERENCE_M = 1e-3
_distance, _exposure = jax.jit(mapping.distance), jax.jit(mapping.exposure_at)
_surface = jax.jit(mapping.surface, static_argnums=2)
_at_altitude = jax.jit(mapping.planar_map, static_argnums=3)


class Probe(NamedTuple):
    """Random points of a world's bound [N, 3], the true distance [N] and their voxels [N, 3]."""

    points_m: np.ndarray
    true_m: np.ndarray
    voxels: np.ndarray


class ExposureCurves(NamedTuple):
    """How well Q tells what was observed.

    Attributes:
        edges: of bins of Q [B + 1].
        observed: the share of the points in a bin that was observed [B], NaN of no points.
        points: how many points are in a bin [B].
        false_positive: share of the never observed points above a threshold of Q [K], from 0 to 1.
        true_positive: share of the observed points above it [K].
    """

    edges: np.ndarray
    observed: np.ndarray
    points: np.ndarray
    false_positive: np.ndarray
    true_positive: np.ndarray


class SurfaceDistances(NamedTuple):
    """From vertices of the mesh to the true surface [V], and from that to the mesh [M], metres."""

    to_truth_m: np.ndarray
    to_mesh_m: np.ndarray

    def within(self, tolerance_m: float) -> tuple[float, float, float]:
        """Return precision (accuracy), recall (completeness) and F-score at a tolerance."""
        precision = float(np.mean(self.to_truth_m < tolerance_m))
        recall = float(np.mean(self.to_mesh_m < tolerance_m))
        return precision, recall, 2.0 * precision * recall / max(precision + recall, 1e-9)


def probe(world: World, config: LiveMapConfig, count: int = _POINTS) -> Probe:
    """Return the same points for every map of a world."""
    x = np.random.default_rng(1).uniform(config.lower_m, config.upper_m, (count, 3))
    x = x.astype(np.float32)
    cells = np.floor((x - np.array(config.lower_m)) / config.resolution_m).astype(int)
    return Probe(x, clearance(world.scene, x), np.clip(cells, 0, np.array(config.shape) - 1))


def near_error_m(
    config: LiveMapConfig, state: LiveMap, points: Probe, region: np.ndarray | None = None
) -> float:
    """Return the mean of |G - phi| over observed points with |phi| < 0.3 m, NaN without any.

    Args:
        config: of the map.
        state: the map.
        points: where to ask.
        region: voxels [nx, ny, nz] to ask in, instead of all that were observed.
    """
    region = np.asarray(state.evidence.seen) if region is None else region
    chosen = region[tuple(points.voxels.T)] & (np.abs(points.true_m) < NEAR_M)
    if not chosen.any():
        return float("nan")
    learned = _values(_distance, config, state, points.points_m[chosen])
    return float(np.mean(np.abs(learned - points.true_m[chosen])))


def exposure_scores(
    config: LiveMapConfig, state: LiveMap, points: Probe
) -> tuple[dict[str, float], ExposureCurves]:
    """Return mean Q where observed and where not, the area under the ROC curve, and curves."""
    q = _values(_exposure, config, state, points.points_m)
    seen = np.asarray(state.evidence.seen)[tuple(points.voxels.T)]
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    index = np.clip(np.digitize(q, edges) - 1, 0, _BINS - 1)
    count = np.bincount(index, minlength=_BINS)
    observed = np.bincount(index, seen, minlength=_BINS) / np.maximum(count, 1)
    scores = {
        "exposure_auroc": auroc(q[seen], q[~seen]),
        "q_seen_mean": float(q[seen].mean()) if seen.any() else float("nan"),
        "q_unseen_mean": float(q[~seen].mean()) if (~seen).any() else float("nan"),
    }
    above = [_share_above(values, _THRESHOLDS) for values in (q[~seen], q[seen])]
    return scores, ExposureCurves(edges, np.where(count > 0, observed, np.nan), count, *above)


def _share_above(values: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Return the share of values above each threshold, NaN of no values."""
    if not len(values):
        return np.full(len(thresholds), np.nan)
    return 1.0 - np.searchsorted(np.sort(values), thresholds, "right") / len(values)


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Return the probability that a positive is above a negative (ties count half)."""
    if not (len(positive) and len(negative)):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left")
    not_above = np.searchsorted(ordered, positive, "right")
    return float(np.mean(0.5 * (below + not_above)) / len(negative))


def surface_scores(
    world: World, config: LiveMapConfig, state: LiveMap, points: Probe
) -> tuple[dict[str, float], SurfaceDistances]:
    """Return the median error of surface points, precision, recall and F of the mesh, distances.

    Precision: the share of mesh vertices within 5 cm of a true surface. Recall: the share of true
    surface in observed voxels within 5 cm of a vertex or the middle of a triangle.
    """
    found = _surface(config, state, _SURFACE_POINTS)
    on_surface = np.asarray(found.points)[: int(found.count)]
    median = float(np.median(np.abs(clearance(world.scene, on_surface))))
    mesh = mapping.surface_mesh(config, state)
    learned = np.concatenate([mesh.vertices_m, mesh.vertices_m[mesh.faces].mean(axis=1)])
    truth = _true_surface(world, config, state, points)
    distances = SurfaceDistances(
        np.abs(clearance(world.scene, mesh.vertices_m)), KDTree(learned).query(truth)[0]
    )
    precision, recall, fscore = distances.within(WITHIN_M)
    return {
        "surface_median_m": median,
        "surface_precision_5cm": precision,
        "surface_recall_5cm": recall,
        "fscore_5cm": fscore,
    }, distances


def _true_surface(
    world: World, config: LiveMapConfig, state: LiveMap, points: Probe
) -> np.ndarray:
    """Return points [M, 3] of the true surface in observed voxels, from points near it."""
    x = points.points_m[np.abs(points.true_m) < 0.5 * NEAR_M][:40_000]
    for _ in range(4):
        value = clearance(world.scene, x)
        ahead = [_DIFFERENCE_M * np.eye(3, dtype=np.float32)[axis] for axis in range(3)]
        slope = [clearance(world.scene, x + a) - clearance(world.scene, x - a) for a in ahead]
        normal = np.stack(slope, axis=1) / (2.0 * _DIFFERENCE_M)
        squared = np.maximum(np.sum(normal**2, axis=1, keepdims=True), 0.1)
        x = (x - value[:, None] * normal / squared).astype(np.float32)
    on_surface = np.abs(clearance(world.scene, x)) < 2.0 * _DIFFERENCE_M
    seen = jax.jit(mapping.seen_at)(config, state.evidence, jnp.asarray(x.T))
    return x[on_surface & np.asarray(seen)]


def occupancy_scores(
    world: World, config: LiveMapConfig, state: LiveMap, altitude_m: float
) -> dict[str, float]:
    """Return how far the planar map from the fields agrees with the truth, and what it makes up.

    Counted are the cells of which a voxel at the altitude was observed, without those whose
    centre is within 5 cm of a surface; an observed cell that the map calls unknown is wrong.
    """
    spec = mapping.map_grid(config)
    x, y = spec.centres()
    layer = int((altitude_m - config.lower_m[2]) / config.resolution_m)
    height = config.lower_m[2] + (layer + 0.5) * config.resolution_m
    from_fields = replace(config, occupancy_source="fields")
    p, known = map(np.asarray, _at_altitude(from_fields, state, height, 0.0))
    grid = np.stack(np.broadcast_arrays(x[:, None], y[None, :], np.float64(height)), axis=-1)
    true = clearance(world.scene, grid.reshape(-1, 3)).reshape(spec.shape)
    observed = np.asarray(state.evidence.seen)[:, :, layer]
    counted = observed & (np.abs(true) > WITHIN_M)
    right = known & ((p > 0.5) == (true < 0.0))
    return {
        "occupancy_agreement": float(np.mean(right[counted])) if counted.any() else float("nan"),
        "known_never_seen_cells": int(np.count_nonzero(known & ~observed)),
    }


def nonfinite_count(state: LiveMap) -> int:
    """Return how many learned numbers are not finite, thrown away updates included."""
    leaves = jax.tree.leaves((state.parameters, state.adam, state.evidence.log_odds))
    bad = sum(int(np.count_nonzero(~np.isfinite(np.asarray(leaf)))) for leaf in leaves)
    return bad + int(state.nonfinite_updates)


def _values(field: Any, config: LiveMapConfig, state: LiveMap, x: np.ndarray) -> np.ndarray:
    """Return a field at points [N, 3], in chunks of one compiled size."""
    size = 1 << 15
    padded = np.zeros((-(-len(x) // size) * size, 3), np.float32)
    padded[: len(x)] = x
    parts = [np.asarray(field(config, state, part)) for part in padded.reshape(-1, size, 3)]
    return np.concatenate(parts)[: len(x)]
