# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Inputs that make no sense: refused with a sentence, or answered with a finite, safe command."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import control
from live_mvp_ros.base.config import ConfigurationError, from_mapping
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.vehicle import at_rest, hover_command, simulate

SPEC = GridSpec((0.05, 0.05), 0.1, (60, 60))
CONFIG = control.ControllerConfig(
    mppi=control.MppiConfig(num_samples=64, horizon_steps=12),
    lower_m=(0.0, 0.0, 0.5),
    upper_m=(6.0, 6.0, 3.0),
)
START = at_rest(jnp.array([3.0, 3.0, 2.0]), 0.4)
fly, stay = jax.jit(control.fly), jax.jit(control.stay)


def inputs(vehicle=START, guidance=0.0, gain=0.0, path=3.0, clearance=1.0, elapsed=0.02):
    field = control.prepare_field(
        SPEC,
        jnp.full(SPEC.shape, guidance),
        jnp.full((16, 8, 8), gain),
        jnp.zeros(2),
        0.75,
        jnp.full((40, 3), path),
        jnp.zeros(40),
    )
    costmap = control.CostMap.of(SPEC, jnp.full(SPEC.shape, clearance))
    return control.ControllerInputs(vehicle, costmap, field, jnp.float32(elapsed))


def fresh():
    return control.init(CONFIG, jax.random.key(0))


def all_finite(tree):
    leaves = (x for x in jax.tree.leaves(tree) if jnp.issubdtype(x.dtype, jnp.floating))
    return all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in leaves)


@pytest.mark.parametrize("field", ["position", "velocity", "attitude", "body_rates"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_state_that_is_not_finite_is_answered_by_hovering(field, value):
    broken = START._replace(**{field: getattr(START, field).at[1].set(value)})
    after, out = fly(CONFIG, fresh(), inputs(broken))
    assert int(out.code) == control.NOT_FINITE
    np.testing.assert_allclose(out.command, hover_command(CONFIG.vehicle))
    assert all_finite(after), "the fault must not stay in the state"
    rested, command = stay(CONFIG, fresh(), broken)
    assert np.all(np.isfinite(command)) and all_finite(rested)


def test_the_flight_goes_on_when_the_state_is_finite_again():
    broken = START._replace(position=jnp.full(3, jnp.nan))
    state, _ = fly(CONFIG, fresh(), inputs(broken))
    state, out = fly(CONFIG, state, inputs())
    assert int(out.code) == control.OK
    state, _ = stay(CONFIG, fresh(), broken)
    state, _ = stay(CONFIG, state, START)
    np.testing.assert_allclose(state.anchor_m, START.position)
    np.testing.assert_allclose(state.anchor_yaw_rad, 0.4, atol=1e-5)


@pytest.mark.parametrize("what", ["guidance", "gain", "clearance"])
def test_a_map_or_field_that_is_not_finite_stops_the_vehicle(what):
    moving = START._replace(velocity=jnp.array([1.0, 0.0, 0.0]))
    flown = inputs(moving, **{what: math.nan})
    after, out = fly(CONFIG, fresh(), flown)
    _, stop = stay(CONFIG, fresh(), moving, around=control.Around(flown.costmap))
    assert int(out.code) != control.OK
    np.testing.assert_allclose(out.command[:3], stop[:3], atol=1e-4)  # it may turn to look
    assert all_finite(after)


def test_samples_through_a_hole_in_the_map_are_excluded():
    around = inputs()
    x = SPEC.centres()[0]
    hole = jnp.where(jnp.asarray(x)[:, None] > 3.3, jnp.nan, around.costmap.clearance_m)
    around = around._replace(costmap=control.CostMap.of(SPEC, hole))
    state, vehicle = fresh(), START
    for _ in range(20):
        state, out = fly(CONFIG, state, around._replace(vehicle=vehicle))
        vehicle = jax.jit(simulate, static_argnums=4)(
            CONFIG.vehicle, vehicle, out.command, 0.02, 4
        )
        assert np.all(np.isfinite(out.command))
    assert float(vehicle.position[0]) < 3.3


@pytest.mark.parametrize("elapsed", [0.0, -1.0, math.nan])
def test_without_elapsed_time_the_plan_is_not_shifted(elapsed):
    state = fresh()
    ramp = state.controller.nominal.at[:, 3].set(jnp.linspace(0.0, 1.0, 12))
    state = state._replace(controller=state.controller._replace(nominal=ramp))
    still, out = fly(CONFIG, state, inputs(elapsed=0.0))
    other, _ = fly(CONFIG, state, inputs(elapsed=elapsed))
    assert int(out.code) == control.OK
    np.testing.assert_array_equal(other.controller.nominal, still.controller.nominal)


def test_a_map_without_a_free_cell_stops_the_vehicle():
    _, out = fly(CONFIG, fresh(), inputs(clearance=0.0))
    assert int(out.code) == control.NO_SAFE_PLAN
    assert np.all(np.isfinite(out.command))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"horizon_steps": 0}, "horizon_steps = 0 is not allowed: it must be between 2 and 400"),
        ({"num_samples": 0}, "num_samples = 0 is not allowed: it must be between 2 and 65536"),
        ({"temperature": 0.0}, "temperature = 0.0 is not allowed: it must be between 0.0001"),
        ({"temperature": -1.0}, "temperature = -1.0 is not allowed: it must be between"),
        ({"temperature": math.nan}, "temperature = nan is not allowed: it must be a finite"),
        ({"thrust_std_n": 0.0}, "thrust_std_n = 0.0 is not allowed: it must be between 0.001"),
        (
            {"body_rate_std_rad_s": (0.4, -0.1, 0.8)},
            r"body_rate_std_rad_s\[1\] = -0.1 is not allowed: it must be between 0.001 and 10",
        ),
        ({"step_s": 0.0}, "step_s = 0.0 is not allowed: it must be between 0.005 and 0.5 s"),
        ({"reference_share": 1.0}, "reference_share = 1.0 is not allowed: it must be between 0"),
        ({"variant": "magic"}, "variant = 'magic' is not allowed: it must be one of mppi, smppi"),
        ({"kernel": "cubic"}, "kernel = 'cubic' is not allowed: it must be one of linear, rbf"),
        (
            {"support_spacing_steps": 30},
            "support_spacing_steps = 30 is not allowed: it must be less than horizon_steps = 30",
        ),
    ],
)
def test_sampling_without_meaning_is_refused_with_a_sentence(values, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        from_mapping(control.MppiConfig, values)
