# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The launch file: it offers every option and starts exactly the described graph."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
from pathlib import Path

import pytest

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.graph import GraphOptions, describe

FILE = Path(__file__).parents[2] / "launch" / "explorer.launch.py"
REPLAY = FILE.with_name("replay.launch.py")
EXTRA = {"rviz", "record"}


def declared_arguments(file: Path = FILE) -> dict[str, dict[str, ast.expr]]:
    calls = [
        node
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DeclareLaunchArgument"
    ]
    return {
        call.args[0].value: {word.arg: word.value for word in call.keywords}  # type: ignore
        for call in calls
    }


def test_every_option_of_the_graph_is_a_described_launch_argument():
    arguments = declared_arguments()
    fields = {field.name for field in dataclasses.fields(GraphOptions)}
    assert set(arguments) == fields | EXTRA
    assert all("description" in words for words in arguments.values())
    assert all("default_value" in words for words in arguments.values())


def test_every_parameter_of_the_player_is_a_described_launch_argument():
    pytest.importorskip("rclpy")
    from live_mvp_ros.nodes.bag_player import PlayerConfig

    arguments = declared_arguments(REPLAY)
    fields = {field.name.removesuffix("_s") for field in dataclasses.fields(PlayerConfig)}
    assert fields <= set(arguments)
    assert all("description" in words for words in arguments.values())


@pytest.fixture
def launch_file():
    reason = "launch and launch_ros come with a ROS 2 installation, they are not on PyPI"
    pytest.importorskip("launch", reason=reason)
    pytest.importorskip("launch_ros", reason=reason)
    spec = importlib.util.spec_from_file_location("explorer_launch", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def actions_of(launch_file, **arguments: str):
    from launch import LaunchContext

    context = LaunchContext()
    for argument in launch_file.ARGUMENTS:
        value = "".join(part.perform(context) for part in argument.default_value)
        context.launch_configurations[argument.name] = value
    context.launch_configurations.update(arguments)
    return context, launch_file.start_graph(context)


def test_the_defaults_start_the_default_graph(launch_file):
    from launch_ros.actions import Node

    _, actions = actions_of(launch_file)
    nodes = [action for action in actions if isinstance(action, Node)]
    graph = describe(GraphOptions())
    assert [node.node_executable for node in nodes] == [n.executable for n in graph.nodes]


def test_arguments_reach_the_graph_and_parts_can_be_left_out(launch_file):
    from launch_ros.actions import Node

    _, actions = actions_of(launch_file, vehicle="none", use_sim_time="false", seed="3")
    nodes = [action for action in actions if isinstance(action, Node)]
    assert [node.node_executable for node in nodes] == [
        "live_map",
        "info_field",
        "imppi_controller",
    ]


def test_a_wrong_world_is_refused_with_the_same_sentence(launch_file):
    with pytest.raises(UsageError, match="there is no world"):
        actions_of(launch_file, world="atlantis")


def test_recording_asks_ros2_bag_for_the_topics_of_the_graph(launch_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    context, actions = actions_of(launch_file, record="true", namespace="d1")
    words = ["".join(part.perform(context) for part in word) for word in actions[-1].cmd]
    assert words[:5] == ["ros2", "bag", "record", "--storage", "mcap"]
    assert "/d1/odom" in words
    assert "/clock" in words
    assert {word for word in words if word.startswith("/")} == set(
        describe(GraphOptions(namespace="d1")).recorded_topics
    )
