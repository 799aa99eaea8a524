# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A scripted vehicle of a few lines for tests of the driver: it answers, and moves as it is told.

It flies no physics. What it believes about modes, parameters and acknowledgements is written down
here from the measured behaviour, by numbers, not by the driver's constants.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import all as mavlink

PX4, ARDUPILOT = "px4", "ardupilot"
OURS = {PX4: 6 << 16, ARDUPILOT: 4}
HOLDS = {PX4: 4 << 16 | 3 << 24, ARDUPILOT: 17}
LANDS = {PX4: 4 << 16 | 6 << 24, ARDUPILOT: 9}
RISES = 4 << 16 | 2 << 24
PILOTS = {PX4: 3 << 16, ARDUPILOT: 5}
PARAMETERS: dict[str, dict[str, tuple[float, bool]]] = {
    PX4: {
        "COM_OF_LOSS_T": (1.0, False),
        "COM_OBL_RC_ACT": (0, True),
        "MIS_TAKEOFF_ALT": (2.5, False),
        "MPC_THR_HOVER": (0.5, False),
    },
    ARDUPILOT: {
        "GUID_TIMEOUT": (3.0, False),
        "GUID_OPTIONS": (0, True),
        "ATC_ANGLE_BOOST": (1, True),
        "MOT_THST_HOVER": (0.39, False),
    },
}
HOVER = 0.45
BOOT_NS = 7_000_000_000
"""How far its clock is behind the steady one of the test."""


