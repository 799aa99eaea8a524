# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scans that are aligned with known walls, against rooms whose ranges have a closed form."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import mapping
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.mapping import alignment
from live_mvp_ros.mapping.scan import scan_from_points
from live_mvp_ros.vehicle import at_rest
from live_mvp_ros.vehicle.odometry import DriftConfig

SPEC = GridSpec.covering((0.0, 0.0), (10.0, 8.0), 0.1)
ROOM = ((1.03, 9.06), (1.02, 7.07))  # walls that lie on no edge of a cell
EXPECTED = DriftConfig(drift_m_per_m=0.01, heading_drift_rad_per_m=0.002)
ALIGNED = jax.jit(alignment.aligned, static_argnums=1)


def looked_m(x: float, y: float, yaw: float, fov: float = 1.4, beams: int = 128) -> np.ndarray:
    """Return where beams [N, 2] from a pose meet the walls of ``ROOM``, body frame."""
    angle = np.linspace(-fov / 2, fov / 2, beams)
    d = np.stack([np.cos(yaw + angle), np.sin(yaw + angle)])
    with np.errstate(divide="ignore"):
        to_x = np.where(d[0] > 0, ROOM[0][1] - x, ROOM[0][0] - x) / d[0]
        to_y = np.where(d[1] > 0, ROOM[1][1] - y, ROOM[1][0] - y) / d[1]
    ranges = np.minimum(np.abs(to_x), np.abs(to_y))
    return ranges[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def turned(yaw: float, points: np.ndarray) -> np.ndarray:
    c, s = math.cos(yaw), math.sin(yaw)
    return points @ np.array([[c, s], [-s, c]])


def loop_way(rounds: float, radius_m: float = 1.5) -> np.ndarray:
    """Return poses [T, 3] x, y, yaw along a circle in the room, 5 cm apart, looking ahead."""
    count = round(rounds * 2.0 * math.pi * radius_m / 0.05)
    angle = np.linspace(0.0, rounds * 2.0 * math.pi, count)
    x, y = 5.0 + radius_m * np.cos(angle), 4.0 + radius_m * np.sin(angle)
    return np.stack([x, y, angle + math.pi / 2], axis=1)


def drifted(way: np.ndarray, drift: float, turn: float) -> np.ndarray:
    """Return what odometry reports of a way: it drifts along +x, and its heading to the left."""
    steps = np.diff(way[:, :2], axis=0)
    way_m = np.concatenate([[0.0], np.cumsum(np.linalg.norm(steps, axis=1))])
    wrong = turn * way_m
    moved = [turned(w, s) for w, s in zip(0.5 * (wrong[1:] + wrong[:-1]), steps, strict=True)]
    at = np.concatenate([way[:1, :2], way[0, :2] + np.cumsum(moved, axis=0)])
    at[:, 0] += drift * way_m
    return np.column_stack([at, way[:, 2] + wrong])


def flown(way: np.ndarray, reported: np.ndarray, noise_m: float = 0.0) -> np.ndarray:
    """Return how far off [T, 2] position (m) and heading (rad) are in the map."""
    state, errors = alignment.init_alignment(SPEC), []
    random = np.random.default_rng(0)
    for true, seen_from in zip(way, reported, strict=True):
        ends = looked_m(*true)
        ends *= 1.0 + noise_m * random.normal(size=(len(ends), 1)) / 3.0
        points = turned(seen_from[2], ends) + seen_from[:2]
        state = ALIGNED(EXPECTED, SPEC, state, jnp.float32(seen_from[:2]), jnp.float32(points))
        vehicle = at_rest(jnp.array([*seen_from[:2], 1.5]), seen_from[2])
        there = alignment.in_map(state.transform, vehicle)
        off = float(quaternion.yaw(there.attitude)) - true[2]
        off = (off + math.pi) % (2.0 * math.pi) - math.pi
        errors.append((np.linalg.norm(np.asarray(there.position)[:2] - true[:2]), abs(off)))
    return np.array(errors)


@pytest.mark.parametrize("noise_m", [0.0, 0.02])
def test_a_vehicle_in_a_room_is_where_it_is_however_far_its_odometry_drifts(noise_m):
    way = loop_way(3.0)
    reported = drifted(way, 0.01, 0.002)
    assert np.linalg.norm(reported[-1, :2] - way[-1, :2]) > 0.2
    assert abs(reported[-1, 2] - way[-1, 2]) > 0.05
    errors = flown(way, reported, noise_m)
    first, later = errors[: len(way) // 3], errors[len(way) // 3 :]
    assert first[:, 0].max() < 0.12
    assert first[:, 1].max() < 0.025
    assert later.mean(axis=0)[0] < first[:, 0].max() + 0.01  # round after round nothing adds up
    assert later.mean(axis=0)[1] < first[:, 1].max() + 0.002


@pytest.mark.parametrize(
    ("noise_m", "most_m", "most_rad"), [(0.0, 0.02, 0.003), (0.02, 0.1, 0.025)]
)
def test_odometry_that_is_right_is_moved_by_no_more_than_noise(noise_m, most_m, most_rad):
    """Although it is expected to drift by ten times that."""
    way = loop_way(1.5)
    errors = flown(way, way, noise_m)
    assert errors[:, 0].max() < most_m
    assert errors[:, 1].max() < most_rad


def test_a_transform_turns_and_shifts_position_velocity_and_heading():
    quarter = alignment.MapToOdom(jnp.array([1.0, 2.0]), jnp.float32(math.pi / 2))
    vehicle = at_rest(jnp.array([3.0, 0.0, 1.5]), 0.1)._replace(
        velocity=jnp.array([1.0, 0.0, 0.5])
    )
    there = alignment.in_map(quarter, vehicle)
    np.testing.assert_allclose(there.position, [1.0, 5.0, 1.5], atol=1e-6)
    np.testing.assert_allclose(there.velocity, [0.0, 1.0, 0.5], atol=1e-6)
    assert float(quaternion.yaw(there.attitude)) == pytest.approx(math.pi / 2 + 0.1, abs=1e-6)
    scan = scan_from_points(jnp.zeros(3), jnp.array([[3.0, 0.0, 1.5]]), jnp.array([0.0, 1.0, 1.0]))
    moved = alignment.scan_in_map(quarter, scan)
    np.testing.assert_allclose(moved.points_m, [[1.0, 5.0, 1.5]], atol=1e-6)
    np.testing.assert_allclose(moved.origin_m, [1.0, 2.0, 0.0], atol=1e-6)
    np.testing.assert_allclose(moved.body_m, [0.0, 2.0, 1.0], atol=1e-6)


def wall(x: float, n: int = 100) -> np.ndarray:
    return np.column_stack([np.full(n, x), np.linspace(2.0, 6.0, n)])


def settled(points: np.ndarray, here: tuple[float, float], scans: int) -> alignment.Alignment:
    """Return the alignment after so many scans of the same points from the same place."""
    state = alignment.init_alignment(SPEC)
    for _ in range(scans):
        state = ALIGNED(EXPECTED, SPEC, state, jnp.float32(here), jnp.float32(points))
    return state


def test_the_other_side_of_a_thin_wall_is_another_wall():
    """Seen from the left at 5.02 m, and then from the right, 12 cm behind."""
    state = settled(wall(5.02), (3.0, 4.0), 20)
    way = [(3.0 + 0.5 * k, 7.5) for k in range(9)]  # around the end of the wall, seeing nothing
    for at in way:
        state = ALIGNED(EXPECTED, SPEC, state, jnp.float32(at), jnp.full((100, 2), jnp.nan))
    for _ in range(10):
        state = ALIGNED(EXPECTED, SPEC, state, jnp.float32((7.0, 7.5)), jnp.float32(wall(5.14)))
    np.testing.assert_allclose(state.transform.shift_m, 0.0, atol=2e-3)


def test_along_a_corridor_nothing_tells_how_far_it_is():
    """Two parallel walls: across it is held, along it the drift stays, and says so."""
    state, drift = alignment.init_alignment(SPEC), 0.01
    for k in range(80):
        x = 1.0 + 0.05 * k
        walls = np.concatenate([wall_along(y, x, 2.0) for y in (3.03, 5.04)])
        off = np.array([drift * 0.05 * k, drift * 0.05 * k])
        at = np.array([x, 4.0]) + off
        state = ALIGNED(EXPECTED, SPEC, state, jnp.float32(at), jnp.float32(walls + off))
    assert float(state.transform.shift_m[1]) == pytest.approx(-0.01 * 3.95, abs=0.01)
    sigma = np.sqrt(np.diag(np.asarray(state.covariance)))
    assert sigma[0] > 4.0 * sigma[1]


def wall_along(y: float, x: float, length_m: float, n: int = 60) -> np.ndarray:
    """Return points of a wall along x, around ``x``; where they are differs from look to look."""
    shift = (0.618 * x) % 1.0
    along = x - length_m / 2 + length_m * (np.arange(n) + shift) / n
    return np.column_stack([along, np.full(n, y)])


def test_nothing_seen_and_nothing_flown_move_nothing():
    nothing = np.full((100, 2), np.nan)
    state = settled(nothing, (3.0, 4.0), 5)
    np.testing.assert_array_equal(state.transform.shift_m, 0.0)
    assert float(state.transform.yaw_rad) == 0.0
    assert not np.asarray(state.hits).any()
    beyond = settled(wall(50.0), (3.0, 4.0), 5)
    assert not np.asarray(beyond.hits).any()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(beyond))


def test_after_a_gap_the_walls_tell_whether_odometry_has_begun_anew():
    """A vehicle that was not heard for 3 m goes on; one that was started again begins anew."""
    way = loop_way(1.0)
    reported = drifted(way, 0.02, 0.005)
    state = alignment.init_alignment(SPEC)
    for true, seen_from in zip(way, reported, strict=True):
        points = turned(seen_from[2], looked_m(*true)) + seen_from[:2]
        state = ALIGNED(EXPECTED, SPEC, state, jnp.float32(seen_from[:2]), jnp.float32(points))
    assert np.linalg.norm(reported[-1, :2] - way[-1, :2]) > 0.1
    opposite = len(way) // 2
    yaw = way[opposite, 2]
    ends = turned(yaw, looked_m(*way[opposite]))
    # odometry that goes on is as wrong as it was, and turns what it sees as much
    wrong = float(-state.transform.yaw_rad)
    at = turned(wrong, way[opposite, :2] - np.asarray(state.transform.shift_m))
    on = ALIGNED(EXPECTED, SPEC, state, jnp.float32(at), jnp.float32(turned(wrong, ends) + at))
    there = alignment.in_map(on.transform, at_rest(jnp.array([*at, 1.5]), 0.0))
    np.testing.assert_allclose(there.position[:2], way[opposite, :2], atol=0.05)
    anew = way[opposite, :2]
    begun = ALIGNED(EXPECTED, SPEC, state, jnp.float32(anew), jnp.float32(ends + anew))
    there = alignment.in_map(begun.transform, at_rest(jnp.array([*anew, 1.5]), 0.0))
    np.testing.assert_allclose(there.position[:2], way[opposite, :2], atol=0.05)
    assert abs(float(begun.transform.yaw_rad)) < 0.01 < abs(float(on.transform.yaw_rad))


def test_what_is_met_on_a_wall_lies_three_centimetres_behind_it_and_what_is_not_stays():
    state = settled(wall(5.02), (3.0, 4.0), 20)
    points = jnp.array([[5.04, 4.0], [4.99, 3.0], [5.2, 4.0], [jnp.nan, 1.0]])
    misses_m = alignment.onto_walls(SPEC, state, jnp.array([3.0, 4.0]), points)
    np.testing.assert_allclose(misses_m[:2], [[0.01, 0.0], [0.06, 0.0]], atol=2e-3)
    np.testing.assert_array_equal(misses_m[2:], 0.0)


def test_what_is_met_on_no_wall_is_marked_three_centimetres_behind_its_surface():
    """The side of a box, seen for the first time: it reaches 1 cm into the cells before it."""
    here = jnp.array([3.0, 4.0, 1.5])
    y = jnp.linspace(3.8, 4.2, 20)
    side = jnp.column_stack([jnp.full(20, 4.99), y, jnp.full(20, 1.5)])
    above = jnp.column_stack([jnp.full(20, 4.5), y, jnp.zeros(20)])  # the floor
    normals = jnp.repeat(jnp.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), 20, axis=0)
    scan = mapping.Scan(here, jnp.concatenate([side, above]), normals, here)
    state = alignment.init_alignment(SPEC)
    _, found = alignment.scan_aligned(EXPECTED, SPEC, state, scan)
    np.testing.assert_allclose(found.points_m[:20, 0], 5.02, atol=1e-4)
    np.testing.assert_allclose(found.points_m[:20, 1:], side[:, 1:], atol=1e-4)
    np.testing.assert_array_equal(found.points_m[20:], above)


