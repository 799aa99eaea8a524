# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The recorder: every byte that was published, and a bag that opens after a kill."""

from __future__ import annotations

import array
import contextlib
import signal
import threading
import time
from collections import Counter
from typing import Any

import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from mcap.reader import make_reader
from nav_msgs.msg import OccupancyGrid
from patience import PATIENCE_S
from rclpy.qos import ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.highlevel import AnyReader
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import String

from live_mvp_ros.bags.bag_types import BagError
from live_mvp_ros.bags.reader import open_bag
from live_mvp_ros.bags.writer import BagWriter
from live_mvp_ros.msg import MapStatus
from live_mvp_ros.ros import qos, topics
from live_mvp_ros.ros.diagnostics import ERROR, OK, WARN
from live_mvp_ros.ros.taps import message_class


@pytest.fixture
def publishers(bench, tmp_path):
    """A recorder of one topic of the graph and a foreign one, and publishers of both."""
    bench.start("recorder", output=str(tmp_path / "bag"), topics=["map/status", "words"])
    own = bench.publisher(MapStatus, "map/status", qos.STATUS)
    words = bench.publisher(String, "words", qos.STATUS)
    bench.wait(lambda: own.get_subscription_count() and words.get_subscription_count())
    bench.spin(0.5)  # until the other end has found this one too
    return own, words


def on_the_wire(message) -> bytes:
    """Return a serialized message, which the middleware pads to a multiple of four bytes."""
    data = bytes(serialize_message(message))
    return data + bytes(-len(data) % 4)


def publish(bench, publishers, count: int) -> list[tuple[str, bytes]]:
    own, words = publishers
    sent = []
    for i in range(count):
        for publisher, message in (
            (own, MapStatus(ticks=i, loss_total=float("nan"))),
            (words, String(data=f"word {i}")),
        ):
            publisher.publish(message)
            sent.append((publisher.topic_name, on_the_wire(message)))
        bench.spin(0.01)
    return sent


def test_a_publisher_that_the_recorder_cannot_hear_is_named(bench, tmp_path):
    bench.publisher(OccupancyGrid, "map", qos.SENSOR)
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.start("recorder", output=str(tmp_path / "bag"))

    def named():
        words = [s.message for m in health for s in m.status if s.name == "recorder"]
        return any("nothing on /map from /bench arrives" in text for text in words)

    bench.wait(named)


def test_what_was_published_is_in_the_bag_byte_for_byte(bench, publishers, tmp_path, ends_cleanly):
    sent = publish(bench, publishers, 50)
    assert ends_cleanly(bench.processes.pop("recorder"))
    bag = open_bag(tmp_path / "bag")
    assert bag.complete
    assert bag.lost == {"/map/status": 0, "/words": 0}
    assert [(m.topic, m.data) for m in bag.messages()] == sent
    with (tmp_path / "bag" / "bag_0.mcap").open("rb") as stream:
        found = list(make_reader(stream).iter_messages())
    assert [(channel.topic, message.data) for _, channel, message in found] == sent
    assert [m.sequence for _, c, m in found if c.topic == "/words"] == list(range(1, 51))
    with AnyReader([tmp_path / "bag"]) as reader:  # it knows our types only from the bag
        own = [
            reader.deserialize(data, connection.msgtype).ticks
            for connection, _, data in reader.messages()
            if connection.topic == "/map/status"
        ]
    assert own == list(range(50))


def test_a_killed_recorder_leaves_a_bag_that_opens_and_starts_another(
    bench, publishers, tmp_path, ends_cleanly
):
    sent = publish(bench, publishers, 60)
    killed_ns = time.time_ns()
    process = bench.processes.pop("recorder")
    process.kill()
    process.wait()
    bag = open_bag(tmp_path / "bag")
    found = [(m.topic, m.data) for m in bag.messages()]
    assert not bag.complete
    assert killed_ns - bag.end_ns < 1_000_000_000
    assert found == sent[: len(found)]
    bench.start("recorder", output=str(tmp_path / "bag"), topics=["map/status"])
    bench.wait(lambda: (tmp_path / "bag-2").exists())
    assert ends_cleanly(bench.processes.pop("recorder"))


def message_of(spec) -> Any:
    """Return a message with as much in it as the graph's: large ones travel in pieces."""
    message = message_class(spec.type)()
    if spec.name == "info_field":
        message.gain = message.guidance = message.best_yaw = [0.0] * 20_000
    elif hasattr(message, "poses"):
        message.poses = [PoseStamped()] * 40
    return message


