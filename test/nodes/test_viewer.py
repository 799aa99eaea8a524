# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The viewer: what was published is in the recording, in space, in the plots and in words."""

from __future__ import annotations

import array
import math
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import psutil
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import OccupancyGrid, Odometry
from patience import PATIENCE_S
from PIL import Image

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.msg import ExplorationStatus
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import grid_messages

pytest.importorskip("rerun", reason="the viewer needs the extra view (rerun-sdk)")

RERUN = Path(sys.executable).with_name("rerun")


def publishing(bench):
    """Return a function that publishes odometry, a map and a status."""
    odom = bench.publisher(Odometry, "odom", qos.SENSOR)
    maps = bench.publisher(OccupancyGrid, "map", qos.LATCHED)
    status = bench.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
    cells = grid_messages.occupancy_cells(np.full((4, 3), 0.1), np.ones((4, 3), bool))
    grid = grid_messages.occupancy_grid(0, "map", GridSpec((0.0, 0.0), 0.5, (4, 3)), cells)
    bench.wait(lambda: odom.get_subscription_count() and maps.get_subscription_count())
    state = ExplorationStatus(
        state=ExplorationStatus.EXPLORING, reason="as it should", explored_fraction=0.25,
        clearance_m=math.nan, control_ms_p50=4.0, control_ms_p99=9.0,
    )  # fmt: skip

    def publish() -> None:
        message = Odometry()
        message.pose.pose.position.x = time.monotonic() % 10.0
        message.pose.pose.orientation.w = 1.0
        odom.publish(message)
        maps.publish(grid)
        status.publish(state)

    return publish


def test_a_recording_has_space_plots_and_words(bench, tmp_path, ends_cleanly):
    file = tmp_path / "flight.rrd"
    bench.start("viewer", sink="file", file=str(file))
    bench.spin(1.5, during=publishing(bench))
    assert ends_cleanly(bench.processes.pop("viewer"))
    command = [RERUN, "rrd", "print", file]
    printed = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    ).stdout
    for entity in (
        "/world/drone/base", "/world/drone/trail", "/world/drone/map", "/top/drone/map",
        "/status/drone", "/plots/explored/drone", "/plots/control_p50/drone",
    ):  # fmt: skip
        assert entity in printed, printed


def test_what_cannot_be_drawn_is_refused_and_the_rest_is_drawn(bench, tmp_path, ends_cleanly):
    """A latched message comes again at every restart."""
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    file = tmp_path / "flight.rrd"
    bench.start("viewer", sink="file", file=str(file))
    publish = publishing(bench)
    broken = OccupancyGrid(data=array.array("b", [0] * 16))
    broken.info.width, broken.info.height, broken.info.resolution = 5, 4, 0.5
    exposure = bench.publisher(OccupancyGrid, "map/exposure", qos.LATCHED)
    exposure.publish(broken)

    def refused():
        values = [pair for m in health for s in m.status for pair in s.values]
        return any(pair.key == "invalid /map/exposure" for pair in values)

    bench.wait(refused, during=publish)
    bench.spin(2.5, during=lambda: (publish(), exposure.publish(broken)))
    assert ends_cleanly(bench.processes.pop("viewer"))
    log = bench.log("viewer").read_text()
    assert log.count("dropped a message on /map/exposure") == 1
    command = [RERUN, "rrd", "print", file]
    printed = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    ).stdout
    assert "/world/drone/map" in printed and "/world/drone/exposure" not in printed


def test_a_publisher_that_the_viewer_cannot_hear_is_named(bench, tmp_path):
    bench.publisher(OccupancyGrid, "map", qos.SENSOR)
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.start("viewer", sink="file", file=str(tmp_path / "flight.rrd"))

    def named():
        words = [s.message for m in health for s in m.status if s.name == "viewer"]
        return any("nothing on /map from /bench arrives" in text for text in words)

    bench.wait(named)


def test_the_web_page_is_served(bench):
    bench.start("viewer", sink="web", web_port=9391, grpc_port=9392)
    publishing(bench)()
    with urllib.request.urlopen("http://127.0.0.1:9391", timeout=PATIENCE_S) as answer:
        page = answer.read().decode()
    assert "rerun" in page.lower()
    assert "re_viewer" in page


def listening(pid: int) -> dict[int, str]:
    """Return the addresses by port that a process and those that it started listen on."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    found = [item for process in family for item in process.net_connections("tcp")]
    return {i.laddr.port: i.laddr.ip for i in found if i.status == psutil.CONN_LISTEN}


@pytest.mark.parametrize(("to_others", "address"), [(False, "127.0.0.1"), (True, "0.0.0.0")])
def test_what_the_drone_sees_is_for_this_machine_unless_it_is_said(bench, to_others, address):
    viewer = bench.start("viewer", sink="web", web_port=9395, grpc_port=9396, to_others=to_others)
    bench.wait(lambda: {9395, 9396} <= set(listening(viewer.pid)))
    addresses = listening(viewer.pid)
    assert addresses[9395] == addresses[9396] == address
    servers = psutil.Process(viewer.pid).children(recursive=True)
    bench.kill("viewer")
    _, left = psutil.wait_procs(servers, timeout=10.0)
    assert not left


@pytest.mark.slow
def test_the_web_page_draws_in_a_browser(bench, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs pip install playwright")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs Chromium on this machine")
    bench.start("viewer", sink="web", web_port=9393, grpc_port=9394)
    publish = publishing(bench)
    bench.spin(1.0, during=publish)
    address = "http://127.0.0.1:9393?url=rerun+http://127.0.0.1:9394/proxy"
    flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=flags)
        page = browser.new_page(viewport={"width": 800, "height": 500})
        page.goto(address)
        page.wait_for_selector("canvas", timeout=60_000)
        picture = tmp_path / "page.png"

        def drawn() -> bool:
            """The background, the map's free cells and the light panels differ in colour."""
            page.screenshot(path=str(picture))
            with Image.open(picture) as image:
                return len(image.convert("RGB").getcolors(1 << 20) or ()) > 100

        bench.wait(drawn, during=publish)
        assert drawn(), "the page went blank again"
        browser.close()


def test_a_port_that_is_taken_is_refused_with_one_sentence(bench):
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        port = other.getsockname()[1]
        process = bench.start("viewer", sink="web", web_port=9395, grpc_port=port)
        bench.processes.pop("viewer")
        assert process.wait(timeout=PATIENCE_S) == 2
    assert f"port {port} is taken" in bench.log("viewer").read_text().splitlines()[-1]


def test_a_window_without_a_screen_is_refused_with_one_sentence(bench, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    process = bench.start("viewer", sink="window")
    bench.processes.pop("viewer")
    assert process.wait(timeout=PATIENCE_S) == 2
    assert "there is no screen" in bench.log("viewer").read_text().splitlines()[-1]
