# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The live map as a whole: what it learns from a flight around the seed scene, and its file."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from compiling import SOON
from scipy.spatial import KDTree

from live_mvp_ros import mapping
from live_mvp_ros.base import quaternion as quat
from live_mvp_ros.base.config import ConfigurationError, replace
from live_mvp_ros.mapping import LiveMap, LiveMapConfig, MapFileError, Scan, hash_grid, storage
from live_mvp_ros.mapping.scan import image_normals
from live_mvp_ros.worlds import (
    DepthCameraConfig,
    camera_pose,
    load_world,
    pixel_directions,
    render,
    signed_distance,
)

WORLD = load_world("seed")
CAMERA = DepthCameraConfig(width_px=48, height_px=36)
CONFIG = LiveMapConfig(lower_m=(-3.0, -4.0, 0.0), upper_m=(5.0, 3.0, 3.0))
STEP = jax.jit(mapping.step)
UPDATES = 150
WAY = np.linspace(math.pi / 2, 1.5 * math.pi, UPDATES)


@jax.jit
def look(position: jax.Array, quaternion: jax.Array) -> Scan:
    points = render(CAMERA, WORLD.scene, position, quaternion, jax.random.key(0))
    return mapping.scan_from_cloud(points, *camera_pose(CAMERA, position, quaternion), position)


class Flight(NamedTuple):
    start: LiveMap
    end: LiveMap
    losses: list[float]


@pytest.fixture(scope="module")
def flight() -> Flight:
    """Fly half a circle around the ball and the box, looking at them."""
    start = mapping.init(CONFIG, jax.random.key(0))
    return Flight(start, *flown_around(start, WAY))


def flown_around(state: LiveMap, way: np.ndarray) -> tuple[LiveMap, list[float]]:
    """Return the map after looks at ball and box from each angle of the way, and the losses."""
    losses = []
    for angle in way:
        position = jnp.array([2.4 + 3.2 * math.cos(angle), -0.7 + 3.2 * math.sin(angle), 1.6])
        state, report = STEP(CONFIG, state, look(position, quat.from_yaw(angle + math.pi)))
        losses.append(float(report.losses.total))
    return state, losses


def nothing() -> Scan:
    scan = look(jnp.array([0.0, 0.0, 1.5]), quat.identity())
    return scan._replace(points_m=jnp.full_like(scan.points_m, jnp.nan))


def random_points(state: LiveMap) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return points of the volume, the true distance there, and whether they were observed."""
    x = np.random.default_rng(0).uniform(CONFIG.lower_m, CONFIG.upper_m, (60000, 3))
    cell = np.floor((x - CONFIG.lower_m) / CONFIG.resolution_m).astype(int)
    seen = np.asarray(state.evidence.seen)[tuple(cell.T)]
    x = x.astype(np.float32)
    return x, np.asarray(signed_distance(WORLD.scene, jnp.asarray(x))), seen


@pytest.mark.slow
def test_losses_fall(flight: Flight) -> None:
    assert np.mean(flight.losses[-20:]) < 0.3 * np.mean(flight.losses[:5])


def test_learned_distance_is_close_to_the_truth_near_observed_surfaces(flight: Flight) -> None:
    x, true, seen = random_points(flight.end)
    near = seen & (np.abs(true) < 0.3)
    error = np.abs(np.asarray(jax.jit(mapping.distance)(CONFIG, flight.end, x[near])) - true[near])
    assert near.sum() > 500
    assert error.mean() < 0.08  # a map that answers the mean everywhere is off by 0.12


def test_exposure_separates_seen_from_never_seen(flight: Flight) -> None:
    x, _, seen = random_points(flight.end)
    exposure = np.asarray(jax.jit(mapping.exposure_at)(CONFIG, flight.end, x))
    assert exposure[seen].mean() > 0.75
    assert exposure[~seen].mean() < 0.15


def test_surface_points_lie_on_the_true_surface(flight: Flight) -> None:
    found = jax.jit(mapping.surface, static_argnums=2)(CONFIG, flight.end, 2000)
    count = int(found.count)
    points = np.asarray(found.points)
    assert 300 < count <= 2000
    assert np.isfinite(points[:count]).all() and np.isnan(points[count:]).all()
    off = np.abs(np.asarray(signed_distance(WORLD.scene, jnp.asarray(points[:count]))))
    assert np.median(off) < 0.05  # the voxels they start from are off by 0.05 on average


def test_fewer_surface_points_are_some_of_the_same_from_all_over(flight: Flight) -> None:
    find = jax.jit(mapping.surface, static_argnums=2)
    several = [find(CONFIG, flight.end, most) for most in (250, 500, 100_000)]
    few, more, every = (np.asarray(found.points)[: int(found.count)] for found in several)
    assert 150 < len(few) <= 250 and 300 < len(more) <= 500 < len(every)
    for some, others in ((few, more), (more, every)):  # but for what rounding lets in or out
        assert np.mean(_gaps_m(some, others) < 1e-3) > 0.98
    # on a plane, n of N voxels are sqrt(N / n) voxels apart; no gap between them is much wider
    assert np.quantile(_gaps_m(every, few), 0.98) < 1.5 * 0.1 * np.sqrt(len(every) / len(few))


def _gaps_m(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how far each point is from the nearest of the others."""
    return np.linalg.norm(points[:, None] - others[None], axis=2).min(axis=1)


