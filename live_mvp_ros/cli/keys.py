# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Single keys of a terminal, without waiting for them."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from typing import Any


class Keys:
    """Reads keys while it is entered; there are none where standard input is no terminal."""

    def __init__(self) -> None:
        """Look whether there is a terminal."""
        self._settings: list[Any] | None = None

    def __enter__(self) -> Keys:
        """Take single keys, unechoed."""
        if sys.stdin.isatty():
            self._settings = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the terminal."""
        if self._settings is not None:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._settings)

    @property
    def active(self) -> bool:
        """Return whether there is a terminal whose keys are taken."""
        return self._settings is not None

    def pressed(self) -> str:
        """Return the keys pressed since the last call, empty for none."""
        if self._settings is None or not select.select([sys.stdin], [], [], 0.0)[0]:
            return ""
        return os.read(sys.stdin.fileno(), 64).decode(errors="ignore")
