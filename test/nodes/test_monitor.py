# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The monitor of a flight: what nobody can use neither counts nor reaches the report."""

from __future__ import annotations

import array
import time
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from nav_msgs.msg import OccupancyGrid, Odometry

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.bringup.monitor import Monitor
from live_mvp_ros.msg import InfoField
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import field_messages, grid_messages, vehicle_messages

SPEC = GridSpec((0.25, 0.25), 0.5, (4, 3))


def odometry(stamp_ns: int, x: float = 0.0, frame: str = "odom", child: str = "base_link"):
    zero = np.zeros(3, np.float32)
    state = vehicle_messages.VehicleState(
        stamp_ns, np.float32([x, 0, 2]), zero, np.float32([1, 0, 0, 0]), zero
    )
    return vehicle_messages.odometry(state, frame, child)


def grid(stamp_ns: int = 0) -> OccupancyGrid:
    return grid_messages.occupancy_grid(stamp_ns, "map", SPEC, np.zeros(SPEC.shape))


def field() -> InfoField:
    cells, local = np.ones(SPEC.shape, np.float32), np.ones((4, 2, 2), np.float32)
    return field_messages.info_field(
        "map",
        field_messages.Field(
            5, 4, SPEC, cells, cells, cells, 0.25, np.float32([1, 2]), local,
            True, False, 2.0, 0.75, np.float32([3, 4]),
        ),
        2.0, 1.5,
    )  # fmt: skip


@pytest.fixture
def watch(bench, monkeypatch):
    """Return a function that begins to watch what the bench publishes."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(bench.domain))
    monitors: list[Monitor] = []

    def begin(**options) -> Monitor:
        maps.clear()
        nodes = ("/quadrotor_sim",)
        monitors.append(Monitor("", lambda grid, _: maps.append(grid), nodes=nodes, **options))
        return monitors[0]

    yield begin
    for monitor in monitors:
        monitor.close()


maps: list[OccupancyGrid] = []


def test_odometry_of_another_body_or_time_neither_begins_nor_counts(bench, watch):
    monitor = watch(flies_by_odometry=True)
    out = bench.publisher(Odometry, "odom", qos.SENSOR)
    no_time = odometry(1)
    no_time.header.stamp.sec = -5
    wrong = [odometry(1, frame="mars"), odometry(1, child="two/base_link"), no_time]
    bench.wait(
        lambda: monitor.refused["odom"].count >= 9,
        during=lambda: [out.publish(message) for message in wrong],
    )
    assert monitor.heard_vehicle
    assert not monitor.record.flying
    ticks = iter(range(10_000))
    bench.wait(
        lambda: monitor.record.now_s() > 0.1,
        during=lambda: out.publish(odometry(next(ticks) * 10_000_000)),
    )
    assert monitor.record.flying


def test_the_last_map_and_field_that_can_be_used_are_kept(bench, watch):
    monitor = watch()
    grids = bench.publisher(OccupancyGrid, "map", qos.LATCHED)
    fields = bench.publisher(InfoField, "info_field", qos.LATCHED)
    monitor.record.begin()
    bench.wait(
        lambda: monitor.latest_map is not None and monitor.moments.kept,
        during=lambda: (grids.publish(grid(7)), fields.publish(field())),
    )
    assert monitor.moments.kept[0].gain.shape == SPEC.shape
    monitor.moments.kept.clear()
    broken_grid, broken_field = grid(8), field()
    broken_grid.info.width = 5
    broken_field.gain = array.array("f", [0.0])
    bench.wait(
        lambda: monitor.refused["map"].count and monitor.refused["info_field"].count,
        during=lambda: (grids.publish(broken_grid), fields.publish(broken_field)),
    )
    assert monitor.moments.kept == []
    assert grid_messages.probability_grid(monitor.latest_map, "map").stamp_ns == 7
    assert {grid_messages.probability_grid(message, "map").stamp_ns for message in maps} == {7}


def test_a_simulator_that_says_so_is_paused(bench, watch):
    monitor = watch()
    out = bench.publisher(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    for text in ("true", "false"):
        status = DiagnosticStatus(
            name="quadrotor_sim", message="ok", values=[KeyValue(key="paused", value=text)]
        )
        bench.wait(
            lambda text=text: monitor.progress.paused is (text == "true"),
            during=lambda status=status: out.publish(DiagnosticArray(status=[status])),
        )


def test_who_gives_nothing_yet_has_not_prepared_everything(bench, watch):
    monitor = watch()
    out = bench.publisher(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)

    def says(rate_hz):
        values = [KeyValue(key="rate_hz", value=rate_hz)]
        status = DiagnosticStatus(name="quadrotor_sim", message="ok", values=values)
        return lambda: out.publish(DiagnosticArray(status=[status]))

    bench.wait(lambda: monitor.progress.ready() == {"quadrotor_sim"}, during=says("0.00"))
    assert monitor.progress.prepared() == set()
    bench.wait(lambda: monitor.progress.prepared() == {"quadrotor_sim"}, during=says("100.00"))
    bench.spin(0.2, during=says("0.00"))  # later it may pause
    assert monitor.progress.prepared() == {"quadrotor_sim"}


def test_a_publisher_that_cannot_be_heard_is_named(bench, watch, capfd):
    monitor = watch()
    bench.publisher(OccupancyGrid, "map", qos.SENSOR)
    bench.wait(lambda: monitor._peers.problems())
    bench.wait(lambda: "nothing on map from /bench arrives" in capfd.readouterr().err)


def test_what_ends_the_watching_is_kept_and_nobody_waits_for_answers_then(
    bench, watch, monkeypatch, capfd
):
    monitor = watch()

    def breaks(*_):
        raise ZeroDivisionError("no such step")

    monkeypatch.setattr(monitor.record, "odometry", breaks)
    out = bench.publisher(Odometry, "odom", qos.SENSOR)
    bench.wait(lambda: monitor.failure is not None, during=lambda: out.publish(odometry(1)))
    assert isinstance(monitor.failure, ZeroDivisionError)
    begin = time.monotonic()
    monitor.end_mission(60.0)
    monitor.renew_parameters(60.0)
    problem = monitor.save_map(Path("/nowhere/map.npz"), 60.0)
    monitor.close()
    assert time.monotonic() - begin < 30.0
    assert problem is not None and "nobody is left" in problem
    assert "Traceback" not in capfd.readouterr().err  # it is the flight that says it
