# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the compiler must not go on: one name for XLA's barrier, the reason stands at each use.

XLA fuses arithmetic into whatever reads its result. Mostly that saves memory traffic; where a
result is read several times it is worked out several times, and where a loop moves memory it is
slowed down. Results do not depend on it.
"""

from __future__ import annotations

from typing import TypeVar

import jax

T = TypeVar("T")


def computed_here(values: T) -> T:
    """Return ``values``, a pytree of arrays, computed at this place and once."""
    return jax.lax.optimization_barrier(values)
