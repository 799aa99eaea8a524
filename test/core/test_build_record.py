# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The version says which commit it is: by git in a checkout, by what the build wrote elsewhere."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from live_mvp_ros.base import build_record


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """A repository with a package in it."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    (tmp_path / "package.xml").write_text("<package/>")
    (tmp_path / "live_mvp_ros").mkdir()
    (tmp_path / "live_mvp_ros" / "a.py").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_a_checkout_says_its_commit_and_whether_it_was_changed_since(checkout):
    head = git(checkout, "rev-parse", "HEAD")[:10]
    package = checkout / "live_mvp_ros"
    assert build_record.commit(package) == head
    (package / "a.py").write_text("changed")
    assert build_record.commit(package) == f"{head}+"


def test_what_the_build_has_written_counts_elsewhere(tmp_path):
    package = tmp_path / "live_mvp_ros"
    package.mkdir()
    assert build_record.commit(package) is None
    (package / "commit.txt").write_text("0123456789abcdef\n")
    assert build_record.commit(package) == "0123456789"


def test_the_repository_that_an_installation_lies_in_is_not_ours(checkout):
    installed = checkout / "venv" / "lib" / "live_mvp_ros"
    installed.mkdir(parents=True)
    assert build_record.commit(installed) is None


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", str(checkout))
    assert build_record.commit(checkout / "live_mvp_ros") is None
