# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What it costs to drive several vehicles in one process: a core's share per vehicle.

    python bench/fleet_driver.py --vehicles 8 --seconds 30

Simulated autopilots are started together, each a process of its own, and one mavlink_driver for
all. Each is armed, takes off and flies commands to hover that come 50 times a second. Told are the
processor time of the driver's process, per vehicle, the least rate of odometry, and how many fly.
Exit code 1 unless all fly.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil

from live_mvp_ros.bringup import environment

FIRST_PORT = 15760
RATE_HZ = 50.0
WITHIN_S = 60.0
ASKED_AGAIN_S = 2.0


def main() -> int:
    """Fly, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--vehicles", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--autopilot", choices=("ardupilot", "px4"), default="px4")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    environment.enter()
    with contextlib.ExitStack() as stack:
        ports = range(FIRST_PORT, FIRST_PORT + options.vehicles)
        for number, port in enumerate(ports):
            stack.enter_context(simulated(options.autopilot, number, port))
        driver = stack.enter_context(driving(options.autopilot, ports))
        found = flown(psutil.Process(driver.pid), options.vehicles, options.seconds)
    print(
        f"{options.vehicles} vehicles by {options.autopilot}, {found['flying']} flying: "
        f"{100 * found['share_per_vehicle']:.1f} % of a core each, odometry at "
        f"{found['least_odometry_hz']:.1f} Hz or more, all flying after {found['after_s']:.1f} s"
    )
    for name, reason in found["not_flying"].items():
        print(f"{name} does not fly: {reason}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=2)
    return 0 if found["flying"] == options.vehicles else 1


@contextlib.contextmanager
def process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for as long as the block lasts."""
    running = subprocess.Popen(command, env=environment.child_environment())
    try:
        yield running
    finally:
        running.terminate()
        running.wait(30.0)


def simulated(autopilot: str, number: int, port: int) -> Any:
    """Run a simulated autopilot that stands in a row with the others."""
    words = ["vehicle", "simulate", "--autopilot", autopilot, "--system-id", str(number + 1)]
    words += ["--url", f"udpout:127.0.0.1:{port}", "--start", f"{3 * number},0,0,0"]
    return process([sys.executable, "-m", "live_mvp_ros.cli", *words])


def driving(autopilot: str, ports: range) -> Any:
    """Run the driver of all."""
    fleet = ",".join(
        f"drone{number}=udpin:127.0.0.1:{port}#{number + 1}@{3 * number}/0/0"
        for number, port in enumerate(ports)
        if number
    )
    values = {"autopilot": autopilot, "url": f"udpin:127.0.0.1:{ports[0]}", "fleet": fleet}
    said = [word for key, value in values.items() if value for word in ("-p", f"{key}:={value}")]
    words = ["live_mvp_ros.nodes", "mavlink_driver", "--ros-args", *said]
    return process([sys.executable, "-m", *words])


def flown(driver: psutil.Process, count: int, seconds: float) -> dict[str, Any]:
    """Have all take off and hover, and return what the driver needs for it."""
    import rclpy
    from std_srvs.srv import Trigger

    from live_mvp_ros.msg import AutopilotState, BodyRateThrust
    from live_mvp_ros.ros import qos
    from live_mvp_ros.srv import CheckVehicle
    from live_mvp_ros.vehicle import QuadrotorConfig
    from live_mvp_ros.vehicle.gravity import GRAVITY_M_S2

    rclpy.init()
    node = rclpy.create_node("fleet_driver_bench")
    names = ["" if number == 0 else f"drone{number}/" for number in range(count)]
    states: dict[str, Any] = {}
    wishes = {
        AutopilotState.STANDBY: "check",
        AutopilotState.CHECKED: "arm",
        AutopilotState.ARMED: "takeoff",
        AutopilotState.HOLDING: "fly",
    }
    kinds = dict.fromkeys(wishes.values(), Trigger) | {"check": CheckVehicle}
    asked_s = dict.fromkeys(names, 0.0)
    clients = {
        (name, wish): node.create_client(kinds[wish], f"{name}vehicle/{wish}")
        for name in names
        for wish in wishes.values()
    }
    hover = BodyRateThrust(thrust=QuadrotorConfig().mass_kg * GRAVITY_M_S2)
    outs = [
        node.create_publisher(BodyRateThrust, f"{n}cmd/body_rates", qos.COMMAND_OUT) for n in names
    ]

    def take(name: str) -> Any:
        def use(state: AutopilotState) -> None:
            states[name] = state
            wish, now_s = wishes.get(state.phase), time.monotonic()
            if wish and now_s - asked_s[name] > ASKED_AGAIN_S:
                asked_s[name] = now_s
                clients[name, wish].call_async(kinds[wish].Request())

        return use

    for name in names:
        node.create_subscription(AutopilotState, f"{name}vehicle/state", take(name), qos.KEPT)

    def command() -> None:
        hover.header.stamp = node.get_clock().now().to_msg()
        for out in outs:
            out.publish(hover)

    node.create_timer(1.0 / RATE_HZ, command)

    def flying() -> int:
        return sum(state.phase == AutopilotState.FLYING for state in states.values())

    began_s = time.monotonic()
    while flying() < count and time.monotonic() < began_s + WITHIN_S:
        rclpy.spin_once(node, timeout_sec=0.1)
    after_s, used_s = time.monotonic() - began_s, sum(driver.cpu_times()[:2])
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        rclpy.spin_once(node, timeout_sec=0.1)
    used_s = sum(driver.cpu_times()[:2]) - used_s
    found = {
        "vehicles": count,
        "flying": flying(),
        "after_s": after_s,
        "share_per_vehicle": used_s / seconds / count,
        "least_odometry_hz": min((s.odometry_hz for s in states.values()), default=0.0),
        "not_flying": {
            name or "the first": state.reason
            for name, state in states.items()
            if state.phase != AutopilotState.FLYING
        },
    }
    node.destroy_node()
    rclpy.try_shutdown()
    return found


if __name__ == "__main__":
    sys.exit(main())
