# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole training: step after step, now and then an evaluation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import jax

from live_mvp_ros.learning import courses, devices, held_out, training_step
from live_mvp_ros.learning.held_out import Score
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.learning.training_step import StepReport, TrainingState
from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.worlds import load_world


class Setting(NamedTuple):
    """What a training takes place in: its map, where it flies, and where it is evaluated."""

    map_config: LiveMapConfig
    courses: courses.Courses
    held_out: courses.Courses


class Moment(NamedTuple):
    """A training after one more step.

    Attributes:
        state: what could be saved.
        report: of the step.
        step_s: time it took; of the first one, with compiling.
        score: of an evaluation, None if none was due.
    """

    state: TrainingState
    report: StepReport
    step_s: float
    score: Score | None


def prepare(config: TrainingConfig) -> Setting:
    """Load the worlds.

    Raises:
        WorldError: there is no such world.
        ValueError: there are no such starts, or a world is of meshes.
    """
    worlds = [load_world(name) for name in config.worlds]
    others = [load_world(name) for name in config.held_out]
    map_config = courses.map_of(config, [*worlds, *others])
    return Setting(
        map_config,
        courses.training_courses(config, map_config, worlds),
        courses.held_out_courses(config, map_config, others),
    )


def train(config: TrainingConfig, setting: Setting, state: TrainingState) -> Iterator[Moment]:
    """Yield after every step until all iterations are made, from wherever a state is.

    Several devices share the flights of a step, see ``devices``.
    """
    mesh = devices.mesh_for(setting.courses.yaws.shape[0])
    flights, state = devices.divided(mesh, setting.courses), devices.everywhere(mesh, state)
    shared = mesh if mesh.size > 1 else None
    step = jax.jit(training_step.train_once, static_argnames="mesh")
    evaluate = jax.jit(held_out.score, static_argnums=2)
    while int(state.iteration) < config.iterations:
        begin = time.perf_counter()
        state, report = step(config, setting.map_config, flights, state, mesh=shared)
        jax.block_until_ready(state)
        took = time.perf_counter() - begin
        made, score = int(state.iteration), None
        if made % config.evaluate_every == 0 or made == config.iterations:
            pilot = training_step.by_policy
            score = evaluate(config, setting.map_config, pilot, state.policy, setting.held_out)
        yield Moment(state, report, took, score)


def chance(config: TrainingConfig, setting: Setting) -> Score:
    """Return what random commands are worth where a training is evaluated."""
    evaluate = jax.jit(held_out.score, static_argnums=2)
    pilot = held_out.at_random(config)
    return evaluate(config, setting.map_config, pilot, (), setting.held_out)
