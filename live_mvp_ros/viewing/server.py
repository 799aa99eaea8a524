# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The web server of a view: Rerun's own program, told which interfaces to listen on.

The server inside of Rerun's library listens on every interface of the machine, and cannot be told
otherwise; what a drone sees is nobody else's business unless its owner says so.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from live_mvp_ros.base.leash import LEASH, NO_CORES
from live_mvp_ros.viewing.ports import THIS_MACHINE, ViewError, check_ports, host_name, web_address

EVERY_INTERFACE = "0.0.0.0"
START_LIMIT_S = 20.0


class WebServer:
    """Serves a recording as a web page until ``close``, or until this process ends."""

    def __init__(self, web_port: int, grpc_port: int, to_others: bool = False) -> None:
        """Start the server; ``to_others``: other machines may see the page, too.

        Must be called in a thread that lives as long as the server.

        Raises:
            ViewError: a port is taken, or the server does not start.
        """
        check_ports(web_port, grpc_port, to_others=to_others)
        host = host_name() if to_others else THIS_MACHINE
        self.source = f"rerun+http://127.0.0.1:{grpc_port}/proxy"
        """Where a recording is sent to."""
        self.address = web_address(web_port, grpc_port, host)
        """Of the page."""
        command = [
            *(sys.executable, "-S", "-E", str(LEASH), str(os.getpid()), "0", NO_CORES),
            *(server_program(), "--serve-web"),
            *("--bind", EVERY_INTERFACE if to_others else "127.0.0.1"),
            *("--port", str(grpc_port), "--web-viewer-port", str(web_port)),
        ]
        if to_others:  # the page comes from another port than the data
            command += ["--cors-allow-origin", f"http://*:{web_port}"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            for port in (grpc_port, web_port):
                self._wait_for(port)
        except ViewError:
            self.close()
            raise

    def close(self) -> None:
        """End the server; safe to call again."""
        self._process.terminate()
        try:
            self._process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_for(self, port: int) -> None:
        end = time.monotonic() + START_LIMIT_S
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        raise ViewError(f"Rerun's server does not answer on port {port}: choose another port")


def server_program() -> str:
    """Return the path of Rerun's program.

    Raises:
        ViewError: it is not there.
    """
    spec = importlib.util.find_spec("rerun_cli")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        program = Path(folder) / "rerun"  # without the script around it, which would stay behind
        if program.is_file():
            return str(program)
    found = shutil.which("rerun")
    if found is None:
        raise ViewError("Rerun's program is not installed here: pip install rerun-sdk")
    return found
