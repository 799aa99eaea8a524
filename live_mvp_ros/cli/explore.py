# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp explore``: fly a mission, show how far it is, leave a report."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from live_mvp_ros.base.pip_packages import remedy
from live_mvp_ros.base.plurals import counted
from live_mvp_ros.base.results import PAGE
from live_mvp_ros.bringup.cores import AUTO, ENVIRONMENT, check_choice
from live_mvp_ros.bringup.environment import require_ros
from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.bringup.facts import resolve_world
from live_mvp_ros.bringup.graph import (
    CAMERAS,
    CONTROLLERS,
    IN_RUN_FOLDER,
    MAP_TO_ODOM,
    VEHICLES,
    VIEWS,
    GraphOptions,
    describe,
)
from live_mvp_ros.bringup.option_checks import (
    DRIFT_MAX_M_PER_M,
    HEADING_DRIFT_MAX_DEG_PER_M,
    HIGHEST_SYSTEM_ID,
    LARGEST_SEED,
)
from live_mvp_ros.bringup.own_terminal import kept_as_it_was
from live_mvp_ros.cli import views
from live_mvp_ros.cli.autopilot_options import not_empty
from live_mvp_ros.cli.file_options import FILE, check_folder, check_new_folder, check_writable
from live_mvp_ros.cli.numbers import Number
from live_mvp_ros.cli.shell_completion import worlds_and_files
from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS
from live_mvp_ros.viewing.ports import (
    GRPC_PORT,
    THIS_MACHINE,
    WEB_PORT,
    ViewError,
    check_ports,
    check_screen,
    host_name,
    web_address,
)
from live_mvp_ros.worlds.names import WORLD_FILES

if TYPE_CHECKING:
    from live_mvp_ros.bringup.exploration_flight import Flight
    from live_mvp_ros.bringup.glance import Glance

DEFAULTS = GraphOptions()


