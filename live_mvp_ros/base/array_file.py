# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Arrays under a JSON header in one file: an uncompressed NumPy archive, read with mistrust.

Nothing in it is executed on loading, every part of it has a checksum, and nothing is taken for
larger than it is on disk.
"""

from __future__ import annotations

import io
import json
import os
import stat
import struct
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

HEADER = "header"
DAMAGE = (  # what the readers of ZIP, NPY and JSON raise on bytes that are not theirs
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
)


class ArrayFileError(ValueError):
    """A file cannot be read; the text says what is wrong with it, after its name."""


def packed(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the content of a file."""
    content = io.BytesIO()
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(content, allow_pickle=False, **{HEADER: text, **arrays})
    return content.getvalue()


def read_arrays(
    path: str | os.PathLike[str], what: str, only: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Return the arrays of a file, its header among them, or only some of them.

    Args:
        path: of the file.
        what: it should be, for messages, such as ``map file``.
        only: names of arrays; None for all.

    Raises:
        ArrayFileError: there is no such file, or it is not a whole one of this kind.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise ArrayFileError("is not a file")
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
            if not stored or sum(member.file_size for member in members) > status.st_size:
                raise ArrayFileError(f"is not a whole {what}")
            names = {member.filename.removesuffix(".npy"): member for member in members}
            return {
                name: _array(archive.read(member))
                for name, member in names.items()
                if only is None or name in only
            }
    except FileNotFoundError as error:
        raise ArrayFileError("there is no such file") from error
    except ArrayFileError:
        raise
    except DAMAGE as error:
        raise ArrayFileError(f"is not a whole {what}") from error


def _array(data: bytes) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
