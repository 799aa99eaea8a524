# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle check``: would it fly? In words, without ROS and without a flight."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from live_mvp_ros.bringup.errors import FAILED
from live_mvp_ros.cli.autopilot_options import autopilot_options, check_link, link_of, loading
from live_mvp_ros.cli.file_options import FILE, check_writable
from live_mvp_ros.cli.numbers import Number

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink
    from live_mvp_ros.vehicle.mavlink.preflight import CheckReport

LOOK_S, SAY_S = 0.5, 5.0
WORDS = {True: "good", False: "NOT ", None: "-   "}
"""Before each item; a dash is what the vehicle does not tell."""


@click.command()
@autopilot_options
@click.option(
    "--timeout",
    type=Number(1.0, 3600.0),
    default=30.0,
    show_default=True,
    metavar="S",
    help="Wait so long for everything to be good.",
)
@click.option(
    "--altitude",
    type=Number(0.5, 100.0),
    default=2.0,
    show_default=True,
    metavar="M",
    help="Of the flight, above where it stands: PX4 is told how far to rise by itself.",
)
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the report to FILE.")
def check(
    autopilot: str,
    url: str,
    system_id: int,
    timeout: float,
    altitude: float,
    json_file: Path | None,
) -> int:
    """Say what is well with a vehicle on the ground, and what keeps it there.

    Sets the parameters that a flight depends on if the vehicle is disarmed; they stay set. To the
    vehicle it is a ground station, as a driver is. Exit code 0: it may be armed; 1: it may not, or
    is not there.
    """
    check_link(url, "vehicle check")
    if json_file is not None:
        check_writable(json_file)
    with loading():
        from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink

        config = link_of(autopilot, url, system_id, altitude_m=altitude)
    opened = ListeningLink(config)
    try:
        report = wait_for(opened, timeout)
        mode = opened.link.mode_name
    finally:
        opened.close()
    for item in report.items:
        click.echo(f"{WORDS[item.passed]}  {item.name}: {item.sentence}")
    click.echo(verdict(report))
    if json_file is not None:
        from live_mvp_ros.base.results import write_json

        write_json(json_file, in_values(report, opened.url, mode))
    return 0 if report.passed else FAILED


def verdict(report: CheckReport) -> str:
    """Return the last line."""
    untold = ", ".join(report.untold)
    if report.passed:
        return "it may be armed" + (f"; it does not tell: {untold}" if untold else "")
    if len(report.items) == 1:
        return "it may not be armed"
    count = f"{len(report.problems)} of {len(report.items)}"
    return f"it may not be armed: {count} checks are not good"


def wait_for(opened: ListeningLink, timeout_s: float) -> CheckReport:
    """Return the report as soon as all is good, or what it is after ``timeout_s`` or Ctrl-C."""
    end_s, said_s, said = time.monotonic() + timeout_s, 0.0, ""
    report = reported(opened)
    while True:
        try:
            opened.serve(LOOK_S)
        except KeyboardInterrupt:
            click.echo("interrupted: what is known is not good yet", err=True)
            return report
        report = reported(opened)
        now_s = time.monotonic()
        if report.passed or now_s >= end_s:
            return report
        waits_for = report.summary
        if waits_for != said and now_s - said_s >= SAY_S:
            said_s, said = now_s, waits_for
            click.echo(f"waiting, {end_s - now_s:.0f} s at most, for: {waits_for}", err=True)


def reported(opened: ListeningLink) -> CheckReport:
    """Return the report, with the cause where no heartbeat comes."""
    from live_mvp_ros.vehicle.mavlink.preflight import CheckItem, CheckReport

    report = opened.link.check()
    if opened.link.connected(time.monotonic()):
        return report
    return CheckReport((CheckItem("vehicle", False, opened.silence),))


def in_values(report: CheckReport, url: str, mode: str) -> dict[str, object]:
    """Return what goes into the file."""
    return {
        "passed": report.passed,
        "url": url,
        "mode": mode,
        "checks": [
            {"name": item.name, "passed": item.passed, "sentence": item.sentence}
            for item in report.items
        ],
    }
