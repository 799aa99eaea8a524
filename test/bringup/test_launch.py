# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The launch files: they offer every option, and start the described graph, or play a bag."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import launch_stand_in
import pytest
from fixed_pilot import file_that_says
from optional import need
from patience import PATIENCE_S

from live_mvp_ros.bags.bag_types import OfferedQos, Topic
from live_mvp_ros.bags.writer import BagWriter
from live_mvp_ros.bringup import cores
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
    from live_mvp_ros.nodes.bag_player.node import PlayerConfig

    arguments = declared_arguments(REPLAY)
    fields = {field.name.removesuffix("_s") for field in dataclasses.fields(PlayerConfig)}
    assert fields <= set(arguments)
    assert all("description" in words for words in arguments.values())


def load_file(file: Path) -> ModuleType:
    name = f"loaded_{file.name.split('.')[0]}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(name="load", params=["stand-in", "launch_ros"])
def load_fixture(request, monkeypatch) -> Callable[[Path], ModuleType]:
    """Load launch files with the real launch, and with one that only records."""
    if request.param == "launch_ros":
        reason = "launch and launch_ros come with a ROS 2 installation, they are not on PyPI"
        pytest.importorskip("launch_ros", reason=reason)
    else:
        use_stand_in(monkeypatch)
    return load_file


def use_stand_in(monkeypatch) -> None:
    for name, module in launch_stand_in.modules(FILE.parents[1]).items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture(name="launched")
def launched_fixture(monkeypatch, tmp_path) -> Callable[..., Launched]:
    """Do what ``ros2 launch`` would do with a file and arguments, and return what it starts."""
    use_stand_in(monkeypatch)
    monkeypatch.chdir(tmp_path)

    def launch(file: Path, **given: str) -> Launched:
        context, entities = launch_stand_in.perform(
            load_file(file).generate_launch_description(), given
        )
        nodes = [item for item in entities if isinstance(item, launch_stand_in.Node)]
        others = [item for item in entities if item not in nodes]
        return Launched(context, nodes, others)

    return launch


class Launched(NamedTuple):
    context: Any
    nodes: list[Any]
    others: list[Any]


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


@pytest.fixture
def bag(tmp_path: Path) -> str:
    """Return the folder of a bag with one message."""
    writer = BagWriter(tmp_path / "bag")
    writer.add(Topic("/words", "std_msgs/msg/String", "string data\n", "", (OfferedQos(),)))
    writer.write("/words", 1_700_000_000_000_000_000, b"\0\1\0\0\2\0\0\0a\0\0\0")
    writer.close()
    return str(tmp_path / "bag")


def test_rebuilding_starts_map_and_field_beside_the_player(load, bag):
    _, actions = actions_of(load(REPLAY), bag=bag, rebuild="true", namespace="d1")
    assert [action.node_executable for action in actions] == [
        "live_map",
        "info_field",
        "bag_player",
    ]


CHOICES: list[dict[str, str]] = [
    {},
    {"namespace": "fleet/d1", "seed": "3", "world": "seed"},
    {"namespace": "d2", "follow_clock": "true", "shared_tf": "true"},
    {"vehicle": "none", "use_sim_time": "false"},
    {"vehicle": "mavlink", "autopilot": "ardupilot", "url": "serial:/dev/ttyACM0:57600"},
    {"vehicle": "mavlink", "system_id": "7"},
    {"controller": "none", "map_file": "/maps/m.npz", "real_time_factor": "0.5"},
]


def options_of(given: dict[str, str]) -> GraphOptions:
    """Return what launch arguments mean, worked out from the fields of the options."""
    values: dict[str, Any] = dict(given)
    for field in dataclasses.fields(GraphOptions):
        if given.get(field.name) in ("true", "false"):
            values[field.name] = given[field.name] == "true"
        elif field.name in given and isinstance(field.default, int | float):
            values[field.name] = type(field.default)(given[field.name])
    return GraphOptions(**values)


def test_a_policy_is_launched_with_its_file(launched, tmp_path):
    file = file_that_says(tmp_path / "policy.npz", [0.0] * 6)
    nodes = launched(FILE, record="false", controller="policy", checkpoint=str(file)).nodes
    assert nodes[-1].node_executable == "policy_controller"
    assert nodes[-1].parameters[0]["checkpoint"] == str(file)


