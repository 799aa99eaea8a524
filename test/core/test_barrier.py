# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The barrier of the last filter: it never makes clearance worse, and keeps it where it can."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control import build_costmap
from live_mvp_ros.control.barrier import PERIOD_S, judge_command
from live_mvp_ros.control.tracking import track_velocity
from live_mvp_ros.vehicle import (
    BodyConfig,
    QuadrotorConfig,
    QuadrotorState,
    at_rest,
    clip_command,
    hover_command,
    rk4_step,
    simulate,
)

BODY, VEHICLE = BodyConfig(), QuadrotorConfig()
MARGIN_M = BODY.radius_m
CELLS, CELL_M, BOXES = 40, 0.1, 5
SIDE_M = CELLS * CELL_M
SPEC = GridSpec((0.5 * CELL_M, 0.5 * CELL_M), CELL_M, (CELLS, CELLS))
STILL = jnp.zeros(3)
CHUNK = 5000  # at a time
TOLERANCE_M = 0.01
"""A map of cells of 0.1 m interpolates clearances with an error of some millimetres."""


@jax.jit
@jax.vmap
def drawn(key):
    """Return boxes [BOXES, 4] on the grid, the map, a state and a command."""
    keys = jax.random.split(key, 9)
    low = jax.random.randint(keys[0], (BOXES, 2), 0, CELLS - 2)
    size = jax.random.randint(keys[1], (BOXES, 2), 1, 9)
    high = jnp.minimum(low + size, CELLS)
    cell = jnp.stack(jnp.meshgrid(*[jnp.arange(CELLS)] * 2, indexing="ij"), -1)[:, :, None]
    unsafe = jnp.any(jnp.all((cell >= low) & (cell < high), -1), -1)
    costmap = build_costmap(SPEC, 1.0 * unsafe, jnp.ones(SPEC.shape, bool), 1.5)
    velocity = jax.random.uniform(keys[2], (3,), minval=-1.5, maxval=1.5)
    lean, towards = jax.random.uniform(keys[3], (2,), minval=-0.8, maxval=0.8)
    half = jnp.stack([jnp.cos(0.5 * lean), jnp.sin(0.5 * lean)])
    turn = 4.0 * towards
    attitude = jnp.stack([half[0], half[1] * jnp.cos(turn), half[1] * jnp.sin(turn), 0.0])
    place = jax.random.uniform(keys[4], (2,), minval=0.2, maxval=SIDE_M - 0.2)
    rates = jax.random.uniform(keys[5], (3,), minval=-2.0, maxval=2.0)
    state = QuadrotorState(jnp.append(place, 2.0), velocity, attitude, rates)
    thrust = jax.random.uniform(keys[6], (1,), minval=0.0, maxval=25.0)
    turning = jax.random.uniform(keys[7], (3,), minval=-6.0, maxval=6.0)
    gentle = jax.random.bernoulli(keys[8])
    gentle_one = jnp.concatenate([0.1 * thrust + 8.6, 0.1 * turning])
    command = jnp.where(gentle, gentle_one, jnp.concatenate([thrust, turning]))
    return jnp.concatenate([low, high], 1) * CELL_M, costmap, state, command


@jax.jit
def judged(states, commands, costmaps):
    """Return the verdicts, and the states after them and after what was asked for."""

    def one(case):
        state, command, costmap = case
        verdict = judge_command(BODY, VEHICLE, state, command, costmap, MARGIN_M)
        flown, asked = (
            simulate(VEHICLE, state, u, PERIOD_S, 2) for u in (verdict.command, command)
        )
        return verdict, flown, asked

    return jax.lax.map(one, (states, commands, costmaps))  # vmap takes minutes to compile


def true_clearance_m(boxes_m: np.ndarray, position_m: np.ndarray) -> np.ndarray:
    """Return the distance [N] of positions [N, 3] to boxes [N, n, 4] or the edge of the map."""
    place = position_m[:, None, :2]
    gaps = np.maximum(np.maximum(boxes_m[..., :2] - place, place - boxes_m[..., 2:]), 0.0)
    edge = np.minimum(place, SIDE_M - place).min(axis=(1, 2))
    return np.maximum(np.minimum(np.hypot(gaps[..., 0], gaps[..., 1]).min(axis=1), edge), 0.0)


@pytest.mark.parametrize("chunk", range(20))
def test_one_step_never_loses_what_a_way_out_keeps(chunk):
    # by induction, no flight does: 100,000 states, commands and maps in all
    keys = jax.random.split(jax.random.key(chunk), CHUNK)
    _, costmap, state, command = drawn(keys)
    verdict, after, _ = judged(state, command, costmap)
    least_m = np.asarray(verdict.least_m)
    keeps = np.asarray(verdict.certain)
    assert (least_m[keeps] >= MARGIN_M).all()
    # where the margin is kept, whatever comes next can be dealt with; else the same goes on
    following = np.where(keeps[:, None], np.roll(np.asarray(command), 1, axis=0), command)
    then, _, _ = judged(after, following, costmap)
    lost_m = np.minimum(least_m, MARGIN_M) - np.asarray(then.least_m)
    # what a stop still takes at the end of what is looked at is known to a centimetre or two
    assert lost_m.max() < 3.0 * TOLERANCE_M
    assert np.mean(lost_m > TOLERANCE_M) < 1e-3
    assert np.mean(lost_m[keeps] > 0.1 * TOLERANCE_M) < 1e-3
    assert 0.2 < np.mean(keeps) < 0.95, "the draw tells nothing"
    assert 0.2 < np.mean(np.asarray(verdict.replaced)) < 0.8, "the draw tells nothing"


