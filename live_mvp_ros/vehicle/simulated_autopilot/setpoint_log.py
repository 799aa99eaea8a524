# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the vehicle was told, when, and what it did with it: the driver judged from the other side.

One JSON object per received setpoint, written at once, so that the file can be read while it grows
and after a kill; the last line of a flight that ended well is its summary.

The sender's clock is not ours. The age of a setpoint is therefore how much later than the quickest
one of its sender it came, counted from its own stamp: a command that is repeated under its old
stamp grows old. Stamps that fall back by seconds are those of a clock that has begun anew.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections import defaultdict
from typing import IO, Any

from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import AttitudeTarget

GAP_S = 0.1
"""A longer time between two setpoints is counted as a gap."""
NEW_CLOCK_MS = 10_000
"""A stamp that lies so far back is one of a clock that has begun anew."""


@dataclasses.dataclass
class Sender:
    """Stamps of one sender."""

    least_offset_ms: float = math.inf
    """Of receive time to stamp: that of the quickest setpoint."""
    stamp_ms: int | None = None

    def lateness_ms(self, received_ms: float, stamp_ms: int) -> float:
        """Return how much later than the quickest one a setpoint comes."""
        if self.stamp_ms is not None and stamp_ms < self.stamp_ms - NEW_CLOCK_MS:
            self.least_offset_ms = math.inf
        offset_ms = received_ms - stamp_ms
        quicker_by_ms = self.least_offset_ms - offset_ms
        self.least_offset_ms = min(self.least_offset_ms, offset_ms)
        return 0.0 if quicker_by_ms > 0.0 else -quicker_by_ms


@dataclasses.dataclass
class ModeSwitch:
    """A change of mode, and what was still sent after the vehicle had stopped to listen."""

    at_s: float
    mode_before: str
    mode: str
    setpoints_after: int = 0
    last_after_s: float | None = None
    """From the switch to the last setpoint that was not flown because of it."""


class SetpointLog:
    """Counts setpoints, and writes them where that was asked for."""

    def __init__(self, file: IO[str] | None = None) -> None:
        """Begin with none."""
        self._file = file
        self._received = self._flown = self._invalid = self._repeated = self._backwards = 0
        self._gaps = 0
        self._longest_gap_s = self._oldest_ms = 0.0
        self._last_s = 0.0
        self._switches: list[ModeSwitch] = []
        self._listening = False
        self._senders: defaultdict[tuple[int, int], Sender] = defaultdict(Sender)

    def hear(
        self,
        time_s: float,
        target: AttitudeTarget,
        mode: str,
        *,
        armed: bool,
        valid: bool,
        flown: bool,
    ) -> None:
        """Take a received setpoint, at a time [s] after boot."""
        sender, stamp_ms = self._senders[target.sender], target.time_boot_ms
        late_ms = sender.lateness_ms(1000.0 * time_s, stamp_ms)
        self._oldest_ms = max(self._oldest_ms, late_ms)
        self._received += 1
        self._flown += flown
        self._invalid += not valid
        if sender.stamp_ms is not None:
            self._repeated += stamp_ms == sender.stamp_ms
            self._backwards += stamp_ms < sender.stamp_ms
        if flown and self._listening:
            gap_s = time_s - self._last_s
            self._gaps += gap_s > GAP_S
            self._longest_gap_s = max(self._longest_gap_s, gap_s)
        sender.stamp_ms, self._last_s = stamp_ms, time_s
        self._listening = flown
        if self._switches and not flown:
            switch = self._switches[-1]
            switch.setpoints_after += 1
            switch.last_after_s = round(time_s - switch.at_s, 4)
        rates = [r if math.isfinite(r) else None for r in target.rates_rad_s]
        self._write(
            {
                "received_s": round(time_s, 4),
                "time_boot_ms": stamp_ms,
                "late_ms": round(late_ms, 3),
                "sender": list(target.sender),
                "mode": mode,
                "armed": armed,
                "valid": valid,
                "flown": flown,
                "type_mask": target.type_mask,
                "rates_rad_s": rates,
                "thrust": target.thrust if math.isfinite(target.thrust) else None,
            }
        )

    def switch(self, time_s: float, mode_before: str, mode: str, *, was_heard: bool) -> None:
        """Note a change of mode; ``was_heard`` says whether setpoints were flown before it."""
        if was_heard or self._switches:
            self._switches.append(ModeSwitch(round(time_s, 4), mode_before, mode))

    def summary(self) -> dict[str, Any]:
        """Return what the flight's setpoints were like."""
        return {
            "setpoints": self._received,
            "flown": self._flown,
            "invalid": self._invalid,
            "repeated_stamps": self._repeated,
            "stamps_backwards": self._backwards,
            "senders": sorted(list(sender) for sender in self._senders),
            "oldest_ms": round(self._oldest_ms, 3) if self._received else None,
            "gaps": self._gaps,
            "longest_gap_s": round(self._longest_gap_s, 4),
            "mode_switches": [dataclasses.asdict(switch) for switch in self._switches],
        }

    def end(self, more: dict[str, Any]) -> dict[str, Any]:
        """Write the summary, with more facts, and return it."""
        summary = {**self.summary(), **more}
        self._write({"summary": summary})
        return summary

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(line, allow_nan=False) + "\n")
            self._file.flush()
