# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Campaigns: every run is kept, an interrupted one goes on, and the summary is what it says."""

from __future__ import annotations

import json
import math
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import PATIENCE_S
from PIL import Image

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.results import package_version
from live_mvp_ros.cli.main import main
from live_mvp_ros.evaluation import figures
from live_mvp_ros.evaluation.campaign import Campaign, CampaignError, Folder, fly
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.evaluation.workers import Failure
from live_mvp_ros.reports import campaign_page, campaign_plots
from live_mvp_ros.reports.run_data import NoRunError
from live_mvp_ros.worlds import WorldError
from live_mvp_ros.worlds.names import shown_name

FAKES = Path(__file__).parent / "fakes"
document = runpy.run_path(str(FAKES / "fake_pilot.py"))["document"]
SCRIPT = "import sys, fake_pilot\nif __name__ == '__main__': sys.exit(fake_pilot.main())\n"
GONE = "no such key"
OFFICE = Campaign(("office",), ("parallel",), seeds=3)


def start_bench(cwd: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(FAKES), *sys.path])
    (cwd / "fake_bench.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, "fake_bench.py", "bench", "explore", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": paths, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def bench(cwd: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    process = start_bench(cwd, *arguments, **environment)
    output, errors = process.communicate(timeout=PATIENCE_S)
    return process.returncode, output, errors


def records(file: Path) -> dict[int, dict]:
    return {record["seed"]: record for record in json.loads(file.read_text())["runs"]}


def test_a_campaign_is_every_combination_and_each_has_a_name_of_its_own():
    plan = Campaign(("office", "a/w.yaml", "b/w.yaml"), ("x", "y"), ("world", "random"), 3)
    runs = plan.runs()
    assert len(runs) == 3 * 2 * 2 * 3
    assert len({run.name for run in runs}) == len(runs)
    assert all("/" not in run.name for run in runs)
    assert runs[0] == Run("office", "x", 0)


def test_each_seed_has_its_own_floor_plan_where_there_are_many():
    plans = [run.floor_plan for run in Campaign(("maze", "office"), ("p",), seeds=2).runs()]
    assert plans == ["maze:0", "maze:1", "", ""]
    one = Campaign(("maze",), ("p",), seeds=2, floor_plans="one")
    assert [run.floor_plan for run in one.runs()] == ["", ""]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"worlds": ("atlantis",)}, WorldError, "atlantis"),
        ({"planners": ("oracle",)}, ConfigurationError, "oracle"),
        ({"worlds": ("office", "office")}, CampaignError, "twice"),
        ({"overrides": {"wings": 2}}, ConfigurationError, "wings is not a setting"),
    ],
)
def test_what_cannot_be_flown_is_found_before_anything_flies(changes, error, words):
    values = {"worlds": ("office",), "planners": ("parallel",)} | changes
    with pytest.raises(error, match=words):
        Campaign(**values).check()


def test_a_folder_knows_what_is_finished_and_what_has_to_be_flown_again(tmp_path):
    folder, runs = Folder(tmp_path / "c"), OFFICE.runs()
    folder.open(OFFICE)
    answers = [(runs[0], document(runs[0])), (runs[1], Failure("lost"))]
    flown = {run.seed: kept for run, kept in fly(folder, answers)}
    assert flown[1]["record"]["error"] == "lost"
    (tmp_path / "c" / "runs" / f"{runs[2].name}.json").write_text('{"record": {"err')
    folder.open(OFFICE)
    assert folder.finished(runs) == {runs[0].name: flown[0]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"end_reason": GONE}, "record.end_reason is missing"),
        ({"parked_fraction": GONE}, "record.parked_fraction is missing"),
        ({"collisions": "two"}, "record.collisions = 'two' is not a number or null"),
        ({"mission_complete": 1}, "record.mission_complete = 1 is not true or false"),
        ({"start": {}}, "record.start.kind is missing"),
        ({"flight_time_s": None}, "record.flight_time_s is null, but the run was flown"),
        ({"explored": {"times_s": [0.0]}}, "explored.fractions is missing"),
        ({"explored": {"times_s": [0.0], "fractions": []}}, "have not as many values"),
        ({"record": []}, "is no document of a run: it has no record"),
    ],
)
def test_a_run_of_another_version_is_named_with_file_key_and_version(tmp_path, change, words):
    folder, run = Folder(tmp_path), OFFICE.runs()[0]
    folder.open(OFFICE)
    kept = document(run, versions={"live_mvp_ros": "0.0.7"}, of_tomorrow={"a": [1]})
    folder.save(run, kept)
    assert folder.finished([run]) == {run.name: kept}, "what is not known does no harm"
    assert len(campaign_page.read_campaign(tmp_path).documents) == 1
    for key, value in change.items():
        of = kept if key in kept else kept["record"]
        of[key] = value
        if value == GONE:
            del of[key]
    folder.save(run, kept)
    for read in (lambda: folder.finished([run]), lambda: campaign_page.read_campaign(tmp_path)):
        with pytest.raises((CampaignError, NoRunError)) as caught:
            read()
        said = str(caught.value)
        assert said.startswith(str(tmp_path / "runs" / f"{run.name}.json"))
        assert words in said
        if "record" not in change:
            assert "version 0.0.7" in said and f"this is {package_version()}" in said
    assert main(["report", str(tmp_path)]) == 2
    arguments = ["--worlds", "office", "--planners", OFFICE.planners[0], "--output", str(tmp_path)]
    assert main(["bench", "explore", *arguments, "--jobs", "1", "--seeds", "1"]) == 2


