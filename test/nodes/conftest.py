# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Each node alone, as a real process, driven over DDS by a plain rclpy node."""

from __future__ import annotations

import os
from pathlib import Path

# A value of the wrong type in a field is an error, here and in the nodes, instead of a crash.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
# Without shared memory, which crashes who leaves a busy machine: the file says how.
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SYSTEM_DEFAULT"
os.environ["FASTRTPS_DEFAULT_PROFILES_FILE"] = str(
    Path(__file__).parents[1] / "support" / "loopback.xml"
)

import itertools
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import rclpy
from optional import need
from patience import PATIENCE_S
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from live_mvp_ros.ros import qos

NEEDS = {
    "bag_player": ("mcap", "zstandard"),
    "recorder": ("mcap", "zstandard"),
    "viewer": ("jax", "rerun"),
}
"""Nodes: what pip alone installs for them; the others need JAX."""
_DOMAINS_PER_WORKER = 30
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_DOMAINS = itertools.count(os.getpid())


class Bench:
    """A test node, and the processes of the nodes under test, in a DDS domain of their own."""

    def __init__(self, folder: Path) -> None:
        first = 10 + _DOMAINS_PER_WORKER * (_WORKER % 2)  # other tests use those from 70 on
        self.domain = first + next(_DOMAINS) % _DOMAINS_PER_WORKER
        self._folder = folder
        self._context = rclpy.Context()
        # One after the other lives in a process: none leaves a handler of signals behind, or a
        # logger's publisher, which rcl keeps by names that all of them share.
        rclpy.init(
            context=self._context,
            domain_id=self.domain,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        self.node = rclpy.create_node("bench", context=self._context, enable_rosout=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._clients: dict[str, Any] = {}  # made once: to find a server takes a while

    def start(self, name: str, **parameters: Any) -> subprocess.Popen[bytes]:
        """Start a node; dots in parameter names are written as two underscores."""
        words = ["--ros-args"]
        for key, value in parameters.items():
            words += ["-p", f"{key.replace('__', '.')}:={json.dumps(value)}"]
        return self.run(name, *words)

    def run(self, name: str, *arguments: str, label: str = "") -> subprocess.Popen[bytes]:
        """Start a node with a command line; ``label`` tells it from others of its name."""
        need(*NEEDS.get(name, ("jax",)))
        label = label or name
        with self.log(label).open("wb") as log:
            self.processes[label] = subprocess.Popen(
                [sys.executable, "-m", "live_mvp_ros.nodes", name, *arguments],
                env=os.environ | {"ROS_DOMAIN_ID": str(self.domain)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self.processes[label]

    def kill(self, label: str) -> None:
        """Kill a node."""
        process = self.processes.pop(label)
        process.kill()
        process.wait()

    def log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def collect(self, kind: Any, topic: str, profile: Any = qos.SENSOR) -> list[Any]:
        """Return a list that fills with the messages of a topic."""
        messages: list[Any] = []
        self.node.create_subscription(
            kind, topic, messages.append, profile, event_callbacks=qos.subscription_events()
        )
        return messages

    def publisher(self, kind: Any, topic: str, profile: Any) -> Any:
        return self.node.create_publisher(kind, topic, profile)

    def wait(
        self, condition: Callable[[], Any], *, during: Callable[[], None] | None = None
    ) -> None:
        """Spin until a condition holds; ``during`` is called all the while (50 Hz)."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if during is not None:
                during()
            self._executor.spin_once(timeout_sec=0.02)
            dead = [n for n, p in self.processes.items() if p.poll() is not None]
            assert not dead, f"{dead} ended:\n" + self.log(dead[0]).read_text()
            assert time.monotonic() < deadline, "\n".join(
                self.log(name).read_text() for name in self.processes
            )

    def spin(self, seconds: float, during: Callable[[], None] | None = None) -> None:
        """Spin for a while."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end, during=during)

    def call(self, kind: Any, service: str, request: Any) -> Any:
        """Call a service and return its response."""
        if service not in self._clients:
            self._clients[service] = self.node.create_client(kind, service)
        client = self._clients[service]
        self.wait(client.service_is_ready)
        future = client.call_async(request)
        self.wait(future.done)
        return future.result()

    def close(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()


def ends_cleanly(process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> bool:
    """Send a signal and return whether the process ends with exit code 0."""
    process.send_signal(number)
    return process.wait(timeout=PATIENCE_S) == 0


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


@pytest.fixture(name="ends_cleanly")
def ends_cleanly_fixture() -> Callable[..., bool]:
    return ends_cleanly
