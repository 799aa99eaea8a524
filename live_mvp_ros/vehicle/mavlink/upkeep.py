# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What keeps a link alive and known: heartbeats, TIMESYNC, rates of telemetry, parameters.

None of it says anything about flying.
"""

from __future__ import annotations

import enum
import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from live_mvp_ros.vehicle.mavlink.autopilot_traits import AutopilotTraits, Demands
from live_mvp_ros.vehicle.mavlink.clock_offset import ClockOffset
from live_mvp_ros.vehicle.mavlink.parameter_client import ParameterClient, ReadParameter
from live_mvp_ros.vehicle.mavlink.request_client import RequestClient
from live_mvp_ros.vehicle.mavlink.wire import Writer, interval

HEARTBEAT_S, TIMESYNC_S = 1.0, 0.1
RENEWAL_S = 5.0
"""So often telemetry is asked for again that does not come."""
_ASKED = 32  # questions that may still be answered


class Voice(enum.Enum):
    """What a link says by itself."""

    DRIVER = "driver"
    """Everything: it is a ground station to the vehicle, and makes it ready for a flight."""
    ASKING = "asking"
    """Questions for telemetry and time, as somebody whose absence no failsafe waits for."""
    SILENT = "silent"
    """Nothing."""


class Upkeep:
    """Of one link; belongs to one thread.

    Attributes:
        voice: what is said.
        clock: the offset of the vehicle's.
        parameters: of the vehicle.
    """

    def __init__(
        self,
        traits: AutopilotTraits,
        demands: Demands,
        writer: Writer,
        send: Callable[[Any], None],
    ) -> None:
        """Prepare.

        Args:
            traits: of the autopilot.
            demands: what is wanted of it.
            writer: makes the messages.
            send: writes one.
        """
        self._traits, self._demands, self._writer, self._send = traits, demands, writer, send
        self.voice = Voice.DRIVER
        self.clock = ClockOffset()
        self.parameters = ParameterClient(traits.parameters(demands), (traits.hover_parameter,))
        self._rates = RequestClient()
        self._heartbeat_s = self._timesync_s = self._asked_rates_s = -math.inf
        self._asked_ns: OrderedDict[int, None] = OrderedDict()

    def begin_again(self) -> None:
        """Ask for everything: the vehicle is there again, and may have been switched off."""
        self._rates.forget()
        self._asked_rates_s = -math.inf
        self.parameters.begin_again()

    def tick(self, now_ns: int, *, connected: bool, armed: bool, odometry_hz: float) -> None:
        """Send what is due."""
        if self.voice is Voice.SILENT:
            return
        now_s = 1e-9 * now_ns
        if now_s - self._heartbeat_s >= HEARTBEAT_S:
            self._heartbeat_s = now_s
            self._send(self._writer.heartbeat(station=self.voice is Voice.DRIVER))
        if not connected:
            return
        if now_s - self._timesync_s >= TIMESYNC_S:
            self._timesync_s = now_s
            self._asked_ns[now_ns] = None
            if len(self._asked_ns) > _ASKED:
                self._asked_ns.popitem(last=False)
            self._send(self._writer.timesync(0, now_ns))
        self._ask_rates(now_s, odometry_hz)
        if not armed and self.voice is Voice.DRIVER:
            self._ask_parameters(now_s)

    def take(self, message: Any, now_ns: int) -> bool:
        """Take a message that may be an answer; return whether a clock has jumped."""
        kind, now_s = message.get_type(), 1e-9 * now_ns
        if kind == "TIMESYNC":
            return self._timesync(message, now_ns)
        if kind == "COMMAND_ACK":
            self._rates.acknowledged(message.command, message.result, now_s)
        elif kind == "PARAM_VALUE":
            value = self._traits.decode(message.param_value, message.param_type)
            self.parameters.told(message.param_id, value)
        return False

    def _timesync(self, message: Any, now_ns: int) -> bool:
        if message.tc1 == 0:  # it asks: a driver alone answers, so that it hears of one clock
            if self.voice is Voice.DRIVER:
                self._send(self._writer.timesync(now_ns, message.ts1))
            return False
        if message.ts1 not in self._asked_ns:  # an answer to somebody else
            return False
        del self._asked_ns[message.ts1]
        return self.clock.answered(message.ts1, message.tc1, now_ns)

    def _ask_rates(self, now_s: float, odometry_hz: float) -> None:
        missing = odometry_hz < 0.5 * self._demands.odometry_rate_hz
        if missing and now_s - self._asked_rates_s >= RENEWAL_S and not self._rates.busy:
            self._asked_rates_s = now_s
            wanted = self._traits.rates_hz(self._demands)
            self._rates.ask(*(interval(name, rate_hz) for name, rate_hz in wanted.items()))
        request, confirmation, _ = self._rates.due(now_s)
        if request is not None:
            self._send(self._writer.request(request, confirmation))

    def _ask_parameters(self, now_s: float) -> None:
        wanted = self.parameters.due(now_s)
        if wanted is None:
            return
        if isinstance(wanted, ReadParameter):
            self._send(self._writer.read_parameter(wanted.name))
            return
        encoded = self._traits.encode(wanted.value, wanted.integer)
        self._send(self._writer.set_parameter(wanted.name, encoded, wanted.integer))
