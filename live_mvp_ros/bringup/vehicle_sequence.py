# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A vehicle behind an autopilot, from the ground to its mission and back to the ground.

check -> arm -> take-off -> ``explore/start`` -> ... -> land -> disarmed. Each step waits for the
vehicle's own word, is asked for a few times at most, and says what it waits for. A driver that was
started again in flight knows nothing of what was granted, and is asked to fly once more. It is
armed only when every node has compiled: a vehicle that hovers while others prepare empties its
battery. Whoever takes the vehicle over has it; nothing is asked of it then.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Protocol

from live_mvp_ros.vehicle.mavlink.flight_phase import Phase

ASK_AGAIN_S = {"check": 1.0, "arm": 5.0, "takeoff": 5.0, "fly": 2.0, "start": 2.0}
"""So long a step may take before it is asked for again."""
MOST_ASKS = {"arm": 5, "takeoff": 3, "fly": 15, "start": 15}
LAND_LIMIT_S = 120.0
SILENCE_S = 10.0
"""A driver that says nothing for so long is not there: it is started again within less."""
DOWN = (Phase.DISCONNECTED, Phase.STANDBY, Phase.CHECKED, Phase.LANDED, Phase.HANDED_OVER)
"""Phases in which nothing is left to land, or nobody is to be asked."""


class Said(Protocol):
    """What a driver says of its vehicle: fields of AutopilotState."""

    phase: int
    reason: str
    authorised: bool
    request: str
    request_state: str


class Asked(Protocol):
    """Who can be asked: a ``VehicleClient``."""

    @property
    def state(self) -> Said | None:
        """The latest word."""
        ...

    @property
    def silent_s(self) -> float:
        """For how long there was none [s]."""
        ...

    @property
    def answers(self) -> dict[str, tuple[bool, str]]:
        """What came of asking."""
        ...

    def ask(self, name: str) -> bool:
        """Ask for something."""
        ...


@dataclasses.dataclass(frozen=True)
class Progressed:
    """How far it has come.

    Attributes:
        sentence: what it waits for, empty when the mission is under way.
        failure: why it does not fly, a sentence; empty while it may.
    """

    sentence: str = ""
    failure: str = ""


class TakeOff:
    """Takes a vehicle from the ground to its mission; used by one thread."""

    def __init__(self, vehicle: Asked, *, mission_asks_to_fly: bool) -> None:
        """Ask ``vehicle``.

        Args:
            vehicle: is asked.
            mission_asks_to_fly: whoever starts the mission asks the driver to pass commands on;
                else this does.
        """
        self._vehicle = vehicle
        self._last = "start" if mission_asks_to_fly else "fly"
        self._asked_s: dict[str, float] = {}
        self._asks: dict[str, int] = {}
        self.done = False

    def look(self, now_s: float, ready: bool) -> Progressed:
        """Do what is due; ``ready``: nothing has to be prepared before it may fly."""
        state = self._vehicle.state
        if self.done:
            self._go_on(state, now_s)
            return Progressed()
        if state is None:
            return Progressed("the driver has not said anything yet")
        phase = Phase(state.phase)
        if phase is Phase.DISCONNECTED:
            return Progressed(f"the vehicle: {state.reason}")
        if phase in (Phase.STANDBY, Phase.LANDED):
            self._ask("check", now_s, math.inf)
            said = self._vehicle.answers.get("check", (False, state.reason))[1]
            return Progressed(f"before take-off: {said}")
        if phase is Phase.CHECKED:
            if not ready:
                return Progressed("the vehicle is checked, and waits for the nodes")
            return self._step("arm", now_s, state)
        if phase is Phase.ARMED:
            return self._step("takeoff", now_s, state)
        if phase is Phase.TAKING_OFF:
            return Progressed("taking off")
        if phase is Phase.FLYING:
            self.done = True
            return Progressed()
        if phase is Phase.HOLDING:
            return self._step(self._last, now_s, state)
        return Progressed(f"the vehicle: {phase.name.lower().replace('_', ' ')}: {state.reason}")

    def _go_on(self, state: Said | None, now_s: float) -> None:
        """Ask a driver to fly that has just been started again."""
        if state is None or Phase(state.phase) is not Phase.HOLDING:
            return
        if not state.authorised and not state.request:
            self._ask("fly", now_s, math.inf)

    def _step(self, name: str, now_s: float, state: Said) -> Progressed:
        done = self._ask(name, now_s, MOST_ASKS[name])
        granted, said = self._vehicle.answers.get(name, (True, ""))
        told = state.request_state if state.request_state not in _GOES_ON else state.reason
        why = told if granted else said
        words = f"asked to {name}" + (f": {why}" if why else "")
        return Progressed(words, "" if done else f"the vehicle could not be {_DONE[name]}: {why}")

    def _ask(self, name: str, now_s: float, most: float) -> bool:
        """Ask where it is time to; return False when it has been asked often enough."""
        if now_s - self._asked_s.get(name, -math.inf) < ASK_AGAIN_S[name]:
            return True
        if self._asks.get(name, 0) >= most:
            return False
        if self._vehicle.ask(name):
            self._asks[name] = self._asks.get(name, 0) + 1
            self._asked_s[name] = now_s
        return True


_GOES_ON = ("", "done", "under way")
_DONE = {
    "arm": "armed",
    "takeoff": "brought into the air",
    "start": "flown by commands",
    "fly": "flown by commands",
}


def land(
    vehicle: Asked,
    clock: Callable[[], float],
    wait: Callable[[], None],
    limit_s: float = LAND_LIMIT_S,
) -> str:
    """Have a vehicle land, and wait until it is disarmed; return why it is not, empty if it is.

    Args:
        vehicle: is asked.
        clock: steady time [s].
        wait: is called between two looks.
        limit_s: for the whole of it.
    """
    begin_s, asked_s = clock(), -math.inf
    while True:
        state = vehicle.state
        if state is None:
            return ""
        phase = Phase(state.phase)
        if phase is Phase.HANDED_OVER:
            return f"somebody else has the vehicle: {state.reason}"
        if phase in DOWN:
            return f"the vehicle is gone: {state.reason}" * (phase is Phase.DISCONNECTED)
        if vehicle.silent_s > SILENCE_S:
            return "the driver of the vehicle is gone: what it does is up to its autopilot"
        if clock() - begin_s > limit_s:
            return f"the vehicle has not landed within {limit_s:g} s: {state.reason}"
        if phase is not Phase.LANDING and clock() - asked_s > 2.0:
            asked_s = clock()
            vehicle.ask("land")
        wait()
