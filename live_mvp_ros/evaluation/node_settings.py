# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What parameters of nodes mean for a flight in one process, where each setting is there once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.nearest_names import nearest
from live_mvp_ros.evaluation.scenario import names_of
from live_mvp_ros.sim.loop_config import HAVE_A_BODY, ClosedLoopConfig

_DRIFT = {f"odometry.{what}": f"odometry.{what}" for what in ("drift_", "heading_drift_")}
MEANS = {
    "quadrotor_sim": {
        "vehicle.": "controller.vehicle.",
        "odometry.": "odometry.",
        "disturbances.": "disturbances.",
    },
    "gt_depth": {"camera.": "camera."},
    "live_map": {**_DRIFT, "": "live_map."},
    "info_field": {**_DRIFT, "": "info_field."},
    "imppi_controller": {"mission.": "mission.", "": "controller."},
}
"""Node: what its parameters begin with, and what the settings of the loop begin with instead."""
_BODY = "body."  # of every node, and of the loop


class Told(NamedTuple):
    """What an entry of a ROS parameters file tells some nodes.

    Attributes:
        name: of the entry, for messages.
        nodes: keys of ``MEANS`` that it means.
        is_pattern: its name may mean several nodes; one that does not has the last word.
        values: by dotted name.
    """

    name: str
    nodes: Sequence[str]
    is_pattern: bool
    values: Mapping[str, Any]


def settings_of(entries: Iterable[Told]) -> dict[str, Any]:
    """Return the settings of the loop, as a nested mapping, that entries for nodes mean.

    Raises:
        ConfigurationError: a parameter is no setting of a flight in one process, or two nodes
            would have different values of what is one setting there.
    """
    known = {node: parameters_of(node) for node in MEANS}
    given: dict[str, tuple[Any, str]] = {}
    for entry in sorted(entries, key=lambda entry: not entry.is_pattern):
        for key, value in entry.values.items():
            for setting in _meant(entry, key, known):
                before, by = given.get(setting, (value, ""))
                if by and not entry.is_pattern and before != value:
                    raise ConfigurationError(
                        f"{key} = {before!r} of {by} and {value!r} of {entry.name} do not go "
                        "together in a flight in one process, which has it once"
                    )
                given[setting] = value, "" if entry.is_pattern else entry.name
    return _nested({setting: value for setting, (value, _) in given.items()})


def parameters_of(node: str) -> dict[str, str]:
    """Return the parameters of a node that are settings of the loop, and which."""
    found = {}
    for setting in names_of(ClosedLoopConfig()):
        component, _, rest = setting.partition(".")
        if component in HAVE_A_BODY and rest.startswith(("body.", "odometry.")):
            continue  # those of the loop are handed to it
        if setting.startswith(_BODY) and node != "gt_depth":
            found[setting] = setting
        for ours, theirs in MEANS[node].items():
            if setting.startswith(theirs):
                found.setdefault(ours + setting.removeprefix(theirs), setting)
    return found


def _meant(entry: Told, key: str, known: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Return the settings that a parameter of an entry means, at least one."""
    found = {known[node][key] for node in entry.nodes if key in known[node]}
    if not found:
        names = sorted({name for node in entry.nodes for name in known[node]})
        raise ConfigurationError(
            f"{key} of {entry.name} is no setting of a flight in one process: "
            f"did you mean {nearest(key, names)}?"
        )
    return found


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in values.items():
        *groups, last = name.split(".")
        inner = result
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = value
    return result
