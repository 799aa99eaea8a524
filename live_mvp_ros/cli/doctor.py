# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp doctor``: check an installation, one line per part, and say what to fix."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

import click

from live_mvp_ros.base import pip_packages
from live_mvp_ros.bringup.card_facts import has_card, why_unused
from live_mvp_ros.bringup.environment import (
    RosMissingError,
    child_environment,
    find_overlay,
    require_ros,
)
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.ros_settings import check_ros_settings

CUDA_PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin")
SUPPORTED = ((3, 11), (3, 12), (3, 13))
DISCOVERY_LIMIT_S = 10.0
TALKER = """
import sys, rclpy
from live_mvp_ros.msg import MapStatus
rclpy.init()
node = rclpy.create_node("doctor_talker")
publisher = node.create_publisher(MapStatus, sys.argv[1], 1)
node.create_timer(0.05, lambda: publisher.publish(MapStatus(ticks=int(sys.argv[2]))))
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
node.destroy_node()
rclpy.try_shutdown()
"""


class ProblemError(Exception):
    """A part does not work; holds what was found and what to do."""

    def __init__(self, found: str, remedy: str, *, optional: bool = False) -> None:
        """Describe the problem; an optional part does not make the installation bad."""
        super().__init__(found)
        self.found, self.remedy, self.optional = found, remedy, optional


@dataclasses.dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    part: str
    state: str
    found: str
    remedy: str = ""


