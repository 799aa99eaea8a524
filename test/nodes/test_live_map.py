# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The map alone: a wall painted into depth becomes a wall in the map; save, load, reset."""

from __future__ import annotations

import itertools
import json
import math
import os
import signal
import subprocess
import sys
import time

import jax
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import MapMetaData, OccupancyGrid, Odometry
from sensor_msgs.msg import PointCloud2
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage

from live_mvp_ros import mapping
from live_mvp_ros.base.config import from_mapping
from live_mvp_ros.mapping import LiveMapConfig
from live_mvp_ros.msg import MapFields, MapStatus
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import (
    cloud_messages,
    grid_messages,
    headers,
    lattice_messages,
    pose_messages,
    vehicle_messages,
)
from live_mvp_ros.srv import LoadMap, SaveMap
from live_mvp_ros.vehicle import BodyConfig

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
    """Publishes odometry at (x_m, 0, 1.5) looking along +x, and clouds of a wall 3 m ahead."""

    def __init__(self, bench, points=None):
        self._odom = bench.publisher(Odometry, "odom", qos.SENSOR)
        self._cloud = bench.publisher(PointCloud2, "depth/points", qos.SENSOR)
        fixed = bench.publisher(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
        mount = pose_messages.transform(0, "base_link", OPTICAL, (0.0, 0.0, 0.0), LINK_TO_OPTICAL)
        fixed.publish(TFMessage(transforms=[mount]))
        u, v = np.meshgrid(np.linspace(-0.8, 0.8, 64), np.linspace(-0.4, 0.4, 48))
        self.points = 3.0 * np.stack([u, v, np.ones_like(u)], axis=-1)
        self.tick, self.x_m = 0, 0.0

    def __call__(self):
        self.tick += 1
        stamp, zero = self.tick * 20_000_000, np.zeros(3, np.float32)
        state = vehicle_messages.VehicleState(
            stamp, np.float32([self.x_m, 0.0, 1.5]), zero, np.float32([1, 0, 0, 0]), zero
        )
        if self.tick % 5 == 0:
            self._cloud.publish(cloud_messages.cloud(stamp, OPTICAL, self.points, ("x", "y", "z")))
        self._odom.publish(vehicle_messages.odometry(state, "odom", "base_link"))


def cell(grid: grid_messages.ProbabilityGrid, x: float, y: float) -> tuple[float, bool]:
    ix, iy = (
        round((value - origin) / grid.spec.resolution_m)
        for value, origin in zip((x, y), grid.spec.origin_m, strict=True)
    )
    return float(grid.p[ix, iy]), bool(grid.known[ix, iy])


def test_maps_a_wall_saves_resets_and_loads(bench, tmp_path, ends_cleanly):
    maps = bench.collect(OccupancyGrid, "map", qos.LATCHED)
    geometries = bench.collect(MapMetaData, "map_metadata", qos.LATCHED)
    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    exposures = bench.collect(OccupancyGrid, "map/exposure", qos.LATCHED)
    surfaces = bench.collect(PointCloud2, "map/surface", qos.LATCHED)
    fields = bench.collect(MapFields, "map/fields", qos.LATCHED)
    process = bench.start("live_map", maps_folder=str(tmp_path), fields_rate_hz=5.0, **SMALL)
    wall = Wall(bench)
    bench.wait(
        lambda: (
            len(maps) > 3 and status and status[-1].ticks > 5 and exposures and surfaces and fields
        ),
        during=wall,
    )
    lattice = lattice_messages.lattice_arrays(fields[-1], "map")
    assert lattice.values.shape == (2, 30, 30, 15)  # every 0.2 m of the volume
    np.testing.assert_allclose(lattice.origin_m, [-0.9, -2.9, 0.1], atol=1e-6)
    assert np.ptp(lattice.values[0]) > 0.05  # it has learned something
    grid = grid_messages.probability_grid(maps[-1], "map")
    assert [grid_messages.grid_spec(geometry) for geometry in geometries] == [grid.spec]
    assert grid.spec.shape == (60, 60)
    p, known = cell(grid, 3.05, 0.05)
    assert known and p > 0.6  # the wall's surface
    p, known = cell(grid, 1.55, 0.05)
    assert known and p < 0.4  # on the way to it
    assert not cell(grid, 4.55, 0.05)[1]  # behind it
    assert not cell(grid, -0.75, 2.55)[1]  # behind the camera
    assert status[-1].known_cells == int(
        (grid_messages.probability_grid(maps[-1], "map").known).sum()
    )
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
        state = vehicle_messages.VehicleState(stamp, place, zero, np.float32([1, 0, 0, 0]), zero)
        odometry.publish(vehicle_messages.odometry(state, "odom", "base_link"))
        if clouds:
            late.append(stamp - headers.to_ns(clouds.pop().header.stamp))

    bench.wait(lambda: status and status[-1].ticks >= 25, during=fly)
    assert min(late) >= 1e9 * LATENCY_S - 1
    grid = grid_messages.probability_grid(maps[-1], "map")
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
    truncated = cloud_messages.cloud(0, OPTICAL, wall.points, ("x", "y", "z"))
    truncated.width += 1

    def invalid():
        return values_of(health)[0].get("invalid", "0") != "0"

    bench.wait(invalid, during=lambda: clouds.publish(truncated))
    assert "do not make 48 rows of 65 points" in bench.log("live_map").read_text()

    def counted(at_least):
        return int(values_of(health)[0]["invalid"]) >= at_least

    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    bench.wait(lambda: status and status[-1].ticks > 0, during=wall)
    before = int(values_of(health)[0]["invalid"])
    wall.points = wall.points[:10]
    bench.wait(lambda: counted(before + 3), during=wall)  # of another size than the first


def values_of(health):
    """Return the values and the status of the last diagnostics; a node that starts has none."""
    if not health:
        return {}, None
    status = health[-1].status[0]
    return {v.key: v.value for v in status.values}, status


class Lagging:
    """30 Hz clouds of a wall from a vehicle that flies 2 m/s, whose odometry comes late.

    From the first scan in the map on it waits for the map to keep up, so that nothing depends on
    how fast the machine is: of three clouds on the way two wait for their odometry, and the third
    is overtaken by none.
    """

    def __init__(self, bench, status, lag_ms, twice=False):
        self._wall, self._status = Wall(bench), status
        self._points = self._wall.points[::4, ::4]  # several at once fit a socket's buffer
        self._lag_ns, self._twice = lag_ms * 1_000_000, twice
        self._next_odometry_ns, self.sent = 0, 0
        self._done, self._since_s, self._begun = 0, 0.0, None

    def __call__(self):
        if self._status and self._on_the_way() > 2:
            return
        self.sent += 1
        stamp_ns = round(self.sent * 1e9 / 30)
        self._wall._cloud.publish(
            cloud_messages.cloud(stamp_ns, OPTICAL, self._points, ("x", "y", "z"))
        )
        self.odometry(stamp_ns - self._lag_ns)

    def _on_the_way(self):
        """Return how many clouds the map has yet to answer; first those before are waited for."""
        done = self._status[-1].ticks + self._status[-1].dropped_scans
        if done != self._done:
            self._done, self._since_s = done, time.monotonic()
        if self._begun is None and time.monotonic() - self._since_s < 2.0:
            return math.inf
        self._begun = self._begun or (self.sent, done)
        return self.sent - self._begun[0] - (done - self._begun[1])

    def odometry(self, until_ns):
        zero = np.zeros(3, np.float32)
        while self._next_odometry_ns <= until_ns:
            place = np.float32([1e-9 * self._next_odometry_ns % 1.0, 0.0, 1.5])
            state = vehicle_messages.VehicleState(
                self._next_odometry_ns, place, zero, np.float32([1, 0, 0, 0]), zero
            )
            for _ in range(1 + self._twice):
                self._wall._odom.publish(vehicle_messages.odometry(state, "odom", "base_link"))
            self._next_odometry_ns += 10_000_000


@pytest.mark.parametrize("twice", [False, True])
def test_odometry_that_lags_by_more_than_a_cloud_period_costs_no_cloud(bench, twice):
    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    bench.start("live_map", map_rate_hz=100.0, **SMALL)  # a status after every scan
    clouds = Lagging(bench, status, lag_ms=34, twice=twice)
    bench.wait(lambda: status and status[-1].ticks >= status[0].ticks + 20, during=clouds)
    base, sent_before = status[-1], clouds.sent
    bench.wait(lambda: status[-1].ticks >= base.ticks + 40, during=clouds)
    # what came before the node listened is lost, and what came while the update was compiled is
    # overtaken; then nothing is
    sent, used = clouds.sent - sent_before, status[-1].ticks - base.ticks
    assert sent - used <= 12
    assert status[-1].dropped_scans <= base.dropped_scans + 6


def test_of_clouds_that_waited_too_long_the_newest_are_taken(bench):
    """Else a map that once fell behind, beside other work, would stay behind for ever."""
    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    process = bench.start("live_map", map_rate_hz=100.0, **SMALL)  # a status after every scan
    wall = Wall(bench)
    wall.points = wall.points[::4, ::4]  # thirty fit the buffer of a socket
    bench.wait(lambda: status and status[-1].ticks > 5, during=wall)

    def looked_at():
        return status[-1].ticks + status[-1].dropped_scans

    def scan():
        for _ in range(5):
            wall()

    quiet = [looked_at(), time.monotonic()]

    def none_is_under_way():
        if looked_at() != quiet[0]:
            quiet[:] = looked_at(), time.monotonic()
        return time.monotonic() - quiet[1] > 1.0

    bench.wait(none_is_under_way)
    before, stamp_ns = looked_at(), headers.to_ns(status[-1].header.stamp)
    process.send_signal(signal.SIGSTOP)
    for _ in range(30):
        scan()
    process.send_signal(signal.SIGCONT)
    bench.wait(lambda: headers.to_ns(status[-1].header.stamp) > stamp_ns)
    bench.wait(none_is_under_way)
    assert looked_at() - before <= 15
    assert headers.to_ns(status[-1].header.stamp) >= 20_000_000 * (wall.tick - 5)


def test_clouds_that_come_in_vain_are_a_warning(bench):
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.start("live_map", **SMALL)
    wall = Wall(bench)

    def without_odometry():
        wall.tick += 1
        stamp_ns = wall.tick * 20_000_000
        wall._cloud.publish(cloud_messages.cloud(stamp_ns, OPTICAL, wall.points, ("x", "y", "z")))

    def starving():
        status = values_of(health)[1]
        return (
            status is not None
            and status.level == DiagnosticStatus.WARN
            and "clouds arrive and none was integrated" in status.message
        )

    bench.wait(starving, during=without_odometry)
    assert "wait for odometry" in values_of(health)[1].message
    bench.wait(lambda: values_of(health)[1].level == DiagnosticStatus.OK, during=wall)


def test_refused_odometry_is_no_dropped_scan_and_infinite_points_cost_no_cloud(bench):
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    bench.start("live_map", **SMALL)
    wall = Wall(bench)
    wall.points[0, 0], wall.points[5, 5], wall.points[7] = np.inf, -np.inf, np.nan
    of_another = Odometry(child_frame_id="two/base_link")
    of_another.header.frame_id = "odom"

    def both():
        wall._odom.publish(of_another)
        wall()

    bench.wait(lambda: status and status[-1].ticks >= 5, during=both)
    bench.wait(lambda: int(values_of(health)[0].get("invalid", 0)) >= 20, during=both)
    clouds = wall.tick // 5  # some are overtaken while programs are compiled
    assert status[-1].dropped_scans + status[-1].ticks <= clouds
    assert status[-1].rays % (64 * 47 - 2) == 0
    assert "'two/base_link' instead of base_link" in values_of(health)[0]["invalid odom"]
    # only clouds that came before odometry or the mount of the camera was known
    early = values_of(health)[0].get("invalid depth/points", "no two odometries")
    assert "no two odometries" in early or "no transform leads" in early


def test_an_autosave_that_is_damaged_is_kept_aside_and_the_map_starts_anew(bench, tmp_path):
    file = tmp_path / "map.npz"
    file.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 40)
    spoilt = file.read_bytes()
    status = bench.collect(MapStatus, "map/status", qos.STATUS)
    arguments = {"autosave_path": str(file), "autosave_period_s": 1.0, **SMALL}
    bench.start("live_map", **arguments)
    wall = Wall(bench)
    bench.wait(lambda: status and status[-1].ticks > 3 and file.exists(), during=wall)
    assert (tmp_path / "map.npz.damaged").read_bytes() == spoilt
    log = bench.log("live_map").read_text()
    assert "is not a whole map file; it is kept as map.npz.damaged" in log
    bench.kill("live_map")  # at any time, a whole map is there
    file.write_bytes(file.read_bytes()[:-100])
    bench.start("live_map", **arguments)
    count = len(status)
    bench.wait(lambda: len(status) > count + 2, during=wall)
    assert (tmp_path / "map.npz.damaged-2").exists()


