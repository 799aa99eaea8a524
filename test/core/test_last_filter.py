# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The last filter, against commands that turn the vehicle over or let it fall."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import build_costmap
from live_mvp_ros.control.safety import (
    LEAN_MAX_RAD,
    Around,
    Fence,
    SafetyConfig,
    distance_outside,
    doubt_m,
    filter_command,
)
from live_mvp_ros.control.tracking import hold
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, at_rest, hover_command, simulate

FENCE = Fence((-50.0, -50.0, 0.5), (50.0, 50.0, 3.0))
BODY, VEHICLE = BodyConfig(), QuadrotorConfig()
START = at_rest(jnp.array([0.0, 0.0, 2.0]))


@jax.jit
def flown(vehicle, wanted):
    """Return the vehicle 20 ms later, and whether the command was replaced."""
    command, replaced = filter_command(BODY, VEHICLE, FENCE, vehicle, wanted)
    return simulate(VEHICLE, vehicle, command, 0.02, 4), replaced


def lean(vehicle) -> float:
    _, x, y, _ = np.asarray(vehicle.attitude)
    return float(np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)))


def follow(vehicle, wanted, seconds):
    for _ in range(round(50 * seconds)):
        vehicle, _ = flown(vehicle, jnp.asarray(wanted, jnp.float32))
        yield vehicle


@pytest.mark.parametrize("rates", [(10, 0, 0), (-4, 0, 0), (0, 2, 0), (3, -3, 1), (0.5, 0, 0)])
def test_no_body_rate_turns_it_over_and_it_does_not_fall(rates):
    thrust_n = float(hover_command(VEHICLE)[0])
    course = list(follow(START, [thrust_n, *rates], 6.0))
    assert max(map(lean, course)) < LEAN_MAX_RAD + 0.4
    heights = [float(vehicle.position[2]) for vehicle in course]
    assert min(heights) > FENCE.lower_m[2] - 0.3
    assert max(heights) < FENCE.upper_m[2] + 0.3


def test_a_fall_is_stopped_while_there_is_room_to_stop():
    heights = [float(v.position[2]) for v in follow(START, [0.0] * 4, 4.0)]
    assert min(heights) > FENCE.lower_m[2] - 0.1
    heights = [float(v.position[2]) for v in follow(START, [39.0, 0.0, 0.0, 0.0], 4.0)]
    assert max(heights) < FENCE.upper_m[2] + 0.2  # it comes at four times its weight


@pytest.mark.parametrize("limit", [0.05, 0.5, 2.0])
@pytest.mark.parametrize("outside_m", [(0.0, 0.0, -0.6), (0.0, 0.0, 1.5), (7.0, -4.0, -1.0)])
def test_back_into_the_fence_it_flies_no_faster_than_it_may(limit, outside_m):
    body = BodyConfig(speed_max_m_s=limit)
    low, high = np.array([-5.0, -5.0, 0.5]), np.array([5.0, 5.0, 2.5])
    fence = Fence(tuple(low), tuple(high))
    outside_m = np.array(outside_m)
    begin = np.where(outside_m > 0.0, high, np.where(outside_m < 0.0, low, 1.0)) + outside_m
    middle = jnp.asarray(0.5 * (low + high), jnp.float32)

    @jax.jit
    def course(vehicle):
        def advance(vehicle, _):
            wanted = hold(body, VEHICLE, vehicle, middle, 0.0)
            command, _ = filter_command(body, VEHICLE, fence, vehicle, wanted)
            vehicle = simulate(VEHICLE, vehicle, command, 0.02, 4)
            return vehicle, vehicle

        return jax.lax.scan(advance, vehicle, None, length=500)[1]

    flight = course(at_rest(jnp.asarray(begin, jnp.float32)))
    speeds = np.linalg.norm(flight.velocity, axis=1)
    assert speeds.max() <= 1.2 * limit  # what a velocity controller overshoots
    came_back_m = distance_outside(fence, begin) - distance_outside(fence, flight.position[-1])
    assert came_back_m > 0.8 * min(limit * 9.0, distance_outside(fence, begin) - 0.02)


