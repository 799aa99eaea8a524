# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scenes, ray casts and world files against closed forms."""

from __future__ import annotations

import itertools
import json
import math
from importlib import resources

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from live_mvp_ros.worlds import (
    WORLD_NAMES,
    RayCastConfig,
    World,
    WorldError,
    cast_rays,
    ground_truth_grid,
    load_world,
    padded,
    signed_distance,
    world_grid,
)
from live_mvp_ros.worlds.polygon import triangulate
from live_mvp_ros.worlds.scene import Boxes, Cylinders, Group, Planes, Prisms, Scene, Spheres

GROUND = Group((Planes(jnp.array([[0.0], [0.0], [1.0]]), jnp.zeros(1)),))
BALL = Group((Spheres(jnp.array([[3.0], [0.5], [1.0]]), jnp.ones(1)),))
BOX = Group((Boxes(jnp.array([[3.0], [0.0], [1.0]]), jnp.array([[0.5], [0.8], [0.4]])),))
CAN = Group((Cylinders(jnp.array([[3.0], [0.0], [1.0]]), jnp.ones(1), jnp.array([0.5])),))
CAST = jax.jit(cast_rays)
DISTANCE = jax.jit(signed_distance)
N = 64  # one shape, one compilation per scene
MM = 1e-3


def scene(*groups: Group) -> Scene:
    return Scene(groups)


def cast(
    solid: Scene, origin: np.ndarray, directions: np.ndarray, **settings: float
) -> np.ndarray:
    padded = np.tile(np.asarray(directions, np.float32).reshape(-1, 3), (N, 1))[:N]
    origin = np.asarray(origin, np.float32)
    ranges = CAST(solid, jnp.asarray(origin), jnp.asarray(padded), RayCastConfig(**settings))
    return np.asarray(ranges)


