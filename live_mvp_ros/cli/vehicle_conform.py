# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle conform``: fly the list of checks, and leave one page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from live_mvp_ros.bringup.environment import require_ros
from live_mvp_ros.bringup.errors import FAILED, BringupError, UsageError
from live_mvp_ros.cli.autopilot_options import autopilot_options, check_link
from live_mvp_ros.cli.file_options import FILE, check_folder, check_writable
from live_mvp_ros.cli.numbers import Number
from live_mvp_ros.ros.topics import STEERING

if TYPE_CHECKING:
    from live_mvp_ros.bringup.ros_rig import RosRig
    from live_mvp_ros.vehicle.conformance.check_parts import Check
    from live_mvp_ros.vehicle.conformance.recorded_flight import Judged


@click.command()
@click.option(
    "--vehicle",
    type=click.Choice(("sim",)),
    help="The simulated vehicle of this package; else --autopilot.",
)
@partial(autopilot_options, required=False)
@click.option(
    "--flying",
    is_flag=True,
    help="Take off, and provoke faults in the air: keep 10 m around free.",
)
@click.option(
    "--altitude",
    type=Number(1.5, 100.0),
    default=3.0,
    show_default=True,
    metavar="M",
    help="To fly at, behind an autopilot.",
)
@click.option(
    "--real-time-factor",
    type=Number(0.05, 2.0),
    metavar="X",
    help="Of the simulated vehicle: less on a machine that is too busy  [default: 1]",
)
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the figures to FILE.")
@click.option(
    "--output",
    type=FILE,
    default=Path("runs"),
    show_default=True,
    metavar="FOLDER",
    help="Where the folder of this run is made.",
)
def conform(
    vehicle: str | None,
    autopilot: str | None,
    url: str,
    system_id: int,
    flying: bool,
    altitude: float,
    real_time_factor: float | None,
    json_file: Path | None,
    output: Path,
) -> int:
    """Check a vehicle and its driver against what the graph relies on.

    Exit code 0: all checks that apply have passed; 1: one has not; 2: used wrongly.
    """
    if (vehicle is None) == (autopilot is None):
        raise UsageError(
            "what is to be checked? Say either --vehicle sim, or --autopilot px4 or ardupilot"
            + (", not both" if vehicle else "")
        )
    if vehicle is not None and url:
        raise UsageError("--url is for --autopilot: the simulated vehicle has none")
    if vehicle is None and real_time_factor is not None:
        raise UsageError("--real-time-factor is for --vehicle sim: others fly in their own time")
    if autopilot is not None:
        check_link(url, "vehicle conform")
    if json_file is not None:
        check_writable(json_file)
    check_folder(output, "--output")
    require_ros()
    from live_mvp_ros.base import results
    from live_mvp_ros.bringup.run_folder import LOGS, new_folder
    from live_mvp_ros.vehicle.conformance import conformance_page as page
    from live_mvp_ros.vehicle.conformance.conforming import conform as fly
    from live_mvp_ros.vehicle.conformance.rig import RigError

    with contextlib.ExitStack() as stack:
        alone(stack)
        folder = new_folder(output).path
        (folder / LOGS).mkdir()
        rig = stack.enter_context(
            simulated(folder / LOGS, real_time_factor or 1.0)
            if autopilot is None
            else driven(folder / LOGS, autopilot, url, system_id, altitude)
        )

        def tell(check: Check, figures: Sequence[Judged]) -> None:
            for words in page.lines(check, figures):
                click.echo(words)

        click.echo(f"{rig.name}: the first figures come when it has started")
        try:
            figures = fly(rig, flying=flying, tell=tell)
        except RigError as error:
            raise BringupError(f"{rig.name}: {error}; its log is in {folder / LOGS}") from error
        when = f"{datetime.now():%Y-%m-%d %H:%M}"
        text = page.markdown(figures, rig.name, when)
    results.write(folder / page.PAGE, text.encode())
    if json_file is not None:
        results.write_json(json_file, page.values(figures, rig.name))
    click.echo(f"{page.summary(figures)}; the page is {folder / page.PAGE}")
    return 0 if page.passed(figures) else FAILED


def alone(stack: contextlib.ExitStack) -> None:
    """Make sure that no other graph runs in this domain.

    Raises:
        UsageError: one does.
    """
    from live_mvp_ros.bringup.lock import GraphLock
    from live_mvp_ros.bringup.ros_settings import check_ros_settings

    check_ros_settings()
    lock = GraphLock("")
    stack.callback(lock.release)
    lock.check_discovery({"/quadrotor_sim", "/mavlink_driver", *(f"/{name}" for name in STEERING)})


@contextlib.contextmanager
def simulated(logs: Path, factor: float) -> Iterator[RosRig]:
    """Start the simulated vehicle, and end it in the end."""
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros.bringup.graph import NodeSpec
    from live_mvp_ros.bringup.ros_rig import RosRig

    node = NodeSpec("quadrotor_sim", "quadrotor_sim", "", {"real_time_factor": factor})
    rig = RosRig(node, logs, "quadrotor_sim")
    try:
        yield rig
    finally:
        rig.close()


@contextlib.contextmanager
def driven(
    logs: Path, autopilot: str, url: str, system_id: int, altitude_m: float
) -> Iterator[RosRig]:
    """Start the driver of a vehicle, behind a relay, and end both in the end."""
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros.bringup.graph import NodeSpec
    from live_mvp_ros.bringup.ros_rig import RosRig
    from live_mvp_ros.vehicle.conformance.relay import Relay
    from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS

    traits = AUTOPILOTS[autopilot]
    with contextlib.closing(Relay(url or traits.default_url, system_id)) as relay:
        relay.start()
        link: dict[str, bool | int | float | str | tuple[float, ...]] = {
            "autopilot": autopilot,
            "url": relay.driver_url,
            "system_id": system_id,
            "body.altitude_m": altitude_m,
        }
        node = NodeSpec("mavlink_driver", "mavlink_driver", "", link)
        rig = RosRig(node, logs, f"{traits.name} at {relay.url}", relay, traits)
        try:
            yield rig
        finally:
            rig.close()
