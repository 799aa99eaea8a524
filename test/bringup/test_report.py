# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run leaves behind: files that other programs accept, numbers that are there or null."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import resource
import signal
import threading
import time
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from live_mvp_ros.base.results import package_version, write, write_json
from live_mvp_ros.bringup import graph as graphs
from live_mvp_ros.bringup import run_files
from live_mvp_ros.bringup.asking import basis
from live_mvp_ros.bringup.attempts import Unwritten
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.exploration_flight import Flight
from live_mvp_ros.bringup.flight_end import with_completion
from live_mvp_ros.bringup.flight_options import FlightOptions
from live_mvp_ros.bringup.flight_record import FlightRecord, Status
from live_mvp_ros.bringup.flown import Flown, FlownParameters, flown
from live_mvp_ros.bringup.glance import Glance
from live_mvp_ros.bringup.graph import GraphOptions, describe
from live_mvp_ros.bringup.interrupts import Interrupts
from live_mvp_ros.bringup.moments import Moments
from live_mvp_ros.bringup.run_files import Ending, Scores
from live_mvp_ros.bringup.run_folder import new_folder, remove_folder
from live_mvp_ros.bringup.scoring import Basis, Scorer
from live_mvp_ros.cli.main import main
from live_mvp_ros.evaluation import metrics
from live_mvp_ros.planning.completion_report import (
    CompletionReport,
    GoalReason,
    GoalStatus,
    Reason,
    Remainder,
)
from live_mvp_ros.reports import drawing, page
from live_mvp_ros.reports.run_data import NoRunError, read_run
from live_mvp_ros.worlds.world_error import WorldError

REQUIRED = {
    "mission_complete",
    "goal_reached",
    "explored_fraction",
    "time_to_50_s",
    "time_to_90_s",
    "time_to_95_s",
    "time_to_99_s",
    "flight_time_s",
    "path_length_m",
    "collisions",
    "min_clearance_m",
    "real_time_factor",
    "control_latency_ms",
    "control_on_time_fraction",
    "rates_hz",
    "peak_rss_mib",
    "world",
    "seed",
    "versions",
    "end_reason",
    "completion",
}


def flight_to(x: float, y: float, goal_reached: bool) -> FlightRecord:
    record = FlightRecord()
    record.begin()
    for i in range(101):
        share = i / 100
        position = (1.5 + share * (x - 1.5), 5.0 + share * (y - 5.0), 2.0)
        record.odometry(i * 10_000_000, i * 10_000_000 + 1, position)
    record.report(Status("DONE", "", 0.98, 0.6, 7.0, goal_reached))
    return record


def values_of(record: FlightRecord, complete: bool, scores: Scores | None = None) -> dict:
    return metrics_of(record, complete, FLOWN, scores)


FLOWN = Flown(control_rate_hz=50.0, goal_m=(9.0, 5.0, 2.0), goal_tolerance_m=1.5, radius_m=0.3)


def metrics_of(
    record: FlightRecord, complete: bool, flown: Flown, scores: Scores | None = None, **options
) -> dict:
    return run_files.metrics(
        describe(GraphOptions(**options)), record, Ending("because", complete), scores,
        flown=flown, peak_rss_mib=1000.0, restarts={},
    )  # fmt: skip


def test_the_mission_is_timed_by_its_own_clock():
    """The watcher hears of a flight when it is under way, and a slow machine lets it wait."""
    record = flight_to(9.0, 5.0, False)
    values = values_of(record, complete=False)
    assert (values["mission_time_s"], values["mission_waited_s"]) == (None, None)
    record.report(dataclasses.replace(record.status, elapsed_s=21.75, waited_s=3.2504))
    values = values_of(record, complete=False)
    assert (values["mission_time_s"], values["mission_waited_s"]) == (25.0, 3.25)
    assert values["flight_time_s"] == 1.0


def test_metrics_have_every_key_and_no_nan_even_without_a_flight():
    values = values_of(FlightRecord(), complete=False)
    assert set(values) >= REQUIRED
    assert set(values["control_latency_ms"]) == {"p50", "p99"}
    assert set(values["rates_hz"]) == {"odom", "points", "map", "info_field", "command"}
    json.dumps(values, allow_nan=False)
    assert values["explored_fraction"] is None
    assert values["mission_complete"] is False


