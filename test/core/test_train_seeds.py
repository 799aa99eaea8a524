# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Trainings of several seeds side by side: each as alone, one summary, and what is refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from patience import PATIENCE_S

from live_mvp_ros.cli.main import main
from live_mvp_ros.learning.curve import read_rows

TINY = """
starts: random
steps: 2
drones: 1
iterations: 2
evaluate_every: 2
evaluation_starts: 1
evaluation_steps: 2
evaluation_drones: 1
map_resolution_m: 1.0
map_levels: 1
map_finest_cells: 16
map_table_size_log2: 8
map_hidden_width: 4
map_keyframes: 1
"""

TRAIN = [sys.executable, "-m", "live_mvp_ros.cli.main", "train"]


@pytest.fixture
def quickly(monkeypatch):
    """Have new processes compile quickly: to do it well takes longer than all the steps here."""
    flags = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    monkeypatch.setenv("XLA_FLAGS", flags)


@pytest.mark.slow
def test_two_seeds_are_trained_and_a_seed_is_what_it_is_alone(quickly, tmp_path, capsys):
    params, seeds, alone = (tmp_path / name for name in ("tiny.yaml", "seeds.json", "alone.json"))
    params.write_text(TINY)
    given = ["--params-file", str(params), "--output", str(tmp_path / "runs")]
    assert main(["train", *given, "--seeds", "2", "--jobs", "2", "--json", str(seeds)]) == 0
    said = capsys.readouterr().out
    assert "seed 0: mean reward" in said and "seed 1: mean reward" in said
    subprocess.run([*TRAIN, *given, "--seed", "1", "--json", str(alone)], check=True)
    both, one = json.loads(seeds.read_text())["seeds"], json.loads(alone.read_text())
    assert [each["seed"] for each in both] == [0, 1]
    assert both[0]["reward_last"] != both[1]["reward_last"]
    assert both[1]["reward_last"] == pytest.approx(one["reward_last"], rel=1e-5)
    assert both[1]["random"] == pytest.approx(one["random"], rel=1e-5)
    (picture,) = tmp_path.glob("runs/*/seeds.png")
    for seed in (0, 1):
        kept = {path.name for path in (picture.parent / f"seed_{seed}").iterdir()}
        assert kept >= {"training.json", "policy.npz", "curve.csv", "curve.png", "summary.json"}


@pytest.mark.slow
def test_ctrl_c_saves_each_training_and_they_go_on(quickly, tmp_path):
    params, runs = tmp_path / "tiny.yaml", tmp_path / "runs"
    params.write_text(TINY)
    given = ["--params-file", str(params), "--output", str(runs), "--iterations", "100000"]
    run = subprocess.Popen(
        [*TRAIN, *given, "--seeds", "2", "--jobs", "2"], stderr=subprocess.PIPE, text=True
    )

    def rows(folder):
        return read_rows(folder / "curve.csv", 100_000)

    try:
        deadline = time.monotonic() + PATIENCE_S
        while len(begun := [f for f in runs.glob("*/seed_*") if rows(f)]) < 2:
            assert run.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=PATIENCE_S)
    finally:
        run.kill()
    assert run.returncode == 1
    assert "interrupted; each saves its last iteration" in said
    assert "Traceback" not in said
    assert all((folder / "policy.npz").exists() for folder in begun)
    made = len(rows(begun[0]))
    more = ["--resume", str(begun[0]), "--iterations", str(made + 1)]
    done = subprocess.run([*TRAIN, *more], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(rows(begun[0])) == made + 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--seeds", "2", "--seed", "1"], "--seeds begins trainings of policies"),
        (["--seeds", "2", "--resume", "there"], "--seeds begins trainings of policies"),
        (["--seeds", "2", "--task", "proposals"], "--seeds begins trainings of policies"),
        (["--jobs", "2"], "--jobs and --ray are for --seeds"),
        (["--ray", "local"], "--jobs and --ray are for --seeds"),
        (["--seeds", "0"], "--seeds"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, capsys, words, sentence):
    assert main(["train", "--output", str(tmp_path / "runs"), *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
