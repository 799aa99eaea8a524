# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the words of launch arguments mean: numbers, and switches that may be automatic."""

from __future__ import annotations

from typing import TypeVar

from live_mvp_ros.bringup.errors import UsageError

N = TypeVar("N", int, float)


def number(name: str, text: str, kind: type[N]) -> N:
    """Return the number that a launch argument says.

    Raises:
        UsageError: it is no number of this kind.
    """
    try:
        return kind(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise UsageError(f"{name} = {text!r} is not allowed: it must be {wanted}") from None


def between(name: str, text: str, low: float, high: float) -> float:
    """Return the number within limits that a launch argument says.

    Raises:
        UsageError: it is none.
    """
    value = number(name, text, float)
    if not low <= value <= high:
        raise UsageError(
            f"{name} = {text!r} is not allowed: it must be between {low:g} and {high:g}"
        )
    return value


def switch(name: str, text: str) -> bool | None:
    """Return what a launch argument of true, false or auto says; None for auto.

    Raises:
        UsageError: it is none of them.
    """
    if text not in ("true", "false", "auto"):
        raise UsageError(f"{name} = {text!r} is not allowed: it must be one of true, false, auto")
    return None if text == "auto" else text == "true"
