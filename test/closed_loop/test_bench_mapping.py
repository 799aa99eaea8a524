# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench mapping``, ``view`` and ``maps``: what they write and what they refuse."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import mapping
from live_mvp_ros.cli import bench_mapping
from live_mvp_ros.cli.main import main
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.evaluation.scenario import prepare
from live_mvp_ros.mapping import LiveMapConfig, Scan
from live_mvp_ros.reports import flight_plots
from live_mvp_ros.worlds.names import WORLD_FILES

SMALL = """
live_map: {levels: 3, table_size_log2: 10, hidden_width: 16, train_rays: 16, resolution_m: 0.25}
camera: {width_px: 24, height_px: 16}
"""
DESCRIBED_KEYS = {
    "sdf_mae_near_m",
    "surface_median_m",
    "surface_precision_5cm",
    "surface_recall_5cm",
    "fscore_5cm",
    "exposure_auroc",
    "q_seen_mean",
    "q_unseen_mean",
    "calibration",
    "occupancy_agreement",
    "forgetting_m",
    "update_ms",
    "update_by_rays",
    "ray_samples_per_s",
    "compile_s_cold",
    "compile_s_warm",
    "nonfinite",
    "map_mib",
    "rss_mib",
}


def test_a_short_flight_is_scored_and_drawn(tmp_path, monkeypatch, capsys) -> None:
    from live_mvp_ros.evaluation import mapping_bench, mapping_times

    monkeypatch.setattr(mapping_times, "RAYS", (16, 32, 64))
    times = {"compile_s_cold": 2.0, "compile_s_warm": 1.0}
    monkeypatch.setattr(mapping_bench, "compile_times", lambda world: times)
    settings, target = tmp_path / "small.yaml", tmp_path / "map.json"
    settings.write_text(SMALL)
    arguments = ["--worlds", "seed", "--looks", "100", "--params-file", str(settings)]
    written = ["--json", str(target), "--plots", str(tmp_path / "plots")]
    assert main(["bench", "mapping", *arguments, *written]) == 0
    found = json.loads(target.read_text())
    assert set(found) == {"seed"} and set(found["seed"]) == DESCRIBED_KEYS
    row = found["seed"]
    assert 0.0 < row["sdf_mae_near_m"] < 0.2 and row["nonfinite"] == 0
    assert row["q_seen_mean"] > row["q_unseen_mean"] and row["exposure_auroc"] > 0.7
    assert set(row["update_ms"]) == {"p50", "p99", "rays", "samples"}
    assert row["update_ms"]["rays"] == 64 and row["update_ms"]["samples"] == 16
    assert [entry["rays"] for entry in row["update_by_rays"]] == [32, 64], "16: too few a frame"
    assert all(0.0 < e["p50"] <= e["p99"] and e["samples"] == 16 for e in row["update_by_rays"])
    assert sum(entry["points"] for entry in row["calibration"]) == 400_000
    assert row["forgetting_m"] is None, "the flight is shorter than a minute"
    assert (tmp_path / "plots" / "seed.png").stat().st_size > 10_000
    assert "sdf_mae_near_m" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--worlds", "nowhere"], "there is no world"),
        (["--worlds", ","], "names no world"),
        (["--looks", "3"], "--looks"),
        (["--json", "no/such/folder/p.json"], "does not exist"),
        (["--params-file", "none.yaml"], "does not exist"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words, capsys) -> None:
    assert main(["bench", "mapping", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_keys_of_the_command_are_those_of_its_description() -> None:
    assert set(bench_mapping.KEYS) == DESCRIBED_KEYS


def test_view_draws_a_world(tmp_path, capsys) -> None:
    target = tmp_path / "seed.png"
    assert main(["view", "seed", "--output", str(target)]) == 0
    assert target.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "12 x 12 x 4 m" in capsys.readouterr().out
    assert main(["view", "nowhere"]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
    assert main(["view", "seed", "--web"]) == 2
    assert "--web does not apply to seed, which is a world" in capsys.readouterr().err
    assert main(["view", "seed", "--output", str(tmp_path / "seed.txt")]) == 2


def test_a_world_of_a_file_has_the_name_of_the_file_everywhere(tmp_path, capsys) -> None:
    hall = tmp_path / "my_hall.yaml"
    hall.write_text(WORLD_FILES["seed"].read_text())  # calls itself seed
    assert main(["view", str(hall), "--output", str(tmp_path / "w.png")]) == 0
    assert capsys.readouterr().out.startswith("my_hall: 12 x 12 x 4 m")
    scenario = prepare(Run(world="seed"))
    run = dataclasses.replace(scenario.run, world=str(hall))
    flight = SimpleNamespace(
        scenario=scenario._replace(run=run),
        complete=True,
        exploration=SimpleNamespace(final=0.99),
        flight_time_s=10.0,
        path_length_m=5.0,
    )
    assert flight_plots.title(flight).startswith("my_hall, parallel, seed 0: complete")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the file of a small map that has seen a wall."""
    config = LiveMapConfig(
        lower_m=(0.0, 0.0, 0.0),
        upper_m=(3.0, 2.0, 2.0),
        levels=3,
        table_size_log2=10,
        train_rays=16,
    )
    y, z = np.meshgrid(np.linspace(0.1, 1.9, 30), np.linspace(0.1, 1.9, 30))
    points = np.stack([np.full(900, 2.05), y.ravel(), z.ravel()], axis=1)
    normals = np.tile([-1.0, 0.0, 0.0], (900, 1))
    origin = jnp.array([0.5, 1.0, 1.0])
    scan = Scan(origin, jnp.float32(points), jnp.float32(normals), origin)
    step, state = jax.jit(mapping.step), mapping.init(config, jax.random.key(0))
    for _ in range(60):
        state, _ = step(config, state, scan)
    path = tmp_path_factory.mktemp("map") / "map.npz"
    mapping.save_map(path, config, state)
    return path


def test_saved_map_is_described_drawn_and_meshed(saved, tmp_path, capsys) -> None:
    assert main(["maps", "info", str(saved)]) == 0
    assert "30 x 20 x 20 of 0.1 m" in capsys.readouterr().out
    picture, mesh = tmp_path / "map.png", tmp_path / "map.ply"
    assert main(["maps", "picture", str(saved), str(picture), "--altitude", "1"]) == 0
    assert picture.stat().st_size > 5_000
    assert main(["maps", "mesh", str(saved), str(mesh)]) == 0
    assert mesh.read_bytes()[:3] == b"ply"
    assert main(["maps", "mesh", str(saved), str(tmp_path / "map.doc")]) == 2
    assert main(["maps", "info", str(tmp_path / "none.npz")]) == 2
    assert "there is no such file" in capsys.readouterr().err
