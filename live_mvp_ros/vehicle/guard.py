# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What needs no map and no position to keep a vehicle upright: limits, lean, and the way down.

Simulator and drivers have this between themselves and any controller. It takes the module of the
arrays as its first argument, ``numpy`` in a driver and ``jax.numpy`` under jit, and imports
neither. Commands are [thrust N, three body rates rad/s]; attitudes are (w, x, y, z), body to map.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.vehicle.escalation import Fallback
from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2 as GRAVITY_M_S2

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.body import BodyConfig
    from live_mvp_ros.vehicle.quadrotor import QuadrotorConfig

LEAST_LIFT = 0.2
"""Share of gravity that the thrust always bears: an axis below the horizon would be a flip."""
TURNING_S = 0.1
"""How far ahead a lean is looked at, at constant body rates."""
_SINKING = 0.97  # share of the weight that comes down gently where the vertical speed is unknown

Array = Any  # of numpy or of JAX


def guarded(
    xp: Any,
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    command: Array,
    attitude: Array,
    body_rates: Array,
    climb_m_s: Array | float,
    *,
    lean_max_rad: Array | float,
    fallback: Array | int = Fallback.FLY,
    descent_m_s: Array | float = 0.5,
) -> tuple[Array, Array]:
    """Return the command [4] that may be flown and the ``SafetyCode`` of what was changed.

    Args:
        xp: numpy or jax.numpy.
        body: how hard it is told to brake.
        vehicle: physical constants and limits.
        command: [4] what is asked for; of a vehicle on rung HOLD, what holds its position.
        attitude: [4] as it is.
        body_rates: [3] rad/s.
        climb_m_s: vertical speed, NaN if it is not known.
        lean_max_rad: farther than this it is levelled first.
        fallback: the rung of the ladder.
        descent_m_s: how fast rung LAND comes down.
    """
    down = xp.where(fallback == Fallback.LAND, -descent_m_s, 0.0)
    upright = level(xp, body, vehicle, attitude, climb_m_s, down)
    finite = xp.all(xp.isfinite(command))
    asked, over = limited(xp, vehicle, xp.where(finite, command, upright))
    code = xp.where(over, int(SafetyCode.ACTUATOR), int(SafetyCode.CLEAR))
    leaning = leans(xp, attitude, body_rates, lean_max_rad)
    levelled = leaning | ~finite | (fallback >= Fallback.LEVEL)
    code = xp.where(leaning, int(SafetyCode.LEAN), code)
    code = xp.where(finite, code, int(SafetyCode.NOT_FINITE))
    flown = xp.where(levelled, limited(xp, vehicle, upright)[0], asked)
    known = xp.all(xp.isfinite(flown)) & xp.all(xp.isfinite(attitude))
    code = xp.where(known, code, int(SafetyCode.NOT_FINITE))
    flown = xp.where(known, flown, _weight(xp, vehicle))
    return xp.where(fallback == Fallback.STOP, xp.zeros(4), flown), code


def limited(xp: Any, vehicle: QuadrotorConfig, command: Array) -> tuple[Array, Array]:
    """Return a command [4] within the actuator limits, and whether it was beyond them."""
    thrust_max = vehicle.thrust_ratio_max * vehicle.mass_kg * GRAVITY_M_S2
    rate = vehicle.body_rate_max_rad_s
    low = xp.asarray([0.0, -rate, -rate, -rate])
    high = xp.asarray([thrust_max, rate, rate, rate])
    within = xp.clip(command, low, high)
    return within, xp.any(xp.abs(command - within) > 1e-4 * high)


def leans(xp: Any, attitude: Array, body_rates: Array, lean_max_rad: Array | float) -> Array:
    """Return whether a vehicle leans too far, or is about to."""
    w, x, y, z = (attitude[k] for k in range(4))
    p, q, r = (0.5 * TURNING_S * body_rates[k] for k in range(3))
    soon = (
        w - x * p - y * q - z * r,
        x + w * p + y * r - z * q,
        y + w * q - x * r + z * p,
        z + w * r + x * q - y * p,
    )
    size = sum(component * component for component in soon)
    ahead = 1.0 - 2.0 * (soon[1] ** 2 + soon[2] ** 2) / size
    return xp.minimum(upright_share(attitude), ahead) < xp.cos(lean_max_rad)


def upright_share(attitude: Array) -> Array:
    """Return the cosine of the lean of an attitude [4]."""
    return 1.0 - 2.0 * (attitude[1] ** 2 + attitude[2] ** 2)


def lean_rad(attitude: Array) -> float:
    """Return the lean of an attitude [4] of numbers; NaN where it is not finite."""
    share = float(upright_share(attitude))
    return math.acos(min(max(share, -1.0), 1.0)) if math.isfinite(share) else math.nan


def level(
    xp: Any,
    body: BodyConfig,
    vehicle: QuadrotorConfig,
    attitude: Array,
    climb_m_s: Array | float,
    wanted_m_s: Array | float = 0.0,
) -> Array:
    """Return the command [4] that levels a vehicle and brings it to a vertical speed.

    By attitude alone: the way that it flies is not stopped, only its climb or fall. The heading
    is left where it is.

    Args:
        xp: numpy or jax.numpy.
        body: how hard it is told to brake.
        vehicle: physical constants.
        attitude: [4] as it is.
        climb_m_s: vertical speed, NaN if it is not known: then a little less than the weight is
            carried to go down, and the weight to stay.
        wanted_m_s: vertical speed to come to.
    """
    w, x, y, z = (attitude[k] for k in range(4))
    hard = body.acceleration_max_m_s2
    lift = xp.clip(vehicle.velocity_gain_per_s * (wanted_m_s - climb_m_s), -hard, hard)
    blind = xp.where(wanted_m_s < 0.0, (_SINKING - 1.0) * GRAVITY_M_S2, 0.0)
    lift = GRAVITY_M_S2 + xp.where(xp.isfinite(lift), lift, blind)
    lift = xp.maximum(lift, LEAST_LIFT * GRAVITY_M_S2)
    up_x, up_y = 2.0 * (x * z - w * y), 2.0 * (y * z + w * x)  # the vertical in the body frame
    up_z = upright_share(attitude)
    across = xp.sqrt(up_x**2 + up_y**2 + 1e-12)
    rate = vehicle.attitude_gain_per_s * xp.arctan2(across, up_z) / across
    thrust = vehicle.mass_kg * lift * xp.maximum(up_z, 0.0)
    return xp.stack([thrust, -rate * up_y, rate * up_x, 0.0 * thrust])


def _weight(xp: Any, vehicle: QuadrotorConfig) -> Array:
    return xp.asarray([vehicle.mass_kg * GRAVITY_M_S2, 0.0, 0.0, 0.0])
