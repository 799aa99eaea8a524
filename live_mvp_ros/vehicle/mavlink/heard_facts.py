# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a vehicle says of itself; nothing else is believed."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from typing import Any

PREARM_CHECK = 0x10000000
"""Bit of SYS_STATUS: it could be armed now."""
_ARMED = 128  # of HEARTBEAT.base_mode
_IN_AIR = (2, 3, 4)  # MAV_LANDED_STATE: in the air, taking off, landing
_ON_GROUND = 1
_CRITICAL, _EMERGENCY = 5, 6  # MAV_STATE: PX4 says so in a failsafe
_RATE_SPAN = 64
_MULTIROTORS = (2, 3, 4, 13, 14, 15, 29, 35)  # MAV_TYPE
_ESTIMATOR_BAD = 1 << 10  # GPS glitch
_SHORTEST_S = 0.1
_EKF_CONSTANT_POSITION, _EKF_UNINITIALISED = 1 << 7, 1 << 10


class HeardFacts:
    """The latest that one vehicle has said; belongs to one thread.

    Attributes:
        heartbeat_s: when the last heartbeat came, minus infinity before.
        kind: MAV_TYPE of the vehicle.
        autopilot: MAV_AUTOPILOT.
        armed: it says so.
        mode: its custom mode, None before.
        intended_mode: PX4's word for what somebody wants, None where it is not told.
        in_air: by its landing detector, None where it has not said.
        system_status: MAV_STATE.
        can_arm: its own checks pass, None where it does not say.
        battery_fraction, battery_v: NaN where it does not say.
        estimator: what is wrong with its estimator, a sentence; empty for nothing, None before.
        home: latitude [deg], longitude [deg], altitude [m]; None before.
        throttle: that it asks of its motors, in its own modes.
    """

    def __init__(self) -> None:
        """Have heard nothing."""
        self.heartbeat_s = -math.inf
        self.kind = self.autopilot = 0
        self.armed = False
        self.mode: int | None = None
        self.intended_mode: int | None = None
        self.in_air: bool | None = None
        self.system_status = 0
        self.can_arm: bool | None = None
        self.battery_fraction = self.battery_v = math.nan
        self.estimator: str | None = None
        self.home: tuple[float, float, float] | None = None
        self.counts: Counter[str] = Counter()
        self._times: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_RATE_SPAN))

    @property
    def is_multirotor(self) -> bool:
        """Whether it is of a type that thrust and body rates make sense for."""
        return self.kind in _MULTIROTORS

    @property
    def in_failsafe(self) -> bool:
        """Whether it says that it does what nobody asked for."""
        if self.intended_mode is not None:
            return self.intended_mode != self.mode
        return self.system_status in (_CRITICAL, _EMERGENCY)

    def rate_hz(self, name: str, now_s: float, span_s: float = 2.0) -> float:
        """Return how often a message has come lately."""
        times = [at for at in self._times[name] if now_s - at <= span_s]
        if len(times) < 2:
            return 0.0
        if len(times) == _RATE_SPAN:  # no more are kept; a frozen link delivers all at one moment
            span_s = max(now_s - times[0], _SHORTEST_S)
        return (len(times) - 1) / span_s

    def take(self, message: Any, now_s: float) -> bool:
        """Take a message; return whether it says something new of mode, arming or landing."""
        name = message.get_type()
        self.counts[name] += 1
        self._times[name].append(now_s)
        before = (self.armed, self.mode, self.intended_mode, self.in_air, self.system_status)
        read = _READ.get(name)
        if read is not None:
            read(self, message, now_s)
        now = (self.armed, self.mode, self.intended_mode, self.in_air, self.system_status)
        return now != before

    def _heartbeat(self, message: Any, now_s: float) -> None:
        self.heartbeat_s = now_s
        self.kind, self.autopilot = message.type, message.autopilot
        self.armed = bool(message.base_mode & _ARMED)
        self.mode, self.system_status = message.custom_mode, message.system_status

    def _current_mode(self, message: Any, _: float) -> None:
        self.mode = message.custom_mode
        self.intended_mode = message.intended_custom_mode or None

    def _landed(self, message: Any, _: float) -> None:
        if message.landed_state:
            self.in_air = message.landed_state in _IN_AIR

    def _system(self, message: Any, _: float) -> None:
        if message.onboard_control_sensors_present & PREARM_CHECK:
            self.can_arm = bool(message.onboard_control_sensors_health & PREARM_CHECK)
        if message.battery_remaining >= 0:
            self.battery_fraction = 0.01 * message.battery_remaining
        if message.voltage_battery not in (0, 0xFFFF):
            self.battery_v = 1e-3 * message.voltage_battery

    def _ekf(self, message: Any, _: float) -> None:
        flags = message.flags
        if flags & _EKF_UNINITIALISED or not flags & 1:
            self.estimator = "its estimator has not begun"
        elif flags & _EKF_CONSTANT_POSITION or not flags & 0b11000:
            self.estimator = "its estimator has no position"
        else:
            self.estimator = ""

    def _estimator(self, message: Any, _: float) -> None:
        glitch = message.flags & _ESTIMATOR_BAD
        self.estimator = "its estimator sees a GPS glitch" if glitch else ""
        if not message.flags & 0b111:
            self.estimator = "its estimator has no attitude and velocity"

    def _home(self, message: Any, _: float) -> None:
        self.home = (1e-7 * message.latitude, 1e-7 * message.longitude, 1e-3 * message.altitude)


_READ = {
    "HEARTBEAT": HeardFacts._heartbeat,
    "CURRENT_MODE": HeardFacts._current_mode,
    "EXTENDED_SYS_STATE": HeardFacts._landed,
    "SYS_STATUS": HeardFacts._system,
    "EKF_STATUS_REPORT": HeardFacts._ekf,
    "ESTIMATOR_STATUS": HeardFacts._estimator,
    "HOME_POSITION": HeardFacts._home,
}
