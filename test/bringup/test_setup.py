# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The set-up refuses with one sentence and leaves nothing behind; processes find ROS 2."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from live_mvp_ros.bringup import environment as env

ROOT = Path(__file__).resolve().parents[2]
BUILD_TOOLS = ("cc", "c++", "make", "cmake")
REAL_PYTHON = os.path.realpath(sys.executable)
VERSIONED = f"python{sys.version_info.major}.{sys.version_info.minor}"


class Machine:
    """A copy of the set-up on a machine whose PATH has only what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.bin = folder / "tree", folder / "bin"
        self.bin.mkdir()
        shutil.copytree(ROOT / "tools", self.tree / "tools")
        shutil.copy(ROOT / "pyproject.toml", self.tree)
        self.add("dirname")

    def add(self, *names: str) -> None:
        for name in names:
            found = shutil.which(name, path="/usr/bin:/bin:" + os.environ["PATH"])
            if found is None:
                pytest.skip(f"{name} is not installed here")
            (self.bin / name).symlink_to(found)

    def add_python(self, script: str, name: str = VERSIONED) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [REAL_PYTHON, "tools/setup.py", *arguments],
            cwd=self.tree,
            env={"PATH": str(self.bin), "HOME": str(self.tree.parent)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def left_behind(self) -> set[str]:
        return {path.name for path in self.tree.iterdir()} - {"tools", "pyproject.toml"}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def assert_refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_no_compiler_is_one_sentence_and_leaves_nothing(machine: Machine) -> None:
    machine.add("make", "cmake")
    machine.add_python(f'exec {REAL_PYTHON} "$@"')
    assert_refused(machine.setup(), "a C compiler and a C++ compiler cannot be found")
    assert machine.left_behind() == set()


def test_no_cmake_is_one_sentence_and_leaves_nothing(machine: Machine) -> None:
    machine.add("cc", "c++", "make")
    assert_refused(machine.setup(), "CMake cannot be found", "apt install")
    assert machine.left_behind() == set()


def test_old_cmake_is_refused_with_both_versions(machine: Machine) -> None:
    machine.add("cc", "c++", "make")
    machine.add_python("echo cmake version 3.16.3", name="cmake")
    assert_refused(machine.setup(), "CMake 3.16 is too old", "3.22")


def test_python_that_does_not_run_is_not_taken(machine: Machine) -> None:
    machine.add(*BUILD_TOOLS)
    machine.add_python("echo this version is not installed >&2; exit 127")
    assert_refused(
        machine.setup(), "no suitable Python was found", f"{VERSIONED}: it does not run"
    )
    assert machine.left_behind() == set()


def test_wanted_python_that_is_missing_is_named(machine: Machine) -> None:
    machine.add(*BUILD_TOOLS)
    result = machine.setup("--python", "/nowhere/python3.12")
    assert_refused(result, "PYTHON=/nowhere/python3.12 cannot be used")


def test_wanted_python_of_wrong_version_is_refused(machine: Machine) -> None:
    machine.add(*BUILD_TOOLS)
    facts = json.dumps({"version": [3, 9, 1], "venv": True, "headers": True})
    machine.add_python(f"echo '{facts}'", name="python3.9")
    result = machine.setup("--python", str(machine.bin / "python3.9"))
    assert_refused(result, "it is Python 3.9.1", "3.11, 3.12 or 3.13")


def test_folder_that_is_no_environment_is_left_alone(machine: Machine) -> None:
    machine.add(*BUILD_TOOLS)
    precious = machine.tree / "data" / "precious.txt"
    precious.parent.mkdir()
    precious.write_text("mine", encoding="utf-8")
    assert_refused(machine.setup("--venv", "data"), "no virtual environment")
    assert [path.name for path in precious.parent.iterdir()] == ["precious.txt"]


def test_failed_step_is_named_with_its_last_lines_and_not_marked_done(machine: Machine) -> None:
    machine.add(*BUILD_TOOLS)
    machine.add_python(
        f'case "$*" in *--clear*) echo "cannot write: No space left on device"; exit 1;; esac\n'
        f'exec {REAL_PYTHON} "$@"'
    )
    for _ in range(2):  # the second run tries again
        result = machine.setup()
        assert result.returncode == 2
        assert 'the step "environment" failed: the disk is full' in result.stderr
        assert "| cannot write: No space left on device" in result.stderr
    assert not (machine.tree / ".venv" / "share").exists()


def test_missing_network_is_recognised_before_its_consequences(machine: Machine) -> None:
    machine.add(*BUILD_TOOLS)
    machine.add_python(
        'case "$*" in *--clear*) echo "NewConnectionError: refused"; '
        'echo "No matching distribution found for uv"; exit 1;; esac\n'
        f'exec {REAL_PYTHON} "$@"'
    )
    assert "the package index cannot be reached" in machine.setup().stderr


def load_tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_wheels_are_fitted_without_touching_a_hard_linked_cache(tmp_path: Path) -> None:
    overlay = load_tool("overlay")
    cached, installed = tmp_path / "cached", tmp_path / "installed"
    cached.write_text("from the index", encoding="utf-8")
    os.link(cached, installed)
    overlay.write(installed, "fitted")
    assert cached.read_text(encoding="utf-8") == "from the index"
    assert installed.read_text(encoding="utf-8") == "fitted"


def test_build_is_repeated_for_messages_and_new_files_but_not_for_edits(tmp_path: Path) -> None:
    overlay = load_tool("overlay")
    (tmp_path / "msg").mkdir()
    (tmp_path / "live_mvp_ros").mkdir()
    message, module = tmp_path / "msg" / "A.msg", tmp_path / "live_mvp_ros" / "a.py"
    message.write_text("bool x", encoding="utf-8")
    module.write_text("x = 1", encoding="utf-8")
    first = overlay.build_inputs(tmp_path, tmp_path)
    module.write_text("x = 2", encoding="utf-8")
    assert overlay.build_inputs(tmp_path, tmp_path) == first
    message.write_text("bool y", encoding="utf-8")
    second = overlay.build_inputs(tmp_path, tmp_path)
    assert second != first
    (tmp_path / "live_mvp_ros" / "b.py").write_text("", encoding="utf-8")
    assert overlay.build_inputs(tmp_path, tmp_path) != second


OVERLAY = env.Overlay(
    distro="jazzy",
    prefixes=("/w/install/live_mvp_ros", "/w/.venv"),
    library_paths=("/w/install/live_mvp_ros/lib", "/w/.venv/lib"),
    python_paths=("/w/install/live_mvp_ros/lib/python3.12/site-packages",),
)


def test_environment_puts_the_overlay_first_and_keeps_the_rest() -> None:
    result = env.overlay_environment(
        OVERLAY, {"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/x", "A": "1"}
    )
    assert result["PATH"] == "/w/.venv/bin:/usr/bin"
    assert result["LD_LIBRARY_PATH"] == "/w/install/live_mvp_ros/lib:/w/.venv/lib:/x"
    assert result["PYTHONPATH"] == OVERLAY.python_paths[0]
    assert result["AMENT_PREFIX_PATH"] == "/w/install/live_mvp_ros:/w/.venv"
    assert result["ROS_DISTRO"] == "jazzy"
    assert result["_ROS_WHEELS_BOOTSTRAP_COMPLETE"] == "1"
    assert result["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    assert result["A"] == "1"


def test_environment_is_the_same_when_computed_twice() -> None:
    once = env.overlay_environment(OVERLAY, {"PATH": "/usr/bin"})
    assert env.overlay_environment(OVERLAY, once) == once


def test_discovery_range_of_the_user_is_kept() -> None:
    result = env.overlay_environment(OVERLAY, {"ROS_AUTOMATIC_DISCOVERY_RANGE": "SUBNET"})
    assert result["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "SUBNET"


def test_paths_of_another_ros_are_taken_out() -> None:
    other = {
        "AMENT_PREFIX_PATH": "/opt/ros/humble",
        "LD_LIBRARY_PATH": "/opt/ros/humble/lib:/opt/cuda/lib",
        "PYTHONPATH": "/opt/ros/humble/lib/python3.10/site-packages:/home/me/lib",
    }
    result = env.overlay_environment(OVERLAY, other)
    assert not [name for name in other if "humble" in result[name]]
    assert result["LD_LIBRARY_PATH"].endswith(":/opt/cuda/lib")
    assert result["PYTHONPATH"].endswith(":/home/me/lib")


def test_sourced_workspace_with_the_package_is_native(tmp_path: Path) -> None:
    mark = tmp_path / env.PACKAGE_MARK
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert env.is_native({"AMENT_PREFIX_PATH": f"/opt/ros/jazzy:{tmp_path}"}, OVERLAY)
    assert not env.is_native({"AMENT_PREFIX_PATH": "/opt/ros/jazzy"}, OVERLAY)


def test_damaged_overlay_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / env.OVERLAY_FILE
    path.parent.mkdir(parents=True)
    path.write_text('{"distro": "jazzy"', encoding="utf-8")
    with pytest.raises(env.RosMissingError, match="make setup"):
        env.find_overlay(str(tmp_path))
    assert env.find_overlay(str(tmp_path / "elsewhere")) is None


def test_an_environment_that_was_copied_or_moved_says_whose_code_it_would_run(tmp_path):
    old, new = tmp_path / "old" / ".venv", tmp_path / "new" / ".venv"
    values = {"distro": "jazzy", "prefixes": ["/install", str(old)]}
    values |= {"library_paths": [], "python_paths": []}
    for venv in (old, new):
        (venv / env.OVERLAY_FILE).parent.mkdir(parents=True)
        (venv / env.OVERLAY_FILE).write_text(json.dumps(values), encoding="utf-8")
    assert env.find_overlay(str(old)) is not None
    (tmp_path / "link").symlink_to(tmp_path / "old")
    assert env.find_overlay(str(tmp_path / "link" / ".venv")) is not None
    with pytest.raises(env.RosMissingError, match=f"code of {old.parent}.*in {new.parent}"):
        env.find_overlay(str(new))


def test_a_copied_command_says_whose_code_it_would_run(tmp_path: Path) -> None:
    """Its first line still names the Python of the checkout that it was copied from."""
    copy = tmp_path / "clone" / ".venv" / "bin" / "live-mvp"
    copy.parent.mkdir(parents=True)
    (copy.parent.parent / "pyvenv.cfg").touch()
    code = "import sys\nfrom live_mvp_ros.cli.__main__ import main\nsys.exit(main())\n"
    copy.write_text(f"#!{sys.executable}\n{code}", encoding="utf-8")
    copy.chmod(0o755)
    result = subprocess.run(
        [str(copy), "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    assert_refused(result, f"run `make setup` in {tmp_path / 'clone'}", str(Path(sys.prefix)))


PROGRAM = """
import os, sys
sys.prefix = {prefix!r}
{spoil}
from live_mvp_ros.bringup import environment
try:
    environment.enter()
