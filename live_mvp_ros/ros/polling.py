# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions that are asked, instead of waking the executor with every message.

An rclpy executor builds a new wait set for each message that it hands out, which costs several
times what the message does: odometry and commands, 250 a second, took a quarter of a core of a
process that only notes them. A polled subscription waits in its own queue until somebody who has
the time, or the need, takes all that has come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile

from live_mvp_ros.ros import qos


class _Unattended(CallbackGroup):
    """A group whose members no executor looks at."""

    def can_execute(self, entity: Any) -> bool:
        return False

    def beginning_execution(self, entity: Any) -> bool:
        return False

    def ending_execution(self, entity: Any) -> None:
        return None


class Polled:
    """One subscription, asked by ``take``."""

    def __init__(
        self,
        node: Node,
        message_type: Any,
        topic: str,
        profile: QoSProfile,
        use: Callable[[Any, dict[str, int]], None],
    ) -> None:
        """Subscribe; ``use`` gets each message with what the middleware knows of it.

        The depth of ``profile`` is what may come between two calls of ``take``.
        """
        self._use, self._most = use, profile.depth
        self._subscription = node.create_subscription(
            message_type,
            topic,
            lambda _: None,
            profile,
            callback_group=_Unattended(),
            event_callbacks=qos.subscription_events(),
        )

    def take(self) -> None:
        """Hand out what has come, oldest first; on the executor's thread."""
        asked = self._subscription
        for _ in range(self._most):  # a stream without an end must not keep anybody here
            with asked.handle:
                found = asked.handle.take_message(asked.msg_type, asked.raw)
            if found is None:
                return
            self._use(*found)
