# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A polled subscription wakes nobody, loses nothing within its depth, and keeps the order."""

from __future__ import annotations

from typing import Any

from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Int32

from live_mvp_ros.ros.polling import Polled

PROFILE = QoSProfile(depth=20, reliability=ReliabilityPolicy.RELIABLE)


def test_messages_are_taken_in_order_when_asked_and_not_before(bench: Any) -> None:
    taken: list[int] = []
    heard = bench.collect(Int32, "numbers", PROFILE)
    polled = Polled(bench.node, Int32, "numbers", PROFILE, lambda m, _: taken.append(m.data))
    out = bench.node.create_publisher(Int32, "numbers", PROFILE)
    bench.wait(lambda: out.get_subscription_count() == 2)
    for number in range(10):
        out.publish(Int32(data=number))
    bench.wait(lambda: len(heard) == 10)  # the executor hands out what others listen to
    assert taken == []

    def asked() -> bool:
        polled.take()
        return len(taken) == 10

    bench.wait(asked)
    assert taken == list(range(10))
    polled.take()
    assert len(taken) == 10
