# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Gradients against central differences in float64, and where there must be none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from analytic_fields import ball

from live_mvp_ros.learning import led_back
from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.mapping.hash_grid import init_fields
from live_mvp_ros.policy import anchor_lattice, look_reward, ray_fan, soft_visibility
from live_mvp_ros.policy import unseen_compass as compass
from live_mvp_ros.policy.actor import new_policy
from live_mvp_ros.policy.kinematic_body import KinematicConfig, at_rest, moved
from live_mvp_ros.policy.map_fields import fields_of
from live_mvp_ros.policy.observation import observe

FIELDS = ball((2.0, 0.4, 1.4), 0.9, exposure=0.7)
HERE = np.array([0.31, -0.22, 1.63])
STEP = 1e-6


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def check(function: Callable[[jax.Array], jax.Array], at: np.ndarray) -> None:
    """Hold the slope along three directions to what central differences say."""
    compiled = jax.jit(function)
    slope = np.asarray(jax.jit(jax.grad(function))(jnp.asarray(at, jnp.float64)))
    assert slope.dtype == np.float64
    assert np.any(slope != 0.0)
    random = np.random.default_rng(3)
    for _ in range(3):
        d = random.normal(size=at.shape)
        ahead, behind = (float(compiled(jnp.asarray(at + s * d))) for s in (STEP, -STEP))
        wanted = (ahead - behind) / (2.0 * STEP)
        assert np.sum(slope * d) == pytest.approx(wanted, rel=1e-4, abs=1e-9)


def mixed(values: jax.Array) -> jax.Array:
    """Return one number that depends on every value in its own way."""
    return jnp.sum(values * jnp.cos(jnp.arange(values.size, dtype=values.dtype)))


@pytest.mark.parametrize(
    "feature",
    [
        lambda p: mixed(soft_visibility.look(FIELDS, p, jnp.asarray(ray_fan.fan())).range_m),
        lambda p: mixed(soft_visibility.look(FIELDS, p, jnp.asarray(ray_fan.fan())).seen),
        lambda p: mixed(look_reward.reward(FIELDS, p, jnp.asarray(ray_fan.fan()))),
        lambda p: mixed(anchor_lattice.anchors(FIELDS, p)),
        lambda p: mixed(compass.compass(FIELDS, p)),
    ],
    ids=["range", "seen", "reward", "anchors", "compass"],
)
def test_the_slope_by_the_position(feature):
    check(feature, HERE)


def test_the_slope_of_rewards_by_the_direction():
    check(
        lambda d: mixed(look_reward.reward(FIELDS, jnp.asarray(HERE), d)),
        np.asarray(ray_fan.fan()) * 1.7,
    )


def test_the_slope_by_a_command_over_several_steps():
    config = KinematicConfig()

    def rewarded(commands: jax.Array) -> jax.Array:
        body = at_rest(jnp.asarray(HERE))
        total = jnp.zeros((), jnp.float64)
        for command in commands:
            body = moved(config, body, command)
            ahead = jnp.stack([look_ahead(body.attitude)], axis=1)
            total += look_reward.reward(FIELDS, body.position, ahead)[0]
        return total

    check(rewarded, np.random.default_rng(0).uniform(-1.0, 1.0, (4, 6)))


def look_ahead(q: jax.Array) -> jax.Array:
    w, x, y, z = q
    return jnp.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)])


def test_the_slope_by_the_weights_of_the_policy():
    policy = jax.tree.map(lambda a: a.astype(jnp.float64), new_policy(jax.random.key(0)))
    body = at_rest(jnp.asarray(HERE))

    def earned(bias: jax.Array) -> jax.Array:
        changed = eqx.tree_at(lambda actor: actor.layers[0].bias, policy, bias)
        command = changed(observe(FIELDS, body, body.position, "absolute"))
        after = moved(KinematicConfig(), body, command)
        return mixed(look_reward.reward(FIELDS, after.position, jnp.asarray(ray_fan.fan())))

    check(earned, np.asarray(policy.layers[0].bias))


MAP = LiveMapConfig(
    lower_m=(-4.0, -4.0, 0.0),
    upper_m=(4.0, 4.0, 3.0),
    levels=2,
    finest_cells=24,
    table_size_log2=10,
    hidden_width=8,
)


def rough_map() -> object:
    """Return fields that vary from place to place, as trained ones do."""
    parameters = init_fields(MAP, jax.random.key(2))
    tables = 0.5 * jax.random.normal(jax.random.key(3), parameters.tables.shape)
    return jax.tree.map(lambda a: a.astype(jnp.float64), parameters._replace(tables=tables))


def test_the_slope_through_a_live_map():
    fields = fields_of(MAP, rough_map())
    rays = jnp.asarray(ray_fan.fan()[:, :3])
    check(lambda p: mixed(look_reward.reward(fields, p, rays, 8)), HERE)


def test_no_slope_reaches_the_parameters_of_the_map():
    parameters = rough_map()
    rays = jnp.asarray(ray_fan.fan()[:, :3])

    def earned(parameters):
        fields = fields_of(MAP, parameters)
        return mixed(look_reward.reward(fields, jnp.asarray(HERE), rays, 8)) + mixed(
            anchor_lattice.anchors(fields, jnp.asarray(HERE))
        )

    for leaf in jax.tree.leaves(jax.grad(earned)(parameters)):
        assert np.all(np.asarray(leaf) == 0.0)


def test_a_slope_leads_back_from_beyond_a_limit_and_never_farther_out():
    most = jnp.array([2.0, 2.0, 2.0, 2.0, 2.0])
    command = jnp.array([3.0, 3.0, -3.0, -3.0, 1.0])
    loss = jnp.array([1.0, -1.0, 1.0, -1.0, 1.0])
    value, slope = jax.value_and_grad(lambda c: jnp.sum(loss * led_back.within(c, most)))(command)
    assert value == pytest.approx(2.0 - 2.0 - 2.0 + 2.0 + 1.0)
    np.testing.assert_array_equal(slope, [1.0, 0.0, 0.0, -1.0, 1.0])


def test_descending_comes_back_from_a_command_that_is_cut_off():
    most = jnp.array([0.8])
    command = jnp.array([2.5])
    for _ in range(200):
        slope = jax.grad(lambda c: jnp.sum((led_back.within(c, most) - 0.3) ** 2))(command)
        command = command - 0.05 * slope
    assert float(command[0]) == pytest.approx(0.3, abs=1e-3)