@pytest.mark.parametrize(
    ("x", "said", "complete", "expected"),
    [
        (9.0, True, True, True),
        (7.6, True, True, True),  # 1.4 m from the goal
        (7.4, True, True, False),  # 1.6 m
        (9.0, False, True, False),
        (9.0, True, False, False),
    ],
)
def test_a_mission_is_complete_when_controller_and_position_agree(x, said, complete, expected):
    values = values_of(flight_to(x, 5.0, said), complete)
    assert values["mission_complete"] is expected


def test_metrics_name_the_planner_as_flights_in_one_process_do():
    assert metrics_of(FlightRecord(), False, FLOWN)["planner"] == "parallel"
    assert metrics_of(FlightRecord(), False, FLOWN, controller="none")["planner"] is None


def test_metrics_say_what_was_expected_of_the_odometry():
    assert metrics_of(FlightRecord(), False, FLOWN)["odometry"] == {}
    values = metrics_of(FlightRecord(), False, FLOWN, drift_m_per_m=0.005, vehicle="none")
    assert values["odometry"] == {"drift_m_per_m": 0.005}


def test_goal_and_tolerance_are_those_that_were_flown():
    record = flight_to(7.0, 5.0, True)  # 2 m from the goal of the office
    wide = dataclasses.replace(FLOWN, goal_tolerance_m=2.5)
    moved = dataclasses.replace(FLOWN, goal_m=(7.5, 5.0))
    assert metrics_of(record, True, FLOWN)["goal_reached"] is False
    assert metrics_of(record, True, wide)["goal_reached"] is True
    assert metrics_of(record, True, moved)["goal_reached"] is True


def commanded(period_ms: int) -> FlightRecord:
    record = flight_to(6.0, 5.0, False)
    for i in range(50):
        record.command(i * 10_000_000, 1 + i * period_ms * 1_000_000)
    return record


@pytest.mark.parametrize(
    ("rate_hz", "period_ms", "expected"),
    [(50.0, 20, 1.0), (25.0, 40, 1.0), (25.0, 80, 0.0), (None, 20, None)],
)
def test_commands_are_on_time_by_the_rate_that_was_flown(rate_hz, period_ms, expected):
    known = dataclasses.replace(FLOWN, control_rate_hz=rate_hz)
    values = metrics_of(commanded(period_ms), False, known)
    assert values["control_on_time_fraction"] == expected


def test_the_pace_of_the_simulator_is_the_one_that_was_flown():
    slow = dataclasses.replace(FLOWN, real_time_factor=0.5)  # by a parameters file
    assert metrics_of(commanded(40), False, slow)["control_on_time_fraction"] == 1.0


def test_what_was_flown_is_read_from_the_parameters_of_the_nodes():
    parameters = {
        "imppi_controller": {
            "rate_hz": 25.0, "goal_m": [1.0, 2.0, 3.0], "mission.goal_tolerance_m": 0.7,
            "body.radius_m": 0.4,
        },
        "gt_depth": {"world": "seed", "camera.max_range_m": 12.0},
        "live_map": {"max_range_m": 6.0},
        "quadrotor_sim": {"real_time_factor": 0.3, "body.radius_m": 0.4},
    }  # fmt: skip
    assert flown(parameters) == Flown(25.0, (1.0, 2.0, 3.0), 0.7, 0.4, 6.0, 0.3, "seed")
    assert flown(parameters, "mine.yaml").truth == "mine.yaml"
    assert flown(parameters, None, (8.0, 9.0)).goal_m == (8.0, 9.0)
    assert flown({}) == Flown()


def test_parameters_that_were_changed_in_flight_are_asked_for_at_its_end(tmp_path):
    said: list[str] = []
    ending = Stopping(flight_to(6.0, 5.0, False))
    ending.flown = FlownParameters(["/imppi_controller"])
    ending.flown.answer("/imppi_controller", {"rate_hz": 50.0})
    ending.answers = {"/imppi_controller": {"rate_hz": 25.0}}
    flight = ending.finish(tmp_path, said)
    assert flight.metrics["flown"]["control_rate_hz"] == 25.0

    ending = Stopping(flight_to(6.0, 5.0, False))
    ending.flown = FlownParameters(["/imppi_controller", "/live_map"])
    ending.flown.answer("/imppi_controller", {"rate_hz": 50.0})
    (tmp_path / "b").mkdir()
    flight = ending.finish(tmp_path / "b", said)  # nobody answers: what was known holds
    assert flight.metrics["flown"]["control_rate_hz"] == 50.0


