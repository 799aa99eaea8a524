# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The report: one page that needs nothing else and says what the files of the run say."""

from __future__ import annotations

import base64
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from live_mvp_ros.base.results import write_json, write_table
from live_mvp_ros.bringup import moments
from live_mvp_ros.bringup.moments import Moments
from live_mvp_ros.cli.main import main
from live_mvp_ros.planning.completion_report import GoalReason, Reason
from live_mvp_ros.reports import drawing, field_moments, page
from live_mvp_ros.reports.advice import ADVICE, TOO_SLOW, advice_lines
from live_mvp_ros.reports.field_moments import Moment
from live_mvp_ros.reports.run_data import NoRunError, read_run

METRICS = {
    "world": "office", "seed": 7, "mission_complete": True, "explored_fraction": 0.987,
    "end_reason": "explored <b>everything</b> & home", "flight_time_s": 81.25,
    "collisions": 0, "min_clearance_m": None, "control_latency_ms": {"p50": 8.5, "p99": 21.0},
    "states": [{"time_s": 0.5, "state": "EXPLORING", "reason": "much to see"}],
    "completion": {"remainders": [
        {"area_m2": 5.24, "reason": "too_narrow", "centroid_m": [2.95, 0.95]}
    ]},
    "versions": {"jax": "0.12", "ros_distro": None},
}  # fmt: skip


