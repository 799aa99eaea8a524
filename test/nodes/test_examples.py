# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The nodes of examples/ do beside ours what the tutorials say of them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from nav_msgs.msg import OccupancyGrid, Odometry

from live_mvp_ros.bringup.facts import mission_facts
from live_mvp_ros.msg import BodyRateThrust
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import grid_messages

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LIGHT = {"table_size_log2": 10, "levels": 2, "keyframes": 2}


def start(bench, name, *arguments):
    """Start an example beside the nodes of a bench."""
    with bench.log(name).open("wb") as log:
        bench.processes[name] = subprocess.Popen(
            [sys.executable, EXAMPLES / f"{name}.py", *arguments],
            env=os.environ | {"ROS_DOMAIN_ID": str(bench.domain)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def at(grid, x, y):
    """Return whether a place is known, and its probability of being occupied."""
    (ox, oy), side = grid.spec.origin_m, grid.spec.resolution_m
    cell = round((x - ox) / side), round((y - oy) / side)
    return bool(grid.known[cell]), float(grid.p[cell])


@pytest.mark.parametrize("namespace", ["", "drone1"])
def test_the_map_learns_the_room_of_the_own_vehicle(bench, namespace):
    facts, prefix = mission_facts(str(EXAMPLES / "room.yaml")), f"{namespace}/" * bool(namespace)
    told = {"lower_m": facts.lower_m, "upper_m": facts.upper_m, "frame_prefix": prefix, **LIGHT}
    words = [
        word
        for k, v in told.items()
        for word in ("-p", f"{k}:={list(v) if isinstance(v, tuple) else v!r}")
    ]
    place = ["--ros-args", "-r", f"__ns:=/{namespace}"]
    maps = bench.collect(OccupancyGrid, f"/{prefix}map", qos.LATCHED)
    bench.run("live_map", *place, *words, "-p", f"body.altitude_m:={facts.start_m[2]}")
    start(bench, "own_vehicle", *place)
    grid = None

    def wall_is_known():
        nonlocal grid
        grid = grid_messages.probability_grid(maps[-1], "map") if maps else None
        return grid is not None and at(grid, 6.05, 2.5)[0]

    bench.wait(wall_is_known)
    assert at(grid, 6.05, 2.5)[1] > 0.5  # the wall that it looks at
    known, p = at(grid, 4.0, 2.5)
    assert known and p < 0.5  # on the way there
    assert not at(grid, 0.1, 0.1)[0]  # behind it


def test_the_own_vehicle_flies_thrust_and_body_rates(bench):
    odom = bench.collect(Odometry, "odom")
    commands = bench.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
    start(bench, "own_vehicle")
    bench.wait(lambda: odom)
    rising = BodyRateThrust(thrust=9.81 + 1.0)
    bench.wait(
        lambda: odom[-1].twist.twist.linear.z > 0.5, during=lambda: commands.publish(rising)
    )
    assert odom[-1].pose.pose.position.z > 1.5
    turning = BodyRateThrust(thrust=9.81)
    turning.body_rates.z = 1.0
    bench.wait(
        lambda: odom[-1].pose.pose.orientation.z > math.sin(0.1),
        during=lambda: commands.publish(turning),
    )


def test_the_own_controller_lifts_the_simulated_vehicle_and_stays(bench):
    odom = bench.collect(Odometry, "odom")
    bench.start("quadrotor_sim", start_position_m=[1.0, 2.0, 1.5])
    start(bench, "own_controller")

    def stays_there():
        if not odom:
            return False
        position, speed = odom[-1].pose.pose.position, odom[-1].twist.twist.linear
        away = math.dist((position.x, position.y, position.z), (1.0, 2.0, 2.5))
        return away < 0.1 and math.hypot(speed.x, speed.y, speed.z) < 0.05

    bench.wait(stays_there)
