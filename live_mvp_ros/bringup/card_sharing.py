# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the processes of a graph share one graphics card, as variables of their environment.

Each process of JAX would take three quarters of a card's memory at its start, so the second would
find none. Here each takes what it needs when it needs it, and at most its part. Where JAX computes
on the processor none of this means anything, and what the user has set is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping

SHARED = 0.8
"""Of the memory of a card: the rest is left to its driver and to screens."""
PREALLOCATE, FRACTION = "XLA_PYTHON_CLIENT_PREALLOCATE", "XLA_CLIENT_MEM_FRACTION"
_OTHER_NAME = {FRACTION: "XLA_PYTHON_CLIENT_MEM_FRACTION"}
"""JAX refuses to start with both."""


def card_environment(processes: int) -> dict[str, str]:
    """Return the variables of each of some processes that compute."""
    return {PREALLOCATE: "false", FRACTION: f"{SHARED / max(1, processes):.3f}"}


def undecided(wanted: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return those of some variables that an environment does not decide, by either name."""
    return {
        name: value
        for name, value in wanted.items()
        if name not in environment and _OTHER_NAME.get(name, name) not in environment
    }