def test_a_folder_takes_more_runs_but_none_under_other_conditions(tmp_path):
    folder = Folder(tmp_path)
    folder.open(OFFICE)
    folder.open(Campaign(("office", "seed"), ("parallel", "sequential"), ("random",), 30))
    for other in (
        Campaign(("office",), ("parallel",), time_limit_s=9.0),
        Campaign(("office",), ("parallel",), sensing="full"),
        Campaign(("office",), ("parallel",), overrides={"substeps": 4}),
        Campaign(("office",), ("parallel",), floor_plans="one"),
    ):
        with pytest.raises(CampaignError, match="do not go together with"):
            folder.open(other)


@pytest.mark.parametrize("content", ["{", "[]", '{"runs": 3}'])
def test_a_folder_of_something_else_is_refused(tmp_path, content):
    (tmp_path / "campaign.json").write_text(content)
    with pytest.raises(CampaignError, match=r"campaign\.json"):
        Folder(tmp_path).open(OFFICE)


def test_the_summary_of_runs_made_by_hand():
    runs = [Run(seed=seed) for seed in range(4)]
    claim = {"false_claims": ["explored"], "targets_given_up": 3, "longest_at_target_s": 9.5}
    made = [
        document(runs[0], 10.0, explored_fraction=0.95, path_length_m=10.0, **claim)["record"],
        document(runs[1], 19.0, collisions=2, min_clearance_m=0.2, path_length_m=30.0)["record"]
        | {"parked_fraction": 0.25},
        document(runs[2], None, mission_complete=False)["record"],
        figures.failed_record(runs[3], "lost"),
    ]
    summary = figures.summary(made)["office"]["parallel"]
    assert summary["runs"] == 4
    assert summary["complete"] == 2
    assert summary["failed"] == 1
    assert summary["collisions"] == 2
    assert summary["explored_fraction_min"] == 0.95
    assert summary["min_clearance_m"] == 0.2
    assert summary["path_length_m_median"] == 30.0
    # Times are 10, 20, never, never: a quarter of the way lies between the first two.
    assert summary["time_to_95_s_median"] is None
    assert summary["time_to_95_s_quartiles"] == [17.5, None]
    # Two missions of 100 s are complete, the others take for ever.
    assert summary["mission_time_s_quartiles"] == [100.0, None]
    assert summary["mission_time_s_median"] is None
    assert summary["parked_fraction_max"] == 0.25
    assert summary["parked_fraction_median"] == 0.02
    assert summary["longest_at_target_s_max"] == 9.5
    assert summary["targets_given_up"] == 3
    assert summary["false_claims"] == 1
    json.dumps(summary, allow_nan=False)


def test_worlds_and_planners_are_summarised_apart():
    made = [
        document(Run(world, planner, seed))["record"]
        for world in ("office", "maze")
        for planner in ("parallel", "random")
        for seed in range(2)
    ]
    summary = figures.summary(made)
    assert set(summary) == {"office", "maze"}
    assert all(set(planners) == {"parallel", "random"} for planners in summary.values())
    assert summary["maze"]["random"]["runs"] == 2


