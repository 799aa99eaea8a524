# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One parameters file in two formats: settings below components, and parameters of nodes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.params_file import read_text
from live_mvp_ros.bringup.settings_file import DRIFT, EVERY, IN_ONE_PROCESS, entries_in
from live_mvp_ros.cli.file_options import read_settings
from live_mvp_ros.evaluation.node_settings import MEANS, Told, settings_of
from live_mvp_ros.evaluation.scenario import names_of, settings
from live_mvp_ros.sim.loop_config import HAVE_A_BODY, ClosedLoopConfig

SETTINGS = """
body: {speed_max_m_s: 1.0}
live_map: {max_range_m: 6.0}
info_field: {progress: {patience_s: 5.0}}
controller: {mppi: {num_samples: 1024}, vehicle: {mass_kg: 1.2}}
mission: {goal_tolerance_m: 2.0}
camera: {dropout: 0.1}
odometry: {position_noise_sigma_m: 0.01}
disturbances: {thrust_error: 0.1}
"""
PARAMETERS = """
/**: {ros__parameters: {body.speed_max_m_s: 1.0, vehicle.mass_kg: 1.2}}
live_map: {ros__parameters: {max_range_m: 6.0}}
info_field: {ros__parameters: {progress.patience_s: 5.0}}
/**/imppi_controller:
  ros__parameters: {mppi: {num_samples: 1024}, mission.goal_tolerance_m: 2.0}
gt_depth: {ros__parameters: {camera: {dropout: 0.1}}}
quadrotor_sim:
  ros__parameters: {odometry.position_noise_sigma_m: 0.01, disturbances.thrust_error: 0.1}
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
    assert told["quadrotor_sim"] == {"disturbances.thrust_error": 0.1}
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


BROKEN = [
    ("live_map: [1, 2", "is not valid YAML: line 1, column 16: expected ',' or ']'"),
    (
        "a: 1\n\tb: 2\n",
        "line 2, column 1: found character '\\t' that cannot start any token: use spaces",
    ),
    ("a: !!python/object:os.system {}", "is not valid YAML: line 1, column 4: could not"),
    ("a: \x01", "is not valid YAML: character 4: special characters are not allowed"),
    ("[" * 5000, "is not valid YAML: it is nested too deeply, or holds itself"),
    ("body: &it {radius_m: *it}", "is not valid YAML: it is nested too deeply, or holds itself"),
    ("- body", "must hold a mapping"),
    ("body", "must hold a mapping"),
    ("body: {radius_m: 0.2, radius_m: 0.3}", "radius_m stands twice in body"),
    ("body: {radius_m: 0.2}\nbody: {radius_m: 0.3}", "body stands twice in it"),
    (
        "controller: {mppi: {num_samples: 512, num_samples: 1024}}",
        "num_samples stands twice in controller.mppi",
    ),
    (
        "live_map: {ros__parameters: {body: {radius_m: 0.2, radius_m: 0.3}}}",
        "radius_m stands twice in live_map.ros__parameters.body",
    ),
    ("live_map: {ros__parameters: {}}\nlive_map: {ros__parameters: {}}", "live_map stands twice"),
    (
        "live_map: {ros__parameters: {body: {radius_m: 0.2}, body.radius_m: 0.3}}",
        "body.radius_m stands twice in live_map",
    ),
]


def test_a_dotted_name_is_said_to_be_nested_with_its_value(tmp_path):
    for text, words in (
        ("body.radius_m: 0.2", "body.radius_m must be nested: write body: {radius_m: 0.2}"),
        ("controller.a.b: [1, 2]", "write controller: {a: {b: [1, 2]}}"),
    ):
        with pytest.raises(UsageError, match=re.escape(words)):
            entries_in("p.yaml", text)


@pytest.mark.parametrize(("text", "words"), BROKEN)
def test_both_ways_to_fly_refuse_a_broken_file_in_the_same_words(tmp_path, text, words):
    """YAML itself takes the last one of two keys, and its errors speak of Python."""
    file = written(tmp_path, text)
    for read in (read_settings, lambda path: entries_in(str(path), read_text(str(path)))):
        if "python" in text and read is not read_settings:
            continue  # the nodes' reader makes no objects, and no error
        with pytest.raises(UsageError) as caught:
            read(file)
        said = str(caught.value)
        assert said.startswith(f"{file}")
        assert words in said
        assert "\n" not in said
        assert "unicode string" not in said


@pytest.mark.parametrize("make", ["folder", "latin-1", "nothing"])
def test_both_ways_to_fly_refuse_what_is_no_file_of_text(tmp_path, make):
    file = tmp_path / "p.yaml"
    if make == "folder":
        file.mkdir()
    elif make == "latin-1":
        file.write_bytes("body: größe".encode("latin-1"))
    words = {"folder": "is a folder", "latin-1": "no text in UTF-8", "nothing": "does not exist"}
    for read in (read_settings, lambda path: read_text(str(path))):
        with pytest.raises(UsageError, match=words[make]) as caught:
            read(file)
        assert "codec" not in str(caught.value) and "Errno" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mission: {time_limit_s: 1e9}", "(YAML takes it for text: write 1.0e+9)"),
        ("mission: {time_limit_s: 1e9}", "mission.time_limit_s = '1e9' is not allowed: it must"),
        ("mission: {time_limit_s: 1.5e3}", "write 1.5e+3"),
        ("mission: {time_limit_s: 1.e-3}", None),
        ("mission: {time_limit_s: -2E-3}", "write -2.0e-3"),
        ("mission: {time_limit_s: '30'}", "(it is text: write it without quotes)"),
        ("mission: {time_limit_s: soon}", "'soon' is not allowed: it must be a finite number"),
        ("mission: {time_limit_s: true}", "time_limit_s = true is not allowed"),
        ("mission: {time_limit_s: }", "time_limit_s = nothing is not allowed"),
        ("mission: {time_limit_s: {a: 1}}", "time_limit_s = {a: 1} is not allowed"),
        ("mission: {time_limit_s: 2026-01-31}", "time_limit_s = 2026-01-31 is not allowed"),
        ("mission: 3", "mission = 3 is not allowed: it is a group of settings"),
        ("mission: ", "mission = nothing is not allowed: it is a group of settings"),
    ],
)
def test_a_value_of_a_wrong_kind_is_shown_as_it_is_written_with_what_to_write(
    tmp_path, text, words
):
    values = read_settings(written(tmp_path, text))
    if words is None:
        assert settings(values).mission.time_limit_s == pytest.approx(1e-3)
        return
    with pytest.raises(ConfigurationError) as caught:
        settings(values)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [SETTINGS, PARAMETERS])
def test_what_the_map_learns_is_measured_with_a_file_that_is_for_other_nodes_too(tmp_path, text):
    from live_mvp_ros.cli.bench_mapping import Flight

    flight = Flight("seed", read_settings(written(tmp_path, text)), tmp_path)
    assert flight.config.max_range_m == 6.0
    assert flight.config.body.speed_max_m_s == 1.0
    assert flight.camera.dropout == 0.1
    for wrong, words in (
        ("wings: 2", "wings is not a setting"),
        ("live_map: {a: 1}", "live_map.a"),
    ):
        with pytest.raises(UsageError, match=words):
            Flight("seed", read_settings(written(tmp_path, wrong)), tmp_path)
