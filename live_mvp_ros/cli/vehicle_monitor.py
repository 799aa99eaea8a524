# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle monitor``: what a vehicle says, in one line that is always new."""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING

import click

from live_mvp_ros.cli.autopilot_options import autopilot_options, check_link, link_of
from live_mvp_ros.cli.numbers import Number

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink

LIVE_S, PLAIN_S = 0.2, 1.0
"""Between two lines in a terminal, and elsewhere."""
CLEAR = "\r\x1b[2K"


@click.command()
@autopilot_options
@click.option(
    "--duration", type=Number(0.0, 1e6, min_open=True), metavar="S", help="End after this long."
)
def monitor(autopilot: str, url: str, system_id: int, duration: float | None) -> int:
    """Show link, mode, phase, pose, battery and clock until Ctrl-C; exit code 0.

    It only listens. A driver that flies the vehicle needs a link of its own.
    """
    check_link(url, "vehicle monitor")
    from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink

    opened = ListeningLink(link_of(autopilot, url, system_id))
    live = sys.stdout.isatty()
    end_s = math.inf if duration is None else time.monotonic() + duration
    try:
        while time.monotonic() < end_s:
            before, began_s = opened.received, time.monotonic()
            opened.serve(min(LIVE_S if live else PLAIN_S, end_s - began_s))
            taken = max(time.monotonic() - began_s, 1e-3)
            words = line(opened, (opened.received - before) / taken, time.monotonic_ns())
            for text in fresh_texts(opened):
                click.echo(f"{CLEAR if live else ''}it says: {text}")
            click.echo(f"{CLEAR}{words}" if live else words, nl=not live)
    except KeyboardInterrupt:
        pass
    finally:
        opened.close()
        if live:
            click.echo()
    return 0


def line(opened: ListeningLink, messages_hz: float, now_ns: int) -> str:
    """Return what is known, in one line; a dash is what the vehicle does not say."""
    link, facts = opened.link, opened.link.facts
    now_s = 1e-9 * now_ns
    if not link.connected(now_s):
        return opened.problem or f"no heartbeat of system {link.config.system_id} at {opened.url}"
    pose = "no odometry"
    if link.estimate is not None:
        x, y, z = link.estimate.position_m
        speed = math.hypot(*link.estimate.velocity_m_s)
        hz = link.odometry_hz(now_s)
        pose = f"{x:+.2f} {y:+.2f} {z:+.2f} m  {speed:.2f} m/s  odometry {hz:.0f} Hz"
    clock = link.upkeep.clock
    offset = "-"
    if clock.known:
        offset = f"{1e-9 * clock.steady_ns(0):+.3f} ± {1e-9 * clock.uncertainty_ns(now_ns):.3f} s"
    battery = "-" if math.isnan(facts.battery_fraction) else f"{facts.battery_fraction:.0%}"
    in_air = {None: "-", True: "in the air", False: "on the ground"}[facts.in_air]
    targets_hz = facts.rate_hz("ATTITUDE_TARGET", now_s)
    return (
        f"{messages_hz:.0f} messages/s  {link.mode_name}  {'armed' if facts.armed else 'disarmed'}"
        f"  {in_air}{'  FAILSAFE' if facts.in_failsafe else ''}  {pose}  battery {battery}"
        f"  clock {offset}  setpoints {f'{targets_hz:.0f} Hz' if targets_hz else '-'}"
    )


def fresh_texts(opened: ListeningLink) -> list[str]:
    """Return what the vehicle has said in words since the last call."""
    texts = []
    while opened.link.texts.fresh:
        texts.append(opened.link.texts.fresh.popleft().text)
    return texts
