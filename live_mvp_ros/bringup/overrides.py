# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a parameters file gives to each node of a graph: every key reaches a node, or is refused.

The values are read once, before anything starts, and each node is told those that it has; so one
file serves in every namespace, one key may be meant for all nodes that know it, and a file that is
edited in flight changes nothing. Which parameters a node has is known to its module alone, and
those load JAX. So a process of its own checks names and values, this module as a program: it is
asked with JSON on its standard input, and a launch file stays light.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from live_mvp_ros.bringup.environment import child_environment
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.params_file import Entry, meant
from live_mvp_ros.bringup.settings_file import entries_in

if TYPE_CHECKING:
    from live_mvp_ros.bringup.graph import NodeSpec, Value

CONFIGURATIONS = {
    "quadrotor_sim": "SimConfig",
    "mavlink_driver": "DriverConfig",
    "gt_depth": "DepthConfig",
    "live_map": "MapConfig",
    "info_field": "FieldConfig",
    "imppi_controller": "NodeConfig",
    "policy_controller": "PolicyConfig",
    "teleop": "TeleopConfig",
    "recorder": "RecorderConfig",
    "bag_player": "PlayerConfig",
    "viewer": "ViewerConfig",
    "environment": "EnvironmentConfig",
}
"""The class that holds the parameters of each executable, in the module of its name."""


class Told(NamedTuple):
    """A node, and what it is told without the file."""

    executable: str
    parameters: Mapping[str, Any]


def overrides(
    path: str, text: str, nodes: Sequence[NodeSpec], namespace: str
) -> dict[str, dict[str, Value]]:
    """Return what a parameters file gives to each node, by full name.

    An entry with the name of a node goes before one with a wildcard, and a later one before an
    earlier one. Values have the type that the node declares.

    Args:
        path: of the file, for messages.
        text: what it holds.
        nodes: those that run, and what they are told without the file.
        namespace: of the graph, without a leading slash.

    Raises:
        UsageError: the file is malformed; an entry means no node, or gives a parameter
            that none of its nodes has; a value is not allowed.
    """
    entries = entries_in(path, text)
    names = [node.full_name for node in nodes]
    means = [(entry, meant(path, entry.name, names, namespace)) for entry in entries]
    _check_once(path, means)
    question = {
        "path": path,
        "nodes": {n.full_name: (n.executable, dict(n.parameters)) for n in nodes},
        "entries": [(entry.name, entry.values, found) for entry, found in means],
    }
    said = ask(question)
    if "problem" in said:
        raise UsageError(said["problem"])
    return {
        name: {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        for name, values in said["values"].items()
    }


def checked(
    path: str, nodes: Mapping[str, Told], means: Sequence[tuple[Entry, list[str]]]
) -> dict[str, dict[str, Any]]:
    """Return what entries give to nodes by full name, in the types that the nodes declare.

    Raises:
        UsageError: a parameter that none of an entry's nodes has, or a value that is not allowed.
    """
    from live_mvp_ros.ros.parameters import entries as declared

    wanted = dict.fromkeys(name for _, found in means for name in found)
    defaults = {name: default_of(nodes[name].executable) for name in wanted}
    known = {name: {e.name for e in declared(default)} for name, default in defaults.items()}
    given: dict[str, dict[str, Any]] = {name: {} for name in wanted}
    for entry, found in sorted(means, key=lambda item: not item[0].is_pattern):
        for key, value in _reaching(path, entry, found, known):
            for name in found:
                if key in known[name] or _is_of_ros(key):
                    given[name][key] = value
    return {
        name: _typed(f"{path}: {name.rsplit('/', 1)[-1]}", defaults[name], nodes[name], values)
        for name, values in given.items()
    }


def default_of(executable: str) -> Any:
    """Return the configuration of a node as it is without parameters; this loads the node."""
    module = importlib.import_module(f"live_mvp_ros.nodes.{executable}.node")
    return getattr(module, CONFIGURATIONS[executable])()


def _check_once(path: str, means: Sequence[tuple[Entry, list[str]]]) -> None:
    """Refuse two names of one node that give it the same parameter."""
    owner: dict[tuple[str, str], Entry] = {}
    for entry, found in means:
        for name in () if entry.is_pattern else found:
            for key in entry.values:
                other = owner.setdefault((name, key), entry)
                if other is not entry:
                    names = f"{other.name} and in {entry.name}"
                    raise UsageError(f"{path}: {key} of {name} is given twice, in {names}")


def _reaching(
    path: str, entry: Entry, found: Sequence[str], known: Mapping[str, set[str]]
) -> Iterator[tuple[str, Any]]:
    """Yield the parameters of an entry, all of which some node that it means has."""
    from live_mvp_ros.ros.parameters import not_known

    every = sorted(set().union(*(known[name] for name in found)))
    for key, value in entry.values.items():
        if key not in every and not _is_of_ros(key):
            whose = f"any node of {entry.name}" if entry.is_pattern else entry.name
            raise UsageError(f"{path}: {not_known(key, whose, every)}")
        yield key, value


def _is_of_ros(key: str) -> bool:
    from live_mvp_ros.ros.parameters import OWN_OF_RCLPY

    return key in OWN_OF_RCLPY


def _typed(what: str, default: Any, told: Told, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in their declared types, allowed together and with what the node is told."""
    from live_mvp_ros.base.config import ConfigurationError
    from live_mvp_ros.ros.parameters import build
    from live_mvp_ros.ros.parameters import entries as declared

    for key, value in values.items():
        if key in ("use_sim_time", "start_type_description_service") and type(value) is not bool:
            raise UsageError(f"{what}: {key} = {value!r} is not allowed: it must be true or false")
    both = {**told.parameters, **values}
    try:
        config = build(default, {k: v for k, v in both.items() if not _is_of_ros(k)})
    except ConfigurationError as error:
        raise UsageError(f"{what}: {error}") from None
    typed = {entry.name: entry.default for entry in declared(config)}
    return {key: typed.get(key, value) for key, value in values.items()}


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the nodes say to a question, or the problem with it; this loads the nodes."""
    nodes = {name: Told(*told) for name, told in question["nodes"].items()}
    means = [(Entry(name, values), found) for name, values, found in question["entries"]]
    try:
        return {"values": checked(question["path"], nodes, means)}
    except UsageError as error:
        return {"problem": str(error)}


def ask(question: Mapping[str, Any]) -> dict[str, Any]:
    """Have a process of its own answer a question."""
    result = subprocess.run(
        [sys.executable, "-P", "-m", "live_mvp_ros.bringup.overrides"],
        input=json.dumps(question),
        env=child_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        last = next(iter(result.stderr.strip().splitlines()[-1:]), "it said nothing")
        problem = f"cannot be checked, since the nodes cannot be loaded: {last}"
        return {"problem": f"{question['path']} {problem}"}
    return dict(json.loads(result.stdout.splitlines()[-1]))


def main() -> int:
    """Answer the question on the standard input."""
    sys.stdout.write(f"{json.dumps(answer(json.load(sys.stdin)))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
