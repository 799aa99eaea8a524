# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a look from every cell along every yaw is worth, in little memory.

A look is the sum of its beams, and there are many directions of beams. So they are summed as they
are computed, some directions at a time and, on a large map, strip by strip; then each yaw is kept
as a share of the best one. Memory grows with cells times yaws alone, two bytes each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.arrays import Index
from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.planning.directions import SweepPlan, Window

_STRIP_CELLS = 2**19  # of a larger map, a strip of so many cells is summed at a time
_ONE = 2**15  # a share of 1: exact in float32, and so are all others

Beams = Callable[[SweepPlan], list[jax.Array]]
"""From a part of the directions to what a beam along each is worth, [wx, wy]."""


class Looks(NamedTuple):
    """The worth of looks from every cell."""

    gain: jax.Array
    """[nx, ny] float32 nats, of the best yaw."""
    best: jax.Array
    """[nx, ny] uint8, which yaw that is."""
    share: jax.Array
    """[n_yaw, nx, ny] uint16, the worth of each yaw in 2^-15 of the best one's."""

    @classmethod
    def none(cls, n_yaw: int, shape: tuple[int, int], when: jax.Array) -> Looks:
        """Return looks that are worth nothing, laid out in memory when ``when`` (bool) is known.

        Plain zeros wait for nothing, and would be kept all the time before they are needed.
        """
        zero = when.astype(jnp.uint8) >> 1
        best, gain, share = (
            jnp.broadcast_to(zero.astype(kind), size)
            for kind, size in (
                (jnp.uint8, shape),
                (jnp.float32, shape),
                (jnp.uint16, (n_yaw, *shape)),
            )
        )
        return cls(gain, best, share)

    @classmethod
    def of(cls, per_yaw: list[jax.Array]) -> Looks:
        """Return looks that are worth ``per_yaw`` [nx, ny] nats each, at least 0."""
        gain, best = per_yaw[0], jnp.zeros(per_yaw[0].shape, jnp.uint8)
        for k, worth in enumerate(per_yaw[1:], start=1):
            best = jnp.where(worth > gain, jnp.uint8(k), best)
            gain = jnp.maximum(gain, worth)
        scale = _ONE / jnp.where(gain > 0.0, gain, jnp.inf)
        # without it both are worked out anew for every yaw
        gain, scale = computed_here((gain, scale))
        share = [jnp.round(worth * scale).astype(jnp.uint16) for worth in per_yaw]
        return cls(gain, best, jnp.stack(share))

    def along(self, k: int) -> jax.Array:
        """Return the worth [nx, ny] nats of the k-th yaw, to within 2^-16 of the best one's."""
        return self.gain * (self.share[k].astype(jnp.float32) * (1.0 / _ONE))

    def at(self, i: jax.Array, j: jax.Array) -> jax.Array:
        """Return the worth of every yaw in some cells: [n_yaw, ...] nats."""
        return self.gain[i, j] * (self.share[:, i, j].astype(jnp.float32) * (1.0 / _ONE))


def summed(
    looks: Looks,
    wanted: jax.Array,
    plan: SweepPlan,
    weights: np.ndarray,
    beams_in: Callable[[Strip], Beams],
) -> Looks:
    """Return the sums of beams into looks if they are ``wanted``, else ``looks``.

    Args:
        looks: what there is.
        wanted: bool; unless it is true, nothing is computed.
        plan: directions (static).
        weights: [n_yaw, n_directions] how often each counts (static), from ``yaw_weights``.
        beams_in: from a strip of the map to what beams from its cells are worth.
    """
    whole = (looks.gain.shape[0], looks.gain.shape[1])
    axis, width = _strips(whole)
    if width == whole[axis]:
        strip = Strip((0, 0), whole, whole)
        return jax.lax.cond(
            wanted, lambda: Looks.of(_sums(plan, weights, strip, beams_in)), lambda: looks
        )
    shape = (width, whole[1]) if axis == 0 else (whole[0], width)
    count = -(-whole[axis] // width)

    def add(k: jax.Array, so_far: Looks) -> Looks:
        first = jnp.minimum(k * width, whole[axis] - width)
        corner = (first, jnp.int32(0)) if axis == 0 else (jnp.int32(0), first)
        strip = Looks.of(_sums(plan, weights, Strip(corner, shape, whole), beams_in))
        return Looks(
            jax.lax.dynamic_update_slice(so_far.gain, strip.gain, corner),
            jax.lax.dynamic_update_slice(so_far.best, strip.best, corner),
            jax.lax.dynamic_update_slice(so_far.share, strip.share, (jnp.int32(0), *corner)),
        )

    return jax.lax.fori_loop(0, jnp.where(wanted, count, 0), add, looks)


class Strip(NamedTuple):
    """A part of a map, from one side to the other."""

    first: tuple[Index, Index]
    """Its first cell."""
    shape: tuple[int, int]
    """Its cells."""
    whole: tuple[int, int]
    """Those of the map."""

    def window(self, reach_cells: int, outside: int) -> Window:
        """Return the strip with all cells that beams from it may cross.

        Args:
            reach_cells: how far beams go.
            outside: how many cells outside the map count.
        """
        margin = [
            outside if part == n else max(reach_cells, outside)
            for part, n in zip(self.shape, self.whole, strict=True)
        ]
        return Window(self.first, self.shape, (margin[0], margin[1]), self.whole, outside)


def _strips(whole: tuple[int, int]) -> tuple[int, int]:
    """Return the axis across which a map is cut, and how wide strips are."""
    axis = 0 if whole[0] >= whole[1] else 1
    count = -(-whole[0] * whole[1] // _STRIP_CELLS)
    return axis, -(-whole[axis] // count)


def _sums(
    plan: SweepPlan, weights: np.ndarray, strip: Strip, beams_in: Callable[[Strip], Beams]
) -> list[jax.Array]:
    """Return what looks from a strip are worth: [wx, wy] for each yaw."""
    beams = beams_in(strip)
    total = [jnp.zeros(strip.shape) for _ in weights]
    turns = weights.reshape(len(weights), 4, -1)  # the four directions of each slope
    steps: list[Callable[[list[jax.Array]], list[jax.Array]]] = []
    done = 0
    for part in plan.parts(strip.shape[0] * strip.shape[1]):
        n = len(part.slopes)
        shares = turns[:, :, done : done + n].reshape(len(weights), -1)
        steps.append(partial(_with, beams, part, shares))
        done += n
    if strip.shape == strip.whole:
        for step in steps:
            total = computed_here(step(total))
        return total
    # A large map has them one after the other, as branches: whatever order it is written in, the
    # compiler would lay out the memory of all parts before it begins with the first.
    return jax.lax.fori_loop(
        0, len(steps), lambda k, so_far: jax.lax.switch(k, steps, so_far), total
    )


def _with(
    beams: Beams, part: SweepPlan, shares: np.ndarray, total: list[jax.Array]
) -> list[jax.Array]:
    """Return sums of beams with those of a part of the directions added."""
    # with the barrier beams are worked out once, not anew for every yaw
    worth = computed_here(beams(part))
    total = list(total)
    for yaw, share in enumerate(shares):
        for d in np.flatnonzero(share):
            total[yaw] = total[yaw] + share[d] * worth[d]
    return total
