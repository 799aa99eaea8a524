# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading bags of rosbag2, complete or not: MCAP and SQLite, compressed or not, one file or many.

The files say what is in them: topics, counts, times, quality of service. metadata.yaml says only
which files there are, what was lost, and what the files leave open. A bag whose writer was killed
has none.
"""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import zstandard

from live_mvp_ros.bags import database_file, mcap_records
from live_mvp_ros.bags.bag_types import BagDamagedError, BagError, Message, Topic
from live_mvp_ros.bags.contents import ZSTD_MAGIC, Damage, StorageFile, in_order, merged_topics
from live_mvp_ros.bags.database_file import LOGS, DatabaseFile
from live_mvp_ros.bags.mcap_file import McapFile
from live_mvp_ros.bags.metadata import FILE_NAME, Said, read_metadata

_SUFFIXES = (".mcap", ".db3", ".zstd")
_UNREADABLE = (
    OSError,
    sqlite3.Error,
    zstandard.ZstdError,
    ValueError,  # of SQLite: names that are no text
    OverflowError,
    MemoryError,
)
_NOTHING = "it is empty, cut off or of another format"


@dataclasses.dataclass(frozen=True)
class Bag:
    """What is known of a bag without its messages.

    Attributes:
        path: folder, or one file.
        files: of the storage.
        parts: the same, opened; without those that cannot be read.
        storage: ``mcap`` or ``sqlite3``.
        complete: it was closed properly and can be read by anyone.
        topics: that are understood, by name.
        counts: of their messages, by topic.
        start_ns: time of the first message; 0 in an empty bag.
        end_ns: time of the last one.
        lost: messages that were sent and did not come, by topic, as far as the recorder knew.
        notes: sentences about what is left out.
        unreadable: names of files that are neither empty nor readable.
    """

    path: Path
    files: tuple[Path, ...]
    parts: tuple[StorageFile, ...]
    storage: str
    complete: bool
    topics: Mapping[str, Topic]
    counts: Mapping[str, int]
    start_ns: int
    end_ns: int
    lost: Mapping[str, int]
    notes: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Return the time between the first and the last message."""
        return 1e-9 * (self.end_ns - self.start_ns)

    def messages(
        self, topics: frozenset[str] | None = None, start_ns: int = 0, end_ns: int = 2**63 - 1
    ) -> Iterator[Message]:
        """Yield the messages of some topics (default: all) received from start to before end.

        Raises:
            BagDamagedError: something there could not be read, or was not as it should be; after
                all that is good was yielded.
        """
        wanted = frozenset(self.topics) if topics is None else topics & frozenset(self.topics)
        damage = Damage()
        for name in self.unreadable:
            damage.other(f"{name} cannot be read: {_NOTHING}")
        sources = [
            source
            for part in self.parts
            for source in part.sources(wanted, start_ns, end_ns, damage)
        ]
        try:
            yield from in_order(sources)
        except _UNREADABLE as error:
            damage.other(f"it cannot be read further ({_words(error)})")
        if said := damage.sentence():
            raise BagDamagedError(f"the bag {self.path} is damaged: {said}")


def open_bag(path: Path) -> Bag:
    """Return what is known of a bag.

    Raises:
        BagError: there is none, nothing in it can be read, or it holds no message.
    """
    if not path.exists():
        raise BagError(f"there is no bag at {path}")
    said = read_metadata(path / FILE_NAME)
    files, notes = _files(path, said)
    if not files:
        raise BagError(_no_files(path))
    bag = _opened(path, files, said, notes)
    if not sum(bag.counts.values()):
        left_out = "".join(f"; {note}" for note in bag.notes)
        raise BagError(f"the bag {path} is empty: it holds no message{left_out}")
    return bag


def _no_files(path: Path) -> str:
    if (path / FILE_NAME).is_file():
        return f"the bag {path} has lost its messages: beside {FILE_NAME} is no .mcap or .db3 file"
    if (path / "bag").is_dir():
        return f"{path} is no bag: name the bag inside of it, {path / 'bag'}"
    return f"{path} is no bag: it has neither {FILE_NAME} nor files that end in .mcap or .db3"


def storage_files(path: Path) -> tuple[Path, ...]:
    """Return the storage files of a bag in the order of their numbers."""
    if path.is_file():
        return (path,)
    if not path.is_dir():
        return ()
    found = [file for file in path.iterdir() if file.suffix in _SUFFIXES and file.is_file()]
    return tuple(sorted(found, key=lambda file: (_number(file), file.name)))


