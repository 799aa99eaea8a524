# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Telemetry -> where the vehicle takes itself to be, in ENU and FLU, with variances.

PX4 sends ODOMETRY (331) with everything; its velocity is in the frame that ``child_frame_id``
names, which is NED although it is called the child's. ArduPilot sends none: ATTITUDE_QUATERNION
(31) and LOCAL_POSITION_NED (32) are paired by ``time_boot_ms``. Where the two are not sent at
once, the position is carried on along the velocity to the time of the attitude, over 10 ms at
most.

An estimator that begins anew moves the vehicle on paper only. ``ResetWatch`` notices: by the
counter that the autopilot sends, or by a step that nothing that flies can make.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Protocol

from live_mvp_ros.vehicle.mavlink.axes import (
    Quaternion,
    Vector,
    attitude_swapped,
    body_swapped,
    conjugate,
    multiplied,
    rotated,
    world_swapped,
)

LOCAL_NED, BODY_FRD = 1, 12
PAIRED_WITHIN_MS = 10
POSITION_SIGMA_M, ATTITUDE_SIGMA_RAD, VELOCITY_SIGMA_M_S = 0.2, 0.02, 0.1
"""Of an autopilot that says nothing of its own: what GPS and an EKF give in a hover."""
_STEP_M, _STEP_M_S, _STEP_RAD = 0.2, 1.0, 0.2  # beyond these no step is noise
_ACCELERATION_M_S2, _TURN_RAD_S = 20.0, 8.0  # what a vehicle can do meanwhile
_UNIT_WITHIN = 0.05


@dataclasses.dataclass(frozen=True, slots=True)
class Estimate:
    """Where an autopilot takes its vehicle to be.

    Attributes:
        boot_ns: by the autopilot's clock.
        position_m: ENU, from the autopilot's local origin.
        velocity_m_s: ENU.
        attitude: FLU -> ENU, a unit quaternion.
        body_rates_rad_s: FLU.
        position_variance_m2: along ENU.
        attitude_variance_rad2: about ENU.
        velocity_variance: along ENU [m^2/s^2].
        resets: the autopilot's counter of new beginnings, None where it sends none.
    """

    boot_ns: int
    position_m: Vector
    velocity_m_s: Vector
    attitude: Quaternion
    body_rates_rad_s: Vector
    position_variance_m2: Vector
    attitude_variance_rad2: Vector
    velocity_variance: Vector
    resets: int | None = None


class EstimateReader(Protocol):
    """Makes estimates of messages."""

    def read(self, message: Any) -> Estimate | None:
        """Return the estimate that a message completes, None if it does none.

        Raises:
            ValueError: a value is not finite, or the frame is none that is known.
        """
        ...


class OdometryReader:
    """Reads ODOMETRY."""

    def read(self, message: Any) -> Estimate | None:
        """Return what a message says; see ``EstimateReader``."""
        if message.get_type() != "ODOMETRY":
            return None
        if message.frame_id != LOCAL_NED:
            raise ValueError(f"its odometry is in frame {message.frame_id} instead of {LOCAL_NED}")
        q = _unit(message.q)
        velocity = (message.vx, message.vy, message.vz)
        if message.child_frame_id == BODY_FRD:
            velocity = rotated(q, velocity)
        elif message.child_frame_id != LOCAL_NED:
            raise ValueError(
                f"its velocity is in frame {message.child_frame_id} instead of {LOCAL_NED} or "
                f"{BODY_FRD}"
            )
        pose, moving = message.pose_covariance, message.velocity_covariance
        sigmas = (POSITION_SIGMA_M, ATTITUDE_SIGMA_RAD, VELOCITY_SIGMA_M_S)
        return Estimate(
            boot_ns=message.time_usec * 1000,
            position_m=world_swapped(_finite((message.x, message.y, message.z))),
            velocity_m_s=world_swapped(_finite(velocity)),
            attitude=attitude_swapped(q),
            body_rates_rad_s=body_swapped(
                _finite((message.rollspeed, message.pitchspeed, message.yawspeed))
            ),
            position_variance_m2=_variances((pose[0], pose[6], pose[11]), sigmas[0]),
            attitude_variance_rad2=_variances((pose[15], pose[18], pose[20]), sigmas[1]),
            velocity_variance=_variances((moving[0], moving[6], moving[11]), sigmas[2]),
            resets=message.reset_counter,
        )