def test_a_saved_map_knows_where_the_odometry_frame_lies(tmp_path):
    config = mapping.LiveMapConfig(
        upper_m=(4.0, 3.0, 2.0), levels=1, table_size_log2=8, keyframes=1, odometry=EXPECTED
    )
    state = mapping.init(config, jax.random.key(0))
    found = state.alignment._replace(
        transform=alignment.MapToOdom(jnp.array([0.1, -0.2]), jnp.float32(0.05)),
        hits=state.alignment.hits.at[3, 4].set(7.0),
    )
    mapping.save_map(tmp_path / "map.npz", config, state._replace(alignment=found))
    again, loaded = mapping.load_map(tmp_path / "map.npz")
    assert again == config
    for before, after in zip(
        jax.tree.leaves(found), jax.tree.leaves(loaded.alignment), strict=True
    ):
        np.testing.assert_array_equal(before, after)


def test_a_map_serves_odometry_that_it_was_not_made_with():
    small = {"upper_m": (4.0, 3.0, 2.0), "levels": 1, "table_size_log2": 8, "keyframes": 1}
    exact = mapping.LiveMapConfig(**small)
    drifting = mapping.LiveMapConfig(**small, odometry=EXPECTED)
    of_exact = mapping.init(exact, jax.random.key(0))
    of_drifting = mapping.init(drifting, jax.random.key(0))
    assert of_exact.alignment is None
    assert mapping.with_odometry(exact, of_drifting).alignment is None
    fresh = mapping.with_odometry(drifting, of_exact)
    assert jax.tree.structure(fresh) == jax.tree.structure(of_drifting)
    np.testing.assert_array_equal(fresh.alignment.transform.shift_m, 0.0)
    kept = of_drifting.alignment._replace(hits=of_drifting.alignment.hits.at[1, 2].set(3.0))
    again = mapping.with_odometry(drifting, of_drifting._replace(alignment=kept))
    assert float(again.alignment.hits[1, 2]) == 3.0


def test_floors_and_what_has_no_normal_are_nothing_upright():
    scan = scan_from_points(jnp.zeros(3), jnp.arange(12.0).reshape(4, 3))
    normals = jnp.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, -0.99, 0.14]])
    ends = np.asarray(alignment.upright_ends(scan._replace(normals=normals)))
    assert np.isnan(ends[[0, 2]]).all()
    np.testing.assert_array_equal(ends[[1, 3]], [[3.0, 4.0], [9.0, 10.0]])
    few = alignment.upright_ends(scan._replace(normals=normals), 2)
    assert few.shape == (2, 2)
