# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MPPI, SMPPI and KMPPI: each reaches its target, is unbiased, and is as smooth as it says."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base.config import replace
from live_mvp_ros.control import mppi, perturbation

FAMILY = {
    "mppi": {"variant": "mppi"},
    "smppi": {"variant": "smppi"},
    "linear": {"variant": "kmppi", "kernel": "linear"},
    "rbf": {"variant": "kmppi", "kernel": "rbf"},
}
every_variant = pytest.mark.parametrize("name", FAMILY)
SMALL = mppi.MppiConfig(num_samples=128, horizon_steps=20, temperature=0.05)


def unlimited(commands):
    return commands


def flown(config, seed=3, steps=150):
    """Drive a double integrator from 2 m to the origin; returns positions, speeds, inputs."""
    dt = config.step_s

    def cost(start, commands):
        def advance(state, a):
            speed = state[1] + dt * a
            return (state[0] + dt * speed, speed), (state[0], speed)

        begin = tuple(jnp.full(commands.shape[-1], value) for value in start)
        _, (x, v) = jax.lax.scan(advance, begin, commands[:, 0])
        return jnp.sum(x**2 + 0.1 * v**2, axis=0), None

    def control_step(carry, key):
        nominal, (x, v) = carry
        shifted = mppi.shift(nominal, 1.0)
        found = mppi.optimise(config, key, shifted, shifted, unlimited, lambda u: cost((x, v), u))
        v = v + dt * found.commands[0, 0]
        state = (x + dt * v, v)
        return (found.commands, state), (*state, found.commands[0, 0])

    keys = jax.random.split(jax.random.key(seed), steps)
    start = jnp.zeros((config.horizon_steps, 4)), (jnp.float32(2.0), jnp.float32(0.0))
    return [np.asarray(a) for a in jax.jit(lambda: jax.lax.scan(control_step, start, keys)[1])()]


@pytest.fixture(scope="module")
def flights():
    return {name: flown(replace(SMALL, **changes)) for name, changes in FAMILY.items()}


@every_variant
def test_it_drives_a_double_integrator_to_its_target(flights, name):
    position, speed, _ = flights[name]
    assert abs(position[-1]) < 0.1 and abs(speed[-1]) < 0.2
    assert np.all(np.abs(position[-20:]) < 0.15)


@pytest.mark.parametrize("name", ["smppi", "linear", "rbf"])
def test_the_others_are_smoother_than_plain_mppi(flights, name):
    """Total variation of the input at rest, where all of it is unwanted."""
    rough, smooth = (np.abs(np.diff(flights[n][2][50:])).sum() for n in ("mppi", name))
    assert smooth < 0.8 * rough


UNBIASED = mppi.MppiConfig(
    num_samples=40000,
    horizon_steps=4,
    support_spacing_steps=2,
    temperature=1.0,
    thrust_std_n=0.5,
    body_rate_std_rad_s=(1.0, 2.0, 1.0),
)


STIFFNESS = 0.3


def posterior(config, nominal, wanted, smoothness):
    """Return the exact optimum: a normal prior and a quadratic cost have a normal posterior.

    The cost is STIFFNESS |e - wanted|^2 / 2 in the noise e, plus smoothness times the integral of
    the squared rates of v = nominal + B e s, in deviations.
    """
    basis, dt = config.basis, config.step_s
    std = np.asarray(config.deviations)
    difference = np.diff(np.eye(config.horizon_steps), axis=0)
    rate, before = difference @ basis.expand / dt, difference @ (nominal / std) / dt
    weight = 2.0 * smoothness * dt
    precision = (1.0 + STIFFNESS) * np.eye(len(wanted)) + weight * rate.T @ rate
    noise = np.linalg.solve(precision, STIFFNESS * wanted - weight * rate.T @ before)
    return nominal + basis.expand @ noise * std


