# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The core knows nothing of ROS, and its packages depend on each other in one direction only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import live_mvp_ros

PACKAGE = Path(live_mvp_ros.__file__).parent
ALLOWED = {
    "worlds": set(),
    "vehicle": set(),
    "packets": set(),
    "bags": set(),
    "mapping": {"worlds"},
    "planning": {"mapping", "worlds"},
    "control": {"planning", "mapping", "vehicle"},
    "sim": {"control", "planning", "mapping", "worlds", "vehicle"},
}
ROS = {"rclpy", "launch", "launch_ros", "ament_index_python"}
MESSAGES = {"msg", "srv", "action"}


def imported_modules(package: str) -> list[tuple[str, str]]:
    """Return (file, dotted module) of every import in a package's files."""
    found = []
    for file in sorted((PACKAGE / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found += [(file.name, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                found += [(file.name, f"{node.module}.{alias.name}") for alias in node.names]
    return found


@pytest.mark.parametrize("package", ALLOWED)
def test_a_core_package_imports_no_ros_and_only_what_lies_below_it(package):
    imports = imported_modules(package)
    assert imports, f"{package} has no imports: is it there?"
    for file, module in imports:
        parts = module.split(".")
        assert parts[0] not in ROS, f"{package}/{file} imports {module}"
        assert not parts[0].endswith(("_msgs", "_srvs")), f"{package}/{file} imports {module}"
        if parts[0] == "live_mvp_ros" and len(parts) > 1:
            below = parts[1]
            assert below not in MESSAGES, f"{package}/{file} imports {module}"
            if (PACKAGE / below).is_dir():
                assert below in ALLOWED[package] | {package}, f"{package}/{file} imports {module}"


def test_nodes_and_messages_appear_nowhere_in_the_shared_modules():
    for file in PACKAGE.glob("*.py"):
        assert "rclpy" not in file.read_text(encoding="utf-8"), file.name
