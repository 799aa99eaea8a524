# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When which message is due on a link: asked intervals, on the grid on which a firmware sends."""

from __future__ import annotations

import dataclasses

from live_mvp_ros.vehicle.simulated_autopilot.dialects import Dialect
from live_mvp_ros.vehicle.simulated_autopilot.reports import REPORTS

STOP, DEFAULT = -1.0, 0.0
ACCEPTED = 0


@dataclasses.dataclass
class Stream:
    """One message that is sent again and again."""

    interval_us: float
    grid_us: int
    next_us: float


class Streams:
    """What one link gets; it outlasts those who listen on it."""

    def __init__(self, dialect: Dialect) -> None:
        """Begin with what the firmware sends unasked."""
        self._dialect = dialect
        start_us = 1e6 * dialect.first_heartbeat_s
        self._streams = {
            message_id: self._stream(message_id, 1e6 / rate_hz, start_us)
            for message_id, rate_hz in dialect.rates_hz.items()
        }
        self._soonest_us = start_us

    def set_interval(self, message_id: int, interval_us: float, now_us: int) -> int:
        """Ask for an interval, -1 for none, 0 for the default; return the result."""
        dialect = self._dialect
        if message_id in dialect.fixed or not self.can_send(message_id):
            return dialect.interval_refused
        if interval_us == DEFAULT:
            rate_hz = dialect.rates_hz.get(message_id)
            interval_us = 1e6 / rate_hz if rate_hz else STOP
        if interval_us < 0.0:
            self._streams.pop(message_id, None)
        else:
            grid_us = dialect.grid_us.get(message_id, dialect.grid_us[0])
            next_us = (now_us // grid_us + 1) * grid_us
            self._streams[message_id] = self._stream(message_id, interval_us, next_us)
            self._soonest_us = now_us
        return ACCEPTED

    def can_send(self, message_id: int) -> bool:
        """Return whether the firmware knows how to send a message."""
        return message_id in REPORTS and message_id not in self._dialect.not_sent

    def interval_us(self, message_id: int) -> int:
        """Return the interval in force, -1 where the message is not sent."""
        stream = self._streams.get(message_id)
        return -1 if stream is None else round(stream.interval_us)

    def due(self, now_us: int) -> list[int]:
        """Return the messages to send now."""
        if now_us < self._soonest_us:
            return []
        found = []
        for message_id, stream in self._streams.items():
            if stream.next_us <= now_us and now_us % stream.grid_us == 0:
                found.append(message_id)
                late = now_us - stream.next_us > stream.interval_us
                stream.next_us = (now_us if late else stream.next_us) + stream.interval_us
        self._soonest_us = min((s.next_us for s in self._streams.values()), default=now_us)
        return found

    def _stream(self, message_id: int, interval_us: float, start_us: float) -> Stream:
        least, grid = self._dialect.least_interval_us, self._dialect.grid_us
        interval_us = max(interval_us, least.get(message_id, least[0]))
        return Stream(interval_us, grid.get(message_id, grid[0]), start_us)
