# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A map that is shown nonsense stays finite and right; a killed save leaves the old map."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

from live_mvp_ros import mapping
from live_mvp_ros.mapping import Intake, LiveMap, LiveMapConfig, Scan
from live_mvp_ros.mapping.scan import cleaned

BENCH = Path(__file__).parents[2] / "bench"
SPEC = importlib.util.spec_from_file_location("bad_scans", BENCH / "bad_scans.py")
bad_scans = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(bad_scans)

RAYS = 64
CONFIG = LiveMapConfig(
    lower_m=(0.0, 0.0, 0.0),
    upper_m=(4.0, 3.0, 2.0),
    levels=4,
    table_size_log2=10,
    train_rays=16,
    keyframes=4,
    keyframe_rays=RAYS,
    keyframe_interval=1,
)
STEP = jax.jit(mapping.step)
WALL_X_M = 3.05


def offered(tick: int) -> bad_scans.Offered:
    """Return a look at a wall across the volume."""
    origin = np.array([0.55, 1.5, 1.0])
    y, z = np.meshgrid(np.linspace(0.4, 2.6, 8), np.linspace(0.2, 1.8, 8))
    points = np.stack([np.full(RAYS, WALL_X_M), y.ravel(), z.ravel()], axis=1)
    return bad_scans.Offered(tick, points, np.tile([-1.0, 0.0, 0.0], (RAYS, 1)), origin, origin)


def learn(state: LiveMap, o: bad_scans.Offered) -> LiveMap:
    arrays = (o.origin, o.points, o.normals, o.body)
    return STEP(CONFIG, state, Scan(*[jnp.asarray(v, jnp.float32) for v in arrays]))[0]


@settings(max_examples=10, deadline=None)
@given(bad_scans.mixtures)
def test_bad_scans_are_refused_or_harmless(mixture) -> None:
    state, intake, tick, refused = mapping.init(CONFIG, jax.random.key(0)), Intake(), 0, 0
    for kind, seed in mixture:
        tick += 1
        good = offered(tick)
        assert intake.problem(CONFIG, tick, good.points.shape, good.body) is None
        state = learn(state, good)
        if kind == "good":
            continue
        bad = bad_scans.SPOILT[kind](offered(tick + 1), np.random.default_rng(seed))
        if kind == "same_stamp":
            bad = bad._replace(stamp_ns=tick)
        problem = intake.problem(CONFIG, bad.stamp_ns, bad.points.shape, bad.body)
        if problem is None:
            tick += 1
            state = learn(state, bad)
        must = kind in ("empty", "wrong_size", "same_stamp", "outside", "body_nowhere")
        assert must == (problem is not None)
        refused += problem is not None
    leaves = (state.parameters, state.adam, state.evidence.log_odds, state.surfels.discs)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(leaves))
    assert int(state.nonfinite_updates) == 0
    assert int(state.ticks) == tick and tick + refused == sum(
        1 + (kind != "good") for kind, _ in mixture
    )
    assert state.evidence.log_odds[20, 15, 10] < 0 and state.evidence.log_odds[30].max() > 0


def test_what_cannot_be_used_is_marked_as_not_there() -> None:
    good = offered(1)
    points, normals = good.points.copy(), good.normals.copy()
    points[0, 1], points[1, 2], points[2] = np.nan, np.inf, 1e30
    normals[3], normals[4], normals[5] = np.inf, 0.0, [3.0, 0.0, 0.0]
    scan = cleaned(Scan(*map(jnp.asarray, (good.origin, points, normals, np.full(3, np.nan)))))
    bad = np.isnan(np.asarray(scan.points_m)).any(axis=1)
    assert np.flatnonzero(bad).tolist() == [0, 1, 2]
    assert np.flatnonzero(~np.any(scan.normals, axis=1)).tolist() == [3, 4, 5]
    np.testing.assert_allclose(scan.body_m, good.origin)
    np.testing.assert_allclose(np.asarray(scan.points_m)[3:], points[3:], rtol=1e-6)


def test_leaving_the_volume_is_refused_unless_configured() -> None:
    body = np.array([9.0, 1.0, 1.0])
    problem = Intake().problem(CONFIG, 1, (RAYS, 3), body)
    assert problem is not None and "(9.00, 1.00, 1.00)" in problem and "volume" in problem
    values = {"lower_m": CONFIG.lower_m, "upper_m": CONFIG.upper_m}
    open_ended = LiveMapConfig(outside_volume="integrate", **values)
    assert Intake().problem(open_ended, 1, (RAYS, 3), body) is None


def test_a_clock_that_goes_back_is_no_duplicate() -> None:
    intake, body = Intake(), np.ones(3)
    assert intake.problem(CONFIG, 5, (RAYS, 3), body) is None
    assert intake.problem(CONFIG, 5, (RAYS, 3), body) is not None
    assert intake.problem(CONFIG, 3, (RAYS, 3), body) is None


def test_rays_of_several_drones_make_one_map() -> None:
    """Two drones on both sides of a wall: each sees its side, the map knows both."""
    state = mapping.init(CONFIG, jax.random.key(0))
    one = offered(1)
    other = one._replace(
        origin=np.array([3.75, 1.5, 1.0]),
        body=np.array([3.75, 1.5, 1.0]),
        points=one.points + np.array([0.2, 0.0, 0.0]),
        normals=-one.normals,
    )
    for _ in range(3):
        state = learn(learn(state, one), other)
    log_odds, seen = np.asarray(state.evidence.log_odds), np.asarray(state.evidence.seen)
    assert log_odds[15, 15, 10] < 0 and log_odds[36, 15, 10] < 0, "free on both sides"
    assert log_odds[30].max() > 0 and log_odds[32].max() > 0, "both faces of the wall"
    assert not seen[31].any(), "nobody saw the inside of the wall"


SAVER = """
import sys
from live_mvp_ros import mapping
config, state = mapping.load_map(sys.argv[1])
print("ready", flush=True)
while True:
    mapping.save_map(sys.argv[1], config, state)
"""


def test_killed_save_leaves_a_whole_map(tmp_path) -> None:
    path = tmp_path / "map.npz"
    state = learn(mapping.init(CONFIG, jax.random.key(0)), offered(1))
    mapping.save_map(path, CONFIG, state)
    for pause_s in (0.002, 0.031):
        with subprocess.Popen(
            [sys.executable, "-c", SAVER, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(pause_s)
            process.send_signal(signal.SIGKILL)
        _, loaded = mapping.load_map(path)
        for a, b in zip(*map(jax.tree.leaves, (state, loaded)), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("version", [2, 4])
def test_files_of_other_versions_are_refused(tmp_path, version: int) -> None:
    path = tmp_path / "map.npz"
    mapping.save_map(path, CONFIG, mapping.init(CONFIG, jax.random.key(0)))
    with np.load(path) as archive:
        arrays = dict(archive)
    header = arrays["header"].tobytes().replace(b'"version": 3', b'"version": %d' % version)
    np.savez(path, **{**arrays, "header": np.frombuffer(header, np.uint8)})
    with pytest.raises(mapping.MapFileError, match="older" if version == 2 else "newer"):
        mapping.load_map(path)
