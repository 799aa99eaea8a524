# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What hangs under an autopilot: mass, drag, motors, and how it answers them.

The two stand for the quadrotors that were measured: ArduCopter's SITL frame and PX4's SIH. A file
gives mass, drag and thrust ratio of another vehicle; its angular accelerations per unit of control
stay those of the measured one, since the gains of its firmware are made for it.
"""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GRAVITY_M_S2 = 9.81


class VehicleFileError(ValueError):
    """A file about a vehicle cannot be used; the text is one sentence."""


@dataclasses.dataclass(frozen=True)
class ThrustCurve:
    """Thrust of a throttle, straight between points and beyond them."""

    throttle: tuple[float, ...]
    thrust_g: tuple[float, ...]
    """Specific force [g] when all motors have that throttle; rises everywhere."""

    def thrust(self, throttle: float) -> float:
        """Return the specific force [g] of a throttle."""
        return max(0.0, _straight(self.throttle, self.thrust_g, throttle))

    def throttle_for(self, thrust_g: float) -> float:
        """Return the throttle that gives a specific force [g]."""
        return _straight(self.thrust_g, self.throttle, thrust_g)

    def scaled(self, factor: float) -> ThrustCurve:
        """Return the curve of motors that are so much stronger."""
        return dataclasses.replace(self, thrust_g=tuple(factor * t for t in self.thrust_g))


@dataclasses.dataclass(frozen=True)
class Airframe:
    """Constants of one vehicle."""

    mass_kg: float
    drag_per_s: float
    """Linear drag: deceleration per unit of velocity."""
    curve: ThrustCurve
    motor_lag_s: float
    """Time constant of a motor's thrust, first order."""
    control_rad_s2: tuple[float, float, float]
    """Angular acceleration for one unit of roll, pitch and yaw control."""
    damping_per_s: tuple[float, float, float]
    """Angular deceleration per unit of rate, of the air."""

    @property
    def hover_throttle(self) -> float:
        """Throttle at which it neither climbs nor sinks."""
        return self.curve.throttle_for(1.0)


ARDUPILOT_AIRFRAME = Airframe(
    mass_kg=1.0,
    drag_per_s=0.285,  # 2.5 m/s fell to 0.8 m/s in 4 s, and 8.2 m were drifted in all
    curve=ThrustCurve(
        (0.0, 0.10, 0.20, 0.30, 0.368, 0.45, 0.55, 0.65, 0.75, 1.0),
        (0.08, 0.33, 0.59, 0.84, 1.00, 1.21, 1.44, 1.65, 1.86, 2.385),
    ),
    motor_lag_s=0.029,  # half of a step after 20 ms
    control_rad_s2=(120.0, 120.0, 20.0),
    damping_per_s=(1.0, 1.0, 0.8),
)
PX4_AIRFRAME = Airframe(
    mass_kg=1.0,
    drag_per_s=0.77,
    curve=ThrustCurve((0.0, 1.0), (0.0, 20.0 / GRAVITY_M_S2)),
    motor_lag_s=0.050,
    # 4 motors of 5 N on arms of 0.2 m, 0.71 of them per unit of control; 0.1 N m each about z
    control_rad_s2=(4 * 5.0 * 0.2 * math.sqrt(0.5) / 0.025,) * 2 + (4 * 0.1 / 0.03,),
    damping_per_s=(0.025 / 0.025, 0.025 / 0.025, 0.025 / 0.03),
)

FIELDS = (
    *("mass_kg", "drag_per_s", "thrust_ratio_max"),
    *("rate_time_constant_s", "yaw_time_constant_s", "body_rate_max_rad_s"),
)
"""What a file may say of a vehicle. The last three are a controller's model of the rate loop,
which here is simulated, so they are not read."""
_ALLOWED = {"mass_kg": (0.05, 100.0), "drag_per_s": (0.0, 10.0), "thrust_ratio_max": (1.1, 20.0)}


def with_vehicle(airframe: Airframe, values: Mapping[str, Any]) -> Airframe:
    """Return an airframe with the mass, drag and thrust ratio that a file gives.

    Raises:
        VehicleFileError: a name is unknown or a value not allowed.
    """
    found: dict[str, float] = {}
    for name, value in values.items():
        if name not in FIELDS:
            raise VehicleFileError(
                f"vehicle.{name} is unknown: it must be one of {', '.join(FIELDS)}"
            )
        low, high = _ALLOWED.get(name, (0.0, math.inf))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not low <= value <= high:
            allowed = f"between {low:g} and {high:g}"
            raise VehicleFileError(
                f"vehicle.{name} = {value!r} is not allowed: it must be {allowed}"
            )
        found[name] = float(value)
    curve = airframe.curve
    if "thrust_ratio_max" in found:
        curve = curve.scaled(found["thrust_ratio_max"] / curve.thrust(1.0))
    return dataclasses.replace(
        airframe,
        mass_kg=found.get("mass_kg", airframe.mass_kg),
        drag_per_s=found.get("drag_per_s", airframe.drag_per_s),
        curve=curve,
    )


def read_vehicle(path: Path) -> dict[str, Any]:
    """Return what a parameters file says below ``vehicle``: nested, or as ROS writes it.

    Raises:
        VehicleFileError: it cannot be read, is not valid YAML, or says nothing of a vehicle.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise VehicleFileError(f"{path} cannot be read as YAML: {reason}") from error
    values = _vehicle_in(content)
    if not values:
        raise VehicleFileError(
            f"{path} says nothing below vehicle, such as vehicle: {{mass_kg: 1.4}}"
        )
    return values


def _vehicle_in(content: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if not isinstance(content, Mapping):
        return values
    for key, value in content.items():
        name = str(key)
        if name == "vehicle" and isinstance(value, Mapping):
            values |= {str(k): v for k, v in value.items()}
        elif name.startswith("vehicle."):
            values[name.removeprefix("vehicle.")] = value
        elif isinstance(value, Mapping):
            values |= _vehicle_in(value)
    return values


def _straight(x: tuple[float, ...], y: tuple[float, ...], at: float) -> float:
    i = min(max(bisect_right(x, at) - 1, 0), len(x) - 2)
    return y[i] + (y[i + 1] - y[i]) * (at - x[i]) / (x[i + 1] - x[i])
