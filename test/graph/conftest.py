# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""RViz without a screen: the same subscriptions as its displays, and what they receive."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from patience import PATIENCE_S

FOLDER = Path(__file__).parents[2] / "rviz"

# What is drawn of every drone. Its camera's pictures are shown of one alone.
SHOWN = {
    "map",
    "info_field/grid",
    "map/exposure",
    "map/surface",
    "depth/points",
    "odom",
    "reference_path",
    "mppi/plan",
    "mppi/rollouts",
    "exploration/label",
}


def leaves(displays: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for display in displays:
        if display["Class"] == "rviz_common/Group":
            yield from leaves(display["Displays"])
        else:
            yield display


def frames_of(message: Any) -> set[str]:
    """Return the frames that a display would have to know."""
    parts = getattr(message, "markers", [message])
    return {part.header.frame_id for part in parts if part.header.frame_id}


class Displays:
    """A node that subscribes as the displays of a configuration do, and to /tf as RViz does."""

    def __init__(self, configuration: str, prefixes: tuple[str, ...], domain: int) -> None:
        import rclpy
        from rclpy.context import Context
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions
        from tf2_msgs.msg import TFMessage

        from live_mvp_ros.ros import qos

        manager = yaml.safe_load((FOLDER / configuration).read_text())["Visualization Manager"]
        self.fixed_frame = manager["Global Options"]["Fixed Frame"]
        self.displays = [
            display
            for display in leaves(manager["Displays"])
            if "Topic" in display and display["Topic"]["Value"].startswith(prefixes)
        ]
        self.received: dict[tuple[str, str], Any] = {}
        self.parents: dict[str, str] = {}
        self._context = Context()
        rclpy.init(
            context=self._context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO
        )
        self.node = rclpy.create_node("test_rviz", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        for topic, profile in (("/tf", qos.TRANSFORM), ("/tf_static", qos.TRANSFORM_STATIC)):
            self.node.create_subscription(TFMessage, topic, self._learn, profile)

    def _learn(self, message: Any) -> None:
        for item in message.transforms:
            self.parents[item.child_frame_id] = item.header.frame_id

    def topics_under(self, prefix: str) -> set[str]:
        """Return the topics of one drone's displays, without its prefix."""
        names = (display["Topic"]["Value"] for display in self.displays)
        return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}

    def subscribe(self, types: dict[str, str]) -> None:
        """Subscribe for each display to what its class shows."""
        from live_mvp_ros.ros.taps import message_class

        for display in self.displays:
            key = (display["Class"], display["Topic"]["Value"])
            self.node.create_subscription(
                message_class(types[key[0]]),
                key[1],
                lambda message, key=key: self.received.setdefault(key, message),
                profile_of(display["Topic"]),
            )

    def wait(self) -> None:
        """Spin until every display has something to show, in frames that lead to the fixed one."""
        end = time.monotonic() + PATIENCE_S
        while (missing := self.missing()) and time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.1)
        assert not missing

    def missing(self) -> list[str]:
        """Return what is not there yet, in words."""
        wanted = {(d["Class"], d["Topic"]["Value"]) for d in self.displays}
        found = [f"{kind} on {topic}: nothing" for kind, topic in wanted - set(self.received)]
        frames = set().union(*map(frames_of, self.received.values()))
        return found + [f"frame {name}" for name in frames if not self._leads_to_fixed(name)]

    def _leads_to_fixed(self, frame: str) -> bool:
        for _ in range(10):
            if frame == self.fixed_frame:
                return True
            frame = self.parents.get(frame, "")
        return False

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()


def profile_of(topic: dict[str, Any]) -> Any:
    """Return the profile that RViz makes of a display's settings."""
    from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=topic["Depth"],
        reliability=ReliabilityPolicy[topic["Reliability Policy"].upper().replace(" ", "_")],
        durability=DurabilityPolicy[topic["Durability Policy"].upper().replace(" ", "_")],
    )


@pytest.fixture
def displays_show(display_types: dict[str, str]) -> Callable[[str, tuple[str, ...], int], None]:
    """Check the displays of a configuration whose topics begin so, against a running graph."""

    def check(configuration: str, prefixes: tuple[str, ...], domain: int) -> None:
        displays = Displays(configuration, prefixes, domain)
        try:
            for prefix in prefixes:
                assert displays.topics_under(prefix) >= SHOWN
            displays.subscribe(display_types)
            displays.wait()
        finally:
            displays.close()

    return check
