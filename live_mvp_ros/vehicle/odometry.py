# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Odometry that drifts: what a vehicle believes of where it is, from where it truly is.

Visual-inertial odometry cannot observe four of its directions: the position and the heading
(Kelly and Sukhatme, IJRR 2011; Qin, Li and Shen, "VINS-Mono", T-RO 2018), so errors in them stay
and add up, while roll and pitch are held by gravity. Both are given as benchmarks give them, per
metre of the way (Geiger et al., "KITTI", CVPR 2012: % and deg/m; Delmerico and Scaramuzza, ICRA
2018). What dominates them in a flight of minutes is wrong by the same amount all the time: the
scale, the calibration of camera to body, the residual biases of the inertial sensors. So the
drift of a flight has one direction and its heading turns one way, both drawn from the key, and
errors grow with the way; a random walk of the same share would grow with its root only.

    psi' = +-k_psi |v|        d' = R(psi) v + k_p |v| u        p_odom = p_0 + integral of d'

with |v| the true speed, u a unit vector in the plane, drawn once. The height does not drift: a
range finder or a barometer holds it. Velocity and attitude are those of the drifting frame, so
that they agree with the positions. White noise is added to what is reported, not to what adds up.
Map frame (ENU), metres, radians.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.vehicle.body import BodyConfig
from live_mvp_ros.vehicle.quadrotor import QuadrotorState

ALIGNED_WITHIN_M = 0.02
"""A map that scans are aligned with is off by about so much, and the vehicle keeps so far away
from what it may touch."""
STRIDE_M = 0.25
"""A way is counted in steps of at least this length: less is the noise of a pose."""


@configuration
class DriftConfig:
    """How fast errors of the odometry add up; it is exact by default."""

    drift_m_per_m: float = parameter(
        default=0.0,
        unit="m/m",
        low=0.0,
        high=0.2,
        help="Horizontal position error gained per metre flown; good VIO: 0.003 to 0.01.",
    )
    heading_drift_rad_per_m: float = parameter(
        default=0.0,
        unit="rad/m",
        low=0.0,
        high=0.1,
        help="Heading error gained per metre flown; 0.05 deg/m are 0.00087.",
    )

    @property
    def drifts(self) -> bool:
        """Whether errors add up."""
        return self.drift_m_per_m > 0.0 or self.heading_drift_rad_per_m > 0.0


EXACT = DriftConfig()
"""Odometry that does not drift."""


@configuration
class OdometryConfig(DriftConfig):
    """How wrong the odometry is, and how late (``delay``); neither by default."""

    position_noise_sigma_m: float = parameter(
        default=0.0, unit="m", low=0.0, high=1.0, help="White noise per axis and report, 1 sigma."
    )
    velocity_noise_sigma_m_s: float = parameter(
        default=0.0, unit="m/s", low=0.0, high=5.0, help="White noise per axis, 1 sigma."
    )
    attitude_noise_sigma_rad: float = parameter(
        default=0.0, unit="rad", low=0.0, high=0.5, help="White noise about each axis, 1 sigma."
    )
    latency_s: float = parameter(
        default=0.0, unit="s", low=0.0, high=0.2, help="How late a report comes, at least."
    )
    jitter_s: float = parameter(
        default=0.0, unit="s", low=0.0, high=0.2, help="How much later it comes at most."
    )

    @property
    def prompt(self) -> bool:
        """Whether reports come at once."""
        return self.latency_s + self.jitter_s == 0.0

    @property
    def exact(self) -> bool:
        """Whether it reports the truth, however late."""
        return not (self.drifts or self._noises)

    @property
    def _noises(self) -> bool:
        sigmas = (
            self.position_noise_sigma_m,
            self.velocity_noise_sigma_m_s,
            self.attitude_noise_sigma_rad,
        )
        return any(sigma > 0.0 for sigma in sigmas)


def drift_of(config: OdometryConfig) -> DriftConfig:
    """Return how it drifts, without its noise."""
    return DriftConfig(
        drift_m_per_m=config.drift_m_per_m,
        heading_drift_rad_per_m=config.heading_drift_rad_per_m,
    )


def cautious(body: BodyConfig, config: DriftConfig) -> BodyConfig:
    """Return the body that flies by such odometry: with room for what the map may be off."""
    if not config.drifts or body.margin_m >= ALIGNED_WITHIN_M:
        return body
    return dataclasses.replace(body, margin_m=ALIGNED_WITHIN_M)


def error_bound_m(config: DriftConfig, way_m: np.ndarray) -> float:
    """Return how far the last position of a way [N, 2 or more] may be off, without noise.

    A heading that turns by k per metre moves the end of the way by k times the distance from it
    of each metre, so this is the drift of the whole way plus k times the sum of those distances.
    The way is counted in strides of ``STRIDE_M`` at least: noise of a hovering pose is no way.
    """
    way_m = _strides(np.asarray(way_m, float))
    steps_m = np.linalg.norm(np.diff(way_m, axis=0), axis=1)
    away_m = np.linalg.norm(way_m[:-1, :2] - way_m[-1, :2], axis=1)
    turned_m = config.heading_drift_rad_per_m * float(np.sum(away_m * steps_m))
    share = config.drift_m_per_m / (1.0 - config.drift_m_per_m)  # of a way that drifted already
    return share * float(np.sum(steps_m)) + turned_m


