# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What ROS reads from the environment, checked before it is used, in the same words everywhere.

Imports the standard library only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.network import check_network

LAST_DOMAIN = 232
_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(/[A-Za-z][A-Za-z0-9_]*)*")
_CHOICES = {
    "ROS_AUTOMATIC_DISCOVERY_RANGE": ("SUBNET", "LOCALHOST", "OFF", "SYSTEM_DEFAULT"),
    "ROS_LOCALHOST_ONLY": ("0", "1"),
}


def checked_namespace(namespace: str) -> str:
    """Return a namespace without slashes around it; empty for none.

    Raises:
        UsageError: ROS has no such names.
    """
    bare = namespace.strip("/")
    if bare and not _NAMESPACE.fullmatch(bare):
        raise UsageError(
            f"namespace = {namespace!r} is not allowed: it must consist of letters, "
            "digits and underscores, begin with a letter, and may be nested with /"
        )
    return bare


def check_ros_settings(environment: Mapping[str, str] | None = None) -> None:
    """Refuse to start where nodes could not be made, or could not find each other.

    Raises:
        UsageError: a variable has a value that ROS does not know, nothing can be logged, or no
            network interface is up.
    """
    values = os.environ if environment is None else environment
    domain_id(values)
    for name, allowed in _CHOICES.items():
        value = values.get(name, "")
        if value and value not in allowed:
            raise UsageError(
                f"{name} = {value!r} is not allowed: it must be one of {', '.join(allowed)}"
            )
    _check_log_folder(values)
    check_network()


def domain_id(environment: Mapping[str, str] | None = None) -> int:
    """Return the ROS domain of this process.

    Raises:
        UsageError: ROS_DOMAIN_ID is not a number from 0 to 232.
    """
    values = os.environ if environment is None else environment
    text = values.get("ROS_DOMAIN_ID", "") or "0"
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) > LAST_DOMAIN:
        raise UsageError(f"ROS_DOMAIN_ID = {text!r} is not allowed: it must be 0 to {LAST_DOMAIN}")
    return int(text)


def _check_log_folder(values: Mapping[str, str]) -> None:
    """Refuse a folder for the logs of nodes that cannot be written: rclpy would not start.

    Raises:
        UsageError: it is one.
    """
    home = values.get("ROS_HOME") or str(Path(values.get("HOME") or "/") / ".ros")
    folder = Path(values.get("ROS_LOG_DIR") or Path(home) / "log")
    folder = Path(os.path.expanduser(folder)).absolute()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(
            f"{there} cannot be written, where nodes of ROS keep their logs: set ROS_LOG_DIR to a "
            "folder that can"
        )