def test_what_a_plan_asks_for_passes_unchanged():
    vehicle = START._replace(velocity=jnp.array([2.0, 0.0, 0.0]))
    for _ in range(100):
        wanted = hold(BODY, VEHICLE, vehicle, jnp.array([1.0, 1.0, 2.0]), jnp.float32(1.0))
        vehicle, replaced = flown(vehicle, wanted)
        assert not bool(replaced)


def test_the_distance_outside_of_the_fence_is_that_to_its_nearest_point():
    assert distance_outside(FENCE, np.array([49.0, 0.0, 2.0])) == 0.0
    assert distance_outside(FENCE, np.array([53.0, 54.0, 2.0])) == pytest.approx(5.0)
    assert distance_outside(FENCE, np.array([0.0, 0.0, -16.0])) == pytest.approx(16.5)


def code_of(state, command, around=None) -> SafetyCode:
    return SafetyCode(int(filter_command(BODY, VEHICLE, FENCE, state, command, around).code))


def test_each_intervention_says_what_it_was():
    hover = hover_command(VEHICLE)
    fast = START._replace(velocity=jnp.array([0.0, 2.9, 0.0]))
    low = START._replace(position=jnp.array([0.0, 0.0, 0.4]))
    half = 0.6
    leaning = START._replace(attitude=jnp.array([np.cos(half), np.sin(half), 0.0, 0.0]))
    assert code_of(START, hover) is SafetyCode.CLEAR
    assert code_of(START, hover.at[3].set(11.0)) is SafetyCode.ACTUATOR
    assert code_of(fast, hover) is SafetyCode.SPEED
    assert code_of(low, hover) is SafetyCode.FENCE
    assert code_of(leaning, hover) is SafetyCode.LEAN
    assert code_of(START, hover.at[1].set(jnp.nan)) is SafetyCode.NOT_FINITE
    assert code_of(START._replace(velocity=jnp.full(3, jnp.nan)), hover) is SafetyCode.NOT_FINITE


def test_what_is_not_known_to_be_free_is_an_obstacle_and_doubt_widens_it():
    spec = GridSpec((-1.95, -1.95), 0.1, (40, 40))
    known = jnp.broadcast_to(jnp.arange(40)[:, None] < 30, spec.shape)  # up to x = 1 m
    costmap = build_costmap(spec, jnp.zeros(spec.shape), known, 1.5)
    ahead = START._replace(velocity=jnp.array([1.0, 0.0, 0.0]))
    hover = hover_command(VEHICLE)
    assert code_of(ahead, hover, Around(costmap)) is SafetyCode.CLEAR
    assert code_of(ahead, hover, Around(costmap, 0.5)) is SafetyCode.OBSTACLE
    near = ahead._replace(position=jnp.array([0.5, 0.0, 2.0]))
    assert code_of(near, hover, Around(costmap)) is SafetyCode.OBSTACLE


def test_too_fast_it_slows_down_and_never_speeds_up():
    vehicle = START._replace(velocity=jnp.array([0.0, 4.0, 0.0]))
    before = 4.0
    for _ in range(100):
        wanted = hold(BODY, VEHICLE, vehicle, jnp.array([0.0, 40.0, 2.0]), jnp.float32(0.0))
        vehicle, _ = flown(vehicle, wanted)
    assert float(vehicle.velocity[1]) < 1.3 * BODY.speed_max_m_s < before


def test_doubt_adds_what_was_not_seen_to_what_is_uncertain():
    config = SafetyConfig(sigmas=2.0, map_fresh_s=1.0, map_growth_m_s=0.05)
    assert doubt_m(config, BODY) == 0.0
    assert doubt_m(config, BODY, position_sigma_m=0.1) == pytest.approx(0.2)
    assert doubt_m(config, BODY, odometry_age_s=0.1) == pytest.approx(0.5 * 4.0 * 0.01)
    assert doubt_m(config, BODY, map_age_s=0.9) == 0.0
    assert doubt_m(config, BODY, map_age_s=3.0) == pytest.approx(0.1)
    assert doubt_m(config, BODY, map_age_s=np.inf, position_sigma_m=0.1) == pytest.approx(0.2)
