# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where JAX or a bag's format is missing, its tests are skipped with a reason, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocked())
"""
TESTS = {
    "test_at_the_top.py": "import jax.numpy\n\ndef test_it():\n    pass\n",
    "test_inside.py": "def test_it():\n    import mcap\n\ndef test_other():\n    pass\n",
    "test_in_a_process.py": (
        "import subprocess, sys\n\ndef run(code):\n"
        "    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)\n"
        "    assert done.returncode == 0, done.stderr\n\n"
        "def test_it():\n    run('import jax.numpy')\n\n"
        "def test_command():\n"
        "    run('raise SystemExit(\"jax is not installed here: pip install\")')\n\n"
        "def test_what_is_there():\n    run('raise SystemExit(\"No module named \\'json\\'\")')\n"
    ),
    "test_wrong.py": "def test_it():\n    import no_such_module\n",
}


@pytest.fixture
def run(tmp_path):
    """Run tests on a machine without JAX and mcap."""
    blocker = tmp_path / "blocker"
    blocker.mkdir()
    (blocker / "sitecustomize.py").write_text(BLOCK.format(names=["jax", "mcap"]))
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "conftest.py").write_text((ROOT / "test" / "conftest.py").read_text())
    for name, text in TESTS.items():
        (tests / name).write_text(text)
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\naddopts = -ra\npythonpath = {ROOT / 'test' / 'support'} {ROOT}\n"
    )
    paths = f"{blocker}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"

    def start(*names: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *names],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def test_only_what_needs_a_missing_module_is_skipped_and_the_reason_is_said(run):
    result = run("tests")
    assert "needs jax: pip install jax" in result.stdout, result.stdout + result.stderr
    assert "needs mcap: pip install mcap" in result.stdout
    assert "2 failed, 1 passed, 4 skipped" in result.stdout, result.stdout
    assert "no_such_module" in result.stdout


def test_where_nothing_can_be_run_nothing_has_failed(run):
    result = run("tests/test_at_the_top.py")
    assert "1 skipped" in result.stdout
    assert result.returncode == 0
    assert run("tests/test_inside.py", "-k", "no_such_test").returncode == 5