def test_observed_free_space_is_free_and_the_ball_is_occupied(flight: Flight) -> None:
    p, known = (np.asarray(a) for a in mapping.occupancy(CONFIG, flight.end, 1.0))
    x, y = mapping.map_grid(CONFIG).centres()
    centres = np.stack(np.broadcast_arrays(x[:, None], y[None, :], np.float32(1.0)), -1)
    true = np.asarray(signed_distance(WORLD.scene, jnp.asarray(centres, jnp.float32)))
    assert (known & (p > 0.5)).sum() > 20
    assert np.all(p[known & (true > 0.35)] < 0.5)  # outside the band's and a voxel's reach
    heights = [centres + np.float32([0.0, 0.0, z]) for z in np.linspace(-0.7, 0.7, 15)]
    depth = [
        np.asarray(signed_distance(WORLD.scene, jnp.asarray(c, jnp.float32))) for c in heights
    ]
    inside = (
        np.max(np.asarray(depth), axis=0) < -0.15
    )  # a voxel's reach, over all of the body's height
    assert inside.sum() > 50 and not known[inside].any(), "nothing is known inside of solids"
    assert np.all(p[~known] == 0.5)


def test_planar_map_can_come_from_the_fields(flight: Flight) -> None:
    config = LiveMapConfig(
        lower_m=CONFIG.lower_m, upper_m=CONFIG.upper_m, occupancy_source="fields"
    )
    p, known = (np.asarray(a) for a in mapping.planar_map(config, flight.end, 1.05, 0.0))
    q = np.asarray(mapping.exposure(config, flight.end, 1.05))
    observed = np.asarray(flight.end.evidence.seen)[:, :, 10]
    assert np.array_equal(known, (q > 0.5) & observed), "nothing is known that was never observed"
    assert np.all(p[~known] == 0.5) and (p[known] < 0.3).any() and (p[known] > 0.5).any()


def test_fields_decide_by_the_body_and_not_by_one_altitude(flight: Flight) -> None:
    config = LiveMapConfig(
        lower_m=CONFIG.lower_m, upper_m=CONFIG.upper_m, occupancy_source="fields"
    )
    p, known = (np.asarray(a) for a in mapping.occupancy(config, flight.end, 1.85))
    seen = np.asarray(mapping.occupancy(CONFIG, flight.end, 1.85)[1])
    assert known.any() and not (known & ~seen).any()
    flat, at_one = (np.asarray(a) for a in mapping.planar_map(config, flight.end, 1.85, 0.0))
    both = known & at_one  # a gap of one voxel is none in the height of a body
    assert np.all(p[both] >= flat[both] - 1e-6), "more of the body meets more"
    # the top of the box, at 1.5 m, is 0.35 m below the altitude: within the body's height
    assert (p[known] > 0.5).sum() > (flat[known] > 0.5).sum()


