# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole bag drawn into a Rerun recording, drone by drone."""

from __future__ import annotations

import rerun as rr
from rclpy.serialization import deserialize_message

from live_mvp_ros.bags.reader import Bag
from live_mvp_ros.bringup.topics import TOPICS, full_name
from live_mvp_ros.ros.taps import message_class
from live_mvp_ros.viewing.scene import RATES_HZ, Scene

_ODOMETRY = "/odom"


def namespaces(bag: Bag) -> tuple[str, ...]:
    """Return the namespaces of the drones in a bag; one empty name where there is none."""
    found = [name[: -len(_ODOMETRY)].strip("/") for name in bag.topics if name.endswith(_ODOMETRY)]
    return tuple(sorted(found)) or ("",)


def draw_bag(bag: Bag, recording: rr.RecordingStream, until_s: float | None = None) -> int:
    """Draw a bag, or its first seconds; return how many messages were drawn.

    As in the live view, no topic is drawn more often than eyes can follow.

    Raises:
        BagError: the bag is damaged.
    """
    scenes = {
        full_name(spec.name, namespace): (spec, scene)
        for namespace in namespaces(bag)
        for scene in [Scene(recording, namespace)]
        for spec in TOPICS
        if spec.name in RATES_HZ
    }
    drawn = 0
    end_ns = bag.end_ns + 1 if until_s is None else bag.start_ns + round(1e9 * until_s)
    for item in bag.messages(frozenset(scenes), end_ns=end_ns):
        spec, scene = scenes[item.topic]
        if scene.wants(spec.name, item.time_ns):
            message = deserialize_message(item.data, message_class(spec.type))
            scene.draw(spec.name, message, item.time_ns)
            drawn += 1
    return drawn
