# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole graph in real processes: it flies, is seen from outside, survives, and always ends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import yaml
from optional import need
from PIL import Image

from live_mvp_ros.bags.reader import open_bag
from live_mvp_ros.bringup.graph import GraphOptions, describe
from live_mvp_ros.ros.topics import TOPICS, full_name

rclpy = pytest.importorskip("rclpy", reason="the graph needs ROS 2")
need("jax")

pytestmark = pytest.mark.slow

START_LIMIT_S = 600.0  # a first start compiles everything, on a busy machine
RERUN = Path(sys.executable).with_name("rerun")
AT_LEAST = {"odom": 200, "cmd/body_rates": 50, "depth/points": 20, "map": 8, "info_field": 8}
"""Messages of a flight that somebody who listens must have heard after some time."""
COARSE = "info_field: {ros__parameters: {n_directions: 16}}"
"""Where the planner is not the point, and a map of another size has it compiled once more."""


class Run:
    """A running ``live-mvp explore`` whose output is collected."""

    def __init__(self, folder: Path, domain: int, *arguments: str) -> None:
        self.folder, self.domain = folder, domain
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "live_mvp_ros.cli.main", "explore", "--headless",
             "--json", "m.json", *arguments],
            cwd=folder,
            env={**os.environ, "ROS_DOMAIN_ID": str(domain), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, condition: Callable[[], object], limit_s: float = START_LIMIT_S) -> None:
        end = time.monotonic() + limit_s
        while not condition():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < end, self.text()
            time.sleep(0.1)

    def wait_until_it_flies(self) -> None:
        self.wait_for(lambda: any(line.startswith("EXPLORING") for line in self.lines))

    def nodes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def node(self, name: str) -> psutil.Process:
        return next(self._named(name))

    def runs(self, name: str) -> bool:
        return next(self._named(name), None) is not None

    def _named(self, name: str) -> Iterator[psutil.Process]:
        for process in self.nodes():
            if process.cmdline()[2:4] == ["live_mvp_ros.nodes", name]:
                yield process

    def end(self, limit_s: float) -> int:
        code = self.process.wait(timeout=limit_s)
        self._reader.join(timeout=5.0)
        return code

    def metrics(self) -> dict:
        return json.loads((self.folder / "m.json").read_text())


@contextlib.contextmanager
def exploring(folder: Path, domain: int, *arguments: str) -> Iterator[Run]:
    run = Run(folder, domain, *arguments)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


def coarse(folder: Path) -> tuple[str, str]:
    (folder / "coarse.yaml").write_text(COARSE)
    return "--params-file", str(folder / "coarse.yaml")


def only_run_folder(folder: Path) -> Path:
    (run,) = (folder / "runs").iterdir()
    return run


