# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cost terms at states computed by hand, their selection, and the evaluation of whole samples."""

from __future__ import annotations

import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import control
from live_mvp_ros.base.config import ConfigurationError, replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control import costs, judging
from live_mvp_ros.control.safety import Fence
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, at_rest, hover_command, rk4_step

SPEC = GridSpec((0.05, 0.05), 0.1, (100, 60))
CONFIG = control.CostConfig()
BODY = BodyConfig()
SETUP = costs.CostSetup(CONFIG, BODY, QuadrotorConfig())
CONTACT_M, COMFORT_M = 0.32, 0.60
LOWER, UPPER = (0.0, 0.0, 0.5), (10.0, 6.0, 2.3)


def around(wall=None, goal=None):
    """Guidance is minus the distance to (8, 3); yaw -pi/2 is worth a look; the path is y = 2."""
    p = np.zeros(SPEC.shape, np.float32)
    if wall is not None:
        p[wall] = 1.0
    costmap = control.build_costmap(SPEC, jnp.asarray(p), jnp.ones(SPEC.shape, bool), 1.5)
    x, y = SPEC.centres()
    guidance = -np.hypot(x[:, None] - 8.0, y[None, :] - 3.0)
    gain = np.zeros((16, 8, 8), np.float32)
    gain[4] = 1.0
    path = np.column_stack([np.arange(40) * 0.1, np.full(40, 2.0), np.full(40, 2.0)])
    field = control.prepare_field(
        SPEC,
        jnp.asarray(guidance, jnp.float32),
        jnp.asarray(gain),
        jnp.zeros(2),
        1.5,
        jnp.asarray(path, jnp.float32),
        jnp.zeros(40),
    )
    goal_m = None if goal is None else jnp.asarray(goal, jnp.float32)
    return costs.survey(costmap, field, Fence(LOWER, UPPER), goal_m)


def moment(state, command, clearance=1.5, way_point=(0.0, 0.0, 0.0)):
    one = (tuple(c[None] for c in field) for field in state)
    return costs.Moment(
        *one,
        tuple(jnp.asarray(command)[:, None]),
        jnp.array([clearance]),
        jnp.asarray(way_point),
    )


def value(name, sample, surroundings, setup=SETUP):
    return float(costs.TERMS[name](setup, sample, surroundings)[0])


FAST = at_rest(jnp.array([5.0, 3.0, 2.5]), 0.7)._replace(
    velocity=jnp.array([3.0, 0.0, 0.0]), body_rates=jnp.array([0.0, 0.0, -2.0])
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("altitude", CONFIG.altitude_weight * 0.5**2),
        ("speed", costs.SPEED_WEIGHT * (1.0**2 + 4.0 * 1.0 / 2.0)),
        ("bounds", costs.BOUNDS_WEIGHT * 0.2),
        ("effort", costs.EFFORT_WEIGHT * 4.0),
        ("yaw_rate", costs.YAW_RATE_WEIGHT * 0.5**2),
        ("guidance", CONFIG.guidance_weight * 3.0),
        ("look", -CONFIG.look_weight * (1.0 - 0.25 * (0.7 + math.pi / 2))),
        ("reference", CONFIG.reference_weight * 13.0),
        ("goal", CONFIG.goal_weight * 5.0),
        ("obstacle", 0.0),
        ("proximity", 0.0),
        ("tilt", 0.0),
    ],
)
def test_terms_at_a_state_computed_by_hand(name, expected):
    sample = moment(FAST, hover_command(SETUP.vehicle) + 1.0, way_point=(1.0, 0.0, 14.5))
    assert value(name, sample, around(goal=(8.0, 7.0, 0.0))) == pytest.approx(expected, rel=2e-3)


def test_every_term_of_the_configuration_is_tested_here():
    names = test_terms_at_a_state_computed_by_hand.pytestmark[0].args[1]
    assert {name for name, _ in names} == set(costs.TERMS)


def test_the_documentation_has_the_weight_of_every_term():
    text = (Path(__file__).resolve().parents[2] / "docs" / "control.md").read_text()
    rows = [[cell.strip() for cell in line.split(" | ")] for line in text.splitlines()]
    weights = {
        row[2].split("`")[1]: row[4].strip(" |") for row in rows if len(row) == 5 and "`" in row[2]
    }
    for name in costs.TERMS:
        assert any(row[0] == f"| `{name}`" for row in rows), name
        setting, fixed = f"{name}_weight", f"{name.upper()}_WEIGHT"
        if hasattr(CONFIG, setting):
            assert float(weights[setting]) == getattr(CONFIG, setting), name
        else:
            assert float(weights[fixed]) == getattr(costs, fixed), name


@pytest.mark.parametrize(
    ("clearance", "expected"),
    [
        (0.0, (2.0 * costs.OBSTACLE_WEIGHT, costs.PROXIMITY_WEIGHT)),
        (0.16, (1.5 * costs.OBSTACLE_WEIGHT, costs.PROXIMITY_WEIGHT)),
        (CONTACT_M, (0.0, costs.PROXIMITY_WEIGHT)),
        (0.46, (0.0, 0.25 * costs.PROXIMITY_WEIGHT)),
        (COMFORT_M, (0.0, 0.0)),
        (1.5, (0.0, 0.0)),
    ],
)
def test_obstacles_are_graded_from_the_comfort_distance_to_contact(clearance, expected):
    sample = moment(FAST, hover_command(SETUP.vehicle), clearance)
    found = tuple(value(name, sample, around()) for name in ("obstacle", "proximity"))
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-3)


