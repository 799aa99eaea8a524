# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Raw subscriptions that are emptied by a timer: what a recorder needs and hardly any more.

An executor that is woken for each of 600 messages a second costs far more than writing them. So
these subscriptions keep histories, no executor waits for them, and ``drain`` takes what has come.
The middleware notes when each message was sent and received, so nothing depends on when it is
taken. A history is memory: it is as long as the owner can be kept from draining, and shorter where
one message may hold megabytes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.subscription import Subscription

from live_mvp_ros.bags.bag_types import OfferedQos
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.peers import Peers

_KINDS = ("msg", "srv", "action")
HISTORY = 2000
"""Messages kept between drains: 20 s at the highest rate of the graph."""
LARGE_HISTORY = 32
"""The same of topics whose messages may be large: 3 s of clouds."""


class Taken(NamedTuple):
    """One serialized message: when it was received and sent [ns], and its number there."""

    topic: str
    data: bytes
    received_ns: int
    sent_ns: int
    sequence: int


class _NeverCalled(CallbackGroup):
    """Keeps its subscriptions out of every executor's sight."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        """Nothing is ever executed."""


class Taps:
    """Raw subscriptions of a node by topic."""

    def __init__(self, node: Node, history: int = HISTORY, peers: Peers | None = None) -> None:
        """Subscribe to nothing yet.

        Args:
            node: that subscribes.
            history: messages of each topic that are kept between drains.
            peers: gets to know the topics, to say which publishers cannot be heard.
        """
        self._node, self._history, self._peers = node, history, peers
        self._group = _NeverCalled()
        self._subscriptions: dict[str, Subscription] = {}

    def __contains__(self, topic: object) -> bool:
        """Return whether a fully qualified topic is subscribed to."""
        return topic in self._subscriptions

    def open(
        self, topic: str, type_name: str, offered: OfferedQos, history: int | None = None
    ) -> None:
        """Subscribe to a fully qualified topic so that any publisher of it fits.

        Args:
            topic: its name.
            type_name: of its messages.
            offered: by its publishers.
            history: messages kept between drains, if not as many as of other topics.
        """
        profile = fitting(offered, history or self._history)
        if self._peers is not None:
            self._peers.add(topic, profile, subscribes=True)
        self._subscriptions[topic] = self._node.create_subscription(
            message_class(type_name),
            topic,
            lambda _: None,
            profile,
            callback_group=self._group,
            event_callbacks=qos.subscription_events(),
            raw=True,
        )

    def close(self) -> None:
        """Subscribe to nothing any more; what has come and was not taken is lost."""
        for subscription in self._subscriptions.values():
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()

    def drain(self) -> Iterator[Taken]:
        """Yield everything that has come since the last time, topic by topic."""
        for topic, subscription in self._subscriptions.items():
            handle = subscription.handle
            with handle:
                while (found := handle.take_message(subscription.msg_type, True)) is not None:
                    data, info = found
                    yield Taken(
                        topic,
                        data,
                        info["received_timestamp"],
                        info["source_timestamp"],
                        info["publication_sequence_number"] or 0,
                    )


def message_class(type_name: str) -> Any:
    """Return the class of a message type such as ``nav_msgs/msg/Odometry``.

    Messages of actions and services are such types too: ``live_mvp_ros/action/Explore_Feedback``.

    Raises:
        ImportError: its package is not installed; AttributeError: it has no such type; ValueError:
            it is no name of a type.
    """
    package, kind, name = type_name.split("/")
    if kind not in _KINDS or not package.isidentifier() or not name.isidentifier():
        raise ValueError(f"{type_name} is no name of a message type")
    module = importlib.import_module(f"{package}.{kind}")
    found = getattr(module, name, None) or _part(module, *name.partition("_")[::2])
    if not hasattr(found, "get_fields_and_field_types"):
        raise AttributeError(f"{type_name} is no message type")
    return found


def _part(module: Any, owner: str, part: str) -> Any:
    """Return a message of an action or a service, such as FeedbackMessage of Explore."""
    whole = getattr(module, owner)
    service, _, last = part.partition("_")
    places = [whole, getattr(whole, "Impl", None)]
    if last:
        places = [getattr(places[1], f"{service}Service", None)]
    return next((found for place in places if (found := getattr(place, last or part, None))), None)


def fitting(offered: OfferedQos, depth: int) -> QoSProfile:
    """Return the profile of a subscriber that takes everything a publisher offers."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=(
            ReliabilityPolicy.RELIABLE if offered.reliable else ReliabilityPolicy.BEST_EFFORT
        ),
        durability=(
            DurabilityPolicy.TRANSIENT_LOCAL if offered.latched else DurabilityPolicy.VOLATILE
        ),
    )


def offered_by(profile: QoSProfile) -> OfferedQos:
    """Return what a profile offers, as it is written into a bag."""
    deadline_ns = profile.deadline.nanoseconds
    return OfferedQos(
        depth=max(1, profile.depth),
        reliable=profile.reliability == ReliabilityPolicy.RELIABLE,
        latched=profile.durability == DurabilityPolicy.TRANSIENT_LOCAL,
        deadline_ns=deadline_ns if 0 < deadline_ns < 2**62 else None,
    )


def common(profiles: list[QoSProfile]) -> OfferedQos:
    """Return the least that all publishers of a topic offer, which a subscriber may ask for."""
    return OfferedQos(
        depth=max(max(1, profile.depth) for profile in profiles),
        reliable=all(p.reliability == ReliabilityPolicy.RELIABLE for p in profiles),
        latched=all(p.durability == DurabilityPolicy.TRANSIENT_LOCAL for p in profiles),
    )
