# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How to fly there: MPPI, its cost terms, the I-MPPI controller, tracking and safety."""

from live_mvp_ros.control.controller import (
    NO_SAFE_PLAN,
    NOT_FINITE,
    OK,
    ControllerConfig,
    ControllerInputs,
    ControllerState,
    ControlOutput,
)
from live_mvp_ros.control.cost_config import CostConfig
from live_mvp_ros.control.flight import FlightState, fly, init, proceed, stay, steer
from live_mvp_ros.control.mission import (
    MissionConfig,
    MissionDecision,
    MissionInputs,
    decide,
    haste,
)
from live_mvp_ros.control.mppi import MppiConfig
from live_mvp_ros.control.safety import Around, Filtered, SafetyConfig, doubt_m
from live_mvp_ros.control.surroundings import CostMap, GuidanceField, build_costmap, prepare_field
from live_mvp_ros.control.tracking import hold

__all__ = [
    "NOT_FINITE",
    "NO_SAFE_PLAN",
    "OK",
    "Around",
    "ControlOutput",
    "ControllerConfig",
    "ControllerInputs",
    "ControllerState",
    "CostConfig",
    "CostMap",
    "Filtered",
    "FlightState",
    "GuidanceField",
    "MissionConfig",
    "MissionDecision",
    "MissionInputs",
    "MppiConfig",
    "SafetyConfig",
    "build_costmap",
    "decide",
    "doubt_m",
    "fly",
    "haste",
    "hold",
    "init",
    "prepare_field",
    "proceed",
    "stay",
    "steer",
]
