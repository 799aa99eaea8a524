# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who is on a node's topics and cannot be heard, or cannot hear: incompatible quality of service.

The middleware's own events for that need a handler on every publisher and subscription, and each
of them is one more thing to wait for on every wake-up of an executor. So the graph is asked
instead, once a second, at 0.1 ms per topic: the answer also says who the other one is.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from rclpy.duration import Duration, Infinite
from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible
from rclpy.topic_endpoint_info import TopicEndpointInfo

LOGGED = 20
ROUNDS_FOR_A_NAME = 5
"""How often a peer without a name is passed over: discovery tells of an endpoint before it tells
whose it is. What has no name after that belongs to no ROS node."""
_UNKNOWN_NAME = "_NODE_NAME_UNKNOWN_"  # as rmw_dds_common writes it
_TIMES = ("deadline", "lifespan", "liveliness_lease_duration")


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One publisher or subscription of a node."""

    topic: str
    profile: QoSProfile
    subscribes: bool


class Peers:
    """The endpoints of a node, compared with those of others on the same topics."""

    def __init__(self, node: Node) -> None:
        """Watch no topic of ``node`` yet."""
        self._node = node
        self._endpoints: list[Endpoint] = []
        self._logged: set[str] = set()
        self._nameless: dict[bytes, int] = {}  # by endpoint, in how many rounds it had no name

    def add(self, topic: str, profile: QoSProfile, *, subscribes: bool) -> None:
        """Watch a topic by the name that the node knows it by."""
        self._endpoints.append(Endpoint(topic, _explicit(profile), subscribes))

    def problems(self) -> list[str]:
        """Return a sentence for each peer that is not connected; new ones are logged once."""
        found = [sentence for mine in self._endpoints for sentence in self._of(mine)]
        for sentence in found:
            if sentence not in self._logged and len(self._logged) < LOGGED:
                self._logged.add(sentence)
                self._node.get_logger().warning(sentence)
        return found

    def _of(self, mine: Endpoint) -> list[str]:
        node, sentences = self._node, []
        if mine.subscribes:
            others = node.get_publishers_info_by_topic(mine.topic)
        else:
            others = node.get_subscriptions_info_by_topic(mine.topic)
        for other in others:
            theirs = _explicit(other.qos_profile)
            pair = (theirs, mine.profile) if mine.subscribes else (mine.profile, theirs)
            compatibility, reason = qos_check_compatible(*pair)
            if compatibility != QoSCompatibility.ERROR:
                continue
            name = self._name(other)
            if name is None:
                continue
            lost = f"from {name} arrives" if mine.subscribes else f"reaches {name}"
            sentences.append(
                f"nothing on {mine.topic} {lost}, incompatible quality of service: {_said(reason)}"
            )
        return sentences

    def _name(self, other: TopicEndpointInfo) -> str | None:
        """Return whose endpoint that is, or None while its name may still come."""
        if other.node_name != _UNKNOWN_NAME:
            return f"{other.node_namespace.rstrip('/')}/{other.node_name}"
        key = bytes(other.endpoint_gid)
        self._nameless[key] = self._nameless.get(key, 0) + 1
        return (
            None if self._nameless[key] <= ROUNDS_FOR_A_NAME else "something that is no ROS node"
        )


def _explicit(profile: Any) -> QoSProfile:
    """Return a profile whose times are infinite where they were left out, as discovery has it."""
    times = {
        name: Infinite if getattr(profile, name) == Duration() else getattr(profile, name)
        for name in _TIMES
    }
    return QoSProfile(
        depth=max(profile.depth, 1),
        reliability=profile.reliability,
        durability=profile.durability,
        liveliness=profile.liveliness,
        **times,
    )


def _said(reason: str) -> str:
    """Return rcl's list of errors as one clause."""
    parts = [part.removeprefix("ERROR:").strip() for part in reason.split(";")]
    return ", ".join(part[:1].lower() + part[1:] for part in parts if part)
