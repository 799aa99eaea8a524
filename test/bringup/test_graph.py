# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The description of the graph: who runs, what they are told, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import pty
import re
from pathlib import Path

import pytest
import yaml
from fixed_pilot import file_that_says

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.graph import Graph, GraphOptions, describe
from live_mvp_ros.control.controller import ControllerConfig
from live_mvp_ros.nodes.policy_controller.policy_parameters import FlownConfig
from live_mvp_ros.planning.progress import LONGEST_PATIENCE_S
from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS

OFFICE_START = (1.5, 5.0, 2.0)
OFFICE_GOAL = (9.0, 5.0, 2.0)


def node_of(graph: Graph, name: str):
    return next(node for node in graph.nodes if node.name == name)


def test_the_default_graph_has_the_five_nodes_and_tells_them_the_mission():
    graph = describe(GraphOptions())
    names = [node.name for node in graph.nodes]
    assert names == ["quadrotor_sim", "gt_depth", "live_map", "info_field", "imppi_controller"]
    start = node_of(graph, "quadrotor_sim").parameters
    assert start["start_position_m"] == OFFICE_START
    for name in ("info_field", "imppi_controller"):
        assert node_of(graph, name).parameters["goal_m"] == OFFICE_GOAL
    assert all(node.parameters["use_sim_time"] is True for node in graph.nodes)
    fence = node_of(graph, "imppi_controller").parameters
    assert fence["lower_m"] == (0.0, 0.0, 0.0)
    assert fence["upper_m"] == (14.0, 12.0, 3.0)


def test_only_the_depth_camera_learns_which_world_it_is():
    graph = describe(GraphOptions(world="seed"))
    told = [node.name for node in graph.nodes if "seed" in node.parameters.values()]
    assert told == ["gt_depth"]


def test_a_mission_is_mapped_and_flown_at_the_altitude_of_its_start():
    graph = describe(GraphOptions(world="seed"))
    assert node_of(graph, "live_map").parameters["body.altitude_m"] == 1.5
    assert node_of(graph, "imppi_controller").parameters["body.altitude_m"] == 1.5


def test_a_namespace_moves_every_node_and_recorded_topic():
    graph = describe(GraphOptions(namespace="/fleet/drone1"))
    assert all(node.full_name == f"/fleet/drone1/{node.name}" for node in graph.nodes)
    assert "/fleet/drone1/odom" in graph.recorded_topics
    assert "/clock" in graph.recorded_topics
    command = node_of(graph, "live_map").command
    assert "__ns:=/fleet/drone1" in command


def test_the_simulator_of_a_second_drone_follows_the_clock_of_the_first():
    for follows in (False, True):
        graph = describe(GraphOptions(namespace="drone2", follow_clock=follows))
        assert node_of(graph, "quadrotor_sim").parameters["follow_clock"] is follows


@pytest.mark.parametrize("vehicle", ["sim", "none"])
def test_who_flies_by_odometry_expects_the_drift_that_is_simulated(vehicle):
    drift = {"drift_m_per_m": 0.005, "heading_drift_deg_per_m": 0.05}
    graph = describe(GraphOptions(vehicle=vehicle, **drift))
    told = {
        node.name: {k: v for k, v in node.parameters.items() if k.startswith("odometry.")}
        for node in graph.nodes
    }
    said = {
        "odometry.drift_m_per_m": 0.005,
        "odometry.heading_drift_rad_per_m": pytest.approx(math.radians(0.05)),
    }
    simulated = {"quadrotor_sim": said, "gt_depth": {}} if vehicle == "sim" else {}
    assert told == {**simulated, "live_map": said, "info_field": said, "imppi_controller": {}}


