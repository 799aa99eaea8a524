# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""docs/metrics.md has every key that is written, and none that is not."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from live_mvp_ros.bringup import run_files
from live_mvp_ros.bringup.flight_record import FlightRecord
from live_mvp_ros.bringup.flown import Flown, FlownParameters
from live_mvp_ros.bringup.graph import GraphOptions, describe
from live_mvp_ros.bringup.run_files import Ending
from live_mvp_ros.evaluation import figures
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.planning.completion_report import (
    CompletionReport,
    GoalReason,
    GoalStatus,
    Reason,
    Remainder,
)
from live_mvp_ros.reports import flight_files

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
PARTS = dict(
    part.split("\n", 1) for part in re.split(r"\n##+ ", PAGE.read_text(encoding="utf-8"))[1:]
)
REMAINDER = Remainder((0.0, 0.0), 1.0, 1.0, Reason.TOO_NARROW)
REPORT = CompletionReport(
    "", True, (REMAINDER,), 1.0, 1.0, GoalStatus(True, GoalReason.NONE, (0.0, 0.0), 0.0)
)


def keys(heading: str) -> dict[str, str]:
    """Return what the first column of a table names, with the row that it stands in."""
    rows = [row for row in PARTS[heading].splitlines() if row.startswith("| `")]
    return {key: row for row in rows for key in re.findall(r"`(\w+)`", row.split(" |")[0])}


def of_a_graph() -> dict[str, Any]:
    return run_files.metrics(
        describe(GraphOptions()), FlightRecord(), Ending("because"), None,
        flown=Flown(), peak_rss_mib=1.0, restarts={},
    )  # fmt: skip


def of_a_simulation() -> dict[str, Any]:
    return figures.failed_record(Run(world="seed"), "because")


def test_every_key_of_a_flight_is_there_and_says_by_which_command():
    listed, graph, sim = keys("metrics.json"), set(of_a_graph()), set(of_a_simulation())
    assert set(listed) == graph | sim
    by = {key: row.split("|")[3].strip() for key, row in listed.items()}
    for key, command in by.items():
        wanted = {(True, True): "both", (True, False): "graph", (False, True): "sim"}
        assert command == wanted[key in graph, key in sim], key


@pytest.mark.parametrize("key", ["flown", "cores", "versions", "rates_hz"])
def test_every_key_inside_of_one_of_a_graph_is_in_the_words_about_it(key):
    words = keys("metrics.json")[key] + (PARTS["Flown"] if key == "flown" else "")
    assert set(of_a_graph()[key]) <= set(re.findall(r"`(\w+)`", words))


def test_every_key_inside_of_one_of_a_simulation_is_in_the_words_about_it():
    for key in ("start", "step_ms"):
        words = keys("metrics.json")[key]
        assert set(of_a_simulation()[key]) <= set(re.findall(r"`(\w+)`", words))


def test_every_key_of_a_completion_report_is_there():
    values, listed = REPORT.to_dict(), keys("Completion")
    assert set(listed) == set(values)
    for key in ("goal", "recoveries"):
        assert set(values[key]) <= set(re.findall(r"`(\w+)`", listed[key]))
    words = PARTS["Completion"].rsplit("|\n\n", 1)[1]
    assert set(values["remainders"][0]) <= set(re.findall(r"`(\w+)`", words))


def test_every_key_of_a_campaign_is_there():
    assert set(keys("explore.json")) == set(figures.summary_of([of_a_simulation()]))
    for key in ("runs", "summary", "settings", "versions"):
        assert f"`{key}`" in PARTS["explore.json"].split("|", 1)[0]


def named_in(file: str) -> set[str]:
    """Return what the row of a file names, the file itself left out."""
    row = keys_row(file)
    return set(re.findall(r"`(\w+)`", row.split("|", 2)[2]))


def keys_row(file: str) -> str:
    return next(row for row in PARTS["Other files"].splitlines() if f"`{file}`" in row)


def test_every_array_of_a_simulated_flight_is_there():
    source = (Path(flight_files.__file__)).read_text(encoding="utf-8")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    saved = next(c for c in calls if getattr(c.func, "attr", "") == "savez_compressed")
    assert named_in("flight.npz") == {str(word.arg) for word in saved.keywords}


def test_every_key_of_the_parameters_is_there():
    written = run_files.parameters(describe(GraphOptions()), FlownParameters([]), None)
    assert named_in("parameters.json") == set(written)
