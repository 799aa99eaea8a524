# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One supervised process: its own session, its output kept, and an end that always comes."""

from __future__ import annotations

import collections
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import IO

from live_mvp_ros.base.leash import LEASH, NO_CORES, below, lower_session

RING_LINES = 40
WAIT_STEP_S = 0.05
ASK_AGAIN_S = 2.0
_LOOKS = 5
_NOISE = re.compile(r"^(-+|For simplicity, JAX has removed its internal frames.*)?$")
_LOG_PREFIX = re.compile(r"^\[(?:DEBUG|INFO|WARN|ERROR|FATAL)\] \[[\d.]+\] \[[^\]]*\]: ")


class NodeProcess:
    """A running command in its own process group whose output goes to a file and a ring of lines.

    Must be created in a thread that lives as long as the supervisor (the main thread): the kernel
    kills the process when that thread ends.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log_file: Path,
        *,
        niceness: int = 0,
        cores: Collection[int] = (),
    ) -> None:
        """Start the command; its output is appended to ``log_file``.

        Args:
            command: program and arguments.
            environment: of the command.
            log_file: gets what the command writes.
            niceness: added to the priority.
            cores: that it may run on; empty for those of this process.

        Raises:
            OSError: the log file cannot be written.
        """
        leash = [sys.executable, "-S", "-E", str(LEASH), str(os.getpid()), str(niceness)]
        leash.append(",".join(map(str, sorted(cores))) or NO_CORES)
        self._own_niceness = os.getpriority(os.PRIO_PROCESS, 0)
        self._log = log_file.open("ab", buffering=0)
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(
            [*leash, *command],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._ring: collections.deque[str] = collections.deque(maxlen=RING_LINES)
        self._reader = threading.Thread(target=self._read, daemon=True, name="node output")
        self._reader.start()

    @property
    def pid(self) -> int:
        """Return the process id, which is also its group's and session's."""
        return self._process.pid

    def returncode(self) -> int | None:
        """Return the exit status, negative for a signal, or None while it runs."""
        return self._process.poll()

    def lifetime_s(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started_at

    def last_lines(self, count: int = 10) -> list[str]:
        """Return the last lines of output; after the end, all that was written is counted."""
        if self.returncode() is not None:
            self._reader.join(timeout=0.5)
        return list(self._ring)[-count:]

    def sentence(self) -> str:
        """Return the last line that says something, without the logger's prefix."""
        spoken = [line for line in self.last_lines(RING_LINES) if not _NOISE.match(line.strip())]
        return _LOG_PREFIX.sub("", spoken[-1]).strip() if spoken else "it said nothing"

    def signal_group(self, number: int) -> None:
        """Send a signal to the process and everything that it started; gone is fine."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def renice(self, niceness: int) -> str:
        """Give every thread of the process, and those that they will start, a priority.

        Args:
            niceness: added to the priority that this process had when it started the command.

        Returns:
            Why the system refuses, empty if it does not.
        """
        target, refusal = below(self._own_niceness, niceness), ""
        try:
            threads = os.listdir(f"/proc/{self.pid}/task")
        except FileNotFoundError:  # it is gone
            return ""
        for thread in threads:
            try:
                os.setpriority(os.PRIO_PROCESS, int(thread), target)
            except PermissionError as error:
                refusal = str(error.strerror)
            except ProcessLookupError:
                continue
        lower_session(self.pid, target)
        return refusal

    def reap(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it came."""
        try:
            self._process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        """Kill what is left of the group and release the log file."""
        self.signal_group(signal.SIGKILL)
        self.reap(1.0)
        self._reader.join(timeout=0.2)
        self._log.close()

    def _read(self) -> None:
        stream: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        for line in stream:
            with contextlib.suppress(ValueError, OSError):  # closed meanwhile, or the disk is full
                self._log.write(line)
            self._ring.append(line.decode(errors="replace").rstrip())
        stream.close()


def keep_to(pid: int, cores: Collection[int]) -> str:
    """Run every thread of a process, and those that they will start, on some cores only.

    Returns:
        Why the system refuses, empty if it does not.
    """
    refusal, kept = "", set[int]()
    for _ in range(_LOOKS):
        try:
            threads = {int(name) for name in os.listdir(f"/proc/{pid}/task")}
        except FileNotFoundError:  # it is gone
            return ""
        for thread in threads - kept:
            try:
                os.sched_setaffinity(thread, cores)
            except ProcessLookupError:
                continue
            except OSError as error:
                refusal = str(error.strerror)
        if threads <= kept:  # none was started meanwhile by one that was not kept yet
            break
        kept |= threads
    return refusal


def lower_thread(by: int) -> None:
    """Give the calling thread a worse priority than it has, as far as the system lets it."""
    with contextlib.suppress(OSError):  # a container may forbid it
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), below(own, by))


def stop_all(
    processes: Sequence[NodeProcess],
    limit_s: float,
    writing: Collection[NodeProcess] = (),
    go_on: Callable[[float], bool] = lambda elapsed_s: False,
) -> None:
    """End processes within ``limit_s``: SIGINT, at half of it SIGTERM, at 3/4 SIGKILL.

    Args:
        processes: all of them.
        limit_s: time for those that only have to let go.
        writing: those that complete a file after SIGINT. They are killed only when ``go_on``,
            called again and again with the seconds since the first signal, no longer wants to
            wait for them, and not before ``limit_s``.
        go_on: returns whether to wait.
    """
    begin = time.monotonic()
    stages = ((signal.SIGINT, 0.5), (signal.SIGTERM, 0.75), (signal.SIGKILL, 1.0))
    running = [process for process in processes if process.returncode() is None]
    left = [process for process in running if process not in writing]
    slow = [process for process in running if process in writing]
    for process in slow:
        process.signal_group(signal.SIGINT)
    asked_s = 0.0
    for number, share in stages:
        for process in left:
            process.signal_group(number)
        for process in left:
            process.reap(max(0.0, begin + share * limit_s - time.monotonic()))
        left = [process for process in left if process.returncode() is None]
        if not left:
            break
    while slow and ((elapsed_s := time.monotonic() - begin) < limit_s or go_on(elapsed_s)):
        slow[0].reap(WAIT_STEP_S)
        if elapsed_s - asked_s >= ASK_AGAIN_S:  # a signal during an import can be lost
            asked_s = elapsed_s
            for process in slow:
                process.signal_group(signal.SIGINT)
        slow = [process for process in slow if process.returncode() is None]
    for process in processes:
        process.close()
