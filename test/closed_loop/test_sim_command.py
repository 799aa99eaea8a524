# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp sim``: needs no ROS, writes what it promises, refuses what makes no sense."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.cli.main import main
from live_mvp_ros.control import MissionDecision
from live_mvp_ros.evaluation import figures
from live_mvp_ros.evaluation.logbook import Logbook
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.evaluation.scenario import overridden, prepare
from live_mvp_ros.reports import animation
from live_mvp_ros.sim.loop_config import map_grid
from live_mvp_ros.sim.stretch import Stretch

SCENARIO = prepare(Run(world="seed"))
KEYS = {  # those of a graph's metrics.json, and those of a simulation
    "mission_complete",
    "goal_reached",
    "end_reason",
    "explored_fraction",
    "time_to_50_s",
    "time_to_90_s",
    "time_to_95_s",
    "time_to_99_s",
    "collisions",
    "min_clearance_m",
    "flight_time_s",
    "path_length_m",
    "real_time_factor",
    "control_latency_ms",
    "control_on_time_fraction",
    "rates_hz",
    "rates_per_simulated_second_hz",
    "peak_rss_mib",
    "restarts",
    "states",
    "world",
    "floor_plan",
    "seed",
    "controller",
    "vehicle",
    "versions",
    "planner",
    "sensing",
    "start",
    "steps",
    "wall_s",
    "start_up_s",
    "step_ms",
    "false_claims",
    "unsafe_plan_fraction",
    "parked_fraction",
    "longest_at_target_s",
    "targets_given_up",
    "safety_interventions",
    "odometry_error_max_m",
    "odometry",
    "completion",
    "error",
}
WITHOUT_ROS = """
import sys
sys.modules["rclpy"] = None  # an import of it fails
from live_mvp_ros.cli.main import main
if __name__ == "__main__":
    sys.exit(main())
"""