def test_a_drifting_frame_has_one_publisher_and_who_flies_in_it_keeps_away():
    from live_mvp_ros.vehicle.odometry import ALIGNED_WITHIN_M

    drifting = describe(GraphOptions(drift_m_per_m=0.005))
    assert node_of(drifting, "quadrotor_sim").parameters["frames.map_to_odom"] == "external"
    assert "frames.map_to_odom" not in node_of(drifting, "live_map").parameters
    for name in ("live_map", "info_field", "imppi_controller"):
        assert node_of(drifting, name).parameters["body.margin_m"] == ALIGNED_WITHIN_M
    exact = describe(GraphOptions())
    assert "frames.map_to_odom" not in node_of(exact, "quadrotor_sim").parameters
    assert all("body.margin_m" not in node.parameters for node in exact.nodes)


def test_where_a_slam_says_where_odometry_lies_the_map_does_not_align():
    graph = describe(GraphOptions(map_to_odom="external", drift_m_per_m=0.005))
    for name in ("quadrotor_sim", "live_map"):
        assert node_of(graph, name).parameters["frames.map_to_odom"] == "external"
    drifts = {node.name: "odometry.drift_m_per_m" in node.parameters for node in graph.nodes}
    assert [name for name, told in drifts.items() if told] == ["quadrotor_sim"]


def test_a_file_that_says_drift_is_lived_with_as_an_option_is(tmp_path):
    pytest.importorskip("rclpy", reason="the nodes are ROS 2 nodes")
    told = "/**:\n  ros__parameters: {odometry.drift_m_per_m: 0.005}\n"
    (tmp_path / "drift.yaml").write_text(told)
    by_file = describe(GraphOptions(params_file=str(tmp_path / "drift.yaml")))
    by_option = describe(GraphOptions(drift_m_per_m=0.005))
    for node, other in zip(by_file.nodes, by_option.nodes, strict=True):
        assert node.parameters == other.parameters
    own = "/**:\n  ros__parameters: {odometry.drift_m_per_m: 0.005, body.margin_m: 0.07}\n"
    (tmp_path / "own.yaml").write_text(own)
    careful = describe(GraphOptions(params_file=str(tmp_path / "own.yaml")))
    assert node_of(careful, "live_map").parameters["body.margin_m"] == 0.07


def test_the_real_drone_of_our_file_is_one_for_graph_and_loop():
    pytest.importorskip("rclpy", reason="the nodes are ROS 2 nodes")
    from live_mvp_ros.cli.file_options import read_settings

    file = Path(__file__).resolve().parents[2] / "config" / "real_drone.yaml"
    flown = node_of(describe(GraphOptions(params_file=str(file))), "quadrotor_sim").parameters
    assert flown["frames.map_to_odom"] == "external"
    settings = read_settings(file)
    for group in ("odometry", "disturbances"):
        said = {name: value for name, value in flown.items() if name.startswith(f"{group}.")}
        assert said == {f"{group}.{name}": value for name, value in settings[group].items()}


def test_every_node_has_the_parameters_of_drift_that_it_is_told():
    pytest.importorskip("rclpy", reason="the nodes are ROS 2 nodes")
    from live_mvp_ros.bringup.overrides import default_of
    from live_mvp_ros.ros.parameters import entries

    for node in describe(GraphOptions(drift_m_per_m=0.01, heading_drift_deg_per_m=1.0)).nodes:
        known = {entry.name: entry for entry in entries(default_of(node.executable))}
        told = [name for name in node.parameters if name.startswith("odometry.")]
        assert all(known[name].default == 0.0 for name in told)


def test_odometry_is_exact_and_nobody_is_told_so_by_default():
    told = [name for node in describe(GraphOptions()).nodes for name in node.parameters]
    assert not [name for name in told if name.startswith("odometry.")]


