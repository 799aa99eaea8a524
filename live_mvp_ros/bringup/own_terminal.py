# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The terminal that this process was started in: its name, and how it was."""

from __future__ import annotations

import contextlib
import os
import sys
import termios
from collections.abc import Iterator

from live_mvp_ros.bringup.errors import UsageError


def terminal_name() -> str:
    """Return the device of this process's terminal, from which a node can take keys.

    Raises:
        UsageError: it has none.
    """
    try:
        return os.ttyname(sys.stdin.fileno())
    except (OSError, ValueError):
        raise UsageError(
            "controller = 'teleop' is not allowed here: its keys come from a terminal, and there "
            "is none; start with none, and the node teleop in a terminal of its own"
        ) from None


@contextlib.contextmanager
def kept_as_it_was() -> Iterator[None]:
    """Restore the terminal afterwards, whatever a node that was killed has left."""
    try:
        file = sys.stdin.fileno()
        settings = termios.tcgetattr(file)
    except (OSError, ValueError, termios.error):
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, settings)
