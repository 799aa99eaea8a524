# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every topic that the graph publishes: its type, its quality of service, and who publishes it.

The recorder subscribes from this table before the publishers exist, replay and viewers know from
it what they meet, and tests hold RViz configurations and running graphs to it.
"""

from __future__ import annotations

from typing import NamedTuple

SHARED_TF = (("tf", "/tf"), ("tf_static", "/tf_static"))
"""Of drones that share one tree of frames."""
WHOLE_SHARE = 98
"""The cell of an OccupancyGrid of shares that means all: RViz's scheme ``costmap`` paints 99 and
100 in colours apart, as what is inscribed and lethal to a robot."""

VEHICLES = ("quadrotor_sim", "mavlink_driver")
"""Executables that fly, one of them in a graph."""
STEERING = ("imppi_controller", "policy_controller")
"""Executables that fly a mission."""
CONTROLLERS = (*STEERING, "teleop")
"""Executables that steer, at most one of them in a graph."""


class TopicSpec(NamedTuple):
    """One topic.

    Attributes:
        name: relative to the graph's namespace unless it begins with a slash.
        type: such as ``nav_msgs/msg/Odometry``.
        qos: name of the profile in ``live_mvp_ros.ros.qos`` that the publisher offers.
        publishers: executables that publish it; ``*`` for all, none for what users send.
        on_demand: it is published only while somebody subscribes.
    """

    name: str
    type: str
    qos: str
    publishers: tuple[str, ...]
    on_demand: bool = False


TOPICS = (
    TopicSpec("odom", "nav_msgs/msg/Odometry", "SENSOR", VEHICLES),
    TopicSpec("ground_truth/odom", "nav_msgs/msg/Odometry", "SENSOR", VEHICLES),
    TopicSpec("tf", "tf2_msgs/msg/TFMessage", "TRANSFORM", (*VEHICLES, "live_map")),
    TopicSpec("tf_static", "tf2_msgs/msg/TFMessage", "TRANSFORM_STATIC", (*VEHICLES, "gt_depth")),
    TopicSpec("vehicle/state", "live_mvp_ros/msg/AutopilotState", "KEPT", ("mavlink_driver",)),
    TopicSpec("/clock", "rosgraph_msgs/msg/Clock", "CLOCK", ("quadrotor_sim",)),
    TopicSpec("packets/pose", "live_mvp_ros/msg/PosePacket", "SENSOR", ("quadrotor_sim",)),
    TopicSpec("depth/points", "sensor_msgs/msg/PointCloud2", "SENSOR", ("gt_depth",)),
    TopicSpec("depth/image", "sensor_msgs/msg/Image", "SENSOR", ("gt_depth",)),
    TopicSpec("depth/camera_info", "sensor_msgs/msg/CameraInfo", "SENSOR", ("gt_depth",)),
    TopicSpec(
        "packets/observation", "live_mvp_ros/msg/ObservationPacket", "SENSOR", ("gt_depth",)
    ),
    TopicSpec("map_to_odom", "geometry_msgs/msg/TransformStamped", "KEPT", ("live_map",)),
    TopicSpec("map", "nav_msgs/msg/OccupancyGrid", "LATCHED", ("live_map",)),
    TopicSpec("map_metadata", "nav_msgs/msg/MapMetaData", "LATCHED", ("live_map",)),
    TopicSpec("map/exposure", "nav_msgs/msg/OccupancyGrid", "KEPT", ("live_map",), True),
    TopicSpec("map/fields", "live_mvp_ros/msg/MapFields", "LATCHED", ("live_map",), True),
    TopicSpec("map/surface", "sensor_msgs/msg/PointCloud2", "KEPT", ("live_map",), True),
    TopicSpec("map/status", "live_mvp_ros/msg/MapStatus", "STATUS", ("live_map",)),
    TopicSpec("info_field", "live_mvp_ros/msg/InfoField", "LATCHED", ("info_field",)),
    TopicSpec("info_field/grid", "nav_msgs/msg/OccupancyGrid", "KEPT", ("info_field",), True),
    TopicSpec("reference_path", "nav_msgs/msg/Path", "KEPT", ("info_field",)),
    TopicSpec(
        "exploration/completion", "live_mvp_ros/msg/CompletionReport", "KEPT", ("info_field",)
    ),
    TopicSpec("cmd/body_rates", "live_mvp_ros/msg/BodyRateThrust", "COMMAND_OUT", CONTROLLERS),
    TopicSpec("mppi/plan", "nav_msgs/msg/Path", "DEBUG", ("imppi_controller",), True),
    TopicSpec(
        "mppi/rollouts",
        "visualization_msgs/msg/MarkerArray",
        "DEBUG",
        ("imppi_controller",),
        True,
    ),
    TopicSpec("packets/context", "live_mvp_ros/msg/ContextPacket", "SENSOR", STEERING),
    TopicSpec("packets/action", "live_mvp_ros/msg/ActionPacket", "SENSOR", STEERING),
    TopicSpec("exploration/status", "live_mvp_ros/msg/ExplorationStatus", "STATUS", STEERING),
    TopicSpec(
        "exploration/label",
        "visualization_msgs/msg/Marker",
        "DEBUG",
        STEERING,
        True,
    ),
    TopicSpec(
        "exploration/goal", "geometry_msgs/msg/PoseStamped", "LATCHED", ("imppi_controller",)
    ),
    TopicSpec("goal_pose", "geometry_msgs/msg/PoseStamped", "STATUS", ()),
    TopicSpec("/diagnostics", "diagnostic_msgs/msg/DiagnosticArray", "DIAGNOSTICS", ("*",)),
)

REBUILT_FROM = ("odom", "depth/points", "tf_static", "tf", "/clock")
"""What map, field and controller are computed from again; the first three are needed."""


def full_name(name: str, namespace: str) -> str:
    """Return the fully qualified name of a topic in a namespace without leading slash."""
    return name if name.startswith("/") else f"/{namespace}/{name}".replace("//", "/")


def recorded(namespace: str) -> tuple[str, ...]:
    """Return the fully qualified names of every topic of a graph in a namespace."""
    return tuple(full_name(topic.name, namespace) for topic in TOPICS)


def spec_of(topic: str, namespace: str) -> TopicSpec | None:
    """Return what is known of a fully qualified topic, None if it is none of the graph's."""
    return next((t for t in TOPICS if full_name(t.name, namespace) == topic), None)
