# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One graph per domain and namespace: a file lock on this machine, discovery for the rest.

The lock is the kernel's (flock): it goes with its process, however that ends. Discovery finds
graphs that were started another way, by ``ros2 launch`` for instance. It mostly takes 0.1 s, but
up to 3 s when an announcement is lost; so a short look before the start is followed by a watch for
names that are there twice (``twins``).
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import IO

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.ros_settings import domain_id
from live_mvp_ros.bringup.twins import own_mark


class GraphLock:
    """Holds the right to run the graph of one namespace in this domain until ``release``."""

    def __init__(self, namespace: str) -> None:
        """Take the lock.

        Raises:
            UsageError: another process holds it, or the file cannot be written.
        """
        self._where = f"in ROS domain {domain_id()}, namespace /{namespace}"
        name = f"live_mvp_ros-{os.getuid()}-{domain_id()}-{namespace.replace('/', '-')}.lock"
        self._file = _open_own(Path(tempfile.gettempdir()) / name)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = self._file.read().strip() or "unknown"
            self._file.close()
            raise self.busy(f"process {owner}") from error
        self.mark = own_mark()
        """Enclave of the nodes of this graph, by which others know how old it is."""
        self._file.truncate(0)
        self._file.seek(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def check_discovery(self, names: Collection[str], wait_s: float = 0.5) -> None:
        """Look for nodes called ``names`` (fully qualified) that others already run.

        Raises:
            UsageError: there is one.
        """
        import rclpy
        from rclpy.context import Context
        from rclpy.signals import SignalHandlerOptions

        context = Context()
        rclpy.init(context=context, signal_handler_options=SignalHandlerOptions.NO)
        node = rclpy.create_node(f"live_mvp_ros_look_{os.getpid()}", context=context)
        try:
            end = time.monotonic() + wait_s
            while time.monotonic() < end:
                for name, namespace in node.get_node_names_and_namespaces():
                    full = f"{namespace.rstrip('/')}/{name}"
                    if full in names:
                        raise self.busy(f"node {full}")
                time.sleep(0.05)
        finally:
            node.destroy_node()
            context.try_shutdown()

    def release(self) -> None:
        """Give the lock back; safe to call again."""
        self._file.close()

    def busy(self, owner: str) -> UsageError:
        """Return the refusal to run beside another graph, of which ``owner`` is a part."""
        return UsageError(
            f"a graph is already running {self._where} ({owner}): stop it, or choose another "
            "--namespace or ROS_DOMAIN_ID"
        )


def _open_own(path: Path) -> IO[str]:
    """Return a file of a shared temporary folder, made if it is missing, to read and write.

    Everybody may put a link under its name there, so that we would empty another file of ours.

    Raises:
        UsageError: what is there is no plain file of this user with this one name.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags, 0o600)
    except OSError as error:
        reason = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise UsageError(f"cannot open the lock file {path}: {reason}") from error
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode) or about.st_uid != os.getuid() or about.st_nlink != 1:
        os.close(handle)
        raise UsageError(
            f"cannot use the lock file {path}: it must be a plain file of this user without other "
            "names; remove it"
        )
    return os.fdopen(handle, "r+", encoding="utf-8")
