# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A vehicle by a pilot's keys: it goes where it is steered to, rests, and meets nothing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import control
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control import manual_flight
from live_mvp_ros.control.manual_flight import ManualWish
from live_mvp_ros.control.safety import fence
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, at_rest, rk4_step

BODY, VEHICLE = BodyConfig(), QuadrotorConfig()
FENCE = fence(BODY, (0.0, 0.0, 0.0), (12.0, 8.0, 4.0))
SPEC = GridSpec.covering((0.0, 0.0), (12.0, 8.0), 0.1)
STEP_S = 0.02
STEER = jax.jit(manual_flight.steer)
MOVE = jax.jit(rk4_step)


def around(wall_from_m=None):
    """Return a room that is free up to a wall across x."""
    x, _ = SPEC.centres()
    solid = np.zeros(SPEC.shape, np.float32)
    if wall_from_m is not None:
        solid[x >= wall_from_m] = 1.0
    known = jnp.ones(SPEC.shape, bool)
    return control.Around(control.build_costmap(SPEC, jnp.asarray(solid), known, 2.0))


def wish(forward=0.0, left=0.0, up=0.0, turn=0.0):
    idle = not (forward or left or up or turn)
    return ManualWish(jnp.array([forward, left, up]), jnp.float32(turn), jnp.array(idle))


def fly(seconds, wished, vehicle=None, state=None, room=None):
    """Return the vehicle, the pilot's state, and where it was [n, 3]."""
    vehicle = at_rest(jnp.array([3.0, 4.0, 2.0])) if vehicle is None else vehicle
    state = manual_flight.init() if state is None else state
    room = around() if room is None else room
    way = []
    for _ in range(round(seconds / STEP_S)):
        state, filtered = STEER(BODY, VEHICLE, FENCE, state, vehicle, wished, room)
        vehicle = MOVE(VEHICLE, vehicle, filtered.command, STEP_S)
        way.append(np.asarray(vehicle.position))
    return vehicle, state, np.array(way)


def test_with_nothing_wished_it_stays_where_it_is():
    vehicle, _, way = fly(2.0, wish())
    np.testing.assert_allclose(way, np.broadcast_to([3.0, 4.0, 2.0], way.shape), atol=0.02)
    np.testing.assert_allclose(vehicle.velocity, 0.0, atol=0.02)


@pytest.mark.parametrize(
    ("wished", "axis", "sign"),
    [
        (wish(forward=2.0), 0, 1),
        (wish(forward=-2.0), 0, -1),
        (wish(left=2.0), 1, 1),
        (wish(left=-2.0), 1, -1),
        (wish(up=1.0), 2, 1),
        (wish(up=-1.0), 2, -1),
    ],
)
def test_it_goes_where_it_is_steered_to_and_nowhere_else(wished, axis, sign):
    start = np.array([3.0, 4.0, 2.0])
    vehicle, _, _ = fly(0.8, wished)
    moved = np.asarray(vehicle.position) - start
    assert sign * moved[axis] > 0.15
    assert np.abs(np.delete(moved, axis)).max() < 0.03


def test_forward_is_where_it_looks():
    looking_left = at_rest(jnp.array([3.0, 4.0, 2.0]), jnp.pi / 2)
    vehicle, _, _ = fly(0.8, wish(forward=2.0), looking_left)
    assert float(vehicle.position[1]) > 4.15
    assert float(vehicle.position[0]) == pytest.approx(3.0, abs=0.03)


def test_it_turns_at_the_rate_that_is_wished():
    vehicle, _, way = fly(1.5, wish(turn=1.0))
    assert float(quaternion.yaw(vehicle.attitude)) == pytest.approx(1.5, abs=0.25)
    assert float(vehicle.body_rates[2]) == pytest.approx(1.0, abs=0.1)
    assert np.abs(way - [3.0, 4.0, 2.0]).max() < 0.03


def test_it_gets_no_faster_than_its_limit():
    vehicle, _, _ = fly(3.0, wish(forward=4.0))
    assert float(vehicle.velocity[0]) == pytest.approx(BODY.speed_max_m_s, rel=0.1)


def test_when_the_keys_are_let_go_it_brakes_and_holds_one_place():
    vehicle, state, _ = fly(1.0, wish(forward=2.0))
    assert float(vehicle.velocity[0]) > 1.0
    vehicle, state, way = fly(4.0, wish(), vehicle, state)
    np.testing.assert_allclose(vehicle.velocity, 0.0, atol=0.03)
    assert np.abs(way[-25:] - way[-1]).max() < 0.02
    assert way[:, 0].max() - way[-1, 0] < 0.25


@pytest.mark.parametrize("turned", [False, True])
def test_a_wall_is_not_touched_however_long_a_key_is_held(turned):
    wished = wish(forward=4.0, turn=0.6 if turned else 0.0)
    _, _, way = fly(5.0, wished, room=around(wall_from_m=7.0))
    assert way[:, 0].max() > 5.0
    assert way[:, 0].max() < 7.0 - BODY.radius_m


def test_floor_and_ceiling_are_not_left():
    for wished in (wish(up=2.0), wish(up=-2.0)):
        _, _, way = fly(3.0, wished)
        assert way[:, 2].max() < FENCE.upper_m[2] + 0.1
        assert way[:, 2].min() > FENCE.lower_m[2] - 0.1