@pytest.mark.parametrize(
    ("options", "left_out"),
    [
        (GraphOptions(vehicle="none"), {"quadrotor_sim", "gt_depth"}),
        (GraphOptions(vehicle="none", camera="sim"), {"quadrotor_sim"}),
        (GraphOptions(camera="none"), {"gt_depth"}),
        (GraphOptions(controller="none"), {"imppi_controller"}),
    ],
)
def test_parts_can_be_replaced_by_something_else(options, left_out):
    everything = {node.name for node in describe(GraphOptions()).nodes}
    assert {node.name for node in describe(options).nodes} == everything - left_out


def test_a_vehicle_behind_an_autopilot_stands_where_the_mission_starts_and_waits_for_it():
    options = GraphOptions(
        vehicle="mavlink", autopilot="ardupilot", url="tcp:10.0.0.2:5760", system_id=3
    )
    graph = describe(options)
    assert [node.name for node in graph.nodes][:2] == ["mavlink_driver", "gt_depth"]
    told = graph.nodes[0].parameters
    assert told["autopilot"] == "ardupilot"
    assert (told["url"], told["system_id"]) == ("tcp:10.0.0.2:5760", 3)
    x, y, z = graph.facts.start_m
    assert told["origin_m"] == (x, y, graph.facts.lower_m[2])  # on the ground
    assert told["body.altitude_m"] == z
    assert told["frames.map_to_odom"] == "external"  # no odometry of an autopilot is exact
    assert node_of(graph, "live_map").parameters["odometry.drift_m_per_m"] == 0.0005
    said = describe(dataclasses.replace(options, drift_m_per_m=0.01))
    assert node_of(said, "live_map").parameters["odometry.drift_m_per_m"] == 0.01
    slam = describe(dataclasses.replace(options, map_to_odom="external"))
    assert "odometry.drift_m_per_m" not in node_of(slam, "live_map").parameters
    assert not any(node.parameters["use_sim_time"] for node in graph.nodes)
    flown = node_of(graph, "imppi_controller").parameters
    measured = AUTOPILOTS["ardupilot"].handling
    assert flown["autostart"] is False
    assert flown["latency_s"] == pytest.approx(ControllerConfig().latency_s + measured.delay_s)
    assert flown["vehicle.rate_time_constant_s"] == measured.rate_time_constant_s
    assert flown["vehicle.yaw_time_constant_s"] == measured.yaw_time_constant_s
    assert "autostart" not in node_of(describe(GraphOptions()), "imppi_controller").parameters


def test_a_command_line_carries_parameters_as_yaml():
    words = node_of(describe(GraphOptions()), "imppi_controller").arguments
    given = dict(word.split(":=", 1) for word in words if ":=" in word and "__" not in word)
    assert yaml.safe_load(given["goal_m"]) == list(OFFICE_GOAL)
    assert yaml.safe_load(given["use_sim_time"]) is True