@every_variant
@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("offset", [0.0, 0.7])
def test_the_result_does_not_depend_on_where_samples_are_drawn(name, share, offset, monkeypatch):
    """The weighted mean is the posterior's, whatever reference a share is drawn around."""
    weight = 0.2 if name == "smppi" else 0.0
    monkeypatch.setattr(mppi, "CARRYING_SAMPLES", 1.0)  # nothing is tempered
    monkeypatch.setattr(perturbation, "SMOOTHNESS_WEIGHT", weight)  # so much that it can be seen
    monkeypatch.setattr(perturbation, "INPUT_RISE_S", 0.3)
    config = replace(UNBIASED, **FAMILY[name], reference_share=share)
    basis, std = config.basis, np.asarray(config.deviations)
    count = basis.expand.shape[1]
    wanted = 1.5 * np.random.default_rng(0).normal(size=(count, 4)).astype(np.float32)
    level = np.array([1.0, -0.5, 0.2, 0.0], np.float32) * std
    nominal = np.tile(level, (config.horizon_steps, 1))
    reference = nominal + offset * (basis.expand @ np.ones((count, 4), np.float32)) * std

    def cost(commands):
        gap = (commands - nominal[..., None]) / std[:, None]
        noise = jnp.tensordot(jnp.asarray(basis.project), gap, axes=1)
        return 0.5 * STIFFNESS * jnp.sum((noise - wanted[..., None]) ** 2, axis=(0, 1)), None

    found = mppi.optimise(config, jax.random.key(1), nominal, reference, unlimited, cost)
    expected = posterior(config, nominal, wanted, weight)
    spread = np.linalg.norm(basis.expand, axis=1).max()  # of a perturbation, in deviations
    error = spread / np.sqrt(float(found.effective_samples))  # standard, of the weighted mean
    assert float(found.effective_samples) > 1000
    np.testing.assert_allclose(found.commands / std, expected / std, atol=4.0 * error)
    assert np.abs(expected - nominal).max() > 10 * error, "the test must be able to fail"


def test_mixture_weights_integrate_to_one_in_every_space_of_noise():
    """The mean of p/q over samples from q is 1."""
    config = replace(UNBIASED, reference_share=0.4)
    for count in (2, 12, 40):
        displacement = 0.8 * jax.random.normal(jax.random.key(0), (count, 4)) / np.sqrt(count)
        unit = mppi.draw(config, jax.random.key(1), displacement)
        ratio = np.exp(mppi.log_mixture_ratio(0.4, displacement, unit))
        error = ratio.std() / np.sqrt(config.num_samples)
        assert abs(ratio.mean() - 1.0) < 4.0 * error


def test_plain_noise_is_independent_and_rates_are_integrated():
    np.testing.assert_array_equal(perturbation.independent(4).expand, np.eye(4))
    basis = perturbation.integrated(4, 0.5)
    rates = np.array([1.0, 0.0, -2.0, 4.0])
    np.testing.assert_allclose(basis.expand @ rates, 0.5 * np.cumsum(rates))


def test_the_linear_kernel_interpolates_along_straight_lines():
    basis = perturbation.interpolated(11, 4, perturbation.linear)
    values = np.array([0.3, -1.0, 2.0, 0.7])
    expected = np.interp(np.arange(11), [0, 4, 8, 12], values)
    np.testing.assert_allclose(basis.expand @ values, expected, atol=1e-6)


@pytest.mark.parametrize("spacing", [2, 4, 5, 10])
def test_the_rbf_kernel_meets_its_support_points_and_keeps_constants(spacing):
    basis = perturbation.interpolated(41, spacing, perturbation.rbf)
    values = np.random.default_rng(0).normal(size=1 + 40 // spacing)
    np.testing.assert_allclose((basis.expand @ values)[::spacing], values, atol=1e-4)
    np.testing.assert_allclose(basis.expand.sum(axis=1), 1.0, atol=1e-5)
    curvature = np.abs(np.diff(basis.expand @ values, 2)).max()
    straight = perturbation.interpolated(41, spacing, perturbation.linear)
    assert curvature < np.abs(np.diff(straight.expand @ values, 2)).max()


@every_variant
def test_noise_is_recovered_from_its_perturbation(name):
    basis = replace(SMALL, **FAMILY[name]).basis
    identity = basis.project @ basis.expand
    np.testing.assert_allclose(identity, np.eye(identity.shape[0]), atol=1e-3)


@pytest.mark.parametrize(("steps", "spacing"), [(2, 1), (30, 4), (40, 39), (400, 1), (400, 100)])
def test_support_points_of_the_rbf_kernel_are_told_apart_at_any_spacing(steps, spacing):
    config = mppi.MppiConfig(horizon_steps=steps, support_spacing_steps=spacing, kernel="rbf")
    basis = config.basis
    support = perturbation.support_points(steps, spacing)
    inside = support < steps  # the last one may lie beyond the end
    unit = basis.expand[support[inside]]
    np.testing.assert_allclose(unit, np.eye(len(support))[inside], atol=1e-4)
    assert np.abs(basis.expand).max() < 3.0, "nothing is blown up in between"
