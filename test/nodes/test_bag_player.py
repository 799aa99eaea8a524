# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The bag player: the bytes of the bag in its order, under control, or one sentence."""

from __future__ import annotations

import itertools

import pytest
from optional import need
from patience import PATIENCE_S
from rclpy.qos import QoSProfile
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String
from std_srvs.srv import SetBool

from live_mvp_ros.bags.bag_types import OfferedQos, Topic
from live_mvp_ros.bags.definitions import full_definition, type_hash
from live_mvp_ros.bags.writer import BagWriter
from live_mvp_ros.ros import qos
from live_mvp_ros.srv import SeekReplay, StepSim

START_NS = 1_700_000_000_000_000_000
KIND = "std_msgs/msg/String"
COUNT = 200


@pytest.fixture
def bag(tmp_path):
    """4 s with a word every 20 ms."""
    writer = BagWriter(tmp_path / "bag", "zstd")
    topic = Topic("/words", KIND, full_definition(KIND), type_hash(KIND), (OfferedQos(200),))
    writer.add(topic)
    for i in range(COUNT):
        data = bytes(serialize_message(String(data=f"word {i}")))
        writer.write("/words", START_NS + i * 20_000_000, data)
    writer.close()
    return tmp_path / "bag"


def test_it_pauses_steps_seeks_and_plays_to_the_end_with_a_clock(bench, bag):
    words = bench.collect(String, "/said", qos.STATUS)
    clocks = bench.collect(Clock, "/clock", qos.CLOCK)
    process = bench.run(
        "bag_player", "--ros-args", "-p", f"bag:={bag}", "-p", "paused:=true",
        "-r", "/words:=/said",
    )  # fmt: skip
    request = StepSim.Request(ticks=3)
    bench.wait(lambda: bench.node.count_publishers("/said") > 0)
    bench.spin(1.0)
    assert words == []
    assert bench.call(StepSim, "replay/step", request).success  # two ticks of the clock, a word
    bench.wait(lambda: len(words) >= 1)
    assert [word.data for word in words] == ["word 0"]
    refused = bench.call(SeekReplay, "replay/seek", SeekReplay.Request(time_s=99.0))
    assert not refused.success
    assert refused.message.startswith("time_s = 99 is not allowed")
    assert bench.call(SeekReplay, "replay/seek", SeekReplay.Request(time_s=2.0)).success
    assert bench.call(SetBool, "replay/pause", SetBool.Request(data=False)).success
    bench.wait(lambda: words[-1].data == f"word {COUNT - 1}")
    expected = [f"word {i}" for i in range(100, COUNT)]
    assert [word.data for word in words][1:] == expected
    bench.processes.pop("bag_player")
    assert process.wait(timeout=PATIENCE_S) == 0
    stamps = [1_000_000_000 * c.clock.sec + c.clock.nanosec for c in clocks[2:]]
    assert stamps == sorted(stamps)
    assert START_NS + 3.9e9 <= stamps[-1] <= START_NS + 4.0e9


def test_a_sqlite3_bag_of_ros2_plays_as_well(bench, tmp_path):
    store = get_typestore(Stores.ROS2_JAZZY)
    with Writer(tmp_path / "old", version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        connection = writer.add_connection("/words", KIND, typestore=store)
        for i in range(20):
            word = store.types[KIND](data=f"word {i}")
            writer.write(connection, START_NS + i * 10_000_000, store.serialize_cdr(word, KIND))
    words = bench.collect(String, "/words", qos.STATUS)
    bench.start("bag_player", bag=str(tmp_path / "old"), loop=True)
    bench.wait(lambda: len(words) >= 45)
    numbers = [int(word.data.split()[1]) for word in words]
    assert all((after - before) % 20 == 1 for before, after in itertools.pairwise(numbers))


def test_it_waits_for_those_who_have_to_listen(bench, bag):
    clocks = bench.collect(Clock, "/clock", qos.CLOCK)
    process = bench.start("bag_player", bag=str(bag), wait_for=["/words"], rate=10.0)
    bench.wait(lambda: bench.node.count_publishers("/words") > 0)
    bench.spin(5.0)  # longer than it waits for nobody in particular
    assert clocks == []
    words = bench.collect(String, "/words", QoSProfile(depth=COUNT))  # none makes room for another
    bench.wait(lambda: len(words) == COUNT)
    bench.processes.pop("bag_player")
    assert process.wait(timeout=PATIENCE_S) == 0


def unknown_type(folder) -> None:
    writer = BagWriter(folder)
    writer.add(Topic("/odd", "odd_msgs/msg/Odd", "string data", "", (OfferedQos(),)))
    writer.write("/odd", START_NS, bytes(serialize_message(String(data="x"))))
    writer.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "there is no bag at"),
        (unknown_type, "/odd has the type odd_msgs/msg/Odd, which is not installed here"),
    ],
)
def test_what_cannot_be_played_is_refused_with_one_sentence(bench, tmp_path, make, words):
    make(tmp_path / "bag")
    process = bench.start("bag_player", bag=str(tmp_path / "bag"))
    bench.processes.pop("bag_player")
    assert process.wait(timeout=PATIENCE_S) == 2
    assert words in bench.log("bag_player").read_text().splitlines()[-1]


def damage(folder) -> None:
    """Overwrite the middle of the messages; what the file says of itself at its end stays."""
    (file,) = folder.glob("*.mcap")
    content = bytearray(file.read_bytes())
    begin = content.index(b"\x28\xb5\x2f\xfd")  # of a compressed chunk
    content[begin + 40 : begin + 60] = bytes(20)
    file.write_bytes(content)


def test_a_bag_that_turns_out_to_be_damaged_ends_it_with_an_error(bench, bag):
    need("jax")
    damage(bag)
    process = bench.run("bag_player", "--ros-args", "-p", f"bag:={bag}")
    bench.processes.pop("bag_player")
    assert process.wait(timeout=PATIENCE_S) == 1
    assert f"the bag {bag} is damaged" in bench.log("bag_player").read_text()
