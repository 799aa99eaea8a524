# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One vehicle, its link and the connection below it, for programs that only ask and listen.

Nothing here sends a setpoint, arms or switches a mode. As every link does, it sends heartbeats of
a ground station, asks for telemetry and, when the vehicle is checked on the ground, sets the
parameters that a flight depends on.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from live_mvp_ros.vehicle.mavlink.carrier import CarriedPort, Carrier
from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

TICK_S = 0.02
_WAKING = frozenset({"HEARTBEAT"})  # the others may wait for the next tick


class ListeningLink:
    """A link that is open until ``close``; belongs to one thread.

    Attributes:
        link: to the vehicle.
        received: how many messages of it were taken.
        url: where it is.
    """

    def __init__(self, config: LinkConfig) -> None:
        """Open the connection.

        Raises:
            UrlError: the URL is none of ours.
        """
        self.url = config.url or config.traits.default_url
        self._carrier = Carrier(self.url)
        self._woken = threading.Event()
        self._inbox = self._carrier.inbox(config.system_id, self._woken.set, _WAKING)
        self.link = VehicleLink(config, CarriedPort(self._carrier, self._inbox), time.monotonic_ns)
        self.received = 0
        self._carrier.start()

    @property
    def problem(self) -> str:
        """Why there is no connection, a sentence; empty while there is one."""
        return f"{self.url}: {self._carrier.problem}" if self._carrier.problem else ""

    def serve(self, seconds: float) -> None:
        """Take what comes and send what is due, for so long."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0.0:
            self._woken.wait(min(TICK_S, left_s))
            self._woken.clear()
            for message, arrival_ns in self._inbox.take():
                self.link.receive(message, arrival_ns)
                self.received += 1
            self.link.tick()

    def close(self) -> None:
        """Close the connection."""
        self._carrier.close()
