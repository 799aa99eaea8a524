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

from live_mvp_ros.ros import qos
from live_mvp_ros.ros.topics import spec_of

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
        wanted = WANTED - {"depth/image"} if namespace else WANTED  # of a fleet no pictures
        assert {prefix + topic for topic in wanted} <= shown
    (frames,) = (d for d in view["Displays"] if d["Class"].endswith("/TF"))
    assert frames["Marker Scale"] >= 1.0  # with less, a drone is a dot in the view of a building


def docks(state: str) -> dict[str, bool]:
    """Return the docks of a QMainWindow's state, by name, and whether each is shown.

    Each is the byte 0xFB, the length of the name in bytes, the name in UTF-16 and a byte of flags,
    the lowest of which says that it is visible (QDockAreaLayoutInfo::saveState).
    """
    data, found, at = bytes.fromhex(state), {}, 0
    while (at := data.find(b"\xfb\x00\x00\x00", at)) >= 0:
        end = at + 5 + data[at + 4]
        found[data[at + 5 : end].decode("utf-16-be")] = bool(data[end] & 1)
        at = end
    return found


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_window_opens_with_every_dock_in_its_place(name):
    """A dock that the state does not know is stacked upon the 3D view."""
    whole = yaml.safe_load((FOLDER / name).read_text())
    shown = docks(str(whole["Window Geometry"]["QMainWindow State"]))
    displays = leaves(whole["Visualization Manager"]["Displays"])
    pictures = {
        d["Name"]: d["Enabled"] for d in displays if d["Class"].endswith(("/Image", "/Camera"))
    }
    assert set(shown) == {panel["Name"] for panel in whole["Panels"]} | set(pictures)
    # a picture is shown when its dock is, whatever Enabled says: they must agree
    assert {name: shown[name] for name in pictures} == pictures