def test_a_users_world_gives_its_own_mission_and_an_absolute_path(tmp_path, monkeypatch):
    world = {
        "name": "mine",
        "lower_m": [-1, -2, 0],
        "upper_m": [3, 4, 5],
        "start_m": [0, 0, 1],
        "goal_m": [1, 1, 1],
        "primitives": [],
    }
    (tmp_path / "mine.json").write_text(json.dumps(world))
    monkeypatch.chdir(tmp_path)
    graph = describe(GraphOptions(world="mine.json"))
    assert graph.facts.lower_m == (-1.0, -2.0, 0.0)
    assert graph.facts.start_yaw_rad == 0.0
    path = node_of(graph, "gt_depth").parameters["world"]
    assert path == str(tmp_path / "mine.json")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (GraphOptions(world="atlantis"), ["no world 'atlantis'", "office", "seed"]),
        (GraphOptions(world="/nowhere/x.yaml"), ["/nowhere/x.yaml does not exist"]),
        (GraphOptions(controller="ai"), ["controller = 'ai'", "imppi"]),
        (GraphOptions(vehicle="boat"), ["vehicle = 'boat'", "sim"]),
        (GraphOptions(camera="lidar"), ["camera = 'lidar'", "sim, none"]),
        (GraphOptions(map_to_odom="slam"), ["map_to_odom = 'slam'", "identity, external"]),
        (GraphOptions(namespace="1st drone"), ["namespace = '1st drone'"]),
        (GraphOptions(follow_clock=True, vehicle="none"), ["follow_clock", "vehicle = 'none'"]),
        (
            GraphOptions(follow_clock=True, real_time_factor=0.3),
            ["real_time_factor = 0.3 is not allowed with follow_clock"],
        ),
        (
            GraphOptions(vehicle="mavlink", autopilot="kk2"),
            ["autopilot = 'kk2'", "px4, ardupilot"],
        ),
        (GraphOptions(vehicle="mavlink", url="udp:x"), ["url = 'udp:x'", "serial:DEVICE:BAUD"]),
        (GraphOptions(url="tcp:127.0.0.1:5760"), ["url = 'tcp:", "'mavlink'"]),
        (GraphOptions(system_id=2), ["system_id = 2", "'mavlink'"]),
        (GraphOptions(vehicle="mavlink", system_id=0), ["system_id = 0", "1 to 255"]),
        (
            GraphOptions(vehicle="mavlink", use_sim_time=True),
            ["use_sim_time", "time of the system"],
        ),
        (GraphOptions(vehicle="mavlink", real_time_factor=0.5), ["real_time_factor = 0.5"]),
        (GraphOptions(drift_m_per_m=-0.1), ["drift_m_per_m = -0.1", "0 to 0.2"]),
        (GraphOptions(heading_drift_deg_per_m=7.0), ["heading_drift_deg_per_m = 7", "0 to 5"]),
        (GraphOptions(params_file="/nowhere/p.yaml"), ["/nowhere/p.yaml does not exist"]),
    ],
)
def test_wrong_options_are_refused_with_a_sentence(options, words):
    with pytest.raises(UsageError) as caught:
        describe(options)
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("live_map: [1, 2", "is not valid YAML"),
        ("- a list", "must hold a mapping"),
        ("", "must hold a mapping"),
        ("live_mapp:\n  ros__parameters: {rate_hz: 4.0}", "no node live_mapp in the graph"),
        ("gt_depth:\n  rate_hz: 4.0", "gt_depth has no ros__parameters"),
        ("gt_depth: 3", "must hold ros__parameters"),
        ("live_map: 3", "must hold settings with their values, or ros__parameters"),
        ("live_map:\n  ros__parameters: 3", "must hold names and values"),
    ],
)
def test_wrong_parameter_files_are_refused_with_a_sentence(tmp_path: Path, text: str, word: str):
    file = tmp_path / "p.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=word) as caught:
        describe(GraphOptions(params_file=str(file)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"goal_m": [1, 2]}, "goal_m must be a list of 3 numbers"),
        ({"start_m": "here"}, "start_m must be a list of 3 numbers"),
        ({"start_yaw_rad": "north"}, "start_yaw_rad must be a number"),
        ({"upper_m": None}, "upper_m must be a list of 3 numbers"),
    ],
)
def test_worlds_without_mission_facts_are_refused(tmp_path: Path, change: dict, word: str):
    world = {"lower_m": [0, 0, 0], "upper_m": [1, 1, 1], "start_m": [0, 0, 0], "goal_m": [1, 1, 1]}
    file = tmp_path / "w.yaml"
    file.write_text(yaml.safe_dump(world | change))
    with pytest.raises(UsageError, match=word):
        describe(GraphOptions(world=str(file)))


def test_the_map_file_reaches_the_map_node_and_nothing_is_restored_without_one():
    def live_map(options):
        return next(node for node in describe(options).nodes if node.name == "live_map")

    saving = live_map(GraphOptions(map_file="/tmp/run/map.npz"))
    assert saving.parameters["autosave_path"] == "/tmp/run/map.npz"
    assert "autosave_path" not in live_map(GraphOptions()).parameters


