# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What package.xml and pyproject.toml declare is what is used, and what the build installs."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import pytest

from live_mvp_ros.base import pip_packages

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "PIL": "python3-pil",
    "click": "python3-click",
    "gymnasium": "python3-gymnasium-pip",
    "jsonschema": "python3-jsonschema",
    "matplotlib": "python3-matplotlib",
    "numpy": "python3-numpy",
    "psutil": "python3-psutil",
    "pymavlink": "python3-pymavlink-pip",
    "rich": "python3-rich",
    "rosbags": "python3-rosbags-pip",  # in tests only
    "scipy": "python3-scipy",
    "serial": "python3-serial",
    "skimage": "python3-skimage",
    "trimesh": "python3-trimesh-pip",
    "yaml": "python3-yaml",
}
"""Rosdep keys of Python modules."""
OF_ROS = {"tf2_ros": "tf2_ros_py"}
"""ROS packages whose Python modules have another name."""
WITHOUT_KEY = {
    *(
        "equinox",
        "jax",
        "mcap",
        "optax",
        "orbax",
        "pyvista",
        "ray",
        "rerun",
        "tensorboardX",
        "zstandard",
    ),
}
RUN = {"ros2bag", "ros2launch", "rosbag2_storage_mcap", "rosidl_default_runtime", "rviz2"}
"""Started or loaded by name, not imported."""
LOADED_BY_OTHERS = {"embreex", "rtree"}
"""trimesh casts rays with the one or the other, and imports them itself."""
DEV_TOOLS = {"mkdocs", "mkdocstrings", "mypy", "pytest-xdist", "ruff"}
"""What the Makefile runs."""
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
    return {name for name in found if name not in sys.stdlib_module_names} - {
        "live_mvp_ros",
        "compression",  # of the standard library, from Python 3.14 on
    }


def test_what_is_imported_is_declared_and_what_is_declared_is_used():
    files = [*(ROOT / "live_mvp_ros").rglob("*.py"), *(ROOT / "launch").glob("*.py")]
    used = imported(files) - WITHOUT_KEY
    wanted = {(KEYS | OF_ROS).get(name, name) for name in used} | RUN | INTERFACES
    assert declared("depend", "exec_depend") == wanted


def test_what_has_no_rosdep_key_is_named():
    comment = (ROOT / "package.xml").read_text().split("<!--", 1)[1].split("-->", 1)[0]
    for name in WITHOUT_KEY | {"embreex"}:
        assert re.search(rf"\b{name}\b", comment), name


def test_tests_declare_what_only_they_need():
    files = list((ROOT / "test").rglob("*.py"))
    words = " ".join(file.read_text(encoding="utf-8") for file in files)
    only_here = imported(files) & {"hypothesis", "pytest", "launch_testing", "rosbags"}
    linters = {f"ament_cmake_{name}" for name in ("flake8", "lint_cmake", "xmllint")}
    tools = {
        name
        for name in ("sensor_msgs_py", "tf_transformations")
        if re.search(rf'importorskip\("{name}[."]', words)
    }
    used = {KEYS.get(name, f"python3-{name}") for name in only_here} | linters | tools
    assert declared("test_depend") == used | {"ament_cmake_pytest", "ament_lint_auto"}


def test_pip_installs_what_is_imported_and_nothing_else():
    """ROS packages come from ROS, whichever way it is installed."""
    files = list((ROOT / "live_mvp_ros").rglob("*.py"))
    required = {name.partition(".")[0] for name in pip_packages.REQUIRED} - LOADED_BY_OTHERS
    used = imported(files) & (set(KEYS) | WITHOUT_KEY)
    assert used == required | set(pip_packages.OPTIONAL)
    of_ros = {str(name) for name in declared("depend", "exec_depend")}
    assert {OF_ROS.get(name, name) for name in imported(files) - used} <= of_ros