class Page(HTMLParser):
    """What a browser would load and show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [v or "" for k, v in attrs if k in ("src", "href", "data", "srcset")]

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


def make_run(folder: Path, **changes: object) -> Path:
    """Write the files of a flight along a line over a small map."""
    folder.mkdir()
    write_json(folder / "metrics.json", METRICS | changes)
    time_s = np.linspace(0.0, 80.0, 50)
    way = np.stack([time_s, 1 + time_s / 20, np.full(50, 3.0), np.full(50, 2.0), 0.5 + 0 * time_s])
    names = ("time_s", "x_m", "y_m", "z_m", "clearance_m")
    write_table(folder / "trajectory.csv", names, way.T)
    explored = np.stack([time_s, time_s / 81], axis=1)
    write_table(folder / "explored.csv", ("time_s", "explored_fraction"), explored)
    write_json(
        folder / "timing.json",
        {"control_latency_ms": [8.0, 9.0, 20.0], "control_interval_ms": [20.0, 21.0]},
    )
    write_json(
        folder / "parameters.json",
        {
            "goal_m": [5, 3, 2],
            "nodes": {"live_map": {"altitude_m": 2.0}},
            "params_file_text": None,
        },
    )
    Image.fromarray(np.full((40, 60), 254, np.uint8)).save(folder / "map.png")
    (folder / "map.yaml").write_text("image: map.png\nresolution: 0.1\norigin: [0, 0, 0]\n")
    kept = [
        Moment(t, np.eye(5, dtype=np.float32), (0.0, 0.0), 1.0, (1.0, 2.0)) for t in (0.0, 9.0)
    ]
    np.savez(folder / "fields.npz", **field_moments.pack(kept))
    return folder


@pytest.mark.parametrize(
    ("flown", "period_ms"),
    [
        ({}, 20.0),
        ({"control_rate_hz": 50.0, "real_time_factor": 0.25}, 80.0),
        ({"control_rate_hz": 100.0, "real_time_factor": None}, 10.0),
    ],
)
def test_timing_is_drawn_over_three_periods_of_its_loop(tmp_path, flown, period_ms):
    figure = page.graph_figures.timing([read_run(make_run(tmp_path / "run", flown=flown))])
    for axes in figure.axes:
        assert axes.get_xlim() == (0.0, 3 * period_ms)
        assert axes.get_xticklabels()[-1].get_text() == f"{3 * period_ms:g}\nand more"


def test_what_is_enclosed_may_be_the_depth_of_another_place(tmp_path):
    narrow = {"area_m2": 2.0, "reason": "too_narrow", "enclosed": False, "centroid_m": [1, 2]}
    sealed = {"area_m2": 3.0, "reason": "unreachable", "enclosed": True, "centroid_m": [3, 2]}
    for left, words in (([narrow, sealed], "the depth of a place above"), ([sealed], "solid")):
        run = make_run(tmp_path / words[:5].strip(), completion={"remainders": left})
        shown = page.write_report(read_run(run)).read_text()
        assert words in shown
        assert ("the depth of" in shown) == (len(left) == 2)


def test_the_page_of_a_run_needs_nothing_else_and_says_what_came_of_it(tmp_path):
    run = make_run(tmp_path / "20261121-120000")
    shown = Page(page.write_report(read_run(run)).read_text())
    assert "script" not in shown.tags
    assert len(shown.sources) == len(page.graph_figures.FIGURES)
    for source in shown.sources:
        kind, data = source.split(",", 1)
        assert kind == "data:image/png;base64"
        assert Image.open(io.BytesIO(base64.b64decode(data))).size[0] > 300
    for words in (
        "Flight 20261121-120000", "explored <b>everything</b> & home", "98.7 %", "81.2 s",
        "8.5 ms", "5.2 m²", "too narrow", "much to see", "altitude_m", "jax 0.12",
    ):  # fmt: skip
        assert words in shown.text, words
    assert shown.tags.count("b") == 1  # the verdict; the reason is text, not markup
    for name in page.graph_figures.FIGURES:
        assert Image.open(run / f"{name}.png").size[0] > 300


ROOM = """
name: room
size: [6.0, 4.0]
height: 3.0
start: [1.0, 2.0, 1.5]
goal: [5.0, 2.0, 1.5]
occupied: [[0, 0, 6, 0.2], [0, 3.8, 6, 4], [0, 0.2, 0.2, 3.8], [5.8, 0.2, 6, 3.8]]
"""


def test_a_run_without_map_and_score_gets_them_from_its_last_map(tmp_path, capsys):
    """Half of an empty room is known, and the drone came to 0.25 m of a wall, twice."""
    (tmp_path / "room.yaml").write_text(ROOM)
    run = tmp_path / "run"
    run.mkdir()
    flown = {"truth": str(tmp_path / "room.yaml"), "radius_m": 0.3, "range_m": 8.0}
    values = {**METRICS, "explored_fraction": None, "collisions": None, "flown": flown}
    write_json(run / "metrics.json", values)
    y_m = np.array([2.0, 0.45, 2.0, 3.55, 2.0])
    way = np.stack([np.arange(5.0), np.full(5, 3.0), y_m, np.full(5, 1.5)], axis=1)
    write_table(run / "trajectory.csv", ("time_s", "x_m", "y_m", "z_m"), way)
    known = np.zeros((60, 40), bool)
    known[:30] = True
    np.savez(
        run / "last_map.npz", map_p=np.where(known, 0.1, 0.5), map_known=known,
        map_origin_m=(0.05, 0.05), map_resolution_m=0.1,
    )  # fmt: skip
    assert main(["report", str(run)]) == 0
    said = capsys.readouterr().out
    assert "the map and the score of" in said
    assert "had been left out, and are written now" in said
    scored = json.loads((run / "metrics.json").read_text())
    assert scored["explored_fraction"] == pytest.approx(0.5, abs=0.02)
    assert scored["collisions"] == 2
    assert scored["min_clearance_m"] == pytest.approx(0.25, abs=1e-3)
    assert scored["end_reason"] == METRICS["end_reason"]
    pixels = np.asarray(Image.open(run / "map.png"))
    assert (pixels[:, :30] == drawing.FREE).all() and (pixels[:, 30:] == drawing.UNKNOWN).all()
    assert main(["report", str(run)]) == 0
    assert "had been left out" not in capsys.readouterr().out  # nothing is made twice


def test_a_straight_way_without_a_map_is_drawn_in_a_square(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "map.yaml").unlink()
    figure = page.graph_figures.trajectories([read_run(run)])
    assert figure is not None
    (low, high), (bottom, top) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
    assert high - low == pytest.approx(top - bottom)
    assert (low, high) == (pytest.approx(0.0), pytest.approx(6.0))  # the way from 1 to 5 m
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"start", "goal"}


def test_what_a_run_has_not_left_is_left_out(tmp_path):
    run = tmp_path / "bare"
    run.mkdir()
    write_json(run / "metrics.json", {"mission_complete": False, "end_reason": "interrupted"})
    shown = Page(page.write_report(read_run(run)).read_text())
    assert shown.sources == []
    assert "Mission not complete" in shown.text


def test_runs_are_compared_side_by_side(tmp_path, capsys):
    first = make_run(tmp_path / "first")
    second = make_run(tmp_path / "second", explored_fraction=0.5)
    output = tmp_path / "both.html"
    assert main(["report", str(first), str(second), "--output", str(output)]) == 0
    shown = Page(output.read_text())
    assert "2 flights compared" in shown.text
    row = shown.text[shown.text.index("\nexplored of what can be seen\n") :].split("\n")[1:4]
    assert row == ["explored of what can be seen", "98.7 %", "50.0 %"]
    assert len(shown.sources) == len(page.graph_figures.FIGURES)


def test_a_comparison_says_which_planner_flew_what(tmp_path):
    first = make_run(tmp_path / "first", planner="parallel", world="halls/hall.yaml")
    second = make_run(tmp_path / "second", planner="nearest_frontier", floor_plan="maze:3")
    output = tmp_path / "both.html"
    assert main(["report", str(first), str(second), "--output", str(output)]) == 0
    text = Page(output.read_text()).text
    assert row_of(text, "planner") == ["parallel", "nearest_frontier"]
    assert row_of(text, "world") == ["hall", "maze:3"]
    assert "first (parallel, hall): Mission complete" in text
    assert "second (nearest_frontier, maze:3): Mission complete" in text


def row_of(text: str, words: str) -> list[str]:
    return text[text.index(f"\n{words}\n") :].split("\n")[2:4]


def test_the_page_says_what_to_try_for_each_reason(tmp_path):
    """Every name of a reason that a report can hold has its words."""
    named = {reason.name.lower() for reason in (*Reason, *GoalReason)} - {"none"}
    assert set(ADVICE) == named
    left = {"remainders": [
        {"area_m2": 5.0, "reason": "too_narrow", "centroid_m": [1, 1], "enclosed": False},
        {"area_m2": 5.0, "reason": "unreachable", "centroid_m": [1, 1], "enclosed": True},
    ], "goal": {"reason": "out_of_time"}}  # fmt: skip
    run = make_run(tmp_path / "run", completion=left, mission_complete=False)
    text = Page(page.write_report(read_run(run)).read_text()).text
    assert ADVICE["too_narrow"] in text
    assert ADVICE["out_of_time"] in text
    assert ADVICE["unreachable"] not in text  # a wall's inside is nothing to look for
    assert advice_lines(read_run(run).metrics) == [
        f"out of time: {ADVICE['out_of_time']}",
        f"too narrow: {ADVICE['too_narrow']}",
    ]
    (shut,) = advice_lines({"completion": {"goal": {"reason": "enclosed"}, "remainders": []}})
    assert shut.startswith("enclosed: the goal is in a space that no way leads to: open a door")
    assert advice_lines({"mission_complete": True, "completion": left}) == []


def test_who_was_held_for_late_inputs_is_told_that_the_machine_is_too_slow(tmp_path):
    left = {"remainders": [], "goal": {"reason": "out_of_time"}}
    slow = [f"out of time: {TOO_SLOW}"]
    for end_reason in (
        "time limit of 25 s: the map is 7.2 s old",
        "nothing flew within 323 s: HOLDING: the information field is 11.5 s old; 20 m² left",
        "time limit of 2 s: no odometry for 1.00 s",
    ):
        late = {"mission_complete": False, "end_reason": end_reason}
        assert advice_lines({**late, "completion": left}) == slow
        assert advice_lines(late) == slow
    run = make_run(tmp_path / "run", completion=left, **late)
    text = Page(page.write_report(read_run(run)).read_text()).text
    assert TOO_SLOW in text
    assert ADVICE["out_of_time"] not in text

    def held(until_s: float, reason: str = "the map is 1.2 s old") -> list[str]:
        """Return the advice after 100 s, from the 20th on held until some other time."""
        rows = ((0.0, "EXPLORING", ""), (20.0, "HOLDING", reason), (until_s, "EXPLORING", ""))
        states = [dict(zip(("time_s", "state", "reason"), row, strict=True)) for row in rows]
        return advice_lines({
            "end_reason": "time limit of 100 s", "states": states, "flight_time_s": 100.0,
            "completion": left,
        })  # fmt: skip

    assert held(60.0) == slow
    assert held(22.0) == held(60.0, "paused on request") != slow


def test_pictures_are_written_at_the_dots_that_were_asked_for(tmp_path, capsys):
    run = make_run(tmp_path / "run")
    before = set(run.iterdir())
    sizes = {}
    for dpi in (100, 200):
        folder = tmp_path / f"at{dpi}"
        words = ["report", str(run), "--pictures", str(folder), "--dpi", str(dpi)]
        assert main(words) == 0
        assert {file.stem for file in folder.iterdir()} == set(page.graph_figures.FIGURES)
        sizes[dpi] = {file.stem: Image.open(file).size for file in folder.iterdir()}
    for name, (width, height) in sizes[100].items():
        assert sizes[200][name] == (2 * width, 2 * height)
    assert set(run.iterdir()) == before  # no page
    capsys.readouterr()
    for wrong in (
        ["--dpi", "300"],
        ["--dpi", "5", "--pictures", "x"],
        ["--pictures", str(run / "map.png")],
        ["--pictures", "x", "--output", "x.html"],
    ):
        assert main(["report", str(run), *wrong]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_flight_in_one_process_is_drawn_over_its_map(tmp_path):
    run = make_run(tmp_path / "run")
    (run / "map.png").unlink()
    (run / "map.yaml").unlink()
    known = np.ones((6, 4), bool)
    known[0, 0] = False
    p = np.where(np.arange(6)[:, None] == 5, 0.9, 0.1) + np.zeros((6, 4))
    np.savez(
        run / "flight.npz", map_p=p, map_known=known,
        map_origin_m=np.array([0.5, 1.5]), map_resolution_m=1.0,
    )  # fmt: skip
    data = read_run(run)
    assert data.map_pixels is not None
    assert data.map_pixels.shape == (4, 6)
    assert data.map_pixels[3, 0] == drawing.UNKNOWN  # lower left
    assert (data.map_pixels[:, 5] == drawing.OCCUPIED).all()
    assert (data.map_corner_m, data.map_resolution_m) == ((0.0, 1.0), 1.0)
    whole = (run / "flight.npz").read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"PK"):
        (run / "flight.npz").write_bytes(damaged)
        assert read_run(run).map_pixels is None


def foreign(folder, **values):
    make_run(folder)
    file = folder / "metrics.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "is no folder"),
        (lambda folder: folder.mkdir(), "no readable metrics.json"),
        (lambda folder: broken(folder), "no readable metrics.json"),
        (lambda folder: foreign(folder, states=3), "states of metrics.json is no list"),
        (lambda folder: foreign(folder, versions="x"), "versions of metrics.json is no table"),
    ],
)
def test_what_is_no_run_is_refused_with_one_sentence(tmp_path, make, words, capsys):
    make(tmp_path / "x")
    with pytest.raises(NoRunError, match=words):
        read_run(tmp_path / "x")
    assert main(["report", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def broken(folder: Path) -> None:
    folder.mkdir()
    (folder / "metrics.json").write_text(json.dumps([1, 2]))


def test_moments_cover_a_flight_of_any_length_evenly():
    kept = Moments()
    for tenth in range(3000):
        moment = Moment(0.1 * tenth, np.zeros((1, 1)), (0.0, 0.0), 1.0, (0.0, 0.0))
        kept.offer(moment.time_s, lambda moment=moment: moment)
    times = [moment.time_s for moment in kept.kept]
    assert 4 <= len(times) <= moments.MOST
    gaps = np.diff(times)
    assert times[0] == 0.0
    assert gaps.max() <= 1.1 * gaps.min()
    assert 300 - times[-1] <= 1.5 * gaps.max()
