# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a replay says while it plays, and of maps that cannot be compared."""

from __future__ import annotations

import types

import pytest

from live_mvp_ros.cli.replay import Controls, not_compared
from live_mvp_ros.cli.views import Shown


class Screen:
    """Keeps what is shown."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def show(self, shown: Shown) -> None:
        """Keep a line."""
        self.lines.append(shown.line)


@pytest.mark.parametrize(
    ("start_s", "at_s", "words"),
    [
        (0.0, 12.5, "PLAYING    12.50 of 60.00 s  7 messages"),
        (12.0, 12.5, "PLAYING     0.50 of 48.00 s from 12.00 s on  7 messages"),
        (12.0, 60.0, "PLAYING    48.00 of 48.00 s from 12.00 s on  7 messages"),
    ],
)
def test_progress_is_that_of_what_is_played(start_s, at_s, words):
    screen = Screen()
    player = types.SimpleNamespace(paused=False, position_s=at_s, duration_s=60.0, published=7)
    assert Controls(screen, start_s).watch(player)  # type: ignore[arg-type]
    assert screen.lines == [words]


@pytest.mark.parametrize(
    ("agreement", "known", "rebuilt", "words"),
    [
        (0.9, 10, 1, ""),
        (0.0, 10, 1, ""),
        (None, 0, 1, "the recorded map knows no cell, free or occupied"),
        (None, None, 3, "no map was recorded"),
        (None, None, 0, "no map was rebuilt"),
    ],
)
def test_maps_that_are_not_compared_are_said_with_why(agreement, known, rebuilt, words):
    result = {
        "occupancy_agreement": agreement,
        "known_cells_recorded": known,
        "maps_rebuilt": rebuilt,
    }
    assert not_compared(result) == words
