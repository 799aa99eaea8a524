# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a page says to put into the sources makes them do what it says, in a copy of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT, blocks

PAGE = "docs/tutorial_planner.md"
TERM = 'Term("backwards", 30.0, backwards)'


@pytest.fixture(name="copy")
def copy_fixture(tmp_path: Path) -> Path:
    """The package as it is, to be changed."""
    ours = shutil.ignore_patterns("__pycache__", "msg", "srv", "action")
    shutil.copytree(ROOT / "live_mvp_ros", tmp_path / "live_mvp_ros", ignore=ours)
    return tmp_path


def block_with(words: str) -> str:
    """Return the first block of the page that says some words."""
    return next(b.text for b in blocks("python") if b.page == PAGE and words in b.text)


def run(folder: Path, *arguments: str) -> str:
    """Run Python with the copy instead of the package; return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def test_a_planner_of_the_page_is_known_by_its_name(copy):
    file = copy / "live_mvp_ros" / "evaluation" / "planners.py"
    added = block_with("def largest") + block_with('PLANNERS["largest"] = LARGEST')
    file.write_text(file.read_text() + "\n\n" + added)
    said = run(copy, "-m", "live_mvp_ros.cli.main", "sim", "--planner", "smallest")
    assert "planner = 'smallest' is not allowed" in said
    assert "largest" in said


def test_a_cost_term_of_the_page_is_summed(copy):
    file = copy / "live_mvp_ros" / "control" / "costs.py"
    function = block_with("def backwards").split("\n\n\n")[1] + "\n\n\n"
    assert f"costs.{TERM}" in block_with(f"costs.{TERM}")
    text = file.read_text().replace("TERMS = {\n", function + "TERMS = {\n", 1)
    last = '        Term("goal",'
    file.write_text(text.replace(last, f"        {TERM},\n{last}", 1))
    said = run(
        copy,
        "-c",
        "from live_mvp_ros.control import ControllerConfig; print(ControllerConfig().plan.terms)",
    )
    assert "'backwards'" in said
