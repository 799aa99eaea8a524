# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Generated worlds: the same for a seed, all of them connected, wide enough, and closed."""

from __future__ import annotations

import functools

import jax
import numpy as np
import pytest
import yaml
from scipy import ndimage

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.facts import mission_facts, resolve_world
from live_mvp_ros.evaluation import metrics
from live_mvp_ros.worlds import (
    WORLD_NAMES,
    Scene,
    World,
    WorldError,
    ground_truth_grid,
    load_world,
    save_world,
    world_grid,
)
from live_mvp_ros.worlds.cave import CaveConfig, cave
from live_mvp_ros.worlds.maze import MazeConfig, maze
from live_mvp_ros.worlds.names import SEEDED, WORLD_FILES, WorldNameError, find_world
from live_mvp_ros.worlds.offices import OfficeConfig, office
from live_mvp_ros.worlds.plan import CELL_M, FloorPlan, way_m
from live_mvp_ros.worlds.scene import Boxes, Cylinders, Spheres

SIZES_M = {
    "maze": (16.2, 16.2),
    "cave": (20.0, 20.0),
    "office_15x30": (15.0, 30.0),
    "office_20x20": (20.0, 20.0),
    "office_30x30": (30.0, 30.0),
    "office_35x35": (34.6, 34.6),
}
PLANNER_M = 0.35  # centre to centre
SEEDS = range(20)


@functools.cache
def plan(name: str, seed: int) -> FloorPlan:
    rng = np.random.default_rng(seed)
    if name == "maze":
        return maze(MazeConfig(), rng)
    if name == "cave":
        return cave(CaveConfig(), rng)
    return office(OfficeConfig(size_m=SIZES_M[name]), rng)


def same(one: World, other: World) -> bool:
    """Return whether two worlds agree in every number."""
    flat, tree = jax.tree.flatten(one.scene)
    other_flat, other_tree = jax.tree.flatten(other.scene)
    if tree != other_tree or any(
        a.shape != b.shape for a, b in zip(flat, other_flat, strict=True)
    ):
        return False
    facts = [
        (w.name, w.lower_m, w.upper_m, w.start_m, w.start_yaw_rad, w.goal_m) for w in (one, other)
    ]
    return facts[0] == facts[1] and all(
        np.array_equal(*p) for p in zip(flat, other_flat, strict=True)
    )


def cells(world: World) -> np.ndarray:
    return np.asarray(ground_truth_grid(world, world_grid(world, CELL_M), world.start_m[2]))


@pytest.mark.parametrize("name", SEEDED)
def test_seed_decides_the_whole_world(name: str) -> None:
    assert same(load_world(name), load_world(f"{name}:0"))
    assert same(load_world(f"{name}:3"), load_world(f"{name}:3"))
    one, other = load_world(f"{name}:3"), load_world(f"{name}:4")
    assert one.name == f"{name}:3"
    assert one.upper_m == other.upper_m == (*SIZES_M[name], 3.0)
    assert np.mean(cells(one) != cells(other)) > 0.02


@pytest.mark.parametrize("name", SEEDED)
def test_plan_of_a_generator_is_what_the_scene_is_solid_in(name: str) -> None:
    world = load_world(f"{name}:1")
    drawn, built = plan(name, 1).occupied(), cells(world)
    assert drawn.shape == built.shape
    assert np.mean(drawn != built) < 1e-3, "only centres within rounding of a surface may differ"


@pytest.mark.parametrize("name", SEEDED)
@pytest.mark.parametrize("seed", SEEDS)
def test_everything_free_is_connected_and_wide_enough(name: str, seed: int) -> None:
    drawn = plan(name, seed)
    solid = drawn.occupied()
    spec = world_grid(bounds_of(drawn), CELL_M)
    _, parts = ndimage.label(~solid)
    assert parts == 1, "no free cell is cut off"
    navigable = metrics.navigable_mask(solid, spec, PLANNER_M, drawn.start_xy)
    wide = ndimage.distance_transform_edt(~solid) * CELL_M > PLANNER_M - 1e-6
    assert navigable.sum() > 0.995 * wide.sum(), "the drone fits everywhere or reaches it"
    x, y = (int(v / CELL_M) for v in drawn.goal_xy)
    assert navigable[x, y]
    # the drone's disc sweeps everything but corners and niches
    swept = ndimage.distance_transform_edt(~navigable) * CELL_M <= PLANNER_M + 2 * CELL_M
    assert np.mean(swept[~solid]) > 0.97


def built(tmp_path, name: str, seed: int, relief: float) -> World:
    file = tmp_path / f"{name}_{relief}.yaml"
    file.write_text(f"{{generator: {name}, name: {name}, seed: {seed}, relief: {relief}}}")
    return load_world(str(file))


def heights_m(world: World) -> list[tuple[float, float]]:
    """Return lowest and highest z of all primitives but planes."""
    spans = []
    for stack in (stack for group in world.scene.groups for stack in group.members):
        match stack:
            case Spheres(centre, radius):
                half = radius
            case Boxes(centre, extent):
                half = extent[2]
            case Cylinders(centre, _, half):
                pass
            case _:
                continue
        spans += zip((centre[2] - half).tolist(), (centre[2] + half).tolist(), strict=True)
    return spans


