# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is to go wrong, and when: ``KIND@SECONDS[:VALUE]`` after boot."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

from live_mvp_ros.base.nearest_names import nearest
from live_mvp_ros.vehicle.simulated_autopilot.dialects import FlightStack
from live_mvp_ros.vehicle.simulated_autopilot.hardware import Hardware


class FaultError(ValueError):
    """A fault makes no sense; the text is one sentence."""


class Fault(NamedTuple):
    """One fault."""

    kind: str
    at_s: float
    value: str
    """As it was given; empty is the default of its kind."""


class Victim(Protocol):
    """What faults happen to."""

    hardware: Hardware
    stack: FlightStack

    def cut_links(self, duration_s: float) -> None:
        """Let nothing in or out for a while."""
        ...

    def stall(self, duration_s: float) -> None:
        """Do nothing at all for a while, and then catch up."""
        ...

    def provoke(self, fault: Fault) -> None:
        """Add a fault."""
        ...


def _reset(victim: Victim, fault: Fault) -> None:
    victim.hardware.estimator.jump((_number(fault, 1.0, -1e4), 0.0, 0.0))


def _lose_gps(victim: Victim, fault: Fault) -> None:
    victim.hardware.estimator.lose_gps()
    if fault.value:
        victim.provoke(Fault("gps_found", fault.at_s + _number(fault, 0.0), ""))


def _empty_battery(victim: Victim, fault: Fault) -> None:
    victim.hardware.battery.drop_to(_number(fault, 6.0, high=100.0))


KINDS: dict[str, Callable[[Victim, Fault], None]] = {
    "ekf_reset": _reset,
    "gps_loss": _lose_gps,
    "gps_found": lambda victim, _: victim.hardware.estimator.find_gps(),
    "low_battery": _empty_battery,
    "pilot_mode": lambda victim, fault: victim.stack.take_over(fault.value),
    "link_cut": lambda victim, fault: victim.cut_links(_number(fault, 5.0)),
    "freeze": lambda victim, fault: victim.stall(_number(fault, 1.0)),
}
MEANING = {
    "ekf_reset": "the estimate jumps north by VALUE metres (1)",
    "gps_loss": "no GPS for VALUE seconds (for good)",
    "gps_found": "GPS is back",
    "low_battery": "the charge falls to VALUE percent (6)",
    "pilot_mode": "a pilot switches to the mode VALUE (PX4: POSCTL, ArduPilot: LOITER)",
    "link_cut": "nothing is received or sent for VALUE seconds (5)",
    "freeze": "everything stalls for VALUE seconds (1), then catches up",
}


def parse(text: str, modes: tuple[str, ...]) -> Fault:
    """Return the fault that a text describes.

    Args:
        text: such as ``ekf_reset@20:1.5``.
        modes: names of the modes that a pilot can switch to.

    Raises:
        FaultError: its kind is unknown, or its time or value is not allowed.
    """
    kind, _, rest = text.partition("@")
    at, _, value = rest.partition(":")
    if kind not in KINDS:
        raise FaultError(
            f"fault {text!r}: there is no {kind!r}, did you mean {nearest(kind, KINDS)}?"
        )
    try:
        at_s = float(at)
    except ValueError:
        at_s = math.nan
    if not 0.0 <= at_s < math.inf:
        raise FaultError(f"fault {text!r}: it needs a time in seconds after boot, as in {kind}@20")
    fault = Fault(kind, at_s, value)
    if kind == "pilot_mode":
        if value and value not in modes:
            raise FaultError(
                f"fault {text!r}: there is no mode {value!r}, only {', '.join(modes)}"
            )
    elif value:
        low, high = (-1e4, 1e4) if kind == "ekf_reset" else (0.0, 1e6)
        _number(fault, 0.0, low, 100.0 if kind == "low_battery" else high)
    return fault


def happen(victim: Victim, fault: Fault) -> None:
    """Let a fault happen now."""
    KINDS[fault.kind](victim, fault)


def _number(fault: Fault, default: float, low: float = 0.0, high: float = 1e6) -> float:
    if not fault.value:
        return default
    try:
        number = float(fault.value)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        text = f"{fault.kind}@{fault.at_s:g}:{fault.value}"
        raise FaultError(f"fault {text!r}: its value must be a number from {low:g} to {high:g}")
    return number
