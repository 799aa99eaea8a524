# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Odometry that drifts, against closed forms."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base import quaternion
from live_mvp_ros.vehicle import QuadrotorState, odometry
from live_mvp_ros.vehicle.odometry import OdometryConfig

SPEED_M_S, STEP_S = 1.5, 0.05


def along(path_m: np.ndarray) -> QuadrotorState:
    """Return the states [N] of a level vehicle on a path [N, 3] at 1.5 m/s, looking ahead."""
    ahead = np.gradient(path_m, axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)  # 0 where it turns
    yaw = np.arctan2(ahead[:, 1], ahead[:, 0])
    attitude = quaternion.from_yaw(jnp.asarray(yaw, jnp.float32)).T
    rates = jnp.zeros_like(jnp.asarray(path_m, jnp.float32))
    return QuadrotorState(
        jnp.asarray(path_m, jnp.float32),
        jnp.asarray(SPEED_M_S * ahead, jnp.float32),
        attitude,
        rates,
    )


def straight(length_m: float, heading_rad: float = 0.3) -> QuadrotorState:
    """Return the states on a straight way."""
    s = np.arange(0.0, length_m + 1e-9, SPEED_M_S * STEP_S)
    return along(
        np.stack([s * math.cos(heading_rad), s * math.sin(heading_rad), 0 * s + 2], axis=1)
    )


def believed(
    config: OdometryConfig, truth: QuadrotorState, seed: int = 0
) -> tuple[odometry.OdometryState, QuadrotorState]:
    """Return the last state of the odometry, and what it reported on the way."""
    first = jax.tree.map(lambda a: a[0], truth)
    start = odometry.init(config, first, jax.random.key(seed))
    return jax.lax.scan(lambda s, t: odometry.step(config, s, t), start, truth)


