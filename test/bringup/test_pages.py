# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the pages tell people to type is understood, and what they link to is there.

Commands of ours are parsed as they would be, without being run; of others the part that belongs to
this repository is looked at. YAML is read by the code that reads such files.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from pages import PAGES, ROOT, Block, anchors, blocks, commands, links, named

from live_mvp_ros.bringup import overrides
from live_mvp_ros.bringup.graph import GraphOptions, describe
from live_mvp_ros.cli.main import cli

OURS = ("live-mvp", ".venv/bin/live-mvp")
PYTHON = ("python", "python3", ".venv/bin/python")
OTHERS = {
    *(
        ".",
        "cd",
        "export",
        "git",
        "ls",
        "source",
        "ip",
        "kill",
        "mkdir",
        "sudo",
    ),  # the shell and the system
    *("colcon", "mcap", "pip", "rerun", "rosdep", "rviz2"),
}
"""Programs of others, of which nothing can be checked here."""
ROS2 = {"action", "bag", "launch", "node", "param", "run", "security", "service", "topic"}
PROGRAMS = (*OURS, *PYTHON, "make", "ros2", ".ci/run")
COMMANDS = commands(PROGRAMS)


def parse(words: list[str]) -> None:
    """Have click understand a command line of ``live-mvp``.

    Raises:
        click.UsageError: it does not; that something is left out is no mistake in a sentence.
    """
    command: click.Command = cli
    context = click.Context(cli, info_name="live-mvp")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, click.Context(found, info_name=name, parent=context)
    if isinstance(command, click.Group):
        known = {option for item in command.get_params(context) for option in item.opts}
        assert set(words) <= known, f"{words} are no options of {command.name}"
    else:
        try:
            command.make_context(command.name, words, parent=context.parent)
        except click.exceptions.Exit:
            pass  # it has shown its help
        except click.MissingParameter:
            pass


def launch_arguments(file: str) -> set[str]:
    text = (ROOT / "launch" / file).read_text(encoding="utf-8")
    return set(re.findall(r'DeclareLaunchArgument\(\s*"(\w+)"', text))


def check(words: list[str]) -> None:
    """Refuse a command line that this repository does not understand."""
    while re.fullmatch(r"[A-Z_]+=.*", words[0]):  # set for this command alone
        words = words[1:]
    program, *rest = words
    if program in OURS:
        parse(rest)
    elif program == "make":
        check_make(rest)
    elif program in PYTHON and rest[0] != "-m" and not rest[0].startswith("-"):
        assert (ROOT / rest[0]).is_file(), rest[0]
    elif program == "ros2":
        assert rest[0] in ROS2
        if rest[0] == "launch":
            given = {word.partition(":=")[0] for word in rest[3:] if ":=" in word}
            assert rest[1] == "live_mvp_ros"
            assert given <= launch_arguments(rest[2])
    else:
        assert program in {*OTHERS, *PYTHON} or (ROOT / program).is_file(), program


def check_make(words: list[str]) -> None:
    """Refuse a target that the Makefile does not have, and arguments that are not understood."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    given = dict(word.split("=", 1) for word in words if "=" in word)
    targets = [word for word in words if "=" not in word]
    assert set(given) <= {"ARGS", "PYTHON", "VENV"}
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    if targets == ["explore"]:
        parse(["explore", *shlex.split(given.get("ARGS", ""))])


@pytest.mark.parametrize("command", COMMANDS, ids=[command.place for command in COMMANDS])
def test_what_is_to_be_typed_is_understood(command):
    check(list(command.words))


def test_a_command_that_is_wrong_would_be_found():
    for text in (
        "live-mvp fly",
        "live-mvp explore --wrold maze",
        "live-mvp bench explore --seeds many",
        "live-mvp bag inform x",
        "make fly",
        'make explore ARGS="--speed 3"',
        "ros2 launch live_mvp_ros explorer.launch.py wold:=maze",
        "python docs/pictures/make_nothing.py",
        "rm -rf build",
    ):
        with pytest.raises((click.UsageError, AssertionError)):
            check(shlex.split(text))
    assert {"README.md", "docs/seeing.md"} <= {item.place.split(":")[0] for item in COMMANDS}


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--vehicle", ("odom", "depth/points", "cmd/body_rates")),
        ("--controller", ("cmd/body_rates",)),
    ],
)
def test_the_help_says_what_none_asks_for(option, words):
    _, explore, _ = cli.resolve_command(click.Context(cli), ["explore"])
    assert explore is not None
    said = next(item for item in explore.params if option in item.opts)
    assert isinstance(said, click.Option)
    assert said.help is not None
    assert all(word in said.help.partition("none:")[2] for word in words)


@pytest.fixture
def _checked_here(monkeypatch):
    """Spare the process that checks a parameters file: it loads JAX for each."""

    def ask(question):
        return json.loads(json.dumps(overrides.answer(json.loads(json.dumps(question)))))

    monkeypatch.setattr(overrides, "ask", ask)


def read_as_what_it_is(block: Block, folder: Path) -> str:
    """Have the reader of such files read a block; return what it was taken for."""
    text = block.text
    if re.match(r"\s*- \{type:", text):  # members of a world of its own
        for name in ("statue.glb", "pump.stl"):
            (folder / name).write_bytes(ball(name.partition(".")[2]))
        lines = ["name: page", "lower_m: [-90, -90, 0]", "upper_m: [90, 90, 9]"]
        lines += ["start_m: [80, 80, 1.5]", "goal_m: [85, 85, 1.5]", "primitives:", text]
        text = "\n".join(lines)
    file = folder / "page.yaml"
    file.write_text(text, encoding="utf-8")
    if "ros__parameters" in text:
        pytest.importorskip("rclpy", reason="what the nodes declare is known to their modules")
        namespace = "drone2" if "/drone2/" in text else ""
        vehicle = "mavlink" if "mavlink_driver" in text else "sim"
        describe(GraphOptions(params_file=str(file), namespace=namespace, vehicle=vehicle))
        return "parameters"
    values = yaml.safe_load(text)
    if set(values) == {"lower_m", "upper_m", "start_m", "goal_m"}:  # where nothing is simulated
        describe(GraphOptions(world=str(file), vehicle="none"))
        return "bounds"
    if {"primitives", "generator", "occupied"} & set(values):
        from live_mvp_ros.worlds import load_world

        load_world(str(file))
        return "world"
    if "held_out" in values:
        from live_mvp_ros.learning.checkpoints import config_from

        config_from(values)
        return "training"
    from live_mvp_ros.evaluation.scenario import overridden
    from live_mvp_ros.sim.loop_config import ClosedLoopConfig

    overridden(ClosedLoopConfig(), values)
    return "settings"


def ball(suffix: str) -> bytes:
    import trimesh

    return bytes(trimesh.creation.icosphere(1, 0.5).export(file_type=suffix))


YAML = blocks("yaml")


@pytest.mark.usefixtures("_checked_here")
@pytest.mark.parametrize("block", YAML, ids=[block.place for block in YAML])
def test_every_yaml_block_is_a_file_that_is_taken(block, tmp_path):
    assert read_as_what_it_is(block, tmp_path) in (
        *("parameters", "bounds", "world", "training", "settings"),
    )


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_to_a_page_and_a_heading_that_are_there(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{named(page)} links to {link}"
        assert target.is_relative_to(ROOT), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{named(page)} links to {link}"