@given(
    st.lists(st.floats(0.0, 1e4), min_size=1, max_size=9),
    st.integers(0, 4),
    st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)
@settings(max_examples=60, deadline=None)
def test_a_quantile_is_numpys_and_infinite_ones_are_none(values, never, share):
    result = figures.quantile([*values, *[math.inf] * never], share, 9)
    place = share * (len(values) + never - 1)
    if math.ceil(place) >= len(values):
        assert result is None
    else:  # the infinite ones may be any number that is larger than the others
        expected = np.quantile([*values, *[2e4] * never], share)
        assert result == pytest.approx(expected, abs=1e-6)


def test_a_curve_keeps_its_ends_and_few_points():
    times = np.linspace(0.0, 100.0, 1001)
    curve = figures.curve(times, times / 100.0, points=50)
    assert len(curve["times_s"]) <= 51
    assert curve["times_s"][0] == 0.0
    assert curve["times_s"][-1] == 100.0
    assert curve["fractions"][-1] == 1.0
    assert figures.curve(np.zeros(0), np.zeros(0)) == {"times_s": [], "fractions": []}


def test_the_band_holds_the_last_fraction_of_runs_that_have_ended():
    runs = [
        {"explored": {"times_s": [0.0, 1.0], "fractions": [0.2, 0.4]}},
        {"explored": {"times_s": [0.0, 3.0], "fractions": [0.2, 1.0]}},
        {"explored": {"times_s": [0.0, 2.0], "fractions": [0.2, 0.6]}},
    ]
    low, middle, high = campaign_plots.quartiles_over_time(runs, np.array([0.0, 2.5, 9.0]))
    np.testing.assert_allclose(middle, [0.2, 0.4, 0.6])
    np.testing.assert_allclose(low, [0.2, 0.3, 0.5])
    np.testing.assert_allclose(high, [0.2, 0.5, 0.8])


def test_a_campaign_leaves_json_table_and_plots(tmp_path):
    arguments = ("--worlds", "office,seed", "--planners", "parallel,sequential", "--seeds", "2")
    code, output, errors = bench(tmp_path, *arguments, "--output", "c", "--json", "copy.json")
    assert (code, errors) == (0, "")
    result = json.loads((tmp_path / "copy.json").read_text())
    assert set(result) == {"runs", "summary", "settings", "versions"}
    assert len(result["runs"]) == 8
    assert result["summary"]["seed"]["sequential"]["time_to_95_s_median"] == 50.5
    assert result["settings"]["seeds"] == 2
    assert json.loads((tmp_path / "c" / "explore.json").read_text()) == result
    assert len(list((tmp_path / "c" / "runs").glob("*.json"))) == 8
    for picture in ("explored.png", "time_to_95.png"):
        assert Image.open(tmp_path / "c" / picture).size[0] > 500
    assert "sequential" in output
    assert "50.5" in output


def test_what_goes_wrong_in_a_worker_is_recorded_and_flown_again(tmp_path):
    arguments = ("--seeds", "4", "--jobs", "2", "--output", "c", "--json", "r.json")
    code, output, errors = bench(tmp_path, *arguments, FAKE_TROUBLES="exit=1,raise=2,kill=3")
    assert (code, errors) == (1, "")
    found = records(tmp_path / "r.json")
    assert found[0]["error"] is None
    assert found[1]["error"] == "its process ended with exit code 7"
    assert found[2]["error"] == "ValueError: the wind was too strong"
    assert found[3]["error"] == "its process ended with signal SIGKILL"
    assert set(found[0]) == set(found[1])
    assert "office-parallel-world-0001: FAILED" in output
    flown_at = (tmp_path / "c" / "runs" / "office-parallel-world-0000.json").stat().st_mtime_ns

    code, output, errors = bench(tmp_path, *arguments)
    assert (code, errors) == (0, "")
    assert "1 of 4 runs is in c already" in output
    assert all(record["error"] is None for record in records(tmp_path / "r.json").values())
    again_at = (tmp_path / "c" / "runs" / "office-parallel-world-0000.json").stat().st_mtime_ns
    assert again_at == flown_at


