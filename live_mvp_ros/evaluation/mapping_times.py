# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What an update of the live map costs, against the number of rays it learns from."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import mapping
from live_mvp_ros.base.config import replace
from live_mvp_ros.base.results import percentiles
from live_mvp_ros.mapping import LiveMap, LiveMapConfig, Scan
from live_mvp_ros.mapping.replay_buffer import REPLAY_FRAMES
from live_mvp_ros.mapping.samples import FREE_SAMPLES, NEAR_SAMPLES

RAYS = (64, 128, 256, 512, 1024, 2048)
UPDATES = 150
_WARM_UP = 3  # updates that are not timed: the first compiles
_LEAST_RAYS = 8  # of one frame, as ``train_rays`` allows


def rays_and_samples(config: LiveMapConfig) -> tuple[int, int]:
    """Return how many rays an update learns from, and how many samples each of them has."""
    rays = config.train_rays * (REPLAY_FRAMES + 1)
    return rays, 1 + NEAR_SAMPLES + FREE_SAMPLES


def update_ms(
    config: LiveMapConfig, state: LiveMap, scans: Sequence[Scan], updates: int
) -> np.ndarray:
    """Return the times [updates] of updates of a copy of a map by scans that take turns."""
    step = jax.jit(mapping.step, donate_argnums=1)
    state = jax.tree.map(jnp.copy, state)
    times = []
    for scan in itertools.islice(itertools.cycle(scans), _WARM_UP + updates):
        begin = time.perf_counter()
        state, _ = jax.block_until_ready(step(config, state, scan))
        times.append(1e3 * (time.perf_counter() - begin))
    return np.array(times[_WARM_UP:])


def update_by_rays(
    config: LiveMapConfig, state: LiveMap, scans: Sequence[Scan], updates: int = UPDATES
) -> list[dict[str, Any]]:
    """Return p50 and p99 of an update in milliseconds for every number of ``RAYS``.

    Every frame of an update, the new one and those it replays, gives an equal share of the rays;
    numbers that leave a frame fewer than the configuration allows are left out.
    """
    frames = REPLAY_FRAMES + 1
    found = []
    for wanted in (rays for rays in RAYS if rays >= _LEAST_RAYS * frames):
        asked = replace(config, train_rays=wanted // frames)
        rays, samples = rays_and_samples(asked)
        times = percentiles(update_ms(asked, state, scans, updates))
        found.append({"rays": rays, "samples": samples, **times})
    return found
