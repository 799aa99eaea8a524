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
import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from live_mvp_ros.bringup.card_sharing import card_environment
from live_mvp_ros.bringup.cores import NOT_DIVIDED, STEERING, WORKING, Division
from live_mvp_ros.bringup.drifting import DRIFTING_MARGIN_M, aligning, expecting_drift
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.facts import MissionFacts, mission_facts, resolve_world
from live_mvp_ros.bringup.option_checks import (
    check_autopilot,
    check_choice,
    check_numbers,
    check_policy,
    check_time,
)
from live_mvp_ros.bringup.overrides import overrides
from live_mvp_ros.bringup.own_terminal import terminal_name
from live_mvp_ros.bringup.params_file import read_text
from live_mvp_ros.bringup.ros_settings import checked_namespace
from live_mvp_ros.bringup.start_check import check_start
from live_mvp_ros.bringup.supervisor import DEFAULT_POLICY, Command, RestartPolicy
from live_mvp_ros.ros.topics import SHARED_TF, full_name, recorded
from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS

Value = bool | int | float | str | tuple[float, ...]

PACKAGE = "live_mvp_ros"
CONTROLLERS = ("imppi", "policy", "teleop", "none")
MISSIONED = ("imppi", "policy")
"""Controllers that fly a mission, and say how far it is."""
VEHICLES = ("sim", "mavlink", "none")
SAY_THE_TRUTH = ("sim", "mavlink")
"""Vehicles that publish ground_truth/odom, from which depth can be synthesised."""
CAMERAS, MAP_TO_ODOM = ("sim", "none"), ("identity", "external")
VIEWS = ("window", "web", "file")
ONLOOKER_POLICY = RestartPolicy(
    first_delay_s=0.5, longest_delay_s=8.0, healthy_after_s=60.0, quick_deaths=6
)  # not worth a flight, and not worth a core that starts them again and again
RECORDER_PATIENCE_S = 120.0
IN_RUN_FOLDER = Path()
"""Instead of a bag's folder: a new one in the folder of the run."""
PLANNING_S = 0.015
"""``control.ControllerConfig.latency_s``, without importing JAX to describe a graph."""
POLICY_S = 0.005
"""``latency_s`` of policy_controller, the same."""
BY_FIELDS: Mapping[str, Value] = {"fields_rate_hz": 5.0}
"""Told to the map where a policy flies by its fields."""
PATIENT: Mapping[str, Value] = {"progress.patience_s": 600.0}
"""Told to a planner that nobody follows, ``planning.progress.LONGEST_PATIENCE_S``: it only judges
what is left, and gives no target up."""
TRUE_POSE = (("odom", "ground_truth/odom"),)
"""Of the node that looks at the true world, whatever the vehicle takes its own pose for."""
STEERED = ("quadrotor_sim", "mavlink_driver", "imppi_controller", "policy_controller", "teleop")
"""Nodes that must answer within a control period."""
OPTIONAL_NODES = ("recorder", "viewer")


@dataclasses.dataclass(frozen=True)
class GraphOptions:
    """What a user chooses.

    Attributes:
        world: name of a world or path of its file; gives the mission facts.
        controller: ``imppi``, ``policy`` for a trained one, ``teleop`` for the keys of the
            terminal in which all is started, ``none`` where others publish cmd/body_rates.
        checkpoint: the file of the policy; empty for other controllers.
        vehicle: ``sim``, ``mavlink`` for one behind an autopilot, or ``none`` where something else
            publishes odom.
        autopilot: what flies the vehicle with ``mavlink``.
        url: where it is; empty for where the autopilot's simulator is found.
        system_id: its MAVLink system.
        camera: ``sim``, at ground_truth/odom, or ``none`` where something else publishes
            depth/points or depth/image; None for ``sim`` unless vehicle is ``none``.
        namespace: of every node, without a leading slash; empty for none.
        use_sim_time: time comes from /clock (which the simulator publishes); None for yes with
            the simulator and no without.
        params_file: a ROS parameters file with overrides, or None.
        real_time_factor: simulated seconds per second.
        follow_clock: the simulator follows the /clock of another one, for a second drone.
        seed: of every random number in the graph.
        shared_tf: transforms go to /tf and /tf_static also in a namespace, which the names of its
            frames begin with, so that one view can show several drones.
        map_file: the live map is saved to it regularly, and restored from it when the map node is
            started again or the file is there already; empty for none.
        time_limit_s: longest flight; 0 for no limit. The mission ends itself, so that everybody
            gives the same reason.
        drift_m_per_m: horizontal position error that the odometry is expected to gain per metre
            flown. That of the simulated vehicle does; a real one has what it has.
        heading_drift_deg_per_m: the same of the heading.
        map_to_odom: ``external`` where a SLAM, say, publishes it on tf, else ``identity``.
    """

    world: str = "office"
    controller: str = "imppi"
    checkpoint: str = ""
    vehicle: str = "sim"
    autopilot: str = "px4"
    url: str = ""
    system_id: int = 1
    camera: str | None = None
    namespace: str = ""
    use_sim_time: bool | None = None
    params_file: str | None = None
    real_time_factor: float = 1.0
    follow_clock: bool = False
    seed: int = 0
    shared_tf: bool = False
    map_file: str = ""
    time_limit_s: float = 0.0
    drift_m_per_m: float = 0.0
    heading_drift_deg_per_m: float = 0.0
    map_to_odom: str = "identity"

    @property
    def looks_at_world(self) -> bool:
        """Whether depth is synthesised."""
        return self.camera == "sim" or (self.camera is None and self.vehicle in SAY_THE_TRUTH)

    @property
    def has_mission(self) -> bool:
        """Whether the controller flies a mission."""
        return self.controller in MISSIONED

    @property
    def sim_time(self) -> bool:
        """Whether the time of the nodes comes from /clock."""
        return self.vehicle == "sim" if self.use_sim_time is None else self.use_sim_time

    @property
    def drifts(self) -> bool:
        """Whether the odometry is expected to drift."""
        return self.drift_m_per_m > 0.0 or self.heading_drift_deg_per_m > 0.0


