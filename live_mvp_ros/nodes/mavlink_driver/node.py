# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The driver of vehicles behind ArduCopter or PX4: it takes the place of the simulator.

A thread reads each connection; everything else is the executor's. Whether commands pass, and what
the vehicle is asked for, is decided in ``vehicle.mavlink``. Time is the system's, never /clock.
"""

from __future__ import annotations

import time

from rclpy.clock import Clock, ClockType

from live_mvp_ros.nodes.mavlink_driver.driven_vehicle import DrivenVehicle
from live_mvp_ros.nodes.mavlink_driver.driver_parameters import DriverConfig
from live_mvp_ros.ros.diagnostics import OK, WARN
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.running import StartError, run_node
from live_mvp_ros.vehicle.mavlink.carrier import Carrier
from live_mvp_ros.vehicle.mavlink.clock_offset import AT_ONCE_NS, SystemTime
from live_mvp_ros.vehicle.mavlink.sockets import UrlError

TICK_PERIOD_S = 0.04
"""Of the timer that serves vehicles which say nothing: the others are served when they do."""


class MavlinkDriver(GraphNode):
    """Drives one vehicle or several."""

    def __init__(self) -> None:
        """Declare, connect, publish, then listen."""
        super().__init__("mavlink_driver", DriverConfig())
        config = self.parameters.value
        if self.get_clock().ros_time_is_active:
            raise StartError(
                "use_sim_time = True is not allowed: an autopilot flies in the time of the system"
            )
        self._system = SystemTime(*clocks())
        self._arrived = self.create_guard_condition(self._drain)
        self._carriers: dict[str, Carrier] = {}
        self._vehicles: list[DrivenVehicle] = []
        for member in config.members:
            url = member.link.url or member.link.traits.default_url
            if url not in self._carriers:
                try:
                    self._carriers[url] = Carrier(url)
                except UrlError as error:
                    raise StartError(str(error)) from None
            self._vehicles.append(
                DrivenVehicle(
                    self,
                    member,
                    self._carriers[url],
                    self._system,
                    config.frames.map_to_odom,
                    config.frame_prefix,
                    self._arrived.trigger,
                )
            )
        self.health.extra = self._extra
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(TICK_PERIOD_S, self._drain, clock=steady)
        for carrier in self._carriers.values():
            carrier.start()

    def _drain(self) -> None:
        reading = (time.monotonic_ns(), time.time_ns(), time.monotonic_ns())
        moved_ns = self._system.look(*reading)
        if moved_ns:
            self.get_logger().warning(f"the system's clock was set by {1e-9 * moved_ns:+.3f} s")
        for vehicle in self._vehicles:
            vehicle.drain()

    def _extra(self) -> dict[str, str]:
        problems, values = [], {}
        for carrier in self._carriers.values():
            if carrier.problem:
                problems.append(f"{carrier.url}: {carrier.problem}")
            values[f"garbled {carrier.url}"] = str(carrier.garbled)
        for vehicle in self._vehicles:
            problem, said = vehicle.diagnose()
            problems += [problem] if problem else []
            values |= said
        self.health.problem(WARN if problems else OK, "; ".join(problems))
        return values

    def destroy_node(self) -> None:
        """Have what flies by our commands land, close the connections, destroy the node."""
        for vehicle in self._vehicles:
            vehicle.link.close()
        for carrier in self._carriers.values():
            carrier.close()
        super().destroy_node()


def clocks() -> tuple[int, int]:
    """Return the system's time and the steady one, read together."""
    while True:
        before_ns, system_ns, after_ns = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if after_ns - before_ns < AT_ONCE_NS:
            return system_ns, before_ns


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(MavlinkDriver, args)
