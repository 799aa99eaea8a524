# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The names by which ``gymnasium.make`` and ``gymnasium.make_vec`` know our environments."""

from __future__ import annotations

from typing import Any

import gymnasium

_ROOM = __name__.rpartition(".")[0]
IDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "live_mvp/Examiner-v0": (
        "packet_env:PacketEnv",
        "packet_vector:PacketVectorEnv",
        {"scenario": "examiner"},
    ),
    "live_mvp/Explorer-v0": (
        "packet_env:PacketEnv",
        "packet_vector:PacketVectorEnv",
        {"scenario": "explorer"},
    ),
    "live_mvp/Explore-v0": ("explore_env:ExploreEnv", "explore_vector:ExploreVectorEnv", {}),
}
"""Id: class of one, class of a batch, and what they are given."""


def register_all() -> None:
    """Register every id that is not known yet."""
    for name, (single, batch, settings) in IDS.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point=f"{_ROOM}.{single}",
                vector_entry_point=f"{_ROOM}.{batch}",
                kwargs=settings,
            )