except environment.RosMissingError as error:
    sys.exit(str(error))
first = os.environ["LD_LIBRARY_PATH"].split(":")[0]
print("entered", first, environment.ENTERED in os.environ, sys.argv[1:])
"""


def run_program(folder: Path, spoil: str = "") -> subprocess.CompletedProcess[str]:
    path = folder / env.OVERLAY_FILE
    path.parent.mkdir(parents=True)
    values = {
        "distro": "jazzy",
        "prefixes": [str(folder)],
        "library_paths": [str(folder / "lib")],
        "python_paths": [str(ROOT)],
    }
    path.write_text(json.dumps(values), encoding="utf-8")
    program = folder / "program.py"
    program.write_text(PROGRAM.format(prefix=str(folder), spoil=spoil), encoding="utf-8")
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [REAL_PYTHON, "-S", str(program), "an argument"],
        env=clean,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_process_enters_once_with_its_arguments(tmp_path: Path) -> None:
    result = run_program(tmp_path)
    assert result.stdout == f"entered {tmp_path / 'lib'} False ['an argument']\n", result.stderr


def test_environment_that_gets_lost_ends_with_a_sentence_not_a_loop(tmp_path: Path) -> None:
    result = run_program(tmp_path, spoil='os.environ.pop("LD_LIBRARY_PATH", None)')
    assert result.returncode == 1
    assert "LD_LIBRARY_PATH and PYTHONPATH are lost" in result.stderr


@pytest.mark.skipif(env.find_overlay() is None, reason="ROS 2 does not come from wheels here")
def test_command_works_from_any_folder_without_sourcing(tmp_path: Path) -> None:
    result = subprocess.run(
        [str(Path(sys.prefix) / "bin" / "live-mvp"), "--help"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "explore" in result.stdout


def test_links_to_modules_that_are_gone_are_removed_and_others_kept(tmp_path):
    (tmp_path / "here.py").write_text("")
    folder = tmp_path / "install" / "package"
    folder.mkdir(parents=True)
    (folder / "kept.py").symlink_to(tmp_path / "here.py")
    (folder / "gone.py").symlink_to(tmp_path / "moved.py")
    load_tool("overlay").drop_dead_links(tmp_path / "install")
    assert sorted(path.name for path in folder.iterdir()) == ["kept.py"]