def test_gradient_of_distance_points_away_from_the_ball(flight: Flight) -> None:
    """The ball's centre is (3, 0, 1), its radius 1; the flight looks at its side of -x.

    Gradients need longer to learn than distances do: 150 looks leave 69 to 76 % of them in the
    bound, by the chance of rounding, so the drone flies back as well (80 to 86 %).
    """
    end, _ = flown_around(flight.end, WAY[::-1])
    points, distance, seen = random_points(end)
    away = points - np.array([3.0, 0.0, 1.0])
    from_ball = np.linalg.norm(away, axis=1) - 1.0
    near = seen & (np.abs(from_ball - distance) < 1e-3) & (from_ball > 0.03) & (from_ball < 0.25)
    assert near.sum() > 300
    outward = away[near] / (1.0 + from_ball[near])[:, None]
    _, gradient = mapping.distance_and_gradient(CONFIG, end, jnp.asarray(points[near]))
    length = np.linalg.norm(np.asarray(gradient), axis=1)
    along = np.sum(np.asarray(gradient) * outward, axis=1) / np.maximum(length, 1e-6)
    assert np.median(along) > 0.75
    assert np.mean(along > 0.4) > 0.75


def test_frontiers_are_free_cells_beside_unknown_ones(flight: Flight) -> None:
    p, known = (np.asarray(a) for a in mapping.occupancy(CONFIG, flight.end, 1.05))
    found = np.asarray(mapping.frontiers(CONFIG, flight.end, 1.05))
    want = np.zeros_like(found)
    for i, j in np.argwhere(known & (p < 0.5)):
        sides = [(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
        inside = [s for s in sides if 0 <= s[0] < p.shape[0] and 0 <= s[1] < p.shape[1]]
        want[i, j] = any(not known[s] for s in inside)
    assert want.any() and np.array_equal(found, want)


def test_mesh_lies_on_the_true_surface_and_only_where_was_looked(flight: Flight, tmp_path) -> None:
    mesh = mapping.surface_mesh(CONFIG, flight.end, spacing_m=0.1)
    off = np.abs(np.asarray(signed_distance(WORLD.scene, jnp.asarray(mesh.vertices_m))))
    assert len(mesh.faces) > 300 and np.median(off) < 0.05
    cell = np.floor((mesh.vertices_m - CONFIG.lower_m) / CONFIG.resolution_m).astype(int)
    beyond = np.maximum(CONFIG.lower_m - mesh.vertices_m, mesh.vertices_m - CONFIG.upper_m)
    assert beyond.max() < 0.1 + 1e-5  # at most one step of the lattice
    cell = np.clip(cell, 0, np.array(CONFIG.shape) - 1)
    seen = np.pad(np.asarray(flight.end.evidence.seen), 1)  # vertices may lie on a face
    near = [seen[tuple((cell + 1 + np.array(d) - 1).T)] for d in np.ndindex(3, 3, 3)]
    assert np.all(np.any(near, axis=0))
    for ending in (".ply", ".glb"):
        path = tmp_path / f"map{ending}"
        mapping.save_mesh(path, mesh)
        assert path.stat().st_size > 1000
    with pytest.raises(mapping.MeshError, match="must end in"):
        mapping.save_mesh(tmp_path / "map.txt", mesh)
    with pytest.raises(mapping.MeshError, match="no surface yet"):
        mapping.surface_mesh(CONFIG, flight.start, spacing_m=0.2)


def test_mesh_has_the_floor_that_lies_in_the_border_of_the_map(flight: Flight) -> None:
    mesh = mapping.surface_mesh(CONFIG, flight.end)
    seen = np.asarray(flight.end.evidence.seen)[:, :, 0]
    i, j = np.indices(seen.shape)
    centre = np.stack([CONFIG.lower_m[0] + 0.1 * (i + 0.5), CONFIG.lower_m[1] + 0.1 * (j + 0.5)])
    floor = np.append(centre, np.zeros((1, *seen.shape)), axis=0)[:, seen].T  # [N, 3]
    above = np.asarray(
        signed_distance(WORLD.scene, jnp.asarray(floor + np.array([0.0, 0.0, 0.15])))
    )
    floor = floor[above > 0.14]  # where nothing stands
    off, _ = KDTree(mesh.vertices_m).query(floor)
    assert len(floor) > 500 and np.mean(off < 0.08) > 0.75  # half of it without going beyond


def test_scan_without_returns_changes_no_parameter(flight: Flight) -> None:
    after, report = STEP(CONFIG, flight.end, nothing())
    learned = lambda s: jax.tree.leaves((s.parameters, s.adam, s.replay))  # noqa: E731
    for a, b in zip(learned(flight.end), learned(after), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not report.trained and int(report.rays) == 0
    assert int(report.ignored_rays) == CAMERA.width_px * CAMERA.height_px


def test_bad_points_are_ignored_and_counted() -> None:
    state = mapping.init(CONFIG, jax.random.key(1))
    scan = look(jnp.array([-1.0, 0.0, 1.5]), quat.identity())
    points = np.array(scan.points_m)
    good = np.isfinite(points).all(axis=1)
    spoilt = np.flatnonzero(good)[::7]
    points[spoilt[::2], 1], points[spoilt[1::2], 2] = np.inf, np.nan
    for _ in range(3):
        state, report = STEP(CONFIG, state, scan._replace(points_m=jnp.asarray(points)))
    assert int(report.rays) == good.sum() - len(spoilt)
    assert int(state.ignored_rays) == 3 * (good.size - good.sum() + len(spoilt))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.parameters))
    assert np.isfinite(state.evidence.log_odds).all() and bool(report.trained)


def test_degenerate_rays_leave_everything_finite() -> None:
    state = mapping.init(CONFIG, jax.random.key(2))
    scan = look(jnp.array([-1.0, 0.0, 1.5]), quat.identity())
    for points in (
        jnp.broadcast_to(scan.origin_m, scan.points_m.shape),  # no length
        jnp.full_like(scan.points_m, 1e30),
        scan.origin_m + 1e-4 * jnp.ones_like(scan.points_m),
    ):
        state, _ = STEP(CONFIG, state, scan._replace(points_m=points))
    state, _ = STEP(CONFIG, state, scan._replace(origin_m=jnp.full(3, jnp.nan)))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.parameters))
    assert np.isfinite(state.evidence.log_odds).all()


