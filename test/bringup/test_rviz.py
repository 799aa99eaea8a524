# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""RViz configurations: every display fits a topic of the graph in class, type and QoS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("rclpy", reason="profiles of quality of service are rclpy's")

from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from live_mvp_ros.bringup.topics import spec_of
from live_mvp_ros.ros import qos

FOLDER = Path(__file__).parents[2] / "rviz"
WITHOUT_TOPIC = {"Grid", "TF", "Interact", "MoveCamera", "Select", "FocusCamera", "Measure"}
WANTED = {
    "odom", "depth/points", "depth/image", "map", "map/exposure", "info_field/grid",
    "map/surface", "mppi/plan", "mppi/rollouts", "reference_path", "exploration/label",
}  # fmt: skip
CONFIGURATIONS = {"explorer.rviz": ("",), "fleet.rviz": ("drone1", "drone2", "drone3")}


def manager(name: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / name).read_text())["Visualization Manager"]


def leaves(displays: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for display in displays:
        if display["Class"] == "rviz_common/Group":
            yield from leaves(display["Displays"])
        else:
            yield display


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_display_and_tool_fits_the_graph(name, display_types):
    view = manager(name)
    for display in [*leaves(view["Displays"]), *view["Tools"]]:
        kind = display["Class"]
        assert kind.startswith("rviz_default_plugins/"), kind
        if kind.split("/")[1] in WITHOUT_TOPIC:
            assert "Topic" not in display
            continue
        topic = display["Topic"]
        namespace = topic["Value"].split("/")[1] if topic["Value"].startswith("/") else ""
        full = topic["Value"] if topic["Value"].startswith("/") else "/" + topic["Value"]
        known = spec_of(full, namespace)
        assert known is not None, topic["Value"]
        assert known.type == display_types[kind]
        check_qos(topic, getattr(qos, known.qos), subscribes=not kind.endswith("SetGoal"))


def check_qos(topic: dict[str, Any], graph: Any, subscribes: bool) -> None:
    """A subscriber must not ask for more than is offered, and a late one wants what is latched."""
    assert topic["History Policy"] == "Keep Last"
    assert topic["Depth"] >= 1
    latched = graph.durability == DurabilityPolicy.TRANSIENT_LOCAL
    assert topic["Durability Policy"] == ("Transient Local" if latched else "Volatile")
    reliable = graph.reliability == ReliabilityPolicy.RELIABLE
    if subscribes:
        assert topic["Reliability Policy"] == ("Reliable" if reliable else "Best Effort")
    else:
        assert topic["Reliability Policy"] == "Reliable"  # which also suits who asks for less


@pytest.mark.parametrize(("name", "namespaces"), CONFIGURATIONS.items())
def test_everything_worth_seeing_is_there_in_the_frame_of_the_map(name, namespaces):
    view = manager(name)
    assert view["Global Options"]["Fixed Frame"] == "map"
    shown = {d["Topic"]["Value"] for d in leaves(view["Displays"]) if "Topic" in d}
    for namespace in namespaces:
        prefix = f"/{namespace}/" if namespace else ""
        assert {prefix + topic for topic in WANTED} <= shown
    assert any(d["Class"].endswith("/TF") for d in view["Displays"])
