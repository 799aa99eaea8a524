# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The autopilot as one thing that is stepped: physics, firmware, telemetry and what it hears.

``advance`` moves its clock on and ``receive`` gives it a message of a link; what it sends collects
in ``outbox``. The same calls give the same messages: there is no other clock and no other chance.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot import attitude_targets, command_desk
from live_mvp_ros.vehicle.simulated_autopilot.airframe import Airframe
from live_mvp_ros.vehicle.simulated_autopilot.attitude_math import ZERO, Vector
from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import AttitudeTarget
from live_mvp_ros.vehicle.simulated_autopilot.dialects import Dialect
from live_mvp_ros.vehicle.simulated_autopilot.hardware import STEP_S, assemble
from live_mvp_ros.vehicle.simulated_autopilot.parameter_table import ParameterTable
from live_mvp_ros.vehicle.simulated_autopilot.provoked_faults import Fault, happen
from live_mvp_ros.vehicle.simulated_autopilot.reports import REPORTS
from live_mvp_ros.vehicle.simulated_autopilot.setpoint_log import SetpointLog
from live_mvp_ros.vehicle.simulated_autopilot.telemetry_streams import Streams

COMPONENT = mavlink.MAV_COMP_ID_AUTOPILOT1
TEXT_BYTES = 50
STEP_US = round(1e6 * STEP_S)
GCS_ALIVE_S = 2.5
PARAMETERS_PER_STEP = 1
MOST_WAITING = 2000
"""Messages kept for a link that takes none, and received ones during a stall."""


@dataclasses.dataclass
class Link:
    """What the autopilot knows of a link."""

    streams: Streams
    gcs_s: float = float("-inf")
    """When a ground station was last heard on it."""
    parameters: deque[Any] = dataclasses.field(default_factory=deque)
    """PARAM_VALUEs of a list that is being sent."""