def test_update_that_is_not_finite_is_thrown_away(flight: Flight) -> None:
    learned = flight.end.parameters
    weights, biases = learned.distance
    broken = learned._replace(distance=hash_grid.Network(weights, (*biases[:2], biases[2] + 1e30)))
    before = flight.end._replace(parameters=broken)  # the square of an error is not finite
    scan = look(jnp.array([-1.0, 0.0, 1.5]), quat.identity())
    after, report = STEP(CONFIG, before, scan)
    assert bool(report.nonfinite) and not report.trained
    assert int(after.nonfinite_updates) == 1
    for a, b in zip(*map(jax.tree.leaves, (broken, after.parameters)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_scan_without_any_ray_changes_nothing() -> None:
    state = mapping.init(CONFIG, jax.random.key(2))
    none = jnp.zeros((0, 3))
    after, report = STEP(CONFIG, state, Scan(jnp.full(3, jnp.nan), none, none, jnp.full(3, 1e9)))
    assert not np.asarray(after.evidence.seen).any() and int(report.rays) == 0
    for a, b in zip(*map(jax.tree.leaves, (state.parameters, after.parameters)), strict=True):
        np.testing.assert_array_equal(a, b)


def test_update_makes_no_copy_of_the_volume() -> None:
    """What it needs besides the map, which it changes in place, does not grow with the volume."""
    scan = look(jnp.array([-1.0, 0.0, 1.5]), quat.identity())
    beside, changed = [], []
    for upper_m in ((5.0, 3.0, 3.0), (20.0, 20.0, 6.0)):
        config = LiveMapConfig(lower_m=CONFIG.lower_m, upper_m=upper_m)
        state = jax.eval_shape(mapping.init, config, jax.random.key(0))
        update = jax.jit(mapping.step, donate_argnums=1).lower(config, state, scan).compile(SOON)
        needed = update.memory_analysis()
        beside.append(needed.temp_size_in_bytes)
        voxels = math.prod(config.shape) * 4
        assert needed.alias_size_in_bytes > voxels, "the map is not updated in place"
        changed.append(voxels)
    assert changed[1] > 10 * changed[0]
    assert beside[1] < 1.05 * beside[0]


def test_same_key_and_scans_give_the_same_map() -> None:
    def run() -> LiveMap:
        state = mapping.init(CONFIG, jax.random.key(5))
        for k in range(3):
            state, _ = STEP(CONFIG, state, look(jnp.array([-1.0, 0.2 * k, 1.5]), quat.identity()))
        return state

    for a, b in zip(*map(jax.tree.leaves, (run(), run())), strict=True):
        np.testing.assert_array_equal(a, b)


def test_normals_of_a_tilted_plane_face_the_sensor() -> None:
    normal = np.array([0.3, -0.5, -0.8]) / np.linalg.norm([0.3, -0.5, -0.8])
    directions = np.asarray(pixel_directions(CAMERA))
    points = directions * (-2.0 / (directions @ normal))[..., None]
    got = np.asarray(image_normals(jnp.asarray(points, jnp.float32)))
    known = np.linalg.norm(got, axis=-1) > 0.5
    assert known.mean() > 0.95
    assert np.all(got[known] @ normal > 0.999)
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):  # no neighbour of theirs is smooth
        assert not known[corner]


def test_a_surface_has_its_normal_up_to_its_edge_and_what_lies_between_two_has_none() -> None:
    """A box before a wall, both seen straight on, and a mixture of both in one column."""
    points = np.asarray(pixel_directions(CAMERA)).copy()
    points /= points[..., 2:]
    depth = np.full(points.shape[:2], 4.0)
    depth[:, :20], depth[:, 20] = 2.0, 2.5
    points *= depth[..., None]
    for image in (points.astype(np.float32), jnp.asarray(points, jnp.float32)):
        got = np.asarray(image_normals(image))[5:-5, 5:-5]
        flying = np.arange(5, 43) == 20
        np.testing.assert_allclose(
            got[:, ~flying], np.broadcast_to([0, 0, -1], got[:, ~flying].shape), atol=1e-3
        )
        assert not got[:, flying].any()


def test_saved_map_is_loaded_unchanged(flight: Flight, tmp_path) -> None:
    path = tmp_path / "map.npz"
    wide = replace(CONFIG, body=replace(CONFIG.body, radius_m=0.45))
    mapping.save_map(path, wide, flight.end)
    config, state = mapping.load_map(path)
    assert config == wide
    assert jax.tree.structure(state) == jax.tree.structure(flight.end)
    for a, b in zip(*map(jax.tree.leaves, (flight.end, state)), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    assert [p.name for p in tmp_path.iterdir()] == ["map.npz"], "no temporary file is left"
    scan = look(jnp.array([-1.0, 0.0, 1.5]), quat.identity())
    for a, b in zip(
        *(jax.tree.leaves(STEP(CONFIG, s, scan)[0]) for s in (flight.end, state)), strict=True
    ):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.5, 0.999])