def test_what_nobody_renders_is_scored_against_nothing_unless_the_user_says_so():
    theirs = {"imppi_controller": {"body.radius_m": 0.3}, "live_map": {"max_range_m": 8.0}}
    assert basis(flown(theirs)) is None
    assert basis(flown(theirs, "office")) == Basis("office", 0.3, 8.0)
    values = metrics_of(flight_to(6.0, 5.0, False), False, flown(theirs), vehicle="none")
    for name in ("explored_fraction", "collisions", "min_clearance_m", "time_to_50_s"):
        assert values[name] is None


def test_a_mission_without_a_goal_is_complete_when_the_controller_says_so():
    record = flight_to(2.0, 5.0, False)
    record.report(Status("DONE", "", 0.98, 0.6, 7.0, False, success=True))
    assert metrics_of(record, True, FLOWN)["mission_complete"] is True
    assert metrics_of(record, False, FLOWN)["mission_complete"] is False


def test_the_report_has_the_parameters_file_as_it_was_flown(tmp_path, monkeypatch):
    file = tmp_path / "mine.yaml"
    file.write_text("/**: {ros__parameters: {late_periods: 7}}")
    monkeypatch.setattr(graphs, "overrides", lambda path, text, nodes, namespace: {})
    graph = describe(GraphOptions(params_file=str(file)))
    file.write_text("edited in flight")
    values = run_files.parameters(graph, FlownParameters([]), None)
    assert values["params_file_text"] == "/**: {ros__parameters: {late_periods: 7}}"
    file.unlink()
    assert run_files.parameters(graph, FlownParameters([]), None) == values


class Stopping:
    """A supervisor that is being stopped, and a monitor of a flight that has ended."""

    def __init__(self, record: FlightRecord) -> None:
        self.stopped = False
        self.record, self.latest_map = record, None
        self.moments, self.flown = Moments(), FlownParameters([])
        self.peak_mib = 100.0
        self.answers: dict[str, dict[str, Any]] = {}
        self.asked = False
        self.vehicle = types.SimpleNamespace(state=None, texts=[])  # none behind an autopilot

    def stop(self, *_: object) -> None:
        time.sleep(0.2)
        self.stopped = True

    def restarts(self) -> dict[str, int]:
        return {}

    def end_mission(self, _: float) -> None:
        """Nothing is left to end."""

    def renew_parameters(self, _: float) -> None:
        self.flown.renew()
        for node, values in self.answers.items():
            self.flown.answer(node, values)

    def save_map(self, *_: object) -> None:
        """It is saved."""

    def finish(
        self, folder: Path, said: list[str], interrupted: bool = False, **options: Any
    ) -> Flight:
        """Return a flight whose end was gone through."""
        wishes = FlightOptions(folder, **options)
        flight = Flight(describe(GraphOptions()), wishes, lambda _: None, said.append)
        flight.folder, flight._monitor = folder, self
        memory = types.SimpleNamespace(stop=lambda: None, peak_mib=100.0)
        flight._finish(Ending("because"), self, memory, types.SimpleNamespace(asked=interrupted))
        return flight


