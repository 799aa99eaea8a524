# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What package.xml declares is what is used, and the build installs the command."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "PIL": "python3-pil",
    "click": "python3-click",
    "matplotlib": "python3-matplotlib",
    "numpy": "python3-numpy",
    "psutil": "python3-psutil",
    "rich": "python3-rich",
    "rosbags": "python3-rosbags-pip",
    "scipy": "python3-scipy",
    "skimage": "python3-skimage",
    "trimesh": "python3-trimesh-pip",
    "yaml": "python3-yaml",
}
"""Rosdep keys of Python modules."""
WITHOUT_KEY = {"jax", "mcap", "ray", "rerun", "zstandard"}
RUN = {"ros2bag", "ros2launch", "rosbag2_storage_mcap", "rosidl_default_runtime", "rviz2"}
"""Started or loaded by name, not imported."""
INTERFACES = {"action_msgs", "builtin_interfaces", "geometry_msgs", "std_msgs"}
"""What our messages are made of."""


def declared(*tags: str) -> set[str]:
    root = ElementTree.parse(ROOT / "package.xml").getroot()
    return {str(item.text) for tag in tags for item in root.iter(tag)}


def imported(files: Iterable[Path]) -> set[str]:
    """Return the packages of others that files import, or name as the type of a topic."""
    found = set()
    for file in files:
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
        found |= set(re.findall(r'"([a-z0-9_]+)/msg/\w+"', text))
    return {name for name in found if name not in sys.stdlib_module_names} - {"live_mvp_ros"}


def test_what_is_imported_is_declared_and_what_is_declared_is_used():
    files = [*(ROOT / "live_mvp_ros").rglob("*.py"), *(ROOT / "launch").glob("*.py")]
    used = imported(files) - WITHOUT_KEY
    wanted = {KEYS.get(name, name) for name in used} | RUN | INTERFACES
    assert declared("depend", "exec_depend") == wanted


def test_what_has_no_rosdep_key_is_named():
    comment = (ROOT / "package.xml").read_text().split("<!--", 1)[1].split("-->", 1)[0]
    for name in WITHOUT_KEY | {"embreex"}:
        assert re.search(rf"\b{name}\b", comment), name


def test_tests_declare_what_only_they_need():
    files = list((ROOT / "test").rglob("*.py"))
    only_here = imported(files) & {"hypothesis", "pytest", "launch_testing"}
    known = {"ament_cmake_lint_cmake", "ament_cmake_pytest", "ament_cmake_xmllint"}
    used = {f"python3-{name}" for name in only_here} | known | {"ament_lint_auto"}
    assert declared("test_depend") == used


def prefix() -> Path | None:
    """Return where the build has installed the package, None where it was not built."""
    for entry in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        if (Path(entry) / "share" / "live_mvp_ros" / "package.xml").exists():
            return Path(entry)
    return None


@pytest.mark.skipif(prefix() is None, reason="the package is not built here")
@pytest.mark.parametrize("folder", ["bin", "lib/live_mvp_ros"])
def test_the_build_installs_the_command_on_the_path_and_for_ros2_run(tmp_path, folder):
    command = [str(prefix() / folder / "live-mvp"), "--version"]
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"PATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("live-mvp ")
