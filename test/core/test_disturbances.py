# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Wind, drag, motors that lag and wrong masses, against closed forms."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.control import tracking
from live_mvp_ros.vehicle import (
    BodyConfig,
    QuadrotorConfig,
    at_rest,
    disturbances,
    hover_command,
    simulate,
)
from live_mvp_ros.vehicle.disturbances import DisturbanceConfig
from live_mvp_ros.vehicle.quadrotor import GRAVITY_M_S2

VEHICLE, BODY = QuadrotorConfig(), BodyConfig()
HERE = jnp.array([1.0, -2.0, 2.0])
HOVER = hover_command(VEHICLE)
PERIOD_S, SUBSTEPS = 0.02, 8


def flown(config: DisturbanceConfig, command, steps, start=None, seed=0, vehicle=VEHICLE):
    """Return the states [steps] of disturbances and vehicle; a command [4], or what makes one."""

    @jax.jit
    def run(body):
        first = disturbances.init(config, vehicle, jax.random.key(seed)), body

        def advance(now, _):
            wanted = command(*now) if callable(command) else command
            after = disturbances.step(config, vehicle, *now, wanted, PERIOD_S, SUBSTEPS)
            return after, after

        return jax.lax.scan(advance, first, length=steps)[1]

    return run(at_rest(HERE) if start is None else start)


def test_nothing_is_disturbed_by_default_bit_for_bit():
    config, body = DisturbanceConfig(), at_rest(HERE)
    assert config.none
    command = jnp.array([11.0, 0.5, -0.4, 0.3])
    state = disturbances.init(config, VEHICLE, jax.random.key(0))
    fly = jax.jit(disturbances.step, static_argnums=6)
    after, moved = fly(config, VEHICLE, state, body, command, PERIOD_S, SUBSTEPS)
    plain = jax.jit(simulate, static_argnums=4)(VEHICLE, body, command, PERIOD_S, SUBSTEPS)
    for ours, theirs in zip(moved, plain, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(after.gust_m_s, 0.0)
    assert disturbances.push(config, VEHICLE, state, body) is None


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_the_air_takes_a_vehicle_along(share):
    """v = w (1 - exp(-k t)), whoever knows of the drag."""
    wind, drag = np.array([3.0, -1.0, 0.5]), 0.5
    config = DisturbanceConfig(wind_m_s=tuple(wind), drag_per_s=(1.0 - share) * drag)
    vehicle = QuadrotorConfig(drag_per_s=share * drag)
    _, body = flown(config, HOVER, 200, vehicle=vehicle)
    t = PERIOD_S * np.arange(1, 201)[:, None]
    np.testing.assert_allclose(body.velocity, wind * (1.0 - np.exp(-drag * t)), atol=1e-3)
    way = wind * (t - (1.0 - np.exp(-drag * t)) / drag)
    np.testing.assert_allclose(body.position - HERE, way, atol=2e-3)


@pytest.mark.parametrize(
    ("config", "lift"),
    [
        (DisturbanceConfig(thrust_error=0.1), 1.1),
        (DisturbanceConfig(mass_error=0.25), 0.8),
        (DisturbanceConfig(thrust_error=-0.1, mass_error=-0.1), 1.0),
    ],
)
def test_thrust_and_mass_are_not_what_they_are_taken_for(config, lift):
    _, body = flown(config, HOVER, 50)
    np.testing.assert_allclose(body.velocity[-1, 2], (lift - 1.0) * GRAVITY_M_S2, atol=2e-3)


def test_a_heavy_vehicle_feels_the_air_less():
    config = DisturbanceConfig(wind_m_s=(2.0, 0.0, 0.0), drag_per_s=0.5, mass_error=0.25)
    _, body = flown(config, HOVER, 50)
    assert float(body.velocity[-1, 0]) == pytest.approx(2.0 * (1.0 - math.exp(-0.4)), abs=1e-3)


def test_the_motors_come_up_to_speed_exponentially():
    """From the weight to twice of it: v = g (t - tau (1 - exp(-t / tau)))."""
    tau = 0.08
    state, body = flown(DisturbanceConfig(motor_time_constant_s=tau), 2.0 * HOVER, 25)
    t = PERIOD_S * np.arange(1, 26)
    left = np.exp(-t / tau)
    np.testing.assert_allclose(state.thrust_n, GRAVITY_M_S2 * (2.0 - left), atol=1e-3)
    np.testing.assert_allclose(
        body.velocity[:, 2], GRAVITY_M_S2 * (t - tau * (1.0 - left)), atol=1e-3
    )


@pytest.mark.parametrize("period_s", [0.01, 0.1])
def test_gusts_have_their_strength_and_last_their_time_at_any_step(period_s):
    """3,000 of them: the deviation is known to 1.3 %, the correlation to 0.02."""
    sigma, lasts_s = 1.5, 0.5
    config = DisturbanceConfig(gust_sigma_m_s=sigma, gust_time_constant_s=lasts_s, drag_per_s=0.3)

    @jax.jit
    @jax.vmap
    def gusts(key):
        def advance(now, _):
            after = disturbances.step(config, VEHICLE, *now, HOVER, period_s, 1)
            return after, after[0].gust_m_s

        first = disturbances.init(config, VEHICLE, key), at_rest(HERE)
        return jax.lax.scan(advance, first, length=round(3.0 / period_s))[1]

    found = np.asarray(gusts(jax.random.split(jax.random.key(0), 3000)))
    np.testing.assert_allclose(found[:, -1].std(0), sigma * np.array([1, 1, 0.5]), rtol=0.05)
    now, then = found[:, -1], found[:, -1 - round(lasts_s / period_s)]
    for axis in range(3):
        correlation = np.corrcoef(now[:, axis], then[:, axis])[0, 1]
        assert correlation == pytest.approx(math.exp(-1.0), abs=0.06)


def test_one_seed_is_one_wind_and_another_one_another():
    config = DisturbanceConfig(gust_sigma_m_s=1.0, drag_per_s=0.3)
    one, same, other = (flown(config, HOVER, 20, seed=seed)[1].position for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-4


def test_who_knows_the_push_holds_in_the_wind():
    config = DisturbanceConfig(
        wind_m_s=(3.0, -2.0, 0.0), drag_per_s=0.3, thrust_error=0.1, mass_error=-0.05
    )

    def held(state, body):
        push = disturbances.push(config, VEHICLE, state, body)
        return tracking.hold(BODY, VEHICLE, body, HERE, jnp.float32(0.0), push)

    _, body = flown(config, held, 200)
    np.testing.assert_allclose(body.position[-1], HERE, atol=5e-3)
    np.testing.assert_allclose(body.velocity[-1], 0.0, atol=5e-3)


def test_a_time_constant_of_gusts_cannot_be_nothing():
    with pytest.raises(ConfigurationError, match="gust_time_constant_s = 0.0 .* between 0.05 and"):
        DisturbanceConfig(gust_time_constant_s=0.0)