def turned(vector: np.ndarray, angle: float) -> np.ndarray:
    """Return a vector [2] turned to the left."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]])


def test_exact_odometry_is_the_truth() -> None:
    """Nothing is wrong by default."""
    truth = straight(30.0)
    _, reports = believed(OdometryConfig(), truth)
    assert OdometryConfig().exact
    for report, true in zip(reports, truth, strict=True):
        np.testing.assert_allclose(report, true, atol=2e-5)


@pytest.mark.parametrize("seed", range(4))
def test_position_error_is_a_share_of_the_way_in_one_direction(seed: int) -> None:
    """0.5 % of 40 m are 0.2 m, there and back adds up, and the height stays."""
    config = OdometryConfig(drift_m_per_m=0.005)
    out = np.asarray(straight(20.0).position)
    truth = along(np.concatenate([out, out[-2::-1]]))
    way_m = np.linalg.norm(np.diff(np.asarray(truth.position), axis=0), axis=1).sum()
    state, reports = believed(config, truth, seed)
    error = np.asarray(reports.position - truth.position)
    np.testing.assert_allclose(
        error[-1, :2], 0.005 * way_m * np.asarray(state.direction), atol=1e-3
    )
    np.testing.assert_allclose(error[:, 2], 0.0, atol=1e-5)
    half = len(error) // 2
    np.testing.assert_allclose(error[half], 0.5 * error[-1], atol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_heading_drift_bends_a_straight_way_into_an_arc(seed: int) -> None:
    """A heading that turns by k per metre makes of a straight way an arc of radius 1 / k."""
    k, length_m, heading = 0.01, 30.0, 0.3
    truth = straight(length_m, heading)
    state, reports = believed(OdometryConfig(heading_drift_rad_per_m=k), truth, seed)
    way_m = float(np.linalg.norm(truth.position[-1] - truth.position[0]))
    sign = float(state.turn)
    arc = np.array([math.sin(k * way_m) / k, sign * (1.0 - math.cos(k * way_m)) / k])
    moved = np.asarray(reports.position[-1] - reports.position[0])[:2]
    np.testing.assert_allclose(moved, turned(arc, heading), atol=2e-3)
    yaw = np.asarray(quaternion.yaw(reports.attitude.T))
    np.testing.assert_allclose(yaw[-1], heading + sign * k * way_m, atol=1e-4)


def test_the_seed_draws_directions_all_around_and_turns_both_ways() -> None:
    """The mean over many seeds is no direction at all."""
    vehicle = jax.tree.map(lambda a: a[0], straight(1.0))
    keys = jax.random.split(jax.random.key(0), 2000)
    drawn = jax.vmap(lambda key: odometry.init(OdometryConfig(), vehicle, key))(keys)
    np.testing.assert_allclose(np.linalg.norm(drawn.direction, axis=1), 1.0, atol=1e-5)
    # 1 / sqrt(2 * 2000) = 0.016 is one sigma of each mean component, 0.022 that of the turn
    assert np.abs(np.asarray(drawn.direction).mean(axis=0)).max() < 0.064
    assert abs(float(drawn.turn.mean())) < 0.09
    assert set(np.unique(drawn.turn)) == {-1.0, 1.0}


def test_believed_velocity_is_the_change_of_believed_position() -> None:
    """A tracker that integrates the velocity arrives where the positions say."""
    config = OdometryConfig(drift_m_per_m=0.05, heading_drift_rad_per_m=0.02)
    angle = np.arange(0.0, 6.0, SPEED_M_S * STEP_S / 4.0)
    circle = np.stack([4 * np.cos(angle), 4 * np.sin(angle), 0 * angle + 2], axis=1)
    _, reports = believed(config, along(circle), 1)
    change = np.gradient(np.asarray(reports.position), STEP_S, axis=0)
    # chords of 0.075 m of circles of 4 m, and positions in float32
    np.testing.assert_allclose(change[2:-2], reports.velocity[2:-2], atol=5e-3)


def test_noise_is_white_and_does_not_add_up() -> None:
    """Its deviations are those configured, at the end as at the beginning."""
    config = OdometryConfig(
        position_noise_sigma_m=0.02, velocity_noise_sigma_m_s=0.1, attitude_noise_sigma_rad=0.01
    )
    truth = straight(300.0)
    _, reports = believed(config, truth)
    error = np.asarray(reports.position - truth.position)
    n = len(error)
    for part in (error[: n // 2], error[n // 2 :]):
        np.testing.assert_allclose(part.std(axis=0), 0.02, rtol=0.08)
        np.testing.assert_allclose(part.mean(axis=0), 0.0, atol=0.002)
    np.testing.assert_allclose((reports.velocity - truth.velocity).std(axis=0), 0.1, rtol=0.08)
    off = quaternion.multiply(quaternion.conjugate(truth.attitude.T), reports.attitude.T)
    np.testing.assert_allclose(2.0 * np.asarray(off[1:]).std(axis=1), 0.01, rtol=0.08)
    np.testing.assert_allclose(np.linalg.norm(reports.attitude, axis=1), 1.0, atol=1e-5)
    correlation = np.mean(error[1:] * error[:-1], axis=0) / error.var(axis=0)
    assert np.abs(correlation).max() < 4.0 / math.sqrt(n)


def test_one_key_gives_one_flight() -> None:
    """And another key another one."""
    config = OdometryConfig(drift_m_per_m=0.01, position_noise_sigma_m=0.01)
    truth = straight(10.0)
    first, again, other = (believed(config, truth, seed)[1].position for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.any(np.asarray(first) != np.asarray(other))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("drift", "heading"), [(0.01, 0.0), (0.0, 0.01), (0.005, 0.002)])
def test_the_error_stays_within_what_the_vehicle_can_say_of_it(drift, heading, seed):
    """And not by much, where one drift alone goes straight out: then the bound is the error."""
    config = OdometryConfig(drift_m_per_m=drift, heading_drift_rad_per_m=heading)
    angle = np.cumsum(np.random.default_rng(seed).normal(0.0, 0.1, 800))
    steps = SPEED_M_S * STEP_S * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    truth = along(np.cumsum(steps, axis=0))
    _, reports = believed(config, truth, seed)
    error_m = np.linalg.norm(reports.position[-1] - truth.position[-1])
    assert error_m <= odometry.error_bound_m(config, np.asarray(reports.position)) + 1e-3
    if not heading:
        bound_m = odometry.error_bound_m(config, np.asarray(reports.position))
        assert error_m == pytest.approx(bound_m, rel=0.02)


@pytest.mark.parametrize("sigma_m", [0.0, 0.01, 0.05])
def test_noise_of_a_hovering_pose_is_no_way_on_which_errors_grow(sigma_m):
    """60 s at 20 Hz; and behind a flight of 20 m they grow by what that alone is worth."""
    config = OdometryConfig(drift_m_per_m=0.005, heading_drift_rad_per_m=0.001)
    rng = np.random.default_rng(2)
    noise = sigma_m * rng.normal(size=(1600, 3)) * [1.0, 1.0, 0.2]
    hover = np.array([3.0, 2.0, 1.5]) + noise
    assert odometry.error_bound_m(config, hover[:1200]) < 0.005
    way = hover.copy()
    way[:, 0] += np.minimum(np.arange(1600) * 0.05, 20.0)  # 1 m/s, then it hovers
    exact = odometry.error_bound_m(config, way - noise)
    assert exact == pytest.approx(0.005 / 0.995 * 20.0 + 0.001 * 20.0**2 / 2.0, rel=0.02)
    assert odometry.error_bound_m(config, way) == pytest.approx(exact, rel=0.15)
    assert odometry.error_bound_m(config, way[:1]) == 0.0


def test_the_way_is_kept_in_strides_where_odometry_drifts_and_nowhere_else():
    config = odometry.DriftConfig(drift_m_per_m=0.01)
    exact, way = odometry.FlownWay(odometry.DriftConfig()), odometry.FlownWay(config)
    assert way.error_bound_m() == 0.0  # nothing was flown
    for x in np.arange(0.0, 5.001, 0.02):
        exact.add((x, 1.0, 2.0))
        way.add((x, 1.0, 2.0))
    assert exact.error_bound_m() == 0.0
    bound_m = 5.0 * 0.01 / 0.99
    assert way.error_bound_m() == pytest.approx(bound_m, rel=0.01)
    for noise in np.random.default_rng(0).uniform(-0.03, 0.03, (500, 3)):
        way.add(np.array([5.0, 1.0, 2.0]) + noise)  # it hovers
    assert way.error_bound_m() == pytest.approx(bound_m, rel=0.03)


def test_the_bound_of_a_way_that_goes_on_is_never_less_than_that_of_the_whole():
    """Straight on it is the same: 6 m of which the first 4 m were not seen."""
    config = odometry.DriftConfig(drift_m_per_m=0.01, heading_drift_rad_per_m=0.002)
    whole, rest = odometry.FlownWay(config), odometry.FlownWay(config)
    for x in np.arange(0.0, 6.001, 0.02):
        whole.add((x, 0.0, 2.0))
        if x > 3.99:
            rest.add((x, 0.0, 2.0))
    rest.goes_on_after(4.0)
    bound_m = 6.0 * 0.01 / 0.99 + 0.002 * 0.5 * 6.0**2
    assert rest.error_bound_m() == pytest.approx(bound_m, rel=0.02)
    assert rest.error_bound_m() == pytest.approx(whole.error_bound_m(), rel=0.03)
