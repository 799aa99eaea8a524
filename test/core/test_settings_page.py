# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""docs/parameters.md lists every setting of the core, as its configuration says it.

What nobody would look up there is no setting, but a constant with its reason where it is used.
"""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path
from typing import Any

import pytest

import live_mvp_ros
from live_mvp_ros.base.config import info_of
from live_mvp_ros.control import ControllerConfig, CostConfig, MissionConfig, MppiConfig
from live_mvp_ros.control.observer import ObserverConfig
from live_mvp_ros.control.safety import SafetyConfig
from live_mvp_ros.mapping import LiveMapConfig, RangeSensorConfig
from live_mvp_ros.planning import InfoFieldConfig
from live_mvp_ros.planning.progress import ProgressConfig
from live_mvp_ros.sim.loop_config import ClosedLoopConfig
from live_mvp_ros.sim.planar import PlanarSensorConfig
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig
from live_mvp_ros.vehicle.disturbances import DisturbanceConfig
from live_mvp_ros.vehicle.ladder import EscalationConfig
from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig
from live_mvp_ros.vehicle.odometry import DriftConfig, OdometryConfig
from live_mvp_ros.worlds import DepthCameraConfig

PACKAGE = Path(live_mvp_ros.__file__).parent
PAGE = Path(__file__).resolve().parents[2] / "docs" / "parameters.md"
SETTINGS: dict[type, str] = {
    BodyConfig: "body.",
    LiveMapConfig: "",
    RangeSensorConfig: "sensor.",
    InfoFieldConfig: "",
    ProgressConfig: "progress.",
    ControllerConfig: "",
    MppiConfig: "mppi.",
    CostConfig: "costs.",
    SafetyConfig: "safety.",
    MissionConfig: "mission.",
    QuadrotorConfig: "vehicle.",
    LinkConfig: "",
    EscalationConfig: "escalation.",
    ObserverConfig: "observer.",
    OdometryConfig: "odometry.",
    DisturbanceConfig: "disturbances.",
    DepthCameraConfig: "camera.",
    ClosedLoopConfig: "",
    PlanarSensorConfig: "planar.",
}
"""Configurations in the order of the page, and what the names of their settings begin with."""
NOT_SET = {DriftConfig: "part of OdometryConfig"}
ROOMS = ("vehicle", "mapping", "planning", "control", "sim")


def shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(shown(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def rows(kind: type) -> list[str]:
    """Return the lines of the page for the settings of one configuration."""
    found = []
    for field in dataclasses.fields(kind):
        if dataclasses.is_dataclass(field.default):
            continue
        info = info_of(field)
        live = "yes" if info.live else ""
        cells = (f"`{SETTINGS[kind]}{field.name}`", shown(field.default), info.unit, live)
        found.append(" | ".join(("", *cells, info.help, "")).strip())
    return found


@pytest.mark.parametrize("kind", SETTINGS, ids=lambda kind: kind.__name__)
def test_the_page_says_of_each_setting_what_its_configuration_says(kind):
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for row in rows(kind):
        assert row in lines


def test_the_page_has_no_setting_that_there_is_not():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line.startswith("| `") and line.count(" | ") >= 4]
    assert listed == [row for kind in SETTINGS for row in rows(kind)]


def test_every_configuration_of_the_core_is_on_the_page():
    known = {kind.__name__ for kind in (*SETTINGS, *NOT_SET)}
    known.add("SensorConfig")  # arguments of functions that nothing in a flight calls
    for room in ROOMS:
        for file in (PACKAGE / room).glob("*.py"):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                decorators = getattr(node, "decorator_list", ())
                if any(getattr(d, "id", "") == "configuration" for d in decorators):
                    assert node.name in known, f"{file.name}: {node.name}"
