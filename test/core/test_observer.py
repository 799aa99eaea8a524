# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the model does not know is found, and what has been sent is flown ahead; closed forms."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import control
from live_mvp_ros.base.config import replace
from live_mvp_ros.control import observer
from live_mvp_ros.control.observer import ObserverConfig
from live_mvp_ros.vehicle import (
    QuadrotorConfig,
    at_rest,
    delay,
    disturbances,
    hover_command,
    odometry,
    simulate,
)
from live_mvp_ros.vehicle.disturbances import DisturbanceConfig
from live_mvp_ros.vehicle.odometry import OdometryConfig

VEHICLE = QuadrotorConfig()
HERE = jnp.array([0.0, 0.0, 2.0])
EXACT, SEEING = OdometryConfig(), ObserverConfig()
BLIND = ObserverConfig(acceleration_max_m_s2=0.0)
observe = jax.jit(observer.observe)
predicted = jax.jit(observer.predicted)


def held(
    disturbed: DisturbanceConfig,
    reported: OdometryConfig = EXACT,
    config: ObserverConfig = SEEING,
    period_s: float = 0.02,
    duration_s: float = 6.0,
):
    """Hold at HERE; returns errors of the position [n, 3] and disturbances found [n, 3]."""
    ours = replace(control.ControllerConfig(), latency_s=0.0, observer=config)
    keys = jax.random.split(jax.random.key(0), 4)

    def advance(now, _):
        pushed, body, drift, late, flight, heard, age = now
        flight, command = control.stay(ours, flight, heard, period_s, age * period_s)
        pushed, body = disturbances.step(disturbed, VEHICLE, pushed, body, command, period_s, 8)
        drift, report = odometry.step(reported, drift, body)
        late, heard, age = delay.step(reported, period_s, late, report)
        after = pushed, body, drift, late, flight, heard, age
        return after, (body.position - HERE, observer.disturbance(flight.observer))

    body = at_rest(HERE)
    flight = control.init(ours, keys[0])._replace(anchor_m=HERE, anchored=jnp.array(True))
    start = (
        disturbances.init(disturbed, VEHICLE, keys[1]),
        body,
        odometry.init(reported, body, keys[2]),
        delay.init(reported, period_s, body, keys[3]),
        flight,
        body,
        jnp.int32(0),
    )
    fly = jax.jit(functools.partial(jax.lax.scan, advance, length=round(duration_s / period_s)))
    return tuple(np.asarray(a) for a in fly(start)[1])


@pytest.mark.parametrize("period_s", [0.01, 0.05])
def test_a_constant_push_is_found_as_the_critically_damped_filter_finds_it(period_s):
    """d (1 - (1 + t / tau) exp(-t / tau)), of a level vehicle that hovers by its command."""
    config, push = ObserverConfig(time_constant_s=0.4), np.array([0.5, -0.3, 1.0])
    state, found = observer.init(VEHICLE), []
    for k in range(round(2.0 / period_s)):
        moving = at_rest(HERE)._replace(velocity=jnp.asarray(k * period_s * push, jnp.float32))
        state = observe(config, VEHICLE, 0.0, state, moving, period_s if k else 0.0, 0.0)
        found.append(np.asarray(state.acceleration_m_s2))
        state = observer.sent(state, hover_command(VEHICLE))
    t = period_s * np.arange(len(found))[:, None] / config.time_constant_s
    closed_form = push * (1.0 - (1.0 + t) * np.exp(-t))
    np.testing.assert_allclose(found, closed_form, atol=1.5 * period_s)
    np.testing.assert_allclose(found[-1], push, atol=0.05)


@pytest.mark.parametrize("latency_s", [0.0, 0.04])
def test_a_vehicle_that_flies_as_its_model_is_pushed_by_nothing(latency_s):
    """However it turns and climbs, and however late it hears of it: exactly nothing."""
    reported, period_s = OdometryConfig(latency_s=latency_s), 0.05
    body, state = at_rest(HERE), observer.init(VEHICLE)
    late = delay.init(reported, period_s, body, jax.random.key(0))
    fly, hear = jax.jit(simulate, static_argnums=4), jax.jit(delay.step, static_argnums=1)
    heard, age, found = body, jnp.int32(0), []
    rng = np.random.default_rng(0)
    for _ in range(60):
        command = jnp.asarray([9.81 + rng.normal(), *(0.8 * rng.normal(size=3))], jnp.float32)
        age_s = float(age) * period_s
        state = observe(ObserverConfig(), VEHICLE, 0.0, state, heard, period_s, age_s)
        found.append(np.asarray(state.acceleration_m_s2))
        state = observer.sent(state, command)
        body = fly(VEHICLE, body, command, period_s, 8)
        late, heard, age = hear(reported, period_s, late, body)
        np.testing.assert_array_equal(observer.disturbance(state), 0.0)
    assert np.linalg.norm(found, axis=1).max() < 0.01


@pytest.mark.parametrize(
    "disturbed",
    [
        DisturbanceConfig(wind_m_s=(3.0, -2.0, 1.0), drag_per_s=0.3),
        DisturbanceConfig(thrust_error=0.1),
        DisturbanceConfig(thrust_error=-0.1, motor_time_constant_s=0.05),
        DisturbanceConfig(mass_error=0.1),
    ],
)
def test_in_steady_wind_or_with_a_wrong_thrust_the_hover_error_goes_to_nothing(disturbed):
    error, _ = held(disturbed, OdometryConfig(latency_s=0.04))
    assert np.abs(error[150:]).max() < 0.005, "after 3 s"


