# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A module that is missing gives the command that installs it, as pyproject.toml has it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from live_mvp_ros.base import pip_packages

ROOT = Path(__file__).parents[2]
BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name == "jax":
            raise ModuleNotFoundError("No module named 'jax'", name="jax")
sys.meta_path.insert(0, Blocked())
"""


def without_jax(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python as on a machine without JAX."""
    (folder / "sitecustomize.py").write_text(BLOCK)
    paths = f"{folder}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands_install_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [line.partition(";")[0].strip() for line in project["dependencies"]]
    assert sorted(pip_packages.REQUIRED.values()) == sorted(wanted)
    extras = project["optional-dependencies"]
    optional = [
        package
        for extra in ("gym", "mavlink", "play", "ray", "train", "view")
        for package in extras[extra]
    ]
    assert sorted(pip_packages.OPTIONAL.values()) == sorted(optional)


def test_nothing_is_missing_where_the_tests_run_with_everything():
    pytest.importorskip("jax")
    pytest.importorskip("mcap")
    assert pip_packages.missing() == []


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("jax", '"jax>=0.6.2,<0.'),
        ("yaml", '"pyyaml>=6.0.2"'),
        ("rerun", '"rerun-sdk>=0.40,<0.42"'),
    ],
)
def test_a_missing_module_is_named_with_its_command(name, command):
    said = pip_packages.sentence(ModuleNotFoundError(name=name))
    assert said is not None
    assert f"is not installed here: pip install {command}" in said


def test_modules_of_nobody_stay_errors():
    assert pip_packages.sentence(ModuleNotFoundError(name="live_mvp_ros.gone")) is None
    assert pip_packages.sentence(ModuleNotFoundError("no name")) is None


def test_numpy_1_of_a_distribution_keeps_its_jax(monkeypatch):
    monkeypatch.setattr(pip_packages.metadata, "version", lambda name: "1.26.4")
    assert pip_packages.remedy(["jax"]) == 'pip install "jax>=0.6.2,<0.7"'


def test_a_command_without_jax_ends_with_one_sentence(tmp_path):
    result = without_jax(tmp_path, "-m", "live_mvp_ros.cli.main", "sim", "--world", "seed")
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith('live-mvp: jax is not installed here: pip install "jax>=')
    assert result.stderr.count("\n") == 1


def test_a_node_without_jax_ends_with_one_sentence(tmp_path):
    pytest.importorskip("rclpy", reason="nodes need ROS 2")
    result = without_jax(tmp_path, "-m", "live_mvp_ros.nodes", "gt_depth")
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith('jax is not installed here: pip install "jax>=')
    assert result.stderr.count("\n") == 1


def test_the_doctor_says_what_to_install_in_one_line(tmp_path):
    code = (
        "from live_mvp_ros.cli import doctor;"
        "doctor.CHECKS.clear(); doctor.CHECKS['packages'] = doctor.check_packages;"
        "doctor.doctor.main([], standalone_mode=False)"
    )
    result = without_jax(tmp_path, "-c", code)
    (line,) = (line for line in result.stdout.splitlines() if line.startswith("packages: "))
    assert line.startswith("packages: pip install "), result.stderr
    assert '"jax>=0.6.2' in line
    assert "1 to fix." in result.stdout
