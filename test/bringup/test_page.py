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

from live_mvp_ros.bringup import moments, page
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.moments import Moment, Moments
from live_mvp_ros.bringup.run_data import read_run
from live_mvp_ros.cli.main import main
from live_mvp_ros.results import write_json, write_table

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
    np.savez(folder / "fields.npz", **moments.pack(kept))
    return folder


def test_the_page_of_a_run_needs_nothing_else_and_says_what_came_of_it(tmp_path):
    run = make_run(tmp_path / "20261121-120000")
    shown = Page(page.write_report(read_run(run)).read_text())
    assert "script" not in shown.tags
    assert len(shown.sources) == len(page.figures.FIGURES)
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
    for name in page.figures.FIGURES:
        assert Image.open(run / f"{name}.png").size[0] > 300


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
    row = shown.text[shown.text.index("\nexplored\n") :].split("\n")[1:4]
    assert row == ["explored", "98.7 %", "50.0 %"]
    assert len(shown.sources) == len(page.figures.FIGURES)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: None, "is no folder"),
        (lambda folder: folder.mkdir(), "no readable metrics.json"),
        (lambda folder: broken(folder), "no readable metrics.json"),
    ],
)
def test_what_is_no_run_is_refused_with_one_sentence(tmp_path, make, words, capsys):
    make(tmp_path / "x")
    with pytest.raises(UsageError, match=words):
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
