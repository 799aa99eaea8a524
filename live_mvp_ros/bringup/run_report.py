# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Write down what came of a flight: its figures first, then what takes longer to draw.

What cannot be written is noted, and the rest is written all the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from live_mvp_ros.base.results import PAGE, write_json
from live_mvp_ros.bringup import run_files
from live_mvp_ros.bringup.attempts import Unwritten, listed
from live_mvp_ros.bringup.flight_record import FlightRecord
from live_mvp_ros.bringup.flown import Flown
from live_mvp_ros.bringup.graph import Graph
from live_mvp_ros.bringup.run_files import Scores
from live_mvp_ros.bringup.scoring import Scorer

if TYPE_CHECKING:
    from live_mvp_ros.bringup.monitor import Monitor

METRICS = "metrics.json"


@dataclasses.dataclass(frozen=True)
class Results:
    """What is known of a flight when it has ended.

    Attributes:
        graph: what flew.
        monitor: what was seen of it.
        flown: what its figures are measured against.
        scores: what the truth says, None where it was not scored.
        metrics: the figures, as they go into metrics.json.
    """

    graph: Graph
    monitor: Monitor
    flown: Flown
    scores: Scores | None
    metrics: Mapping[str, object]


def scores_of(scorer: Scorer, record: FlightRecord) -> Scores | None:
    """Return what the truth says, None where there is none."""
    if not scorer.scores:
        return None
    positions = record.true_trajectory().positions_m
    return Scores(scorer.exploration(), scorer.safety(positions))


def write_figures(folder: Path, results: Results, copy: Path | None, unwritten: Unwritten) -> None:
    """Write the figures, the trajectory and the course of the flight.

    Args:
        folder: of the run.
        results: of the flight.
        copy: file that gets the figures, too, or None.
        unwritten: receives each thing that cannot be written.
    """
    monitor, record, goal_m = results.monitor, results.monitor.record, results.flown.goal_m
    tried = unwritten.attempt
    metrics = folder / METRICS
    tried(str(metrics), write_json, metrics, results.metrics)
    if copy is not None:
        tried(str(copy), write_json, copy, results.metrics)
    tried("the trajectory", run_files.write_tables, folder, record, results.scores)
    course = (folder, results.graph, record, monitor.moments, monitor.flown, goal_m)
    tried("the course of the flight", run_files.write_course, *course)


def write_pictures(folder: Path, results: Results, hurry: bool, unwritten: Unwritten) -> None:
    """Write the map, the pictures and the page with them.

    Args:
        folder: of the run; the figures are there.
        results: of the flight.
        hurry: the page gets only the pictures that there are.
        unwritten: receives each thing that cannot be written.
    """
    latest, record = results.monitor.latest_map, results.monitor.record
    tried = unwritten.attempt
    image = tried("the map", run_files.write_map, folder, latest) if latest else None
    pictures = (folder, results.graph, record, image, results.scores, results.flown.goal_m)
    drawn = tried("the pictures", run_files.write_plots, *pictures) or {}
    without = unwritten.why(str(folder / METRICS))  # which the page is made from
    if without:
        unwritten.add(PAGE, without)
    else:
        tried(PAGE, _write_page, folder, drawn, hurry)


def write_for_later(folder: Path, results: Results, unwritten: Unwritten) -> str:
    """Write what the map, the score and the page can be made from; return what is left out."""
    latest, left = results.monitor.latest_map, ["the report"]
    if latest is not None:
        unwritten.attempt("the last map", run_files.write_last_map, folder, latest)
        left.insert(0, "the map")
    if results.scores is None and results.flown.truth is not None:
        left.insert(0, "the score")
    return listed(left)


def _write_page(folder: Path, drawn: dict[str, bytes], hurry: bool) -> None:
    """Write report.html, in a hurry only with the pictures that there are."""
    from live_mvp_ros.reports import page
    from live_mvp_ros.reports.run_data import read_run

    run = read_run(folder)
    if hurry:
        page.write_page(run, drawn)
    else:
        page.write_report(run)
