# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags: what is written is what other libraries read, also after the writer was killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from rosbags.rosbag2 import CompressionMode, Reader, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from live_mvp_ros.bags.bag_types import BagError, OfferedQos, Topic
from live_mvp_ros.bags.losses import Losses
from live_mvp_ros.bags.reader import open_bag
from live_mvp_ros.bags.tools import reindex, summary
from live_mvp_ros.bags.writer import BagWriter, Limits, free_folder

STRING = Topic("/text", "std_msgs/msg/String", "string data\n", "RIHS01_a", (OfferedQos(7),))
LATCHED = Topic(
    "/d1/own",
    "live_mvp_ros/msg/BodyRateThrust",
    "float64 thrust\n",
    "RIHS01_b",
    (OfferedQos(1, reliable=True, latched=True, deadline_ns=100_000_000),),
)
START_NS = 1_700_000_000_000_000_000


def cdr(text: str) -> bytes:
    data = text.encode() + b"\0"
    return b"\0\1\0\0" + len(data).to_bytes(4, "little") + data


def write_bag(folder: Path, count: int = 200, compression: str = "zstd", **limits) -> list:
    """Write messages 10 ms apart on two topics by turns; return what was written."""
    writer = BagWriter(folder, compression, Limits(**limits))
    writer.add(STRING)
    writer.add(LATCHED)
    written = []
    for i in range(count):
        item = ((STRING, LATCHED)[i % 2].name, START_NS + i * 10_000_000, cdr(f"message {i}"))
        writer.write(*item, sent_ns=item[1] - 5, sequence=i // 2 + 1)
        written.append(item)
    writer.close({"lost": json.dumps({"/text": 2})})
    return written


def by_rosbags(folder: Path) -> list:
    with Reader(folder) as reader:
        return [(c.topic, time_ns, bytes(data)) for c, time_ns, data in reader.messages()]


def by_mcap(folder: Path) -> list:
    found = []
    for file in sorted(folder.glob("*.mcap")):
        with file.open("rb") as stream:
            for _, channel, message in make_reader(stream).iter_messages():
                found.append((channel.topic, message.log_time, message.data))
    return found


@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_other_libraries_read_every_byte_back(tmp_path, compression):
    written = write_bag(tmp_path / "bag", compression=compression)
    assert by_rosbags(tmp_path / "bag") == written
    assert by_mcap(tmp_path / "bag") == written
    assert [tuple(m) for m in open_bag(tmp_path / "bag").messages()] == written


def test_types_hashes_and_qos_are_what_rosbags_reads(tmp_path):
    write_bag(tmp_path / "bag")
    with Reader(tmp_path / "bag") as reader:
        own = next(c for c in reader.connections if c.topic == LATCHED.name)
        (qos,) = own.ext.offered_qos_profiles
    assert (own.msgtype, own.digest, own.msgcount) == (LATCHED.type, "RIHS01_b", 100)
    assert own.msgdef.data == LATCHED.definition
    assert (qos.depth, qos.reliability.name, qos.durability.name) == (
        1, "RELIABLE", "TRANSIENT_LOCAL"
    )  # fmt: skip
    assert (qos.deadline.sec, qos.deadline.nsec) == (0, 100_000_000)
    assert open_bag(tmp_path / "bag").topics == {t.name: t for t in (STRING, LATCHED)}


@pytest.mark.parametrize("limits", [{"file_s": 0.5}, {"file_bytes": 4000}])
def test_a_bag_in_several_files_is_one_bag(tmp_path, limits):
    count = 20_000 if "file_bytes" in limits else 200
    written = write_bag(tmp_path / "bag", count, **limits)
    files = sorted((tmp_path / "bag").glob("*.mcap"), key=lambda f: int(f.stem.split("_")[-1]))
    assert len(files) > 1
    if "file_s" in limits:
        assert len(files) == 4  # 2 s in files of half a second
    assert by_rosbags(tmp_path / "bag") == written


def test_a_summary_counts_what_is_there_and_what_is_not(tmp_path):
    write_bag(tmp_path / "bag", count=201)
    facts = summary(open_bag(tmp_path / "bag"))
    assert facts["complete"]
    assert facts["duration_s"] == 2.0
    assert facts["lost"] == 2
    assert facts["message_count"] == 201
    own, text = facts["topics"]
    assert (own["count"], own["lost"]) == (100, None)
    assert (text["count"], text["lost"], text["rate_hz"]) == (101, 2, 50.5)


@pytest.mark.parametrize("share", [0.35, 0.6, 0.999])
def test_what_comes_before_a_cut_is_read_and_made_whole_again(tmp_path, share):
    writer = BagWriter(tmp_path / "bag", "zstd")
    writer.add(STRING)
    rng = random.Random(1)
    written = [(STRING.name, START_NS + i, rng.randbytes(20_000)) for i in range(200)]
    for item in written:
        writer.write(*item)
    writer.close()
    (tmp_path / "bag" / "metadata.yaml").unlink()
    file = tmp_path / "bag" / "bag_0.mcap"
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    bag = open_bag(tmp_path / "bag")
    found = [tuple(message) for message in bag.messages()]
    assert not bag.complete
    assert found == written[: len(found)]
    assert len(found) >= share * len(written) - 30  # at most a chunk of 512 KiB is gone
    whole = reindex(tmp_path / "bag")
    assert whole.complete
    assert by_rosbags(tmp_path / "bag") == found
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bag"]


def test_bags_of_ros2_in_sqlite3_and_compressed_by_message_are_read(tmp_path):
    store = get_typestore(Stores.ROS2_JAZZY)
    kind = store.types["std_msgs/msg/String"]
    for name, plugin in (("a", StoragePlugin.SQLITE3), ("b", StoragePlugin.MCAP)):
        writer = Writer(tmp_path / name, version=9, storage_plugin=plugin)
        if name == "a":
            writer.set_compression(CompressionMode.MESSAGE, writer_format())
        with writer:
            connection = writer.add_connection("/t", "std_msgs/msg/String", typestore=store)
            for i in range(5):
                data = store.serialize_cdr(kind(data=f"{i}"), "std_msgs/msg/String")
                writer.write(connection, START_NS + i, data)
        bag = open_bag(tmp_path / name)
        texts = [store.deserialize_cdr(m.data, "std_msgs/msg/String").data for m in bag.messages()]
        assert texts == ["0", "1", "2", "3", "4"]
        assert (bag.storage, bag.counts) == (plugin.name.lower(), {"/t": 5})
        assert (bag.start_ns, bag.end_ns) == (START_NS, START_NS + 4)


def writer_format():
    from rosbags.rosbag2 import CompressionFormat

    return CompressionFormat.ZSTD


def make_empty(folder: Path) -> None:
    BagWriter(folder).close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "there is no bag at"),
        (lambda path: path.mkdir(), "is no bag: it has neither"),
        (lambda path: path.write_bytes(b""), "cannot be read"),
        (lambda path: path.write_bytes(os.urandom(999)), "cannot be read"),
        (make_empty, "is empty: it holds no message"),
    ],
)
def test_what_is_no_bag_is_refused_with_one_sentence(tmp_path, make, words):
    path = tmp_path / "x.mcap"
    make(path)
    with pytest.raises(BagError, match=words) as caught:
        open_bag(path)
    assert "\n" not in str(caught.value)


