# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The yardstick of the benchmarks, written from the papers alone, says the same as the package."""

from __future__ import annotations

import importlib
import math
import sys
from pathlib import Path
from types import ModuleType

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import fsmi, geodesic_distance
from live_mvp_ros.vehicle import QuadrotorConfig, QuadrotorState, rk4_step

SPEC = GridSpec((0.05, -1.0), 0.1, (60, 50))
POSES = jax.jit(fsmi.poses_information, static_argnums=1)


@pytest.fixture(scope="module")
def yardstick() -> ModuleType:
    folder = Path(__file__).parents[2] / "bench"
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("yardstick")
    finally:
        sys.path.remove(str(folder))


def flown(yardstick: ModuleType, seed: int):
    rng = np.random.default_rng(seed)
    p = jnp.asarray(rng.choice([0.05, 0.5, 0.95], SPEC.shape, p=[0.6, 0.3, 0.1]), jnp.float32)
    return p, yardstick.Map(p, jnp.asarray(SPEC.origin_m), jnp.float32(SPEC.resolution_m))


@pytest.mark.parametrize(("sigma_m", "seed"), [(0.15, 0), (0.3, 1), (0.0, 2)])
def test_both_evaluations_of_fsmi_agree(yardstick, sigma_m, seed):
    p, grid = flown(yardstick, seed)
    rng = np.random.default_rng(seed)
    xy = jnp.asarray(rng.uniform([-1.0, -2.0], [7.0, 5.0], (20, 2)), jnp.float32)
    yaw = jnp.asarray(rng.uniform(-4.0, 4.0, 20), jnp.float32)
    ours = fsmi.SensorConfig(
        n_beams=5, fov_rad=1.2, range_m=3.0, step_m=0.15, noise_sigma_m=sigma_m
    )
    theirs = yardstick.Sensor(5, 1.2, 3.0, 0.15, sigma_m)
    evaluate = yardstick.full_pose if sigma_m else yardstick.uniform_pose
    plain = [float(evaluate(theirs, grid, at, psi)) for at, psi in zip(xy, yaw, strict=True)]
    np.testing.assert_allclose(POSES(ours, SPEC, p, xy, yaw), plain, rtol=2e-3)


def test_value_iteration_and_sweeps_find_the_same_ways(yardstick):
    rng = np.random.default_rng(3)
    passable = jnp.asarray(rng.random((40, 30)) > 0.25)
    slowness = jnp.asarray(rng.uniform(1.0, 4.0, (40, 30)), jnp.float32)
    start = np.full((40, 30), 1e6, np.float32)
    start[tuple(np.argwhere(np.asarray(passable))[[0, -1]].T)] = [0.0, 0.7]
    swept = geodesic_distance(passable, jnp.asarray(start), 0.1, slowness)
    plain, rounds = yardstick.value_iteration(passable, jnp.asarray(start), 0.1 * slowness)
    np.testing.assert_allclose(swept, plain, rtol=1e-4)
    assert int(rounds) > 40


def test_both_quadrotors_fly_alike(yardstick):
    rng = np.random.default_rng(4)
    attitude = rng.normal(size=4)
    state = np.concatenate(
        [rng.normal(size=6), attitude / np.linalg.norm(attitude), rng.normal(size=3)]
    ).astype(np.float32)
    command = jnp.asarray([12.0, 0.5, -0.3, 1.0])
    config = QuadrotorConfig(drag_per_s=0.0)
    parts = QuadrotorState(*(jnp.asarray(part) for part in np.split(state, [3, 6, 10])))
    ours = jnp.concatenate(list(rk4_step(config, parts, command, 0.05)))
    np.testing.assert_allclose(yardstick.rk4(jnp.asarray(state), command, 0.05), ours, atol=1e-5)


def test_the_plain_mppi_step_looks_where_it_can_learn(yardstick):
    """A vehicle at the edge of the unknown turns to it, for that is the only thing that counts."""
    p = np.full(SPEC.shape, 0.02, np.float32)
    p[:, 32:] = 0.5  # north of y = 2.2 m
    grid = yardstick.Map(jnp.asarray(p), jnp.asarray(SPEC.origin_m), jnp.float32(0.1))
    nothing = yardstick.Field(jnp.zeros((4, 4)), jnp.zeros(2), jnp.float32(10.0))
    problem = yardstick.MppiProblem(
        grid, nothing, jnp.array([0.0, -1.0, 0.5]), jnp.array([6.0, 4.0, 2.8]), jnp.float32(2.0)
    )
    state = jnp.zeros(13).at[:3].set(jnp.array([3.0, 1.0, 2.0])).at[6].set(1.0)
    plan = jnp.tile(jnp.array([yardstick.GRAVITY, 0.0, 0.0, 0.0]), (20, 1))
    for k in range(6):
        plan, poses = yardstick.mppi_step(300, 20, problem, state, plan, jax.random.key(k))
    assert poses.shape == (300, 20, 3)
    assert 0.2 < float(jnp.sum(plan[:, 3]) * 0.05) < math.pi
