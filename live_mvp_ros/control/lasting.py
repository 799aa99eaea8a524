# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What does not pass by itself: a condition that has held without a break for long."""

from __future__ import annotations

from collections.abc import Mapping


class Lasting:
    """Watches conditions and says which of them has lasted for ``limit_s``."""

    def __init__(self, limit_s: float) -> None:
        """Have seen nothing yet."""
        self._limit_s = limit_s
        self._since_s: dict[str, float] = {}

    def update(self, now_s: float, present: Mapping[str, str]) -> str:
        """Take the conditions that hold now, and return the sentence of one that lasts, or "".

        Args:
            now_s: steady time.
            present: a sentence for each condition by its name; empty sentences do not hold.
        """
        held = {name: sentence for name, sentence in present.items() if sentence}
        self._since_s = {name: self._since_s.get(name, now_s) for name in held}
        for name, sentence in held.items():
            if now_s - self._since_s[name] >= self._limit_s:
                return f"{sentence}, for {self._limit_s:g} s"
        return ""