def test_only_the_depth_camera_is_told_the_true_pose():
    graph = describe(GraphOptions(namespace="drone1", shared_tf=True))
    told = [
        node.name
        for node in graph.nodes
        if any("ground_truth" in target for _, target in node.remappings)
    ]
    assert told == ["gt_depth"]
    assert "odom:=ground_truth/odom" in node_of(graph, "gt_depth").command
    assert "/drone1/ground_truth/odom" in graph.recorded_topics


def test_a_time_limit_is_the_missions_own_so_that_everybody_gives_one_reason():
    def limit_of(options):
        (node,) = [n for n in describe(options).nodes if n.name == "imppi_controller"]
        return node.parameters.get("mission.time_limit_s")

    assert limit_of(GraphOptions(time_limit_s=25.0)) == 25.0
    assert limit_of(GraphOptions()) is None


def test_a_policy_takes_the_place_of_the_controller_and_the_others_are_told(tmp_path):
    file = file_that_says(tmp_path / "policy.npz", [0.0] * 6)
    graph = describe(GraphOptions(controller="policy", checkpoint=str(file), time_limit_s=30.0))
    names = [node.name for node in graph.nodes]
    assert names == ["quadrotor_sim", "gt_depth", "live_map", "info_field", "policy_controller"]
    told = node_of(graph, "policy_controller").parameters
    assert told["checkpoint"] == str(file)
    assert told["upper_m"] == (14.0, 12.0, 3.0)
    assert told["mission.time_limit_s"] == 30.0
    assert "goal_m" not in told
    assert node_of(graph, "live_map").parameters["fields_rate_hz"] > 0.0
    assert "fields_rate_hz" not in node_of(describe(GraphOptions()), "live_map").parameters
    patience_s = node_of(graph, "info_field").parameters["progress.patience_s"]
    assert patience_s == LONGEST_PATIENCE_S
    flown = GraphOptions(controller="policy", checkpoint=str(file), vehicle="mavlink")
    behind = node_of(describe(flown), "policy_controller").parameters
    assert behind["autostart"] is False
    assert behind["latency_s"] == pytest.approx(
        FlownConfig().latency_s + AUTOPILOTS["px4"].handling.delay_s
    )


def test_a_policy_that_cannot_be_flown_is_refused_before_anything_starts(tmp_path):
    other = tmp_path / "notes.txt"
    other.write_text("fly well")
    for options, words in (
        ({"controller": "policy"}, "needs the file of a policy"),
        ({"controller": "policy", "checkpoint": str(other)}, f"{other}: is not a whole file"),
        ({"controller": "policy", "checkpoint": "/no/such.npz"}, "there is no such file"),
        ({"checkpoint": str(other)}, "not allowed with controller = 'imppi'"),
    ):
        with pytest.raises(UsageError, match=re.escape(words)):
            describe(GraphOptions(**options))


def test_teleop_takes_the_place_of_the_controller_and_the_terminal_of_the_command(monkeypatch):
    ours, theirs = pty.openpty()
    try:
        monkeypatch.setattr("sys.stdin", os.fdopen(os.dup(theirs)))
        graph = describe(GraphOptions(controller="teleop", namespace="drone1"))
        flown = node_of(graph, "teleop")
        assert flown.parameters["terminal"] == os.ttyname(theirs)
        assert flown.parameters["body.altitude_m"] == 2.0
        assert flown.parameters["upper_m"] == (14.0, 12.0, 3.0)
        assert flown.full_name == "/drone1/teleop"
        assert "imppi_controller" not in [node.name for node in graph.nodes]
        assert not graph.options.has_mission
        assert GraphOptions().has_mission
    finally:
        os.close(ours)
        os.close(theirs)


def test_teleop_without_a_terminal_is_refused(monkeypatch):
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        with pytest.raises(UsageError, match="its keys come from a terminal, and there is none"):
            describe(GraphOptions(controller="teleop"))
