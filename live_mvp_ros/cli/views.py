# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How progress is shown: one line that changes in place in a terminal, log lines elsewhere."""

from __future__ import annotations

import sys
import time

import click

PLAIN_PERIOD_S = 5.0
STYLES = {"DONE": "bold green", "HOLDING": "yellow", "FAULT": "bold red"}


class PlainView:
    """Log lines at long intervals and at each change of state, for files and scripts."""

    def __init__(self) -> None:
        """Show the first line at once."""
        self._state, self._last = "", 0.0

    def __enter__(self) -> PlainView:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    def say(self, text: str) -> None:
        """Write a line."""
        click.echo(text)

    def show(self, line: str, state: str) -> None:
        """Write how it goes if that is due."""
        now = time.monotonic()
        if state != self._state or now - self._last >= PLAIN_PERIOD_S:
            self._state, self._last = state, now
            click.echo(line)


class LiveView:
    """One line that changes in place, with other lines above it."""

    def __init__(self) -> None:
        """Prepare the terminal."""
        from rich.console import Console
        from rich.live import Live

        self._console = Console(highlight=False)
        self._live = Live(console=self._console, refresh_per_second=5)

    def __enter__(self) -> LiveView:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the last line where it is."""
        self._live.stop()

    def say(self, text: str) -> None:
        """Write a line above the live one."""
        self._console.print(text, markup=False, soft_wrap=True)

    def show(self, line: str, state: str) -> None:
        """Draw how it goes."""
        from rich.text import Text

        text = Text(line, style=STYLES.get(state, ""), no_wrap=True)
        text.truncate(self._console.width, overflow="ellipsis")
        self._live.update(text)


def view(plain: bool = False) -> PlainView | LiveView:
    """Return the view that fits what standard output is."""
    return PlainView() if plain or not sys.stdout.isatty() else LiveView()
