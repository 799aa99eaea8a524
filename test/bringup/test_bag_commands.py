# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""live-mvp bag, replay and view: what they say of a bag, and of what is none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="replay and view need ROS 2")

from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from live_mvp_ros.bags.bag_types import OfferedQos, Topic
from live_mvp_ros.bags.writer import BagWriter
from live_mvp_ros.cli.main import main

START_NS = 1_700_000_000_000_000_000
COMMANDS = (["bag", "info"], ["replay"], ["view", "--save", "x.rrd"])


def make_bag(
    folder: Path, kind: str = "std_msgs/msg/String", count: int = 50, name: str = "/words"
) -> None:
    """Write messages 20 ms apart."""
    writer = BagWriter(folder)
    writer.add(Topic(name, kind, "string data\n", "", (OfferedQos(),)))
    for i in range(count):
        writer.write(name, START_NS + i * 20_000_000, b"\0\1\0\0\2\0\0\0a\0\0\0")
    writer.close({"lost": json.dumps({name: 1})})


def refused(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("live-mvp: ")
    assert said.count("\n") == 1
    assert words in said


def test_the_facts_of_a_bag_are_told_and_written(tmp_path, capsys):
    make_bag(tmp_path / "bag")
    file = tmp_path / "facts.json"
    assert main(["bag", "info", str(tmp_path / "bag"), "--json", str(file)]) == 0
    assert "0.980 s, 50 messages, lost: 1" in capsys.readouterr().out
    facts = json.loads(file.read_text())
    (topic,) = facts["topics"]
    assert (topic["name"], topic["type"], topic["count"], topic["lost"]) == (
        "/words", "std_msgs/msg/String", 50, 1
    )  # fmt: skip
    assert (facts["duration_s"], facts["lost"], facts["complete"]) == (0.98, 1, True)


def make_flights(folder: Path, states: dict[str, tuple[int, ...]]) -> None:
    """Write statuses of drones, 20 ms apart."""
    from rclpy.serialization import serialize_message

    from live_mvp_ros.msg import ExplorationStatus

    writer = BagWriter(folder)
    for name, said in states.items():
        topic = f"/{name}/exploration/status".replace("//", "/")
        writer.add(Topic(topic, "live_mvp_ros/msg/ExplorationStatus", "", "", (OfferedQos(),)))
        for i, state in enumerate(said):
            message = ExplorationStatus(state=state, reason="a reason" * i)
            message.header.frame_id = "map" if i % 2 else ""
            writer.write(topic, START_NS + i * 20_000_000, serialize_message(message))
    writer.close()


def test_the_facts_say_when_a_drone_takes_off(tmp_path, capsys):
    make_flights(tmp_path / "one", {"": (0, 1, 1, 5, 2, 2, 4)})
    file = tmp_path / "facts.json"
    assert main(["bag", "info", str(tmp_path / "one"), "--json", str(file)]) == 0
    assert json.loads(file.read_text())["take_off_s"] == {"": 0.08}
    assert "the drone takes off at 0.1 s (replay --start take-off)" in capsys.readouterr().out
    make_flights(tmp_path / "cut", {"d1": (0, 2, 2), "d2": (0, 0, 0)})
    cut = next((tmp_path / "cut").glob("*.mcap"))
    cut.write_bytes(cut.read_bytes()[:-60])
    assert main(["bag", "info", str(tmp_path / "cut"), "--json", str(file)]) == 0
    assert json.loads(file.read_text())["take_off_s"] == {"d1": 0.02}
    make_flights(tmp_path / "two", {"d1": (0, 0, 3), "d2": (0, 2, 2), "d3": (0, 0, 4)})
    assert main(["bag", "info", str(tmp_path / "two"), "--json", str(file)]) == 0
    assert json.loads(file.read_text())["take_off_s"] == {"d1": 0.04, "d2": 0.02}


def test_a_replay_begins_when_the_first_drone_takes_off(tmp_path, capsys):
    make_flights(tmp_path / "bag", {"d1": (0, 0, 3, 4), "d2": (0, 2, 2, 4)})
    file = tmp_path / "figures.json"
    words = ["replay", str(tmp_path / "bag"), "--headless", "--json", str(file)]
    assert main([*words, "--start", "take-off"]) == 0
    counts = json.loads(file.read_text())["rates_in"]
    statuses = [counts[f"/{name}/exploration/status"] for name in ("d1", "d2")]
    assert [item["replayed_count"] for item in statuses] == [3, 3]
    make_flights(tmp_path / "grounded", {"": (0, 0, 4)})
    capsys.readouterr()
    grounded = ["replay", str(tmp_path / "grounded"), "--start", "take-off"]
    refused(capsys, grounded, "does not say when a drone takes off")
    refused(capsys, ["replay", str(tmp_path / "bag"), "--start", "soon"], "nor take-off")
    refused(capsys, ["replay", str(tmp_path / "bag"), "--start", "-1"], "'-1' is neither seconds")


def test_a_bag_that_was_not_closed_is_completed(tmp_path, capsys):
    make_bag(tmp_path / "bag")
    (tmp_path / "bag" / "metadata.yaml").unlink()
    assert main(["bag", "info", str(tmp_path / "bag")]) == 0
    assert "not closed" in capsys.readouterr().out
    assert main(["bag", "reindex", str(tmp_path / "bag")]) == 0
    assert "not closed" not in capsys.readouterr().out
    assert (tmp_path / "bag" / "metadata.yaml").exists()


def cut(path: Path) -> None:
    make_bag(path)
    (path / "metadata.yaml").unlink()
    (file,) = path.glob("*.mcap")
    file.write_bytes(file.read_bytes()[:60])


def without_files(path: Path) -> None:
    make_bag(path)
    (path / "bag_0.mcap").unlink()


def text(path: Path) -> None:
    path.mkdir()
    (path / "bag_0.mcap").write_text("Dear reader,\n" * 50)


def cut_database(path: Path) -> None:
    """A bag of ros2 bag record whose disk was full."""
    store = get_typestore(Stores.ROS2_JAZZY)
    kind = "std_msgs/msg/String"
    with Writer(path, version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        connection = writer.add_connection("/words", kind, typestore=store)
        data = store.serialize_cdr(store.types[kind](data="a" * 100), kind)
        for i in range(500):
            writer.write(connection, START_NS + i, data)
    (file,) = path.glob("*.db3")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "no bag"),
        (lambda path: make_bag(path, count=0), "is empty"),
        (cut, "cannot be read"),
        (without_files, "has lost its messages"),
        (text, "cannot be read: it is empty, cut off or of another format"),
        (cut_database, "cannot be read: it is empty, cut off or of another format"),
    ],
    ids=("nothing", "empty", "truncated", "metadata", "text", "database"),
)
def test_what_holds_no_message_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    make: Callable[[Path], None],
    words: str,
):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "bag")
    refused(capsys, [*command, "bag"], words)
    assert not (tmp_path / "x.rrd").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bag", "info", "gone"], "there is no bag at gone"),
        (["replay", "gone"], "there is no bag at gone"),
        (["view", "gone"], "gone does not exist"),
        (["replay", "odd"], "odd_msgs/msg/Odd, which is not installed here"),
        (["replay", "bag", "--topic", "/songs"], "has no topic /songs: it has /words"),
        (["replay", "bag", "--start", "9"], "beyond the end of the bag"),
        (["replay", "bag", "--remap", "a"], "must be FROM:=TO"),
        (["replay", "bag", "--compare"], "has 0 topics depth/points"),
        (["replay", "bag", "--compare", "--loop"], "plays a whole flight"),
        (["replay", "bag", "--controller"], "need --compare"),
        (["replay", "bag", "--rate", "0"], "0.01<=x<=100"),
        (["replay", "bag", "--rate", "nan"], "0.01<=x<=100"),
        (["replay", "bag", "--start", "nan"], "0 or more"),
        (["replay", "bag", "--start", "inf"], "0 or more"),
        (["view", "bag", "--until", "nan"], "x>0"),
        (["view", "office", "--altitude", "nan"], "-1000"),
        (["view", "office", "--altitude", "500"], "between 0 and 3 m"),
        (["maps", "mesh", "a.npz", "a.xyz"], "must end in .ply"),
        (["maps", "save", "--namespace", "9x"], "'9x' is not allowed"),
        (["maps", "reset", "--namespace", "a b"], "'a b' is not allowed"),
        (["explore", "--timeout", "nan"], "x>0"),
        (["sim", "--time-limit", "inf"], "0.0<x"),
        (["maps", "picture", "a.npz", "a.png", "--altitude", "nan"], "-1000"),
        (["replay", "bag", "--remap", "/words:=/a b"], "cannot be renamed"),
        (["replay", "name"], "the topic no name cannot be published"),
        (["view", "bag", "--web", "--save", "x.rrd"], "choose one"),
        (["view", "bag", "--save", "no/x.rrd"], "no does not exist"),
        (["view", "plain"], "is no bag"),
        (["view", "bag", "--save", "x.rrd"], "nothing of the bag bag can be drawn"),
        (["view", "garbage", "--save", "x.rrd"], "a message of /odom is no nav_msgs/msg/Odometry"),
        (["bag", "info", "run"], "name the bag inside of it, run/bag"),
        (["report", "bag"], "bag is no folder of a run"),
        (["report", "gone"], "gone is no folder"),
    ],
)
def test_commands_used_wrongly_say_so(tmp_path, capsys, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    make_bag(tmp_path / "bag")
    make_bag(tmp_path / "odd", kind="odd_msgs/msg/Odd")
    make_bag(tmp_path / "garbage", "nav_msgs/msg/Odometry", name="/odom")
    make_bag(tmp_path / "name", name="no name")
    make_bag(tmp_path / "run" / "bag")
    (tmp_path / "plain").mkdir()
    refused(capsys, arguments, words)
    assert not (tmp_path / "x.rrd").exists()


def test_a_replay_publishes_under_other_names_at_the_rate_asked_for(tmp_path, monkeypatch):
    import rclpy
    from rclpy.context import Context
    from rclpy.executors import SingleThreadedExecutor
    from std_msgs.msg import String

    monkeypatch.setenv("ROS_DOMAIN_ID", "78")
    make_bag(tmp_path / "bag")
    context = Context()
    rclpy.init(context=context)
    node = rclpy.create_node("listener", context=context)
    heard: list[str] = []
    node.create_subscription(String, "/said", lambda message: heard.append(message.data), 100)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    file = tmp_path / "figures.json"
    words = ["--remap", "/words:=/said", "--rate", "0.5", "--headless", "--json", str(file)]
    try:
        assert main(["replay", str(tmp_path / "bag"), *words]) == 0
    finally:
        executor.shutdown()
        thread.join(5.0)
        node.destroy_node()
        context.try_shutdown()
    assert heard == ["a"] * 50
    played = json.loads(file.read_text())["rates_in"]["/words"]
    assert played["recorded_count"] == played["replayed_count"] == 50
    assert played["recorded_hz"] == 50.0
    assert played["replayed_hz"] == pytest.approx(50.0, rel=0.2)  # in seconds of the bag


def test_what_is_good_of_a_damaged_bag_is_played_and_the_rest_said_once(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("ROS_DOMAIN_ID", "78")
    make_bag(tmp_path / "bag")
    text = (tmp_path / "bag" / "metadata.yaml").read_text()
    text = text.replace("compression_format: ''", "compression_format: zstd")
    text = text.replace("compression_mode: ''", "compression_mode: MESSAGE")
    (tmp_path / "bag" / "metadata.yaml").write_text(text)
    assert main(["replay", str(tmp_path / "bag"), "--rate", "100", "--headless"]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "is damaged: 50 messages not compressed" in said.err
    (file,) = (tmp_path / "bag").glob("*.mcap")
    file.write_bytes(file.read_bytes().replace(b"a\0\0\0", b"b\0\0\0", 1))
    assert main(["replay", str(tmp_path / "bag"), "--rate", "100", "--headless"]) == 1
    assert "1 chunk of bag_0.mcap" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("live_mvp_ros/action/Explore_FeedbackMessage", "Explore_FeedbackMessage"),
        ("live_mvp_ros/action/Explore_Feedback", "Explore_Feedback"),
        ("live_mvp_ros/action/Explore_SendGoal_Request", "Explore_SendGoal_Request"),
        ("live_mvp_ros/action/Explore_GetResult_Event", "Explore_GetResult_Event"),
        ("live_mvp_ros/srv/SaveMap_Event", "SaveMap_Event"),
        ("live_mvp_ros/srv/SaveMap_Response", "SaveMap_Response"),
    ],
)
def test_messages_of_actions_and_services_are_types_too(tmp_path, name, cls):
    from live_mvp_ros.ros.taps import message_class

    assert message_class(name).__name__ == cls


@pytest.mark.parametrize(
    "name", ["std_msgs/msg/sys", "a/b", "", "../x/msg/Y", "std_msgs/msg/", "std_msgs/srv/String"]
)
def test_what_is_no_message_type_is_refused(tmp_path, capsys, name):
    make_bag(tmp_path / "bag", kind=name)
    refused(capsys, ["replay", str(tmp_path / "bag")], "which is not installed here")


def flight(folder: Path, **messages: Any) -> None:
    """Write a bag of odometry, which can be drawn, and some messages, by topic."""
    from nav_msgs.msg import Odometry
    from rclpy.serialization import serialize_message

    from live_mvp_ros.bags.definitions import full_definition

    odometry = Odometry()
    odometry.pose.pose.orientation.w = 1.0
    writer = BagWriter(folder)
    for name, message in {"odom": odometry, **messages}.items():
        topic = "/" + name.replace("__", "/")
        package = type(message).__module__.split(".")[0]
        type_name = f"{package}/msg/{type(message).__name__}"
        writer.add(Topic(topic, type_name, full_definition(type_name), "", (OfferedQos(),)))
        writer.write(topic, START_NS, serialize_message(message))
    writer.close()


def test_depth_of_others_is_drawn_and_what_cannot_be_is_left_out_with_the_reason(
    tmp_path, capsys, monkeypatch
):
    import numpy as np
    from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField

    monkeypatch.chdir(tmp_path)
    depth = Image(height=2, width=3, encoding="16UC1", step=10, data=bytes(20))
    fields = [PointField(name=n, offset=4 * i, datatype=7, count=1) for i, n in enumerate("XYZ")]
    points = PointCloud2(height=2, width=2, fields=fields, point_step=12, row_step=30)
    points.data = bytes(60)
    flight(tmp_path / "good", depth__image=depth, depth__points=points)
    assert main(["view", "good", "--save", "good.rrd"]) == 0
    assert "3 messages drawn" in capsys.readouterr().out
    points.fields = [
        PointField(name=n, offset=2 * i, datatype=PointField.INT16, count=1)
        for i, n in enumerate("xyz")
    ]
    depth.encoding = "rgb8"
    camera = CameraInfo(width=3, height=2)
    camera.k = np.full(9, np.nan)
    flight(tmp_path / "odd", depth__image=depth, depth__points=points, depth__camera_info=camera)
    assert main(["view", "odd", "--save", "odd.rrd"]) == 0
    said = capsys.readouterr().out
    assert "1 message drawn" in said
    assert "1 message of /depth/points cannot be drawn: its field x is 1 x int16" in said
    assert "1 message of /depth/image cannot be drawn: its encoding is 'rgb8'" in said
    assert "1 message of /depth/camera_info cannot be drawn" in said
    assert (tmp_path / "odd.rrd").stat().st_size > 0
