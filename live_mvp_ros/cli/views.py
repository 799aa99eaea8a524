# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How progress is shown: a bar and a line that change in place in a terminal, log lines elsewhere.

In a terminal, what is waited for is written below them, in as many lines as it needs.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from typing import TYPE_CHECKING

import click

from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.bringup.time_left import in_words

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PLAIN_PERIOD_S = 5.0
STYLES = {
    MissionState.DONE.name: "bold green",
    MissionState.HOLDING.name: "yellow",
    MissionState.FAULT.name: "bold red",
}


@dataclasses.dataclass(frozen=True)
class Shown:
    """How it goes.

    Attributes:
        line: in figures.
        state: of the mission; the name of a ``MissionState``, or another word.
        note: what is waited for, or why; empty for nothing.
        share: of the mission that is done, in [0, 1]; None as long as nobody knows.
        left_s: seconds that the rest will take, None as long as nobody knows.
        has_bar: whether a terminal shows the share as a bar.
    """

    line: str
    state: str
    note: str = ""
    share: float | None = None
    left_s: float | None = None
    has_bar: bool = False


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

    def show(self, shown: Shown) -> None:
        """Write how it goes if that is due."""
        now = time.monotonic()
        if shown.state != self._state or now - self._last >= PLAIN_PERIOD_S:
            self._state, self._last = shown.state, now
            click.echo("  ".join(part for part in (shown.line, shown.note) if part))


class LiveView:
    """A bar and a line that change in place, with other lines above them."""

    def __init__(self, console: Console | None = None) -> None:
        """Prepare the terminal, or another console."""
        from rich.console import Console
        from rich.live import Live

        self._console = console or Console(highlight=False)
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

    def show(self, shown: Shown) -> None:
        """Draw how it goes."""
        from rich.console import Group
        from rich.text import Text

        text = Text(shown.line, style=STYLES.get(shown.state, ""), no_wrap=True)
        text.truncate(self._console.width, overflow="ellipsis")
        rows: list[RenderableType] = [bar(shown), text] if shown.has_bar else [text]
        if shown.note:
            rows.append(Text(shown.note, style="dim"))
        self._live.update(Group(*rows))


def bar(shown: Shown) -> RenderableType:
    """Return the share as a bar over the width, one that only moves where nobody knows it."""
    from rich.progress_bar import ProgressBar
    from rich.table import Column, Table
    from rich.text import Text

    words = [] if shown.share is None else [f"{100 * shown.share:.0f} %"]
    if shown.left_s is not None:
        words.append(f"about {in_words(shown.left_s)} left")
    done = ProgressBar(
        total=None if shown.share is None else 1.0,
        completed=shown.share or 0.0,
        pulse=shown.share is None,
    )
    row = Table.grid(Column(ratio=1), Column(no_wrap=True), padding=(0, 1), expand=True)
    row.add_row(done, Text(", ".join(words)))
    return row


def view(plain: bool = False) -> PlainView | LiveView:
    """Return the view that fits what standard output is."""
    return PlainView() if plain or not sys.stdout.isatty() else LiveView()
