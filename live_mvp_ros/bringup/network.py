# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether nodes on this machine can find each other at all.

Imports the standard library only.
"""

from __future__ import annotations

import fcntl
import socket
import struct

from live_mvp_ros.bringup.errors import UsageError

_GET_FLAGS = 0x8913  # SIOCGIFFLAGS, Linux
_IS_UP = 0x1  # IFF_UP


def interfaces_up() -> list[str]:
    """Return the names of the network interfaces that are up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return [name for _, name in socket.if_nameindex() if _flags(probe, name) & _IS_UP]


def check_network() -> None:
    """Refuse to start where discovery cannot work.

    Raises:
        UsageError: no network interface is up, as in a container without a network.
    """
    if not interfaces_up():
        raise UsageError(
            "no network interface is up, not even the loopback, so nodes cannot find each other: "
            "run `ip link set lo up`, or give the container a network"
        )


def _flags(probe: socket.socket, name: str) -> int:
    try:
        answer = fcntl.ioctl(probe, _GET_FLAGS, struct.pack("16sh14x", name.encode()[:15], 0))
    except OSError:  # it is gone meanwhile
        return 0
    return int(struct.unpack("16sh14x", answer)[1])
