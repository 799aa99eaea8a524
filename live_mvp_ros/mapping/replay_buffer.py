# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Keyframes: thinned scans kept for replay, so that new places do not overwrite old ones.

The buffer is a reservoir (Vitter, "Random Sampling with a Reservoir", 1985): every scan that was
ever offered is in it with the same probability.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.mapping.map_config import LiveMapConfig
from live_mvp_ros.mapping.scan import Scan

KEYFRAME_RAYS = 768
"""Rays kept of a scan: a quarter of the default camera's, of which an update draws some 64."""
REPLAY_FRAMES = 3
"""Keyframes replayed per update: without them near surfaces are off by 4.3 instead of 2.6 cm, and
each costs as much as the new scan."""


class Keyframe(NamedTuple):
    """M rays of one scan: origin [3], end points [M, 3] (NaN: none) and normals [M, 3]."""

    origin_m: jax.Array
    points_m: jax.Array
    normals: jax.Array


class Replay(NamedTuple):
    """K keyframes, stacked on the first axis, and how many scans were offered."""

    frames: Keyframe
    offered: jax.Array


def init_replay(config: LiveMapConfig) -> Replay:
    """Return an empty buffer."""
    k, m = config.keyframes, KEYFRAME_RAYS
    empty = jnp.full((k, m, 3), jnp.nan, jnp.float32)
    frames = Keyframe(jnp.zeros((k, 3), jnp.float32), empty, jnp.zeros_like(empty))
    return Replay(frames, jnp.int32(0))


def thinned(scan: Scan, key: jax.Array) -> Keyframe:
    """Return an evenly spread selection of the rays of a scan, starting at a random ray.

    Of rays that are known to be free only, nothing is kept: their ends are no surface. Where some
    rays are none, as in a scan that was filled up, the others are spread.
    """
    usable = jnp.all(jnp.isfinite(scan.points_m), axis=1)
    usable &= jnp.all(jnp.isfinite(scan.origin_m))
    usable = usable if scan.marks is None else usable & scan.marks
    rank = jnp.cumsum(usable, dtype=jnp.int32)
    rays, kept = jnp.maximum(rank[-1], 1), KEYFRAME_RAYS
    spread = (jnp.arange(kept) * rays) // kept
    turn = (spread + jax.random.randint(key, (), 0, rays)) % rays
    index = jnp.minimum(jnp.searchsorted(rank, turn + 1), usable.size - 1)
    points = jnp.where(usable[index, None], scan.points_m[index], jnp.nan)
    return Keyframe(scan.origin_m, points, jnp.nan_to_num(scan.normals[index]))


def offer(
    config: LiveMapConfig, replay: Replay, frame: Keyframe, due: jax.Array, key: jax.Array
) -> Replay:
    """Return the buffer after it was offered one more keyframe, if that is ``due`` (bool)."""
    drawn = jax.random.randint(key, (), 0, replay.offered + 1)
    slot = jnp.where(replay.offered < config.keyframes, replay.offered, drawn)
    slot = jnp.where(due, slot, config.keyframes)  # a slot beyond the end is dropped
    frames = jax.tree.map(
        lambda all_, one: all_.at[slot].set(one, mode="drop"), replay.frames, frame
    )
    return Replay(frames, replay.offered + due)


def recall(config: LiveMapConfig, replay: Replay, key: jax.Array) -> Keyframe:
    """Return ``REPLAY_FRAMES`` random keyframes, stacked; all NaN if there are none."""
    available = jnp.clip(replay.offered, 1, config.keyframes)
    index = jax.random.randint(key, (REPLAY_FRAMES,), 0, available)
    return jax.tree.map(lambda all_: all_[index], replay.frames)
