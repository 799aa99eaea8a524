# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the members of a batch get their seeds, as ``gymnasium.vector.SyncVectorEnv`` does it."""

from __future__ import annotations

from collections.abc import Sequence


def member_seeds(seed: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    """Return the seed of each member: counted up from one, or a list, or none.

    Raises:
        ValueError: the list is not as long as there are members.
    """
    if seed is None:
        return [None] * count
    if isinstance(seed, int):
        return [seed + i for i in range(count)]
    if len(seed) != count:
        raise ValueError(f"seed = {list(seed)} is not allowed: there must be {count} of them")
    return list(seed)
