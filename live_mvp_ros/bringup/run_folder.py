# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: made with the time as its name, and removed again if nothing has flown.

Whatever holds data stays: a folder is removed only while it has nothing but what a start writes.
"""

from __future__ import annotations

import contextlib
import glob
import shutil
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from live_mvp_ros.bags.metadata import FILE_NAME as METADATA
from live_mvp_ros.base.results import EVAL_LINES, FACET_LINES
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.graph import IN_RUN_FOLDER

MAP_FILE = "neural_map.npz"
LOGS, BAG, VIEW_FILE = "log", "bag", "flight.rrd"


class RunFolder(NamedTuple):
    """The folder of a run, and those around it that were created for it, the inner ones first."""

    path: Path
    around: tuple[Path, ...] = ()


def new_folder(parent: Path) -> RunFolder:
    """Create and return a folder for this run, named by the time.

    Raises:
        UsageError: it cannot be created.
    """
    name = datetime.now().strftime("%Y%m%d-%H%M%S")
    absolute = parent.absolute()
    missing = tuple(place for place in (absolute, *absolute.parents) if not place.exists())
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        try:
            folder = parent / f"{name}{suffix}"
            folder.mkdir(parents=True)
            return RunFolder(folder.resolve(), missing)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"cannot create {folder}: {error.strerror}") from error
    raise UsageError(f"there are too many runs of this second in {parent}")


def remove_folder(place: RunFolder) -> bool:
    """Remove the folder of a run that never began, and what was created around it if it is empty.

    It stays as it is if it holds anything but what a start writes: logs, and what is recorded.

    Returns:
        Whether it is gone.
    """
    folder = place.path
    try:
        of_a_start = {LOGS, BAG, VIEW_FILE, EVAL_LINES, FACET_LINES}
        if not {path.name for path in folder.iterdir()} <= of_a_start:
            return False
    except FileNotFoundError:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        for around in place.around:
            around.rmdir()
    return not folder.exists()


def version_of(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever a file is written anew, None where there is none.

    The times of files are coarser than the clock: what was written just now may look older.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def bag_folder(folder: Path, wanted: Path) -> Path:
    """Return where the bag of a run in ``folder`` is, if it is recorded to ``wanted``."""
    return folder / BAG if wanted == IN_RUN_FOLDER else wanted.absolute()


def open_bags(folder: Path, wanted: Path) -> list[Path]:
    """Return the bags of a run that have no end: the disk was too slow, or nobody waited.

    There are several where the recorder was started again.
    """
    bag = bag_folder(folder, wanted)
    bags = (bag, *sorted(bag.parent.glob(f"{glob.escape(bag.name)}-[0-9]*")))
    return [path for path in bags if path.is_dir() and not (path / METADATA).exists()]
