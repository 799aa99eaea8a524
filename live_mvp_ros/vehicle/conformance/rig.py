# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a check needs of the vehicle under it; ``bringup`` has the one that speaks ROS."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Protocol

from live_mvp_ros.vehicle.conformance.recorded_flight import Heard, Said

Command = tuple[float, float, float, float]
"""Thrust [N] and body rates [rad/s], FLU."""


class Fault(enum.Enum):
    """What can be provoked, in words."""

    LINK_CUT = "the link between driver and vehicle is cut"
    CONTROLLER_KILLED = "the controller is killed, and another one takes its place"
    DRIVER_FROZEN = "the driver is frozen"
    DRIVER_KILLED = "the driver is killed and started again"
    PILOT = "a pilot switches the mode"
    LOW_BATTERY = "the battery is empty"


class RigError(Exception):
    """The vehicle cannot be flown or heard any more; the text is one sentence."""


class Rig(Protocol):
    """One vehicle; belongs to one thread.

    Attributes:
        name: of the vehicle, for the page.
        mass_kg: that commands are scaled with.
        has_driver: somebody tells phases and modes of the vehicle, and can be asked.
        starved_s: the longest that this process was kept from running, since somebody has set it
            to 0; 0 for ever where time is simulated.
        odometry, truth, said: see ``Recorded``; they only grow.
    """

    name: str
    mass_kg: float
    has_driver: bool
    starved_s: float
    odometry: list[Heard]
    truth: list[Heard]
    said: list[Said]

    @property
    def setpoints_s(self) -> Sequence[float]:
        """See ``Recorded``; it only grows."""
        ...

    def now_s(self) -> float:
        """Return the time, that of the stamps."""
        ...

    def wait(self) -> None:
        """Let time pass until odometry comes, at most about 20 ms.

        Raises:
            RigError: nothing has come for long.
        """
        ...

    def send(self, command: Command, stamp_ns: int) -> None:
        """Send a command under the stamp of the odometry that it says it answers."""
        ...

    def ask(self, service: str) -> None:
        """Ask the driver for ``fly`` or ``land``, without waiting; what comes of it is said."""
        ...

    def take_off(self, meanwhile: Callable[[], None]) -> None:
        """Bring the vehicle to where it flies by commands; ``meanwhile`` sends some.

        Raises:
            RigError: it does not.
        """
        ...

    def provoke(self, fault: Fault, seconds: float) -> str:
        """Let a fault happen, for so long where it ends; return why that cannot be done here."""
        ...

    def refused(self) -> str:
        """Return why the fault has not come that was provoked a second ago; empty if it has."""
        ...