@pytest.mark.parametrize("name", ["maze", "cave"])
@pytest.mark.parametrize("seed", [0, 3, 11])
def test_relief_leaves_the_cut_at_flight_altitude_as_it_is(tmp_path, name, seed) -> None:
    rough, even = (built(tmp_path, name, seed, relief) for relief in (1.0, 0.0))
    ends = [(w.start_m, w.start_yaw_rad, w.goal_m, w.lower_m, w.upper_m) for w in (rough, even)]
    assert ends[0] == ends[1]
    altitude, spec = rough.start_m[2], world_grid(rough, 0.05)
    for height in (altitude - 0.3, altitude, altitude + 0.3):
        np.testing.assert_array_equal(
            *(ground_truth_grid(world, spec, height) for world in (rough, even))
        )
    low, high = (*rough.lower_m[:2], altitude), (*rough.upper_m[:2], altitude)
    x = np.random.default_rng(0).uniform(low, np.nextafter(high, np.inf), (20_000, 3))
    near, true = (metrics.clearance(world.scene, x) for world in (rough, even))
    np.testing.assert_array_equal(near[true < 0.69], true[true < 0.69])
    assert near[true >= 0.69].min() >= 0.69
    through = [s for s in heights_m(rough) if s[0] < altitude - 0.69 and s[1] > altitude - 0.69]
    assert len(through) == len(heights_m(even)), "everything else keeps away from the altitude"
    assert all(high > altitude + 0.69 for _, high in through)


@pytest.mark.parametrize("name", ["maze", "cave"])
def test_relief_is_seen_below_and_above(name: str) -> None:
    world = load_world(f"{name}:1")
    spec = world_grid(world, CELL_M)
    at_altitude = cells(world)
    low, high = (ground_truth_grid(world, spec, height) for height in (0.25, 2.75))
    free = ~at_altitude
    assert np.mean(low[free]) > 0.02 and np.mean(high[free]) > 0.02
    assert (name == "cave") == bool(np.all(high[at_altitude])), "walls of a maze end below"


def test_length_of_a_way_counts_straight_steps_around_walls() -> None:
    free = np.array([[1, 1, 1], [0, 0, 1], [1, 1, 1], [0, 0, 0], [1, 1, 1]], bool)
    true = [[0, 1, 2], [np.inf, np.inf, 3], [6, 5, 4], [np.inf] * 3, [np.inf] * 3]
    np.testing.assert_allclose(way_m(free, (0, 0)), CELL_M * np.array(true))


def bounds_of(drawn: FloorPlan) -> World:
    ends = (0.0, 0.0, 0.0)
    return World("", Scene(()), ends, (*drawn.size_m, drawn.height_m), ends, 0.0, ends)


@pytest.mark.parametrize("name", SEEDED)
@pytest.mark.parametrize("seed", SEEDS)
def test_worlds_are_closed_and_their_ends_are_far_apart_with_room_around_them(
    name: str, seed: int
) -> None:
    drawn = plan(name, seed)
    solid = drawn.occupied()
    edges = (solid[0], solid[-1], solid[:, 0], solid[:, -1])
    assert all(edge.all() for edge in edges)
    room = ndimage.distance_transform_edt(~solid) * CELL_M
    for xy in (drawn.start_xy, drawn.goal_xy):
        assert room[int(xy[0] / CELL_M), int(xy[1] / CELL_M)] >= 0.6
    start, goal = (tuple(int(v / CELL_M) for v in xy) for xy in (drawn.start_xy, drawn.goal_xy))
    assert way_m(~solid, start)[goal] > 0.9 * max(drawn.size_m), "the goal is a good way off"
    assert 1.5 <= drawn.altitude_m <= 2.0 < drawn.height_m


@pytest.mark.parametrize("name", SEEDED)
def test_nearly_every_free_cell_can_be_observed(name: str) -> None:
    truth = metrics.ground_truth(load_world(name), range_m=5.0)
    assert truth.observable.sum() >= 0.97 * truth.free.sum()


def test_maze_without_loops_is_a_tree_and_with_loops_has_a_few() -> None:
    def ways_around(loops: float, seed: int) -> int:
        """Count the pieces of wall that touch no other."""
        drawn = maze(MazeConfig(loops=loops), np.random.default_rng(seed))
        _, pieces = ndimage.label(drawn.occupied(), structure=np.ones((3, 3)))
        return int(pieces) - 1

    assert not any(ways_around(0.0, seed) for seed in SEEDS)
    assert not any(ways_around(1.0, seed) for seed in SEEDS), "only the outer wall is left"
    assert 2.0 < np.mean([ways_around(0.1, seed) for seed in SEEDS]) < 8.0


@pytest.mark.parametrize("name", SEEDED)
@pytest.mark.parametrize("seed", SEEDS)
def test_few_primitives_make_a_world(name: str, seed: int) -> None:
    drawn = plan(name, seed)
    area = drawn.size_m[0] * drawn.size_m[1]
    assert len(drawn.rectangles) + len(drawn.cylinders) <= max(160, 0.25 * area)
    relief = len(drawn.spheres) + len(drawn.shafts) + len(drawn.boxes)
    assert relief <= 0.6 * area


