# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run becomes before its flight: a world, a configuration and the ground truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import jax.numpy as jnp

from live_mvp_ros.base.config import ConfigurationError, check_kinds, replace
from live_mvp_ros.base.nearest_names import nearest
from live_mvp_ros.base.yaml_words import nested, shown
from live_mvp_ros.evaluation import metrics
from live_mvp_ros.evaluation.planners import planner_of
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.sim import closed_loop, loop_config
from live_mvp_ros.sim.loop_config import ClosedLoopConfig
from live_mvp_ros.sim.stretch import Stretch
from live_mvp_ros.worlds import World, load_world
from live_mvp_ros.worlds.scene import signed_distance
from live_mvp_ros.worlds.start_room import check_room

CHOSEN_ELSEWHERE = ("planner", "sensing")
T = TypeVar("T")


class Scenario(NamedTuple):
    """A run that can be flown."""

    run: Run
    world: World
    config: ClosedLoopConfig
    truth: metrics.GroundTruth

    def fly(self) -> Iterator[Stretch]:
        """Fly the run."""
        planner = planner_of(self.run.planner, self.run.checkpoint)
        return closed_loop.explore(self.world, self.config, self.run.seed, planner)


def configure(run: Run, world: World) -> ClosedLoopConfig:
    """Return the configuration of a run in a world.

    Raises:
        ConfigurationError: a setting is unknown or not allowed.
    """
    for key in CHOSEN_ELSEWHERE:
        if key in run.overrides:
            raise ConfigurationError(f"{key} is no setting to override: it is chosen by --{key}")
    _check_bodies(run.overrides)
    config = loop_config.configure(
        world,
        run.sensing,
        run.time_limit_s,
        architecture=planner_of(run.planner, run.checkpoint).architecture,
    )
    return loop_config.with_shared(overridden(config, run.overrides))


def settings(overrides: Mapping[str, Any]) -> ClosedLoopConfig:
    """Return the settings of the loop with some replaced, in no world yet.

    Raises:
        ConfigurationError: a setting is unknown or not allowed.
    """
    _check_bodies(overrides)
    return overridden(ClosedLoopConfig(), overrides)


def _check_bodies(overrides: Mapping[str, Any]) -> None:
    """Refuse a body of a component alone."""
    for name in loop_config.HAVE_A_BODY:
        group = overrides.get(name)
        if isinstance(group, Mapping) and "body" in group:
            raise ConfigurationError(f"{name}.body is no setting of its own: set body")


def prepare(run: Run, truth: metrics.GroundTruth | None = None) -> Scenario:
    """Load the world of a run, place the drone, and find out what there is to see.

    Args:
        run: what to fly.
        truth: ground truth of the same world, sensor and vehicle, to save the time to compute it.

    Raises:
        WorldError: the world is unknown, its file is wrong, or the body does not fit at its start.
        ConfigurationError: a setting is unknown or not allowed.
    """
    world = load_world(run.floor_plan or run.world)
    config = configure(run, world)
    check_start(run.floor_plan or run.world, world, config)
    if truth is None:
        range_m = loop_config.sensor_range_m(config)
        truth = metrics.ground_truth(world, config.body, range_m=range_m)
    if run.start == "random":
        world = metrics.random_start(world, truth, run.seed)
        config = configure(run, world)
    return Scenario(run, world, config, truth)


def check_start(name: str, world: World, config: ClosedLoopConfig) -> None:
    """Refuse a world, called ``name``, at whose start the body does not fit.

    Raises:
        WorldError: a surface is too near.
    """
    ends = jnp.array([world.start_m, world.goal_m])  # in the shape that loading has compiled
    check_room(name, float(signed_distance(world.scene, ends)[0]), config.body.radius_m)


def overridden(
    config: T, values: Mapping[str, Any], group: str = "", names: Collection[str] = ()
) -> T:
    """Return ``config`` with the settings of a nested mapping replaced.

    Args:
        config: the settings that ``values`` changes.
        values: names with values, or with mappings of the same kind.
        group: full name of ``config`` with a dot, empty for the whole.
        names: full names of all settings of the whole; those of ``config`` if it is that.

    Raises:
        ConfigurationError: a key is unknown or its value not allowed; the text has its full name.
    """
    known = [field.name for field in dataclasses.fields(config)]  # type: ignore[arg-type]
    names = names or tuple(names_of(config))
    changes = {}
    for key, value in values.items():
        if key not in known:
            if "." in key and f"{group}{key}" in names:
                raise ConfigurationError(
                    f"{group}{key} must be nested: write {nested(f'{group}{key}', value)}"
                )
            raise ConfigurationError(
                f"{group}{key} is not a setting: did you mean {nearest(f'{group}{key}', names)}?"
            )
        current = getattr(config, key)
        if not dataclasses.is_dataclass(current):
            check_kinds({f"{group}{key}": value})
            changes[key] = value
        elif isinstance(value, Mapping):
            changes[key] = overridden(current, value, f"{group}{key}.", names)
        else:
            raise ConfigurationError(
                f"{group}{key} = {shown(value)} is not allowed: it is a group of settings"
            )
    try:
        return replace(config, **changes)
    except ConfigurationError as error:
        raise ConfigurationError(f"{group}{error}") from error


def names_of(config: Any, group: str = "") -> Iterator[str]:
    """Yield the dotted full names of all settings of a configuration, nested ones included."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from names_of(value, f"{group}{field.name}.")
        else:
            yield f"{group}{field.name}"
