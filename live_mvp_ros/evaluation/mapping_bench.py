# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fly a standard flight, let a live map learn from it, time every update and score the result."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import psutil

from live_mvp_ros import mapping, worlds
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import replace
from live_mvp_ros.base.results import percentiles, rounded
from live_mvp_ros.evaluation import mapping_score as score
from live_mvp_ros.evaluation.mapping_flight import PERIOD_S, FlightPath
from live_mvp_ros.evaluation.mapping_times import UPDATES, rays_and_samples, update_by_rays
from live_mvp_ros.mapping import LiveMap, LiveMapConfig, Scan
from live_mvp_ros.mapping.hash_grid import FieldParameters
from live_mvp_ros.worlds import DepthCameraConfig, World

CAMERA: dict[str, Any] = {"report_clear": True}  # the truth knows where nothing is
_SCORED_EVERY = 100
_AWAY_S = 60.0  # a place was left so long ago
_KEPT_SCANS = 20
_WARM_UP = 5  # updates that are not timed: the first compiles


class Progress(NamedTuple):
    """How many looks were added since the last time."""

    added: int


class Learned(NamedTuple):
    """The map after a flight and what was measured on the way.

    Attributes:
        config: of the map.
        state: the map at the end.
        since_left: the fields at times, in seconds, after the moment 60 s before the end; from 0
            on, empty of a shorter flight.
        away: voxels [nx, ny, nz] observed before that moment and never since.
        updates_ms: time of every update [N] but the first few.
        history: rows [K, 3] of time in seconds, near-surface error in metres and the memory of
            the process in MiB.
        scans: a few of the flight's scans.
        looks: scans that were integrated.
    """

    config: LiveMapConfig
    state: LiveMap
    since_left: tuple[tuple[float, FieldParameters], ...]
    away: np.ndarray
    updates_ms: np.ndarray
    history: np.ndarray
    scans: tuple[Scan, ...]
    looks: int


class Curves(NamedTuple):
    """What is drawn of a flight beside its figures.

    Attributes:
        exposure: of Q.
        surface: of the mesh.
        forgetting: rows [K, 2] of seconds since places were left and the error there in metres.
        by_rays: of every number of rays: rays, samples, p50 and p99 in milliseconds.
    """

    exposure: score.ExposureCurves
    surface: score.SurfaceDistances
    forgetting: np.ndarray
    by_rays: list[dict[str, Any]]


def standard_mesh(folder: Path) -> str:
    """Write the mesh of the standard flights, a hall with a ring and a capsule; returns its world.

    The name is that of ``worlds.load_world``.
    """
    import trimesh

    shell = trimesh.creation.box(bounds=[[-0.5, -0.5, -0.5], [10.5, 8.5, 3.5]])
    hall = trimesh.creation.box(bounds=[[0.0, 0.0, 0.0], [10.0, 8.0, 3.0]])
    hall.invert()
    ring = trimesh.creation.torus(0.8, 0.3)
    ring.apply_transform(trimesh.transformations.rotation_matrix(0.5 * math.pi, [1, 0, 0]))
    ring.apply_translation([7.0, 4.0, 1.5])
    capsule = trimesh.creation.capsule(1.0, 0.6)
    capsule.apply_translation([3.5, 5.5, 1.0])
    path = folder / "hall.ply"
    trimesh.util.concatenate([shell, hall, ring, capsule]).export(path)
    return f"mesh:{path}"


def map_config(world: World, config: LiveMapConfig | None = None) -> LiveMapConfig:
    """Return the configuration of a map that covers a world, with the ranges' defaults."""
    return replace(config or LiveMapConfig(), lower_m=world.lower_m, upper_m=world.upper_m)