@pytest.mark.parametrize("given", CHOICES, ids=str)
def test_every_node_is_launched_exactly_as_the_graph_describes_it(launched, given):
    specs = describe(options_of(given)).nodes
    nodes = launched(FILE, record="false", **given).nodes
    assert len(nodes) == len(specs)
    for node, spec in zip(nodes, specs, strict=True):
        assert (node.node_package, node.node_executable) == ("live_mvp_ros", spec.executable)
        assert (node.node_name, node.namespace) == (spec.name, spec.namespace)
        assert node.parameters == [json.loads(json.dumps(dict(spec.parameters)))]
        assert node.remappings == list(spec.remappings)
        assert node.respawn is True
        assert node.respawn_delay == spec.respawn.first_delay_s
        assert (node.prefix or "").endswith(f"nice -n {spec.niceness}" if spec.niceness else "")
        assert node.output == "screen"


@pytest.mark.parametrize("compiled", [True, False])
def test_a_launch_that_has_to_compile_first_is_not_divided(
    launch_file, tmp_path, monkeypatch, compiled
):
    """Launch cannot move a process later, and compiling on one core takes twice as long."""
    monkeypatch.setenv("LIVE_MVP_ROS_CACHE", str(tmp_path))
    if compiled:
        (tmp_path / "jax").mkdir()
        (tmp_path / "jax" / "program").write_text("")
    asked: list[object] = []
    division = cores.Division({}, "asked")
    monkeypatch.setattr(cores, "divide", lambda *words: asked.append(words) or division)
    monkeypatch.setattr(launch_file.shutil, "which", lambda _: "/usr/bin/taskset")
    found = launch_file.divided("auto")
    assert bool(asked) is compiled
    assert compiled or "compiles" in found.reason
    asked.clear()
    launch_file.divided("0,1")  # who says which cores has them from the start
    assert asked


def test_a_parameters_file_reaches_the_launched_nodes_in_their_namespace(launched, tmp_path):
    pytest.importorskip("rclpy", reason="what the nodes declare is known to their modules")
    need("jax")
    file = tmp_path / "p.yaml"
    file.write_text("live_map: {ros__parameters: {map_rate_hz: 4}}")
    nodes = launched(FILE, record="false", namespace="d1", params_file=str(file)).nodes
    told = {node.node_name: node.parameters for node in nodes}
    assert told["live_map"][0]["map_rate_hz"] == 4.0
    assert all(len(parameters) == 1 for parameters in told.values())


def test_a_wrong_parameters_file_is_refused_before_anything_is_launched(launched, tmp_path):
    pytest.importorskip("rclpy", reason="what the nodes declare is known to their modules")
    need("jax")
    file = tmp_path / "p.yaml"
    file.write_text("live_map: {ros__parameters: {map_rate_hz: -4}}")
    with pytest.raises(UsageError, match=r"p.yaml: live_map: map_rate_hz = -4 is not allowed"):
        launched(FILE, params_file=str(file))
    assert not (tmp_path / "bags").exists()
    file.write_text("recorder: {ros__parameters: {compression: none}}")
    with pytest.raises(UsageError, match="there is no node recorder in the graph"):
        launched(FILE, params_file=str(file))


def test_a_launch_stays_on_this_machine_unless_it_is_told_otherwise(launched, bag, monkeypatch):
    name = "ROS_AUTOMATIC_DISCOVERY_RANGE"
    monkeypatch.delenv(name, raising=False)
    for file, given in ((FILE, {"record": "false"}), (REPLAY, {"bag": bag})):
        assert launched(file, **given).context.environment == {name: "LOCALHOST"}
    monkeypatch.setenv(name, "SUBNET")
    assert launched(FILE, record="false").context.environment == {}


@pytest.mark.parametrize("shared", ["true", "false"])
def test_rviz_shows_the_namespace_with_its_own_transforms_or_the_shared_ones(launched, shared):
    (rviz,) = (
        node
        for node in launched(
            FILE, record="false", rviz="true", namespace="d1", shared_tf=shared
        ).nodes
        if node.node_package == "rviz2"
    )
    assert rviz.namespace == "d1"
    assert rviz.arguments[0] == "-d"
    assert Path(rviz.arguments[1]).is_file()
    own = [("/tf", "tf"), ("/tf_static", "tf_static")]
    assert rviz.remappings == ([] if shared == "true" else own)


