# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Gymnasium environments: packets to look at, and a world to explore.

``import live_mvp_ros.environments`` registers ``live_mvp/Examiner-v0``, ``live_mvp/Explorer-v0``
and ``live_mvp/Explore-v0``, where Gymnasium is installed. The pure functions behind the last one,
``ExploreTask``, do without it.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from live_mvp_ros.base.late_imports import names_of

if TYPE_CHECKING:
    from live_mvp_ros.environments.explore_config import ExploreConfig
    from live_mvp_ros.environments.explore_env import ExploreEnv
    from live_mvp_ros.environments.explore_task import ExploreInfo, ExploreState, ExploreTask
    from live_mvp_ros.environments.explore_vector import ExploreVectorEnv
    from live_mvp_ros.environments.packet_env import PacketEnv
    from live_mvp_ros.environments.packet_vector import PacketVectorEnv

__all__ = [
    "ExploreConfig",
    "ExploreEnv",
    "ExploreInfo",
    "ExploreState",
    "ExploreTask",
    "ExploreVectorEnv",
    "PacketEnv",
    "PacketVectorEnv",
]

__getattr__ = names_of(
    __name__,
    {
        "explore_config": ("ExploreConfig",),
        "explore_env": ("ExploreEnv",),
        "explore_task": ("ExploreInfo", "ExploreState", "ExploreTask"),
        "explore_vector": ("ExploreVectorEnv",),
        "packet_env": ("PacketEnv",),
        "packet_vector": ("PacketVectorEnv",),
    },
)

if find_spec("gymnasium") is not None:
    from live_mvp_ros.environments.registering import register_all

    register_all()