@dataclasses.dataclass(frozen=True)
class NodeSpec:
    """One node: an executable of this package under a name.

    Attributes:
        executable: name of the executable and of its folder in ``live_mvp_ros.nodes``.
        name: node name.
        namespace: without a leading slash.
        parameters: values that differ from the node's own defaults.
        remappings: topic names (from, to).
        niceness: added to the process priority; the control loop comes first on a small machine.
        respawn: when it is started again.
        group: of processes that share cores, see ``bringup.cores``.
        onlooker: nothing that flies needs it.
        patience_s: time that it may take to complete its files at the end.
        environment: variables that it gets unless the user decides them, see ``card_sharing``.
    """

    executable: str
    name: str
    namespace: str
    parameters: Mapping[str, Value]
    remappings: tuple[tuple[str, str], ...] = ()
    niceness: int = 0
    respawn: RestartPolicy = DEFAULT_POLICY
    group: str = WORKING
    onlooker: bool = False
    patience_s: float = 0.0
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """Return the fully qualified node name, such as ``/drone1/live_map``."""
        return "/" + "/".join(part for part in (self.namespace, self.name) if part)

    @property
    def arguments(self) -> list[str]:
        """Return the command line after the executable."""
        words = ["--ros-args", "-r", f"__node:={self.name}", "-r", f"__ns:=/{self.namespace}"]
        for source, target in self.remappings:
            words += ["-r", f"{source}:={target}"]
        for name, value in self.parameters.items():
            words += ["-p", f"{name}:={json.dumps(value)}"]  # JSON is YAML, quotes included
        return words

    @property
    def command(self) -> tuple[str, ...]:
        """Return the whole command line that runs the node with this Python."""
        return (sys.executable, "-m", f"{PACKAGE}.nodes", self.executable, *self.arguments)

    def told(self, values: Mapping[str, Value]) -> NodeSpec:
        """Return the node with some parameters more, or others."""
        return dataclasses.replace(self, parameters={**self.parameters, **values})

    def supervised(self, division: Division = NOT_DIVIDED, mark: str | None = None) -> Command:
        """Return what a supervisor needs to know of the node.

        ``mark`` is the enclave that says which graph the node belongs to, see ``bringup.twins``.
        """
        enclave = ("--enclave", mark) if mark else ()
        return Command(
            self.name,
            (*self.command, *enclave),
            self.niceness,
            self.respawn,
            self.onlooker,
            self.patience_s,
            division.once_idle(self.group),
            self.environment,
        )


@dataclasses.dataclass(frozen=True)
class Graph:
    """Everything that runs, and the files that it uses.

    Attributes:
        options: what the user chose.
        facts: of the mission.
        nodes: with everything that they are told, that of the parameters file included.
        params_file: its absolute path, for the report; no node reads it.
        params_text: what it held when the nodes were told; it may change while they fly.
        recorded_topics: fully qualified names.
        onlookers: what the parameters file says to the nodes that only look on, by name.
    """

    options: GraphOptions
    facts: MissionFacts
    nodes: tuple[NodeSpec, ...]
    params_file: str | None
    recorded_topics: tuple[str, ...]
    onlookers: Mapping[str, Mapping[str, Value]] = dataclasses.field(default_factory=dict)
    params_text: str | None = None