def _strides(way_m: np.ndarray) -> np.ndarray:
    """Return the points [M, D] of a way [N, D] that are strides apart, and its last one."""
    strides = [way_m[0]]
    for point in way_m:
        if np.linalg.norm(point - strides[-1]) >= STRIDE_M:
            strides.append(point)
    return np.stack([*strides, way_m[-1]])


class FlownWay:
    """The way of a flight by its own odometry, kept where that drifts; nothing else needs it."""

    def __init__(self, config: DriftConfig) -> None:
        """Begin with no way; ``config`` says how good the odometry is expected to be."""
        self._config = config
        self._strides_m: list[tuple[float, ...]] = []
        self._last_m: tuple[float, ...] | None = None
        self._length_m, self._unseen_m = 0.0, 0.0

    def add(self, position_m: Sequence[float] | np.ndarray) -> None:
        """Take the next position [3], map frame."""
        if not self._config.drifts:
            return
        self._last_m = tuple(map(float, position_m))
        if self._strides_m and math.dist(self._last_m, self._strides_m[-1]) >= STRIDE_M:
            self._length_m += math.dist(self._last_m, self._strides_m[-1])
        if not self._strides_m or math.dist(self._last_m, self._strides_m[-1]) >= STRIDE_M:
            self._strides_m.append(self._last_m)

    def goes_on_after(self, length_m: float) -> None:
        """Hear that so much was flown before the first position."""
        self._unseen_m = length_m

    def error_bound_m(self) -> float:
        """Return how far off the last position may be; 0 of odometry that is taken for exact.

        What was flown unseen may have led straight on to where the way begins: each metre of it
        is then as far from the last position as can be.
        """
        if self._last_m is None or not self._config.drifts:
            return 0.0
        seen_m = error_bound_m(self._config, np.array([*self._strides_m, self._last_m]))
        seen_way_m = self._length_m + math.dist(self._last_m, self._strides_m[-1])
        away_m = 0.5 * self._unseen_m + seen_way_m
        turned_m = self._config.heading_drift_rad_per_m * self._unseen_m * away_m
        share = self._config.drift_m_per_m / (1.0 - self._config.drift_m_per_m)
        return seen_m + share * self._unseen_m + turned_m


class OdometryState(NamedTuple):
    """What has added up so far."""

    true_position_m: jax.Array
    """[3] where the vehicle truly was at the step before."""
    position_m: jax.Array
    """[3] where it was believed to be, without noise."""
    heading_error_rad: jax.Array
    """Believed heading minus the true one."""
    direction: jax.Array
    """[2] unit vector of the drift of this flight."""
    turn: jax.Array
    """+1 or -1, the way in which its heading drifts."""
    key: jax.Array


def init(config: OdometryConfig, truth: QuadrotorState, key: jax.Array) -> OdometryState:
    """Return odometry that begins where the vehicle truly is, and draw how it will drift."""
    del config  # what is drawn does not depend on how much it is
    key, direction_key, turn_key = jax.random.split(key, 3)
    angle = jax.random.uniform(direction_key, minval=-math.pi, maxval=math.pi)
    return OdometryState(
        true_position_m=truth.position,
        position_m=truth.position,
        heading_error_rad=jnp.float32(0.0),
        direction=jnp.stack([jnp.cos(angle), jnp.sin(angle)]),
        turn=jax.random.rademacher(turn_key, (), jnp.float32),
        key=key,
    )


def step(
    config: OdometryConfig, state: OdometryState, truth: QuadrotorState
) -> tuple[OdometryState, QuadrotorState]:
    """Return what is believed of a vehicle that is truly in the state ``truth``; jittable.

    Args:
        config: how wrong it is.
        state: from the step before; steps must be short beside the curves that are flown.
        truth: of one vehicle. Its body rates are measured, and reported as they are.
    """
    if config.exact:
        return state, truth
    key, noise_key = jax.random.split(state.key)
    moved_m = truth.position - state.true_position_m
    way_m = jnp.linalg.norm(moved_m)
    turned = state.turn * config.heading_drift_rad_per_m * way_m
    # the way was flown with the mean of the heading errors at its two ends
    middle = quaternion.from_yaw(state.heading_error_rad + 0.5 * turned)
    bias = config.drift_m_per_m * jnp.append(state.direction, 0.0)
    after = OdometryState(
        true_position_m=truth.position,
        position_m=state.position_m + quaternion.rotate(middle, moved_m) + way_m * bias,
        heading_error_rad=state.heading_error_rad + turned,
        direction=state.direction,
        turn=state.turn,
        key=key,
    )
    error = quaternion.from_yaw(after.heading_error_rad)
    speed = jnp.linalg.norm(truth.velocity)
    believed = QuadrotorState(
        position=after.position_m,
        velocity=quaternion.rotate(error, truth.velocity) + speed * bias,
        attitude=quaternion.multiply(error, truth.attitude),
        body_rates=truth.body_rates,
    )
    return after, _noisy(config, believed, noise_key)


def _noisy(config: OdometryConfig, state: QuadrotorState, key: jax.Array) -> QuadrotorState:
    """Return a state with white noise; the attitude is turned about a small random axis."""
    position, velocity, half_turn = jax.random.normal(key, (3, 3))
    small = 0.5 * config.attitude_noise_sigma_rad * half_turn
    turn = quaternion.normalise(jnp.concatenate([jnp.ones(1), small]))
    return state._replace(
        position=state.position + config.position_noise_sigma_m * position,
        velocity=state.velocity + config.velocity_noise_sigma_m_s * velocity,
        attitude=quaternion.multiply(state.attitude, turn),
    )
