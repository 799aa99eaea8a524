# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""live-mvp bag, replay and view: what they say of a bag, and of what is none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="replay and view need ROS 2")

from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from live_mvp_ros.bags.types import OfferedQos, Topic
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
