# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Meshes as worlds: distances and ranges against closed forms, and files that are refused."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.base import quaternion as quat
from live_mvp_ros.mapping.map_mesh import SurfaceMesh, save_mesh
from live_mvp_ros.worlds import (
    DepthCameraConfig,
    World,
    WorldError,
    load_world,
    render,
    save_world,
    signed_distance,
)
from live_mvp_ros.worlds.mesh_scene import MeshSolid
from live_mvp_ros.worlds.mesh_world import mesh_world_values
from live_mvp_ros.worlds.names import find_world, mesh_of
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


SIZE_M = np.array([8.0, 6.0, 3.0])
WALL_M = 0.3


def closed_hall() -> trimesh.Trimesh:
    """Return a hall of 8 x 6 x 3 m, whose walls are 0.3 m thick, as one closed surface."""
    shell = trimesh.creation.box(bounds=[-WALL_M * np.ones(3), SIZE_M + WALL_M])
    inside = trimesh.creation.box(bounds=[np.zeros(3), SIZE_M])
    inside.invert()
    return trimesh.util.concatenate([shell, inside])


def room_of_boxes(flipped: int | None = None) -> trimesh.Trimesh:
    """Return the same hall made of six closed boxes that overlap at edges and corners."""
    boxes = []
    for axis in range(3):
        for side in (0, 1):
            low, high = -WALL_M * np.ones(3), SIZE_M + WALL_M
            if side:
                low[axis] = SIZE_M[axis]
            else:
                high[axis] = 0.0
            boxes.append(trimesh.creation.box(bounds=[low, high]))
    if flipped is not None:
        boxes[flipped].invert()
    return trimesh.util.concatenate(boxes)


def inside_hall(x: np.ndarray) -> np.ndarray:
    """Return the distance of points within the outer bounds of the hall, exact where free."""
    return np.min(np.concatenate([x, SIZE_M - x], axis=1), axis=1)


@pytest.mark.parametrize(
    ("scale", "factor", "words"),
    [
        (1000.0, 0.001, "8600 x 6600 x 3600 m"),
        (100.0, 0.01, "860 x 660 x 360 m"),
        (0.001, 1000.0, "0.0086 x 0.0066 x 0.0036 m, where 0.2 m is the least"),
    ],
)
def test_a_mesh_in_another_unit_is_refused_at_once_and_its_scale_named(
    tmp_path, scale, factor, words
):
    path = tmp_path / "hall.stl"
    closed_hall().apply_scale(scale).export(path)
    name = f"mesh@{factor:g}:{path}"
    with pytest.raises(WorldError, match=words) as caught:
        mesh_world_values(path)
    assert "must be in metres" in str(caught.value)
    assert name in str(caught.value)
    mesh = mesh_of(name)
    assert mesh is not None
    values = mesh_world_values(*mesh)
    np.testing.assert_allclose(values["upper_m"], SIZE_M + WALL_M, atol=1e-4)
    assert values["primitives"][0]["scale"] == factor
    assert find_world(name)[0] == path


def test_a_mesh_far_from_the_origin_is_refused_with_where_it_is(tmp_path):
    """Such as one in the coordinates of a survey, where every number has seven digits."""
    path = tmp_path / "hall.ply"
    closed_hall().apply_translation([3000.0, 50.0, 0.0]).export(path)
    with pytest.raises(WorldError) as caught:
        mesh_world_values(path)
    assert "has its middle at 3004 x 53 x 1.5 m" in str(caught.value)
    assert "more than 1000 m from the origin" in str(caught.value)


@pytest.mark.parametrize(
    ("scale", "move_m", "words"),
    [
        (1.0, 0.0, ""),
        (1000.0, 0.0, "8600 x 6600 x 3600 m in a world of 8 x 6 x 3 m: .*scaled by 0.001"),
        (0.001, 0.0, "0.0086 x 0.0066 x 0.0036 m in a world of .*scaled by 1000"),
        (1.0, 40.0, r"lies outside of the world, from \[39.7, 39.7, 39.7\] to .* than 1$"),
    ],
)
def test_a_mesh_that_is_not_in_its_world_is_refused(tmp_path, scale, move_m, words):
    mesh = closed_hall().apply_scale(scale).apply_translation([move_m] * 3)
    mesh.export(tmp_path / "hall.ply")
    lines = [
        "name: x", "lower_m: [0, 0, 0]", "upper_m: [8, 6, 3]", "start_m: [1, 1, 1]",
        "goal_m: [2, 2, 1]", "primitives:", "- type: mesh", "  path: hall.ply", "  scale: 1.0",
    ]  # fmt: skip
    (tmp_path / "x.yaml").write_text("\n".join(lines))
    if not words:
        assert load_world(str(tmp_path / "x.yaml")).name == "x"
        return
    with pytest.raises(WorldError, match=words):
        load_world(str(tmp_path / "x.yaml"))


