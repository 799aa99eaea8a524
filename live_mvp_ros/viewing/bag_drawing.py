# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A whole bag drawn into a Rerun recording, drone by drone."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import rerun as rr
from rclpy.serialization import deserialize_message

from live_mvp_ros.bags.bag_types import BagError
from live_mvp_ros.bags.reader import Bag
from live_mvp_ros.ros.taps import message_class
from live_mvp_ros.ros.topics import SHARED_TF, TOPICS, TopicSpec, full_name
from live_mvp_ros.viewing.live_scene import RATES_HZ, Scene, name_of

_ODOMETRY, _TRUE_ODOMETRY = "/odom", "/ground_truth/odom"


def namespaces(bag: Bag) -> tuple[str, ...]:
    """Return the namespaces of the drones in a bag; one empty name where there is none."""
    true = {name.removesuffix(_ODOMETRY) + _TRUE_ODOMETRY for name in bag.topics}  # no drone's own
    found = [name for name in bag.topics if name.endswith(_ODOMETRY) and name not in true]
    return tuple(sorted(name.removesuffix(_ODOMETRY).strip("/") for name in found)) or ("",)


def names(bag: Bag) -> tuple[str, ...]:
    """Return the names under which the drones of a bag are drawn."""
    return tuple(name_of(namespace) for namespace in namespaces(bag))


class Drawn(NamedTuple):
    """How many messages were drawn, and sentences about those that could not be."""

    messages: int
    notes: tuple[str, ...]


def draw_bag(bag: Bag, recording: rr.RecordingStream, until_s: float | None = None) -> Drawn:
    """Draw a bag, or its first seconds.

    As in the live view, no topic is drawn more often than eyes can follow.

    Raises:
        BagError: nothing in it can be drawn.
        BagDamagedError: the bag is damaged; what is good was drawn.
    """
    scenes = _scenes(namespaces(bag), recording)
    drawn = 0
    refused: Counter[str] = Counter()
    reasons: dict[str, str] = {}
    end_ns = bag.end_ns + 1 if until_s is None else bag.start_ns + round(1e9 * until_s)
    for item in bag.messages(drawn_topics(bag), end_ns=end_ns):
        for spec, scene in scenes[item.topic]:
            if scene.wants(spec.name, item.time_ns):
                try:
                    message = deserialize_message(item.data, message_class(spec.type))
                    scene.draw(spec.name, message, item.time_ns)
                except RuntimeError:  # of rmw: bytes that are no such message
                    refused[item.topic] += 1
                    reasons.setdefault(item.topic, f"a message of {item.topic} is no {spec.type}")
                except ValueError as error:
                    refused[item.topic] += 1
                    reasons.setdefault(item.topic, str(error))
                else:
                    drawn += 1
    notes = tuple(
        f"{count} {'message' if count == 1 else 'messages'} of {topic} cannot be drawn: "
        f"{reasons[topic]}"
        for topic, count in refused.items()
    )
    if not drawn and notes:
        raise BagError(f"nothing of the bag {bag.path} can be drawn: {'; '.join(notes)}")
    return Drawn(drawn, notes)


def drawn_topics(bag: Bag) -> frozenset[str]:
    """Return the topics of a bag that can be drawn.

    Raises:
        BagError: there are none.
    """
    shared = dict(SHARED_TF)
    known = {
        (topic, spec.type)
        for namespace in namespaces(bag)
        for spec in TOPICS
        if spec.name in RATES_HZ
        for own in [full_name(spec.name, namespace)]
        for topic in (own, shared.get(spec.name, own))
    }
    found = frozenset(name for name, topic in bag.topics.items() if (name, topic.type) in known)
    if not found:
        first = min(bag.topics.values(), key=lambda topic: topic.name)
        raise BagError(
            f"nothing of the bag {bag.path} can be drawn: it has no topic of a flight, such as "
            f"odom of type nav_msgs/msg/Odometry, but {first.name} of type {first.type}"
        )
    return found


def _scenes(
    found: tuple[str, ...], recording: rr.RecordingStream
) -> dict[str, list[tuple[TopicSpec, Scene]]]:
    """Return by topic who draws it; drones may share some topics."""
    shared = dict(SHARED_TF)
    scenes: dict[str, list[tuple[TopicSpec, Scene]]] = {}
    for namespace in found:
        scene = Scene(recording, namespace, alone=len(found) == 1)
        for spec in (spec for spec in TOPICS if spec.name in RATES_HZ):
            own = full_name(spec.name, namespace)
            for topic in {own, shared.get(spec.name, own)}:
                scenes.setdefault(topic, []).append((spec, scene))
    return scenes
