# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A vehicle of ROS as conformance checks see it: its node, its topics, and faults.

``quadrotor_sim`` lives in the time of /clock, a vehicle behind ``mavlink_driver`` in the system's.
All of it belongs to one thread, which spins while it waits.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rclpy
from nav_msgs.msg import Odometry
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from live_mvp_ros.bringup.environment import child_environment
from live_mvp_ros.bringup.graph import NodeSpec
from live_mvp_ros.bringup.node_process import NodeProcess, stop_all
from live_mvp_ros.bringup.vehicle_client import VehicleClient
from live_mvp_ros.bringup.vehicle_sequence import TakeOff
from live_mvp_ros.msg import BodyRateThrust
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import vehicle_messages
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.vehicle.conformance.recorded_flight import Heard, Said
from live_mvp_ros.vehicle.conformance.rig import Command, Fault, RigError
from live_mvp_ros.vehicle.mavlink.autopilot_traits import AutopilotTraits, Request

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.conformance.relay import Relay

WAIT_S, SILENCE_S, START_S, TAKE_OFF_S = 0.02, 10.0, 90.0, 120.0
END_S = 4.0
FRAMES = Frames("")
EMPTY_BATTERY = Request(420, "a battery that fails", (100.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
"""MAV_CMD_INJECT_FAILURE of FAILURE_UNIT_SYSTEM_BATTERY, FAILURE_TYPE_OFF."""
NO_DRIVER = "nothing is between this vehicle and its commands"


class RosRig:
    """See ``Rig``; ``relay`` and ``traits`` are there for a vehicle behind an autopilot."""

    def __init__(
        self,
        node: NodeSpec,
        folder: Path,
        name: str,
        relay: Relay | None = None,
        traits: AutopilotTraits | None = None,
    ) -> None:
        """Start the node of the vehicle, and listen to it.

        Args:
            node: of the vehicle.
            folder: for its log.
            name: of the vehicle, for the page.
            relay: between the driver and the autopilot.
            traits: of the autopilot.
        """
        self.name, self.mass_kg, self.has_driver = name, 1.0, relay is not None
        self.starved_s = 0.0
        self.odometry: list[Heard] = []
        self.truth: list[Heard] = []
        self.said: list[Said] = []
        self._relay, self._traits = relay, traits
        self._spec, self._log = node, folder / f"{node.name}.log"
        self._environment: Mapping[str, str] = child_environment()
        self._process = self._start()
        self._heard_at = time.monotonic() + START_S - SILENCE_S
        self._dues: list[tuple[float, Callable[[], None]]] = []
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        sim_time = Parameter("use_sim_time", Parameter.Type.BOOL, relay is None)
        self._node = rclpy.create_node(
            "vehicle_conformance", context=self._context, parameter_overrides=[sim_time]
        )
        self._publisher = self._node.create_publisher(
            BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT
        )
        for topic, into in (("odom", self.odometry), ("ground_truth/odom", self.truth)):
            self._node.create_subscription(
                Odometry,
                topic,
                lambda message, into=into: self._on_odometry(message, into),
                qos.SENSOR_HISTORY,
                event_callbacks=qos.subscription_events(),
            )
        self._vehicle = VehicleClient(self._node)
        self._last_said: Any = None
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    @property
    def setpoints_s(self) -> list[float]:
        """When setpoints left for the autopilot."""
        return [] if self._relay is None else list(self._relay.setpoints_s)

    def now_s(self) -> float:
        """Return the time of the stamps."""
        return 1e-9 * self._node.get_clock().now().nanoseconds

    def wait(self) -> None:
        """Spin until odometry comes, or about 20 ms have passed.

        Raises:
            RigError: the node has ended, or has been silent for long.
        """
        began_s, count = time.monotonic(), len(self.odometry)
        end_s = began_s + WAIT_S
        while (left_s := end_s - time.monotonic()) > 0.0 and len(self.odometry) == count:
            self._executor.spin_once(timeout_sec=left_s)
        self.starved_s = max(self.starved_s, time.monotonic() - began_s)
        self._do_what_is_due()
        self._take_state()
        if self._dues:
            self._heard_at = max(self._heard_at, time.monotonic() + START_S - SILENCE_S)
            return
        if self._process.returncode() is not None:
            raise RigError(f"{self._spec.name} has ended: {self._process.sentence()}")
        if time.monotonic() - self._heard_at > SILENCE_S:
            problem = "" if self._relay is None else self._relay.problem
            where = f": {self._relay.url}: {problem}" if self._relay and problem else ""
            raise RigError(f"no odometry has come for {SILENCE_S:g} s{where}")

    def send(self, command: Command, stamp_ns: int) -> None:
        """Publish a command, whatever it holds."""
        if self._publisher is None:
            return
        message = BodyRateThrust(thrust=command[0])
        message.header.frame_id = FRAMES.base_link
        message.header.stamp.sec = stamp_ns // 10**9
        message.header.stamp.nanosec = stamp_ns % 10**9
        rates = message.body_rates
        rates.x, rates.y, rates.z = command[1:]
        self._publisher.publish(message)

    def ask(self, service: str) -> None:
        """Ask the driver, without waiting."""
        self._vehicle.ask(service)

    def take_off(self, meanwhile: Callable[[], None]) -> None:
        """Check, arm and take off, by the driver; a vehicle without one is in the air.

        Raises:
            RigError: it does not.
        """
        if not self.has_driver:
            return
        ascent, end_s = (
            TakeOff(self._vehicle, mission_asks_to_fly=False),
            self.now_s() + TAKE_OFF_S,
        )
        while not ascent.done:
            self.wait()
            meanwhile()
            progressed = ascent.look(self.now_s(), ready=True)
            if progressed.failure or self.now_s() > end_s:
                raise RigError(
                    f"it has not taken off: {progressed.failure or progressed.sentence}"
                )

    def provoke(self, fault: Fault, seconds: float) -> str:
        """Let a fault happen; return why that cannot be done here."""
        if fault is Fault.CONTROLLER_KILLED:
            self._node.destroy_publisher(self._publisher)
            self._publisher = None
            self._later(seconds, self._publish_again)
            return ""
        if self._relay is None or self._traits is None:
            return NO_DRIVER
        if fault is Fault.LINK_CUT:
            self._relay.cut(seconds)
        elif fault is Fault.DRIVER_FROZEN:
            self._process.signal_group(signal.SIGSTOP)
            self._later(seconds, lambda: self._process.signal_group(signal.SIGCONT))
        elif fault is Fault.DRIVER_KILLED:
            self._process.close()
            self._later(seconds, self._start_again)
        elif fault is Fault.PILOT:
            self._relay.request(self._traits.hold())
        else:
            self._relay.request(EMPTY_BATTERY)
        return ""

    def refused(self) -> str:
        """Return why what was asked of the autopilot has not come; empty if it has."""
        return "" if self._relay is None else self._relay.refused()

    def close(self) -> None:
        """End the node and leave ROS."""
        self._process.signal_group(signal.SIGCONT)
        stop_all([self._process], END_S)
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def _start(self) -> NodeProcess:
        return NodeProcess(self._spec.command, self._environment, self._log)

    def _start_again(self) -> None:
        self._process = self._start()

    def _publish_again(self) -> None:
        self._publisher = self._node.create_publisher(
            BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT
        )

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._dues.append((time.monotonic() + seconds, do))

    def _do_what_is_due(self) -> None:
        now_s = time.monotonic()
        due = [do for at_s, do in self._dues if at_s <= now_s]
        self._dues = [(at_s, do) for at_s, do in self._dues if at_s > now_s]
        for do in due:
            do()

    def _on_odometry(self, message: Odometry, into: list[Heard]) -> None:
        try:
            state = vehicle_messages.vehicle_state(message, (MAP, FRAMES.odom), FRAMES.base_link)
        except InvalidMessageError as error:
            raise RigError(f"its odometry is not usable: {error}") from error
        self._heard_at = max(self._heard_at, time.monotonic())
        if not self.now_s():
            return  # nobody has said yet what time it is
        parts = (tuple(map(float, part)) for part in state[1:])
        into.append(Heard(state.stamp_ns, self.now_s(), *parts))  # type: ignore[arg-type]

    def _take_state(self) -> None:
        state = self._vehicle.state
        if state is None or state is self._last_said:
            return
        self._last_said = state
        battery = float(state.battery_fraction)
        self.said.append(
            Said(self.now_s(), state.phase, state.mode, state.armed, battery, state.reason)
        )
