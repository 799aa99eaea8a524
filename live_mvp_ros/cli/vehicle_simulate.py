# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle simulate``: an autopilot in a process of its own, flown by MAVLink.

Loads no JAX: the start of a world is read in a process that ends again.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.cli.file_options import FILE, check_writable
from live_mvp_ros.cli.numbers import Number
from live_mvp_ros.cli.shell_completion import worlds_and_files

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.simulated_autopilot.airframe import Airframe
    from live_mvp_ros.vehicle.simulated_autopilot.dialects import Dialect
    from live_mvp_ros.vehicle.simulated_autopilot.provoked_faults import Fault

READ_WORLD = """
import json, sys
from live_mvp_ros.worlds import load_world
world = load_world(sys.argv[1])
print(json.dumps([*world.start_m[:2], world.lower_m[2], world.start_yaw_rad]))
"""
Start = tuple[float, float, float, float]
"""Where it boots: x, y, z [m] and heading [rad], map frame (ENU)."""


@click.command()
@click.option("--autopilot", type=click.Choice(("ardupilot", "px4")), required=True)
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="URL",
    help="Link: udpout:HOST:PORT[@LOCAL_PORT], udpin:HOST:PORT or tcpin:HOST:PORT; more than one "
    "may be given  [default: PX4 udpout:127.0.0.1:14540@14580, ArduPilot tcpin:127.0.0.1:5760]",
)
@click.option(
    "--world",
    shell_complete=worlds_and_files,
    metavar="WORLD",
    help="Boot on the floor where flights of this world start.",
)
@click.option(
    "--start",
    metavar="X,Y,Z,YAW",
    help="Boot here instead: metres and radians in the map frame of the world  [default: 0,0,0,0]",
)
@click.option(
    "--vehicle",
    "vehicle_file",
    type=FILE,
    metavar="FILE",
    help="Parameters file with mass, drag and thrust ratio below vehicle.",
)
@click.option("--system-id", type=click.IntRange(1, 250), default=1, show_default=True)
@click.option(
    "--real-time-factor", type=Number(0.01, 20.0), default=1.0, show_default=True, metavar="X"
)
@click.option(
    "--position-wander",
    type=Number(0.0, 10.0),
    default=0.002,
    show_default=True,
    metavar="M",
    help="Standard deviation of its position error; with GPS it was 0.6.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="KIND@SECONDS[:VALUE]",
    help="What goes wrong, and when after boot; more than one may be given. Kinds: ekf_reset, "
    "gps_loss, gps_found, low_battery, pilot_mode, link_cut, freeze.",
)
@click.option(
    "--duration", type=Number(0.0, 1e6, min_open=True), metavar="S", help="End after this long."
)
@click.option("--log", "log_file", type=FILE, metavar="FILE", help="Write each setpoint to FILE.")
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the summary to FILE.")
def simulate(
    autopilot: str,
    urls: tuple[str, ...],
    world: str | None,
    start: str | None,
    vehicle_file: Path | None,
    system_id: int,
    real_time_factor: float,
    position_wander: float,
    seed: int,
    faults: tuple[str, ...],
    duration: float | None,
    log_file: Path | None,
    json_file: Path | None,
) -> int:
    """Simulate a quadrotor with an autopilot until Ctrl-C; exit code 0."""
    for option, path in {"--log": log_file, "--json": json_file}.items():
        if path is not None:
            check_writable(path, option)
    from live_mvp_ros.vehicle.simulated_autopilot import autopilot_links
    from live_mvp_ros.vehicle.simulated_autopilot.autopilot import Autopilot
    from live_mvp_ros.vehicle.simulated_autopilot.autopilot_server import serve
    from live_mvp_ros.vehicle.simulated_autopilot.dialects import DIALECTS
    from live_mvp_ros.vehicle.simulated_autopilot.setpoint_log import SetpointLog

    dialect = DIALECTS[autopilot]
    x, y, z, yaw = start_of(world, start)
    with ExitStack() as stack:
        airframe = airframe_of(dialect, vehicle_file)
        planned = [fault_of(text, dialect) for text in faults]
        try:
            names = [autopilot_links.parse(url) for url in urls or (dialect.url(system_id),)]
            links = [stack.enter_context(autopilot_links.opened(name)) for name in names]
        except autopilot_links.LinkError as error:
            raise UsageError(str(error)) from error
        file = None
        if log_file is not None:
            file = stack.enter_context(log_file.open("w", encoding="utf-8"))
        simulated = Autopilot(
            dialect,
            system_id=system_id,
            airframe=airframe,
            origin_m=(y, x, -z),
            yaw_rad=0.5 * math.pi - yaw,
            wander_m=position_wander,
            faults=planned,
            log=SetpointLog(file),
            seed=seed,
        )
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        where = ", ".join(autopilot_links.text_of(name) for name in names)
        click.echo(f"{dialect.name}, system {system_id}, at {where}; Ctrl-C ends it")
        serve(
            simulated,
            links,
            lambda: stop.is_set() or (duration is not None and simulated.time_s >= duration),
            real_time_factor,
        )
        summary = simulated.log.end(simulated.facts())
        if file is not None:
            os.fsync(file.fileno())
    report(summary, json_file)
    return 0