def check_python() -> str:
    """Check the version of Python."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] not in SUPPORTED:
        raise ProblemError(version, "use Python 3.11, 3.12 or 3.13")
    return f"{version} at {sys.prefix}"


def check_ros() -> str:
    """Check that rclpy can be imported, and say where from."""
    try:
        import rclpy
    except ImportError as error:
        raise ProblemError(
            str(error), "run `make setup` in a checkout, or source your ROS 2 installation"
        ) from error
    ours = rclpy.__file__ or ""
    distro, overlay = os.environ.get("ROS_DISTRO", ""), find_overlay()
    wheels = ours.startswith(sys.prefix) and (overlay is not None or not distro)
    if "AMENT_PREFIX_PATH" not in os.environ and not (wheels and overlay is not None):
        raise ProblemError(f"{ours}, but nothing is set up", "run `make setup`, or source ROS 2")
    return f"{distro} ({'wheels' if wheels else 'sourced'})".strip()


def check_interfaces() -> str:
    """Check that our message types and those of tf2 are built."""
    try:
        require_ros()
        import tf2_msgs.msg  # noqa: F401

        from live_mvp_ros.msg import InfoField
    except RosMissingError as error:
        raise ProblemError("not built", str(error)) from error
    except ImportError as error:
        raise ProblemError(
            str(error), "run `make setup`, or install ros-jazzy-tf2-msgs"
        ) from error
    fields = len(InfoField.get_fields_and_field_types())
    return f"live_mvp_ros and tf2_msgs, {fields} fields in InfoField"


def check_discovery() -> str:
    """Let another process send a message of ours and measure how long it takes to arrive."""
    try:
        require_ros()
        check_ros_settings()
    except RosMissingError as error:
        raise ProblemError("not checked", "fix ROS 2 first", optional=True) from error
    except UsageError as error:
        raise ProblemError("not possible", str(error)) from error
    topic = f"live_mvp_ros_doctor_{os.getpid()}"
    talker = subprocess.Popen(
        [sys.executable, "-c", TALKER, topic, str(os.getpid())],
        env=child_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        elapsed = _listen(topic, os.getpid())
    finally:
        talker.terminate()
        try:
            talker.wait(5.0)
        except subprocess.TimeoutExpired:
            talker.kill()
            talker.wait()
    where = os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")
    domain = os.environ.get("ROS_DOMAIN_ID", "0")
    if elapsed is None:
        raise ProblemError(
            f"no message within {DISCOVERY_LIMIT_S:.0f} s (range {where}, domain {domain})",
            "allow UDP multicast on the loopback interface, or try another ROS_DOMAIN_ID",
        )
    return f"a message from another process after {elapsed:.1f} s (range {where}, domain {domain})"


def _listen(topic: str, expected: int) -> float | None:
    """Return the seconds until ``expected`` arrived on ``topic``, None if it did not."""
    import rclpy
    from rclpy.context import Context
    from rclpy.executors import SingleThreadedExecutor

    from live_mvp_ros.msg import MapStatus

    context = Context()
    rclpy.init(context=context)
    node = rclpy.create_node("doctor_listener", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    heard: list[int] = []

    def hear(message: Any) -> None:
        heard.append(message.ticks)

    node.create_subscription(MapStatus, topic, hear, 1)
    begin = time.monotonic()
    try:
        while expected not in heard and time.monotonic() - begin < DISCOVERY_LIMIT_S:
            executor.spin_once(timeout_sec=0.1)
        return time.monotonic() - begin if expected in heard else None
    finally:
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()


def check_packages() -> str:
    """Check that every Python package that is needed can be found."""
    missing = pip_packages.missing()
    if missing:
        raise ProblemError(f"missing: {', '.join(missing)}", pip_packages.remedy(missing))
    return "all there"


def check_jax() -> str:
    """Check that JAX computes, and say on which device."""
    try:
        import jax
        import jax.numpy as jnp

        total = int(jnp.arange(5).sum())
    except (ImportError, RuntimeError) as error:
        remedy = f"run `make setup`, or `{pip_packages.remedy(['jax'])}`"
        raise ProblemError(str(error), remedy) from error
    if total != 10:
        raise ProblemError(f"0 + 1 + 2 + 3 + 4 = {total}", "install JAX for this machine again")
    devices = jax.devices()
    found = f"JAX {jax.__version__} on {', '.join(str(device) for device in devices)}"
    has_plugin = any(importlib.util.find_spec(name) for name in CUDA_PLUGINS)
    unused = why_unused({device.platform for device in devices}, os.environ, has_plugin)
    if unused is not None and has_card():
        said = f"{found}; there is an NVIDIA card, but {unused.why}"
        raise ProblemError(said, unused.remedy, optional=True)
    return found


def check_viewer() -> str:
    """Check whether there is anything to look at a flight with."""
    found = [name for name in ("rviz2",) if shutil.which(name)]
    if importlib.util.find_spec("rerun") is not None:
        found.append(f"rerun {metadata.version('rerun-sdk')}")
    if not found:
        raise ProblemError(
            "none",
            f"optional: `{pip_packages.remedy(['rerun'])}`, or RViz 2, which comes with ROS 2",
            optional=True,
        )
    return ", ".join(found)


def check_compiler() -> str:
    """Check whether interfaces can be compiled."""
    tools = {name: shutil.which(name) for name in ("c++", "cmake", "make")}
    missing = [name for name, path in tools.items() if path is None]
    if missing:
        raise ProblemError(
            f"missing: {', '.join(missing)}",
            "needed for `make setup` only: install build-essential and cmake",
            optional=True,
        )
    return ", ".join(str(path) for path in tools.values())


CHECKS: dict[str, Callable[[], str]] = {
    "Python": check_python,
    "ROS 2": check_ros,
    "interfaces": check_interfaces,
    "DDS discovery": check_discovery,
    "packages": check_packages,
    "JAX": check_jax,
    "viewer": check_viewer,
    "compiler": check_compiler,
}


def examine(part: str, check: Callable[[], str]) -> Finding:
    """Run one check."""
    try:
        return Finding(part, "ok", check())
    except ProblemError as problem:
        state = "optional" if problem.optional else "problem"
        return Finding(part, state, problem.found, problem.remedy)


@click.command()
def doctor() -> int:
    """Check the installation and say what to fix; exit code 1 if something has to be fixed."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    with console.status("checking ..."):
        findings = [examine(part, check) for part, check in CHECKS.items()]
    table = Table("part", "state", "found", box=None, pad_edge=False)
    styles = {"ok": "green", "optional": "yellow", "problem": "bold red"}
    for finding in findings:
        state = Text(finding.state, style=styles[finding.state])
        table.add_row(finding.part, state, Text(finding.found))
    console.print(table)
    for finding in findings:
        if finding.remedy:  # as one line, so that its commands can be copied
            console.print(Text(f"{finding.part}: {finding.remedy}"), soft_wrap=True)
    problems = sum(finding.state == "problem" for finding in findings)
    console.print(f"{problems} to fix." if problems else "Everything that is needed works.")
    return 1 if problems else 0