@click.command()
@click.option(
    "--world",
    default=DEFAULTS.world,
    show_default=True,
    shell_complete=worlds_and_files,
    help=f"{', '.join(WORLD_FILES)} (what is drawn takes a seed, too: maze:3), or a file.",
)
@click.option("--headless", is_flag=True, help="Plain log lines instead of the bar.")
@click.option(
    "--timeout",
    type=Number(min=0.0, min_open=True),
    metavar="S",
    help="End after S seconds of flight; before take-off after S seconds of waiting with every"
    " node ready.",
)
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Copy metrics.json to FILE.")
@click.option(
    "--params-file",
    type=click.Path(),
    metavar="FILE",
    help="ROS parameters file, or settings nested by component.",
)
@click.option("--namespace", default="", metavar="NS", help="Namespace of the whole graph.")
@click.option("--shared-tf", is_flag=True, help="Transforms go to /tf also in a namespace.")
@click.option(
    "--controller",
    type=click.Choice(CONTROLLERS),
    default=DEFAULTS.controller,
    show_default=True,
    help="Who steers: a mission; policy: what was trained; teleop: the keys of this terminal;"
    " none: something else publishes cmd/body_rates.",
)
@click.option(
    "--checkpoint",
    type=FILE,
    metavar="FILE",
    help="The policy.npz of a training that --controller policy flies.",
)
@click.option(
    "--vehicle",
    type=click.Choice(VEHICLES),
    default=DEFAULTS.vehicle,
    show_default=True,
    help="What flies: a simulated vehicle, one behind an autopilot, or none: something else"
    " publishes odom and, without --camera sim, depth/points, and obeys cmd/body_rates.",
)
@click.option(
    "--autopilot",
    type=click.Choice(tuple(AUTOPILOTS)),
    default=DEFAULTS.autopilot,
    show_default=True,
    help="What flies the vehicle with --vehicle mavlink.",
)
@click.option(
    "--url",
    default=DEFAULTS.url,
    callback=not_empty,
    metavar="URL",
    help="Where it is: udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or serial:DEVICE:BAUD;"
    " default: where its simulator is found.",
)
@click.option(
    "--system-id",
    type=click.IntRange(1, HIGHEST_SYSTEM_ID),
    default=DEFAULTS.system_id,
    show_default=True,
    help="Its MAVLink system.",
)
@click.option(
    "--camera",
    type=click.Choice(CAMERAS),
    help="What looks: sim, at the world from ground_truth/odom; none: something else publishes"
    " depth/points or depth/image  [default: sim unless the vehicle is none]",
)
@click.option(
    "--map-to-odom",
    type=click.Choice(MAP_TO_ODOM),
    default=DEFAULTS.map_to_odom,
    show_default=True,
    help="Who says where odom lies in map; external: somebody else on tf, such as a SLAM.",
)
@click.option(
    "--use-sim-time/--no-use-sim-time",
    default=None,
    help="Whether time comes from /clock; default: with the simulator only.",
)
@click.option(
    "--truth",
    shell_complete=worlds_and_files,
    metavar="WORLD",
    help="World to score against; default: that of the simulator, and none without it.",
)
@click.option(
    "--cores",
    envvar=ENVIRONMENT,
    default=AUTO,
    show_default=True,
    metavar="auto|off|LIST",
    help="Keep control and computing apart: on an idle machine, never, or on cores such as 0,2-3."
    f" Environment: {ENVIRONMENT}.",
)
@click.option(
    "--real-time-factor",
    type=Number(0.01, 100.0),
    default=DEFAULTS.real_time_factor,
    show_default=True,
    help="Simulated seconds per second.",
)
@click.option(
    "--follow-clock", is_flag=True, help="Live in the time of another drone's simulator."
)
@click.option(
    "--seed", type=click.IntRange(0, LARGEST_SEED), default=DEFAULTS.seed, show_default=True
)
@click.option(
    "--drift",
    type=Number(0.0, DRIFT_MAX_M_PER_M),
    default=DEFAULTS.drift_m_per_m,
    metavar="M_PER_M",
    help="Position error that odometry gains per metre flown, such as 0.005: the simulated one"
    " does, and map, planner and report expect it  [default: 0]",
)
@click.option(
    "--heading-drift",
    type=Number(0.0, HEADING_DRIFT_MAX_DEG_PER_M),
    default=DEFAULTS.heading_drift_deg_per_m,
    metavar="DEG_PER_M",
    help="Heading error that it gains per metre flown, such as 0.05  [default: 0]",
)
@click.option(
    "--output",
    type=FILE,
    default=Path("runs"),
    show_default=True,
    metavar="DIR",
    help="Folder in which the folder of this run is created.",
)
@click.option(
    "--record",
    is_flag=False,
    flag_value="",
    metavar="[DIR]",
    help="Record every topic to the bag DIR; without it to a bag in the folder of the run.",
)
@click.option("--no-record", is_flag=True, help="Record nothing.")
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    help="Show the flight in Rerun: in a window, as a web page, or into flight.rrd.",
)
@click.option(
    "--view-open", is_flag=True, help="With --view web: other machines may see the page, too."
)
def explore(
    world: str,
    headless: bool,
    timeout: float | None,
    json_file: Path | None,
    params_file: str | None,
    namespace: str,
    shared_tf: bool,
    controller: str,
    checkpoint: Path | None,
    vehicle: str,
    autopilot: str,
    url: str,
    system_id: int,
    camera: str | None,
    map_to_odom: str,
    use_sim_time: bool | None,
    truth: str | None,
    cores: str,
    real_time_factor: float,
    follow_clock: bool,
    seed: int,
    drift: float,
    heading_drift: float,
    output: Path,
    record: str | None,
    no_record: bool,
    view: str | None,
    view_open: bool,
) -> int:
    """Fly until the space is explored.

    The exit code is 0 when the mission is complete and all about it could be written, 1 when not,
    and 2 when the command was wrong and nothing flew.
    """
    options = GraphOptions(
        world=world,
        controller=controller,
        checkpoint="" if checkpoint is None else str(checkpoint),
        vehicle=vehicle,
        autopilot=autopilot,
        url=url,
        system_id=system_id,
        camera=camera,
        map_to_odom=map_to_odom,
        namespace=namespace,
        shared_tf=shared_tf,
        use_sim_time=use_sim_time,
        params_file=params_file,
        real_time_factor=real_time_factor,
        follow_clock=follow_clock,
        seed=seed,
        time_limit_s=timeout or 0.0,
        drift_m_per_m=drift,
        heading_drift_deg_per_m=heading_drift,
    )
    graph = describe(options)
    if vehicle == "mavlink" and importlib.util.find_spec("pymavlink") is None:
        raise UsageError(
            f"--vehicle mavlink: pymavlink is not installed here: {remedy(['pymavlink'])}"
        )
    check_choice(cores)
    truth = None if truth is None else resolve_world(truth)
    if view_open and view != "web":
        raise UsageError("--view-open is for --view web: nothing else listens")
    if json_file is not None:
        check_writable(json_file)
    check_folder(output, "--output")
    bag = chosen_bag(record, no_record)
    require_ros()
    from live_mvp_ros.bringup.exploration_flight import Flight
    from live_mvp_ros.bringup.flight_options import FlightOptions

    screen = views.view(plain=headless)
    if view is not None:
        check_viewer(view, view_open, fixed_ports=params_file is None)
    screen.say(f"starting {len(graph.nodes)} nodes in world {world}")
    if view == "web" and params_file is None:  # a file may say other ports
        host = host_name() if view_open else THIS_MACHINE
        screen.say(f"the view is at {web_address(WEB_PORT, GRPC_PORT, host)}")

    def show(glance: Glance) -> None:
        screen.show(
            views.Shown(
                line(glance),
                glance.state,
                glance.note,
                share=glance.explored_fraction,
                left_s=glance.left_s,
                has_bar=True,
            )
        )

    wishes = FlightOptions(output, timeout, json_file, bag, view, truth, cores, view_open)
    flight = Flight(graph, wishes, show, screen.say)
    with kept_as_it_was(), screen:
        ending = flight.run()
    for words in last_words(flight, ending.reason):
        screen.say(words)
    unwritten = flight.unwritten.sentence()
    if unwritten:
        click.echo(f"live-mvp: {unwritten}", err=True)
    code = 0 if flight.metrics.get("mission_complete") and not unwritten else FAILED
    if flight.unfinished:  # a thread is inside an import and cannot be ended
        sys.stdout.flush()
        os._exit(code)
    return code


