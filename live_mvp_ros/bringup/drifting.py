# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the nodes of a graph are told besides where a parameters file says that odometry drifts."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from live_mvp_ros.bringup.graph import GraphOptions, NodeSpec

DRIFTING_MARGIN_M = 0.02
"""``vehicle.odometry.ALIGNED_WITHIN_M``, without importing JAX to describe a graph."""
DRIFTS = ("odometry.drift_m_per_m", "odometry.heading_drift_rad_per_m")
"""Parameters that say how odometry drifts, or is expected to."""
BEHIND_AUTOPILOT = (0.0005, 0.005)
"""Position error per metre and heading error [deg] per metre that an autopilot's odometry is
expected to gain: as good as none, since satellites or cameras hold it, but no pose is exact, and
a map that takes them for exact closes doors. More makes the map softer than such poses are."""
VEHICLES = ("quadrotor_sim", "mavlink_driver")
"""Nodes that publish where the odometry frame lies if nobody else does."""
BODIES = (
    *("live_map", "info_field", "imppi_controller", "policy_controller", "teleop"),
    "mavlink_driver",
)
"""Nodes that are told how much room the vehicle needs."""


def expecting_drift(options: GraphOptions) -> GraphOptions:
    """Return the options, with the drift of an autopilot's odometry where nobody says how much."""
    if options.vehicle != "mavlink" or options.drifts or options.map_to_odom == "external":
        return options
    per_metre, degrees = BEHIND_AUTOPILOT
    return dataclasses.replace(options, drift_m_per_m=per_metre, heading_drift_deg_per_m=degrees)


def aligning(nodes: tuple[NodeSpec, ...]) -> tuple[NodeSpec, ...]:
    """Return the nodes, those that live with drift if the map is told to expect it.

    The map then says where the odometry frame lies, and bodies keep away from what it may be off,
    unless the file says how far.
    """
    told = [node.parameters for node in nodes if node.name == "live_map"]
    if not any(parameters.get(name) for parameters in told for name in DRIFTS):
        return nodes
    return tuple(_living_with_it(node) for node in nodes)


def _living_with_it(node: NodeSpec) -> NodeSpec:
    """Return a node with what it needs where odometry drifts."""
    parameters = dict(node.parameters)
    if node.name in VEHICLES:
        parameters.setdefault("frames.map_to_odom", "external")
    if node.name in BODIES:
        parameters.setdefault("body.margin_m", DRIFTING_MARGIN_M)
    return dataclasses.replace(node, parameters=parameters)
