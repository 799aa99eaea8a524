# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated autopilot against wall time and sockets: steps it, and carries its messages."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Sequence
from typing import Any

from pymavlink.dialects.v20 import all as mavlink

from live_mvp_ros.vehicle.simulated_autopilot.autopilot import COMPONENT, Autopilot
from live_mvp_ros.vehicle.simulated_autopilot.autopilot_links import TcpLink, UdpLink

TICK_S = 0.004
MOST_AT_ONCE = 200
"""Reads of a link between two steps: a flood must not stop the flight."""
MOST_BEHIND_S = 0.3
"""What a stalled machine is caught up with; the rest of a longer stall did not happen: its clock
has stood still, and nothing times out that waits in a socket."""
SLICE_S = 0.05
"""Simulated time between two looks at the sockets."""


def serve(
    autopilot: Autopilot,
    links: Sequence[UdpLink | TcpLink],
    is_over: Callable[[], bool],
    real_time_factor: float = 1.0,
) -> None:
    """Run until ``is_over``; the links stay open."""
    packers = [mavlink.MAVLink(None, autopilot.system_id, COMPONENT) for _ in links]
    for number in range(len(links)):
        autopilot.streams(number)
    last_s = time.monotonic()
    while not is_over():
        select.select([s for link in links for s in link.sockets()], [], [], TICK_S)
        now_s = time.monotonic()
        behind_s = min(now_s - last_s, MOST_BEHIND_S) * real_time_factor
        last_s = now_s
        while behind_s > 0.0:
            autopilot.advance(min(SLICE_S, behind_s))
            behind_s -= SLICE_S
            _receive(autopilot, links, now_s)
            _send(autopilot, links, packers, now_s)


def _receive(autopilot: Autopilot, links: Sequence[UdpLink | TcpLink], now_s: float) -> None:
    for number, link in enumerate(links):
        for _ in range(MOST_AT_ONCE):
            messages = link.receive(now_s)
            if messages is None:
                break
            for message in messages:
                autopilot.receive(message, number)


def _send(
    autopilot: Autopilot,
    links: Sequence[UdpLink | TcpLink],
    packers: Sequence[Any],
    now_s: float,
) -> None:
    while autopilot.outbox:
        to, message = autopilot.outbox.popleft()
        for number, link in enumerate(links):
            if to is None or to == number:
                packer = packers[number]
                link.send(message.pack(packer), now_s)
                packer.seq = (packer.seq + 1) % 256