def describe(options: GraphOptions, onlookers: Sequence[str] = OPTIONAL_NODES) -> Graph:
    """Return the graph for some options.

    Args:
        options: what the user chose.
        onlookers: nodes that a parameters file may name besides those of the graph.

    Raises:
        UsageError: an option is not allowed; a file is missing, malformed or says what no node
            can be told.
    """
    check_choice("controller", options.controller, CONTROLLERS)
    check_choice("vehicle", options.vehicle, VEHICLES)
    check_choice("map_to_odom", options.map_to_odom, MAP_TO_ODOM)
    check_choice("camera", options.camera or CAMERAS[0], CAMERAS)
    check_autopilot(options)
    namespace = checked_namespace(options.namespace)
    check_time(options)
    check_numbers(options)
    check_policy(options)
    facts, options = mission_facts(options.world), expecting_drift(options)
    nodes = _nodes(options, facts, namespace)
    params_file, params_text, watching = None, None, {}
    if options.params_file:
        params_file = str(Path(os.path.expanduser(options.params_file)).resolve())
        others = [_onlooker(name, nodes[0], {}) for name in onlookers]
        params_text = read_text(options.params_file)
        given = overrides(options.params_file, params_text, [*nodes, *others], namespace)
        nodes = tuple(node.told(given.get(node.full_name, {})) for node in nodes)
        nodes = aligning(_with_one_goal(options.params_file, given, nodes))
        watching = {node.name: given.get(node.full_name, {}) for node in others}
    check_start(options, facts, nodes)
    shared = SHARED_TF if options.shared_tf else ()
    renamed = {full_name(source, namespace): target for source, target in shared}
    topics = tuple(renamed.get(topic, topic) for topic in recorded(namespace))
    return Graph(options, facts, nodes, params_file, topics, watching, params_text)


def with_map_file(graph: Graph, path: str) -> Graph:
    """Return the graph with the live map saved to a file, unless one was named already."""
    options = dataclasses.replace(graph.options, map_file=path)
    nodes = [
        node.told({"autosave_path": path, **node.parameters}) if node.name == "live_map" else node
        for node in graph.nodes
    ]
    return dataclasses.replace(graph, options=options, nodes=tuple(nodes))


def recorder(graph: Graph, folder: Path) -> NodeSpec:
    """Return the node that records every topic of a graph to a bag in ``folder``."""
    node = _onlooker("recorder", graph.nodes[0], {"output": str(folder)}, niceness=5)
    node = node.told(graph.onlookers.get(node.name, {}))
    return dataclasses.replace(node, patience_s=RECORDER_PATIENCE_S)


def viewer(graph: Graph, sink: str, file: Path, to_others: bool = False) -> NodeSpec:
    """Return the node that shows a graph in Rerun; ``file`` is written when the sink is file.

    ``to_others``: other machines may see the web page.
    """
    parameters: dict[str, Value] = {"sink": sink, "file": str(file), "to_others": to_others}
    told = graph.onlookers.get("viewer", {})
    return _onlooker("viewer", graph.nodes[0], {**parameters, **told}, niceness=10)


def _onlooker(
    name: str, beside: NodeSpec, parameters: Mapping[str, Value], niceness: int = 0
) -> NodeSpec:
    """Return a node that looks on beside those of a graph."""
    return NodeSpec(
        name,
        name,
        beside.namespace,
        parameters,
        beside.remappings,
        niceness=niceness,
        respawn=ONLOOKER_POLICY,
        onlooker=True,
    )


