# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The one description of the graph: which nodes, with which parameters, names and priorities.

``launch/explorer.launch.py`` turns it into launch actions, ``live-mvp explore`` into supervised
processes; nothing about the graph is written down anywhere else. Parameters given here are
mission facts (start, goal, bounds), the world to synthesise depth from, and what the user chose;
everything else is a default of the nodes, overridden by a parameters file.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.facts import MissionFacts, mission_facts, read_mapping, resolve_world
from live_mvp_ros.bringup.supervisor import DEFAULT_POLICY, RestartPolicy
from live_mvp_ros.bringup.topics import full_name, recorded

PACKAGE = "live_mvp_ros"
CONTROLLERS = ("imppi", "none")
VEHICLES = ("sim", "none")
VIEWS = ("window", "web", "file")
ONLOOKER_POLICY = RestartPolicy(longest_delay_s=1.0, quick_deaths=10_000)  # not worth a flight
IN_RUN_FOLDER = Path()
"""Instead of a bag's folder: a new one in the folder of the run."""
SHARED_TF = (("tf", "/tf"), ("tf_static", "/tf_static"))
OPTIONAL_NODES = ("recorder", "viewer")

Value = bool | int | float | str | tuple[float, ...]
_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(/[A-Za-z][A-Za-z0-9_]*)*")


@dataclasses.dataclass(frozen=True)
class GraphOptions:
    """What a user chooses.

    Attributes:
        world: name of a world or path of its file; gives the mission facts.
        controller: ``imppi``, or ``none`` where something else publishes cmd/body_rates.
        vehicle: ``sim``, or ``none`` where something else publishes odom and depth/points.
        namespace: of every node, without a leading slash; empty for none.
        use_sim_time: time comes from /clock (which the simulator publishes).
        params_file: a ROS parameters file with overrides, or None.
        real_time_factor: simulated seconds per second.
        follow_clock: the simulator follows the /clock of another one, for a second drone.
        seed: of every random number in the graph.
        shared_tf: transforms go to /tf and /tf_static also in a namespace, which the names of its
            frames begin with, so that one view can show several drones.
        map_file: the live map is saved to it regularly, and restored from it when the map node is
            started again or the file is there already; empty for none.
    """

    world: str = "office"
    controller: str = "imppi"
    vehicle: str = "sim"
    namespace: str = ""
    use_sim_time: bool = True
    params_file: str | None = None
    real_time_factor: float = 1.0
    follow_clock: bool = False
    seed: int = 0
    shared_tf: bool = False
    map_file: str = ""


@dataclasses.dataclass(frozen=True)
class NodeSpec:
    """One node: an executable of this package under a name.

    Attributes:
        executable: name of the executable and of its module in ``live_mvp_ros.nodes``.
        name: node name.
        namespace: without a leading slash.
        parameters: values that differ from the node's own defaults.
        remappings: topic names (from, to).
        niceness: added to the process priority; the control loop comes first on a small machine.
        respawn: when it is started again.
    """

    executable: str
    name: str
    namespace: str
    parameters: Mapping[str, Value]
    remappings: tuple[tuple[str, str], ...] = ()
    niceness: int = 0
    respawn: RestartPolicy = DEFAULT_POLICY

    @property
    def full_name(self) -> str:
        """Return the fully qualified node name, such as ``/drone1/live_map``."""
        return "/" + "/".join(part for part in (self.namespace, self.name) if part)

    def arguments(self, params_file: str | None) -> list[str]:
        """Return the command line after the executable; a parameters file has the last word."""
        words = ["--ros-args", "-r", f"__node:={self.name}", "-r", f"__ns:=/{self.namespace}"]
        for source, target in self.remappings:
            words += ["-r", f"{source}:={target}"]
        for name, value in self.parameters.items():
            words += ["-p", f"{name}:={json.dumps(value)}"]  # JSON is YAML, quotes included
        if params_file:
            words += ["--params-file", params_file]
        return words

    def command(self, params_file: str | None) -> tuple[str, ...]:
        """Return the whole command line that runs the node with this Python."""
        module = f"{PACKAGE}.nodes.{self.executable}"
        return (sys.executable, "-m", module, *self.arguments(params_file))


@dataclasses.dataclass(frozen=True)
class Graph:
    """Everything that runs, and the files that it uses."""

    options: GraphOptions
    facts: MissionFacts
    nodes: tuple[NodeSpec, ...]
    params_file: str | None
    recorded_topics: tuple[str, ...]


def describe(options: GraphOptions) -> Graph:
    """Return the graph for some options.

    Raises:
        UsageError: an option is not allowed, or a file is missing or malformed.
    """
    _check_choice("controller", options.controller, CONTROLLERS)
    _check_choice("vehicle", options.vehicle, VEHICLES)
    namespace = options.namespace.strip("/")
    if namespace and not _NAMESPACE.fullmatch(namespace):
        raise UsageError(
            f"namespace = {options.namespace!r} is not allowed: it must consist of letters, "
            "digits and underscores, begin with a letter, and may be nested with /"
        )
    _check_time(options)
    facts = mission_facts(options.world)
    nodes = _nodes(options, facts, namespace)
    params_file = check_params_file(options.params_file, nodes) if options.params_file else None
    renamed = {
        full_name(source, namespace): target
        for source, target in (SHARED_TF if options.shared_tf else ())
    }
    topics = tuple(renamed.get(topic, topic) for topic in recorded(namespace))
    return Graph(options, facts, nodes, params_file, topics)


