# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Start the exploration graph: ``ros2 launch live_mvp_ros explorer.launch.py world:=office``.

Everything about the graph comes from ``live_mvp_ros.bringup.graph``; this file only turns it into
launch actions. A node that dies is started again; one that was configured wrongly (exit status 2)
at its start ends the launch, since no restart can mend it.
"""

import itertools
import os
import shutil
import time
from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.launch_description_entity import LaunchDescriptionEntity
from launch_ros.actions import Node

from live_mvp_ros.base.jax_setup import has_programs
from live_mvp_ros.bringup import cores
from live_mvp_ros.bringup.card_sharing import undecided
from live_mvp_ros.bringup.errors import USED_WRONGLY, UsageError
from live_mvp_ros.bringup.facts import world_files
from live_mvp_ros.bringup.graph import (
    CAMERAS,
    CONTROLLERS,
    MAP_TO_ODOM,
    PACKAGE,
    VEHICLES,
    Graph,
    GraphOptions,
    NodeSpec,
    describe,
)
from live_mvp_ros.bringup.launch_words import number, switch
from live_mvp_ros.bringup.network import check_network
from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS

DEFAULTS = GraphOptions()
WORKING_AFTER_S = 60.0  # a node that was configured wrongly has said so by then
LOOK_S = 0.3  # at the load of the machine
SWITCH = ["true", "false"]
ARGUMENTS = [
    DeclareLaunchArgument(
        "world",
        default_value=DEFAULTS.world,
        description=f"World to fly in: {', '.join(world_files())}, or the path of a world file.",
    ),
    DeclareLaunchArgument(
        "controller",
        default_value=DEFAULTS.controller,
        choices=CONTROLLERS,
        description="Who steers: a mission; policy: what was trained; teleop: the keys of this "
        "terminal; none: something else publishes cmd/body_rates.",
    ),
    DeclareLaunchArgument(
        "checkpoint",
        default_value=DEFAULTS.checkpoint,
        description="File that controller:=policy flies: policy.npz of a training.",
    ),
    DeclareLaunchArgument(
        "vehicle",
        default_value=DEFAULTS.vehicle,
        choices=VEHICLES,
        description="What flies: a simulated vehicle, one behind an autopilot, or none: something "
        "else publishes odom.",
    ),
    DeclareLaunchArgument(
        "autopilot",
        default_value=DEFAULTS.autopilot,
        choices=list(AUTOPILOTS),
        description="What flies the vehicle with vehicle:=mavlink.",
    ),
    DeclareLaunchArgument(
        "url",
        default_value=DEFAULTS.url,
        description="Where it is: udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or "
        "serial:DEVICE:BAUD; empty: where its simulator is found.",
    ),
    DeclareLaunchArgument(
        "system_id",
        default_value=str(DEFAULTS.system_id),
        description="Its MAVLink system.",
    ),
    DeclareLaunchArgument(
        "camera",
        default_value="auto",
        choices=["auto", *CAMERAS],
        description="What looks: sim, at the world from ground_truth/odom; none: something else "
        "publishes depth/points or depth/image; auto: sim unless vehicle is none.",
    ),
    DeclareLaunchArgument(
        "map_to_odom",
        default_value=DEFAULTS.map_to_odom,
        choices=MAP_TO_ODOM,
        description="Who says where odom lies in map: identity, nobody, or live_map where that "
        "drifts; external: somebody else on tf, such as a SLAM.",
    ),
    DeclareLaunchArgument(
        "namespace",
        default_value=DEFAULTS.namespace,
        description="Namespace of every node and topic, for a second drone.",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="auto",
        choices=["auto", *SWITCH],
        description="Time comes from /clock; auto: with the simulator only.",
    ),
    DeclareLaunchArgument(
        "real_time_factor",
        default_value=str(DEFAULTS.real_time_factor),
        description="Simulated seconds per second.",
    ),
    DeclareLaunchArgument(
        "follow_clock",
        default_value="false",
        choices=SWITCH,
        description="Live in the time of another drone's simulator, which publishes /clock.",
    ),
    DeclareLaunchArgument(
        "seed", default_value=str(DEFAULTS.seed), description="Seed of every random number."
    ),
    DeclareLaunchArgument(
        "shared_tf",
        default_value="false",
        choices=SWITCH,
        description="Transforms go to /tf also in a namespace, for rviz/fleet.rviz.",
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value="",
        description="ROS parameters file with overrides; empty: none.",
    ),
    DeclareLaunchArgument(
        "map_file",
        default_value=DEFAULTS.map_file,
        description="File that the live map is saved to and restored from; empty: none.",
    ),
    DeclareLaunchArgument(
        "time_limit_s",
        default_value=str(DEFAULTS.time_limit_s),
        description="Longest flight in seconds; 0: no limit.",
    ),
    DeclareLaunchArgument(
        "drift_m_per_m",
        default_value=str(DEFAULTS.drift_m_per_m),
        description="Position error that odometry gains per metre flown: the simulated one does, "
        "and map, planner and report expect it; 0: none. Good VIO: 0.003 to 0.01.",
    ),
    DeclareLaunchArgument(
        "heading_drift_deg_per_m",
        default_value=str(DEFAULTS.heading_drift_deg_per_m),
        description="The same of the heading, in degrees, such as 0.05.",
    ),
    DeclareLaunchArgument(
        "cores",
        default_value=os.environ.get(cores.ENVIRONMENT, cores.AUTO),
        description="Keep control and computing on cores of their own: auto, on an idle machine; "
        "off; or numbers of cores such as 0,2-3.",
    ),
    DeclareLaunchArgument(
        "rviz", default_value="false", choices=SWITCH, description="Open RViz with our view."
    ),
    DeclareLaunchArgument(
        "record",
        default_value="true",
        choices=SWITCH,
        description="Record the topics of the graph with ros2 bag (MCAP) into ./bags.",
    ),
]


def generate_launch_description() -> LaunchDescription:
    """Return the declared arguments and the function that builds the graph from them."""
    entities: list[LaunchDescriptionEntity] = [*ARGUMENTS]
    if "ROS_AUTOMATIC_DISCOVERY_RANGE" not in os.environ:
        entities.append(SetEnvironmentVariable("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST"))
    return LaunchDescription([*entities, OpaqueFunction(function=start_graph)])


def start_graph(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the actions of the graph that the launch arguments ask for."""
    chosen = context.launch_configurations
    graph = describe(
        GraphOptions(
            world=chosen["world"],
            controller=chosen["controller"],
            checkpoint=chosen["checkpoint"],
            vehicle=chosen["vehicle"],
            autopilot=chosen["autopilot"],
            url=chosen["url"],
            system_id=number("system_id", chosen["system_id"], int),
            camera=None if chosen["camera"] == "auto" else chosen["camera"],
            map_to_odom=chosen["map_to_odom"],
            namespace=chosen["namespace"],
            use_sim_time=switch("use_sim_time", chosen["use_sim_time"]),
            params_file=chosen["params_file"] or None,
            real_time_factor=number("real_time_factor", chosen["real_time_factor"], float),
            follow_clock=chosen["follow_clock"] == "true",
            seed=number("seed", chosen["seed"], int),
            shared_tf=chosen["shared_tf"] == "true",
            map_file=chosen["map_file"],
            time_limit_s=number("time_limit_s", chosen["time_limit_s"], float),
            drift_m_per_m=number("drift_m_per_m", chosen["drift_m_per_m"], float),
            heading_drift_deg_per_m=number(
                "heading_drift_deg_per_m", chosen["heading_drift_deg_per_m"], float
            ),
        ),
        onlookers=(),  # ros2 bag records, and RViz shows
    )
    check_network()
    division = divided(chosen["cores"])
    actions: list[LaunchDescriptionEntity] = [LogInfo(msg=f"processor: {division.in_words()}")]
    for spec in graph.nodes:
        node = node_action(spec, division)
        actions += [end_when_refused(node, spec.name), node]
    if chosen["rviz"] == "true":
        actions.append(rviz_action(graph))
    if chosen["record"] == "true":
        actions.append(record_action(graph))
    return actions