def _nodes(options: GraphOptions, facts: MissionFacts, namespace: str) -> tuple[NodeSpec, ...]:
    def node(
        executable: str,
        niceness: int,
        parameters: Mapping[str, Value],
        remappings: tuple[tuple[str, str], ...] = (),
    ) -> NodeSpec:
        common: dict[str, Value] = {"use_sim_time": options.sim_time}
        if namespace:
            common["frame_prefix"] = f"{namespace}/"
        return NodeSpec(
            executable,
            executable,
            namespace,
            {**common, **parameters},
            (SHARED_TF if options.shared_tf else ()) + remappings,
            niceness,
            group=STEERING if executable in STEERED else WORKING,
        )

    seed: dict[str, Value] = {"seed": options.seed}
    bounds: dict[str, Value] = {"lower_m": facts.lower_m, "upper_m": facts.upper_m}
    goal: dict[str, Value] = {"goal_m": facts.goal_m}
    # A mission is flown at the altitude of its start.
    body: dict[str, Value] = {"body.altitude_m": facts.start_m[2]}
    body |= {"body.margin_m": DRIFTING_MARGIN_M} if options.drifts else {}
    drift = _drift(options)
    external: dict[str, Value] = {"frames.map_to_odom": "external"}
    expected, doubt = (external, {}) if options.map_to_odom == "external" else (drift, drift)
    nodes: list[NodeSpec] = []
    if options.vehicle == "sim":
        start: dict[str, Value] = {
            "start_position_m": facts.start_m,
            "start_yaw_rad": facts.start_yaw_rad,
            "real_time_factor": options.real_time_factor,
            "follow_clock": options.follow_clock,
            **seed,
            **drift,
            **(external if options.drifts or expected is external else {}),
            "ground_m": facts.lower_m[2],
        }
        nodes.append(node("quadrotor_sim", 0, start))
    elif options.vehicle == "mavlink":
        link: dict[str, Value] = {
            "autopilot": options.autopilot,
            **({"url": options.url} if options.url else {}),
            "system_id": options.system_id,
            "origin_m": (*facts.start_m[:2], facts.lower_m[2]),
            **(external if options.drifts or expected is external else {}),
            **body,
        }
        nodes.append(node("mavlink_driver", 0, link))
    if options.looks_at_world:
        looks_at: dict[str, Value] = {"world": resolve_world(options.world), **seed}
        nodes.append(node("gt_depth", 3, looks_at, TRUE_POSE))
    memory: dict[str, Value] = {"autosave_path": options.map_file} if options.map_file else {}
    sent, judging = (BY_FIELDS, PATIENT) if options.controller == "policy" else ({}, {})
    nodes.append(node("live_map", 5, {**body, **bounds, **seed, **expected, **memory, **sent}))
    nodes.append(node("info_field", 5, {**body, **goal, **doubt, **judging}))
    limit = {"mission.time_limit_s": options.time_limit_s} if options.time_limit_s else {}
    if options.controller == "policy":
        file = str(Path(os.path.expanduser(options.checkpoint)).resolve())
        policy: dict[str, Value] = {**body, **bounds, **limit, "checkpoint": file}
        if options.vehicle == "mavlink":
            policy |= _behind_autopilot(options.autopilot, computing_s=POLICY_S)
        nodes.append(node("policy_controller", 0, policy))
    elif options.controller == "imppi":
        flown: dict[str, Value] = {**body, **bounds, **goal, **seed, **limit}
        if options.vehicle == "mavlink":
            flown |= _behind_autopilot(options.autopilot)
        nodes.append(node("imppi_controller", 0, flown))
    elif options.controller == "teleop":
        terminal: dict[str, Value] = {"terminal": terminal_name()}
        nodes.append(node("teleop", 0, {**body, **bounds, **terminal}))
    card = card_environment(len(nodes))
    return tuple(dataclasses.replace(each, environment=card) for each in nodes)


def _behind_autopilot(name: str, computing_s: float = PLANNING_S) -> dict[str, Value]:
    """Return what a controller is told whose vehicle takes off first, and has an autopilot.

    ``computing_s`` is what it takes itself until it commands.
    """
    handling = AUTOPILOTS[name].handling
    return {
        "autostart": False,
        "latency_s": computing_s + handling.delay_s,
        "vehicle.rate_time_constant_s": handling.rate_time_constant_s,
        "vehicle.yaw_time_constant_s": handling.yaw_time_constant_s,
    }


def _with_one_goal(
    path: str, given: Mapping[str, Mapping[str, Value]], nodes: tuple[NodeSpec, ...]
) -> tuple[NodeSpec, ...]:
    """Return the nodes with the goal of the controller, where there is one: it belongs to that.

    Raises:
        UsageError: a parameters file gives the planner another one, which would mean nothing.
    """
    owners = [node for node in nodes if node.name == "imppi_controller"]
    if not owners:
        return nodes
    goal = owners[0].parameters["goal_m"]
    for node in nodes:
        wanted = given.get(node.full_name, {}).get("goal_m", goal)
        if wanted != goal:
            raise UsageError(
                f"{path}: goal_m of {node.name} has no effect beside {owners[0].name}, to which "
                f"the goal belongs: give it to {owners[0].name}"
            )
    return tuple(
        node.told({"goal_m": goal}) if "goal_m" in node.parameters else node for node in nodes
    )


def _drift(options: GraphOptions) -> dict[str, Value]:
    """Return how the odometry drifts, for who simulates it and for who must live with it."""
    given = {
        "odometry.drift_m_per_m": options.drift_m_per_m,
        "odometry.heading_drift_rad_per_m": math.radians(options.heading_drift_deg_per_m),
    }
    return {name: value for name, value in given.items() if value}