def test_truncated_file_is_refused(flight: Flight, tmp_path, kept: float) -> None:
    path = tmp_path / "map.npz"
    mapping.save_map(path, CONFIG, flight.start)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(MapFileError, match="is not a whole map file"):
        mapping.load_map(path)


def test_damaged_foreign_and_newer_files_are_refused(flight: Flight, tmp_path) -> None:
    path = tmp_path / "map.npz"
    mapping.save_map(path, CONFIG, flight.start)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(MapFileError, match="is not a whole map file"):
        mapping.load_map(path)
    path.write_text("hello")
    with pytest.raises(MapFileError, match="is not a whole map file"):
        mapping.load_map(path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(MapFileError, match="is not a map file of live_mvp_ros"):
        mapping.load_map(path)
    header = {"format": storage.FORMAT, "version": storage.VERSION + 1, "config": {}}
    np.savez(path, header=np.frombuffer(json.dumps(header).encode(), np.uint8))
    with pytest.raises(MapFileError, match="newer"):
        mapping.load_map(path)
    with pytest.raises(MapFileError, match="there is no such file"):
        mapping.load_map(tmp_path / "missing.npz")


def test_map_that_cannot_be_written_leaves_the_old_one(flight: Flight, tmp_path) -> None:
    with pytest.raises(MapFileError, match="cannot be written"):
        mapping.save_map(tmp_path / "no" / "map.npz", CONFIG, flight.start)
    assert list(tmp_path.iterdir()) == []


def test_volume_without_height_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="upper_m"):
        LiveMapConfig(lower_m=(0.0, 0.0, 0.0), upper_m=(1.0, 1.0, 0.0))