@pytest.mark.parametrize("name", ["room.ply", "a/room.STL", "room.glb", "room.obj"])
def test_a_mesh_that_is_named_as_a_world_is_told_how_it_becomes_one(name):
    with pytest.raises(WorldError) as caught:
        load_world(name)
    said = str(caught.value)
    assert f"mesh:{name}" in said
    assert "'type: mesh', " in said
    assert f"'path: {name.rpartition('/')[2]}' and 'scale: 1.0'" in said


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "", "two"])
def test_a_scale_that_is_no_number_above_zero_is_refused(tmp_path, scale):
    closed_hall().export(tmp_path / "hall.stl")
    with pytest.raises(WorldError, match="the scale must be a number above 0"):
        load_world(f"mesh@{scale}:{tmp_path / 'hall.stl'}")


def test_a_glb_is_turned_from_y_up_to_z_up(tmp_path):
    hall = closed_hall()
    y_up = hall.vertices[:, [1, 2, 0]]  # x to the side, y up, z ahead, as its standard says
    path = tmp_path / "hall.glb"
    trimesh.Trimesh(y_up, hall.faces).export(path)
    values = mesh_world_values(path)
    size = np.subtract(values["upper_m"], values["lower_m"])
    np.testing.assert_allclose(sorted(size[:2]), [6.6, 8.6], atol=1e-4)
    assert size[2] == pytest.approx(3.6, abs=1e-4)


@pytest.mark.parametrize("ending", ["glb", "ply", "stl", "obj"])
def test_a_mesh_of_the_map_comes_back_as_it_stood(tmp_path, ending):
    box = trimesh.creation.box(bounds=[[0.0, 0.0, 0.0], [4.0, 2.0, 1.0]])
    surface = SurfaceMesh(np.float32(box.vertices), box.faces, np.ones(len(box.vertices)))
    save_mesh(tmp_path / f"map.{ending}", surface)
    bounds_m = MeshSolid(tmp_path / f"map.{ending}").bounds_m
    np.testing.assert_allclose(bounds_m, box.bounds, atol=1e-6)


@pytest.mark.parametrize("flipped", [None, 0, 3])
def test_closed_boxes_that_overlap_are_one_solid(tmp_path, flipped):
    path = tmp_path / "room.ply"
    room_of_boxes(flipped).export(path)
    values = mesh_world_values(path)
    assert inside_hall(np.array([values["start_m"], values["goal_m"]])).min() > 0.3
    x = np.random.default_rng(2).uniform(-WALL_M + 0.01, SIZE_M + WALL_M - 0.01, (3000, 3))
    got, free = MeshSolid(path).distance(x), inside_hall(x)
    np.testing.assert_allclose(got[free > 0.0], free[free > 0.0], atol=1e-4)
    assert (got[free < -1e-4] < 0.0).all(), "walls are solid at their corners, too"


@pytest.mark.parametrize("faces", [[[0, 0, 1]], [[0, 1, 0], [2, 2, 2]], [[0, 1, 6]]])
def test_a_triangle_without_area_opens_nothing(tmp_path, faces):
    hall = closed_hall()
    corners = np.vstack([hall.vertices, 0.5 * (hall.vertices[0] + hall.vertices[1])])
    index = np.array(faces)
    index[index == 6] = len(hall.vertices)
    path = tmp_path / "hall.obj"
    solid = trimesh.Trimesh(corners, np.vstack([hall.faces, index]), process=False)
    path.write_text(solid.export(file_type="obj"))
    assert inside_hall(np.array([mesh_world_values(path)["start_m"]]))[0] > 0.3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v + 1e6, "beyond 100 km"),
        (lambda v: v * 1e30, "must be in metres"),
        (lambda v: v * 0.0, "not watertight"),
        (lambda v: np.where(v > 5.0, np.nan, v), "not finite|cannot be read"),
    ],
)
def test_numbers_that_no_hall_has_are_refused(tmp_path, change, words):
    hall = closed_hall()
    path = tmp_path / "hall.obj"
    solid = trimesh.Trimesh(change(hall.vertices), hall.faces, process=False)
    path.write_text(solid.export(file_type="obj"))
    with pytest.raises(WorldError, match=words):
        mesh_world_values(path)


@pytest.fixture(scope="module")
def halls(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("halls")
    box = trimesh.creation.box(extents=(4.0, 4.0, 3.0))
    for ending in ("ply", "stl", "obj", "glb"):
        box.export(folder / f"box.{ending}")
    return folder


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_with_one_sentence(halls, tmp_path_factory, data):
    source = data.draw(st.sampled_from(sorted(halls.iterdir())))
    content = bytearray(source.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["flip", "cut", "hole", "swap"]))
    if kind == "flip":
        content[at] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del content[at:]
    elif kind == "hole":
        del content[at : at + data.draw(st.integers(1, 40))]
    else:
        content[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    path = tmp_path_factory.mktemp("damaged") / source.name
    path.write_bytes(content)
    try:
        solid = MeshSolid(path)
    except WorldError as error:
        check_sentence(error)
        return
    assert np.isfinite(solid.distance(np.zeros((1, 3)))).all()


def test_a_glb_without_views_of_its_buffers_is_refused(halls, tmp_path):
    content = (halls / "box.glb").read_bytes()
    assert b'"bufferViews"' in content
    path = tmp_path / "box.glb"
    path.write_bytes(content.replace(b'"bufferViews"', b'"cufferViews"'))
    with pytest.raises(WorldError) as refused:
        MeshSolid(path)
    check_sentence(refused.value)


def check_sentence(error: WorldError) -> None:
    assert "\n" not in str(error)