@pytest.mark.slow
def test_a_flight_with_it_keeps_more_clearance_than_without_or_the_margin():
    boxes_m, costmap, start, command = drawn(jax.random.split(jax.random.key(99), CHUNK))
    boxes_m, brakes_after = np.asarray(boxes_m), 5

    braking = jax.jit(jax.vmap(lambda s: track_velocity(BODY, VEHICLE, s, STILL, jnp.float32(0))))

    def least_m(filtered: bool) -> np.ndarray:
        """Return the true least clearance of flights whose controllers brake in the end."""
        state, least = start, np.full(CHUNK, np.inf)
        for step in range(36):
            wanted = command if step < brakes_after else braking(state)
            _, flown, asked = judged(state, wanted, costmap)
            state = flown if filtered else asked
            least = np.minimum(least, true_clearance_m(boxes_m, np.asarray(state.position)))
        return least

    without = least_m(filtered=False)
    with_it = least_m(filtered=True)
    worse_m = np.minimum(without, MARGIN_M) - with_it
    assert np.mean(without < MARGIN_M) > 0.4, "the draw tells nothing"
    assert worse_m.max() < 5.0 * TOLERANCE_M  # of those few that touch either way
    assert np.mean(worse_m > TOLERANCE_M) < 1e-3
    assert np.mean(with_it < MARGIN_M - TOLERANCE_M) < np.mean(without < MARGIN_M)


def wall_at(x_m: float):
    """Return a map with everything from x on unsafe."""
    unsafe = jnp.broadcast_to(jnp.arange(CELLS)[:, None] * CELL_M >= x_m - 1e-6, SPEC.shape)
    return unsafe, build_costmap(SPEC, 1.0 * unsafe, jnp.ones(SPEC.shape, bool), 1.5)


@pytest.mark.parametrize("unknown", [False, True])
def test_full_speed_at_a_wall_or_at_the_unknown_ends_before_it(unknown):
    unsafe, costmap = wall_at(3.0)
    if unknown:
        costmap = build_costmap(SPEC, jnp.zeros(SPEC.shape), ~unsafe, 1.5)
    step = jax.jit(judge_command)
    state, replaced, nearest = at_rest(jnp.array([0.5, 2.0, 2.0])), 0, np.inf
    for _ in range(80):
        wanted = track_velocity(BODY, VEHICLE, state, jnp.array([2.0, 0.0, 0.0]), jnp.float32(0))
        verdict = step(BODY, VEHICLE, state, wanted, costmap, MARGIN_M)
        state = rk4_step(VEHICLE, state, verdict.command, PERIOD_S)
        replaced += bool(verdict.replaced)
        nearest = min(nearest, 3.0 - float(state.position[0]))
    assert nearest > MARGIN_M - 0.002
    assert nearest < MARGIN_M + 0.2, "it stops far too early"
    assert replaced


def test_where_a_stop_is_left_the_command_is_not_touched():
    _, costmap = wall_at(3.0)
    for x, speed in ((0.5, 2.0), (2.0, 1.0), (2.6, 0.2), (2.69, -1.0), (2.69, 0.0)):
        state = at_rest(jnp.array([x, 2.0, 2.0]))._replace(velocity=jnp.array([speed, 0, 0]))
        hover = hover_command(VEHICLE)
        verdict = judge_command(BODY, VEHICLE, state, hover, costmap, MARGIN_M)
        assert not verdict.replaced, (x, speed)
        np.testing.assert_array_equal(verdict.command, hover)


def test_a_wider_margin_stops_earlier_and_one_that_is_broken_may_be_left():
    _, costmap = wall_at(3.0)
    state = at_rest(jnp.array([2.0, 2.0, 2.0]))._replace(velocity=jnp.array([1.0, 0.0, 0.0]))
    hover = hover_command(VEHICLE)
    verdict = judge_command(BODY, VEHICLE, state, hover, costmap, MARGIN_M + 0.5)
    assert verdict.replaced
    # pitched up: away from the wall; pitched down: towards it
    for rate, allowed in ((-2.0, True), (2.0, False)):
        inside = at_rest(jnp.array([2.8, 2.0, 2.0]))
        wanted = clip_command(VEHICLE, hover.at[2].set(rate))
        verdict = judge_command(BODY, VEHICLE, inside, wanted, costmap, MARGIN_M)
        assert bool(verdict.replaced) is not allowed