def test_an_interrupted_flight_says_what_it_had_no_time_for(tmp_path, monkeypatch):
    """What scores and draws is not loaded yet; the map node saves its map when it ends."""
    said: list[str] = []
    ending = Stopping(flight_to(6.0, 5.0, False))
    ending.latest_map = object()
    ending.record.transitions[:] = [(0.0, "EXPLORING", "flying to the next look at unknown space")]
    kept: list[object] = []
    monkeypatch.setattr(run_files, "write_last_map", lambda _, message: kept.append(message))
    ending.complete_files = lambda: None
    ending.save_map = lambda *_: "the map node did not answer within 0.7 s"
    ending.stop = lambda *_: (tmp_path / "neural_map.npz").write_text("whole")
    flight = ending.finish(tmp_path, said, interrupted=True, truth="office")
    assert flight.left_out == "the score, the map and the report"
    assert kept == [ending.latest_map]
    assert (said, flight.unsaved) == ([], "")
    assert flight.metrics["states"][-1] == {
        "time_s": pytest.approx(flight.metrics["flight_time_s"], abs=0.01),
        "state": "ENDED",
        "reason": "because",
    }
    assert (tmp_path / "metrics.json").exists()
    ending.stop = lambda *_: None
    written = tmp_path / "neural_map.npz"
    os.utime(written, (0.0, 0.0))  # an earlier save
    flight = ending.finish(tmp_path, said, interrupted=True)
    assert flight.unsaved == "the map node did not answer within 0.7 s"
    ending.latest_map = None
    flight = ending.finish(tmp_path, said, interrupted=True)
    assert flight.unsaved == "no map had come yet"
    assert ending.finish(tmp_path, said).unsaved == ""


def test_ctrl_c_is_acknowledged_while_the_main_thread_is_busy():
    said = threading.Event()
    interrupts = Interrupts(said.set)
    try:
        assert not said.wait(0.05)
        signal.raise_signal(signal.SIGINT)
        assert said.wait(10.0)
        assert interrupts.asked
    finally:
        interrupts.restore()


def test_a_flight_shows_that_it_stops_and_keeps_its_figures(tmp_path):
    shown: list[Any] = []
    said: list[str] = []
    flight = Flight(describe(GraphOptions()), FlightOptions(tmp_path), shown.append, said.append)
    flight._acknowledge()
    assert shown == []  # nothing is known of it yet
    flight._glance = Glance("EXPLORING", "", 1.7, 0.084, 0.3, 0.5, None, None, None, left_s=60.0)
    flight._acknowledge()
    assert (shown[0].state, shown[0].explored_fraction, shown[0].left_s) == (
        "STOPPING",
        0.084,
        None,
    )
    assert len(said) == 2 and said[0].startswith("stopping")


@pytest.mark.parametrize(
    "name", ["write_tables", "write_course", "write_plots", "write_map", "metrics.json"]
)
def test_what_cannot_be_written_is_said_and_the_rest_is_written(tmp_path, monkeypatch, name):
    said: list[str] = []
    ending = Stopping(flight_to(6.0, 5.0, False))
    ending.latest_map = object()
    monkeypatch.setattr(run_files, "write_map", lambda *_: None)

    def fails(*_):
        raise OSError(28, "No space left on device")

    if name == "metrics.json":
        (tmp_path / "metrics.json").mkdir()
    else:
        monkeypatch.setattr(run_files, name, fails)
    flight = ending.finish(tmp_path, said, json_file=tmp_path / "copy.json")
    assert ending.stopped
    sentence = flight.unwritten.sentence()
    assert sentence.count("could not be written: ") == 1
    assert ("report.html" in sentence) == (name == "metrics.json")  # the page is made of it
    files = {"copy.json", "trajectory.csv", "timing.json", "trajectory.png", "report.html"}
    missing = {
        "write_tables": {"trajectory.csv"}, "write_course": {"timing.json"},
        "write_plots": {"trajectory.png"}, "write_map": set(), "metrics.json": {"report.html"},
    }  # fmt: skip
    assert {path.name for path in tmp_path.iterdir()} >= files - missing[name]
    assert flight.metrics["end_reason"] == "because"