def test_an_existing_folder_is_never_written_over(tmp_path):
    (tmp_path / "bag").mkdir()
    with pytest.raises(BagError, match="exists already"):
        BagWriter(tmp_path / "bag")
    assert free_folder(tmp_path / "bag") == tmp_path / "bag-2"


KILLED = """
import sys, time
from pathlib import Path
from live_mvp_ros.bags.bag_types import OfferedQos, Topic
from live_mvp_ros.bags.writer import BagWriter
writer = BagWriter(Path(sys.argv[1]), "zstd")
writer.add(Topic("/t", "std_msgs/msg/String", "string data", "", (OfferedQos(),)))
i = 0
while True:
    for _ in range(10):
        i += 1
        writer.write("/t", time.time_ns(), i.to_bytes(8, "little") * 100)
    writer.flush()
    print(i, flush=True)
    time.sleep(0.02)
"""


def test_after_a_kill_at_most_the_last_second_is_missing(tmp_path):
    rng = random.Random(3)
    for trial in range(2):
        folder = tmp_path / f"bag{trial}"
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.9 + rng.random())
        killed_ns = time.time_ns()
        process.kill()
        process.communicate()
        bag = open_bag(folder)
        numbers = [int.from_bytes(m.data[:8], "little") for m in bag.messages()]
        assert not bag.complete
        assert numbers == list(range(1, len(numbers) + 1))
        assert killed_ns - bag.end_ns < 1_000_000_000


@settings(max_examples=60, deadline=None)
@given(
    first=st.integers(1, 30),
    second=st.integers(0, 30),
    order=st.randoms(use_true_random=False),
)
def test_without_loss_no_loss_is_counted_whatever_the_order_of_two_publishers(
    first, second, order
):
    """The numbers of each publisher come in order, the two of them mixed at random."""
    streams = [list(range(1, first + 1)), list(range(1, second + 1))]
    losses = Losses()
    while any(streams):
        stream = order.choice([s for s in streams if s])
        losses.received_number(stream.pop(0), lambda: 2)
    assert losses.lost == 0
    assert losses.received == losses.counted_at_publishers() == first + second


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(1, 60), min_size=1))
def test_every_gap_in_the_numbers_of_a_publisher_is_counted(numbers):
    """From the first number that was heard on: before it, nobody listened."""
    losses = Losses()
    for number in sorted(numbers):
        losses.received_number(number, lambda: 1)
    assert losses.lost == max(numbers) - min(numbers) + 1 - len(numbers)


def test_a_publisher_that_starts_again_loses_nothing_by_it():
    losses = Losses()
    for number in (1, 2, 3, 1, 2, 3, 4, 5):
        losses.received_number(number, lambda: 1)
    assert losses.lost == 0