def test_maps_are_written_only_where_maps_belong(bench, tmp_path):
    folder, elsewhere = tmp_path / "maps", tmp_path / "elsewhere.npz"
    folder.mkdir()
    (folder / "notes.npz").write_text("my notes")
    (folder / "away.npz").symlink_to(elsewhere)
    (folder / "out").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.npz")
    bench.start("live_map", maps_folder=str(folder), **SMALL)

    def saved(path):
        answer = bench.call(SaveMap, "map/save", SaveMap.Request(path=str(path)))
        assert answer.success == (not answer.message)
        return answer.path or answer.message

    assert saved("one.npz") == str(folder / "one.npz")
    assert saved(folder / "one.npz") == str(folder / "one.npz")  # a map may be replaced
    for path, words in (
        (elsewhere, "writes only below"),
        ("../elsewhere.npz", "writes only below"),
        ("away.npz", "writes only below"),
        ("out/elsewhere.npz", "writes only below"),
        ("/etc/cron.d/x.npz", "writes only below"),
        ("notes.npz", "holds no map"),
        ("pipe.npz", "holds no map"),
        ("x.txt", "must end in .npz"),
        (".", "must end in .npz"),
        ("none/x.npz", "cannot be written"),
        ("x" * 5000 + ".npz", ""),
    ):
        said = saved(path)
        assert words in said, path
    assert (folder / "notes.npz").read_text() == "my notes"
    assert not elsewhere.exists()
    assert sorted(p.name for p in folder.iterdir()) == [
        "away.npz",
        "notes.npz",
        "one.npz",
        "out",
        "pipe.npz",
    ]

    def loaded(path):
        return bench.call(LoadMap, "map/load", LoadMap.Request(path=str(path))).message

    assert loaded("one.npz") == ""
    for path in ("pipe.npz", "notes.npz", "/dev/zero", "/etc/passwd", ".", "x" * 5000):
        assert loaded(path)