def divided(choice: str) -> cores.Division:
    """Return which cores the nodes keep to; where taskset is missing, none in particular.

    Launch cannot move a process later. So a start that has to compile first, for minutes, is not
    divided unless the user says which cores.

    Raises:
        UsageError: it is no choice, or a core may not be used here.
    """
    cores.check_choice(choice)
    if choice != cores.OFF and shutil.which("taskset") is None:
        return cores.Division({}, "taskset is not installed")
    if choice == cores.AUTO and not has_programs():
        return cores.Division({}, "the first start here compiles, on all cores")
    before = cores.core_times()
    if choice == cores.AUTO:
        time.sleep(LOOK_S)
    return cores.divide(choice, before, cores.core_times())


def prefix(spec: NodeSpec, division: cores.Division) -> str | None:
    """Return the commands that lower the priority of a node and keep it to its cores."""
    kept = ",".join(map(str, sorted(division.of(spec.group))))
    words = [f"taskset -c {kept}"] if kept else []
    words += [f"nice -n {spec.niceness}"] if spec.niceness else []
    return " ".join(words) or None


def node_action(spec: NodeSpec, division: cores.Division = cores.NOT_DIVIDED) -> Node:
    """Return the launch action of one node."""
    parameters = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in spec.parameters.items()
    }
    return Node(
        package=PACKAGE,
        executable=spec.executable,
        name=spec.name,
        exec_name=spec.name,
        namespace=spec.namespace,
        parameters=[parameters],
        remappings=list(spec.remappings),
        prefix=prefix(spec, division),
        additional_env=undecided(spec.environment, os.environ),
        respawn=True,
        respawn_delay=spec.respawn.first_delay_s,
        output="screen",
    )