def recorder(graph: Graph, folder: Path) -> NodeSpec:
    """Return the node that records every topic of a graph to a bag in ``folder``."""
    return NodeSpec(
        "recorder",
        "recorder",
        graph.nodes[0].namespace,
        {"output": str(folder)},
        graph.nodes[0].remappings,
        niceness=5,
        respawn=ONLOOKER_POLICY,
    )


def viewer(graph: Graph, sink: str, file: Path) -> NodeSpec:
    """Return the node that shows a graph in Rerun; ``file`` is written when the sink is file."""
    parameters: dict[str, Value] = {"sink": sink, "file": str(file)}
    namespace = graph.nodes[0].namespace
    return NodeSpec(
        "viewer",
        "viewer",
        namespace,
        parameters,
        graph.nodes[0].remappings,
        niceness=10,
        respawn=ONLOOKER_POLICY,
    )


def _nodes(options: GraphOptions, facts: MissionFacts, namespace: str) -> tuple[NodeSpec, ...]:
    def node(executable: str, niceness: int, parameters: Mapping[str, Value]) -> NodeSpec:
        common: dict[str, Value] = {"use_sim_time": options.use_sim_time}
        if namespace:
            common["frame_prefix"] = f"{namespace}/"
        remappings = SHARED_TF if options.shared_tf else ()
        return NodeSpec(
            executable, executable, namespace, {**common, **parameters}, remappings, niceness
        )

    seed: dict[str, Value] = {"seed": options.seed}
    bounds: dict[str, Value] = {"lower_m": facts.lower_m, "upper_m": facts.upper_m}
    goal: dict[str, Value] = {"goal_m": facts.goal_m}
    # A mission is flown at the altitude of its start.
    body: dict[str, Value] = {"body.altitude_m": facts.start_m[2]}
    nodes: list[NodeSpec] = []
    if options.vehicle == "sim":
        start: dict[str, Value] = {
            "start_position_m": facts.start_m,
            "start_yaw_rad": facts.start_yaw_rad,
            "real_time_factor": options.real_time_factor,
            "follow_clock": options.follow_clock,
        }
        nodes.append(node("quadrotor_sim", 0, start))
        nodes.append(node("gt_depth", 3, {"world": resolve_world(options.world), **seed}))
    memory: dict[str, Value] = {"autosave_path": options.map_file} if options.map_file else {}
    nodes.append(node("live_map", 10, {**body, **bounds, **seed, **memory}))
    nodes.append(node("info_field", 5, {**body, **goal}))
    if options.controller == "imppi":
        nodes.append(node("imppi_controller", 0, {**body, **bounds, **goal, **seed}))
    return tuple(nodes)


def check_params_file(path: str, nodes: tuple[NodeSpec, ...]) -> str:
    """Return the absolute path of a ROS parameters file that is well formed and names our nodes.

    The nodes check names and values of the parameters themselves.

    Raises:
        UsageError: it is missing, malformed, or names a node that the graph does not have.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise UsageError(f"the parameters file {path} does not exist")
    names = [*(node.name for node in nodes), *OPTIONAL_NODES]
    for key, value in read_mapping(file).items():
        _check_entry(path, str(key), value, names)
    return str(file.resolve())


def _check_entry(path: str, key: str, value: Any, names: list[str]) -> None:
    if not isinstance(value, dict):
        raise UsageError(f"{path}: {key} must hold ros__parameters, but holds {value!r}")
    last = key.rstrip("/").rsplit("/", 1)[-1]
    if "ros__parameters" not in value:
        nested = [item for item in value.values() if isinstance(item, dict)]
        if not nested or len(nested) != len(value):
            raise UsageError(f"{path}: {key} has no ros__parameters")
        for inner, item in value.items():  # a namespace that holds nodes
            _check_entry(path, f"{key}/{inner}", item, names)
    elif last not in ("*", "**") and last not in names:
        raise UsageError(
            f"{path}: there is no node {key} in the graph: choose from {', '.join(names)}"
        )
    elif not isinstance(value["ros__parameters"], dict):
        raise UsageError(f"{path}: ros__parameters of {key} must hold names and values")


def _check_time(options: GraphOptions) -> None:
    if not options.follow_clock:
        return
    if options.vehicle != "sim":
        raise UsageError(
            f"follow_clock is not allowed with vehicle = {options.vehicle!r}: it must be 'sim', "
            "since only a simulator lives in the time of another one"
        )
    if options.real_time_factor != 1.0:
        raise UsageError(
            f"real_time_factor = {options.real_time_factor:g} is not allowed with follow_clock: "
            "the other simulator sets the pace"
        )


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(
            f"{name} = {value!r} is not allowed: it must be one of {', '.join(allowed)}"
        )
