# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Halves of files in JAX's cache are removed, so that what they should hold is kept anew.

JAX writes an entry in place, and never again once there is a file of its name. What a full disk or
a killed process cut off would be compiled at every start from then on.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

_MARK = ".looked-at"
_SETTLED_S = 60.0  # whoever writes a younger file may not have ended
_MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY = (0, 1, 2, 4)  # bytes of its number
_CONTENT = (0, 2, 4, 8)  # bytes of the size of what is in the frame
_RUN = 1  # type of a block that is one byte, repeated


def remove_halves(directory: Path) -> list[str]:
    """Remove the files of a cache that end too early; each is looked at once.

    Args:
        directory: JAX's cache.

    Returns:
        Their names. What cannot be read or removed is left as it is: the cache is a help only.
    """
    removed: list[str] = []
    mark = directory / _MARK
    now = time.time()
    with contextlib.suppress(OSError):
        looked_at = mark.stat().st_mtime if mark.exists() else 0.0
        if directory.stat().st_mtime < looked_at:
            return []  # nothing has been added since
        with os.scandir(directory) as entries:
            kept = [e for e in entries if e.name.endswith("-cache") and e.is_file()]
            news = [e for e in kept if looked_at <= e.stat().st_mtime < now - _SETTLED_S]
        for entry in news:
            if not _is_whole(Path(entry.path)):
                os.unlink(entry.path)
                removed.append(entry.name)
        mark.touch()
        os.utime(mark, (now - _SETTLED_S, now - _SETTLED_S))
    return removed


def _is_whole(path: Path) -> bool:
    """Return whether a Zstandard frame ends where its file does (RFC 8878, 3.1.1).

    What is another format is nobody's half.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        begin = file.read(5)
        if len(begin) < 5:
            return False
        if begin[:4] != _MAGIC:
            return True
        flags = begin[4]
        single = flags >> 5 & 1
        content = _CONTENT[flags >> 6] or single
        at = 5 + (1 - single) + _DICTIONARY[flags & 3] + content
        last = False
        while not last:
            file.seek(at)
            header = int.from_bytes(file.read(3), "little")
            at += 3 + (1 if header >> 1 & 3 == _RUN else header >> 3)
            if at > size:
                return False
            last = bool(header & 1)
        return at + (4 if flags >> 2 & 1 else 0) <= size
