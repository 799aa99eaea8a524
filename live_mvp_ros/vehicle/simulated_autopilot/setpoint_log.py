# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the vehicle was told, when, and what it did with it: the driver judged from the other side.

One JSON object per received setpoint, written at once, so that the file can be read while it grows
and after a kill; the last line of a flight that ended well is its summary.

The sender's clock is not ours. The age of a setpoint is therefore how much later than the quickest
one it came, counted from its own stamp: a command that is repeated under its old stamp grows old.
"""

from __future__ import annotations

import dataclasses
import json
import math
from typing import IO, Any

from live_mvp_ros.vehicle.simulated_autopilot.attitude_targets import AttitudeTarget


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
        self._least_offset_ms = math.inf
        self._offsets_ms: list[float] = []
        self._last: tuple[float, int] | None = None
        self._longest_gap_s = 0.0
        self._switches: list[ModeSwitch] = []
        self._listening = False
        self._senders: set[tuple[int, int]] = set()

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
        offset_ms = 1000.0 * time_s - target.time_boot_ms
        self._least_offset_ms = min(self._least_offset_ms, offset_ms)
        self._offsets_ms.append(offset_ms)
        self._received += 1
        self._flown += flown
        self._invalid += not valid
        self._senders.add(target.sender)
        if self._last is not None:
            self._repeated += target.time_boot_ms == self._last[1]
            self._backwards += target.time_boot_ms < self._last[1]
            if flown and self._listening:
                self._longest_gap_s = max(self._longest_gap_s, time_s - self._last[0])
        self._last = (time_s, target.time_boot_ms)
        self._listening = flown
        if self._switches and not flown:
            switch = self._switches[-1]
            switch.setpoints_after += 1
            switch.last_after_s = round(time_s - switch.at_s, 4)
        rates = [r if math.isfinite(r) else None for r in target.rates_rad_s]
        self._write(
            {
                "received_s": round(time_s, 4),
                "time_boot_ms": target.time_boot_ms,
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
        ages = [offset - self._least_offset_ms for offset in self._offsets_ms]
        return {
            "setpoints": self._received,
            "flown": self._flown,
            "invalid": self._invalid,
            "repeated_stamps": self._repeated,
            "stamps_backwards": self._backwards,
            "senders": sorted(list(sender) for sender in self._senders),
            "oldest_ms": round(max(ages), 3) if ages else None,
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