def test_a_folder_for_maps_that_is_none_ends_it_with_one_sentence(bench, tmp_path):
    process = bench.start("live_map", maps_folder=str(tmp_path / "none"), **SMALL)
    assert process.wait(timeout=120) == 2
    text = bench.log("live_map").read_text()
    assert "maps_folder" in text and "must be a folder" in text and "Traceback" not in text


def test_says_where_a_drifting_odometry_frame_lies_and_keeps_the_map(bench, tmp_path):
    """The vehicle has not moved, and its odometry has crept 0.15 m towards a wall 3 m ahead.

    It begins with a map that was made with exact odometry, and knows of no frame.
    """
    plain = {name: value for name, value in SMALL.items() if "__" not in name}
    before = from_mapping(LiveMapConfig, {**plain, "body": BodyConfig(altitude_m=1.5)})
    mapping.save_map(tmp_path / "map.npz", before, mapping.init(before, jax.random.key(0)))
    frames = bench.collect(TransformStamped, "map_to_odom", qos.LATCHED)
    moving = bench.collect(TFMessage, "tf", qos.TRANSFORM)
    maps = bench.collect(OccupancyGrid, "map", qos.LATCHED)
    file = str(tmp_path / "map.npz")
    bench.start("live_map", odometry__drift_m_per_m=0.2, autosave_path=file, **SMALL)
    wall = Wall(bench)
    bench.wait(lambda: len(frames) > 20 and maps, during=wall)
    assert "restored the map" in bench.log("live_map").read_text()
    assert frames[-1].header.frame_id == "map" and frames[-1].child_frame_id == "odom"
    assert abs(frames[-1].transform.translation.x) < 0.01

    def creep():
        wall.x_m = min(wall.x_m + 0.001, 0.15)
        wall()

    seen = len(frames)
    bench.wait(lambda: wall.x_m == 0.15 and len(frames) > seen + 60, during=creep)
    assert frames[-1].transform.translation.x == pytest.approx(-0.15, abs=0.05)
    of_map = [t for m in moving for t in m.transforms]
    assert {(t.header.frame_id, t.child_frame_id) for t in of_map} == {("map", "odom")}
    grid = grid_messages.probability_grid(maps[-1], "map")
    assert cell(grid, 3.05, 0.05)[0] > 0.6  # where it was first seen