class Listener:
    """A plain subscriber, as anybody would write it."""

    def __init__(self, domain: int) -> None:
        from nav_msgs.msg import OccupancyGrid, Odometry
        from rclpy.context import Context
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.qos import qos_profile_sensor_data
        from rclpy.signals import SignalHandlerOptions
        from sensor_msgs.msg import PointCloud2

        from live_mvp_ros.msg import BodyRateThrust, InfoField

        self.counts: Counter[str] = Counter()
        self.latest: dict[str, object] = {}
        self._context = Context()
        rclpy.init(
            context=self._context,
            domain_id=domain,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self._node = rclpy.create_node("test_listener", context=self._context)
        topics = {
            "odom": Odometry,
            "depth/points": PointCloud2,
            "map": OccupancyGrid,
            "info_field": InfoField,
            "cmd/body_rates": BodyRateThrust,
        }
        for topic, kind in topics.items():
            self._node.create_subscription(
                kind, topic, self._taker(topic), qos_profile_sensor_data
            )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    def _taker(self, topic: str) -> Callable[[object], None]:
        def take(message: object) -> None:
            self.counts[topic] += 1
            self.latest[topic] = message

        return take

    def listen(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._executor.spin_once(timeout_sec=0.1)

    def endpoints(self) -> dict[str, list[tuple[str, str, object, object]]]:
        """Return who publishes what: node, type, reliability and durability by topic."""
        found = {}
        for topic, _ in self._node.get_topic_names_and_types():
            found[topic] = [
                (
                    item.node_name,
                    item.topic_type,
                    item.qos_profile.reliability,
                    item.qos_profile.durability,
                )
                for item in self._node.get_publishers_info_by_topic(topic)
            ]
        return found

    def misses(self, at_least: dict[str, int]) -> list[str]:
        """Return the topics of which fewer messages have come."""
        return [topic for topic, count in at_least.items() if self.counts[topic] < count]

    def close(self) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()


@pytest.mark.parametrize(("world", "domain"), [("office", 101), ("seed", 102)])
def test_a_short_flight_explores_without_touching_anything(tmp_path, displays_show, world, domain):
    recorded = world == "office"
    silent = () if recorded else ("--no-record", *coarse(tmp_path))
    slow = ("--real-time-factor", "0.5")  # the same flight on a machine that is half as fast
    flight = ("--world", world, "--timeout", "25", *slow, *silent)
    with exploring(tmp_path, domain, *flight) as run:
        run.wait_until_it_flies()
        listener = Listener(domain)
        try:
            listener.listen(8.0)
            for _ in range(12):  # a slow machine maps seldom
                if not listener.misses(AT_LEAST):
                    break
                listener.listen(1.0)
            check_topics(listener.endpoints())
        finally:
            listener.close()
        if recorded:
            displays_show("explorer.rviz", ("",), domain)
        assert run.end(120.0) == 1, run.text()  # 25 s are too few for the whole mission
    check_messages(listener)
    check_metrics(run.metrics(), world)
    folder = only_run_folder(tmp_path)
    check_files(folder, run.metrics(), logs=5 + recorded)
    assert (folder / "bag").exists() == recorded
    if recorded:
        check_packets(folder)
        check_bag(folder, domain)
        check_bag_in_rerun(folder / "bag")


def check_topics(endpoints: dict[str, list[tuple[str, str, object, object]]]) -> None:
    """The graph publishes what its description says, as it says, and nothing else."""
    from live_mvp_ros.ros import qos

    described = {full_name(spec.name, ""): spec for spec in TOPICS}
    in_graph = {node.executable for node in describe(GraphOptions()).nodes}
    of_ros = {"/rosout", "/parameter_events"}
    for topic, spec in described.items():
        publishers = endpoints.pop(topic, [])
        wanted = {name for name in spec.publishers if name in in_graph or name == "*"}
        if not wanted:  # what users send, or another vehicle
            assert not publishers, topic
            continue
        profile = getattr(qos, spec.qos)
        expected = (spec.type, profile.reliability, profile.durability)
        assert {entry[1:] for entry in publishers} == {expected}, topic
        nodes = {entry[0] for entry in publishers}
        assert wanted in ({"*"}, nodes), topic
    published = {topic for topic, publishers in endpoints.items() if publishers}
    assert {topic for topic in published if "/_action/" not in topic} <= of_ros


def check_messages(listener: Listener) -> None:
    """The topics are there with valid content; exact rates are for a benchmark to measure."""
    assert not listener.misses(AT_LEAST), listener.counts
    command = listener.latest["cmd/body_rates"]
    rates = command.body_rates
    assert 0.0 <= command.thrust < 100.0
    assert np.isfinite([rates.x, rates.y, rates.z]).all()
    cloud = listener.latest["depth/points"]
    assert (cloud.height, cloud.width) == (48, 64)
    assert cloud.header.frame_id == "depth_camera_optical_frame"
    grid = listener.latest["map"]
    cells = np.frombuffer(grid.data, np.int8)
    assert cells.size == grid.info.width * grid.info.height
    assert set(np.unique(cells)) <= set(range(-1, 101))
    assert (cells == 0).any() or (cells < 35).any()
    field = listener.latest["info_field"]
    assert len(field.gain) == len(field.guidance) == field.nx * field.ny
    assert np.isfinite(np.frombuffer(field.gain, np.float32)).all()


def check_metrics(values: dict, world: str) -> None:
    assert values["world"] == world
    assert values["mission_complete"] is False
    assert "time limit" in values["end_reason"]
    assert values["collisions"] == 0, values
    assert values["min_clearance_m"] >= 0.3
    # By the mission's own clock, on which a slow machine has no influence; and as it is seen.
    assert values["mission_time_s"] >= 25.0
    flown_s = values["mission_time_s"] - values["mission_waited_s"]
    assert values["flight_time_s"] >= 0.9 * flown_s
    assert values["flight_time_s"] <= 40.0
    assert values["path_length_m"] > 3.0
    assert set(values["rates_hz"]) == {"odom", "points", "map", "info_field", "command"}
    assert all(rate > 0 for rate in values["rates_hz"].values())
    assert values["control_latency_ms"]["p50"] > 0
    assert 0.0 < values["control_on_time_fraction"] <= 1.0
    assert 300 < values["peak_rss_mib"] <= 4096
    assert set(values["restarts"].values()) == {0}
    assert all(values["versions"].values())
    left = values["completion"]
    assert left["explored"] is False
    assert {item["reason"] for item in left["remainders"]} >= {"out_of_time"}
    assert left["goal"]["reached"] is False
    assert "time limit" in left["ended"]
    assert left["summary"] in values["end_reason"]


def check_packets(folder: Path) -> None:
    """Every packet of the whole flight keeps its schema, in the bag and in the lines beside it."""
    from bag_packets import packets_of

    from live_mvp_ros.packets.packet_schema import check

    ticks: dict[str, list[int]] = {}
    for topic, packet in packets_of(folder / "bag"):
        ticks.setdefault(topic, []).append(packet.tick)
        if topic == "/packets/context":
            assert packet.sources[:5] == ("metronome", "switch", "intent", "heading", "rate")
            assert (0 in packet.indices) == (packet.tick % 2 == 0) and 1 not in packet.indices
        if topic == "/packets/pose":
            assert packet.has_body_pose and packet.dt > 0.0
    least = {"pose": 100, "observation": 5, "context": 50, "action": 50}
    assert set(ticks) == {f"/packets/{name}" for name in least}
    for name, count in least.items():
        counted = ticks[f"/packets/{name}"]
        assert len(counted) > count, (name, len(counted))
        assert counted == sorted(set(counted)), name
    for name in ("eval.jsonl", "facets.jsonl"):
        lines = (folder / name).read_text().splitlines()
        assert lines, name
        for line in lines[:: max(1, len(lines) // 200)]:
            check(json.loads(line))


def check_bag(folder: Path, domain: int) -> None:
    """The bag holds the flight, and its map comes out again from odometry and depth alone."""
    command = [sys.executable, "-P", "-m", "live_mvp_ros.cli.main", "replay", "bag"]
    command += ["--compare", "--rate", "2", "--headless", "--json", "c.json"]
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((folder / "c.json").read_text())
    # At twice the speed a busy machine drops scans, and with them some edges of what is known.
    assert found["occupancy_agreement"] >= 0.9, found
    assert found["known_cells_recorded"] > 1000
    counts = found["rates_in"]["/depth/points"]
    assert counts["replayed_count"] == counts["recorded_count"] > 200
    assert found["rates_out"]["/map"]["replayed_count"] > 20


def check_bag_in_rerun(folder: Path) -> None:
    """Rerun opens the file as it is, and decodes each message, ours as well, from it alone."""
    if not RERUN.exists():
        return
    (file,) = folder.glob("*.mcap")
    recording = folder.with_name("opened.rrd")
    for command in (["mcap", "convert", file, "-o", recording], ["rrd", "print", recording]):
        done = subprocess.run(
            [RERUN, *command], capture_output=True, text=True, check=True, timeout=120
        )
    rows: Counter[tuple[str, str]] = Counter()
    for line in done.stdout.splitlines():
        chunk = re.match(r"Chunk\(\w+\) with (.+) rows .* - (/\S*) - data columns: \[(.*)", line)
        if chunk:
            count, topic, columns = int(re.sub(r"\D", "", chunk[1])), chunk[2], chunk[3]
            for kind in {column.split(":")[0] for column in columns.split()}:
                rows[topic, kind] += count
    bag = open_bag(folder)
    drawn = {
        "sensor_msgs/msg/Image": "DepthImage", "sensor_msgs/msg/PointCloud2": "Points3D",
        "sensor_msgs/msg/CameraInfo": "Pinhole", "nav_msgs/msg/OccupancyGrid": "GridMap",
        "tf2_msgs/msg/TFMessage": "Transform3D",
        "geometry_msgs/msg/PoseStamped": "InstancePoses3D",
    }  # fmt: skip
    for name, count in bag.counts.items():
        kind = bag.topics[name].type
        assert rows[name, drawn.get(kind, kind.replace("/", "."))] >= count, (name, rows)


def check_files(folder: Path, values: dict, logs: int) -> None:
    assert json.loads((folder / "metrics.json").read_text()) == values
    info = yaml.safe_load((folder / "map.yaml").read_text())
    size = Image.open(folder / info["image"]).size
    assert info["mode"] == "trinary"
    assert np.asarray(size) * info["resolution"] == pytest.approx((14, 12), abs=2.1)
    explored = np.loadtxt(folder / "explored.csv", delimiter=",", skiprows=1)[:, 1]
    assert explored[-1] == pytest.approx(values["explored_fraction"], abs=1e-4)
    assert explored[-1] > 1.5 * explored[0] + 0.05  # hovering and looking adds less than this
    for name in ("trajectory.png", "explored.png"):
        assert Image.open(folder / name).size[0] > 300
    with np.load(folder / "neural_map.npz") as neural_map:
        assert neural_map.files
    assert len(list((folder / "log").glob("*.log"))) == logs
    page = (folder / "report.html").read_text()
    assert page.count("data:image/png;base64") == 5
    assert "://" not in page  # "http" alone may be four letters of a picture


def test_a_drone_beside_another_fills_rviz_and_survives_a_kill_and_a_ctrl_c(
    tmp_path, displays_show
):
    # Two drones at full speed are too much for two cores.
    shared = ("--no-record", "--shared-tf", "--namespace")
    with exploring(tmp_path, 103, "--real-time-factor", "0.3", *shared, "drone1") as run:
        run.wait_until_it_flies()
        other = tmp_path / "other"
        other.mkdir()
        seed = ("--world", "seed", *coarse(other))
        with exploring(other, 103, "--follow-clock", *seed, *shared, "drone2") as second:
            second.wait_until_it_flies()
            displays_show("fleet.rviz", ("/drone1/", "/drone2/"), 103)
            second.process.send_signal(signal.SIGINT)
            second.end(20.0)
        run.node("info_field").kill()
        run.wait_for(lambda: "info_field was killed by SIGKILL" in run.text(), 10.0)
        run.wait_for(lambda: run.runs("info_field"), 10.0)
        count = len(run.lines)
        run.wait_for(lambda: any(line.startswith("EXPLORING") for line in run.lines[count:]), 90.0)
        nodes = run.nodes()
        begin = time.monotonic()
        run.process.send_signal(signal.SIGINT)
        assert run.end(10.0) == 1, run.text()
        assert time.monotonic() - begin < 3.5  # 3 s, and a little for a busy machine
    assert not any(process.is_running() for process in nodes)
    values = run.metrics()
    assert values["end_reason"] == "interrupted"
    assert values["restarts"]["info_field"] == 1
    assert values["explored_fraction"] > 0.05
    assert (only_run_folder(tmp_path) / "trajectory.png").exists()


def test_ctrl_c_during_the_start_ends_it_all_in_time(tmp_path):
    with exploring(tmp_path, 104, "--no-record") as run:
        run.wait_for(lambda: len(run.nodes()) >= 5, 30.0)
        time.sleep(1.5)
        nodes = run.nodes()
        begin = time.monotonic()
        run.process.send_signal(signal.SIGTERM)
        assert run.end(10.0) == 1, run.text()
        assert time.monotonic() - begin < 3.5
    assert not any(process.is_running() for process in nodes)
    assert run.metrics()["end_reason"] == "interrupted"
    assert "Traceback" not in run.text()


def test_a_killed_command_leaves_no_orphans_and_frees_its_place(tmp_path):
    with exploring(tmp_path, 105, "--no-record") as run:
        run.wait_for(lambda: len(run.nodes()) >= 5, 30.0)
        time.sleep(1.0)
        nodes = run.nodes()
        run.process.kill()
        run.process.wait()
    _, left = psutil.wait_procs(nodes, timeout=5.0)
    assert not left
