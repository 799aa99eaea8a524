# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Worlds on a command line that cannot be flown in, and pictures of those that can."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import pytest
from optional import need

from live_mvp_ros.bringup import graph, start_check
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.facts import mission_facts, world_files
from live_mvp_ros.cli.main import main
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.worlds import WorldError, load_world, signed_distance

BASE = {
    "name": "b", "lower_m": [0, 0, 0], "upper_m": [5, 5, 3], "start_m": [1, 1, 1],
    "goal_m": [2, 2, 1],
    "primitives": [{"type": "sphere", "centre_m": [4, 4, 1], "radius_m": 0.5}],
}  # fmt: skip


@pytest.mark.parametrize("key", ["lower_m", "size"])
def test_a_launch_refuses_a_world_without_end_before_it_starts_anything(tmp_path, key) -> None:
    """It reads only the head of the file, and loads nothing that could check more."""
    plan = {"size": [1e6, 1e6], "height": 3.0, "start": [1, 1, 1], "goal": [2, 2, 1]}
    values = {**plan, "occupied": []} if key == "size" else {**BASE, key: [-1e6, -1e6, 0]}
    with pytest.raises(UsageError, match=r"cells of 0\.1 m, at most 16777216 are allowed"):
        mission_facts(written(tmp_path, values))


PLAN = {
    "name": "p", "size": [6, 5], "height": 3.0, "start": [1, 1, 1], "goal": [5, 4, 1],
    "occupied": [[2, 0, 3, 2], [4, 0, 5, 2]],
}  # fmt: skip


@pytest.mark.parametrize(
    ("base", "change", "words"),
    [
        (
            PLAN,
            {"start": [4.5, 1, 1]},
            r"start = .* outside the solid, and it is .* occupied\[1\]",
        ),
        (PLAN, {"goal": [1, 1, 3.2]}, r"goal = .* of the ceiling"),
        (
            PLAN,
            {"occupied": [[2, 0, 3, 2]] * 9 + [[5, 0, 4, 2]]},
            r"occupied\[9\] = \[5, 0, 4, 2\] is not allowed: it must be a rectangle",
        ),
        (PLAN, {"occupied": [[2, 0, 3, 2], [1, 2]]}, r"occupied\[1\] = \[1, 2\] is not allowed"),
        (BASE, {"start_m": [4, 4.2, 1]}, r"start_m = .* is inside of primitives\[0\]"),
        (
            BASE,
            {"primitives": [{"type": "sphere", "centre_m": [4, 4, 1], "radius_m": -1}]},
            r"primitives\[0\].radius_m = -1 is not allowed",
        ),
    ],
)
def test_shapes_start_and_goal_are_checked_before_anything_starts(tmp_path, base, change, words):
    mission_facts(written(tmp_path, base))
    with pytest.raises(UsageError, match=words):
        mission_facts(written(tmp_path, {**base, **change}))


NEAR = {**PLAN, "start": [1.9, 1, 1]}


@pytest.mark.parametrize("command", ["sim --world", "bench explore --worlds", "explore --world"])
def test_a_start_nearer_to_a_surface_than_the_radius_is_refused(tmp_path, capsys, command):
    need("jax")
    low = {**PLAN, "start": [1, 1, 2.9]}
    for values, room in ((NEAR, "0.10"), (low, "0.10"), ({**PLAN, "start": [1, 1, 0.3]}, "0.30")):
        name = written(tmp_path, values)
        assert main([*command.split(), name]) == 2
        said = capsys.readouterr().err
        sentence = f"start is {room} m from a surface, a body of 0.30 m radius needs more"
        assert f"{name}: {sentence}" in said
        assert said.count("\n") == 1


def test_the_radius_is_that_of_the_settings_in_use(tmp_path):
    need("jax")
    world, settings = written(tmp_path, PLAN), tmp_path / "p.yaml"
    settings.write_text("body: {radius_m: 1.01}")
    graph.describe(graph.GraphOptions(world=world))
    with pytest.raises(UsageError, match=r"start is 1\.00 m .* of 1\.01 m radius needs more"):
        graph.describe(graph.GraphOptions(world=world, params_file=str(settings)))
    settings.write_text("body: {radius_m: 0.6}")
    with pytest.raises(UsageError, match=r"office: start is 0\.50 m"):
        graph.describe(graph.GraphOptions(params_file=str(settings)))
    settings.write_text("body: {radius_m: 0.05}")
    graph.describe(graph.GraphOptions(world=written(tmp_path, NEAR), params_file=str(settings)))
    graph.describe(graph.GraphOptions(world=written(tmp_path, NEAR), vehicle="none"))
    assert BodyConfig().radius_m == start_check.RADIUS_M


