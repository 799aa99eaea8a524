# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How tests have programs compiled, and how they get rid of them."""

from __future__ import annotations

import sys

from live_mvp_ros.base.jax_setup import give_back_memory

SOON = {"xla_backend_optimization_level": 0}
"""Compiler options: half of the time to compile, and many times as long to run."""


def let_go() -> None:
    """Forget all compiled programs, if there are any, and return their memory to the system."""
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
        give_back_memory()
