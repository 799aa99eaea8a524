# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Draw a window thirty times a second until it, the pilot or the simulation ends."""

from __future__ import annotations

import time
from typing import Protocol

from live_mvp_ros.playing.play_messages import Failed
from live_mvp_ros.playing.play_session import PlaySession

DRAWS_PER_S = 30.0


class Window(Protocol):
    """Something that shows a session and gives it keys."""

    @property
    def is_open(self) -> bool:
        """Return whether the user has not closed it."""

    def draw(self, now_s: float) -> None:
        """Show the session as it is."""

    def listen(self, for_s: float) -> None:
        """Take what the user does for so long."""


def play(session: PlaySession, window: Window) -> Failed | None:
    """Play until the end; returns why the simulation ended, None if the user did."""
    due_s = time.monotonic()
    while window.is_open and not session.quits:
        now_s = time.monotonic()
        session.tick(now_s)
        if session.failed is not None:
            return session.failed
        window.draw(now_s)
        session.drawn(time.monotonic())
        due_s = max(due_s + 1.0 / DRAWS_PER_S, time.monotonic())
        window.listen(due_s - time.monotonic())
    return None
