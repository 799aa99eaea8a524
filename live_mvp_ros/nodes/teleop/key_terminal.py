# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Single keys of a terminal: that of this process, or another one by the name of its device."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import termios
import tty

from live_mvp_ros.ros.running import StartError

_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])")
"""What arrow and function keys send: their letters are no keys."""


class KeyTerminal:
    """A terminal whose keys are taken until it is closed."""

    def __init__(self, device: str) -> None:
        """Take the keys of a device such as /dev/pts/3; empty: of standard input.

        Raises:
            StartError: it is no terminal, or cannot be opened.
        """
        # A terminal stops who reads it in the background; then there are no keys instead.
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            self._file = os.open(device, os.O_RDWR | os.O_NOCTTY) if device else os.dup(0)
            self._settings = termios.tcgetattr(self._file)
            tty.setcbreak(self._file)
        except (OSError, termios.error):
            where = f"terminal = {device!r}" if device else "standard input"
            raise StartError(
                f"{where} is no terminal that keys can be taken from: start teleop in a terminal,"
                " or name one, as the command tty does"
            ) from None

    def pressed(self) -> list[str]:
        """Return the names of the keys since the last call; a capital is a key with Shift."""
        try:
            if not select.select([self._file], [], [], 0.0)[0]:
                return []
            text = os.read(self._file, 256).decode(errors="ignore")
        except OSError:  # it has been closed, or belongs to somebody else now
            return []
        return keys_in(text)

    def close(self) -> None:
        """Give the terminal back as it was."""
        try:
            termios.tcsetattr(self._file, termios.TCSADRAIN, self._settings)
            os.close(self._file)
        except (OSError, termios.error) as error:
            sys.stderr.write(f"the terminal cannot be restored: {error}\n")


def keys_in(text: str) -> list[str]:
    """Return the names of the keys that a terminal sent as a text."""
    names = []
    for letter in _SEQUENCE.sub("", text):
        names += ["shift"] if letter.isupper() else []
        names.append(letter)
    return names
