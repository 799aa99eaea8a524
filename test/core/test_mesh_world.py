# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Meshes as worlds: distances and ranges against closed forms, and files that are refused."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from live_mvp_ros import quaternion as quat
from live_mvp_ros.worlds import (
    DepthCameraConfig,
    World,
    WorldError,
    load_world,
    render,
    save_world,
    signed_distance,
)
from live_mvp_ros.worlds.raycast import RayCastConfig, cast_rays

HALL_M = np.array([6.0, 5.0, 3.0])
BLOCK = (np.array([3.5, 2.0, 0.5]), np.array([4.5, 3.0, 2.5]))


@pytest.fixture(scope="module")
def hall(tmp_path_factory) -> World:
    """Return a hall of 6 x 5 x 3 m with walls of 0.2 m and a block that floats in it."""
    shell = trimesh.creation.box(bounds=[-0.2 * np.ones(3), HALL_M + 0.2])
    inside = trimesh.creation.box(bounds=[np.zeros(3), HALL_M])
    inside.invert()
    path = tmp_path_factory.mktemp("mesh") / "hall.ply"
    trimesh.util.concatenate([shell, inside, trimesh.creation.box(bounds=BLOCK)]).export(path)
    return load_world(f"mesh:{path}")


def truth(x: np.ndarray) -> np.ndarray:
    """Return the distance of points inside of the hall."""
    to_walls = np.min(np.concatenate([x, HALL_M - x], axis=1), axis=1)
    q = np.maximum(BLOCK[0] - x, x - BLOCK[1])
    outside = np.linalg.norm(np.maximum(q, 0.0), axis=1)
    return np.minimum(to_walls, outside + np.minimum(q.max(axis=1), 0.0))


def test_distance_is_that_to_walls_and_block(hall: World) -> None:
    x = np.random.default_rng(0).uniform(0.0, HALL_M, (2000, 3)).astype(np.float32)
    got = np.asarray(signed_distance(hall.scene, jnp.asarray(x)))
    np.testing.assert_allclose(got, truth(x), atol=1e-4)
    assert signed_distance(hall.scene, jnp.array([-0.1, 2.0, 1.0])) < 0.0, "inside of a wall"


def test_rays_end_at_walls_and_block(hall: World) -> None:
    origin = jnp.array([1.0, 2.5, 1.5])
    directions = jnp.array([[2.0, 0, 0], [-1, 0, 0], [0, 0, 5], [0, 1, 0], [0, 0, 0]])
    got = np.asarray(jax.jit(cast_rays)(hall.scene, origin, directions, RayCastConfig()))
    np.testing.assert_allclose(got[:4], [2.5, 1.0, 1.5, 2.5], atol=2e-3)
    assert np.isnan(got[4])
    in_block = cast_rays(hall.scene, jnp.array([4.0, 2.5, 1.5]), directions[:1], RayCastConfig())
    assert in_block[0] == 0.0


def test_space_start_and_goal_are_inside_of_the_hall(hall: World) -> None:
    for place in (hall.start_m, hall.goal_m):
        assert truth(np.array([place]))[0] > 0.3
    assert np.hypot(*np.subtract(hall.goal_m, hall.start_m)[:2]) > 2.0


def test_camera_sees_the_mesh(hall: World) -> None:
    pose = (jnp.array([1.0, 2.5, 1.5]), quat.identity())
    camera = DepthCameraConfig(width_px=8, height_px=6, mount_xyz_m=(0.0, 0.0, 0.0))
    points = np.asarray(jax.jit(render)(camera, hall.scene, *pose, jax.random.key(0)))
    assert np.isfinite(points).all() and points[3, 4, 2] == pytest.approx(2.5, abs=2e-3)


def test_mesh_in_a_world_file_comes_back(hall: World, tmp_path) -> None:
    save_world(tmp_path / "copy.yaml", hall)
    copy = load_world(str(tmp_path / "copy.yaml"))
    assert copy.start_m == hall.start_m
    x = jnp.asarray(np.random.default_rng(1).uniform(0.0, HALL_M, (50, 3)), jnp.float32)
    np.testing.assert_array_equal(signed_distance(copy.scene, x), signed_distance(hall.scene, x))


def test_thing_in_the_open_gets_space_around_it(tmp_path) -> None:
    path = tmp_path / "ball.stl"
    trimesh.creation.icosphere(radius=1.0).export(path)
    world = load_world(f"mesh:{path}")
    assert world.lower_m[0] == pytest.approx(-3.0, abs=0.01)
    assert signed_distance(world.scene, jnp.array(world.start_m)) > 0.4


def test_files_that_are_no_solids_are_refused(tmp_path) -> None:
    sheet = tmp_path / "sheet.ply"
    trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]]).export(sheet)
    broken = tmp_path / "broken.glb"
    broken.write_bytes(b"glTF and nothing more")
    empty = tmp_path / "empty.obj"
    empty.write_text("")
    for name, words in (
        (sheet, "not watertight"),
        (broken, "is not a mesh that can be read"),
        (empty, "empty.obj"),
        (tmp_path / "missing.stl", "there is no such file"),
    ):
        with pytest.raises(WorldError, match=words):
            load_world(f"mesh:{name}")
