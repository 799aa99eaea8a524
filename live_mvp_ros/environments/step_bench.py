# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How many steps a second an environment makes, alone and in a batch, by random actions.

A variant is measured in the process that calls; its memory is that of the process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium
import psutil

from live_mvp_ros.environments.registering import register_all

_SEED = 0


class Variant(NamedTuple):
    """An environment with settings."""

    name: str
    """Id, and what is not usual about it."""
    id: str
    settings: dict[str, Any]
    batch: int
    """Members that are measured at once."""


VARIANTS = (
    Variant("live_mvp/Examiner-v0", "live_mvp/Examiner-v0", {}, 64),
    Variant("live_mvp/Explorer-v0", "live_mvp/Explorer-v0", {}, 64),
    Variant("live_mvp/Explore-v0", "live_mvp/Explore-v0", {}, 64),
    Variant("live_mvp/Explore-v0 full", "live_mvp/Explore-v0", {"sensing": "full"}, 8),
    Variant("live_mvp/Explore-v0 proposals", "live_mvp/Explore-v0", {"control": "proposals"}, 8),
)
"""What ``live-mvp bench environments`` measures."""


def measured(number: int, batch: int | None, seconds: float) -> dict[str, Any]:
    """Return the figures of a variant.

    Args:
        number: of the variant.
        batch: members at once, None for the variant's own number.
        seconds: for how long steps are counted, alone and in a batch each.

    Returns:
        ``steps_per_s`` with ``single`` and ``batched``, ``batch``, ``compile_s`` (from nothing to
        the first step of both, worlds included) and ``rss_mib``.
    """
    variant = VARIANTS[number]
    count = variant.batch if batch is None else batch
    register_all()
    begin = time.perf_counter()
    single = gymnasium.make(variant.id, disable_env_checker=True, **variant.settings)
    single.reset(seed=_SEED)
    single.action_space.seed(_SEED)
    single.step(single.action_space.sample())
    alone = count_steps(lambda: _stepped(single), seconds, begin)
    single.close()
    begin = time.perf_counter()
    many = gymnasium.make_vec(
        variant.id, num_envs=count, vectorization_mode="vector_entry_point", **variant.settings
    )
    many.reset(seed=_SEED)
    many.action_space.seed(_SEED)
    many.step(many.action_space.sample())
    together = count_steps(lambda: many.step(many.action_space.sample()), seconds, begin)
    many.close()
    return {
        "steps_per_s": {
            "single": round(alone.per_s, 1),
            "batched": round(count * together.per_s, 1),
        },
        "batch": count,
        "compile_s": round(alone.compile_s + together.compile_s, 2),
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20, 1),
    }


class Counted(NamedTuple):
    """How often something was done per second, and how long it took to be ready for it."""

    per_s: float
    compile_s: float


def count_steps(step: Callable[[], Any], seconds: float, begin: float) -> Counted:
    """Return how often ``step`` is done per second, and the time from ``begin`` until now.

    Steps that come before are not counted: as many as it takes for every program to be compiled.
    """
    warm, ready = 0.0, time.perf_counter()
    while warm < 0.25 * seconds:
        step()
        warm = time.perf_counter() - ready
    start, steps, spent = time.perf_counter(), 0, 0.0
    while spent < seconds:
        step()
        steps += 1
        spent = time.perf_counter() - start
    return Counted(steps / spent, ready - begin)


def _stepped(environment: Any) -> None:
    """Do one step, with the reset that is due after an episode."""
    _, _, terminated, truncated, _ = environment.step(environment.action_space.sample())
    if terminated or truncated:
        environment.reset()