class Autopilot:
    """One simulated vehicle."""

    def __init__(
        self,
        dialect: Dialect,
        *,
        system_id: int = 1,
        airframe: Airframe | None = None,
        origin_m: Vector = ZERO,
        yaw_rad: float = 0.0,
        wander_m: float = 0.002,
        faults: Iterable[Fault] = (),
        log: SetpointLog | None = None,
        seed: int = 0,
    ) -> None:
        """Boot on the floor.

        Args:
            dialect: which kind it is.
            system_id: its MAVLink system.
            airframe: what it flies, by default what was measured with this firmware.
            origin_m: where it boots, NED from home: shifts the truth, not its local frame.
            yaw_rad: its heading there, from north to east.
            wander_m: standard deviation of its position error.
            faults: what goes wrong.
            log: where setpoints are counted.
            seed: of its noise.
        """
        self.dialect, self.system_id, self.origin_m = dialect, system_id, origin_m
        self.hardware = assemble(
            airframe or dialect.airframe,
            dialect.battery(),
            ParameterTable(dialect.parameters, bytewise=dialect.parameters_bytewise),
            self._tell,
            settle_s=dialect.settle_s,
            gyro_cutoff_hz=dialect.gyro_cutoff_hz,
            wander_m=wander_m,
            yaw_rad=yaw_rad,
            seed=seed,
        )
        self.stack = dialect.build(self.hardware)
        self.log = log or SetpointLog()
        self.last_target: AttitudeTarget | None = None
        self.outbox: deque[tuple[int | None, Any]] = deque(maxlen=MOST_WAITING)
        """Link (None is all) and message."""
        self._links: dict[int, Link] = {}
        self._steps = 0
        self._owed_s = self._stalled_s = 0.0
        self._waiting: deque[tuple[Any, int]] = deque(maxlen=MOST_WAITING)
        self._faults = sorted(faults, key=lambda fault: fault.at_s)
        self._cut_until_s = 0.0
        self._texts = 0
        self._mode_before = (self.stack.custom_mode, self.stack.mode_name, False)

    @property
    def time_us(self) -> int:
        """Time since boot."""
        return self._steps * STEP_US

    @property
    def time_s(self) -> float:
        """Time since boot."""
        return self._steps * STEP_S

    def streams(self, link: int) -> Streams:
        """Return what is sent on a link, which begins to exist with this."""
        return self._link(link).streams

    def advance(self, duration_s: float) -> None:
        """Let time pass."""
        stalled = min(self._stalled_s, duration_s)
        self._stalled_s -= stalled
        self._owed_s += duration_s
        if self._stalled_s > 0.0:
            return
        while self._waiting:
            self.receive(*self._waiting.popleft())
        while self._owed_s >= STEP_S - 1e-9:
            self._owed_s -= STEP_S
            self._step()
            if self._stalled_s > 0.0:
                return

    def receive(self, message: Any, link: int = 0) -> None:
        """Take a message that came on a link; what is not understood is ignored."""
        if self._stalled_s > 0.0:
            self._waiting.append((message, link))
            return
        if self.time_s < self._cut_until_s:
            return
        hear = self._heard_by().get(message.get_type())
        if hear is not None and self._is_for_me(message):
            hear(message, link)
            self._note_mode()

    def send(self, message: Any, link: int | None = None) -> None:
        """Send a message on a link, or on all."""
        if self.time_s >= self._cut_until_s:
            self.outbox.append((link, message))

    def cut_links(self, duration_s: float) -> None:
        """Let nothing in or out for a while."""
        self._cut_until_s = self.time_s + duration_s

    def stall(self, duration_s: float) -> None:
        """Do nothing at all for a while, and then catch up."""
        self._stalled_s = duration_s

    def provoke(self, fault: Fault) -> None:
        """Add a fault."""
        self._faults = sorted([*self._faults, fault], key=lambda other: other.at_s)

    def facts(self) -> dict[str, Any]:
        """Return what became of the vehicle, for the summary of its log."""
        body = self.hardware.body
        return {
            "time_s": round(self.time_s, 3),
            "mode": self.stack.mode_name,
            "armed": self.hardware.armed,
            "on_ground": body.on_ground,
            "true_position_ned_m": [round(p, 3) for p in body.position_m],
            "hardest_touch_m_s": round(body.hardest_touch_m_s, 3),
        }

    def _step(self) -> None:
        while self._faults and self._faults[0].at_s <= self.time_s:
            happen(self, self._faults.pop(0))
        hardware = self.hardware
        hardware.body.step(STEP_S, self.stack.step(STEP_S))
        hardware.battery.step(STEP_S, hardware.armed)
        hardware.estimator.step()
        self._steps += 1
        hardware.time_s = self.time_s
        self._note_mode()
        self._send_due()

    def _note_mode(self) -> None:
        stack = self.stack
        custom, name, heard = self._mode_before
        if stack.custom_mode != custom:
            self.log.switch(self.time_s, name, stack.mode_name, was_heard=heard)
            self._send_mode()
        self._mode_before = (stack.custom_mode, stack.mode_name, stack.hears_setpoints)

    def _send_mode(self) -> None:
        for number, link in self._links.items():
            if link.streams.interval_us(mavlink.MAVLINK_MSG_ID_CURRENT_MODE) > 0:
                self.send(REPORTS[mavlink.MAVLINK_MSG_ID_CURRENT_MODE](self), number)

    def _send_due(self) -> None:
        now_us = self.time_us
        for number, link in self._links.items():
            for message_id in link.streams.due(now_us):
                message = REPORTS[message_id](self)
                if message is not None:
                    self.send(message, number)
            for _ in range(min(PARAMETERS_PER_STEP, len(link.parameters))):
                self.send(link.parameters.popleft(), number)

    def _tell(self, severity: int, text: str) -> None:
        content = text.encode()
        chunks = [content[i : i + TEXT_BYTES] for i in range(0, len(content), TEXT_BYTES)]
        if len(content) > TEXT_BYTES:
            self._texts = self._texts % 65535 + 1
        number = self._texts if len(content) > TEXT_BYTES else 0
        for name, link in self._links.items():
            if self.dialect.texts_need_gcs and self.time_s - link.gcs_s > GCS_ALIVE_S:
                continue
            for i, chunk in enumerate(chunks):
                self.send(mavlink.MAVLink_statustext_message(severity, chunk, number, i), name)

    def _link(self, number: int) -> Link:
        if number not in self._links:
            self._links[number] = Link(Streams(self.dialect))
        return self._links[number]

    def _is_for_me(self, message: Any) -> bool:
        if (message.get_srcSystem(), message.get_srcComponent()) == (self.system_id, COMPONENT):
            return False
        system = getattr(message, "target_system", 0)
        component = getattr(message, "target_component", 0)
        return system in (0, self.system_id) and component in (0, COMPONENT)

    def _heard_by(self) -> dict[str, Callable[[Any, int], None]]:
        return {
            "HEARTBEAT": self._hear_heartbeat,
            "SET_ATTITUDE_TARGET": self._hear_setpoint,
            "COMMAND_LONG": self._hear_command,
            "COMMAND_INT": self._hear_command,
            "SET_MODE": self._hear_set_mode,
            "TIMESYNC": self._hear_timesync,
            "PARAM_REQUEST_READ": self._hear_parameter_read,
            "PARAM_REQUEST_LIST": self._hear_parameter_list,
            "PARAM_SET": self._hear_parameter_set,
        }

    def _hear_heartbeat(self, message: Any, link: int) -> None:
        self.stack.hear_heartbeat(message)
        if message.type == mavlink.MAV_TYPE_GCS:
            self._link(link).gcs_s = self.time_s

    def _hear_setpoint(self, message: Any, link: int) -> None:
        target = attitude_targets.read(message)
        listening = self.stack.hears_setpoints
        valid = self.stack.hear_setpoint(target)
        flown = valid and listening
        if flown:
            self.last_target = target
        armed, mode = self.hardware.armed, self.stack.mode_name
        self.log.hear(self.time_s, target, mode, armed=armed, valid=valid, flown=flown)

    def _hear_command(self, message: Any, link: int) -> None:
        command = command_desk.command_of(message)
        result = command_desk.carry_out(self, command, link)
        self._acknowledge(message, command.number, result, link)

    def _hear_set_mode(self, message: Any, link: int) -> None:
        result = self.stack.set_mode(message.custom_mode)
        self._acknowledge(message, mavlink.MAV_CMD_DO_SET_MODE, result, link)

    def _acknowledge(self, message: Any, command: int, result: int, link: int) -> None:
        sender = (message.get_srcSystem(), message.get_srcComponent())
        self.send(mavlink.MAVLink_command_ack_message(command, result, 0, 0, *sender), link)

    def _hear_timesync(self, message: Any, link: int) -> None:
        if message.tc1 == 0:
            answer = mavlink.MAVLink_timesync_message(1000 * self.time_us, message.ts1)
            self.send(answer, link)

    def _hear_parameter_read(self, message: Any, link: int) -> None:
        value = self.hardware.parameters.read(message)
        if value is not None:
            self.send(value, link)

    def _hear_parameter_list(self, message: Any, link: int) -> None:
        self._link(link).parameters = deque(self.hardware.parameters.values())

    def _hear_parameter_set(self, message: Any, link: int) -> None:
        value = self.hardware.parameters.set(message)
        if value is not None:
            self.send(value, link)
