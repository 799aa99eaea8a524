# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a view can be opened: a screen for a window, free ports for a web page."""

from __future__ import annotations

import os
import socket

WEB_PORT, GRPC_PORT = 9090, 9876
THIS_MACHINE = "localhost"


class ViewError(Exception):
    """A view cannot be opened here; the text is one sentence with the remedy."""


def check_screen(instead: str = "the web or a file") -> None:
    """Refuse a window where there is no screen; ``instead`` is what to choose then.

    Raises:
        ViewError: there is none.
    """
    if not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        raise ViewError(f"there is no screen to open a window on: choose {instead}")


def host_name() -> str:
    """Return the name by which other machines of the network mostly find this one."""
    return socket.gethostname()


def check_ports(*ports: int, to_others: bool = False) -> None:
    """Refuse ports of this machine that somebody else serves.

    ``to_others``: they are to be served on every interface, not on the loopback alone.

    Raises:
        ViewError: one is taken.
    """
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0" if to_others else "127.0.0.1", port))
            except OSError as error:
                raise ViewError(
                    f"port {port} is taken, perhaps by another view: end that, or choose another "
                    "port"
                ) from error


def web_address(web_port: int, grpc_port: int, host: str = THIS_MACHINE) -> str:
    """Return the address of the page that shows what is served on two ports of a host."""
    data = "127.0.0.1" if host == THIS_MACHINE else host
    return f"http://{host}:{web_port}?url=rerun+http://{data}:{grpc_port}/proxy"
