# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags of others, odd ones and damaged ones: what is good is read, and the rest is said."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from pathlib import Path

import pytest
import yaml
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.records import Chunk
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, IndexType, Writer

from live_mvp_ros.bags.bag_types import BagDamagedError, BagError, Message
from live_mvp_ros.bags.reader import Bag, open_bag
from live_mvp_ros.bags.tools import reindex, summary
from live_mvp_ros.bags.unread import sentence, unread

START_NS = 1_700_000_000_000_000_000
STEP_NS = 20_000_000
TOPIC, TYPE = "/chatter", "std_msgs/msg/String"
COUNT = 50
QOS = """\
- history: 1
  depth: 10
  reliability: 1
  durability: 2
  deadline: {sec: 9223372036, nsec: 854775807}
  lifespan: {sec: 9223372036, nsec: 854775807}
  liveliness: 1
  liveliness_lease_duration: {sec: 9223372036, nsec: 854775807}
  avoid_ros_namespace_conventions: false
"""


def cdr(text: str) -> bytes:
    data = text.encode() + b"\0"
    return b"\0\1\0\0" + len(data).to_bytes(4, "little") + data


def expected(count: int = COUNT) -> list[tuple[str, int, bytes]]:
    return [(TOPIC, START_NS + i * STEP_NS, cdr(f"message {i}")) for i in range(count)]


def mcap_file(
    path: Path,
    *,
    chunk_size: int = 400,
    profile: str = "ros2",
    encoding: str = "cdr",
    schema: str = "ros2msg",
    foreign: bool = False,
    pack=lambda data: data,
    at=lambda i: START_NS + i * STEP_NS,
    compression: CompressionType = CompressionType.NONE,
    **options,
) -> None:
    """Write fifty strings; ``foreign``: as many messages on a channel in JSON between them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        writer = Writer(stream, chunk_size=chunk_size, compression=compression, **options)
        writer.start(profile=profile, library="test")
        kind = writer.register_schema(TYPE, schema, b"string data\n")
        channel = writer.register_channel(TOPIC, encoding, kind, {"offered_qos_profiles": QOS})
        if foreign:
            other = writer.register_schema("Odd", "jsonschema", b'{"type": "object"}')
            odd = writer.register_channel("/odd", "json", other, {"mine": "kept"})
        for i in range(COUNT):
            writer.add_message(channel, at(i), pack(cdr(f"message {i}")), at(i), i)
            if foreign:
                writer.add_message(odd, at(i), b'{"a": 1}', at(i), i)
        writer.finish()


def db3_file(path: Path, *, wal: bool = False, version: int = 4) -> None:
    """Write fifty strings as ros2 bag record does; ``wal``: they all are in the log beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name("writing.db3") if wal else path
    base = sqlite3.connect(written)
    if wal:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("PRAGMA wal_autocheckpoint=0")
    qos = ", offered_qos_profiles TEXT NOT NULL" if version >= 2 else ""
    digest = ", type_description_hash TEXT NOT NULL" if version >= 4 else ""
    base.executescript(
        "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL,"
        f" serialization_format TEXT NOT NULL{qos}{digest});"
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL,"
        " timestamp INTEGER NOT NULL, data BLOB NOT NULL);"
        "CREATE INDEX timestamp_idx ON messages (timestamp ASC);"
    )
    if version >= 3:
        base.executescript(
            "CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);"
            f"INSERT INTO schema VALUES ({version}, 'jazzy');"
        )
    values = [1, TOPIC, TYPE, "cdr", *[QOS] * (version >= 2), *[""] * (version >= 4)]
    base.execute(f"INSERT INTO topics VALUES ({', '.join('?' * len(values))})", values)
    rows = [(1, time_ns, data) for _, time_ns, data in expected()]
    base.executemany("INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)", rows)
    base.commit()
    if wal:  # as if the recorder were killed now
        log = written.with_name(f"{written.name}-wal").read_bytes()
        path.write_bytes(written.read_bytes())
        path.with_name(f"{path.name}-wal").write_bytes(log)
    base.close()
    if wal:
        written.unlink()


