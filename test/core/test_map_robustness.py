# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A map that is shown nonsense stays finite and right; a killed save leaves the old map."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros import mapping
from live_mvp_ros.mapping import Intake, LiveMap, LiveMapConfig, Scan, live_map
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
)
STEP = jax.jit(mapping.step)
WALL_X_M = 3.05


def offered(tick: int) -> bad_scans.Offered:
    """Return a look at a wall across the volume."""
    origin = np.array([0.55, 1.5, 1.0])
    y, z = np.meshgrid(np.linspace(0.4, 2.6, 8), np.linspace(0.2, 1.8, 8))
    points = np.stack([np.full(RAYS, WALL_X_M), y.ravel(), z.ravel()], axis=1)
    return bad_scans.Offered(tick, points, np.tile([-1.0, 0.0, 0.0], (RAYS, 1)), origin, origin)


@pytest.fixture(autouse=True, scope="module")
def every_scan_is_offered_for_replay():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_map, "KEYFRAME_INTERVAL", 1)
        yield


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


def test_evidence_counts_once_in_whatever_order_stamps_come() -> None:
    intake, body, ms = Intake(), np.ones(3), 1_000_000
    assert [
        intake.problem(CONFIG, stamp * ms, (RAYS, 3), body) is None
        for stamp in (100, 200, 150, 200, 100, 150, 300)
    ] == [True, True, True, False, False, False, True]
    # a recording that starts again has the same stamps
    long_after = [intake.problem(CONFIG, stamp * ms, (RAYS, 3), body) for stamp in (9000, 100)]
    assert long_after == [None, None]


def test_one_odd_scan_does_not_shut_out_the_sensor() -> None:
    intake, body = Intake(), np.ones(3)
    assert intake.problem(CONFIG, 1, (4, 3), body) is None
    refused = 0
    while intake.problem(CONFIG, 2 + refused, (RAYS, 3), body) is not None:
        refused += 1
    assert 20 <= refused <= 40
    assert intake.problem(CONFIG, 1000, (4, 3), body) is not None
    assert intake.problem(CONFIG, 1001, (RAYS, 3), body) is None


