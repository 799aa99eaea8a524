# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Quality of service by name, so that publishers and subscribers of a topic always agree.

Sensor topics are best effort, keep last 5. Maps, fields and static things are latched: reliable
and transient local, depth 1. A command publisher offers a deadline; a command subscriber asks
for none (it watches the age itself, in the vehicle's time), so that publishers without one can
connect too.

A reader that the machine did not let run for a while is sent again what the publisher still keeps,
and no more. So depth 1 is for what is replaced by the next: map, field, commands. Whatever else is
reliable keeps a second or two, so that a recorder loses none of it.
"""

from __future__ import annotations

from rclpy.duration import Duration
from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

COMMAND_DEADLINE_S = 0.1


def _profile(depth: int, reliable: bool, latched: bool = False) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


SENSOR = _profile(5, reliable=False)
SENSOR_HISTORY = _profile(100, reliable=False)
"""For a subscriber of a sensor topic that wants every message, also after a second of delay."""
LATCHED = _profile(1, reliable=True, latched=True)
KEPT = _profile(10, reliable=True, latched=True)
"""Latched as well, for topics of at most 5 Hz of which a recorder wants every message."""
COMMAND_IN = _profile(1, reliable=True)
COMMAND_OUT = _profile(1, reliable=True)
COMMAND_OUT.deadline = Duration(seconds=COMMAND_DEADLINE_S)
STATUS = _profile(10, reliable=True)
DEBUG = _profile(10, reliable=True)
TRANSFORM = _profile(100, reliable=True)
TRANSFORM_STATIC = _profile(100, reliable=True, latched=True)
"""Many nodes publish here, and a reader that keeps one sample would keep that of one of them."""
CLOCK = _profile(100, reliable=True)
DIAGNOSTICS = _profile(10, reliable=True)


def subscription_events() -> SubscriptionEventCallbacks:
    """Return no event handlers: the default ones wake an rclpy executor for nothing."""
    return SubscriptionEventCallbacks(use_default_callbacks=False)


def publisher_events() -> PublisherEventCallbacks:
    """Return no event handlers, for the same reason."""
    return PublisherEventCallbacks(use_default_callbacks=False)
