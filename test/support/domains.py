# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS domains for tests that start graphs: one in which nobody on this machine is."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable

DOMAINS = range(80, 101)
"""No other test uses these, and their ports lie below those that Linux hands out."""
_FIRST_PORT, _PORTS_PER_DOMAIN = 7400, 250
_OF_FIRST_PARTICIPANT = (0, 10, 11)


def free_domain(domains: Iterable[int] = DOMAINS) -> int:
    """Return a domain none of whose ports somebody has.

    Processes begin at different ones, so that two that ask at once mostly get two.

    Raises:
        RuntimeError: there is none.
    """
    order = list(domains)
    start = os.getpid() % len(order)
    for domain in order[start:] + order[:start]:
        if all(
            _is_free(_FIRST_PORT + _PORTS_PER_DOMAIN * domain + offset)
            for offset in _OF_FIRST_PARTICIPANT
        ):
            return domain
    raise RuntimeError(f"somebody is in every ROS domain of {order}")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
