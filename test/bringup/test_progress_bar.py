# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What somebody sees who waits for a flight: a bar in a terminal, lines in a file."""

from __future__ import annotations

import io
import math
from types import SimpleNamespace

import pytest
from rich.console import Console

from live_mvp_ros.bringup.flight_record import FlightRecord, Status
from live_mvp_ros.bringup.glance import Glances
from live_mvp_ros.bringup.start_progress import CompileNews, Progress
from live_mvp_ros.bringup.time_left import TimeLeft, in_words
from live_mvp_ros.cli.explore import last_words
from live_mvp_ros.cli.views import LiveView, PlainView, Shown


def follow(share_at, until_s: float, limit_s: float | None = None) -> TimeLeft:
    left = TimeLeft(limit_s)
    for tick in range(round(until_s * 10) + 1):
        left.add(tick / 10, share_at(tick / 10))
    return left


@pytest.mark.parametrize("now_s", [10.0, 45.0, 90.0])
def test_at_an_even_pace_the_time_left_is_exact(now_s):
    left = follow(lambda t: t / 100.0, now_s)
    assert left.seconds() == pytest.approx(100.0 - now_s)


def test_the_pace_is_that_of_the_last_half_minute():
    # Half of it within ten seconds, then a hundredth a second.
    left = follow(lambda t: 0.05 * t if t < 10.0 else 0.5 + 0.01 * (t - 10.0), 45.0)
    assert left.seconds() == pytest.approx(100.0 * (0.5 - 0.35))


def test_nothing_is_said_at_the_start_or_without_progress_or_about_what_is_not_known():
    assert TimeLeft().seconds() is None
    assert follow(lambda t: t / 100.0, 3.0).seconds() is None
    assert follow(lambda t: 0.5, 40.0).seconds() is None
    assert follow(lambda t: 0.9 - t / 1000.0, 40.0).seconds() is None
    assert follow(lambda t: math.nan, 40.0).seconds() is None


def test_a_time_limit_ends_sooner():
    assert follow(lambda t: t / 100.0, 20.0, limit_s=50.0).seconds() == pytest.approx(30.0)
    assert follow(lambda t: t / 100.0, 60.0, limit_s=50.0).seconds() == 0.0


def test_another_flight_begins_anew():
    left = follow(lambda t: t / 100.0, 20.0)
    left.add(0.0, 0.0)
    assert left.seconds() is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "5 s"),
        (42.0, "40 s"),
        (59.9, "60 s"),
        (60.0, "1 min"),
        (154.0, "2 min 30 s"),
        (599.0, "10 min"),
        (3900.0, "1 h 5 min"),
    ],
)
def test_times_are_words(seconds, words):
    assert in_words(seconds) == words


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_which_node_has_compiled_for_how_long_is_said_once():
    clock = Clock()
    progress, news = Progress(["live_map", "info_field"], clock=clock), CompileNews()
    compiling = "starting: compiling for this machine, once: 3 programs done"
    for second in range(13):
        clock.now = float(second)
        progress.report(
            "live_map",
            compiling if second < 4 else "ok",
            is_problem=False,
            spins=second >= 4,
            produces=second >= 4,
        )
        waits = 5 <= second < 8  # for a first map, for which it compiles then
        words = "waiting for map" if waits else compiling if second < 11 else "ok"
        progress.report(
            "info_field",
            words,
            is_problem=waits,
            spins=second >= 5,
            produces=second >= 11,
        )
        said = news.look(progress)
        assert (said != "") == (second == 11)
        if said:
            assert said == (
                "compiled for this machine, once: info_field 8 s, live_map 4 s; "
                "later starts load what was compiled"
            )


def test_a_node_that_only_loads_has_compiled_nothing():
    clock = Clock()
    progress, news = Progress(["live_map"], clock=clock), CompileNews()
    for second in range(5):
        clock.now = float(second)
        words = "starting: loading its programs" if second < 3 else "ok"
        progress.report("live_map", words, is_problem=False, spins=second >= 3)
        assert news.look(progress) == ""


def drawn(shown: Shown, width: int = 80) -> str:
    """Return what a terminal shows in the end."""
    console = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None)
    with LiveView(console) as screen:
        screen.show(shown)
    return console.file.getvalue()