def chosen_bag(record: str | None, no_record: bool) -> Path | None:
    """Return the folder of the bag, None for no bag.

    Raises:
        UsageError: it exists already, or recording was both asked for and forbidden.
    """
    if no_record:
        if record is not None:
            raise UsageError("--record and --no-record exclude each other: choose one")
        return None
    if not record:
        return IN_RUN_FOLDER
    check_new_folder(Path(record), "--record")
    return Path(record)


def check_viewer(view: str, view_open: bool, fixed_ports: bool) -> None:
    """Refuse a view that cannot be opened here; later, a flight goes on without its view.

    ``fixed_ports``: no parameters file says other ones.

    Raises:
        UsageError: Rerun is not installed, there is no screen for a window, or a port is taken.
    """
    if importlib.util.find_spec("rerun") is None:
        raise UsageError("--view needs Rerun, which is not installed here: pip install rerun-sdk")
    try:
        if view == "window":
            check_screen("--view web or --view file")
        elif view == "web" and fixed_ports:
            check_ports(WEB_PORT, GRPC_PORT, to_others=view_open)
    except ViewError as error:
        raise UsageError(f"--view {view}: {error}") from None


def line(glance: Glance) -> str:
    """Return a glance as one line of text."""
    explored = glance.explored_fraction
    parts = [
        f"{glance.state:<14}",
        f"{100 * explored:5.1f} %" if explored is not None else "    - %",
        f"{glance.flight_time_s:6.1f} s",
        f"{glance.path_length_m:6.1f} m",
        f"{glance.speed_m_s:4.1f} m/s",
        f"clearance {glance.clearance_m:.2f} m" if glance.clearance_m is not None else "",
        f"control {glance.control_ms:.1f} ms" if glance.control_ms is not None else "",
        f"no safe plan {100 * glance.unsafe_plan_fraction:.1f} %"
        if glance.unsafe_plan_fraction
        else "",
        f"x{glance.real_time_factor:.2f}" if glance.real_time_factor is not None else "",
    ]
    return "  ".join(part for part in parts if part)


def last_words(flight: Flight, reason: str) -> list[str]:
    """Return the lines at the end: what came of it, what to try next, and the page about it."""
    from live_mvp_ros.reports.advice import advice_lines

    lines = [summary(flight, reason), *advice_lines(flight.metrics)]
    if flight.left_out:
        lines.append(
            f"there was no time for {flight.left_out}: live-mvp report {flight.folder} makes what"
            " is missing"
        )
    if flight.unsaved:
        lines.append(f"the neural map was not saved: {flight.unsaved}")
    if flight.folder is not None and (page := flight.folder / PAGE).is_file():
        lines.append(f"report: {page}")
    return lines


def summary(flight: Flight, reason: str) -> str:
    """Return what came of a flight, and where it is written down."""
    values = flight.metrics
    verdict = "complete" if values.get("mission_complete") else "not complete"
    facts = []
    explored = values.get("explored_fraction")
    if isinstance(explored, float):
        facts.append(f"explored {100 * explored:.1f} % of what can be seen")
    if values.get("flight_time_s"):
        facts.append(f"{values['flight_time_s']:.1f} s of flight")
        facts.append(f"{values['path_length_m']:.1f} m")
    collisions = values.get("collisions")
    if isinstance(collisions, int):
        facts.append(counted(collisions, "collision"))
    sentence = f"mission {verdict}: {reason}"
    if facts:
        figures = ", ".join(facts)
        sentence = f"{sentence}. {figures[0].upper()}{figures[1:]}"
    return sentence if flight.folder is None else f"{sentence}; results in {flight.folder}"