def learn(
    world: World,
    path: FlightPath,
    points: score.Probe,
    config: LiveMapConfig,
    camera: DepthCameraConfig,
    seed: int = 0,
) -> Iterator[Progress | Learned]:
    """Look from every pose of a flight and update the map; yields progress, then the map.

    The seed is that of the map: where its fields begin and what it draws to learn from.
    """
    looks = len(path.yaws_rad)
    step = jax.jit(mapping.step, donate_argnums=1)
    state = mapping.init(config, jax.random.key(seed))
    past = _Past(config, leaving=looks - round(_AWAY_S / PERIOD_S))
    times, history, scans = [], [], []
    for k, scan in enumerate(_scans(world, path, camera)):
        past.before(k, state)
        begin = time.perf_counter()
        state, _ = jax.block_until_ready(step(config, state, scan))
        times.append(1e3 * (time.perf_counter() - begin))
        past.after(scan)
        if k % max(1, looks // _KEPT_SCANS) == 0:
            scans.append(scan)
        if (k + 1) % _SCORED_EVERY == 0:
            error = score.near_error_m(config, state, points)
            history.append((PERIOD_S * (k + 1), error, _rss_mib()))
            yield Progress(_SCORED_EVERY)
    past.before(looks, state)
    yield Learned(
        config=config,
        state=state,
        since_left=tuple(past.fields),
        away=past.away,
        updates_ms=np.array(times[_WARM_UP:]),
        history=np.array(history).reshape(-1, 3),
        scans=tuple(scans),
        looks=looks,
    )


class _Past:
    """What there was at the moment of leaving, a look counted from 0, and since."""

    def __init__(self, config: LiveMapConfig, leaving: int) -> None:
        self._config, self._leaving = config, leaving
        self._observed = jax.jit(mapping.observed)
        self.fields: list[tuple[float, FieldParameters]] = []
        self.away = np.zeros(config.shape, bool)

    def before(self, look: int, state: LiveMap) -> None:
        """Keep the fields every now and then; a map that is updated in place is copied."""
        since = look - self._leaving
        if self._leaving < 0 or since < 0 or since % _SCORED_EVERY:
            return
        if since == 0:
            self.away = np.array(state.evidence.seen)
        self.fields.append((PERIOD_S * since, jax.tree.map(jnp.copy, state.parameters)))

    def after(self, scan: Scan) -> None:
        """Take out what a scan shows again."""
        if self.fields:
            self.away &= ~np.logical_or(*map(np.asarray, self._observed(self._config, scan)))


def _scans(world: World, path: FlightPath, camera: DepthCameraConfig) -> Iterator[Scan]:
    """Yield what the camera sees from each pose, in the map frame."""

    @jax.jit
    def look(position: jax.Array, yaw: jax.Array, key: jax.Array) -> Scan:
        attitude = quaternion.from_yaw(yaw)
        cloud = worlds.render(camera, world.scene, position, attitude, key)
        pose = worlds.camera_pose(camera, position, attitude)
        return mapping.scan_from_cloud(cloud, *pose, position)

    for k, (position, yaw) in enumerate(zip(*path, strict=True)):
        seen = look(jnp.asarray(position, jnp.float32), jnp.float32(yaw), jax.random.key(k))
        yield jax.block_until_ready(seen)


def forgetting(learned: Learned, points: score.Probe) -> np.ndarray:
    """Return the error where nothing was seen for the last minute, as ``Curves.forgetting``."""
    if not learned.away.any():
        return np.zeros((0, 2))
    rows = []
    for since_s, parameters in learned.since_left:
        state = learned.state._replace(parameters=parameters)
        rows.append((since_s, score.near_error_m(learned.config, state, points, learned.away)))
    return np.array(rows)


def scores(world: World, learned: Learned, points: score.Probe) -> tuple[dict[str, Any], Curves]:
    """Return the figures of a flight by name, and its curves."""
    config, state = learned.config, learned.state
    exposure, exposure_curves = score.exposure_scores(config, state, points)
    surface, distances = score.surface_scores(world, config, state, points)
    forgotten = forgetting(learned, points)
    by_rays = update_by_rays(config, state, learned.scans, min(UPDATES, learned.looks))
    found = {
        "sdf_mae_near_m": score.near_error_m(config, state, points),
        **surface,
        **exposure,
        **score.occupancy_scores(world, config, state, world.start_m[2]),
        "forgetting_m": forgotten[-1, 1] - forgotten[0, 1] if len(forgotten) else math.nan,
        "observed_fraction": float(np.mean(np.asarray(state.evidence.seen))),
    }
    rays, samples = rays_and_samples(config)
    p50 = float(np.median(learned.updates_ms))
    return {
        **{name: rounded(value, 5) for name, value in found.items()},
        "update_ms": {**percentiles(learned.updates_ms), "rays": rays, "samples": samples},
        "update_by_rays": by_rays,
        "calibration": _calibration(exposure_curves),
        "ray_samples_per_s": round(1e3 * rays * samples / p50),
        "nonfinite": score.nonfinite_count(state),
        "map_mib": rounded(mapping.memory_bytes(state) / 2**20, 1),
        "rss_mib": rounded(_rss_mib(), 1),
        "looks": learned.looks,
    }, Curves(exposure_curves, distances, forgotten, by_rays)


def _calibration(curves: score.ExposureCurves) -> list[dict[str, Any]]:
    """Return a row per bin of Q: its bounds, the share that was observed, how many points."""
    bins = zip(curves.edges[:-1], curves.edges[1:], curves.observed, curves.points, strict=True)
    return [
        {
            "q": [rounded(low, 3), rounded(high, 3)],
            "observed": rounded(share, 4),
            "points": int(count),
        }
        for low, high, share, count in bins
    ]


def _rss_mib() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


def compile_times(world: str) -> dict[str, float | None]:
    """Return how long the first update takes in a new process: empty disk cache, then a full one.

    Raises:
        RuntimeError: the process failed; the text is what it said last.
    """
    with tempfile.TemporaryDirectory() as cache:
        cold, warm = (_first_update_s(world, cache) for _ in range(2))
    return {"compile_s_cold": rounded(cold, 2), "compile_s_warm": rounded(warm, 2)}


def _first_update_s(world: str, cache: str) -> float:
    environment = {**os.environ, "LIVE_MVP_ROS_CACHE": cache}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    command = [sys.executable, "-m", "live_mvp_ros.evaluation.mapping_bench", world]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it says nothing"]
        raise RuntimeError(f"measuring the compilation failed: {said[-1]}")
    return float(done.stdout.split()[-1])


def first_update_s(name: str) -> float:
    """Return the time of the first call of ``mapping.step``, compilation included."""
    world, camera = worlds.load_world(name), DepthCameraConfig()
    config = map_config(world)
    state = mapping.init(config, jax.random.key(0))
    pixels = camera.width_px * camera.height_px
    empty = jnp.full((pixels, 3), jnp.nan)
    scan = Scan(jnp.zeros(3), empty, jnp.zeros_like(empty), jnp.zeros(3))
    jax.block_until_ready((state, scan))
    begin = time.perf_counter()
    jax.block_until_ready(jax.jit(mapping.step, donate_argnums=1)(config, state, scan))
    return time.perf_counter() - begin


if __name__ == "__main__":
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    sys.stdout.write(f"{first_update_s(sys.argv[1])}\n")
