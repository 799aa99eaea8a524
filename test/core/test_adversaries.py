# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Controllers that mean ill: with the last filter none touches anything, without it all do."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control import Around, build_costmap
from live_mvp_ros.control.safety import Fence, filter_command
from live_mvp_ros.control.tracking import track_velocity
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, at_rest, simulate

BODY, VEHICLE = BodyConfig(), QuadrotorConfig()
FENCE = Fence((-50.0, -50.0, 0.5), (50.0, 50.0, 3.5))
CELLS, CELL_M, BOXES, STARTS, STEPS = 50, 0.1, 5, 300, 80
SIDE_M = CELLS * CELL_M
SPEC = GridSpec((0.5 * CELL_M, 0.5 * CELL_M), CELL_M, (CELLS, CELLS))
HOVER_N = 9.81


def full_speed(state, angle, key):
    """Fly one way as fast as it may, whatever is there."""
    velocity = 2.0 * jnp.stack([jnp.cos(angle), jnp.sin(angle), 0.0])
    return track_velocity(BODY, VEHICLE, state, velocity, jnp.float32(0.0))


def constant_tilt(state, angle, key):
    """Lean by 20 degrees one way, for ever."""
    rates = 8.0 * (0.35 * jnp.stack([jnp.sin(angle), jnp.cos(angle)]) - 2.0 * state.attitude[1:3])
    return jnp.concatenate([jnp.array([HOVER_N / np.cos(0.35)]), rates, jnp.zeros(1)])


def random_commands(state, angle, key):
    """Ask for anything that the actuators have, gently and wildly."""
    thrust, rates, wild = jax.random.split(key, 3)
    size = jnp.where(jax.random.bernoulli(wild), 3.0, 0.3)
    force = HOVER_N * jax.random.uniform(thrust, (1,), minval=0.7, maxval=1.4)
    return jnp.concatenate([force, size * jax.random.normal(rates, (3,))])


def flights(adversary, filtered: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return true least clearances [STARTS] and the share of changed commands."""
    rng = np.random.default_rng(5)
    low = rng.integers(0, CELLS - 3, (STARTS, BOXES, 2))
    high = np.minimum(low + rng.integers(2, 12, low.shape), CELLS)
    boxes_m = np.concatenate([low, high], axis=2) * CELL_M
    tries = rng.uniform(0.5, SIDE_M - 0.5, (STARTS, 400, 2))
    free = np.stack([clearance_m(boxes_m, tries[:, k]) for k in range(tries.shape[1])], axis=1)
    starts = tries[np.arange(STARTS), np.argmax(free > 0.4, axis=1)]
    assert clearance_m(boxes_m, starts).min() > 0.4
    angles = rng.uniform(-np.pi, np.pi, STARTS)

    def fly(case):
        box, start, angle, key = case
        cell = jnp.stack(jnp.meshgrid(*[jnp.arange(CELLS)] * 2, indexing="ij"), -1)[:, :, None]
        inside = jnp.all((cell >= box[:, :2]) & (cell < box[:, 2:]), axis=-1)
        unsafe = 1.0 * jnp.any(inside, axis=-1)
        around = Around(build_costmap(SPEC, unsafe, jnp.ones(SPEC.shape, bool), 1.5))

        def step(state, h):
            command = adversary(state, angle, jax.random.fold_in(key, h // 3))
            code = jnp.int32(0)
            if filtered:
                command, code = filter_command(BODY, VEHICLE, FENCE, state, command, around)
            state = simulate(VEHICLE, state, command, 0.05, 5)
            return state, (state.position[:2], code)

        return jax.lax.scan(step, at_rest(jnp.append(start, 2.0)), jnp.arange(STEPS))[1]

    cases = (
        jnp.asarray(np.concatenate([low, high], axis=2)),
        jnp.asarray(starts, jnp.float32),
        jnp.asarray(angles, jnp.float32),
        jax.random.split(jax.random.key(1), STARTS),
    )
    ways_m, codes = jax.jit(lambda cases: jax.lax.map(fly, cases))(cases)
    least = [clearance_m(boxes_m, np.asarray(ways_m)[:, h]) for h in range(STEPS)]
    return np.min(least, axis=0), np.mean(np.asarray(codes) > 0)


def clearance_m(boxes_m: np.ndarray, place_m: np.ndarray) -> np.ndarray:
    """Return the distance [N] of places [N, 2] to boxes [N, n, 4] or the edge of the map."""
    place = place_m[:, None]
    gaps = np.maximum(np.maximum(boxes_m[..., :2] - place, place - boxes_m[..., 2:]), 0.0)
    edge = np.minimum(place_m, SIDE_M - place_m).min(axis=1)
    return np.maximum(np.minimum(np.hypot(gaps[..., 0], gaps[..., 1]).min(axis=1), edge), 0.0)


@pytest.mark.parametrize("adversary", [full_speed, constant_tilt, random_commands])
def test_no_controller_makes_it_touch_anything(adversary):
    without, _ = flights(adversary, filtered=False)
    assert np.mean(without < BODY.radius_m) > 0.5
    with_it, changed = flights(adversary, filtered=True)
    assert np.count_nonzero(with_it < BODY.radius_m) == 0
    assert changed > 0.1