class PairReader:
    """Pairs ATTITUDE_QUATERNION with LOCAL_POSITION_NED, each used once."""

    def __init__(self) -> None:
        """Wait for one of each."""
        self._attitude: Any = None
        self._position: Any = None

    def read(self, message: Any) -> Estimate | None:
        """Return what a message completes; see ``EstimateReader``."""
        kind = message.get_type()
        if kind == "ATTITUDE_QUATERNION":
            self._attitude = message
        elif kind == "LOCAL_POSITION_NED":
            self._position = message
        else:
            return None
        turned, placed = self._attitude, self._position
        if turned is None or placed is None:
            return None
        later_ms = turned.time_boot_ms - placed.time_boot_ms
        if abs(later_ms) > PAIRED_WITHIN_MS:
            return None
        self._attitude = self._position = None
        velocity = _finite((placed.vx, placed.vy, placed.vz))
        moved_s = 1e-3 * later_ms
        x, y, z = _finite((placed.x, placed.y, placed.z))
        vx, vy, vz = velocity
        rates = _finite((turned.rollspeed, turned.pitchspeed, turned.yawspeed))
        q = _unit((turned.q1, turned.q2, turned.q3, turned.q4))
        sigmas = (POSITION_SIGMA_M, ATTITUDE_SIGMA_RAD, VELOCITY_SIGMA_M_S)
        places, turns, speeds = ((sigma**2, sigma**2, sigma**2) for sigma in sigmas)
        return Estimate(
            turned.time_boot_ms * 1_000_000,
            world_swapped((x + moved_s * vx, y + moved_s * vy, z + moved_s * vz)),
            world_swapped(velocity),
            attitude_swapped(q),
            body_swapped(rates),
            places,
            turns,
            speeds,
        )


class ResetWatch:
    """Notices that an estimator has begun anew; belongs to one thread.

    Attributes:
        count: how often it has.
    """

    def __init__(self) -> None:
        """Wait for the first estimate."""
        self.count = 0
        self._last: Estimate | None = None

    def forget(self) -> None:
        """Let the next estimate be a first one: the autopilot was started again."""
        self._last = None

    def look(self, now: Estimate) -> str:
        """Return what has jumped since the last estimate, one sentence; empty for nothing."""
        last, self._last = self._last, now
        if last is None or now.boot_ns <= last.boot_ns:
            return ""
        passed_s = 1e-9 * (now.boot_ns - last.boot_ns)
        sentence = self._step(last, now, passed_s)
        if last.resets is not None and now.resets is not None and now.resets != last.resets:
            sentence = sentence or "the estimator has begun anew"
        self.count += bool(sentence)
        return sentence

    @staticmethod
    def _step(last: Estimate, now: Estimate, passed_s: float) -> str:
        mean = [0.5 * (a + b) for a, b in zip(last.velocity_m_s, now.velocity_m_s, strict=True)]
        moved = [
            b - a - passed_s * v
            for a, b, v in zip(last.position_m, now.position_m, mean, strict=True)
        ]
        jump_m = math.hypot(*moved)
        if jump_m > _STEP_M + 0.5 * _ACCELERATION_M_S2 * passed_s**2:
            return f"the position has jumped by {jump_m:.2f} m"
        jump_m_s = math.dist(last.velocity_m_s, now.velocity_m_s)
        if jump_m_s > _STEP_M_S + _ACCELERATION_M_S2 * passed_s:
            return f"the velocity has jumped by {jump_m_s:.2f} m/s"
        w = multiplied(conjugate(last.attitude), now.attitude)[0]
        jump_rad = 2.0 * math.acos(min(1.0, abs(w)))
        if jump_rad > _STEP_RAD + _TURN_RAD_S * passed_s:
            return f"the attitude has jumped by {math.degrees(jump_rad):.0f} degrees"
        return ""


def _finite(values: tuple[float, ...]) -> Vector:
    if not all(map(math.isfinite, values)):
        raise ValueError("its telemetry holds a value that is not finite")
    x, y, z = values
    return x, y, z


def _unit(values: Any) -> Quaternion:
    w, x, y, z = values
    norm = math.hypot(w, x, y, z)
    if not abs(norm - 1.0) <= _UNIT_WITHIN:
        raise ValueError(f"its attitude is a quaternion of length {norm:.3f} instead of 1")
    return w / norm, x / norm, y / norm, z / norm


def _variances(values: tuple[float, ...], sigma: float) -> Vector:
    """Return variances of NED along ENU, with what is not known replaced."""
    north, east, down = (
        value if math.isfinite(value) and value > 0.0 else sigma**2 for value in values
    )
    return east, north, down
