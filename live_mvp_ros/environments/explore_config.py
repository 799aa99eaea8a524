# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the environment in which a drone explores a generated world."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from live_mvp_ros import mapping, planning, worlds
from live_mvp_ros.base.config import (
    ConfigurationError,
    configuration,
    parameter,
    replace,
)
from live_mvp_ros.base.nearest_names import nearest
from live_mvp_ros.sim.loop_config import SENSING, ClosedLoopConfig
from live_mvp_ros.sim.planar import PlanarSensorConfig

CONTROLS = ("acceleration", "proposals")
LIGHT = ClosedLoopConfig(
    planar=PlanarSensorConfig(resolution_m=0.2, n_beams=48),
    info_field=planning.InfoFieldConfig(n_directions=24),
    camera=worlds.DepthCameraConfig(width_px=32, height_px=24),
    live_map=mapping.LiveMapConfig(
        resolution_m=0.2,
        levels=6,
        finest_cells=128,
        table_size_log2=12,
        hidden_width=16,
        train_rays=8,
        keyframes=16,
    ),
)
"""Sensors, maps and plans coarse enough to learn in: cells of 20 cm, beams a cell apart at the end
of their range, half the directions of the planner's sweep, a small live map."""


@configuration
class ExploreConfig:
    """What is explored, by which senses and actions, and what it is worth."""

    sensing: str = parameter(
        default="planar",
        choices=SENSING,
        help="How the map is made: by range beams in a plane, or by depth camera and live map.",
    )
    control: str = parameter(
        default="acceleration",
        choices=CONTROLS,
        help="What an action is: an acceleration and a yaw rate, or one of the proposals.",
    )
    world: str = parameter(
        default="office_20x20",
        help="Name or file of a world; each episode takes another seed of one that has them.",
    )
    worlds: int = parameter(
        default=8, low=1, high=1024, help="How many seeds there are to draw from."
    )
    first_seed: int = parameter(default=0, low=0, high=99_999_999, help="The first of the seeds.")
    crop_cells: int = parameter(
        default=32, low=4, high=256, help="Side of the crop of the map that is observed."
    )
    plan_every_steps: int = parameter(
        default=40,
        low=0,
        high=10_000,
        help="Gain and guidance are made anew every so many steps (acceleration); 0: there are"
        " none, which is much faster.",
    )
    proposals: int = parameter(
        default=8, low=1, high=64, help="How many proposals there are to choose from."
    )
    time_limit_s: float = parameter(
        default=120.0, unit="s", low=0.1, high=100_000.0, help="An episode is truncated then."
    )
    explored_share: float = parameter(
        default=0.95,
        low=0.0,
        high=1.0,
        help="An episode terminates when this share of what can be seen is known.",
    )
    contact_ends: bool = parameter(
        default=True,
        help="Contact terminates an episode; if not, the drone is put back where it was.",
    )
    area_reward_per_m2: float = parameter(
        default=1.0, unit="1/m^2", low=0.0, high=1e6, help="Reward of newly known area."
    )
    time_cost_per_s: float = parameter(
        default=0.1, unit="1/s", low=0.0, high=1e6, help="What time costs."
    )
    contact_cost: float = parameter(
        default=10.0, low=0.0, high=1e6, help="What each contact costs."
    )
    loop: ClosedLoopConfig = LIGHT


def with_settings(
    config: ExploreConfig | Mapping[str, Any] | None, settings: Mapping[str, Any]
) -> ExploreConfig:
    """Return a configuration, the usual one for None, with some fields replaced.

    Args:
        config: a configuration, or fields that differ from the usual one.
        settings: fields that differ from ``config``.

    Raises:
        ConfigurationError: there is no such field, or a value is not allowed.
    """
    if isinstance(config, Mapping):
        settings = {**config, **settings}
        config = None
    if config is None:
        config = ExploreConfig()
    if not isinstance(config, ExploreConfig):
        raise ConfigurationError(
            f"config = {config!r} is not allowed: it must be an ExploreConfig, or a mapping"
        )
    known = {field.name for field in dataclasses.fields(ExploreConfig)}
    for name in settings:
        if name not in known:
            raise ConfigurationError(
                f"{name} is not a setting of ExploreConfig: did you mean {nearest(name, known)}?"
            )
    return replace(config, **settings)
