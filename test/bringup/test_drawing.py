# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bag with two drones in Rerun: each in panels of its own, and nothing of one in the other's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="messages are ROS 2's")
pytest.importorskip("rerun", reason="drawing needs the extra view (rerun-sdk)")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from tf2_msgs.msg import TFMessage

from live_mvp_ros.bags.bag_types import OfferedQos, Topic
from live_mvp_ros.bags.writer import BagWriter
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.cli.main import main
from live_mvp_ros.msg import ExplorationStatus, InfoField
from live_mvp_ros.ros.convert import cloud_messages, grid_messages
from live_mvp_ros.viewing import bag_drawing, sinks
from live_mvp_ros.viewing.live_scene import Scene

DRONES = ("drone1", "drone2")
START_NS = 1_700_000_000_000_000_000
RERUN = Path(sys.executable).with_name("rerun")


def messages(drone: str) -> Iterator[tuple[str, Any]]:
    """Yield what a drone publishes, its transforms and diagnostics on topics of all."""
    cells = grid_messages.occupancy_cells(np.full((4, 3), 0.1), np.ones((4, 3), bool))
    yield f"/{drone}/odom", Odometry()
    yield (
        f"/{drone}/map",
        grid_messages.occupancy_grid(0, "map", GridSpec((0.0, 0.0), 0.5, (4, 3)), cells),
    )
    yield f"/{drone}/info_field", InfoField(nx=1, ny=1, gain=[1.0], resolution=0.5)
    yield f"/{drone}/exploration/status", ExplorationStatus()
    mount = TransformStamped(child_frame_id=f"{drone}/depth_camera_link")
    yield "/tf_static", TFMessage(transforms=[mount])
    level = bytes([ord(drone[-1]) - ord("0")])  # drone1 warns, drone2 fails
    trouble = DiagnosticStatus(name=f"{drone}/live_map", level=level, message=f"of {drone}")
    yield "/diagnostics", DiagnosticArray(status=[trouble])


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    writer = BagWriter(tmp_path / "bag")
    time_ns = START_NS
    for _ in range(3):
        for drone in DRONES:
            for topic, message in messages(drone):
                kind = f"{type(message).__module__.split('.')[0]}/msg/{type(message).__name__}"
                writer.add(Topic(topic, kind, "", "", (OfferedQos(),)))
                time_ns += 200_000_000
                writer.write(topic, time_ns, bytes(serialize_message(message)))
    writer.close()
    return tmp_path / "bag"


def test_each_drone_of_a_bag_has_entities_of_its_own(bag, tmp_path):
    file = tmp_path / "flight.rrd"
    assert main(["view", str(bag), "--save", str(file)]) == 0
    printed = subprocess.run(
        [RERUN, "rrd", "print", "-vvv", file], capture_output=True, text=True, check=True
    ).stdout
    entities = set(re.findall(r"entity_path: (/\S*)", printed))
    for drone in DRONES:
        assert {
            f"/world/{drone}/base", f"/world/{drone}/map", f"/world/{drone}/field",
            f"/world/{drone}/base/camera", f"/top/{drone}/map", f"/field/{drone}",
            f"/status/{drone}", f"/log/{drone}", f"/plots/explored/{drone}",
        } <= entities  # fmt: skip
    drawn = {path for path in entities if path.split("/")[1] in ("world", "top", "field", "log")}
    assert all(path == "/world" or set(DRONES) & set(path.split("/")) for path in drawn)
    chunks = printed.split("Chunk(")
    for drone, other in (DRONES, DRONES[::-1]):
        own = [part for part in chunks if re.search(rf"entity_path: /log/{drone}\s", part)]
        log = "".join(own)
        assert f"of {drone}" in log
        assert f"of {other}" not in log


@pytest.mark.parametrize(
    ("topics", "drones"),
    [
        (("/odom", "/ground_truth/odom"), ("",)),
        (("/a/odom", "/a/ground_truth/odom", "/b/odom"), ("a", "b")),
        (("/ground_truth/odom", "/ground_truth/ground_truth/odom"), ("ground_truth",)),
        (("/map",), ("",)),
    ],
)
def test_where_a_drone_truly_is_makes_no_drone(topics, drones):
    assert bag_drawing.namespaces(SimpleNamespace(topics=dict.fromkeys(topics))) == drones


def surface(points: np.ndarray) -> Any:
    count = len(points)
    return cloud_messages.surface_cloud(0, "map", points, np.zeros(count), np.ones(count))


def test_the_surface_is_a_mesh_of_the_drone_and_goes_when_the_map_is_reset(tmp_path):
    file = tmp_path / "surface.rrd"
    recording = sinks.new_recording()
    sinks.to_file(recording, file, DRONES)
    scene = Scene(recording, "drone1", alone=False)
    net = np.stack(np.meshgrid([0.0, 0.2, 0.4], [0.0, 0.2, 0.4], [1.0]), -1).reshape(-1, 3)
    for second, points in enumerate((net, net[:0])):
        time_ns = START_NS + 2_000_000_000 * second
        assert scene.wants("map/surface", time_ns)
        scene.draw("map/surface", surface(points), time_ns)
    recording.flush()
    recording.disconnect()
    printed = subprocess.run(
        [RERUN, "rrd", "print", "-vvv", file], capture_output=True, text=True, check=True
    ).stdout
    chunks = [c for c in printed.split("Chunk(") if re.search(r"path: /world/\S*surface\s", c)]
    assert len(chunks) == 2 and all("/world/drone1/surface" in c for c in chunks)
    found = {("Mesh3D:triangle_indices" in c, "Clear:is_recursive" in c) for c in chunks}
    assert found == {(True, False), (False, True)}  # in a file they lie in any order


def views(part: Any) -> Iterator[Any]:
    for item in getattr(part, "contents", None) or []:
        if not isinstance(item, str):
            yield from views(item)
    if hasattr(part, "class_identifier"):
        yield part


def test_several_drones_have_a_tab_each_and_one_for_all():
    everybody, *tabs = sinks.layout(DRONES).root_container.contents
    assert [tab.name for tab in tabs] == list(DRONES)
    for tab, other in zip(tabs, DRONES[::-1], strict=True):
        shown = [f"{view.origin} {view.contents}" for view in views(tab)]
        assert len(shown) == 11
        of_all = [words for words in shown if tab.name not in words]
        assert [words.split()[0] for words in of_all] == ["/legend"]
        assert all(other not in words for words in shown)
    assert {"/world/drone1/**", "/world/drone2/**"} <= set(everybody.contents)


def test_a_single_drone_has_no_tabs_around_its_panels():
    root = sinks.layout().root_container
    assert type(root).__name__ == "Horizontal"
    assert len(list(views(root))) == 11