def test_leaning_costs_from_the_limit_on():
    def leaning(angle):
        attitude = jnp.array([math.cos(angle / 2), math.sin(angle / 2), 0.0, 0.0])
        return value("tilt", moment(FAST._replace(attitude=attitude), jnp.zeros(4)), around())

    limit = CONFIG.tilt_max_rad
    assert leaning(0.9 * limit) == 0.0
    excess = (math.cos(limit) - math.cos(2 * limit)) / (1 - math.cos(limit))
    assert leaning(2 * limit) == pytest.approx(costs.TILT_WEIGHT * excess**2, rel=1e-3)


def test_the_goal_pulls_only_while_it_is_given():
    sample = moment(FAST, jnp.zeros(4))
    assert value("goal", sample, around(goal=(math.nan,) * 3)) == 0.0
    with pytest.raises(ValueError, match=r"ControllerInputs\.goal_m was not given"):
        value("goal", sample, around())


def test_narrow_places_are_flown_slowly():
    middle = 0.5 * (CONTACT_M + COMFORT_M)
    limits = [float(costs.speed_limit(BODY, d)) for d in (0.0, CONTACT_M, middle, 2.0)]
    np.testing.assert_allclose(limits, BODY.speed_max_m_s * np.array([0.25, 0.25, 0.625, 1.0]))


def brute_force(config, vehicle, commands, surroundings):
    """Fly the samples with the vehicle's own model and add up the terms state by state."""
    setup, plan = costs.CostSetup(config.costs, config.body, config.vehicle), config.plan
    samples = commands.shape[-1]
    state = jax.tree.map(lambda leaf: jnp.repeat(leaf[:, None], samples, axis=1), vehicle)
    total, looked = np.zeros(samples), 0.0
    model = jax.jit(rk4_step, static_argnums=(0, 3))
    for h in range(commands.shape[0]):
        state = model(config.vehicle, state, commands[h], config.mppi.step_s)
        x, y, _ = state.position
        clearance = control.surroundings.clearance_in(surroundings.clearance, x, y)
        way_point = jnp.array([2.0 + 0.05 * 1.8 * (1 + h), 2.0, 2.0])  # along y = 2 at 1.8 m/s
        sample = costs.Moment(*state, commands[h], clearance, way_point)
        rates = {n: np.asarray(costs.TERMS[n](setup, sample, surroundings)) for n in plan.terms}
        looked = rates.pop("look") if h % plan.look_stride == 0 else looked
        rates.pop("look", None)
        total += config.mppi.step_s * (sum(rates.values()) + looked)
    return total


@pytest.mark.parametrize("architecture", ["parallel", "sequential"])
def test_samples_are_judged_by_the_terms_of_every_state_they_pass(architecture):
    config = control.ControllerConfig(
        architecture=architecture,
        mppi=control.MppiConfig(horizon_steps=9, num_samples=3),
    )
    vehicle = at_rest(jnp.array([2.0, 2.0, 2.0]))._replace(velocity=jnp.array([1.5, 0.5, 0.0]))
    noise = jax.random.normal(jax.random.key(0), (9, 4, 3))
    commands = hover_command(config.vehicle)[:, None] + noise
    surroundings = around(wall=(slice(24, 28), slice(0, 30)))
    judge = jax.jit(judging.judge, static_argnums=0)
    setup = costs.CostSetup(config.costs, config.body, config.vehicle)
    judged = judge(config.plan, setup, vehicle, commands, surroundings)
    expected = brute_force(config, vehicle, commands, surroundings)
    np.testing.assert_allclose(judged.cost, expected, rtol=1e-4)
    assert judged.shown_m.shape == (3, 9, 3)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"terms": ("obstacle", "luck")}, r"terms\[1\] = 'luck' is not allowed: it must be one"),
        ({"terms": ("look", "look")}, r"terms\[1\] = 'look' is not allowed: it is in the list"),
        ({"terms": ()}, r"terms = \(\) is not allowed"),
        ({"look_weight": -1.0}, "look_weight = -1.0 is not allowed"),
        ({"altitude_weight": math.nan}, "altitude_weight = nan is not allowed"),
    ],
)
def test_costs_without_meaning_are_refused(wrong, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        replace(CONFIG, **wrong)


@pytest.mark.parametrize(
    ("architecture", "terms"),
    [("parallel", ("obstacle", "reference")), ("sequential", ("obstacle", "guidance"))],
)
def test_an_architecture_without_its_way_to_the_field_is_refused(architecture, terms):
    with pytest.raises(ConfigurationError, match=f"the {architecture} architecture needs"):
        control.ControllerConfig(architecture=architecture, costs=replace(CONFIG, terms=terms))


def test_each_architecture_leaves_out_the_other_ones_term():
    parallel = control.ControllerConfig().plan.terms
    sequential = control.ControllerConfig(architecture="sequential").plan.terms
    assert set(parallel) ^ set(sequential) == {"guidance", "reference"}
    assert "guidance" in parallel
