# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One vehicle, its link and the connection below it, for programs that only ask and listen.

Nothing here sends a setpoint, arms or switches a mode. What else it says is a ``Voice``: with that
of a driver it sends heartbeats of a ground station, asks for telemetry and, when the vehicle is
checked on the ground, sets the parameters that a flight depends on. A silent one has no way to
send anything.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from live_mvp_ros.vehicle.mavlink.carrier import CarriedPort, Carrier
from live_mvp_ros.vehicle.mavlink.upkeep import Voice
from live_mvp_ros.vehicle.mavlink.vehicle_link import Port, VehicleLink

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

TICK_S = 0.02
_WAKING = frozenset({"HEARTBEAT"})  # the others may wait for the next tick
_REMEMBERED = 100  # jumps that nobody has fetched


class NoPort:
    """A way that leads nowhere."""

    def write(self, data: bytes) -> None:
        """Drop a message."""


class ListeningLink:
    """A link that is open until ``close``; belongs to one thread.

    Attributes:
        link: to the vehicle.
        received: how many messages of it were taken.
        jumps: of its estimator and its clock, a sentence each; who reads them takes them out.
        url: where it is.
    """

    def __init__(self, config: LinkConfig, voice: Voice = Voice.DRIVER) -> None:
        """Open the connection, and say what a voice says.

        Raises:
            UrlError: the URL is none of ours.
        """
        self.url = config.url or config.traits.default_url
        self._carrier = Carrier(self.url)
        self._woken = threading.Event()
        self._inbox = self._carrier.inbox(config.system_id, self._woken.set, _WAKING)
        port: Port = CarriedPort(self._carrier, self._inbox)
        if voice is Voice.SILENT:
            port = NoPort()
        self.link = VehicleLink(config, port, time.monotonic_ns)
        self.link.upkeep.voice = voice
        self.received = 0
        self.jumps: deque[str] = deque(maxlen=_REMEMBERED)
        self._carrier.start()

    @property
    def problem(self) -> str:
        """Why there is no connection, a sentence; empty while there is one."""
        return f"{self.url}: {self._carrier.problem}" if self._carrier.problem else ""

    @property
    def silence(self) -> str:
        """Why no heartbeat comes, as well as it is known: a sentence."""
        here = f"no heartbeat comes of system {self.link.config.system_id}"
        if self.problem:
            return f"{here}: {self.problem}"
        others = sorted(self._carrier.heard - {self.link.config.system_id})
        if others:
            plural = "s" * (len(others) > 1)
            names = ", ".join(map(str, others))
            return f"{here} at {self.url}, where system{plural} {names} can be heard"
        return f"{here} at {self.url}, nor of any other"

    def serve(self, seconds: float) -> None:
        """Take what comes and send what is due, for so long."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0.0:
            self._woken.wait(min(TICK_S, left_s))
            self._woken.clear()
            for message, arrival_ns in self._inbox.take():
                self._take(message, arrival_ns)
            self.link.tick()

    def _take(self, message: Any, arrival_ns: int) -> None:
        link = self.link
        before = (link.resets.count, link.jumped_s)
        link.receive(message, arrival_ns)
        self.received += 1
        if before != (link.resets.count, link.jumped_s):
            self.jumps.append(link.news[-1])

    def close(self) -> None:
        """Close the connection."""
        self._carrier.close()