def test_without_the_observer_a_wrong_thrust_is_an_error_of_altitude():
    """a / (k_p k_v) = 0.98 / (1.5 * 5) m, by the gains of the hold, and 10 % of that less."""
    error, found = held(DisturbanceConfig(thrust_error=0.1), config=BLIND)
    assert error[-1, 2] == pytest.approx(0.1 * 9.81 / 1.1 / 7.5, abs=1e-3)
    np.testing.assert_array_equal(found, 0.0)


def test_what_is_found_is_the_force_of_the_wind_and_of_the_wrong_thrust():
    """k w sideways; up, e / (1 + e) of gravity, as the thrust that hovers is g / (1 + e)."""
    _, found = held(DisturbanceConfig(wind_m_s=(3.0, -2.0, 0.0), drag_per_s=0.3, thrust_error=0.1))
    # a lean turns a share of the surplus of thrust sideways: 0.1 of the drag
    np.testing.assert_allclose(found[-1, :2], [0.9, -0.6], rtol=0.1)
    assert found[-1, 2] == pytest.approx(9.81 * 0.1 / 1.1, abs=0.01)


def test_with_noise_gusts_and_late_odometry_it_stays_in_its_place():
    """As config/real_drone.yaml has it; 9 cm at most in 40 s as measured, twice as much here."""
    reported = OdometryConfig(
        latency_s=0.04,
        jitter_s=0.01,
        position_noise_sigma_m=0.01,
        velocity_noise_sigma_m_s=0.03,
        attitude_noise_sigma_rad=0.005,
    )
    disturbed = DisturbanceConfig(
        gust_sigma_m_s=2.0, drag_per_s=0.3, thrust_error=0.1, motor_time_constant_s=0.05
    )
    error, _ = held(disturbed, reported, duration_s=20.0)
    assert np.abs(error[150:]).max() < 0.18


def test_what_was_sent_is_flown_ahead_from_old_odometry():
    """Of five commands, 20 ms each, the last 55 ms act after odometry that is 40 ms old."""
    state, body = (
        observer.init(VEHICLE),
        at_rest(HERE)._replace(velocity=jnp.array([0.5, -0.2, 0.1])),
    )
    rng = np.random.default_rng(1)
    commands = rng.normal([9.81, 0, 0, 0], [2.0, 3.0, 3.0, 1.0], (5, 4)).astype(np.float32)
    for command in commands:
        state = observe(BLIND, VEHICLE, 0.015, state, at_rest(HERE), 0.02, 0.04)
        state = observer.sent(state, jnp.asarray(command))
    state = observe(BLIND, VEHICLE, 0.015, state, body, 0.02, 0.04)
    ahead = predicted(VEHICLE, 0.015, state, body, 0.04)
    # the newest began to act 5 ms before it is replaced, those before for 20 ms each
    fly = jax.jit(simulate, static_argnums=4)
    for command, lasts_s in zip(commands[-3:], (0.015, 0.02, 0.02), strict=True):
        body = fly(VEHICLE, body, command, lasts_s, 50)
    for ours, exactly in zip(ahead, body, strict=True):
        np.testing.assert_allclose(ours, exactly, atol=2e-3)


def test_prompt_odometry_and_command_leave_nothing_to_fly_ahead():
    state = observer.sent(observer.init(VEHICLE), jnp.array([15.0, 1.0, 1.0, 1.0]))
    body = at_rest(HERE)._replace(velocity=jnp.ones(3), body_rates=jnp.ones(3))
    for ours, exactly in zip(predicted(VEHICLE, 0.0, state, body, 0.0), body, strict=True):
        np.testing.assert_allclose(ours, exactly, atol=1e-6)


def test_what_is_found_is_bounded_and_forgotten_in_time():
    state, push = observer.init(VEHICLE), 40.0
    for k in range(50):
        body = at_rest(HERE)._replace(velocity=jnp.array([push * 0.02 * k, 0.0, 0.0]))
        state = observe(ObserverConfig(), VEHICLE, 0.0, state, body, 0.02, 0.0)
        state = observer.sent(state, hover_command(VEHICLE))
    np.testing.assert_allclose(observer.disturbance(state), [3.0, 0.0, 0.0], atol=1e-4)
    for _ in range(100):
        state = observe(ObserverConfig(), VEHICLE, 0.0, state, body, 0.02, 0.0)
        state = observer.sent(state, hover_command(VEHICLE))
    np.testing.assert_array_equal(observer.disturbance(state), 0.0)


@pytest.mark.parametrize(
    ("broken", "elapsed_s"), [(jnp.nan, 0.02), (jnp.inf, 0.02), (1.0, 0.0), (1.0, 0.5)]
)
def test_odometry_that_says_nothing_teaches_nothing(broken, elapsed_s):
    """One that is not finite, one that was there before, and one after a long silence."""
    state = observe(ObserverConfig(), VEHICLE, 0.0, observer.init(VEHICLE), at_rest(HERE), 0.0, 0)
    body = at_rest(HERE)._replace(velocity=jnp.array([broken, 0.0, 0.0]))
    after = observe(ObserverConfig(), VEHICLE, 0.0, state, body, elapsed_s, 0.0)
    np.testing.assert_array_equal(after.acceleration_m_s2, 0.0)
    assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(after))
