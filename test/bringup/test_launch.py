# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The launch files: they offer every option, and start the described graph, or play a bag."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.graph import GraphOptions, describe

FILE = Path(__file__).parents[2] / "launch" / "explorer.launch.py"
REPLAY = FILE.with_name("replay.launch.py")
EXTRA = {"rviz", "record", "cores"}


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
    pytest.importorskip("rclpy", reason="the player is a ROS 2 node")
    from live_mvp_ros.nodes.bag_player import PlayerConfig

    arguments = declared_arguments(REPLAY)
    fields = {field.name.removesuffix("_s") for field in dataclasses.fields(PlayerConfig)}
    assert fields <= set(arguments)
    assert all("description" in words for words in arguments.values())


@pytest.fixture(name="load")
def load_fixture() -> Callable[[Path], ModuleType]:
    reason = "launch and launch_ros come with a ROS 2 installation, they are not on PyPI"
    pytest.importorskip("launch_ros", reason=reason)
    return load_file


def load_file(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.name.split(".")[0], file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def launch_file(load) -> ModuleType:
    return load(FILE)


def actions_of(launch_file, **arguments: str):
    from launch import LaunchContext

    context = LaunchContext()
    for argument in launch_file.ARGUMENTS:
        value = "".join(part.perform(context) for part in argument.default_value or [])
        context.launch_configurations[argument.name] = value
    context.launch_configurations.update(arguments)
    start = getattr(launch_file, "start_graph", None) or launch_file.start_replay
    return context, start(context)


def test_the_defaults_start_the_default_graph(launch_file):
    from launch_ros.actions import Node

    _, actions = actions_of(launch_file, record="false")
    nodes = [action for action in actions if isinstance(action, Node)]
    graph = describe(GraphOptions())
    assert [node.node_executable for node in nodes] == [n.executable for n in graph.nodes]


def test_arguments_reach_the_graph_and_parts_can_be_left_out(launch_file):
    from launch_ros.actions import Node

    chosen = {"vehicle": "none", "use_sim_time": "false", "seed": "3", "record": "false"}
    _, actions = actions_of(launch_file, **chosen)
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
    context, actions = actions_of(launch_file, namespace="d1")
    words = ["".join(part.perform(context) for part in word) for word in actions[-1].cmd]
    assert words[:5] == ["ros2", "bag", "record", "--storage", "mcap"]
    assert words[5:7] == ["--storage-preset-profile", "zstd_fast"]
    assert "/d1/odom" in words
    assert "/clock" in words
    assert {word for word in words if word.startswith("/")} == set(
        describe(GraphOptions(namespace="d1")).recorded_topics
    )
    _, unrecorded = actions_of(launch_file, record="false")
    assert len(unrecorded) == len(actions) - 1


def test_a_folder_that_takes_no_bag_is_refused_with_the_way_out(
    launch_file, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bags").write_text("")
    with pytest.raises(UsageError, match=r"cannot create .*bags: .* record:=false"):
        actions_of(launch_file)


def test_rebuilding_starts_map_and_field_beside_the_player(load):
    _, actions = actions_of(load(REPLAY), bag="a_bag", rebuild="true", namespace="d1")
    assert [action.node_executable for action in actions] == [
        "live_map",
        "info_field",
        "bag_player",
    ]


LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
file, *words = sys.argv[1:]
arguments = [word.split(":=", 1) for word in words]
service = LaunchService()
service.include_launch_description(
    IncludeLaunchDescription(PythonLaunchDescriptionSource(file), launch_arguments=arguments)
)
sys.exit(service.run())
"""  # what ros2 launch does


def test_the_replay_launch_file_plays_a_bag_and_ends_with_it(load, tmp_path, monkeypatch):
    import rclpy
    from rclpy.context import Context
    from rclpy.executors import SingleThreadedExecutor
    from std_msgs.msg import String

    from live_mvp_ros.bags.types import OfferedQos, Topic
    from live_mvp_ros.bags.writer import BagWriter

    monkeypatch.setenv("ROS_DOMAIN_ID", "79")
    writer = BagWriter(tmp_path / "bag")
    for name in ("/words", "/songs"):
        writer.add(Topic(name, "std_msgs/msg/String", "string data\n", "", (OfferedQos(),)))
        for i in range(40):
            time_ns = 1_700_000_000_000_000_000 + i * 20_000_000
            writer.write(name, time_ns, b"\0\1\0\0\2\0\0\0a\0\0\0")
    writer.close()
    context = Context()
    rclpy.init(context=context)
    node = rclpy.create_node("listener", context=context)
    heard: dict[str, list[str]] = {"/said": [], "/songs": []}
    for topic, words in heard.items():
        node.create_subscription(String, topic, lambda m, to=words: to.append(m.data), 100)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    arguments = [f"bag:={tmp_path / 'bag'}", "remap:=/words:=/said", "topics:=/words"]
    command = [sys.executable, "-c", LAUNCH, str(REPLAY), *arguments, "rate:=2.0"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True)
    try:
        end = time.monotonic() + 60.0
        while process.poll() is None and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.1)
        assert process.poll() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):  # what it has launched, too
            os.killpg(process.pid, signal.SIGKILL)
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()
    assert heard == {"/said": ["a"] * 40, "/songs": []}
