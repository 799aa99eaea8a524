# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The words of a flight: what a vehicle does, what is wished, what it is asked for.

``phase_steps`` says what follows from what.
"""

from __future__ import annotations

import dataclasses
import enum
import math


class Phase(enum.IntEnum):
    """States, numbered as in AutopilotState, which says what each means."""

    DISCONNECTED = 0
    STANDBY = 1
    CHECKED = 2
    ARMED = 3
    TAKING_OFF = 4
    FLYING = 5
    HOLDING = 6
    LANDING = 7
    LANDED = 8
    HANDED_OVER = 9


class Wish(enum.Enum):
    """What somebody wants of a vehicle."""

    ARM = "arm"
    TAKE_OFF = "take off"
    FLY = "fly"
    LAND = "land"
    STOP = "stop"


class Ask(enum.Enum):
    """What the autopilot is asked for."""

    ARM = "arm"
    DISARM = "disarm"
    TAKE_OFF = "take off"
    OUR_MODE = "obey"
    LAND = "land"
    HOLD = "hold"


class ModeKind(enum.Enum):
    """What a mode means for us; one mode may be several for some autopilots."""

    OURS = "ours"
    TAKE_OFF = "take off"
    LAND = "land"
    HOLD = "hold"


SILENT_S = 0.15
"""Without a command for so long a vehicle is not flown any more: a little more than a command may
be old."""


@dataclasses.dataclass(frozen=True)
class PhaseTimes:
    """How long things may take [s].

    Attributes:
        autopilot_s: after which the autopilot acts by itself without setpoints.
        hold_after_s: of silence of the controller, until an autopilot that would drift is asked to
            hold; infinite for one that holds by itself after ``autopilot_s``.
        land_after_s: of silence of the controller, in the air.
        ask_s: until the vehicle does what it was asked for.
        take_off_s: until it hovers.
        land_s: until it is down.
        stream_s: of setpoints before it is asked to obey them.
    """

    autopilot_s: float = 0.5
    hold_after_s: float = math.inf
    land_after_s: float = 5.0
    ask_s: float = 4.0
    take_off_s: float = 40.0
    land_s: float = 90.0
    stream_s: float = 0.3


@dataclasses.dataclass(frozen=True)
class PhaseInputs:
    """What is known now.

    Attributes:
        connected: heartbeats come.
        armed: it says so.
        in_air: by its landing detector and its height.
        told: it has said by now whether it is in the air.
        mode: its mode, as a number.
        mode_name: the same in words.
        kinds: what the mode means.
        failsafe: it says that it does what nobody asked for.
        checked: the report before the flight was good, lately.
        silent_s: since the last command that was passed on, or could have been.
        streaming_s: for how long commands have come without a gap.
        hovers: it is at the altitude of take-off, and at rest.
        unready: why commands cannot be flown, a sentence; empty if they can.
        refusal: why the autopilot has refused the last ask; empty if it has not.
        wish: what somebody wants now.
    """

    connected: bool = False
    armed: bool = False
    in_air: bool = False
    told: bool = True
    mode: int = -1
    mode_name: str = ""
    kinds: frozenset[ModeKind] = frozenset()
    failsafe: bool = False
    checked: bool = False
    silent_s: float = math.inf
    streaming_s: float = 0.0
    hovers: bool = False
    unready: str = ""
    refusal: str = ""
    wish: Wish | None = None


@dataclasses.dataclass(frozen=True)
class FlightPhase:
    """Where a flight is.

    Attributes:
        phase: of the flight.
        reason: why, a sentence; empty where there is nothing to say.
        since_s: when it began.
        authorised: somebody has wished that our commands are flown, and nobody has ended it.
        asked: what the autopilot was asked for and has not done yet.
        asked_s: when.
        mode_before: its mode then: no hand-over while it lasts.
    """

    phase: Phase = Phase.DISCONNECTED
    reason: str = "no heartbeat yet"
    since_s: float = 0.0
    authorised: bool = False
    asked: Ask | None = None
    asked_s: float = -math.inf
    mode_before: int = -1

    @property
    def may_send(self) -> bool:
        """Whether commands pass."""
        return self.authorised and self.phase in (Phase.FLYING, Phase.HOLDING)


@dataclasses.dataclass(frozen=True)
class Stepped:
    """What follows.

    Attributes:
        state: the next one.
        ask: what the autopilot is to be asked for now, None for nothing.
        granted: whether the wish was granted; True without one.
        answer: to the wish, a sentence.
    """

    state: FlightPhase
    ask: Ask | None = None
    granted: bool = True
    answer: str = ""