def test_a_full_disk_at_the_end_is_one_sentence_and_leaves_no_half_of_a_file(
    tmp_path, monkeypatch
):
    """No file may grow beyond 100 bytes, as on a disk that is full."""
    monkeypatch.setattr(run_files, "write_map", lambda *_: None)
    ending = Stopping(flight_to(6.0, 5.0, False))
    copy = tmp_path / "copy.json"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        flight = ending.finish(tmp_path, [], json_file=copy)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert flight.unwritten.sentence() == (
        f"{tmp_path / 'metrics.json'}, {copy}, the trajectory, the course of the flight,"
        " the pictures and report.html could not be written: File too large"
    )
    assert [path.name for path in tmp_path.iterdir() if path.stat().st_size > 100] == []
    assert not any(path.name.startswith(".") for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"states": [1]}, "states of metrics.json is no list of tables"),
        ({"completion": {"goal": "x"}}, "completion.goal of metrics.json is no table"),
        ({"completion": {"remainders": "x"}}, "completion.remainders of metrics.json is no list"),
        ({"restarts": 3}, "restarts of metrics.json is no table"),
    ],
)
def test_a_run_of_another_version_is_named_with_its_key_and_version(tmp_path, change, words):
    values = {"mission_complete": True, "versions": {"live_mvp_ros": "0.0.7"}, "of_tomorrow": [1]}
    write_json(tmp_path / "metrics.json", values)
    assert page.page([read_run(tmp_path)], {}), "what is missing or not known does no harm"
    write_json(tmp_path / "metrics.json", {**values, **change})
    with pytest.raises(NoRunError, match=words) as caught:
        read_run(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert f"version 0.0.7 of live_mvp_ros, and this is {package_version()}" in str(caught.value)


def fly_to_an_end(monkeypatch, complete: bool, missing: str) -> None:
    """Let explore fly a flight that has ended, of which something could not be written."""
    from live_mvp_ros.bringup import exploration_flight

    class Flown:
        def __init__(self, *_: object) -> None:
            self.metrics, self.folder = {"mission_complete": complete}, None
            self.unfinished, self.unwritten = False, Unwritten()
            self.left_out = self.unsaved = ""

        def run(self) -> Ending:
            if missing:
                self.unwritten.add(missing, "No space left on device")
            return Ending("because")

    monkeypatch.setattr(exploration_flight, "Flight", Flown)


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("missing", ["", "runs/1/metrics.json"])
def test_the_status_of_explore_is_0_only_when_all_about_it_was_written(
    tmp_path, monkeypatch, capsys, complete, missing
):
    monkeypatch.chdir(tmp_path)
    fly_to_an_end(monkeypatch, complete, missing)
    assert main(["explore", "--no-record", "--headless"]) == (0 if complete and not missing else 1)
    said = f"live-mvp: {missing} could not be written: No space left on device\n"
    assert capsys.readouterr().err == (said if missing else "")


@pytest.mark.parametrize("closed", [True, False])
def test_a_bag_that_was_not_closed_is_said_with_what_mends_it(tmp_path, closed):
    said: list[str] = []
    ending = Stopping(flight_to(6.0, 5.0, False))
    for name in ("bag", "bag-2"):  # the recorder was started again
        (tmp_path / name).mkdir()
        (tmp_path / name / "bag_0.mcap").write_text("")
    (tmp_path / "bag" / "metadata.yaml").write_text("")
    if closed:
        (tmp_path / "bag-2" / "metadata.yaml").write_text("")
    ending.finish(tmp_path, said)
    words = [line for line in said if "reindex" in line]
    bag = tmp_path / "bag-2"
    sentence = f"the bag {bag} was not closed: complete it with live-mvp bag reindex {bag}"
    assert words == ([] if closed else [sentence])


def test_a_bag_that_a_second_signal_leaves_open_is_said_too(tmp_path):
    said: list[str] = []
    flight = Flight(describe(GraphOptions()), FlightOptions(tmp_path), lambda _: None, said.append)
    killed: list[bool] = []
    flight.folder = tmp_path
    (tmp_path / "bag").mkdir()
    flight._emergency(types.SimpleNamespace(kill=lambda: killed.append(True)))
    assert killed == [True]
    assert len(said) == 1 and "live-mvp bag reindex" in said[0]


def test_the_nodes_are_stopped_whatever_happens_to_the_report(tmp_path, monkeypatch):
    ending = Stopping(flight_to(6.0, 5.0, False))

    def fails(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(run_files, "metrics", fails)
    with pytest.raises(ZeroDivisionError):
        ending.finish(tmp_path, [])
    assert ending.stopped


@pytest.mark.parametrize(
    ("error", "sentence", "is_a_fault"),
    [
        (WorldError("there is no world attic"), "WorldError: there is no world attic", False),
        (OSError(5, "Input/output error"), "Input/output error", False),
        (MemoryError(), "MemoryError", False),
        (RuntimeError("RESOURCE_EXHAUSTED"), "RuntimeError: RESOURCE_EXHAUSTED", False),
        (KeyError("radius_m"), "KeyError: 'radius_m'", True),  # nothing outside has this cause
    ],
)
def test_a_scorer_that_fails_says_why_and_the_figures_are_null(
    tmp_path, monkeypatch, error, sentence, is_a_fault
):
    """The report is written in any case; what is a fault of the program is raised after it."""
    said: list[str] = []
    raw: list[object] = []
    monkeypatch.setattr(threading, "excepthook", raw.append)

    def fails(self):
        raise error

    monkeypatch.setattr(Scorer, "_load", fails)
    ending = Stopping(flight_to(6.0, 5.0, False))
    monkeypatch.setattr(
        Flight, "_finish", started_first(Flight._finish, Basis("office", 0.3, 8.0))
    )
    with pytest.raises(type(error)) if is_a_fault else contextlib.nullcontext():
        ending.finish(tmp_path, said)
    assert ending.stopped
    assert raw == []
    assert [line for line in said if "not scored" in line] == [
        f"the flight was not scored: {sentence}"
    ]
    values = json.loads((tmp_path / "metrics.json").read_text())
    assert values["explored_fraction"] is None
    assert values["collisions"] is None
    assert (tmp_path / "report.html").exists()


def started_first(finish: Any, basis: Basis) -> Any:
    """Return the end of a flight whose scorer has begun."""

    def run(flight: Flight, *arguments: Any) -> Any:
        flight._scorer.start(basis)
        return finish(flight, *arguments)

    return run


def test_what_is_left_reaches_the_metrics_and_the_reason_for_the_end():
    room = Remainder((3.0, 4.0), 6.5, 0.2, Reason.TOO_NARROW)
    goal = GoalStatus(False, GoalReason.OUT_OF_TIME, (9.0, 5.0), 3.0)
    left = CompletionReport("stopped on request", False, (room,), 60.0, 30.0, goal)
    record = flight_to(6.0, 5.0, False)
    assert values_of(record, complete=False)["completion"] is None
    assert with_completion(Ending("because"), record).reason == "because"
    record.left(left, final=True)
    ending = with_completion(Ending("because"), record)
    assert ending.reason.startswith(
        "because; left: 6.5 m² or less behind passages that are too narrow in the map; "
    )
    completion = values_of(record, complete=False)["completion"]
    assert completion["ended"] == "because"
    assert completion["remainders"][0]["reason"] == "too_narrow"
    assert completion["goal"]["reason"] == "out_of_time"
    record.left(dataclasses.replace(left, remainders=(), goal=GOAL_REACHED), final=True)
    assert with_completion(Ending("because"), record).reason == "because"


GOAL_REACHED = GoalStatus(True, GoalReason.NONE, (9.0, 5.0), 0.5)


def test_scores_reach_the_metrics():
    explored = metrics.exploration([0.0, 1.0], [0.6, 0.96])
    safety = metrics.Safety(np.array([0.5, 0.4]), 0, 0.4)
    values = values_of(flight_to(9.0, 5.0, True), True, Scores(explored, safety))
    assert values["explored_fraction"] == 0.96
    assert values["time_to_50_s"] == 0.0
    assert values["time_to_95_s"] == 1.0
    assert values["time_to_99_s"] is None
    assert values["collisions"] == 0
    assert values["min_clearance_m"] == 0.4
    assert values["path_length_m"] == pytest.approx(7.5)


def test_a_map_is_written_the_way_nav2_reads_it(tmp_path):
    pytest.importorskip("rclpy", reason="the map is an OccupancyGrid message")
    from live_mvp_ros.base.grid import GridSpec
    from live_mvp_ros.ros.convert.grid_messages import occupancy_grid

    cells = np.full((4, 3), -1)  # [ix, iy]
    cells[0, 0], cells[3, 2] = 100, 0
    cells[1, 0], cells[2, 0] = 40, 55  # seen free once; undecided
    spec = GridSpec((-0.75, 2.25), 0.5, (4, 3))
    run_files.write_map(tmp_path, occupancy_grid(0, "map", spec, cells))
    pixels = np.asarray(Image.open(tmp_path / "map.png"))
    assert pixels.shape == (3, 4)
    assert pixels[2, 0] == drawing.OCCUPIED  # lower left
    assert pixels[0, 3] == drawing.FREE  # upper right
    assert pixels[2, 1] == drawing.FREE
    assert (pixels == drawing.UNKNOWN).sum() == 9
    info = yaml.safe_load((tmp_path / "map.yaml").read_text())
    assert info["image"] == "map.png"
    assert info["origin"] == [-1.0, 2.0, 0.0]
    assert info["resolution"] == 0.5
    assert info["negate"] == 0
    # nav2_map_server: p = (255 - grey) / 255; the three values must fall on the right sides.
    probability = {v: (255 - v) / 255 for v in (drawing.FREE, drawing.UNKNOWN, drawing.OCCUPIED)}
    assert probability[drawing.FREE] < info["free_thresh"] < probability[drawing.UNKNOWN] + 1e-3
    assert probability[drawing.OCCUPIED] > info["occupied_thresh"]


def test_pictures_are_png_files_also_without_map_or_score(tmp_path):
    graph = describe(GraphOptions())
    run_files.write_plots(tmp_path, graph, flight_to(9.0, 5.0, True), None, None, None)
    assert Image.open(tmp_path / "trajectory.png").size[0] > 300
    assert not (tmp_path / "explored.png").exists()


def test_the_trajectory_is_written_as_a_table(tmp_path):
    run_files.write_tables(tmp_path, flight_to(9.0, 5.0, True), None)
    with (tmp_path / "trajectory.csv").open() as file:
        assert file.readline() == "time_s,x_m,y_m,z_m\n"
        rows = np.loadtxt(file, delimiter=",")
    assert rows[0].tolist() == [0.0, 1.5, 5.0, 2.0]
    assert rows[-1].tolist() == [1.0, 9.0, 5.0, 2.0]
    assert 20 <= len(rows) <= 22
    run_files.write_tables(tmp_path, FlightRecord(), None)


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "metrics.json"
    write_json(target, {"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        write_json(target, {"a": float("nan")})
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write(tmp_path / "folder", b"content")
    assert json.loads(target.read_text()) == {"a": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "metrics.json"]


def test_run_folders_of_one_second_differ_and_vanish_when_removed(tmp_path):
    first, second = new_folder(tmp_path / "runs"), new_folder(tmp_path / "runs")
    assert first.path != second.path
    (first.path / "log").mkdir()
    remove_folder(second)
    assert (tmp_path / "runs").exists()
    assert remove_folder(first)
    assert not (tmp_path / "runs").exists()


def test_an_empty_folder_of_the_user_stays_when_the_run_in_it_is_removed(tmp_path):
    (tmp_path / "mine").mkdir()
    assert remove_folder(new_folder(tmp_path / "mine"))
    assert (tmp_path / "mine").exists()
    deep = new_folder(tmp_path / "mine" / "a" / "b")
    assert remove_folder(deep)
    assert (tmp_path / "mine").exists()
    assert not (tmp_path / "mine" / "a").exists()


@pytest.mark.parametrize(("vehicle", "kept"), [("none", True), ("sim", False)])
def test_a_recording_of_what_others_publish_is_kept_without_odometry(tmp_path, vehicle, kept):
    flight = Flight(
        describe(GraphOptions(vehicle=vehicle)), FlightOptions(tmp_path), lambda _: None, print
    )
    assert not flight._has_data()
    flight._monitor = types.SimpleNamespace(record=FlightRecord(), heard_vehicle=False)
    assert not flight._has_data()
    flight._monitor.heard_vehicle = True
    assert flight._has_data() is kept


def test_a_folder_that_holds_anything_of_a_flight_is_left_as_it_is(tmp_path):
    place = new_folder(tmp_path / "runs")
    folder = place.path
    (folder / "log").mkdir()
    for name in ("log/live_map.log", "neural_map.npz"):
        (folder / name).write_text("dear")
    assert not remove_folder(place)
    assert (folder / "log" / "live_map.log").exists()
    assert (folder / "neural_map.npz").exists()


def test_a_run_folder_that_cannot_be_created_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot create"):
        new_folder(tmp_path / "file")