def _files(path: Path, said: Said | None) -> tuple[tuple[Path, ...], list[str]]:
    """Return the files of a bag, those that metadata.yaml names if they are there, and notes."""
    found = storage_files(path)
    if said is None:
        return found, []
    names = dict.fromkeys(said.files)
    named = tuple(path / name for name in names if (path / name).is_file())
    if not named:
        return found, []
    gone = [name for name in names if not (path / name).is_file()]
    beside = [file.name for file in found if file not in named]
    notes = [f"{FILE_NAME} names {name}, which is missing" for name in gone]
    notes += [f"{name} is left out: {FILE_NAME} does not name it" for name in beside]
    return named, notes


def _opened(path: Path, files: tuple[Path, ...], said: Said | None, notes: list[str]) -> Bag:
    parts, unreadable, reasons = [], [], []
    for file in files:
        try:
            parts.append(_part(file, said is not None and said.packed_messages))
        except BagError as error:
            reasons.append(str(error))
            if file.stat().st_size:
                unreadable.append(file.name)
            else:
                notes.append(f"{file.name} is empty")
    if not parts:
        why = reasons[0] if len(reasons) == 1 else ""
        raise BagError(f"the bag {path} cannot be read: {_NOTHING}" + (why and f" ({why})"))
    topics = merged_topics(part.contents.topics for part in parts)
    for name, told in said.topics.items() if said is not None else ():
        known = topics.setdefault(name, told)
        topics[name] = known if known.qos else dataclasses.replace(known, qos=told.qos)
    counts = Counter[str](dict.fromkeys(topics, 0))
    for part in parts:
        counts.update(part.contents.counts)
        notes += (note for note in part.contents.notes if note not in notes)
    filled = [part.contents for part in parts if sum(part.contents.counts.values())]
    whole = len(parts) == len(files) and all(part.contents.closed for part in parts)
    listed = said is not None and {file.name for file in files} == set(said.files)
    return Bag(
        path=path,
        files=files,
        parts=tuple(parts),
        storage=parts[0].storage,
        complete=whole and (path.is_file() or listed),
        topics=topics,
        counts=dict(counts),
        start_ns=min((contents.start_ns for contents in filled), default=0),
        end_ns=max((contents.end_ns for contents in filled), default=0),
        lost=said.lost if said is not None else {},
        notes=tuple(notes),
        unreadable=tuple(unreadable),
    )


def _part(file: Path, packed_messages: bool) -> StorageFile:
    """Open one file by what it is, whatever its name says.

    Raises:
        BagError: it is no storage of a bag.
    """
    copies: Path | None = None
    try:
        plain, logged = file, _has_logs(file)
        if _begins(file, ZSTD_MAGIC) or logged:
            copies = Path(tempfile.mkdtemp(prefix="live_mvp_ros_bag_"))
            plain = _copied(file, copies, logged)
        if _begins(plain, mcap_records.MAGIC):
            part: StorageFile = McapFile(plain, file, packed_messages)
        elif _begins(plain, database_file.MAGIC):
            part = DatabaseFile(plain, file, packed_messages, logged)
        else:
            raise BagError(f"{file.name} is neither MCAP nor SQLite")
        if not part.contents.topics and not part.contents.notes and not part.contents.closed:
            raise BagError(f"{file.name} holds nothing that can be read")
    except (BagError, *_UNREADABLE) as error:
        if copies is not None:
            shutil.rmtree(copies, ignore_errors=True)
        if isinstance(error, BagError):
            raise
        raise BagError(f"{file.name}: {_words(error)}") from error
    if copies is not None:
        weakref.finalize(part, shutil.rmtree, copies, ignore_errors=True)
    return part


def _has_logs(file: Path) -> bool:
    """Return whether a database has left a part of itself beside it."""
    logs = (file.with_name(file.name + ending) for ending in LOGS)
    return _begins(file, database_file.MAGIC) and any(
        log.is_file() and log.stat().st_size for log in logs
    )


def _copied(file: Path, folder: Path, logged: bool) -> Path:
    """Return a decompressed copy of a file, or one of a database with its logs."""
    copy = folder / "storage"
    if logged:
        for ending in ("", *LOGS):
            source = file.with_name(file.name + ending)
            if source.is_file():
                shutil.copyfile(source, folder / f"storage{ending}")
        return copy
    with file.open("rb") as packed, copy.open("wb") as plain:
        zstandard.ZstdDecompressor().copy_stream(packed, plain)
    return copy


def _begins(file: Path, magic: bytes) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(magic)) == magic


def _number(file: Path) -> int:
    """Return the number before the suffix of a file such as ``flight_12.mcap``, else 0."""
    last = file.name.split(".")[0].rsplit("_", 1)[-1]
    return int(last) if last.isdecimal() and len(last) < 19 else 0


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
