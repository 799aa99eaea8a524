# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whose the vehicle is, where a driver says so; a simulated vehicle always flies our commands.

While it does not fly them the mission holds, and says why. Who takes the vehicle over pauses the
mission: it goes on when it is started again, and not before. To start it is to wish that the
vehicle flies our commands, so the driver is asked for that then. Arming and taking off are
others' to ask. All of it is the executor's.
"""

from __future__ import annotations

from typing import Any

from std_srvs.srv import Trigger

from live_mvp_ros.msg import AutopilotState
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.mission_requests import Mission
from live_mvp_ros.ros.node import GraphNode

AIRBORNE = (AutopilotState.HOLDING, AutopilotState.HANDED_OVER)
"""Phases in which a driver may be asked to fly."""
_PHASES = {
    AutopilotState.DISCONNECTED: "not connected",
    AutopilotState.STANDBY: "not armed",
    AutopilotState.CHECKED: "not armed",
    AutopilotState.ARMED: "armed on the ground",
    AutopilotState.TAKING_OFF: "taking off",
    AutopilotState.FLYING: "about to fly",
    AutopilotState.HOLDING: "holding by itself",
    AutopilotState.LANDING: "landing",
    AutopilotState.LANDED: "landed",
    AutopilotState.HANDED_OVER: "somebody else's",
}


class VehicleWatch:
    """Listens to the driver of the vehicle, and asks it to fly.

    Attributes:
        unflown: why the vehicle does not fly our commands, one sentence; empty where it does, or
            where no driver says anything.
    """

    def __init__(self, node: GraphNode, mission: Mission) -> None:
        """Listen on ``node``, and pause ``mission`` when the vehicle is taken over."""
        self.unflown = ""
        self._node, self._mission, self._phase = node, mission, -1
        self._fly = node.create_client(Trigger, "vehicle/fly")
        node.listen(AutopilotState, "vehicle/state", qos.LATCHED, self._on_state)

    def started(self) -> None:
        """Ask for the vehicle, since the mission is started or goes on."""
        if self.unflown and self._phase in AIRBORNE:
            self._fly.call_async(Trigger.Request()).add_done_callback(self._answered)

    def _on_state(self, message: AutopilotState) -> None:
        before, self._phase = self._phase, message.phase
        flies = message.authorised and message.mode_is_ours
        is_what = _PHASES.get(message.phase, f"in phase {message.phase}")
        why = f": {message.reason}" if message.reason else ""
        self.unflown = "" if flies else f"the vehicle is {is_what}{why}"
        if message.phase == AutopilotState.HANDED_OVER and before != message.phase:
            self._mission.pause()

    def _answered(self, future: Any) -> None:
        answer = future.result()
        if answer is not None and not answer.success:
            self._node.get_logger().warning(answer.message)
