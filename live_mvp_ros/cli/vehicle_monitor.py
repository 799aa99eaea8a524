# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp vehicle monitor``: what a vehicle says, in one line that is always new."""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING

import click

from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.cli.autopilot_options import autopilot_options, check_link, link_of, loading
from live_mvp_ros.cli.numbers import Number

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink

LIVE_S, PLAIN_S = 0.2, 1.0
"""Between two lines in a terminal, and elsewhere."""
CLEAR = "\r\x1b[2K"
OWN_SYSTEM_ID = 254
"""Of who asks: ArduPilot counts the heartbeats of 255 as those of the ground station."""


@click.command()
@autopilot_options
@click.option(
    "--ask",
    is_flag=True,
    help="Ask for telemetry and the time, where too little comes by itself: as system 254, with "
    "heartbeats that no failsafe counts.",
)
@click.option(
    "--duration", type=Number(0.0, 1e6, min_open=True), metavar="S", help="End after this long."
)
def monitor(autopilot: str, url: str, system_id: int, ask: bool, duration: float | None) -> int:
    """Show link, mode, phase, pose, battery and clock until Ctrl-C.

    It only listens: without --ask nothing is sent at all. A driver that flies the vehicle needs a
    link of its own. Exit code 0; 1 if no heartbeat has come in --duration.
    """
    check_link(url, "vehicle monitor")
    if url.startswith("udpout:") and not ask:
        raise UsageError(
            f"--url {url!r} needs --ask: nobody sends there before he is spoken to, and without "
            "it nothing is sent"
        )
    with loading(0):
        from live_mvp_ros.vehicle.mavlink.listening_link import ListeningLink
        from live_mvp_ros.vehicle.mavlink.upkeep import Voice

        config = link_of(autopilot, url, system_id, own_system_id=OWN_SYSTEM_ID)
    opened = ListeningLink(config, Voice.ASKING if ask else Voice.SILENT)
    live = sys.stdout.isatty()
    end_s = math.inf if duration is None else time.monotonic() + duration
    try:
        while time.monotonic() < end_s:
            before, began_s = opened.received, time.monotonic()
            opened.serve(min(LIVE_S if live else PLAIN_S, end_s - began_s))
            taken = max(time.monotonic() - began_s, 1e-3)
            words = line(opened, (opened.received - before) / taken, time.monotonic_ns())
            for text in fresh_texts(opened):
                click.echo(f"{CLEAR if live else ''}{text}")
            click.echo(f"{CLEAR}{words}" if live else words, nl=not live)
    except KeyboardInterrupt:
        return 0
    finally:
        opened.close()
        if live:
            click.echo()
    return 0 if math.isfinite(opened.link.facts.heartbeat_s) else FAILED


def line(opened: ListeningLink, messages_hz: float, now_ns: int) -> str:
    """Return what is known, in one line; a dash is what the vehicle does not say."""
    link, facts = opened.link, opened.link.facts
    now_s = 1e-9 * now_ns
    if not link.connected(now_s):
        return opened.silence
    clock = link.upkeep.clock
    offset = "-"
    if clock.known:
        offset = f"{1e-9 * clock.steady_ns(0):+.3f} ± {1e-9 * clock.uncertainty_ns(now_ns):.3f} s"
    battery = "-" if math.isnan(facts.battery_fraction) else f"{facts.battery_fraction:.0%}"
    in_air = {None: "-", True: "in the air", False: "on the ground"}[facts.in_air]
    targets_hz = facts.rate_hz("ATTITUDE_TARGET", now_s)
    parts = (
        f"{messages_hz:.0f} messages/s",
        link.mode_name,
        "armed" if facts.armed else "disarmed",
        in_air,
        "FAILSAFE" if facts.in_failsafe else "",
        facts.estimator or "",
        link.bad_telemetry,
        pose(opened, now_s),
        f"battery {battery}",
        f"clock {offset}",
        f"attitude target {f'{targets_hz:.0f} Hz' if targets_hz else '-'}",
    )
    return "  ".join(part for part in parts if part)


def pose(opened: ListeningLink, now_s: float) -> str:
    """Return where the vehicle takes itself to be, and which way its nose points."""
    from live_mvp_ros.vehicle.mavlink.axes import rotated

    link = opened.link
    if link.estimate is None:
        silent = link.upkeep.voice.value == "silent"
        return "no odometry comes by itself: --ask asks for it" if silent else "no odometry"
    x, y, z = link.estimate.position_m
    east, north, _ = rotated(link.estimate.attitude, (1.0, 0.0, 0.0))
    heading = round(math.degrees(math.atan2(east, north))) % 360
    speed = math.hypot(*link.estimate.velocity_m_s)
    return (
        f"E {x:+.2f} N {y:+.2f} U {z:+.2f} m  heading {heading}°  {speed:.2f} m/s"
        f"  odometry {link.odometry_hz(now_s):.0f} Hz"
    )


def fresh_texts(opened: ListeningLink) -> list[str]:
    """Return what the vehicle has said in words since the last call, and what has jumped."""
    texts = []
    while opened.link.texts.fresh:
        texts.append(f"it says: {opened.link.texts.fresh.popleft().text}")
    while opened.jumps:
        texts.append(opened.jumps.popleft())
    return texts
