# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Do one thing of several, of which each is worth as much without the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from live_mvp_ros.bringup.errors import BringupError
from live_mvp_ros.bringup.start_progress import join

T = TypeVar("T")


def attempt(
    say: Callable[[str], None], what: str, write: Callable[..., T], *arguments: Any
) -> T | None:
    """Write one thing; where that fails, say so: what is beside it is worth as much."""
    try:
        return write(*arguments)
    except (OSError, ValueError, BringupError) as error:
        say(f"{what} could not be written: {described(error)}")
        return None


def described(error: BaseException) -> str:
    """Return an exception as the end of a sentence."""
    words = " ".join(str(error).split())
    kind = "" if isinstance(error, OSError | BringupError) else type(error).__name__
    return join(kind, words)
