# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The viewer: shows a running graph in Rerun, in a window, as a web page, or into a file.

It looks at what came last, ten times a second: what it has no time for is dropped unread, so it
never slows the graph.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from rclpy.clock import Clock, ClockType
from rclpy.serialization import deserialize_message

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.running import StartError, run_node
from live_mvp_ros.ros.taps import Taken, Taps, message_class, offered_by
from live_mvp_ros.ros.topics import TOPICS, full_name
from live_mvp_ros.viewing.ports import GRPC_PORT, WEB_PORT, ViewError

# The type is only reachable here; it is what bytes that are no message raise.
from rclpy._rclpy_pybind11 import RMWError  # isort: skip

if TYPE_CHECKING:
    from live_mvp_ros.viewing.server import WebServer

PERIOD_S = 0.1
HISTORY = 20
SEVERAL_SENDERS = ("tf_static", "/diagnostics")


@configuration
class ViewerConfig:
    """Parameters of viewer."""

    sink: str = parameter(
        default="window", choices=("window", "web", "file"), help="Where the view goes."
    )
    file: str = parameter(default="flight.rrd", help="Recording that sink file writes.")
    web_port: int = parameter(
        default=WEB_PORT, low=1024, high=65535, help="Port of the page of sink web."
    )
    grpc_port: int = parameter(
        default=GRPC_PORT, low=1024, high=65535, help="Port of the data of sink web."
    )
    to_others: bool = parameter(
        default=False, help="Other machines may see what sink web serves, without a password."
    )


class Viewer(GraphNode):
    """Shows one drone."""

    def __init__(self) -> None:
        """Declare, open the view, then subscribe."""
        super().__init__("viewer", ViewerConfig())
        try:
            from live_mvp_ros.viewing import sinks
            from live_mvp_ros.viewing.live_scene import RATES_HZ, Scene, name_of
        except ImportError as error:
            raise StartError(
                "the viewer needs Rerun, which is not installed here: pip install rerun-sdk"
            ) from error
        config, namespace = self.parameters.value, self.get_namespace().strip("/")
        self._server: WebServer | None = None
        self._recording, names = sinks.new_recording(), (name_of(namespace),)
        try:
            if config.sink == "file":
                sinks.to_file(self._recording, Path(config.file), names)
            elif config.sink == "web":
                self._server = sinks.to_web(
                    self._recording, config.web_port, config.grpc_port, names, config.to_others
                )
                self.get_logger().info(f"the view is at {self._server.address}")
            else:
                sinks.to_window(self._recording, names)
        except (ViewError, OSError, RuntimeError) as error:
            raise StartError(f"the view cannot be opened: {error}") from None
        self._scene = Scene(self._recording, namespace)
        self._taps = Taps(self, HISTORY, self.health.peers)
        self._topics = {}
        for spec in (spec for spec in TOPICS if spec.name in RATES_HZ):
            topic = full_name(spec.name, namespace)
            self._topics[topic] = spec
            history = None if spec.name in SEVERAL_SENDERS else 1  # only the last is drawn
            self._taps.open(topic, spec.type, offered_by(getattr(qos, spec.qos)), history)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(PERIOD_S, self._draw, clock=steady)

    def destroy_node(self) -> None:
        """Send what is still on its way, then destroy the node."""
        self._recording.flush()
        self._recording.disconnect()
        if self._server is not None:
            self._server.close()
        super().destroy_node()

    def _draw(self) -> None:
        """Draw the latest message of each topic that is due; drop the others."""
        begin = time.monotonic()
        latest: dict[str, list[Taken]] = {}
        for item in self._taps.drain():
            many = self._topics[item.topic].name in SEVERAL_SENDERS  # each says another part
            latest[item.topic] = [*latest.get(item.topic, []), item] if many else [item]
        for topic, items in latest.items():
            spec = self._topics[topic]
            for item in items:
                if not self._scene.wants(spec.name, item.received_ns):
                    continue
                try:
                    message = deserialize_message(item.data, message_class(spec.type))
                    self._scene.draw(spec.name, message, item.received_ns)
                except (RMWError, ValueError) as error:
                    self.health.refused(topic, str(error))
        self.health.produced(time.monotonic() - begin)


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(Viewer, args)