def test_a_start_beside_a_mesh_is_refused_too(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    trimesh.creation.box((1.0, 1.0, 1.0)).export(tmp_path / "box.stl")  # about the origin
    mesh = {"type": "mesh", "path": "box.stl"}
    values = {**BASE, "lower_m": [-5, -5, -5], "primitives": [*BASE["primitives"], mesh]}
    graph.describe(graph.GraphOptions(world=written(tmp_path, values)))
    near = written(tmp_path, {**values, "start_m": [0.7, 0.0, 0.0]})
    with pytest.raises(UsageError, match=r"start is 0\.20 m from a surface"):
        graph.describe(graph.GraphOptions(world=near))


def test_every_world_of_the_package_has_room_at_its_start():
    need("jax")
    for name in world_files():
        graph.describe(graph.GraphOptions(world=name))
        world = load_world(name)
        room_m = float(signed_distance(world.scene, jnp.asarray(world.start_m)))
        assert room_m > start_check.RADIUS_M


@pytest.mark.parametrize(
    ("base", "change"), [(PLAN, {"start_yaw": 90}), (BASE, {"start_yaw_rad": -90.0})]
)
def test_a_heading_in_degrees_is_refused(tmp_path, base, change):
    world, words = (
        written(tmp_path, {**base, **change}),
        r"radians from -2 pi to 2 pi.*1\.571 rad",
    )
    for read, error in ((mission_facts, UsageError), (load_world, WorldError)):
        with pytest.raises(error, match=words):
            read(world)
    (key,) = change
    assert mission_facts(written(tmp_path, {**base, key: -6.28})).start_yaw_rad == -6.28


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "w.yaml",
            "size: [6, 5]\nheight: 3.0\nsize: [7, 5]\n",
            "says size twice, again in line 3",
        ),
        ("w.yaml", "primitives:\n- {type: box, type: sphere}", "says type twice"),
        ("w.json", '{"occupied": [], "name": "w", "occupied": []}', "says occupied twice"),
        ("w.yaml", "size:\n\t- 6\n", r"cannot start any token: use spaces"),
    ],
)
def test_a_key_said_twice_and_a_tab_are_refused(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    for read, error in ((mission_facts, UsageError), (load_world, WorldError)):
        with pytest.raises(error, match=f"{name}.* {words}"):
            read(str(tmp_path / name))


def test_a_misspelt_key_is_named_and_not_the_one_that_is_missing(tmp_path):
    misspelt = {"hieght" if key == "height" else key: value for key, value in PLAN.items()}
    with pytest.raises(UsageError, match="hieght is not a known key: choose from .*height"):
        mission_facts(written(tmp_path, misspelt))


def written(folder: Path, values: object) -> str:
    path = folder / "world.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("command", ["view", "sim --world", "explore --world"])
def test_a_mesh_and_a_world_without_end_are_refused_in_one_sentence(tmp_path, capsys, command):
    endless = written(tmp_path, {**BASE, "upper_m": [1e6, 1e6, 3]})
    for name, words in (("room.ply", "mesh:room.ply"), (endless, "at most 16777216 are allowed")):
        assert main([*command.split(), name]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert words in said


def test_a_world_whose_name_is_not_ascii_is_drawn_also_where_the_locale_is(tmp_path):
    need("jax", "matplotlib")
    (tmp_path / "räume.json").write_text(json.dumps({**BASE, "name": "Räume"}), encoding="utf-8")
    environment = {
        **{k: v for k, v in os.environ.items() if k != "LANG"},
        "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-P", "-m", "live_mvp_ros.cli", "view", "räume.json"],
        cwd=tmp_path, env=environment, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"5 x 5 x 3 m; picture in r" in done.stdout
    assert (tmp_path / "räume.png").read_bytes().startswith(b"\x89PNG")
