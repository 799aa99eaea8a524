# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench environments``: what it writes and what it refuses."""

from __future__ import annotations

import json

import pytest

from live_mvp_ros.cli.main import main

pytest.importorskip("gymnasium")
NAME = "live_mvp/Examiner-v0"


def test_the_figures_of_an_environment_are_shown_and_written(tmp_path, capsys):
    path = tmp_path / "steps.json"
    words = ["--only", NAME, "--seconds", "0.2", "--batch", "2", "--json", str(path)]
    assert main(["bench", "environments", *words]) == 0
    said = capsys.readouterr()
    assert NAME in said.out
    found = json.loads(path.read_text())
    assert list(found) == [NAME]
    figures = found[NAME]
    assert set(figures) == {"steps_per_s", "batch", "compile_s", "rss_mib"}
    assert set(figures["steps_per_s"]) == {"single", "batched"}
    assert all(rate > 0.0 for rate in figures["steps_per_s"].values())
    assert figures["batch"] == 2
    assert figures["compile_s"] > 0.0
    assert figures["rss_mib"] > 50.0


def test_an_environment_that_is_none_is_refused(capsys):
    assert main(["bench", "environments", "--only", "live_mvp/Walker-v0"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "--only 'live_mvp/Walker-v0' is not allowed" in said
    assert NAME in said