def test_replay_plays_with_the_parameters_that_the_player_declares(launched):
    pytest.importorskip("rclpy", reason="the player is a ROS 2 node")
    from live_mvp_ros.nodes.bag_player.node import PlayerConfig
    from live_mvp_ros.ros.parameters import build

    given = {"bag": str(REPLAY), "rate": "2", "start": "3.5", "loop": "true", "paused": "true"}
    given |= {"topics": "/odom /tf", "wait_for": "/odom", "remap": "/odom:=/old/odom"}
    (player,) = launched(REPLAY, **given).nodes
    assert build(PlayerConfig(), player.parameters[0]) == PlayerConfig(
        bag=str(REPLAY),
        rate=2.0,
        start_s=3.5,
        loop=True,
        paused=True,
        topics=("/odom", "/tf"),
        wait_for=("/odom",),
    )
    assert player.remappings == [("/odom", "/old/odom")]
    assert isinstance(player.on_exit, launch_stand_in.Shutdown)


def test_rebuilding_runs_the_graph_of_the_bags_namespace_and_plays_its_inputs(launched):
    started = launched(REPLAY, bag=str(REPLAY), rebuild="true", namespace="/d1/", world="seed")
    *nodes, player = started.nodes
    options = GraphOptions(world="seed", namespace="d1", vehicle="none", controller="none")
    for node, spec in zip(nodes, describe(options).nodes, strict=True):
        assert (node.node_name, node.namespace) == (spec.name, "d1")
        assert node.parameters[0].keys() == spec.parameters.keys()
    assert player.parameters[0]["wait_for"] == ["/d1/depth/points"]
    assert "/d1/odom" in player.parameters[0]["topics"]


def test_a_replay_begins_at_take_off_where_that_is_asked_for(launched, tmp_path):
    kind, name = "live_mvp_ros/msg/ExplorationStatus", "/exploration/status"
    writer = BagWriter(tmp_path / "bag")
    writer.add(Topic(name, kind, "", "", (OfferedQos(),)))
    for tenth, state in enumerate((0, 1, 2)):
        written = b"\0\1\0\0" + bytes(8) + b"\1\0\0\0" + bytes([0, state])
        writer.write(name, tenth * 100_000_000, written)
    writer.close()
    (player,) = launched(REPLAY, bag=str(tmp_path / "bag"), start="take-off").nodes
    assert player.parameters[0]["start_s"] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"start": "soon"}, "start = 'soon' is not allowed"),
        ({"start": "-1"}, "start = '-1' is not allowed: it must be between 0 and 1e[+]09"),
        ({"rate": "0"}, "rate = '0' is not allowed: it must be between 0.01 and 100"),
        ({"rate": "nan"}, "rate = 'nan' is not allowed: it must be between 0.01 and 100"),
        ({"rate": "fast"}, "rate = 'fast' is not allowed: it must be a number"),
        ({"bag": "gone"}, "there is no bag at gone"),
        ({"bag": "gone", "start": "take-off"}, "there is no bag at gone"),
        ({"bag": ""}, "bag = '' is not allowed: it must be the path of a bag"),
        ({"remap": "/odom"}, "remap = '/odom' is not allowed: .* FROM:=TO"),
        ({"params_file": "p.yaml"}, "params_file = 'p.yaml' is not allowed without rebuild:=true"),
    ],
    ids=str,
)
def test_a_replay_refuses_an_argument_that_means_nothing_by_its_name(
    launched, tmp_path, given, sentence
):
    with pytest.raises(UsageError, match=sentence):
        launched(REPLAY, **{"bag": str(tmp_path), **given})


def test_the_limits_of_a_replay_are_those_of_the_player():
    pytest.importorskip("rclpy", reason="the player is a ROS 2 node")
    from live_mvp_ros.base.config import info_of
    from live_mvp_ros.nodes.bag_player.node import PlayerConfig

    limits = {
        call.args[0].value: (call.args[2].value, call.args[3].value)  # type: ignore[attr-defined]
        for call in ast.walk(ast.parse(REPLAY.read_text()))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "between"
    }
    fields = {field.name: info_of(field) for field in dataclasses.fields(PlayerConfig)}
    assert limits["rate"] == (fields["rate"].low, fields["rate"].high)
    assert limits["start"] == (fields["start_s"].low, fields["start_s"].high)


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


def test_the_replay_launch_file_plays_a_bag_and_ends_with_it(tmp_path, monkeypatch):
    reason = "launch and launch_ros come with a ROS 2 installation, they are not on PyPI"
    pytest.importorskip("launch_ros", reason=reason)
    import rclpy
    from rclpy.context import Context
    from rclpy.executors import SingleThreadedExecutor
    from std_msgs.msg import String

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
        end = time.monotonic() + PATIENCE_S
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
