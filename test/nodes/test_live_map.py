# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The map alone: a wall painted into depth becomes a wall in the map; save, load, reset."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import OccupancyGrid, Odometry
from sensor_msgs.msg import PointCloud2
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage

from live_mvp_ros.msg import MapStatus
from live_mvp_ros.ros import convert, convert_sensors, qos
from live_mvp_ros.srv import LoadMap, SaveMap

OPTICAL = "depth_camera_optical_frame"
LINK_TO_OPTICAL = (0.5, -0.5, 0.5, -0.5)
SMALL = {
    "lower_m": [-1.0, -3.0, 0.0],
    "upper_m": [5.0, 3.0, 3.0],
    "table_size_log2": 10,
    "levels": 2,
    "keyframes": 2,
    "body__altitude_m": 1.5,
}


class Wall:
    """Publishes odometry at (0, 0, 1.5) looking along +x, and a wall 3 m ahead in every cloud."""

    def __init__(self, bench, points=None):
        self._odom = bench.publisher(Odometry, "odom", qos.SENSOR)
        self._cloud = bench.publisher(PointCloud2, "depth/points", qos.SENSOR)
        fixed = bench.publisher(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
        mount = convert.transform(0, "base_link", OPTICAL, (0.0, 0.0, 0.0), LINK_TO_OPTICAL)
        fixed.publish(TFMessage(transforms=[mount]))
        u, v = np.meshgrid(np.linspace(-0.8, 0.8, 64), np.linspace(-0.4, 0.4, 48))
        self.points = 3.0 * np.stack([u, v, np.ones_like(u)], axis=-1)
        self.tick = 0

    def __call__(self):
        self.tick += 1
        stamp, zero = self.tick * 20_000_000, np.zeros(3, np.float32)
        state = convert.VehicleState(
            stamp, np.float32([0.0, 0.0, 1.5]), zero, np.float32([1, 0, 0, 0]), zero
        )
        if self.tick % 5 == 0:
            self._cloud.publish(
                convert_sensors.cloud(stamp, OPTICAL, self.points, ("x", "y", "z"))
            )
        self._odom.publish(convert.odometry(state, "odom", "base_link"))


def cell(grid: convert.ProbabilityGrid, x: float, y: float) -> tuple[float, bool]:
    ix, iy = (
        round((value - origin) / grid.spec.resolution_m)
        for value, origin in zip((x, y), grid.spec.origin_m, strict=True)
    )
    return float(grid.p[ix, iy]), bool(grid.known[ix, iy])


def test_maps_a_wall_saves_resets_and_loads(bench, tmp_path, ends_cleanly):
    maps = bench.collect(OccupancyGrid, "map", qos.LATCHED)
    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    exposures = bench.collect(OccupancyGrid, "map/exposure", qos.LATCHED)
    surfaces = bench.collect(PointCloud2, "map/surface", qos.LATCHED)
    process = bench.start("live_map", **SMALL)
    wall = Wall(bench)
    bench.wait(
        lambda: len(maps) > 3 and status and status[-1].ticks > 5 and exposures and surfaces,
        during=wall,
    )
    grid = convert.probability_grid(maps[-1], "map")
    assert grid.spec.shape == (60, 60)
    p, known = cell(grid, 3.05, 0.05)
    assert known and p > 0.6  # the wall's surface
    p, known = cell(grid, 1.55, 0.05)
    assert known and p < 0.4  # on the way to it
    assert not cell(grid, 4.55, 0.05)[1]  # behind it
    assert not cell(grid, -0.75, 2.55)[1]  # behind the camera
    assert status[-1].known_cells == int((convert.probability_grid(maps[-1], "map").known).sum())
    assert status[-1].rays > 0

    def live_mvp(*arguments):
        """Run ``live-mvp maps`` beside the map; return its exit code, output and errors."""
        done = subprocess.run(
            [sys.executable, "-m", "live_mvp_ros.cli.main", "maps", *map(str, arguments)],
            env=os.environ | {"ROS_DOMAIN_ID": str(bench.domain)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def refused(words, *arguments):
        code, _, said = live_mvp(*arguments)
        return code == 1 and said.count("\n") == 1 and words in said

    file = tmp_path / "map.npz"
    assert live_mvp("save", file) == (0, f"saved to {file}\n", "")
    assert live_mvp("reset") == (0, "reset\n", "")
    bench.wait(lambda: max(maps[-1].data) == -1)  # nothing is known
    assert live_mvp("load", file) == (0, "loaded\n", "")
    bench.wait(lambda: max(maps[-1].data) > 60)

    whole = file.read_bytes()
    cut, foreign = tmp_path / "cut.npz", tmp_path / "foreign.npz"
    cut.write_bytes(whole[:5000])
    np.savez(foreign, pictures=np.zeros(3))
    with np.load(file) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header"].tobytes())
    header["version"] += 1
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(tmp_path / "newer.npz", **arrays)
    for other, words in ((cut, "cut.npz"), (foreign, "foreign.npz"), ("newer.npz", "newer")):
        assert refused(words, "load", tmp_path / other)
    assert refused("there is no such file", "load", tmp_path / "none.npz")
    assert refused("no path is given and autosave_path is empty", "save")
    assert live_mvp("load", "--nonsense")[0] == 2
    count = len(maps)
    bench.wait(lambda: len(maps) > count + 1, during=wall)
    assert max(maps[-1].data) > 60  # the map that runs is untouched
    assert file.read_bytes() == whole
    # the services say the same without the command
    missing = bench.call(LoadMap, "map/load", LoadMap.Request(path=str(tmp_path / "none.npz")))
    assert not missing.success and "there is no such file" in missing.message
    assert bench.call(SaveMap, "map/save", SaveMap.Request(path=str(file))).path == str(file)
    assert bench.call(Trigger, "map/reset", Trigger.Request()).success
    assert ends_cleanly(process)


WALL_WORLD = """
name: wall
lower_m: [-1.0, -3.0, 0.0]
upper_m: [5.0, 3.0, 3.0]
start_m: [0.0, 0.0, 1.5]
goal_m: [1.0, 0.0, 1.5]
primitives:
  - {type: box, centre_m: [3.52, 0.0, 1.5], half_extents_m: [0.5, 3.0, 1.5]}
"""
LATENCY_S = 0.3


def test_late_images_are_fused_from_where_they_were_taken(bench, tmp_path):
    """The drone goes 0.6 m to and fro; every image comes when it is elsewhere already."""
    maps = bench.collect(OccupancyGrid, "map", qos.LATCHED)
    clouds = bench.collect(PointCloud2, "depth/points", qos.SENSOR)
    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    world = tmp_path / "wall.yaml"
    world.write_text(WALL_WORLD)
    camera = {"camera__width_px": 32, "camera__height_px": 24, "camera__latency_s": LATENCY_S}
    bench.start("gt_depth", world=str(world), **camera)
    bench.start("live_map", **SMALL)
    odometry = bench.publisher(Odometry, "odom", qos.SENSOR)
    tick, late = itertools.count(), []

    def fly():
        stamp, zero = next(tick) * 20_000_000, np.zeros(3, np.float32)
        place = np.float32([0.6 * abs(stamp * 1e-9 % 2.0 - 1.0), 0.0, 1.5])
        state = convert.VehicleState(stamp, place, zero, np.float32([1, 0, 0, 0]), zero)
        odometry.publish(convert.odometry(state, "odom", "base_link"))
        if clouds:
            late.append(stamp - convert.to_ns(clouds.pop().header.stamp))

    bench.wait(lambda: status and status[-1].ticks >= 25, during=fly)
    assert min(late) >= 1e9 * LATENCY_S - 1
    grid = convert.probability_grid(maps[-1], "map")
    for y in (-0.55, 0.05, 0.55):
        p, known = cell(grid, 3.05, y)
        assert known and p > 0.9, "the wall is where it is"
        for x in (2.65, 2.75, 2.85, 2.95):
            p, known = cell(grid, x, y)
            assert known and p < 0.3, "and not where it would be seen from the newest pose"
        assert not any(cell(grid, x, y)[1] for x in (3.15, 3.25, 3.35))


def test_drops_and_counts_clouds_that_it_cannot_use(bench):
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    clouds = bench.publisher(PointCloud2, "depth/points", qos.SENSOR)
    bench.start("live_map", **SMALL)
    wall = Wall(bench)
    truncated = convert_sensors.cloud(0, OPTICAL, wall.points, ("x", "y", "z"))
    truncated.width += 1

    def invalid():
        return health and {v.key: v.value for v in health[-1].status[0].values}["invalid"] != "0"

    bench.wait(invalid, during=lambda: clouds.publish(truncated))
    assert "do not make 48 rows of 65 points" in bench.log("live_map").read_text()

    def counted(at_least):
        values = {v.key: v.value for v in health[-1].status[0].values}
        return int(values["invalid"]) >= at_least

    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    bench.wait(lambda: status and status[-1].ticks > 0, during=wall)
    before = int({v.key: v.value for v in health[-1].status[0].values}["invalid"])
    wall.points = wall.points[:10]
    bench.wait(lambda: counted(before + 3), during=wall)  # of another size than the first