def test_sizes_that_change_all_the_time_are_not_compiled_for() -> None:
    intake, body, taken = Intake(), np.ones(3), set()
    for stamp in range(2000):
        shape = (5 + stamp // 50, 3)
        if intake.problem(CONFIG, stamp, shape, body) is None:
            taken.add(shape)
    assert len(taken) <= 4


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


SMALL = LiveMapConfig(
    lower_m=(0.0, 0.0, 0.0),
    upper_m=(1.0, 1.0, 1.0),
    levels=1,
    table_size_log2=8,
    hidden_width=4,
    keyframes=1,
)


@pytest.fixture(scope="module")
def small_map(tmp_path_factory) -> tuple[Path, bytes, LiveMap]:
    """A small saved map: its folder, its bytes, and what was saved."""
    folder = tmp_path_factory.mktemp("maps")
    state = mapping.init(SMALL, jax.random.key(0))
    mapping.save_map(folder / "map.npz", SMALL, state)
    return folder, (folder / "map.npz").read_bytes(), state


def refused_or_equal(path: Path, state: LiveMap) -> None:
    """Demand that a file is refused in one sentence, or holds exactly a certain map."""
    try:
        config, loaded = mapping.load_map(path)
    except mapping.MapFileError as error:
        text = str(error)
    else:
        text = ""
        assert config == SMALL
        for a, b in zip(*map(jax.tree.leaves, (state, loaded)), strict=True):
            np.testing.assert_array_equal(a, b)
    assert "\n" not in text and (not text or text.startswith(str(path)))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_to_a_file_is_refused_in_one_sentence(small_map, data) -> None:
    """Cut, bits flipped, zeros, noise, bytes put in or taken out: never another exception."""
    folder, whole, state = small_map
    spoilt = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        # the directory at the end is small, and where readers of ZIP go astray
        near_end = data.draw(st.booleans())
        low = max(len(spoilt) - 3000, 0) if near_end else 0
        at = data.draw(st.integers(low, max(len(spoilt) - 1, 0)))
        kind = data.draw(st.sampled_from(["flip", "cut", "zeros", "noise", "insert", "remove"]))
        size = data.draw(st.integers(1, 64))
        if kind == "flip":
            spoilt[at : at + 1] = bytes([spoilt[at] ^ (1 << data.draw(st.integers(0, 7)))])
        elif kind == "cut":
            del spoilt[at:]
            spoilt = spoilt or bytearray(b"P")
        elif kind == "zeros":
            spoilt[at : at + size] = bytes(len(spoilt[at : at + size]))
        elif kind == "noise":
            spoilt[at : at + size] = data.draw(st.binary(min_size=size, max_size=size))
        elif kind == "insert":
            spoilt[at:at] = data.draw(st.binary(min_size=size, max_size=size))
        elif len(spoilt) > size:
            del spoilt[at : at + size]
    path = folder / "spoilt.npz"
    path.write_bytes(spoilt)
    refused_or_equal(path, state)
    assert mapping.holds_map(path) in (True, False)


def _bomb(path: Path, whole: bytes) -> None:
    """A megabyte that claims to be a gigabyte, compressed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", bytes(1 << 24))


def _pickle(path: Path, whole: bytes) -> None:
    np.savez(path, header=np.array([print], dtype=object), allow_pickle=True)


def _header(path: Path, text: bytes) -> None:
    np.savez(path, header=np.frombuffer(text, np.uint8))


FOREIGN = {
    "empty": lambda path, whole: path.write_bytes(b""),
    "text": lambda path, whole: path.write_text("not a map"),
    "a folder": lambda path, whole: path.mkdir(),
    "a pipe": lambda path, whole: os.mkfifo(path),
    "a bomb": _bomb,
    "a pickle": _pickle,
    "a list": lambda path, whole: _header(path, b"[1]"),
    "nested": lambda path, whole: _header(path, b"[" * 100_000),
    "no number": lambda path, whole: _header(
        path, b'{"format": "live_mvp_ros map", "version": Infinity, "config": {}}'
    ),
    "odd settings": lambda path, whole: _header(
        path, b'{"format": "live_mvp_ros map", "version": 3, "config": {"lower_m": null}}'
    ),
    "vast": lambda path, whole: _header(
        path,
        b'{"format": "live_mvp_ros map", "version": 3, "config": {"upper_m": [9, 9, 1e300]}}',
    ),
}


@pytest.mark.parametrize("kind", list(FOREIGN))
def test_foreign_files_are_refused_in_one_sentence(tmp_path, small_map, kind: str) -> None:
    _, whole, _ = small_map
    path = tmp_path / "map.npz"
    FOREIGN[kind](path, whole)
    with pytest.raises(mapping.MapFileError) as refusal:
        mapping.load_map(path)
    assert "\n" not in str(refusal.value) and str(path) in str(refusal.value)


def test_what_is_a_map_is_told_by_its_header(tmp_path, small_map) -> None:
    folder, _, _ = small_map
    assert mapping.holds_map(folder / "map.npz")
    np.savez(tmp_path / "pictures.npz", pictures=np.zeros(3))
    (tmp_path / "notes.npz").write_text("notes")
    for other in ("pictures.npz", "notes.npz", "none.npz", "."):
        assert not mapping.holds_map(tmp_path / other)


@pytest.mark.parametrize("name", ["", "none/map.npz", "file/map.npz", "x" * 300, "a\0b.npz"])
def test_where_nothing_can_be_written_is_said_in_one_sentence(tmp_path, name: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    state = mapping.init(SMALL, jax.random.key(0))
    with pytest.raises(mapping.MapFileError) as refusal:
        mapping.save_map(tmp_path / name if name else name, SMALL, state)
    assert "\n" not in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


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
