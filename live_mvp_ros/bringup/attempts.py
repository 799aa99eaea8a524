# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Do one thing of several, of which each is worth as much without the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from live_mvp_ros.bringup.errors import BringupError
from live_mvp_ros.bringup.start_progress import join

T = TypeVar("T")


class Unwritten:
    """What could not be written, for one sentence at the end."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._by_reason: dict[str, list[str]] = {}

    def attempt(self, what: str, write: Callable[..., T], *arguments: Any) -> T | None:
        """Write one thing; where that fails, note it: what is beside it is worth as much."""
        return _attempt(self.add, what, write, *arguments)

    def add(self, what: str, why: str) -> None:
        """Note a thing that could not be written."""
        self._by_reason.setdefault(why, []).append(what)

    def why(self, what: str) -> str:
        """Return why a thing could not be written, empty for one that was."""
        return next((why for why, things in self._by_reason.items() if what in things), "")

    def sentence(self) -> str:
        """Return what could not be written and why, empty for nothing."""
        return "; ".join(
            f"{listed(things)} could not be written: {why}"
            for why, things in self._by_reason.items()
        )


def attempt(
    say: Callable[[str], None], what: str, write: Callable[..., T], *arguments: Any
) -> T | None:
    """Write one thing; where that fails, say so."""
    return _attempt(
        lambda thing, why: say(f"{thing} could not be written: {why}"), what, write, *arguments
    )


def described(error: BaseException) -> str:
    """Return an exception as the end of a sentence."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror  # its text would begin with a number, and name what is being named
    words = " ".join(str(error).split())
    kind = "" if isinstance(error, OSError | BringupError) else type(error).__name__
    return join(kind, words)


def _attempt(
    note: Callable[[str, str], None], what: str, write: Callable[..., T], *arguments: Any
) -> T | None:
    try:
        return write(*arguments)
    except (OSError, ValueError, BringupError) as error:
        note(what, described(error))
        return None


def listed(things: list[str]) -> str:
    """Return things as words: one, two and three."""
    return " and ".join([", ".join(things[:-1]), things[-1]] if things[1:] else things)