def a_stretch(
    number: int,
    position_m,
    state=MissionState.EXPLORING,
    reached=False,
    off_m=(0.0, 0.0, 0.0),
    completion=None,
):
    """Return a stretch that hovers at a place, with half of the map known."""
    config = SCENARIO.config
    n = config.steps_per_look * config.looks_per_plan
    shape = map_grid(SCENARIO.world, config).shape
    known = np.zeros(shape, bool)
    known[: (number + 1) * shape[0] // 2] = True
    view = SimpleNamespace(
        p=np.where(known, 0.2, 0.5),
        known=known,
        field=SimpleNamespace(gain=np.zeros(shape), target_m=np.asarray(position_m, float)[:2]),
    )
    return Stretch(
        time_s=number * config.stretch_s + config.control_period_s * np.arange(n),
        position_m=np.tile(np.asarray(position_m, float), (n, 1)),
        velocity_m_s=np.zeros((n, 3)),
        attitude=np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
        believed_position_m=np.tile(np.asarray(position_m, float) + off_m, (n, 1)),
        command=np.zeros((n, 4)),
        clearance_m=np.full(n, np.nan if state is MissionState.DONE else 0.5),
        code=np.full(n, -1 if state is MissionState.DONE else number % 2),
        safety=np.eye(1, n, dtype=np.int32)[0] * 5,  # its first command was changed
        decision=MissionDecision(state, state.name.lower(), reached),
        view=view,
        seen=known,
        given_up=number,
        wall_s=0.25 * (3 - number),
        completion=completion,
    )


def a_flight(end_m, **ending):
    book = Logbook(SCENARIO)
    book.add(a_stretch(0, SCENARIO.world.start_m))
    book.add(a_stretch(1, end_m, **ending))
    return book


def test_a_flight_is_taken_down_and_scored():
    goal = SCENARIO.world.goal_m
    book = a_flight(goal, state=MissionState.DONE, reached=True)
    assert book.glance().state == "DONE"
    flight = book.close()
    way = float(np.linalg.norm(np.subtract(goal, SCENARIO.world.start_m)))
    values = figures.record(SCENARIO.run, flight)
    stretch_s = SCENARIO.config.stretch_s
    assert set(values) == KEYS
    assert values["mission_complete"] is True
    assert values["steps"] == 2 * SCENARIO.config.steps_per_look * SCENARIO.config.looks_per_plan
    assert values["flight_time_s"] == pytest.approx(2 * stretch_s)
    assert values["path_length_m"] == pytest.approx(way, abs=1e-3)
    assert values["wall_s"] == 1.25
    assert values["start_up_s"] == 0.75
    assert values["real_time_factor"] == pytest.approx(stretch_s / 0.5, abs=1e-3)
    assert [state["state"] for state in values["states"]] == ["EXPLORING", "DONE"]
    assert values["rates_per_simulated_second_hz"]["map"] == pytest.approx(1 / stretch_s, abs=0.01)
    # The second stretch took 0.5 s; the first one, in which programs are compiled, does not count.
    assert values["rates_hz"]["map"] == pytest.approx(1 / 0.5, abs=0.01)
    truth = SCENARIO.truth.observable
    half = truth[: truth.shape[0] // 2].sum() / truth.sum()
    assert flight.exploration.fractions == pytest.approx([half, 1.0], abs=0.02)
    json.dumps(values, allow_nan=False)


@pytest.mark.parametrize(
    ("state", "reached", "away_m", "interrupted", "complete"),
    [
        (MissionState.DONE, True, 1.0, False, True),
        (MissionState.DONE, True, 2.0, False, False),  # it says so, and is not there
        (MissionState.DONE, False, 1.0, False, False),  # out of time beside the goal
        (MissionState.EXPLORING, False, 1.0, False, False),
        (MissionState.DONE, True, 1.0, True, False),
    ],
)
def test_complete_is_what_the_mission_says_and_the_position_shows(
    state, reached, away_m, interrupted, complete
):
    end = np.add(SCENARIO.world.goal_m, (-away_m, 0.0, 0.0))
    flight = a_flight(end, state=state, reached=reached).close(interrupted)
    assert figures.record(SCENARIO.run, flight)["mission_complete"] is complete
    assert (flight.end_reason == "interrupted") is interrupted


@pytest.mark.parametrize(
    ("away_m", "admits_m", "denied"),
    [
        (1.0, 0.0, []),
        (2.0, 0.0, ["goal_reached"]),
        (2.0, 0.4, ["goal_reached"]),
        (2.0, 0.6, []),
    ],
)
def test_what_the_truth_denies_is_no_success_and_is_said(away_m, admits_m, denied):
    """The mission ends where its own odometry has the goal, 1 m from it; 1.5 m are allowed."""
    goal = np.asarray(SCENARIO.world.goal_m)
    end, off_m = goal - (away_m, 0.0, 0.0), (away_m - 1.0, 0.0, 0.0)
    completion = SimpleNamespace(
        explored=True, odometry_error_m=admits_m, unseen_m2=0.0, to_dict=dict
    )
    flight = a_flight(
        end, state=MissionState.DONE, reached=True, off_m=off_m, completion=completion
    ).close()
    values = figures.record(SCENARIO.run, flight)
    assert values["false_claims"] == denied
    assert values["goal_reached"] is values["mission_complete"] is (away_m <= 1.5)
    assert ("in truth the goal is 2.0 m away" in values["end_reason"]) is bool(denied)
    assert values["odometry_error_max_m"] == pytest.approx(away_m - 1.0)


@pytest.mark.parametrize("said", [True, False])
def test_saying_that_nothing_is_left_is_false_where_much_was_not_seen_nor_said_to_be_left(said):
    book = Logbook(SCENARIO)
    half_m2 = 0.5 * SCENARIO.truth.observable_m2 if said else 0.0
    completion = SimpleNamespace(
        explored=True, odometry_error_m=0.0, unseen_m2=half_m2, to_dict=dict
    )
    goal = SCENARIO.world.goal_m
    book.add(a_stretch(0, goal, MissionState.DONE, True, completion=completion))  # half is seen
    flight = book.close()
    assert flight.false_claims == (() if said else ("explored",))
    share = 100 * flight.exploration.final
    assert (f"in truth {share:.1f} % were seen" in flight.end_reason) is not said


def test_plans_are_judged_by_what_was_flown():
    goal = SCENARIO.world.goal_m
    book = Logbook(SCENARIO)
    for number in range(4):  # one plan in two is not safe, it stands at its target all the time
        book.add(a_stretch(number, goal))
    book.add(a_stretch(4, goal, MissionState.DONE))
    values = figures.record(SCENARIO.run, book.close())
    assert values["unsafe_plan_fraction"] == 0.5
    assert values["parked_fraction"] == 1.0
    assert values["longest_at_target_s"] == pytest.approx(4 * SCENARIO.config.stretch_s)
    assert values["targets_given_up"] == 4
    assert values["safety_interventions"] == 5  # one a stretch


def test_a_random_start_is_drawn_with_the_seed():
    starts = [
        prepare(Run(world="seed", start="random", seed=seed), SCENARIO.truth).world.start_m
        for seed in (1, 1, 2)
    ]
    assert starts[0] == starts[1] != starts[2]
    assert starts[0] != SCENARIO.world.start_m


def test_settings_reach_the_components_and_keep_the_rest():
    config = overridden(SCENARIO.config, {"substeps": 4, "body": {"speed_max_m_s": 1.5}})
    assert config.substeps == 4
    assert config.body.speed_max_m_s == 1.5
    back = dataclasses.replace(
        config,
        substeps=SCENARIO.config.substeps,
        body=SCENARIO.config.body,
    )
    assert back == SCENARIO.config


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"sensng": 2}, r"^sensng is not a setting: did you mean sensing, "),
        ({"max_range_m": 2}, r"did you mean (camera|live_map)\.max_range_m, .*\.max_range_m"),
        ({"controller": {"costs": {"beauty": 2}}}, r"^controller\.costs\.beauty is not a set"),
        (
            {"body.radius_m": 0.2},
            r"^body\.radius_m must be nested: write body: \{radius_m: 0\.2\}$",
        ),
        (
            {"controller": {"costs.look_weight": 1.0}},
            r": write controller: \{costs: \{look_weight: 1\.0\}\}$",
        ),
        ({"substeps": 0}, "^substeps = 0 is not allowed"),
        ({"controller": {"costs": {"look_weight": -1}}}, r"^controller\.costs\.look_weight"),
        ({"controller": 3}, "^controller = 3 is not allowed: it is a group of settings"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_full_name(values, words):
    with pytest.raises(ConfigurationError, match=words):
        overridden(SCENARIO.config, values)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--world", "atlantis"), ("atlantis", "office")),
        (("--planner", "oracle"), ("oracle", "parallel")),
        (("--seed", "-1"), ("--seed",)),
        (("--seed", "9" * 20), ("--seed", "9007199254740992")),
        (("--time-limit", "nan"), ("--time-limit", "no finite number")),
        (("--drift", "nan"), ("--drift", "no finite number")),
        (("--start", "moon"), ("moon", "random")),
        (("--sensing", "smell"), ("smell", "planar")),
        (("--time-limit", "0"), ("--time-limit",)),
        (("--json", "no/such/f.json"), ("--json", "no/such does not exist")),
        (("--animation", "f.avi"), ("f.avi", ".gif")),
        (("--params-file", "gone.yaml"), ("gone.yaml does not exist",)),
        (("--params-file", "broken.yaml"), ("broken.yaml is not valid YAML",)),
        (("--params-file", "list.yaml"), ("list.yaml must hold a mapping",)),
        (("--params-file", "wings.yaml"), ("wings.yaml: wings is not a setting",)),
        (
            ("--params-file", "planner.yaml"),
            ("planner.yaml: planner is no setting", "chosen by --planner"),
        ),
        (("--output", "list.yaml"), ("--output list.yaml is not a folder",)),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    files = {
        "broken.yaml": "a: [1, 2",
        "list.yaml": "[1, 2]",
        "wings.yaml": "wings: 2",
        "planner.yaml": "planner: random",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert main(["sim", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("live-mvp: ")
    assert error.count("\n") == 1
    assert all(word in error for word in words), error
    assert {path.name for path in tmp_path.iterdir()} == set(files)


def test_a_film_has_the_size_and_speed_that_were_asked_for_and_a_legend(tmp_path, monkeypatch):
    monkeypatch.setattr(animation, "HOLD_S", 0.25)
    book = Logbook(SCENARIO, keep_frames=True)
    for number in range(5):
        book.add(a_stretch(number, np.add(SCENARIO.world.start_m, (0.1 * number, 0, 0))))
    flight = book.close()
    length_s = flight.frames[-1].time_s - flight.frames[0].time_s
    for width_px, speed in ((400, 2.0), (640, 0.5)):
        animation.write_film(tmp_path / "f.gif", flight, width_px, speed)
        with Image.open(tmp_path / "f.gif") as film:
            assert film.width == width_px
            durations_s = []
            for frame in range(film.n_frames):
                film.seek(frame)
                durations_s.append(1e-3 * film.info["duration"])
            bottom = np.asarray(film.convert("L"))[-film.height // 12 :]
        # a film shows whole hundredths of a second, and its last frame for longer
        assert sum(durations_s) - 0.25 == pytest.approx(length_s / speed, rel=0.1, abs=0.2)
        assert (bottom < 128).mean() > 0.005
    animation.write_film(tmp_path / "f.gif", flight)
    with Image.open(tmp_path / "f.gif") as film:
        assert film.n_frames == 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--animation-width", "400"), "are for --animation FILE"),
        (("--animation", "f.gif", "--animation-speed", "0"), "--animation-speed"),
        (("--animation", "f.gif", "--animation-speed", "nan"), "no finite number"),
    ],
)
def test_a_film_that_cannot_be_is_refused(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert main(["sim", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_film_that_needs_too_much_memory_is_refused_before_it_is_drawn(tmp_path):
    book = Logbook(SCENARIO, keep_frames=True)
    for number in range(20):
        book.add(a_stretch(number, SCENARIO.world.start_m))
    with pytest.raises(OSError, match="GiB, at most 2 are allowed: make it faster"):
        animation.write_film(tmp_path / "f.gif", book.close(), 3840, 0.1)
    assert not list(tmp_path.iterdir())


def test_a_film_that_needs_ffmpeg_is_refused_without_it(tmp_path, monkeypatch, capsys):
    from matplotlib.animation import FFMpegWriter

    monkeypatch.setattr(FFMpegWriter, "isAvailable", classmethod(lambda cls: False))
    assert main(["sim", "--animation", str(tmp_path / "f.mp4")]) == 2
    assert "needs ffmpeg" in capsys.readouterr().err


def test_a_flight_that_crashes_leaves_no_folder_behind(tmp_path, monkeypatch):
    from live_mvp_ros.cli import sim

    def crash(*_, **__):
        raise RuntimeError("out of everything")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sim, "fly", crash)
    with pytest.raises(RuntimeError):
        main(["sim", "--world", "seed"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_short_flight_without_ros_leaves_all_its_files(tmp_path):
    settings = "body: {speed_max_m_s: 1.0}\ninfo_field: {n_directions: 16}"  # few compile soon
    (tmp_path / "params.yaml").write_text(settings)
    (tmp_path / "sim.py").write_text(WITHOUT_ROS)
    arguments = ("--world", "seed", "--seed", "5", "--start", "random", "--time-limit", "2")
    files = ("--json", "m.json", "--animation", "f.gif", "--params-file", "params.yaml")
    result = subprocess.run(
        [sys.executable, "sim.py", "sim", *arguments, *files, "--output", "out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 1, result.stderr  # two seconds are not enough
    assert "mission not complete: time limit of 2 s" in result.stdout
    (folder,) = (tmp_path / "out").iterdir()
    text = (folder / "metrics.json").read_text()
    assert text == (tmp_path / "m.json").read_text()
    assert "NaN" not in text
    values = json.loads(text)
    assert set(values) == KEYS
    assert values["seed"] == 5
    assert values["start"]["kind"] == "random"
    assert values["flight_time_s"] < 4.0
    assert 0.0 < values["explored_fraction"] < 1.0
    assert set(values["step_ms"]) == {"p50", "p99"}
    assert Image.open(folder / "picture.png").size[0] > 1000
    assert Image.open(tmp_path / "f.gif").n_frames > 4
    with np.load(folder / "flight.npz") as arrays:
        assert len(arrays["position_m"]) == values["steps"]
        speeds = np.linalg.norm(arrays["velocity_m_s"], axis=1)
        assert speeds.max() < 1.5
    for name in ("trajectory.csv", "explored.csv"):
        rows = np.loadtxt(folder / name, delimiter=",", skiprows=1)
        assert len(rows) > 2
    assert {path.name for path in Path(folder).iterdir()} == {
        "metrics.json",
        "picture.png",
        "trajectory.csv",
        "explored.csv",
        "flight.npz",
    }
