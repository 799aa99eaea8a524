# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A file for flights in one process, whose settings stand below components, said to the nodes.

``live-mvp sim`` names the settings as ``body: {speed_max_m_s: 1.0}``, a ROS parameters file names
nodes. Every command takes both: here the first becomes entries for nodes, and
``evaluation.node_settings`` goes the other way.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import yaml

from live_mvp_ros.base.yaml_words import nested
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.params_file import (
    PARAMETERS,
    Entry,
    entries_of,
    flat_values,
    holds,
    pairs,
    root_of,
)

EVERY = "**"
SAID_TO = {
    "body": (EVERY, "body."),
    "odometry": (EVERY, "odometry."),
    "disturbances": ("quadrotor_sim", "disturbances."),
    "camera": ("gt_depth", "camera."),
    "live_map": ("live_map", ""),
    "info_field": ("info_field", ""),
    "controller": ("imppi_controller", ""),
    "mission": ("imppi_controller", "mission."),
}
"""Which nodes a component is, and what its settings begin with there."""
IN_ONE_PROCESS = (
    "sensing",
    "control_period_s",
    "steps_per_look",
    "looks_per_plan",
    "substeps",
    "planar",
)
"""What only a flight in one process has."""
DRIFT = {
    "odometry.drift_m_per_m": "--drift (drift_m_per_m:= of a launch)",
    "odometry.heading_drift_rad_per_m": "--heading-drift (heading_drift_deg_per_m:= of a launch)",
}
"""What more than one node has to expect, and the option that tells them all."""


def entries_in(path: str, text: str) -> list[Entry]:
    """Return the entries of a parameters file of either format; ``path`` is for messages.

    Raises:
        UsageError: it is malformed, says something twice, or what no node can be told.
    """
    root = root_of(path, text)
    names = [name for name, _ in pairs(path, root, "it")]
    _check_levels(path, root)
    if names_nodes(root) or not set(names) <= {*SAID_TO, *IN_ONE_PROCESS}:
        return entries_of(path, text)
    found = (_entries(path, name, node) for name, node in pairs(path, root, "it"))
    return list(itertools.chain.from_iterable(found))


def _check_levels(path: str, root: yaml.MappingNode) -> None:
    """Refuse a setting that is said by its dotted name where components are said as levels."""
    for name, node in pairs(path, root, "it"):
        component, dot, _ = name.partition(".")
        if dot and component in SAID_TO and not isinstance(node, yaml.MappingNode):
            listed = isinstance(node, yaml.SequenceNode)
            value = f"[{', '.join(item.value for item in node.value)}]" if listed else node.value
            raise UsageError(f"{path}: {name} must be nested: write {nested(name, value)}")


def names_nodes(node: yaml.Node) -> bool:
    """Return whether the format is that of ROS: somewhere stands ``ros__parameters``."""
    return holds(node, PARAMETERS)


def _entries(path: str, name: str, node: yaml.Node) -> Iterator[Entry]:
    """Yield what the nodes are told of one component."""
    if name in IN_ONE_PROCESS:
        raise UsageError(f"{path}: {name} is a setting of live-mvp sim alone, no node has it")
    if not isinstance(node, yaml.MappingNode):
        raise UsageError(f"{path}: {name} must hold settings with their values, or {PARAMETERS}")
    to, prefix = SAID_TO[name]
    values = flat_values(path, name, node, prefix)
    for key in values:
        if name != "body" and key.startswith("body."):
            raise UsageError(f"{path}: {name}.body is no setting of its own: set body")
        if key in DRIFT:
            raise UsageError(f"{path}: {key} is not said in a file here: give {DRIFT[key]}")
    # The simulator flies the vehicle that the controller expects.
    models = {key: value for key, value in values.items() if key.startswith("vehicle.")}
    if models:
        yield Entry(EVERY, models)
    others = {key: value for key, value in values.items() if key not in models}
    if others or not models:
        yield Entry(to, others)
