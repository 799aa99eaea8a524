# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Play a bag: ``ros2 launch live_mvp_ros replay.launch.py bag:=runs/<time>/bag``.

``rebuild:=true`` plays odometry and depth only, and runs the map and the information field on them
again, with the parameters of ``params_file``. The launch ends with the bag.
"""

import os
from pathlib import Path

from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    OpaqueFunction,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.launch_description_entity import LaunchDescriptionEntity
from launch_ros.actions import Node

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.graph import PACKAGE, GraphOptions, describe
from live_mvp_ros.bringup.launch_words import between
from live_mvp_ros.ros.topics import REBUILT_FROM, full_name

SWITCH = ["true", "false"]
ARGUMENTS = [
    DeclareLaunchArgument("bag", description="Folder of the bag, or one of its files."),
    DeclareLaunchArgument(
        "rate", default_value="1.0", description="Seconds of the bag per second of wall time."
    ),
    DeclareLaunchArgument(
        "start",
        default_value="0.0",
        description="Where to begin [s] after the first message, or take-off: of the first drone.",
    ),
    DeclareLaunchArgument(
        "loop", default_value="false", choices=SWITCH, description="Begin again at the end."
    ),
    DeclareLaunchArgument(
        "paused",
        default_value="false",
        choices=SWITCH,
        description="Wait for the services replay/step or replay/pause.",
    ),
    DeclareLaunchArgument(
        "topics", default_value="all", description="Topics to play, separated by spaces; or all."
    ),
    DeclareLaunchArgument(
        "wait_for",
        default_value="any",
        description="Topics that all need a listener first, separated by spaces; or any.",
    ),
    DeclareLaunchArgument(
        "remap",
        default_value="",
        description="Topics to rename, such as /odom:=/old/odom, separated by spaces.",
    ),
    DeclareLaunchArgument(
        "rebuild",
        default_value="false",
        choices=SWITCH,
        description="Play odometry and depth only, and run map and field on them again.",
    ),
    DeclareLaunchArgument(
        "world",
        default_value=GraphOptions().world,
        description="World whose bounds, altitude and goal rebuild uses.",
    ),
    DeclareLaunchArgument(
        "namespace", default_value="", description="Namespace of the drone in the bag."
    ),
    DeclareLaunchArgument(
        "params_file", default_value="", description="ROS parameters file for rebuild."
    ),
]


def generate_launch_description() -> LaunchDescription:
    """Return the declared arguments and the function that builds the actions from them."""
    entities: list[LaunchDescriptionEntity] = [*ARGUMENTS]
    if "ROS_AUTOMATIC_DISCOVERY_RANGE" not in os.environ:
        entities.append(SetEnvironmentVariable("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST"))
    return LaunchDescription([*entities, OpaqueFunction(function=start_replay)])


def start_replay(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the player and, where that is wanted, the nodes that compute again."""
    chosen = context.launch_configurations
    namespace, rebuild = chosen["namespace"].strip("/"), chosen["rebuild"] == "true"
    topics, wait_for = chosen["topics"].split(), chosen["wait_for"].split()
    if chosen["params_file"] and not rebuild:
        raise UsageError(
            f"params_file = {chosen['params_file']!r} is not allowed without rebuild:=true: a bag "
            "is played as it was recorded"
        )
    if rebuild:
        topics = [full_name(name, namespace) for name in REBUILT_FROM]
        wait_for = [full_name("depth/points", namespace)]  # the map node needs some seconds
    check_bag(chosen["bag"])
    player = Node(
        package=PACKAGE,
        executable="bag_player",
        name="bag_player",
        parameters=[
            {
                "bag": chosen["bag"],
                "rate": between("rate", chosen["rate"], 0.01, 100.0),
                "start_s": started_s(chosen["start"], chosen["bag"]),
                "loop": chosen["loop"] == "true",
                "paused": chosen["paused"] == "true",
                "topics": topics,
                "wait_for": wait_for,
            }
        ],
        remappings=[renamed(pair) for pair in chosen["remap"].split()],
        output="screen",
        on_exit=Shutdown(reason="the bag has ended"),
    )
    return [*(rebuilding_nodes(chosen, namespace) if rebuild else []), player]


def check_bag(bag: str) -> None:
    """Refuse a bag that is not there before anything starts.

    Raises:
        UsageError: there is nothing of that name.
    """
    if not bag:
        raise UsageError("bag = '' is not allowed: it must be the path of a bag")
    if not Path(bag).exists():
        raise UsageError(f"there is no bag at {bag}")


def started_s(start: str, bag: str) -> float:
    """Return where to begin [s]; a word stands for when the first drone in a bag takes off."""
    if start == "take-off":
        from live_mvp_ros.bags.reader import open_bag  # needs mcap
        from live_mvp_ros.bags.take_off import take_off_s

        return take_off_s(open_bag(Path(bag)))
    return between("start", start, 0.0, 1e9)


def renamed(pair: str) -> tuple[str, str]:
    """Return the two names of FROM:=TO.

    Raises:
        UsageError: it is something else.
    """
    names = pair.split(":=")
    if len(names) != 2 or not all(names):
        raise UsageError(
            f"remap = {pair!r} is not allowed: it must be FROM:=TO, such as /odom:=/old/odom"
        )
    return names[0], names[1]


def rebuilding_nodes(chosen: dict[str, str], namespace: str) -> list[LaunchDescriptionEntity]:
    """Return the map and the information field of the graph."""
    graph = describe(
        GraphOptions(
            world=chosen["world"],
            vehicle="none",
            controller="none",
            use_sim_time=True,  # the player publishes /clock
            namespace=namespace,
            params_file=chosen["params_file"] or None,
        ),
        onlookers=(),
    )
    return [
        Node(
            package=PACKAGE,
            executable=spec.executable,
            name=spec.name,
            namespace=spec.namespace,
            parameters=[
                {k: list(v) if isinstance(v, tuple) else v for k, v in spec.parameters.items()}
            ],
            output="screen",
        )
        for spec in graph.nodes
    ]
