# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What keeps a vehicle upright without a map or a position, in numpy and under jit alike."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, QuadrotorState, rk4_step
from live_mvp_ros.vehicle.escalation import Fallback
from live_mvp_ros.vehicle.guard import guarded, lean_rad, leans

BODY, VEHICLE = BodyConfig(), QuadrotorConfig()
WEIGHT_N = 9.81
LEVEL, STILL = np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(3)
HOVER = np.array([WEIGHT_N, 0.0, 0.0, 0.0])


def turned(angle_rad: float, axis: tuple[float, float]) -> np.ndarray:
    return np.array([np.cos(angle_rad / 2), *(np.sin(angle_rad / 2) * np.array(axis)), 0.0])


def guard(command, attitude=LEVEL, rates=STILL, climb=0.0, **how):
    how = {"lean_max_rad": 1.0, **how}
    command, code = guarded(np, BODY, VEHICLE, command, attitude, rates, climb, **how)
    return command, SafetyCode(int(code))


def test_what_is_within_all_limits_passes():
    wanted = np.array([20.0, 1.0, -2.0, 3.0])
    command, code = guard(wanted)
    np.testing.assert_array_equal(command, wanted)
    assert code is SafetyCode.CLEAR


@pytest.mark.parametrize("wanted", [(60.0, 0, 0, 0), (-1.0, 0, 0, 0), (9.8, 11.0, 0, -30.0)])
def test_more_than_the_actuators_have_is_cut(wanted):
    command, code = guard(np.array(wanted))
    assert code is SafetyCode.ACTUATOR
    np.testing.assert_allclose(command, np.clip(wanted, [0, -10, -10, -10], [39.24, 10, 10, 10]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_becomes_level(bad):
    command, code = guard(np.array([WEIGHT_N, bad, 0.0, 0.0]))
    assert code is SafetyCode.NOT_FINITE
    np.testing.assert_allclose(command, HOVER, atol=1e-6)
    command, code = guard(HOVER, attitude=np.full(4, np.nan))
    assert code is SafetyCode.NOT_FINITE
    assert np.isfinite(command).all()


def test_a_lean_and_one_that_is_coming_are_levelled():
    for attitude, rates in ((turned(1.1, (1, 0)), STILL), (turned(0.8, (1, 0)), [3.0, 0, 0])):
        command, code = guard(np.array([20.0, 5.0, 0.0, 0.0]), attitude, np.array(rates))
        assert code is SafetyCode.LEAN
        assert command[1] < -1.0
    assert not leans(np, turned(0.8, (1, 0)), np.array([-3.0, 0, 0]), 1.0)
    assert lean_rad(turned(0.7, (0, 1))) == pytest.approx(0.7)
    assert np.isnan(lean_rad(np.full(4, np.nan)))


def flown(fallback, state, seconds, climb=True):
    """Return the states of a vehicle on a rung whose controller wants to turn it over."""

    @jax.jit
    def advance(state, _):
        known = state.velocity[2] if climb else jnp.nan
        wanted = jnp.array([39.0, 10.0, 0.0, 0.0])
        how = {"lean_max_rad": 1.0, "fallback": fallback, "descent_m_s": 0.5}
        command, _ = guarded(
            jnp, BODY, VEHICLE, wanted, state.attitude, state.body_rates, known, **how
        )
        after = rk4_step(VEHICLE, state, command, 0.01)
        return after, after

    return jax.lax.scan(advance, state, None, length=round(100 * seconds))[1]


def upset() -> QuadrotorState:
    attitude = jnp.asarray(turned(1.3, (0.6, 0.8)), jnp.float32)
    velocity, rates = jnp.array([1.0, -0.5, -1.0]), jnp.array([2.0, -1.0, 1.0])
    return QuadrotorState(jnp.array([0.0, 0.0, 30.0]), velocity, attitude, rates)


def test_rung_level_ends_level_at_a_height():
    course = flown(Fallback.LEVEL, upset(), 4.0)
    assert lean_rad(np.asarray(course.attitude[-1])) < 0.01
    assert abs(float(course.velocity[-1, 2])) < 0.02
    assert np.abs(course.body_rates[-1]).max() < 0.02


def test_rung_land_comes_down_level_at_its_speed_and_slowly_where_it_is_blind():
    course = flown(Fallback.LAND, upset(), 4.0)
    assert lean_rad(np.asarray(course.attitude[-1])) < 0.01
    assert float(course.velocity[-1, 2]) == pytest.approx(-0.5, abs=0.02)
    blind = flown(Fallback.LAND, upset()._replace(velocity=jnp.zeros(3)), 2.0, climb=False)
    assert -2.5 < float(blind.velocity[-1, 2]) < -0.1


def test_rung_stop_is_no_thrust():
    command, _ = guard(HOVER, fallback=Fallback.STOP)
    np.testing.assert_array_equal(command, np.zeros(4))


def test_numpy_and_jit_agree():
    rng = np.random.default_rng(0)
    jitted = jax.jit(
        lambda c, q, w, v, f: guarded(jnp, BODY, VEHICLE, c, q, w, v, lean_max_rad=1.0, fallback=f)
    )
    for _ in range(50):
        command = rng.normal(size=4) * [30.0, 8.0, 8.0, 8.0]
        attitude = rng.normal(size=4)
        attitude /= np.linalg.norm(attitude)
        rates, climb, fallback = rng.normal(size=3), rng.normal(), int(rng.integers(0, 5))
        ours, code = guard(command, attitude, rates, climb, fallback=fallback)
        theirs, their_code = jitted(command, attitude, rates, climb, fallback)
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=2e-3)
        assert code == int(their_code)
