# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Numbers of things in words: one thing, two things."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """Return a number of things, whose name takes an s where there are many: ``1 collision``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