@pytest.mark.parametrize("seed", SEEDS)
def test_every_door_of_an_office_lets_the_drone_through(seed: int) -> None:
    empty = office(OfficeConfig(size_m=(30.0, 30.0), furniture=0.0), np.random.default_rng(seed))
    # rooms are what is left when openings up to 1.5 m are shut
    solid = empty.occupied()
    wide = ndimage.distance_transform_edt(~solid) * CELL_M > 0.8
    rooms, count = ndimage.label(wide)
    assert count >= 15
    spec = world_grid(bounds_of(empty), CELL_M)
    reached = metrics.navigable_mask(solid, spec, 0.4, empty.start_xy)
    assert np.unique(rooms[reached & wide]).size == count


@pytest.mark.parametrize("name", ["office_15x30", "cave"])
def test_saved_world_reads_back_equal(tmp_path, name: str) -> None:
    world = load_world(f"{name}:2")
    file = tmp_path / "saved.yaml"
    save_world(file, world)
    assert same(load_world(str(file)), world)


def test_saved_world_keeps_every_kind_of_primitive(tmp_path) -> None:
    seed = load_world("seed")
    save_world(tmp_path / "seed.yaml", seed)
    assert same(load_world(str(tmp_path / "seed.yaml")), seed)


def test_names_are_those_of_the_files() -> None:
    assert tuple(WORLD_FILES) == WORLD_NAMES
    folder = WORLD_FILES["office"].parent
    assert {p.stem for p in folder.iterdir()} == set(WORLD_NAMES)
    for name in SEEDED:
        assert "generator" in yaml.safe_load(WORLD_FILES[name].read_text())


@pytest.mark.parametrize("name", ["office", "maze:3", "cave:2", "office_20x20"])
def test_mission_facts_are_those_of_the_world(name: str) -> None:
    assert resolve_world(name) == name
    facts, world = mission_facts(name), load_world(name)
    assert facts.start_m == world.start_m
    assert facts.goal_m == world.goal_m
    assert facts.start_yaw_rad == world.start_yaw_rad
    assert (facts.lower_m, facts.upper_m) == (world.lower_m, world.upper_m)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("maze:x", "whole number"),
        ("maze:", "whole number"),
        ("cave:-1", "whole number"),
        ("maze:1.5", "whole number"),
        ("maze:1234567890", "at most 9 digits"),
        ("office:1", "always the same"),
        ("garden:1", "choose one of seed, office, maze"),
    ],
)
def test_wrong_seed_is_refused_with_one_sentence(name: str, word: str) -> None:
    for error, call in (
        (WorldNameError, find_world),
        (WorldError, load_world),
        (UsageError, mission_facts),
    ):
        with pytest.raises(error, match=word) as caught:
            call(name)
        assert "\n" not in str(caught.value)


def test_file_may_name_a_generator(tmp_path) -> None:
    file = tmp_path / "annex.yaml"
    text = "{generator: office, name: annex, seed: 7, size_m: [12.0, 18.0], furniture: 0}"
    file.write_text(text)
    world = load_world(str(file))
    assert world.name == "annex:7"
    assert world.upper_m == (12.0, 18.0, 3.0)
    assert mission_facts(str(file)).goal_m == world.goal_m


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{generator: castle, name: a}", "one of maze, cave, office"),
        ("{generator: maze}", "name is missing"),
        ("{generator: maze, name: a, towers: 3}", "towers"),
        ("{generator: maze, name: a, columns: 1}", "columns = 1"),
        ("{generator: maze, name: a, seed: 0.5}", "a whole number"),
        ("{generator: maze, name: a, seed: -1}", "at least 0"),
        ("{generator: cave, name: a, altitude_m: 2.9}", "altitude_m = 2.9"),
    ],
)
def test_wrong_generator_file_is_refused_with_one_sentence(tmp_path, text, word) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(text)
    for error, call in ((WorldError, load_world), (UsageError, mission_facts)):
        with pytest.raises(error, match=word) as caught:
            call(str(file))
        assert str(caught.value).startswith(str(file))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("size_m", [(9.0, 9.0), (10.0, 30.0), (32.0, 18.0)])
def test_generators_hold_for_other_sizes(size_m: tuple[float, float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawings = (
        office(OfficeConfig(size_m=size_m), rng),
        cave(CaveConfig(size_m=size_m), rng),
        maze(MazeConfig(columns=int(size_m[0] / 2), rows=int(size_m[1] / 2)), rng),
    )
    for drawn in drawings:
        solid = drawn.occupied()
        spec = world_grid(bounds_of(drawn), CELL_M)
        assert ndimage.label(~solid)[1] == 1
        navigable = metrics.navigable_mask(solid, spec, PLANNER_M, drawn.start_xy)
        wide = ndimage.distance_transform_edt(~solid) * CELL_M > PLANNER_M - 1e-6
        assert navigable.sum() > 0.99 * wide.sum()
        assert navigable[tuple(int(v / CELL_M) for v in drawn.goal_xy)]