def fan(seed: int, towards: np.ndarray, spread: float) -> np.ndarray:
    """Return N unit directions scattered around a direction."""
    noise = np.random.default_rng(seed).normal(size=(N, 3)) * spread
    directions = np.asarray(towards) + noise
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def slab_entry(origin: np.ndarray, d: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return where rays enter a box, NaN if they do not."""
    a, b = (low - origin) / d, (high - origin) / d
    enter, leave = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
    return np.where((enter <= leave) & (enter >= 0), enter, np.nan)


def assert_ranges(got: np.ndarray, true: np.ndarray, limit: float = 12.0) -> None:
    """Compare where both agree there is a hit; disagreement only where the truth is undecided."""
    true = np.where(true > limit, np.nan, true)
    np.testing.assert_allclose(got, true, atol=1 * MM, rtol=0)
    assert not np.any(got > limit)


@pytest.mark.parametrize("grazing_rad", [0.02, 0.05, 0.2, 1.0, math.pi / 2])
def test_range_to_a_plane_is_exact_even_at_grazing_incidence(grazing_rad: float) -> None:
    directions = [[math.cos(grazing_rad), 0.0, -math.sin(grazing_rad)]]
    true = 0.2 / math.sin(grazing_rad)
    assert_ranges(cast(scene(GROUND), [0, 0, 0.2], directions), np.full(N, true))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.3, 10.0))
def test_range_to_a_ball_matches_the_quadratic(seed: int, scale: float) -> None:
    d = fan(seed, np.array([0.95, 0.16, 0.32]), 0.15)
    to_centre = np.array([3.0, 0.5, 1.0])
    along = d @ to_centre
    gap = 1.0 - (to_centre @ to_centre - along**2)
    decided = np.abs(gap) > 1e-4  # nearer to tangency float32 cannot tell a hit from a miss
    true = np.where(gap > 0, along - np.sqrt(np.maximum(gap, 0)), np.nan)
    got = cast(scene(BALL), np.zeros(3), d * scale)
    assert_ranges(got[decided], true[decided])


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.02, 0.2, 1.0]))
def test_range_to_a_box_matches_the_slab_method(seed: int, spread: float) -> None:
    origin = np.array([0.0, 0.0, 1.41])  # a centimetre above the top face: mostly grazing rays
    low, high = np.array([2.5, -0.8, 0.6]), np.array([3.5, 0.8, 1.4])
    d = fan(seed, np.array([1.0, 0.0, 0.0]), spread)
    inner = slab_entry(origin, d, low + 1e-5, high - 1e-5)
    outer = slab_entry(origin, d, low - 1e-5, high + 1e-5)
    decided = np.isnan(inner) == np.isnan(outer)
    true = slab_entry(origin, d, low, high)
    decided &= ~(np.abs(inner - outer) > 1 * MM)
    assert_ranges(cast(scene(BOX), origin, d)[decided], true[decided])


def test_range_to_a_cylinder_from_the_side_and_from_above() -> None:
    side = cast(scene(CAN), [0, 0.6, 1.0], [[1.0, 0.0, 0.0]])
    assert_ranges(side, np.full(N, 3.0 - 0.8))
    above = cast(scene(CAN), [3.2, 0.1, 4.0], [[0.0, 0.0, -1.0]])
    assert_ranges(above, np.full(N, 4.0 - 1.5))


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**6))
@example(702)  # one touches the ball 36 mm before it hits the box
def test_rays_at_the_seed_world_end_where_its_distance_changes_sign(seed: int) -> None:
    world = load_world("seed")
    d = fan(seed, np.array([1.0, 0.0, -0.15]), 0.3)
    origin = np.array([-1.0, -0.5, 1.2])
    got = cast(world.scene, origin, d)
    # march every ray in 2 mm steps, independently of the caster
    t = np.arange(0.0, 12.0, 2 * MM)
    samples = origin + t[:, None] * d[:, None, :]
    inside = reference_seed_distance(samples) <= 0.0
    true = np.where(inside.any(axis=1), t[inside.argmax(axis=1)], np.nan)
    grazing = np.nanmin(np.abs(reference_seed_distance(samples)), axis=1)
    decided = ~(np.isnan(true) ^ np.isnan(got)) | (grazing > 1e-4)
    hit = ~np.isnan(true)
    assert np.array_equal(np.isnan(got[decided]), ~hit[decided])
    # a ray that comes within 0.1 mm of the surface before it hits may as well end there
    touching = t[(reference_seed_distance(samples) <= 1e-4).argmax(axis=1)]
    assert np.all(got[hit & decided] > touching[hit & decided] - 2.5 * MM)
    assert np.all(got[hit & decided] < true[hit & decided] + 2.5 * MM)


def reference_seed_distance(p: np.ndarray) -> np.ndarray:
    """Evaluate the formula of the seed scene in float64."""
    q = np.abs(p - [1.6, -1.4, 0.7]) - [0.6, 0.6, 0.8]
    box = np.linalg.norm(np.maximum(q, 0), axis=-1) + np.minimum(q.max(axis=-1), 0)
    ball = np.linalg.norm(p - [3.0, 0.0, 1.0], axis=-1) - 1.0
    return -np.log(np.exp(-8 * p[..., 2]) + np.exp(-8 * ball) + np.exp(-8 * box)) / 8


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_smooth_minimum_stays_just_below_the_minimum(seed: int) -> None:
    p = np.random.default_rng(seed).uniform([-1, -3, 0], [5, 2, 3], (N, 3))
    got = np.asarray(signed_distance(load_world("seed").scene, jnp.asarray(p, jnp.float32)))
    np.testing.assert_allclose(got, reference_seed_distance(p), atol=5e-6)
    each = [p[:, 2], np.linalg.norm(p - [3, 0, 1], axis=1) - 1]
    assert np.all(got <= np.min(each, axis=0) + 1e-5)


def test_distance_at_the_centre_of_the_seed_ball_is_minus_its_radius() -> None:
    centre = signed_distance(load_world("seed").scene, jnp.array([3.0, 0.0, 1.0]))
    assert float(centre) == pytest.approx(-1.0, abs=1e-6)


def test_scaling_a_direction_changes_nothing() -> None:
    d = fan(3, np.array([1.0, 0.0, -0.1]), 0.3)
    office = load_world("office")
    a, b = (cast(office.scene, office.start_m, d * scale) for scale in (1.0, 37.5))
    np.testing.assert_allclose(a, b, atol=1e-4)


def test_no_range_exceeds_the_limit() -> None:
    d = [[1.0, 0.0, -0.1]]  # meets the ground 9.05 m away
    assert np.all(np.isnan(cast(scene(GROUND), [0, 0, 0.9], d, max_range_m=9.0)))
    assert np.allclose(cast(scene(GROUND), [0, 0, 0.9], d, max_range_m=9.1), 9.045, atol=MM)


def test_ray_that_runs_out_of_steps_has_no_return_unless_something_else_is_nearer() -> None:
    d = fan(0, np.array([3.0, 0.2, 1.0]), 0.02)
    soft = Group(BALL.members, 8.0)
    assert np.all(np.isnan(cast(scene(soft), np.zeros(3), d, max_steps=1)))
    assert not np.any(np.isnan(cast(scene(soft), np.zeros(3), d, max_steps=32)))
    wall = Group((Planes(jnp.array([[-1.0], [0.0], [0.0]]), jnp.array([-1.0])),))
    assert_ranges(cast(scene(soft, wall), np.zeros(3), d, max_steps=1), 1.0 / d[:, 0])


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**6))
def test_rays_end_where_the_distance_first_becomes_zero(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d = fan(seed, np.array([1.0, 0.0, 0.0]), 0.4)
    origin = np.array([0.0, 0.0, 1.2]) + rng.normal(size=3) * 0.1
    wedge = [[2.0, 3.0, 2.2], [-1.0, -0.6, 0.9]]
    corners = jnp.asarray(np.array(wedge).T[:, :, None], jnp.float32)
    prism = Group((Prisms(corners, jnp.array([1.2]), jnp.array([0.5])),))
    solid = scene(CAN, BALL, prism)
    got = cast(solid, origin, d)
    t = np.arange(0.0, 12.0, 4 * MM)
    along = jnp.asarray(origin + t[:, None] * d[:, None, :], jnp.float32)
    clear = np.asarray(DISTANCE(solid, along)) > -1e-5
    assert np.all(clear | (t > got[:, None])), "nothing solid comes before the range"
    hit = ~np.isnan(got)
    ends = jnp.asarray(origin + np.where(hit, got, 0.0)[:, None] * d, jnp.float32)
    at_end = np.asarray(DISTANCE(solid, ends))
    assert 5 < hit.sum() < N
    np.testing.assert_allclose(at_end[hit], 0.0, atol=1e-5)
    assert np.all(clear[~hit])


def test_a_ray_straight_down_meets_the_top_of_what_is_below_it_only() -> None:
    down = [[0.0, 0.0, -1.0]]
    for x, true in ((3.2, 2.5), (4.2, np.nan)):
        assert_ranges(cast(scene(CAN), [x, 0.1, 4.0], down), np.full(N, true))
    along = cast(scene(BOX), [0.0, 0.0, 1.0], [[1.0, 0.0, 0.0]])
    assert_ranges(along, np.full(N, 2.5))
    beside = cast(scene(BOX), [0.0, 0.0, 1.5], [[1.0, 0.0, 0.0]])
    assert_ranges(beside, np.full(N, np.nan))


def test_unusable_rays_have_no_return_and_disturb_no_other() -> None:
    d = np.tile([[1.0, 0.0, -1.0]], (N, 1))
    d[0], d[1], d[2] = 0.0, np.nan, np.inf
    got = cast(scene(GROUND), [0, 0, 1], d)
    assert np.all(np.isnan(got[:3]))
    assert np.allclose(got[3:], math.sqrt(2.0), atol=MM)


def test_padding_a_scene_changes_its_shapes_but_no_distance_and_no_range() -> None:
    solid = scene(BALL, BOX, GROUND, Group(CAN.members, 4.0))
    longer = padded(solid, 5)
    lengths = [jax.tree.leaves(group)[0].shape[-1] for group in longer.groups]
    assert lengths == [5, 5, 5, 1], "a smooth union would change"
    p = np.random.default_rng(0).uniform([-1, -3, -1], [5, 2, 3], (N, 3))
    # two programs, which compilers may round differently in the last place
    np.testing.assert_allclose(signed_distance(longer, p), signed_distance(solid, p), atol=1e-6)
    d = fan(3, np.array([1.0, 0.0, -0.1]), 0.3)
    a, b = (cast(s, [0, 0, 1.2], d) for s in (solid, longer))
    np.testing.assert_allclose(a, b, atol=1e-6)


def test_origin_inside_the_solid_has_range_zero() -> None:
    assert np.all(cast(scene(BALL), [3, 0.5, 1], fan(0, np.array([1, 0, 0]), 1.0)) == 0.0)


@settings(max_examples=40, deadline=None)
@given(
    x=st.floats(0.5, 3.5), y=st.floats(0.5, 2.5), half=st.floats(0.005, 0.08), n=st.integers(1, 3)
)
def test_nothing_is_too_thin_for_the_grid(x, y, half, n) -> None:
    """A post, or a wall of n metres, that may lie between the centres of cells."""
    box = Boxes(jnp.array([[x], [y], [1.0]]), jnp.array([[half], [half * n], [1.0]]))
    solid = scene(GROUND, Group((box,)))
    world = World("thin", solid, (0, 0, 0), (4, 3, 3), (0.2, 0.2, 1), 0.0, (3, 2, 1))
    spec = world_grid(world, 0.1)
    occupied = ground_truth_grid(world, spec, 1.0)
    i, j = spec.cell_index(np.array([x, y]))
    assert occupied[i - 1 : i + 2, j - 1 : j + 2].any()
    gap_x, gap_y = (
        np.maximum(np.abs(c - at) - size, 0.0)
        for c, at, size in zip(spec.centres(), (x, y), (half, half * n), strict=True)
    )
    away = np.hypot(gap_x[:, None], gap_y[None, :])
    assert away[occupied].max() <= 0.5 * math.sqrt(2.0) * 0.1 + 1e-5


def test_office_is_solid_exactly_in_its_rectangles() -> None:
    world = load_world("office")
    spec = world_grid(world, 0.1)
    assert spec.shape == (140, 120)
    x, y = (c[:, None] if i == 0 else c[None, :] for i, c in enumerate(spec.centres()))
    data = resources.files("live_mvp_ros.worlds") / "data" / "office.json"
    plan = json.loads(data.read_text())
    true = np.zeros(spec.shape, bool)
    for x0, y0, x1, y1 in plan["occupied"]:
        true |= (x > x0) & (x < x1) & (y > y0) & (y < y1)
    assert np.array_equal(ground_truth_grid(world, spec, 2.0), true)
    assert ground_truth_grid(world, spec, -0.1).all(), "the floor is solid"
    assert ground_truth_grid(world, spec, 3.1).all(), "the ceiling is solid"


@pytest.mark.parametrize("name", WORLD_NAMES)
def test_missions_of_the_shipped_worlds_start_and_end_in_free_space(name: str) -> None:
    world = load_world(name)
    distances = signed_distance(world.scene, jnp.array([world.start_m, world.goal_m]))
    assert float(distances.min()) > 0.35


def test_polygon_distance_matches_brute_force_over_its_edges() -> None:
    corners = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (2.0, 1.0), (0.0, 3.0)]  # not convex
    triangles = np.array(triangulate(corners))
    area = 0.5 * np.abs(np.linalg.det(triangles[:, 1:] - triangles[:, :1]))
    assert area.sum() == pytest.approx(8.0)
    stacked = jnp.asarray(np.moveaxis(triangles, 0, -1), jnp.float32)
    n = len(triangles)
    solid = scene(Group((Prisms(stacked, jnp.full(n, 1.0), jnp.full(n, 1.0)),)))
    p = np.random.default_rng(0).uniform([-1, -1, 1], [5, 4, 1], (500, 3))
    got = np.asarray(signed_distance(solid, jnp.asarray(p, jnp.float32)))
    edge = brute_force_edge_distance(corners, p[:, :2])
    outside = ~inside_polygon(corners, p[:, :2])
    np.testing.assert_allclose(got[outside], edge[outside], atol=1e-5)
    assert np.all(got[~outside] <= 0.0)


def brute_force_edge_distance(corners: list[tuple[float, float]], p: np.ndarray) -> np.ndarray:
    ring = np.array([*corners, corners[0]])
    s = np.linspace(0.0, 1.0, 20001)[:, None]
    dense = np.concatenate([a + s * (b - a) for a, b in itertools.pairwise(ring)])
    return np.array([np.sqrt(((dense - q) ** 2).sum(axis=1).min()) for q in p])


def inside_polygon(corners: list[tuple[float, float]], p: np.ndarray) -> np.ndarray:
    from matplotlib.path import Path

    return Path([*corners, corners[0]]).contains_points(p)


BASE = {
    "name": "mine",
    "lower_m": [0, 0, 0],
    "upper_m": [5, 5, 3],
    "start_m": [1, 1, 1],
    "goal_m": [4, 4, 1],
    "primitives": [{"type": "sphere", "centre_m": [2.5, 2.5, 1], "radius_m": 0.5}],
}


def write(tmp_path, text: str, name: str = "mine.json") -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_user_world_with_every_primitive_loads(tmp_path) -> None:
    extra = [
        {"type": "plane", "point_m": [0, 0, 0], "normal": [0, 0, 2]},
        {"type": "box", "centre_m": [2, 4, 1], "half_extents_m": [0.2, 0.2, 1]},
        {"type": "cylinder", "centre_m": [4, 2, 1], "radius_m": 0.3, "height_m": 2},
        {"type": "polygon", "corners_m": [[0, 3], [1, 3], [1, 4]], "bottom_m": 0, "top_m": 2},
        {
            "type": "union",
            "smoothness_per_m": 4,
            "members": [{"type": "sphere", "centre_m": [3, 1, 1], "radius_m": 0.2}],
        },
    ]
    path = write(tmp_path, json.dumps({**BASE, "primitives": BASE["primitives"] + extra}))
    world = load_world(path)
    points = jnp.array([[1.0, 1, 0.25], [2, 3.5, 1], [4, 1.5, 1], [1.3, 3.3, 1], [3, 1.5, 1]])
    np.testing.assert_allclose(
        signed_distance(world.scene, points), [0.25, 0.3, 0.2, 0.3, 0.3], atol=1e-6
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "red"}, ["colour", "not a known key"]),
        ({"name": ""}, ["name", "a text"]),
        ({"start_m": [1, 1]}, ["start_m", "3 numbers"]),
        ({"start_m": [9, 1, 1]}, ["start_m", "between"]),
        ({"start_m": [2.5, 2.5, 1]}, ["start_m", "outside the solid"]),
        ({"upper_m": [0, 5, 3]}, ["upper_m", "above the lower corner"]),
        # 10 000 km2: more than any machine holds in cells of 10 cm
        (
            {"upper_m": [1e6, 1e4, 3]},
            ["upper_m = [1e+06, 10000, 3]", "10000000 x 100000 cells of 0.1 m", "16777216"],
        ),
        ({"lower_m": [-1e6, -1e6, 0]}, ["lower_m = [-1e+06, -1e+06, 0]", "16777216 are allowed"]),
        ({"upper_m": [410, 410, 3]}, ["4100 x 4100 cells", "400 x 400 m"]),
        ({"upper_m": [5, 1001, 3]}, ["no corner", "1000 m from the origin"]),
        ({"upper_m": [5, 5, 1e6]}, ["no corner", "1000 m from the origin"]),
        ({"primitives": []}, ["primitives", "list of mappings"]),
        ({"primitives": [{"type": "cone"}]}, ["primitives[0].type", "one of plane"]),
        (
            {"primitives": [{"type": "sphere", "centre_m": [0, 0, 0], "radius_m": -1}]},
            ["primitives[0].radius_m = -1", "above 0"],
        ),
        (
            {"primitives": [{"type": "sphere", "centre_m": [0, 0, 0]}]},
            ["primitives[0].radius_m is missing"],
        ),
        (
            {
                "primitives": [
                    {
                        "type": "polygon",
                        "corners_m": [[0, 0], [1, 1], [1, 0], [0, 1]],
                        "bottom_m": 0,
                        "top_m": 1,
                    }
                ]
            },
            ["corners_m", "cross"],
        ),
    ],
)
def test_wrong_world_file_is_refused_with_one_sentence(tmp_path, change, words) -> None:
    path = write(tmp_path, json.dumps({**BASE, **change}))
    with pytest.raises(WorldError) as error:
        load_world(path)
    message = str(error.value)
    assert message.startswith(path)
    assert "\n" not in message
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("name", "text"), [("broken.json", "{"), ("broken.yaml", "a: [1"), ("list.yaml", "- 1\n")]
)
def test_file_that_is_no_mapping_is_refused(tmp_path, name: str, text: str) -> None:
    path = write(tmp_path, text, name)
    with pytest.raises(WorldError, match=name):
        load_world(path)


@pytest.mark.parametrize("upper_m", [[5, 1000, 3], [400, 400, 1000]])
def test_the_largest_worlds_are_allowed(tmp_path, upper_m) -> None:
    assert load_world(write(tmp_path, json.dumps({**BASE, "upper_m": upper_m})))


def test_unknown_world_lists_the_names(tmp_path) -> None:
    with pytest.raises(WorldError, match="seed, office"):
        load_world("garden")
    with pytest.raises(WorldError, match="cannot be read"):
        load_world(str(tmp_path / "missing.yaml"))