def metadata(folder: Path, files: list[str], storage: str = "mcap", **changes) -> None:
    """Write metadata.yaml as version 5 had it."""
    topic = {
        "name": TOPIC,
        "type": TYPE,
        "serialization_format": "cdr",
        "offered_qos_profiles": changes.pop("qos", QOS),
    }
    values = {
        "version": 5,
        "storage_identifier": storage,
        "relative_file_paths": files,
        "duration": {"nanoseconds": (COUNT - 1) * STEP_NS},
        "starting_time": {"nanoseconds_since_epoch": START_NS},
        "message_count": COUNT,
        "topics_with_message_count": [{"topic_metadata": topic, "message_count": COUNT}],
        "compression_format": "",
        "compression_mode": "",
    } | changes
    text = yaml.safe_dump({"rosbag2_bagfile_information": values})
    (folder / "metadata.yaml").write_text(text)


def read(bag: Bag) -> tuple[list[Message], str]:
    """Return all messages of a bag, and what was said at the end."""
    found = []
    try:
        for message in bag.messages():
            found.append(message)
    except BagDamagedError as error:
        return found, one_line(error)
    return found, ""


def one_line(error: BagError) -> str:
    """Return what is said of an error, which is one sentence."""
    said = str(error)
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    "qos",
    [
        "- {depth: 1, history: 1, reliability: 1, durability: 2}",
        QOS.replace("reliability: 1", "reliability: 2"),
        QOS.replace("depth: 10", "depth: 1"),
        "",
        "nonsense: [",
        [],
    ],
    ids=["depth only", "best effort", "depth", "nothing", "no yaml", "a list"],
)
@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_the_files_say_what_is_in_them_whatever_metadata_says(tmp_path, storage, qos):
    name = "x_0.mcap" if storage == "mcap" else "x_0.db3"
    (mcap_file if storage == "mcap" else db3_file)(tmp_path / name)
    metadata(tmp_path, [name], storage, qos=qos)
    bag = open_bag(tmp_path)
    assert bag.counts == {TOPIC: COUNT}
    (offered,) = bag.topics[TOPIC].qos
    assert (offered.depth, offered.reliable, offered.latched) == (10, True, False)
    assert read(bag) == (expected(), "")


@pytest.mark.parametrize(
    "change",
    [
        {"message_count": 7},
        {"topics_with_message_count": []},
        {"starting_time": {"nanoseconds_since_epoch": 5}, "duration": {"nanoseconds": -3}},
        {"duration": None, "starting_time": "yesterday"},
        {"version": 99},
        {"storage_identifier": "sqlite3"},
        {"compression_format": "lz5", "compression_mode": "FILE"},
        {"relative_file_paths": ["../../x_0.mcap"]},
        {"relative_file_paths": ["gone.mcap"]},
        {"relative_file_paths": 3},
        {"custom_data": "yes"},
    ],
    ids=str,
)
def test_no_contradiction_in_metadata_makes_a_number_wrong(tmp_path, change):
    mcap_file(tmp_path / "x_0.mcap")
    metadata(tmp_path, ["x_0.mcap"], **change)
    bag = open_bag(tmp_path)
    facts = summary(bag)
    assert (facts["message_count"], facts["duration_s"]) == (COUNT, 0.98)
    assert (facts["storage"], facts["start_ns"]) == ("mcap", START_NS)
    assert read(bag)[0] == expected()


@pytest.mark.parametrize("text", ["", "null", "[]", "a: {", "rosbag2_bagfile_information: 1\n"])
def test_metadata_that_says_nothing_is_no_metadata(tmp_path, text):
    for number in range(2):
        db3_file(tmp_path / f"x_{number}.db3")
    (tmp_path / "metadata.yaml").write_text(text)
    bag = open_bag(tmp_path)
    assert (bag.storage, bag.complete, bag.counts) == ("sqlite3", False, {TOPIC: 2 * COUNT})
    whole = reindex(tmp_path)
    assert whole.complete
    assert sum(1 for _ in whole.messages()) == 2 * COUNT


def test_several_databases_without_metadata_are_one_bag_in_order_of_time(tmp_path):
    for number in (2, 10):
        db3_file(tmp_path / f"x_{number}.db3")
    bag = open_bag(tmp_path)
    times = [message.time_ns for message in bag.messages()]
    assert times == sorted(times)
    assert len(times) == 2 * COUNT
    assert [file.name for file in bag.files] == ["x_2.db3", "x_10.db3"]


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_every_version_of_a_database_is_read(tmp_path, version):
    db3_file(tmp_path / "x.db3", version=version)
    bag = open_bag(tmp_path / "x.db3")
    assert (bag.complete, read(bag)) == (True, (expected(), ""))