class FakeAutopilot:
    """The vehicle; the port of a ``VehicleLink`` as well."""

    def __init__(self, kind: str) -> None:
        self.kind, self.now_ns = kind, 100_000_000_000
        self.armed, self.in_air, self.mode = False, False, HOLDS[kind] if kind == PX4 else 0
        self.intended = self.mode
        self.z, self.vz, self.goal_m, self.north_m = 0.0, 0.0, 0.0, 0.0
        self.parameters = dict(PARAMETERS[kind])
        self.stubborn: set[str] = set()
        self.deaf, self.silent, self.refuses = False, False, {}  # type: ignore[var-annotated]
        self.resets, self.throttle, self.setpoints = 3, 0.0, []  # type: ignore[var-annotated]
        self.commands: list[tuple[int, tuple[float, ...]]] = []
        self.roll_rad, self.variance_m2, self.hears_every = 0.0, 0.04, 1
        self.half_way_ns = 5_000_000  # what is said is heard 10 ms later
        self._out: list[Any] = []
        self._reader, self._mav = mavlink.MAVLink(None), mavlink.MAVLink(None, 1, 1)
        self._tick = 0

    def clock(self) -> int:
        return self.now_ns

    @property
    def boot_ms(self) -> int:
        return (self.now_ns - BOOT_NS) // 1_000_000

    def write(self, data: bytes) -> None:
        """Take what the driver sends."""
        if self.deaf:
            return
        for message in self._reader.parse_buffer(data) or ():
            handler: Callable[[Any], None] | None = getattr(
                self, f"_on_{message.get_type().lower()}", None
            )
            if handler is not None:
                handler(message)

    def step(self, dt_s: float = 0.01) -> list[Any]:
        """Let time pass; return what it says, as it comes off the wire."""
        self.now_ns += round(1e9 * dt_s)
        self._tick += 1
        self._move(dt_s)
        if not self.silent:
            self._tell()
        said = [data for data in self.packed() if self._reaches(data)]
        return [m for data in said for m in self._reader.parse_buffer(data)]

    def _reaches(self, data: bytes) -> bool:
        """Return whether a message gets through a link that loses all but every n-th."""
        return data[4] % self.hears_every == 0  # its number

    def packed(self) -> list[bytes]:
        """Return what it says and has not yet been heard, as bytes."""
        said, self._out = self._out, []
        return [] if self.silent else [self._numbered(message) for message in said]

    def _numbered(self, message: Any) -> bytes:
        data = bytes(message.pack(self._mav))
        self._mav.seq = (self._mav.seq + 1) % 256
        return data

    def wire_step(self, dt_s: float) -> list[bytes]:
        """Let time pass; return what it says as bytes."""
        self.now_ns += round(1e9 * dt_s)
        self._tick += 1
        self._move(dt_s)
        self._tell()
        return self.packed()

    def say(self, message: Any) -> None:
        self._out.append(message)

    def text(self, words: str) -> None:
        """Say words, in chunks of 50."""
        chunks = [words[i : i + 50] for i in range(0, len(words), 50)]
        for number, chunk in enumerate(chunks):
            text_id = 7 if len(chunks) > 1 else 0
            self.say(self._mav.statustext_encode(2, chunk.encode(), text_id, number))

    def switch(self, mode: int, intended: int | None = None) -> None:
        """Be in a mode, by somebody's hand or by its own failsafe, and say so at once."""
        self.mode, self.intended = mode, mode if intended is None else intended
        self._heartbeat()

    def _move(self, dt_s: float) -> None:
        rises = self.armed and self.z < self.goal_m - 1e-6
        lands = self.mode == LANDS[self.kind] and self.in_air
        self.vz = 1.0 if rises else -1.0 if lands else 0.0
        self.z = min(self.goal_m, self.z + dt_s) if rises else max(0.0, self.z + self.vz * dt_s)
        self.in_air |= rises
        if lands:
            self.goal_m = 0.0
        if lands and self.z == 0.0:
            self.armed = self.in_air = False
            self.mode = OURS[self.kind]  # as PX4 does after disarming
        if self.mode == RISES and self.in_air and not rises:
            self.switch(HOLDS[PX4])

    def _tell(self) -> None:
        half = 0.5 * self.roll_rad
        ms, q, zero = self.boot_ms, (math.cos(half), math.sin(half), 0.0, 0.0), (0.0,) * 21
        make = self._mav
        if self.kind == PX4:
            self.say(
                make.odometry_encode(
                    1000 * ms, 1, 1, self.north_m, 0, -self.z, q, 0, 0, -self.vz, 0, 0, 0,
                    (self.variance_m2, *zero[1:]), zero, self.resets,
                )
            )  # fmt: skip
        else:
            self.say(make.attitude_quaternion_encode(ms, *q, 0, 0, 0))
            self.say(make.local_position_ned_encode(ms, self.north_m, 0, -self.z, 0, 0, -self.vz))
        if self._tick % 2 == 0:
            feels = self.throttle / HOVER if self.setpoints and self._obeys else 1.0
            self.say(
                make.highres_imu_encode(
                    1000 * ms, 0, 0, -9.81 * feels, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 63
                )
            )
            own = round(100 * HOVER) if self.in_air else 0
            self.say(make.vfr_hud_encode(0, 0, 0, own, self.z, self.vz))
        if self._tick % 10 == 0:
            self.say(make.extended_sys_state_encode(0, 2 if self.in_air else 1))
            bit = 0x10000000
            self.say(make.sys_status_encode(bit, bit, bit, 0, 12000, 0, 80, 0, 0, 0, 0, 0, 0))
            lat, lon = 473977420, 85455940
            self.say(make.home_position_encode(lat, lon, 489400, 0, 0, 0, q, 0, 0, 0))
        if self._tick % 100 == 1:
            self._heartbeat()

    @property
    def _obeys(self) -> bool:
        return self.mode == OURS[self.kind]

    def _heartbeat(self) -> None:
        autopilot, base = {PX4: 12, ARDUPILOT: 3}[self.kind], 128 * self.armed | 1
        self.say(self._mav.heartbeat_encode(2, autopilot, base, self.mode, 4, 3))
        if self.kind == PX4:
            self.say(self._mav.current_mode_encode(0, self.mode, self.intended))

    def _on_timesync(self, message: Any) -> None:
        if message.tc1 == 0:
            half_way_ns = self.now_ns + self.half_way_ns - BOOT_NS
            self.say(self._mav.timesync_encode(half_way_ns, message.ts1))

    def _on_param_request_read(self, message: Any) -> None:
        name = message.param_id
        if name not in self.parameters:
            return
        value, integer = self.parameters[name]
        if integer and self.kind == PX4:
            value = struct.unpack("<f", struct.pack("<i", int(value)))[0]
        kind = 6 if integer else 9
        self.say(self._mav.param_value_encode(name.encode(), value, kind, 4, 0))

    def _on_param_set(self, message: Any) -> None:
        value = message.param_value
        if message.param_type == 6 and self.kind == PX4:
            value = struct.unpack("<i", struct.pack("<f", value))[0]
        if message.param_id not in self.stubborn:
            self.parameters[message.param_id] = (value, message.param_type == 6)
        self._on_param_request_read(message)

    def _on_set_attitude_target(self, message: Any) -> None:
        self.setpoints.append((self.now_ns, message))
        self.throttle = message.thrust

    def _on_command_long(self, message: Any) -> None:
        numbers = tuple(getattr(message, f"param{i}") for i in range(1, 8))
        self.commands.append((message.command, numbers))
        result = self.refuses.get(message.command, 0)
        if result is None:
            return
        self.say(self._mav.command_ack_encode(message.command, result))
        if result == 0:
            self._obey(message.command, numbers)

    def _obey(self, command: int, numbers: tuple[float, ...]) -> None:
        if command == 400:
            self.armed = numbers[0] == 1.0
            self._heartbeat()
        elif command == 176:
            px4 = int(numbers[1]) << 16 | int(numbers[2]) << 24
            self.switch(px4 if self.kind == PX4 else int(numbers[1]))
        elif command == 22:
            px4 = self.kind == PX4
            self.goal_m = self.parameters["MIS_TAKEOFF_ALT"][0] if px4 else numbers[6]
            if px4:
                self.switch(RISES)
