# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One parameters file in two formats: settings below components, and parameters of nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.settings_file import DRIFT, EVERY, IN_ONE_PROCESS, entries_in
from live_mvp_ros.cli.file_options import read_settings
from live_mvp_ros.evaluation.node_settings import MEANS, Told, settings_of
from live_mvp_ros.evaluation.scenario import names_of
from live_mvp_ros.sim.loop_config import HAVE_A_BODY, ClosedLoopConfig

SETTINGS = """
body: {speed_max_m_s: 1.0}
live_map: {max_range_m: 6.0}
info_field: {progress: {patience_s: 5.0}}
controller: {mppi: {num_samples: 1024}, vehicle: {mass_kg: 1.2}}
mission: {goal_tolerance_m: 2.0}
camera: {dropout: 0.1}
odometry: {position_noise_sigma_m: 0.01}
"""
PARAMETERS = """
/**: {ros__parameters: {body.speed_max_m_s: 1.0, vehicle.mass_kg: 1.2}}
live_map: {ros__parameters: {max_range_m: 6.0}}
info_field: {ros__parameters: {progress.patience_s: 5.0}}
/**/imppi_controller:
  ros__parameters: {mppi: {num_samples: 1024}, mission.goal_tolerance_m: 2.0}
gt_depth: {ros__parameters: {camera: {dropout: 0.1}}}
quadrotor_sim: {ros__parameters: {odometry.position_noise_sigma_m: 0.01}}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "p.yaml"
    file.write_text(text)
    return file


def test_a_flight_in_one_process_takes_both_formats(tmp_path):
    settings = read_settings(written(tmp_path, SETTINGS))
    assert settings == yaml.safe_load(SETTINGS)
    assert read_settings(written(tmp_path, PARAMETERS)) == settings


def test_the_nodes_are_told_what_settings_below_components_say():
    told = {entry.name: entry.values for entry in entries_in("p.yaml", SETTINGS) if entry.values}
    assert told["live_map"] == {"max_range_m": 6.0}
    assert told["info_field"] == {"progress.patience_s": 5.0}
    assert told["gt_depth"] == {"camera.dropout": 0.1}
    everybody: dict[str, Any] = {}
    for entry in entries_in("p.yaml", SETTINGS):
        everybody |= entry.values if entry.name == EVERY else {}
    assert everybody == {
        "body.speed_max_m_s": 1.0,
        "vehicle.mass_kg": 1.2,
        "odometry.position_noise_sigma_m": 0.01,
    }


def test_every_setting_that_nodes_have_means_the_same_there_and_back():
    nodes = list(MEANS)
    for name in names_of(ClosedLoopConfig()):
        component, _, rest = name.partition(".")
        handed_on = component in HAVE_A_BODY and rest.startswith(("body.", "odometry."))
        if component in IN_ONE_PROCESS or handed_on or name in DRIFT:
            continue
        nested: Any = 0.5
        for part in reversed(name.split(".")):
            nested = {part: nested}
        entries = entries_in("p.yaml", yaml.safe_dump(nested))
        told = [
            Told(e.name, nodes if e.is_pattern else [e.name], e.is_pattern, e.values)
            for e in entries
            if e.values
        ]
        assert settings_of(told) == nested, name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("planar: {range_m: 3.0}", "planar is a setting of live-mvp sim alone"),
        ("live_map: {body: {radius_m: 0.2}}", "live_map.body is no setting of its own: set body"),
        ("odometry: {drift_m_per_m: 0.01}", "odometry.drift_m_per_m .* give --drift"),
        ("body: 3", "body must hold settings"),
        ("live_maps: {max_range_m: 6.0}", "live_maps has no ros__parameters"),
    ],
)
def test_what_no_node_can_be_told_is_refused_by_its_name(text, words):
    with pytest.raises(UsageError, match=rf"p\.yaml: .*{words}|p\.yaml: {words}"):
        entries_in("p.yaml", text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "quadrotor_sim: {ros__parameters: {real_time_factor: 0.5}}",
            "real_time_factor of quadrotor_sim is no setting of a flight in one process",
        ),
        (
            "live_map: {ros__parameters: {max_rangem: 6.0}}",
            "max_rangem of live_map is no .* did you mean max_range_m",
        ),
        (
            (
                "{live_map: {ros__parameters: {body.radius_m: 0.2}},"
                " info_field: {ros__parameters: {body.radius_m: 0.3}}}"
            ),
            "body.radius_m = 0.2 of live_map and 0.3 of info_field do not go together",
        ),
        ("/one/live_map: {ros__parameters: {levels: 8}}", "there is no node /one/live_map"),
    ],
)
def test_what_a_flight_in_one_process_cannot_be_told_is_refused(tmp_path, text, words):
    with pytest.raises(UsageError, match=words):
        read_settings(written(tmp_path, text))