def test_what_is_still_in_the_log_of_a_database_is_read_and_nothing_is_changed(tmp_path):
    db3_file(tmp_path / "x.db3", wal=True)
    before = digests(tmp_path)
    bag = open_bag(tmp_path)
    assert (bag.counts, read(bag)) == ({TOPIC: COUNT}, (expected(), ""))
    assert digests(tmp_path) == before


@pytest.mark.parametrize("name", ["run #3", "50%25", "what?", "räume", "a b", "x;y", "%2e%2e"])
@pytest.mark.parametrize("write", [db3_file, mcap_file])
def test_a_bag_may_lie_in_a_folder_of_any_name(tmp_path, name, write):
    file = tmp_path / name / ("x.db3" if write is db3_file else "x.mcap")
    write(file)
    for path in (file, file.parent):
        assert read(open_bag(path)) == (expected(), "")


@pytest.mark.parametrize("compression", list(CompressionType))
@pytest.mark.parametrize("where", ["indexed", "scanned"])
def test_a_flipped_byte_costs_its_chunk_and_is_said_once(tmp_path, compression, where):
    file = tmp_path / "x.mcap"
    mcap_file(file, compression=compression, enable_data_crcs=False)
    data = bytearray(file.read_bytes())
    at = data.index(b"message 25") if compression == CompressionType.NONE else len(data) // 3
    data[at] ^= 0xFF
    file.write_bytes(data if where == "indexed" else data[: len(data) - 60])
    bag = open_bag(file)
    found, said = read(bag)
    assert 30 <= len(found) < COUNT
    assert set(found) <= set(expected())
    assert found[-1] == expected()[-1]
    assert str(file) in said and "damaged" in said


def test_messages_that_are_not_compressed_although_metadata_says_so_are_read_and_it_is_said(
    tmp_path,
):
    mcap_file(tmp_path / "x.mcap")
    metadata(tmp_path, ["x.mcap"], compression_mode="MESSAGE", compression_format="zstd")
    found, said = read(open_bag(tmp_path))
    assert found == expected()
    assert "50" in said and "compressed" in said


@pytest.mark.parametrize("said", [True, False])
def test_compressed_messages_are_unpacked_and_a_broken_one_is_left_out(tmp_path, said):
    pack = zstandard.ZstdCompressor().compress
    broken = pack(cdr("message 7"))[:-3]
    mcap_file(
        tmp_path / "x.mcap", pack=lambda data: broken if data == cdr("message 7") else pack(data)
    )
    mode = {"compression_mode": "MESSAGE", "compression_format": "zstd"} if said else {}
    metadata(tmp_path, ["x.mcap"], **mode)
    found, words = read(open_bag(tmp_path))
    assert found == [item for item in expected() if item != expected()[7]]
    assert "damaged" in words


@pytest.mark.parametrize(("write", "name"), [(db3_file, "x.db3"), (mcap_file, "x.mcap")])
def test_a_compressed_file_is_read_and_its_storage_told(tmp_path, write, name):
    write(tmp_path / "plain" / name)
    packed = tmp_path / "bag" / f"{name}.zstd"
    packed.parent.mkdir()
    packed.write_bytes(zstandard.compress((tmp_path / "plain" / name).read_bytes()))
    for path in (packed, packed.parent):
        bag = open_bag(path)
        assert bag.storage == {"x.db3": "sqlite3", "x.mcap": "mcap"}[name]
        assert read(bag) == (expected(), "")
    metadata(packed.parent, [packed.name], compression_mode="FILE", compression_format="zstd")
    assert read(open_bag(packed.parent)) == (expected(), "")