def test_a_stalled_recorder_loses_what_publishers_do_not_keep_and_counts_it(
    bench, tmp_path, ends_cleanly
):
    process = bench.start("recorder", output=str(tmp_path / "bag"))
    sources = {}
    for spec in topics.TOPICS:
        message, profile = message_of(spec), getattr(qos, spec.qos)
        publisher = bench.publisher(type(message), spec.name, profile)
        fast = profile.depth >= 100 or profile.reliability == ReliabilityPolicy.BEST_EFFORT
        sources[spec] = (publisher, message, 2 if fast else 20)
    bench.wait(lambda: all(source[0].get_subscription_count() for source in sources.values()))
    bench.spin(1.0)  # until the recorder has found them too
    sent: Counter[str] = Counter()

    def publish(ticks: int) -> None:
        for tick in range(ticks):  # 10 ms each
            for spec, (publisher, message, every) in sources.items():
                if tick % every == 0:
                    publisher.publish(message)
                    sent[spec.name] += 1
            bench.spin(0.01)

    publish(1)
    bench.spin(0.3)
    process.send_signal(signal.SIGSTOP)
    publish(100)
    process.send_signal(signal.SIGCONT)
    bench.spin(1.0)
    publish(1)
    bench.spin(4.0)  # what was not acknowledged is asked for every three seconds
    assert ends_cleanly(bench.processes.pop("recorder"))
    bag = open_bag(tmp_path / "bag")
    recorded = dict(bag.counts)
    recorded["/diagnostics"] = sum(
        not deserialize_message(m.data, DiagnosticArray).status  # the recorder's own have one
        for m in bag.messages(frozenset(["/diagnostics"]))
    )
    for spec, (publisher, _, every) in sources.items():
        count, lost = recorded[publisher.topic_name], bag.lost[publisher.topic_name]
        assert count + lost == sent[spec.name], spec.name
        profile = getattr(qos, spec.qos)
        if profile.reliability == ReliabilityPolicy.RELIABLE and profile.depth > 100 // every:
            assert lost == 0, spec.name


def test_reliable_topics_keep_a_second_unless_only_the_last_message_counts():
    replaced = {
        "map",
        "map/fields",
        "info_field",
        "map_metadata",  # it comes once
        "cmd/body_rates",
        "exploration/goal",
    }  # as the design wants them
    reliable = {
        spec.name: getattr(qos, spec.qos).depth
        for spec in topics.TOPICS
        if getattr(qos, spec.qos).reliability == ReliabilityPolicy.RELIABLE
    }
    assert {name for name, depth in reliable.items() if depth < 5} == replaced
    assert reliable["/clock"] >= 100
    assert reliable["tf"] >= 100


def test_a_folder_that_cannot_be_written_is_refused_with_one_sentence(bench, tmp_path):
    (tmp_path / "file").write_text("")
    process = bench.start("recorder", output=str(tmp_path / "file" / "bag"))
    bench.processes.pop("recorder")
    assert process.wait(timeout=PATIENCE_S) == 2
    assert bench.log("recorder").read_text().splitlines()[-1].startswith("cannot write the bag")


class StuckDisk(BagWriter):
    """A bag whose writes wait for the test, and may fail then."""

    go: threading.Event
    fails = False

    def write(self, *args: Any, **kwargs: Any) -> None:
        assert self.go.wait(PATIENCE_S)
        if self.fails:
            raise BagError("cannot write the bag: no space left")
        super().write(*args, **kwargs)


@pytest.fixture
def stuck(bench, tmp_path, monkeypatch):
    """A recorder in this process, whose disk does not move, and its disk."""
    from live_mvp_ros.nodes.recorder import node

    class Disk(StuckDisk):
        go = threading.Event()

    monkeypatch.setattr(node, "BagWriter", Disk)
    words = ["-p", f"output:={tmp_path / 'bag'}", "-p", "topics:=[map/surface]"]
    rclpy.init(args=["--ros-args", *words, "-p", "backlog_mib:=2.0"], domain_id=bench.domain)
    node = node.Recorder()
    with contextlib.ExitStack() as end:
        end.callback(rclpy.try_shutdown)
        end.callback(node.destroy_node)
        end.callback(Disk.go.set)
        yield node, Disk, end


def publish_clouds(bench, node, count: int) -> None:
    clouds = bench.publisher(PointCloud2, "map/surface", qos.KEPT)
    bench.wait(clouds.get_subscription_count)
    data = array.array("B", bytes(500_000))
    losses = node._losses["/map/surface"]
    for number in range(1, count + 1):
        clouds.publish(PointCloud2(data=data))
        bench.wait(lambda n=number: losses.received == n, during=node._drain)


def test_a_disk_that_cannot_keep_up_costs_bounded_memory_and_is_said(bench, stuck, tmp_path):
    node, disk, end = stuck
    publish_clouds(bench, node, 20)
    values = node.health.extra()
    kept = 2 * 2**20 // 500_500
    assert values["lost"] == str(20 - kept)
    assert float(values["backlog_mib"]) <= 2.0
    status = node.health.status()
    assert status.level == WARN
    assert f"{20 - kept} messages are lost, backlog_mib = 2 is full" in status.message
    disk.go.set()
    bench.wait(lambda: node.health.status().level == OK, during=node._drain)
    end.close()
    bag = open_bag(tmp_path / "bag")
    assert bag.counts["/map/surface"] == kept
    assert bag.lost["/map/surface"] == 20 - kept


def test_a_recording_that_has_ended_keeps_no_messages_any_more(bench, stuck):
    node, disk, _ = stuck
    publish_clouds(bench, node, 1)
    disk.fails = True
    disk.go.set()
    bench.wait(lambda: node.health.status().level == ERROR, during=node._drain)
    assert node.health.extra()["recording"] == "false"
    assert "/map/surface" not in node._taps
    assert node.health.status().message == "cannot write the bag: no space left"