def test_a_campaign_under_other_conditions_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Folder(tmp_path / "c").open(OFFICE)
    assert main(["bench", "explore", "--output", "c", "--time-limit", "5"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "time_limit_s = 600.0" in error


def test_an_interrupted_campaign_ends_cleanly_and_goes_on(tmp_path):
    arguments = ("--seeds", "3", "--jobs", "1", "--output", "c", "--json", "r.json")
    for flown, number in enumerate((signal.SIGINT, signal.SIGTERM), start=1):
        troubles = {"FAKE_TROUBLES": f"wait={flown}", "FAKE_GATE": str(tmp_path / "gate")}
        process = start_bench(tmp_path, *arguments, **troubles)
        latest = tmp_path / "c" / "runs" / f"office-parallel-world-000{flown - 1}.json"
        limit = time.monotonic() + PATIENCE_S
        while not latest.exists() and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 1
        assert errors.startswith(f"live-mvp: interrupted after {flown} of 3 runs")
        assert errors.count("\n") == 1
        assert set(records(tmp_path / "r.json")) == set(range(flown))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--worlds", "atlantis"), "atlantis"),
        (("--worlds", "office,"), "empty name"),
        (("--planners", "oracle"), "oracle"),
        (("--seeds", "0"), "--seeds"),
        (("--jobs", "0"), "--jobs"),
        (("--start", "moon"), "moon"),
        (("--json", "no/such/f.json"), "no/such does not exist"),
        (("--params-file", "gone.yaml"), "gone.yaml does not exist"),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert main(["bench", "explore", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error
    assert not list(tmp_path.iterdir())


def test_without_ray_there_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    output = tmp_path / "c"
    assert main(["bench", "explore", "--ray", "local", "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--ray needs Ray" in error


@pytest.mark.slow
def test_a_campaign_on_a_local_ray_cluster(tmp_path):
    pytest.importorskip("ray", reason="Ray is optional")
    arguments = ("--seeds", "4", "--jobs", "1", "--ray", "local", "--json", "r.json")
    troubles = "exit=1,raise=2"
    code, _, errors = bench(tmp_path, *arguments, "--output", "c", FAKE_TROUBLES=troubles)
    assert code == 1, errors
    found = records(tmp_path / "r.json")
    assert found[0]["error"] is None
    assert found[1]["error"].startswith("its worker was lost: ActorDiedError")
    assert found[2]["error"] == "ValueError: the wind was too strong"
    assert found[3]["error"] is None


def test_the_folder_of_a_campaign_is_reported_as_one(tmp_path, monkeypatch, capsys):
    plan = Campaign(("halls/hall.yaml",), ("parallel", "random"), seeds=2)
    folder = Folder(tmp_path / "c")
    folder.open(plan)
    for run in plan.runs():
        failed = run.planner == "random" and run.seed == 1
        answer = Failure("the wind") if failed else document(run)
        assert list(fly(folder, [(run, answer)]))
    assert main(["report", str(folder.path)]) == 0
    text = (folder.path / "report.html").read_text()
    assert "Campaign c: 4 runs" in text
    assert "<td>hall</td><td>parallel</td><td>2</td><td>2</td><td>0</td>" in text
    assert "<td>hall</td><td>random</td><td>2</td><td>1</td><td>1</td>" in text
    assert "the wind" in text
    assert "halls/hall.yaml" not in text  # one name everywhere
    assert text.count("data:image/png") == 2
    pictures = ["--pictures", str(tmp_path / "p"), "--dpi", "60"]
    assert main(["report", str(folder.path), *pictures]) == 0
    assert {file.name for file in (tmp_path / "p").iterdir()} == {
        "explored.png",
        "time_to_95.png",
    }
    capsys.readouterr()
    assert main(["report", str(folder.path), str(tmp_path)]) == 2
    assert "report it alone" in capsys.readouterr().err
    Folder(tmp_path / "empty").open(plan)
    assert main(["report", str(tmp_path / "empty")]) == 2
    assert "without any run" in capsys.readouterr().err


def test_every_picture_and_table_calls_a_world_by_one_name():
    for world, name in (
        ("office", "office"),
        ("maze:3", "maze:3"),
        ("halls/hall.yaml", "hall"),
        ("mesh:scans/hall.ply", "hall"),
    ):
        assert shown_name(world) == name
        run = Run(world)
        groups = campaign_plots.grouped([document(run)])
        (panel,) = campaign_plots.time_figure(groups).axes
        assert panel.get_title() == name
        assert campaign_plots.explored_figure(groups).axes[0].get_title() == name
