# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle check``: would it fly? In words, without ROS and without a flight."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from live_mvp_ros.bringup.errors import FAILED
from live_mvp_ros.cli.autopilot_options import autopilot_options, check_link, link_of
from live_mvp_ros.cli.file_options import FILE, check_writable
from live_mvp_ros.cli.numbers import Number

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink
    from live_mvp_ros.vehicle.mavlink.preflight import CheckReport

LOOK_S, SAY_S = 0.5, 5.0


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
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the report to FILE.")
def check(autopilot: str, url: str, system_id: int, timeout: float, json_file: Path | None) -> int:
    """Say what is well with a vehicle on the ground, and what keeps it there.

    Sets the parameters that a flight depends on if the vehicle is disarmed. Exit code 0: it may be
    armed; 1: it may not, or is not there.
    """
    check_link(url, "vehicle check")
    if json_file is not None:
        check_writable(json_file)
    from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink

    opened = ListeningLink(link_of(autopilot, url, system_id))
    try:
        report = wait_for(opened, timeout)
        mode = opened.link.mode_name
    finally:
        opened.close()
    for item in report.items:
        click.echo(f"{'good' if item.passed else 'NOT ':4}  {item.name}: {item.sentence}")
    count = len(report.problems)
    well = "it may be armed" if report.passed else f"it may not be armed: {count} of "
    click.echo(well + ("" if report.passed else f"{len(report.items)} checks are not good"))
    if json_file is not None:
        from live_mvp_ros.base.results import write_json

        write_json(json_file, in_values(report, opened.url, mode))
    return 0 if report.passed else FAILED


def wait_for(opened: ListeningLink, timeout_s: float) -> CheckReport:
    """Return the report as soon as all is good, or what it is after ``timeout_s``."""
    end_s, said_s, said = time.monotonic() + timeout_s, 0.0, ""
    while True:
        opened.serve(LOOK_S)
        report = opened.link.check()
        now_s = time.monotonic()
        if report.passed or now_s >= end_s:
            return report
        connected = opened.link.connected(now_s)
        silent = f"a heartbeat of system {opened.link.config.system_id} at {opened.url}"
        waits_for = report.summary if connected else opened.problem or silent
        if waits_for != said and now_s - said_s >= SAY_S:
            said_s, said = now_s, waits_for
            click.echo(f"waiting, {end_s - now_s:.0f} s at most, for: {waits_for}", err=True)


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
