# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The last filter, against commands that turn the vehicle over or let it fall."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.control.safety import LEAN_MAX_RAD, Fence, distance_outside, filter_command
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