@pytest.mark.parametrize(
    "content", [b"", b"not packed at all" * 9, b"\x28\xb5\x2f\xfd" + b"x" * 99]
)
def test_what_claims_to_be_compressed_and_is_not_is_refused(tmp_path, content):
    (tmp_path / "x.db3.zstd").write_bytes(content)
    with pytest.raises(BagError, match=r"cannot be read") as caught:
        open_bag(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("folder", [True, False])
def test_a_topic_of_another_encoding_is_left_out_with_a_true_sentence(tmp_path, folder):
    mcap_file(tmp_path / "x.mcap", foreign=True)
    bag = open_bag(tmp_path if folder else tmp_path / "x.mcap")
    assert bag.counts == {TOPIC: COUNT}
    assert any("/odd" in note and "json" in note and "50" in note for note in bag.notes)
    assert read(bag) == (expected(), "")


def test_completing_a_bag_changes_no_byte_that_is_whole_and_keeps_what_is_not_understood(tmp_path):
    mcap_file(tmp_path / "bag" / "x.mcap", foreign=True)
    before = digests(tmp_path / "bag")
    whole = reindex(tmp_path / "bag")
    assert whole.complete
    assert before.items() <= digests(tmp_path / "bag").items()
    cut = tmp_path / "cut" / "x.mcap"
    mcap_file(cut, foreign=True)
    cut.write_bytes(cut.read_bytes()[:-400])
    (cut.parent / "notes.txt").write_text("mine")
    again = reindex(cut.parent)
    assert again.complete
    assert (cut.parent / "notes.txt").read_text() == "mine"
    (file,) = cut.parent.glob("*.mcap")
    with file.open("rb") as stream:
        from mcap.reader import make_reader

        found = [
            (schema and (schema.name, schema.encoding), channel.message_encoding, channel.metadata)
            for schema, channel, _ in make_reader(stream).iter_messages(topics=["/odd"])
        ]
    assert found == [(("Odd", "jsonschema"), "json", {"mine": "kept"})] * COUNT
    assert [tuple(message) for message in again.messages()] == expected()


def test_completing_a_bag_that_is_damaged_inside_keeps_the_damaged_file(tmp_path):
    file = tmp_path / "bag" / "x.mcap"
    mcap_file(file)
    data = bytearray(file.read_bytes()[:-100])
    data[data.index(b"message 25")] ^= 0xFF
    file.write_bytes(data)
    whole = reindex(tmp_path / "bag")
    assert 30 <= sum(whole.counts.values()) < COUNT
    assert bytes(data) in [path.read_bytes() for path in file.parent.iterdir()]


@pytest.mark.parametrize("end", [None, -100], ids=["closed", "killed"])
@pytest.mark.parametrize("indexed", [True, False])
def test_what_cannot_be_read_of_a_damaged_file_is_counted(tmp_path, end, indexed):
    """One byte of the chunk with messages 24 to 26 or so: the writer's index says which."""
    file = tmp_path / "bag" / "x.mcap"
    options = {} if indexed else {"index_types": IndexType.NONE}
    mcap_file(file, **options)
    with file.open("rb") as stream:
        chunks = [
            r for r in StreamReader(stream, emit_chunks=True).records if isinstance(r, Chunk)
        ]
    (hit,) = [chunk for chunk in chunks if b"message 25" in chunk.data]
    data = bytearray(file.read_bytes()[:end])
    data[data.index(b"message 25")] ^= 0xFF
    file.write_bytes(data)
    (entry,) = unread(open_bag(file.parent))
    start_s, end_s = (
        1e-9 * (t - START_NS) for t in (hit.message_start_time, hit.message_end_time)
    )
    assert (entry["file"], entry["places"]) == ("x.mcap", 1)
    assert entry["start_s"] == pytest.approx(start_s, abs=1e-3)
    assert entry["end_s"] == pytest.approx(end_s, abs=1e-3)
    assert entry["bytes"] == len(hit.data) + 8 + 8 + 8 + 4 + 4 + len(hit.compression) + 8
    assert entry["all_counted"] == indexed
    assert entry["messages"] == (hit.data.count(b"message ") if indexed else 0)
    words = f"{entry['messages']} messages" if indexed else "messages"
    assert sentence(entry).startswith(f"damaged: {words} ({entry['bytes']} bytes) of x.mcap")
    assert f"from {start_s:.3f} to {end_s:.3f} s" in sentence(entry)
    whole = reindex(tmp_path / "bag")
    if end is not None:  # the killed one was written anew, without what cannot be read
        assert unread(whole) == []


def test_what_is_cut_off_and_what_is_no_storage_is_counted_in_bytes(tmp_path):
    file = tmp_path / "x.mcap"
    mcap_file(file)
    assert unread(open_bag(file)) == []
    data = file.read_bytes()
    with file.open("rb") as stream:
        chunks = [
            r for r in StreamReader(stream, emit_chunks=True).records if isinstance(r, Chunk)
        ]
    last = data.rindex(chunks[-1].data)  # cut off in its middle, 20 bytes after it began
    file.write_bytes(data[: last + 20])
    (entry,) = unread(open_bag(file))
    header = 9 + 8 + 8 + 8 + 4 + 4 + 8
    assert (entry["bytes"], entry["messages"], entry["all_counted"]) == (header + 20, 0, False)
    assert "messages (" in sentence(entry)
    folder = tmp_path / "bag"
    mcap_file(folder / "a_0.mcap")
    (folder / "a_1.mcap").write_bytes(b"Dear reader," * 10)
    (entry,) = unread(open_bag(folder))
    assert (entry["file"], entry["bytes"], entry["start_s"]) == ("a_1.mcap", 120, None)


@pytest.mark.parametrize("chunk_size", [60, 400, 10**6])
@pytest.mark.parametrize("end", [None, -100], ids=["closed", "killed"])
def test_times_of_a_topic_that_is_left_out_are_not_those_of_the_bag(tmp_path, chunk_size, end):
    """It begins a minute before all others and ends a minute after them."""
    path = tmp_path / "x.mcap"
    with path.open("wb") as stream:
        writer = Writer(stream, chunk_size=chunk_size, compression=CompressionType.NONE)
        writer.start(profile="ros2", library="test")
        kind = writer.register_schema(TYPE, "ros2msg", b"string data\n")
        channel = writer.register_channel(TOPIC, "cdr", kind, {})
        odd = writer.register_channel("/odd", "json", kind, {})
        for i in range(-60, COUNT + 60):
            writer.add_message(odd, START_NS + i * 10**9, b"{}", START_NS, 0)
            if 0 <= i < COUNT:
                at = START_NS + i * 10**9 + 5
                writer.add_message(channel, at, cdr(f"message {i}"), at, i)
        writer.finish()
    path.write_bytes(path.read_bytes()[:end])
    bag = open_bag(path)
    assert bag.start_ns == START_NS + 5
    if chunk_size < 10**6 or end is None:
        assert bag.duration_s == pytest.approx(COUNT - 1)
    assert summary(bag)["start_ns"] == bag.start_ns


def test_completing_what_cannot_be_completed_leaves_nothing_behind(tmp_path):
    file = tmp_path / "x.mcap"
    mcap_file(file)
    packed = zstandard.ZstdCompressor().compress(file.read_bytes())
    file.unlink()
    (tmp_path / "x.mcap.zstd").write_bytes(packed[: len(packed) // 2])
    for _ in range(2):  # the second time says the same
        with pytest.raises(BagError, match="decompress it first|cannot be|no bag"):
            reindex(tmp_path / "x.mcap.zstd")
        assert [path.name for path in tmp_path.iterdir()] == ["x.mcap.zstd"]


def test_a_full_disk_while_a_bag_is_completed_leaves_it_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "bag" / "x.mcap"
    mcap_file(file)
    file.write_bytes(file.read_bytes()[:-100])
    before = digests(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mcap.writer.Writer.finish", full)
    with pytest.raises(BagError, match="No space left on device"):
        reindex(tmp_path / "bag")
    assert digests(tmp_path) == before


def test_a_bag_of_which_nothing_is_understood_is_refused_and_says_why(tmp_path):
    mcap_file(tmp_path / "x.mcap", profile="ros1", encoding="ros1", schema="ros1msg")
    with pytest.raises(BagError, match=r"/chatter.*ros1") as caught:
        open_bag(tmp_path / "x.mcap")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"use_chunking": False},
        {"use_statistics": False},
        {"use_summary_offsets": False},
        {"repeat_channels": False},
        {"repeat_schemas": False},
        {"enable_crcs": False},
        {"profile": ""},
        {"profile": "x" * 1000},
        {"schema": ""},
        {"schema": "ros2idl"},
    ],
    ids=str,
)
def test_every_valid_form_of_a_file_is_read(tmp_path, options):
    from mcap.writer import IndexType

    mcap_file(tmp_path / "x.mcap", **options)
    assert read(open_bag(tmp_path / "x.mcap")) == (expected(), "")
    mcap_file(tmp_path / "y.mcap", **options, index_types=IndexType.NONE)
    assert read(open_bag(tmp_path / "y.mcap")) == (expected(), "")


def test_messages_of_overlapping_chunks_come_in_the_order_of_time(tmp_path):
    mcap_file(tmp_path / "x.mcap", at=lambda i: START_NS + (i * 17 % COUNT) * STEP_NS)
    times = [message.time_ns for message in open_bag(tmp_path / "x.mcap").messages()]
    assert times == [time_ns for _, time_ns, _ in expected()]


@pytest.mark.parametrize("odd_ns", [2**63 - 1, 2**63, 2**64 - 1, 2**31 * 10**9])
def test_a_message_at_a_time_that_ros_cannot_say_is_left_out(tmp_path, odd_ns):
    mcap_file(tmp_path / "x.mcap", at=lambda i: odd_ns if i == 9 else START_NS + i * STEP_NS)
    bag = open_bag(tmp_path / "x.mcap")
    assert summary(bag)["duration_s"] == 0.98
    found, said = read(bag)
    assert found == [item for item in expected() if item != expected()[9]]
    assert "time" in said


def test_rows_of_a_database_that_are_no_messages_are_left_out(tmp_path):
    db3_file(tmp_path / "x.db3")
    with contextlib.closing(sqlite3.connect(tmp_path / "x.db3")) as base:
        for row in ((1, -5, b"x"), (1, "soon", b"x"), (1, START_NS, 5), (9, START_NS, b"x")):
            base.execute("INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)", row)
        base.execute("INSERT INTO topics VALUES (2, x'ff', 'a/msg/B', 'cdr', '', '')")
        base.commit()
    bag = open_bag(tmp_path / "x.db3")
    found, said = read(bag)
    assert found == expected()
    assert "4 messages" in said
    assert summary(bag)["duration_s"] == 0.98


def test_a_missing_and_an_unreadable_file_of_several_are_said(tmp_path):
    mcap_file(tmp_path / "x_0.mcap")
    (tmp_path / "x_1.mcap").write_bytes(b"nonsense" * 50)
    (tmp_path / "x_2.mcap").write_bytes(b"")
    metadata(tmp_path, [f"x_{n}.mcap" for n in range(4)])
    bag = open_bag(tmp_path)
    assert bag.counts == {TOPIC: COUNT}
    assert not bag.complete
    found, said = read(bag)
    assert found == expected()
    for name in ("x_1.mcap", "x_3.mcap"):
        assert any(name in note for note in (*bag.notes, said))


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    mcap_file(folder / "a.mcap", foreign=True)
    mcap_file(folder / "b.mcap", compression=CompressionType.ZSTD)
    mcap_file(folder / "c.mcap", use_chunking=False, enable_crcs=False)
    db3_file(folder / "d.db3")
    (folder / "e.db3.zstd").write_bytes(zstandard.compress((folder / "d.db3").read_bytes()))
    return folder


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_damage_is_a_traceback_or_a_message_that_was_never_sent(originals, tmp_path, data):
    """Where a checksum covers a file, what is read of a damaged one was written like that."""
    name = data.draw(st.sampled_from(sorted(path.name for path in originals.iterdir())))
    content = bytearray((originals / name).read_bytes())
    kind = data.draw(st.sampled_from(["flip", "cut", "hole", "swap", "longer"]))
    at = data.draw(st.integers(0, len(content) - 1))
    if kind == "flip":
        content[at] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del content[at:]
    elif kind == "hole":
        del content[at : at + data.draw(st.integers(1, 100))]
    elif kind == "swap":
        content[at : at + 8] = data.draw(st.binary(min_size=8, max_size=8))
    else:
        content += data.draw(st.binary(min_size=1, max_size=50))
    folder = tmp_path / hashlib.sha256(bytes(content) + name.encode()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    try:
        bag = open_bag(folder)
        found, _ = read(bag)
        facts = summary(bag)
        json.dumps(facts, allow_nan=False)
    except BagError as error:
        one_line(error)
        return
    finally:
        for path in folder.iterdir():
            path.unlink()
    if name in ("a.mcap", "b.mcap"):
        assert {message.data for message in found} <= {data for _, _, data in expected()}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