def end_when_refused(node: Node, name: str) -> RegisterEventHandler:
    """End the launch when a node says that it was configured wrongly.

    Only its first life can say that, and only at its beginning: a node that has worked was
    configured rightly, and whatever kills it later is no reason to end a flight.
    """
    begin, exits = time.monotonic(), itertools.count()

    def on_exit(
        event: ProcessExited, context: LaunchContext
    ) -> list[LaunchDescriptionEntity] | None:
        is_first = next(exits) == 0 and time.monotonic() - begin < WORKING_AFTER_S
        if event.returncode != USED_WRONGLY or not is_first:
            return None
        reason = f"{name} was configured wrongly; its last line says how"
        return [EmitEvent(event=Shutdown(reason=reason))]

    return RegisterEventHandler(OnProcessExit(target_action=node, on_exit=on_exit))


def rviz_action(graph: Graph) -> Node:
    """Return RViz with our view, in the namespace of the graph."""
    view = Path(get_package_share_directory(PACKAGE)) / "rviz" / "explorer.rviz"
    return Node(
        package="rviz2",
        executable="rviz2",
        namespace=graph.nodes[0].namespace,
        arguments=["-d", str(view)],
        parameters=[{"use_sim_time": graph.options.sim_time}],
        remappings=(
            [] if graph.options.shared_tf else [("/tf", "tf"), ("/tf_static", "tf_static")]
        ),
        output="log",
    )


def record_action(graph: Graph) -> ExecuteProcess:
    """Return the recorder; its bag is named by the time of day.

    Raises:
        UsageError: there is no place for it.
    """
    bags = Path("bags")
    try:
        bags.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot create {bags.absolute()}: {error.strerror}; start in another folder, or with "
            "record:=false"
        ) from error
    command = ["ros2", "bag", "record", "--storage", "mcap"]
    command += ["--storage-preset-profile", "zstd_fast", *graph.recorded_topics]
    return ExecuteProcess(cmd=command, cwd=str(bags), output="screen")
