# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Odometry and commands. Core: velocities in the map frame; Odometry: in its child frame."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from nav_msgs.msg import Odometry

from live_mvp_ros.msg import BodyRateThrust
from live_mvp_ros.ros.convert.bounds import FASTEST, STRONGEST_N, bounded
from live_mvp_ros.ros.convert.headers import header, to_ns
from live_mvp_ros.ros.convert.pose_messages import (
    _matrix,
    pose,
    pose_arrays,
    rotation_of,
    vector,
)
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.vehicle import QuadrotorState


class VehicleState(NamedTuple):
    """Odometry in the core's conventions (float32, map frame; body rates in the body frame)."""

    stamp_ns: int
    position: np.ndarray
    velocity: np.ndarray
    attitude: np.ndarray
    body_rates: np.ndarray

    @property
    def core(self) -> QuadrotorState:
        """The state as the core's functions take it."""
        return QuadrotorState(*(jnp.asarray(part) for part in self[1:]))


def odometry(state: VehicleState, frame: str, child_frame: str) -> Odometry:
    """Return a vehicle state as Odometry: pose in ``frame``, twist in ``child_frame``."""
    message = Odometry(header=header(state.stamp_ns, frame), child_frame_id=child_frame)
    message.pose.pose = pose(state.position, state.attitude)
    message.twist.twist.linear = vector(_matrix(state.attitude).T @ state.velocity)
    message.twist.twist.angular = vector(state.body_rates)
    return message


def vehicle_state(message: Odometry, frames: tuple[str, ...], child_frame: str) -> VehicleState:
    """Return the core's state of an Odometry.

    Args:
        message: pose of the body in one of ``frames``, twist in ``child_frame``.
        frames: the frames that are taken for the map's.
        child_frame: the body frame of the vehicle.

    Raises:
        InvalidMessageError: another frame, a value that is not finite or too large, a quaternion
            that is no rotation, a stamp that is no time.
    """
    if message.header.frame_id not in frames:
        raise InvalidMessageError(
            f"its frame is {message.header.frame_id!r} instead of {' or '.join(frames)}"
        )
    if message.child_frame_id != child_frame:
        raise InvalidMessageError(
            f"its child frame is {message.child_frame_id!r} instead of {child_frame}, the body "
            "that it has to describe"
        )
    position, attitude = pose_arrays(message.pose.pose)
    v, w = message.twist.twist.linear, message.twist.twist.angular
    velocity = bounded("the twist", (v.x, v.y, v.z), FASTEST, "m/s")
    rates = bounded("the twist", (w.x, w.y, w.z), FASTEST, "rad/s")
    stamp_ns = to_ns(message.header.stamp)
    return VehicleState(stamp_ns, position, _matrix(attitude) @ velocity, attitude, rates)


def position_sigma_m(message: Odometry) -> float:
    """Return the standard deviation [m] of a position along its worst axis; 0 if it is not said.

    A variance that is negative or no number is one that is not known: some autopilots say so.
    """
    variances = (float(message.pose.covariance[k]) for k in (0, 7, 14))
    known = [variance for variance in variances if math.isfinite(variance) and variance > 0.0]
    return math.sqrt(max(known, default=0.0))


def moved(state: VehicleState, matrix: np.ndarray) -> VehicleState:
    """Return the state of a vehicle in frame A of its state in B, by T_A_B [4, 4]."""
    turn = matrix[:3, :3]
    return state._replace(
        position=turn @ state.position + matrix[:3, 3],
        velocity=turn @ state.velocity,
        attitude=rotation_of(turn @ _matrix(state.attitude)),
    )


def body_rate_thrust(stamp_ns: int, frame: str, command: Any) -> BodyRateThrust:
    """Return a command [4] (thrust N, body rates rad/s) that answers odometry of ``stamp_ns``."""
    return BodyRateThrust(
        header=header(stamp_ns, frame), thrust=float(command[0]), body_rates=vector(command[1:])
    )


def command_array(message: BodyRateThrust) -> np.ndarray:
    """Return the command [4] of a message.

    Raises:
        InvalidMessageError: a value is not finite or too large, or the thrust is negative.
    """
    rates = message.body_rates
    thrust = bounded("the command", (message.thrust,), STRONGEST_N, "N")
    if message.thrust < 0.0:
        raise InvalidMessageError(f"the thrust is {message.thrust} N, it must not be negative")
    turning = bounded("the command", (rates.x, rates.y, rates.z), FASTEST, "rad/s")
    return np.concatenate([thrust, turning])
