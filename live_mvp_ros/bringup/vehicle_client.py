# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hear what the driver of a vehicle says, and ask it for things; see ``vehicle_sequence``."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from rclpy.node import Node
from std_srvs.srv import Trigger

from live_mvp_ros.msg import AutopilotState
from live_mvp_ros.ros import qos
from live_mvp_ros.srv import CheckVehicle

SERVICES = {
    "check": "vehicle/check",
    "arm": "vehicle/arm",
    "takeoff": "vehicle/takeoff",
    "fly": "vehicle/fly",
    "land": "vehicle/land",
    "start": "explore/start",
}
"""What can be asked for, and the service that is asked."""


class VehicleClient:
    """Of one vehicle; any thread may ask, the executor's listens.

    Attributes:
        state: the latest that the driver says, None before. Replaced whole.
        answers: what came of asking last, by what was asked: whether it is granted, a sentence.
        texts: what the vehicle has said in words, oldest first.
    """

    def __init__(self, node: Node) -> None:
        """Listen on ``node``."""
        self.state: AutopilotState | None = None
        self.answers: dict[str, tuple[bool, str]] = {}
        self.texts: list[str] = []
        self._heard_s = time.monotonic()
        self._clients = {
            name: node.create_client(CheckVehicle if name == "check" else Trigger, service)
            for name, service in SERVICES.items()
        }
        node.create_subscription(
            AutopilotState,
            "vehicle/state",
            self._on_state,
            qos.KEPT,
            event_callbacks=qos.subscription_events(),
        )

    @property
    def silent_s(self) -> float:
        """For how long the driver has said nothing [s]."""
        return time.monotonic() - self._heard_s

    def ask(self, name: str) -> bool:
        """Ask for something of ``SERVICES``; return whether anybody is there to answer."""
        client = self._clients[name]
        if not client.service_is_ready():
            return False
        kind = CheckVehicle if name == "check" else Trigger
        client.call_async(kind.Request()).add_done_callback(partial(self._answered, name))
        return True

    def _on_state(self, message: AutopilotState) -> None:
        self._heard_s = time.monotonic()
        self.texts += message.texts
        self.state = message

    def _answered(self, name: str, future: Any) -> None:
        answer = future.result()
        if answer is not None:
            self.answers = {**self.answers, name: (bool(answer.success), str(answer.message))}