def test_what_only_development_needs_is_run_or_imported_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    named = {re.match(r"[\w-]+", line).group() for line in extras["dev"]}
    optional = [
        line
        for name in ("gym", "mavlink", "play", "ray", "train", "view")
        for line in extras[name]
    ]
    others = {re.match(r"[\w-]+", line).group() for line in optional}
    makefile = (ROOT / "Makefile").read_text()
    tests = imported((ROOT / "test").rglob("*.py"))
    assert "pytest -n 2" in makefile
    assert "mkdocstrings:" in (ROOT / "mkdocs.yml").read_text()
    for tool in DEV_TOOLS - {"mkdocstrings", "pytest-xdist"}:
        assert re.search(rf"\$\(bin\)/(python -m )?{tool}\b", makefile), tool
    assert named - DEV_TOOLS - others == tests & (named - DEV_TOOLS - others)


def test_the_index_finds_the_project_and_who_answers():
    root = ElementTree.parse(ROOT / "package.xml").getroot()
    urls = {str(item.get("type")): str(item.text) for item in root.iter("url")}
    home = "https://github.com/live-mvp-ros/live_mvp_ros"
    assert urls == {"website": home, "repository": home, "bugtracker": f"{home}/issues"}
    assert root.findtext("author") == root.findtext("maintainer")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Homepage"] == project["urls"]["Repository"] == home
    assert project["urls"]["Issues"] == urls["bugtracker"]
    assert project["authors"][0]["name"] == root.findtext("author")


def test_every_node_gets_an_executable():
    cmake = (ROOT / "CMakeLists.txt").read_text()
    listed = re.search(r"set\(nodes\s([^)]*)\)", cmake).group(1).split()
    folders = {file.parent.name for file in (ROOT / "live_mvp_ros" / "nodes").glob("*/node.py")}
    assert set(listed) == folders


def in_the_repository() -> set[Path] | None:
    """Return the files of the checkout; None where the sources are no checkout."""
    if shutil.which("git") is None:
        return None
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return {ROOT / name for name in listing.splitlines()} or None


@pytest.mark.parametrize("pattern", ["**/*.py", "**/*.sh", "**/CMakeLists.txt", "cmake/*.in"])
def test_every_source_says_whose_it_is_and_under_which_licence(pattern):
    names = in_the_repository()
    found = [f for f in ROOT.glob(pattern) if "vendor" not in f.relative_to(ROOT).parts]
    files = [file for file in found if names is None or file in names]
    assert files
    for file in files:
        head = file.read_text(encoding="utf-8").splitlines()[:3]
        assert "# Copyright 2026 live_mvp_ros contributors" in head, file
        assert "# SPDX-License-Identifier: Apache-2.0" in head, file


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


@pytest.mark.skipif(prefix() is None, reason="the package is not built here")
def test_the_build_installs_what_ros2_run_and_ros2_launch_look_for():
    nodes = {file.parent.name for file in (ROOT / "live_mvp_ros" / "nodes").glob("*/node.py")}
    executables = {
        file.name
        for file in (prefix() / "lib" / "live_mvp_ros").iterdir()
        if os.access(file, os.X_OK)
    }
    assert executables == nodes | {"live-mvp"}
    share = prefix() / "share" / "live_mvp_ros"
    for folder in ("launch", "config", "rviz", "bench"):
        here = {file.name for file in (ROOT / folder).iterdir()} - {"__pycache__"}
        assert {file.name for file in (share / folder).iterdir()} - {"__pycache__"} == here
    for kind in ("msg", "srv", "action"):
        here = {file.name for file in (ROOT / kind).iterdir()}
        assert here <= {file.name for file in (share / kind).iterdir()}


@pytest.mark.skipif(prefix() is None, reason="the package is not built here")
def test_an_executable_starts_its_node(tmp_path):
    pytest.importorskip("jax")
    command = [str(prefix() / "lib" / "live_mvp_ros" / "gt_depth"), "--ros-args"]
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        [*command, "-p", "rate_hz:=-1.0"],
        cwd=tmp_path,
        env=os.environ | {"PATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith("rate_hz = -1.0 is not allowed")


def test_the_version_is_said_in_one_place():
    written = ElementTree.parse(ROOT / "package.xml").getroot().findtext("version")
    assert metadata.version("live_mvp_ros") == written
    assert not re.search(r"^version = ", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
