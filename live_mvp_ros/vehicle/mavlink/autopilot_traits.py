# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What tells one autopilot from another, as an object: modes, parameters, curve, requests.

The two that there are, ``ARDUCOPTER`` and ``PX4``, are in files of their own; what was measured of
them is said there. Nothing else asks which autopilot flies.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Protocol

from live_mvp_ros.vehicle.mavlink.estimates import EstimateReader
from live_mvp_ros.vehicle.mavlink.flight_phase import ModeKind
from live_mvp_ros.vehicle.mavlink.throttle import ThrustCurve

IGNORE_ATTITUDE, IGNORE_RATES = 128, 7
"""Type masks of SET_ATTITUDE_TARGET that both autopilots fly: all rates or none, never thrust."""


@dataclasses.dataclass(frozen=True)
class WantedParameter:
    """A parameter of the autopilot that a flight depends on.

    Attributes:
        name: of the parameter.
        wanted: the value to be set for the one that was read; the same one if it will do.
        why: what it is for, and the values that are allowed.
        integer: it is a whole number, and travels as one.
    """

    name: str
    wanted: Callable[[float], float]
    why: str
    integer: bool = False


@dataclasses.dataclass(frozen=True)
class Request:
    """A COMMAND_LONG.

    Attributes:
        command: its MAV_CMD.
        name: what it asks for, in words.
        parameters: seven numbers.
    """

    command: int
    name: str
    parameters: tuple[float, ...] = (0.0,) * 7


@dataclasses.dataclass(frozen=True)
class Handling:
    """How body rates follow their commands: a delay, and then a first-order lag.

    Attributes:
        delay_s: until anything happens.
        rate_time_constant_s: of roll and pitch.
        yaw_time_constant_s: of yaw.
    """

    delay_s: float
    rate_time_constant_s: float
    yaw_time_constant_s: float


@dataclasses.dataclass(frozen=True)
class Demands:
    """What a driver wants of an autopilot.

    Attributes:
        timeout_s: after which the autopilot takes care of itself without setpoints.
        altitude_m: to take off to, above the ground.
        odometry_rate_hz: of what odometry is made of.
    """

    timeout_s: float
    altitude_m: float
    odometry_rate_hz: float


class AutopilotTraits(Protocol):
    """One kind of autopilot; immutable."""

    @property
    def name(self) -> str:
        """In words."""
        ...

    @property
    def autopilot_id(self) -> int:
        """MAV_AUTOPILOT of its heartbeats."""
        ...

    @property
    def default_url(self) -> str:
        """Where its simulator is found."""
        ...

    @property
    def modes(self) -> Mapping[int, str]:
        """Names of the modes that its heartbeats tell."""
        ...

    @property
    def our_mode(self) -> int:
        """The mode in which it obeys thrust and body rates."""
        ...

    @property
    def take_off_modes(self) -> frozenset[int]:
        """The modes that it is in from the request to take off until it hovers."""
        ...

    @property
    def landing_modes(self) -> frozenset[int]:
        """The modes in which it lands."""
        ...

    @property
    def hold_modes(self) -> frozenset[int]:
        """The modes in which it stays in the air by itself."""
        ...

    @property
    def arming_modes(self) -> frozenset[int]:
        """The modes in which it is armed: one of them is asked for where it is in another."""
        ...

    @property
    def curve(self) -> ThrustCurve:
        """Thrust over throttle."""
        ...

    @property
    def handling(self) -> Handling:
        """How it answers body rates: what a controller reckons with."""
        ...

    @property
    def obeys_after_a_stream(self) -> bool:
        """Whether it goes into our mode only if setpoints come already."""
        ...

    @property
    def drifts_when_silent(self) -> bool:
        """Whether it only levels after the last setpoint, and does not hold its position."""
        ...

    @property
    def hover_parameter(self) -> str:
        """Name of the parameter with the throttle that it hovers at, by its own account."""
        ...

    @property
    def throttle_min(self) -> float:
        """Below this it has no authority over its attitude."""
        ...

    def reader(self) -> EstimateReader:
        """Return what makes odometry of its messages."""
        ...

    def rates_hz(self, demands: Demands) -> Mapping[str, float]:
        """Return which messages are asked for, by name, and how often."""
        ...

    def parameters(self, demands: Demands) -> tuple[WantedParameter, ...]:
        """Return the parameters that are set and read back before a flight."""
        ...

    def set_mode(self, mode: int) -> Request:
        """Return the request for a mode."""
        ...

    def take_off(self, altitude_m: float) -> Request:
        """Return the request to rise to an altitude above the ground."""
        ...

    def land(self) -> Request:
        """Return the request to land here."""
        ...

    def hold(self) -> Request:
        """Return the request to stay in the air by itself."""
        ...

    def encode(self, value: float, integer: bool) -> float:
        """Return a parameter's value as the float that PARAM_SET carries."""
        ...

    def decode(self, value: float, kind: int) -> float:
        """Return the value of a PARAM_VALUE of a MAV_PARAM_TYPE."""
        ...


def kinds_of(traits: AutopilotTraits, mode: int) -> frozenset[ModeKind]:
    """Return what a mode of an autopilot means for us."""
    kinds = {
        ModeKind.OURS: mode == traits.our_mode,
        ModeKind.TAKE_OFF: mode in traits.take_off_modes,
        ModeKind.LAND: mode in traits.landing_modes,
        ModeKind.HOLD: mode in traits.hold_modes,
    }
    return frozenset(kind for kind, holds in kinds.items() if holds)
