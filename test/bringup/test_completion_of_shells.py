# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The shell completes commands, options, worlds and files, as a user sees who presses tab."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from live_mvp_ros.cli import shell_completion

TAB = """
eval "$(live-mvp completion bash)"
COMP_WORDS=({words}) COMP_CWORD={index}
compopt() {{ printf "compopt %s %s\\n" "$@"; }}
$(complete -p live-mvp | sed 's/.*-F \\([^ ]*\\).*/\\1/') live-mvp
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def environment(tmp_path) -> dict[str, str]:
    """An environment that finds the command under its name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "live-mvp"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m live_mvp_ros.cli.main "$@"\n')
    command.chmod(0o755)
    return os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def run(command: list[str], environment: dict[str, str], cwd: Path) -> list[str]:
    result = subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.split("\n")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("live-mvp ex", {"explore"}),
        ("live-mvp bench ''", {"explore", "mapping", "planning"}),
        ("live-mvp explore --view-", {"--view-open"}),
        ("live-mvp explore --controller im", {"imppi"}),
        ("live-mvp explore --world off", {"office", "office_15x30", "office_20x20"}),
        ("live-mvp view ma", {"maze"}),
        ("live-mvp sim --json m", {"compopt -o default"}),
        ("live-mvp sim --world my/wo", {"compopt -o default"}),
        ("live-mvp report runs/", {"compopt -o default"}),
        ("live-mvp completion z", {"zsh"}),
        ("live-mvp sim --planner pa", {"parallel"}),
        ("live-mvp bench explore --planners parallel,near", {"parallel,nearest_frontier"}),
    ],
)
def test_a_tab_in_bash_offers_what_fits(tmp_path, environment, words, offered):
    count = len(words.split())
    script = TAB.format(words=words, index=count - 1)
    said = set(run(["bash", "--norc", "-c", script], environment, tmp_path))
    assert offered <= said, said
    assert len(said - {""}) < 10


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_of_its_own(tmp_path, environment, shell):
    script = "\n".join(run(["live-mvp", "completion", shell], environment, tmp_path))
    assert f"_LIVE_MVP_COMPLETE={shell}_complete" in script
    if shutil.which(shell) is not None:
        file = tmp_path / "script"
        file.write_text(script)
        run([shell, "-n", str(file)], environment, tmp_path)


def test_the_planners_that_are_offered_are_those_that_fly():
    from live_mvp_ros.evaluation import planners

    assert (*planners.PLANNERS, planners.POLICY) == shell_completion.PLANNERS
