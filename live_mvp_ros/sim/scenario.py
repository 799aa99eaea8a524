# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run becomes before its flight: a world, a configuration and the ground truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from live_mvp_ros.config import ConfigurationError, replace
from live_mvp_ros.sim import closed_loop, metrics
from live_mvp_ros.sim.runs import Run
from live_mvp_ros.worlds import World, load_world

CHOSEN_ELSEWHERE = ("planner", "sensing")
T = TypeVar("T")


class Scenario(NamedTuple):
    """A run that can be flown."""

    run: Run
    world: World
    config: closed_loop.ClosedLoopConfig
    truth: metrics.GroundTruth


def configure(run: Run, world: World) -> closed_loop.ClosedLoopConfig:
    """Return the configuration of a run in a world.

    Raises:
        ConfigurationError: a setting is unknown or not allowed.
    """
    for key in CHOSEN_ELSEWHERE:
        if key in run.overrides:
            raise ConfigurationError(f"{key} is no setting to override: it is chosen by --{key}")
    for name in closed_loop.HAVE_A_BODY:
        group = run.overrides.get(name)
        if isinstance(group, Mapping) and "body" in group:
            raise ConfigurationError(f"{name}.body is no setting of its own: set body")
    config = closed_loop.configure(world, run.planner, run.sensing, run.time_limit_s)
    return closed_loop.with_shared(overridden(config, run.overrides))


def prepare(run: Run, truth: metrics.GroundTruth | None = None) -> Scenario:
    """Load the world of a run, place the drone, and find out what there is to see.

    Args:
        run: what to fly.
        truth: ground truth of the same world, sensor and vehicle, to save the time to compute it.

    Raises:
        WorldError: the world is unknown or its file is wrong.
        ConfigurationError: a setting is unknown or not allowed.
    """
    world = load_world(run.floor_plan or run.world)
    config = configure(run, world)
    if truth is None:
        range_m = closed_loop.sensor_range_m(config)
        truth = metrics.ground_truth(world, config.body, range_m=range_m)
    if run.start == "random":
        world = metrics.random_start(world, truth, run.seed)
        config = configure(run, world)
    return Scenario(run, world, config, truth)


def overridden(config: T, values: Mapping[str, Any], group: str = "") -> T:
    """Return ``config`` with the settings of a nested mapping replaced.

    Raises:
        ConfigurationError: a key is unknown or its value not allowed; the text has its full name.
    """
    known = [field.name for field in dataclasses.fields(config)]  # type: ignore[arg-type]
    changes = {}
    for key, value in values.items():
        if key not in known:
            raise ConfigurationError(
                f"{group}{key} is not a setting: choose from " + ", ".join(sorted(known))
            )
        current = getattr(config, key)
        if not dataclasses.is_dataclass(current):
            changes[key] = value
        elif isinstance(value, Mapping):
            changes[key] = overridden(current, value, f"{group}{key}.")
        else:
            raise ConfigurationError(
                f"{group}{key} = {value!r} is not allowed: it is a group of settings"
            )
    try:
        return replace(config, **changes)
    except ConfigurationError as error:
        raise ConfigurationError(f"{group}{error}") from error
