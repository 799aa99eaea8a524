# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Run a command that dies with its supervisor: ``leash.py PARENT_PID NICENESS CORES COMMAND...``.

The kernel is asked (prctl PR_SET_PDEATHSIG, Linux) to kill this process when the thread that
started it ends, however it ends; the request survives the exec that follows. A supervisor that is
killed with SIGKILL therefore leaves no orphans. Run as a script with ``python -S -E`` it costs
about 15 ms, and avoids running Python code between fork and exec in a process with threads.

CORES are numbers with commas between them, or ``-`` for those that this process may use already.
They are set before the exec, so that every thread of the command keeps to them. Where the system
refuses, the command runs anyway: a node on the wrong core is slow, one that is missing is not.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
NO_CORES = "-"
WORST_NICENESS = 19
_TRIES, _TRY_AGAIN_S = 5, 0.05
LEASH = __file__
"""To be run as a script."""


def main(arguments: list[str]) -> None:
    """Bind this process to its parent, lower its priority and become the command."""
    parent, niceness, cores, command = (
        int(arguments[0]),
        int(arguments[1]),
        arguments[2],
        arguments[3:],
    )
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the request was made
        sys.exit(1)
    lower_session("self", os.nice(niceness))  # the system keeps it within its bounds
    if cores != NO_CORES:
        keep_to(cores)
    os.execvp(command[0], command)


def below(own: int, by: int) -> int:
    """Return the niceness that is ``by`` worse than ``own``, as far as there is one."""
    return min(own + by, WORST_NICENESS)


def lower_session(process: int | str, niceness: int) -> None:
    """Give the session of a process the priority that the process has.

    Where the kernel groups processes by session (``kernel.sched_autogroup_enabled``, the default
    of desktops), it shares the processor among sessions first, and the niceness of a process
    counts only within its own: of nodes that have a session each, it would mean nothing. The
    kernel takes such a wish only ten times a second from all users together.
    """
    for _ in range(_TRIES):
        try:
            with open(f"/proc/{process}/autogroup", "w", encoding="ascii") as file:
                file.write(str(niceness))
        except BlockingIOError:
            time.sleep(_TRY_AGAIN_S)
        except OSError:  # no such grouping, or not allowed: then the process's own niceness counts
            return
        else:
            return


def keep_to(cores: str) -> None:
    """Run this process on some cores only; say so where that is not possible."""
    try:
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    except OSError as error:
        sys.stderr.write(f"cannot keep to core {cores} ({error.strerror}): runs on any core\n")


if __name__ == "__main__":
    main(sys.argv[1:])
