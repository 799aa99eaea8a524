# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Run a command that dies with its supervisor: ``leash.py PARENT_PID NICENESS COMMAND...``.

The kernel is asked (prctl PR_SET_PDEATHSIG, Linux) to kill this process when the thread that
started it ends, however it ends; the request survives the exec that follows. A supervisor that is
killed with SIGKILL therefore leaves no orphans. Run as a script with ``python -S -E`` it costs
about 15 ms, and avoids running Python code between fork and exec in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Bind this process to its parent, lower its priority and become the command."""
    parent, niceness, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the request was made
        sys.exit(1)
    os.nice(niceness)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
