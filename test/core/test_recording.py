# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bag behind a backlog: a slow disk loses what does not fit, counts it, and nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from patience import PATIENCE_S

from live_mvp_ros.bags.bag_types import BagError, OfferedQos, Topic
from live_mvp_ros.bags.definitions import may_be_large
from live_mvp_ros.bags.reader import open_bag
from live_mvp_ros.bags.recording import OVERHEAD_BYTES, Recording, Waiting
from live_mvp_ros.bags.writer import BagWriter

CLOUDS = Topic("/points", "sensor_msgs/msg/PointCloud2", "uint8[] data\n", "", (OfferedQos(),))
MIB = 2**20


class SlowDisk(BagWriter):
    """A bag whose writes wait for the test, and may fail."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.writing, self.go = threading.Event(), threading.Event()
        self.fails = False

    def write(
        self, name: str, time_ns: int, data: bytes, sent_ns: int = 0, sequence: int = 0
    ) -> None:
        self.writing.set()
        assert self.go.wait(PATIENCE_S)
        if self.fails:
            raise BagError("cannot write the bag: no space left")
        super().write(name, time_ns, data, sent_ns, sequence)


def cloud(number: int, size: int = MIB) -> Waiting:
    return Waiting("/points", 1_000_000_000 + number, bytes([number]) * size, 0, number)


def test_what_waits_is_bounded_in_bytes_and_the_rest_is_counted(tmp_path):
    disk = SlowDisk(tmp_path / "bag")
    recording = Recording(disk, 10 * (MIB + OVERHEAD_BYTES))
    recording.add(CLOUDS)
    taken = [recording.offer(cloud(number)) for number in range(1, 31)]
    assert taken == [True] * 10 + [False] * 20
    assert recording.waiting_bytes == 10 * (MIB + OVERHEAD_BYTES)
    assert recording.dropped == {"/points": 20}
    disk.go.set()
    recording.close({"lost": '{"/points": 20}'})
    bag = open_bag(tmp_path / "bag")
    assert bag.complete
    assert [message.data[0] for message in bag.messages()] == list(range(1, 11))
    assert bag.lost == {"/points": 20}
    assert recording.waiting_bytes == 0


def test_small_messages_count_with_what_they_take_of_memory(tmp_path):
    disk = SlowDisk(tmp_path / "bag")
    recording = Recording(disk, MIB)
    recording.add(CLOUDS)
    taken = sum(recording.offer(cloud(1, size=4)) for _ in range(10_000))
    assert taken == MIB // (OVERHEAD_BYTES + 4)
    disk.go.set()
    recording.close({})


def test_a_message_larger_than_the_limit_is_written_when_nothing_waits(tmp_path):
    recording = Recording(BagWriter(tmp_path / "bag"), 1000)
    recording.add(CLOUDS)
    assert recording.offer(cloud(7))
    recording.close({})
    assert open_bag(tmp_path / "bag").counts == {"/points": 1}


def test_a_disk_that_fails_ends_the_recording_and_frees_what_waits(tmp_path):
    disk = SlowDisk(tmp_path / "bag")
    recording = Recording(disk, 100 * MIB)
    recording.add(CLOUDS)
    assert all(recording.offer(cloud(number)) for number in range(5))
    assert disk.writing.wait(PATIENCE_S)
    disk.fails = True
    disk.go.set()
    with pytest.raises(BagError, match="no space left"):
        recording.close({})
    assert recording.waiting_bytes == 0
    assert str(recording.error) == "cannot write the bag: no space left"
    assert not recording.offer(cloud(9))


@pytest.mark.parametrize(
    ("definition", "large"),
    [
        ("std_msgs/Header header\nuint8[] data", True),
        ("float32[] gain  # nats", True),
        (
            "Marker[] markers\n===\nMSG: visualization_msgs/Marker\ngeometry_msgs/Point[] points",
            True,
        ),
        ("float64[36] covariance\ngeometry_msgs/Pose pose", False),
        ("geometry_msgs/TransformStamped[] transforms", False),
        ("DiagnosticStatus[] status\nstring[] words", False),
        ("# uint8[] data\nstring data", False),
    ],
)
def test_messages_with_lists_of_numbers_or_points_may_be_large(definition, large):
    assert may_be_large(definition) is large