def start_of(world: str | None, start: str | None) -> Start:
    """Return where to boot, of ``--start`` or else of a world.

    Raises:
        UsageError: it is not four numbers, or there is no such world.
    """
    if start is not None:
        words = start.split(",")
        try:
            numbers = [float(word) for word in words]
        except ValueError:
            numbers = []
        if len(numbers) != 4 or not all(abs(number) < 1e5 for number in numbers):
            raise UsageError(
                f"--start {start!r} is not allowed: it must be X,Y,Z,YAW, as in 2,3,0,1.57"
            )
        return (numbers[0], numbers[1], numbers[2], numbers[3])
    if world is None:
        return (0.0, 0.0, 0.0, 0.0)
    result = subprocess.run(
        [sys.executable, "-P", "-c", READ_WORLD, world],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["it cannot be read"])[-1]
        raise UsageError(f"--world {world}: {reason.partition(': ')[2] or reason}")
    x, y, z, yaw = json.loads(result.stdout)
    return (x, y, z, yaw)


def airframe_of(dialect: Dialect, file: Path | None) -> Airframe:
    """Return the airframe of a dialect with what a file says of the vehicle.

    Raises:
        UsageError: the file cannot be read or says something that is not allowed.
    """
    from live_mvp_ros.vehicle.simulated_autopilot import airframe

    if file is None:
        return dialect.airframe
    try:
        return airframe.with_vehicle(dialect.airframe, airframe.read_vehicle(file))
    except airframe.VehicleFileError as error:
        raise UsageError(f"--vehicle {file}: {error}") from error


def fault_of(text: str, dialect: Dialect) -> Fault:
    """Return a fault.

    Raises:
        UsageError: it makes no sense.
    """
    from live_mvp_ros.vehicle.simulated_autopilot import provoked_faults

    try:
        return provoked_faults.parse(text, dialect.mode_names)
    except provoked_faults.FaultError as error:
        raise UsageError(f"--fault: {error}") from error


def report(summary: dict[str, Any], json_file: Path | None) -> None:
    """Print what the setpoints were like, and write it."""
    if json_file is not None:
        from live_mvp_ros.base.results import write_json

        write_json(json_file, summary)
    oldest = summary["oldest_ms"]
    age = "" if oldest is None else f", the oldest {oldest:.0f} ms late"
    gap = f"longest gap {summary['longest_gap_s']:.3f} s"
    click.echo(f"{summary['setpoints']} setpoints, {summary['flown']} flown{age}, {gap}")
    for switch in summary["mode_switches"]:
        if switch["setpoints_after"]:
            modes = f"{switch['mode_before']} to {switch['mode']}"
            after = f"{switch['setpoints_after']} setpoints after it"
            last = f"the last {switch['last_after_s']:.3f} s"
            click.echo(f"{switch['at_s']:.2f} s: {modes}, {after}, {last}")