def test_a_terminal_shows_a_bar_the_share_and_the_time_left():
    text = drawn(Shown("EXPLORING  63.0 %", "EXPLORING", share=0.63, left_s=80.0, has_bar=True))
    assert "━" in text
    assert "63 %, about 1 min 20 s left" in text


def test_what_is_compiled_is_read_in_full_in_a_narrow_terminal():
    note = (
        "info_field compiling for this machine, once: 12 programs done, the next takes 34 s so far"
    )
    text = drawn(Shown("STARTING", "STARTING", note, has_bar=True), width=60)
    words = " ".join(text.replace("\r", " ").split())
    assert note in words
    assert "left" not in text


def test_a_flight_without_a_bar_is_one_line():
    text = drawn(Shown("EXPLORING  63.0 %", "EXPLORING"))
    assert "━" not in text
    assert "EXPLORING  63.0 %" in text


def test_a_file_gets_plain_lines(capsys):
    with PlainView() as screen:
        screen.show(Shown("STARTING", "STARTING", "live_map starting", has_bar=True))
        screen.show(Shown("EXPLORING  63.0 %", "EXPLORING", share=0.63, left_s=80.0, has_bar=True))
    assert capsys.readouterr().out == "STARTING  live_map starting\nEXPLORING  63.0 %\n"


@pytest.mark.parametrize("written", [True, False])
def test_the_last_words_are_the_path_of_the_report(tmp_path, written):
    if written:
        (tmp_path / "report.html").write_text("")
    page = [f"report: {tmp_path}/report.html"] if written else []
    metrics: dict[str, object] = {"mission_complete": True}
    flight = SimpleNamespace(metrics=metrics, folder=tmp_path, left_out="", unsaved="")
    said = last_words(flight, "everything is explored")
    assert said == [f"mission complete: everything is explored; results in {tmp_path}", *page]
    left = {"goal": {"reason": "out_of_time"}, "remainders": []}
    flight.metrics = {"mission_complete": False, "completion": left}
    said = last_words(flight, "time limit of 12 s")
    assert "more time" in said[1]
    assert said[2:] == page
    flight.metrics = {"mission_complete": False, "explored_fraction": 0.9984}
    said = last_words(flight, "interrupted")
    assert "Explored 99.8 % of what can be seen" in said[0]
    flight.metrics = {"mission_complete": False, "flight_time_s": 1.7, "path_length_m": 0.3}
    flight.left_out, flight.unsaved = "the score and the map", "no map had come yet"
    verdict, missing, unsaved, *_ = last_words(flight, "interrupted")
    figures = "1.7 s of flight, 0.3 m"
    assert verdict == f"mission not complete: interrupted. {figures}; results in {tmp_path}"
    assert missing.startswith("there was no time for the score and the map: ")
    assert f"live-mvp report {tmp_path} makes" in missing
    assert unsaved == "the neural map was not saved: no map had come yet"


def status(share: float, state: str = "EXPLORING") -> Status:
    return Status(state, "", share, 1.0, 5.0, False)


def test_a_flight_without_a_mission_flies_from_its_first_odometry_on():
    record = FlightRecord()
    monitor = SimpleNamespace(record=record, progress=Progress([]))
    glances = Glances()
    assert glances.take(monitor, None).state == "STARTING"
    record.begin()
    record.odometry(10**9, 1, (0.0, 0.0, 1.0))
    assert glances.take(monitor, None).state == "FLYING"


def test_a_glance_says_what_is_left_by_the_wall_while_it_explores():
    record = FlightRecord()
    record.begin()
    monitor = SimpleNamespace(record=record, progress=Progress([]))
    glances, left = Glances(), None
    for tick in range(201):  # twice as fast as real time
        record.odometry(10**9 + tick * 10**8, 1 + tick * 5 * 10**7, (0.0, 0.0, 1.0))
        record.report(status(tick / 1000))
        left = glances.take(monitor, None).left_s
    assert left == pytest.approx(40.0, rel=0.01)
    record.report(status(0.3, "GOING_TO_GOAL"))
    assert glances.take(monitor, None).left_s is None
