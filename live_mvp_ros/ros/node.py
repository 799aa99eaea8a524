# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every node of the graph has: validated parameters, diagnostics, and perhaps a worker."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

from live_mvp_ros.ros import qos
from live_mvp_ros.ros.diagnostics import Health
from live_mvp_ros.ros.parameters import ParameterisedNode
from live_mvp_ros.ros.polling import Polled
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.worker import Worker

WORKER_STOP_S = 2.0
FUTURE_S = 10.0
"""How far stamps may be ahead of a node's clock, which a busy node hears late."""


class GraphNode(ParameterisedNode):
    """A node with the parameters of ``default`` and diagnostics over ``inputs``."""

    def __init__(self, name: str, default: Any, inputs: tuple[str, ...] = ()) -> None:
        """Create the node; see Health for ``inputs``."""
        super().__init__(name, default)
        self.health = Health(self, inputs)
        self.worker: Worker[Any] | None = None
        self.failed = False
        """Whether the worker has ended with an exception."""
        self.ending = False
        """Whether the process is to stop spinning this node."""
        self._wake = self.create_guard_condition(lambda: None)

    def end(self) -> None:
        """Have the process stop spinning this node; may be called from any thread.

        Only the first call does something: the node may be destroyed when the next one comes.
        """
        if not self.ending:
            self.ending = True
            self.wake()

    def wake(self) -> None:
        """Have the executor look again at what waits; may be called from any thread."""
        self._wake.trigger()

    def refuse_future(self, stamp_ns: int) -> None:
        """Refuse what was stamped by a clock that is far ahead of this node's.

        Its age would be negative, and everything that comes after it would seem to be old.

        Raises:
            InvalidMessageError: the stamp is more than FUTURE_S ahead of this node's clock.
        """
        ahead_s = 1e-9 * (stamp_ns - self.get_clock().now().nanoseconds)
        if ahead_s > FUTURE_S and self.get_clock().now().nanoseconds > 0:
            raise InvalidMessageError(
                f"its stamp is {ahead_s:.1f} s ahead of this node's clock, at most "
                f"{FUTURE_S:g} s are allowed: do both use simulated time, or neither?"
            )

    def start_worker(self, work: Callable[[Any], None]) -> Worker[Any]:
        """Start this node's one worker thread; its failure ends the process."""
        worker = Worker(f"{self.get_name()} worker", work, self._worker_failed)
        self.worker, self.health.busy_s = worker, lambda: worker.busy_s
        return worker

    def publisher(self, message_type: Any, topic: str, profile: QoSProfile) -> Publisher:
        """Create a publisher without event handlers, which cost time on every wake-up.

        Subscriptions that it cannot reach are found by asking the graph: see Peers.
        """
        self.health.peers.add(topic, profile, subscribes=False)
        return self.create_publisher(
            message_type, topic, profile, event_callbacks=qos.publisher_events()
        )

    def listen(
        self, message_type: Any, topic: str, profile: QoSProfile, use: Callable[[Any], None]
    ) -> Subscription:
        """Subscribe; a message that ``use`` finds invalid is dropped, counted and logged.

        Publishers that cannot be heard are found by asking the graph: see Peers.
        """
        callback = self._checked(topic, profile, use)
        return self.create_subscription(
            message_type, topic, callback, profile, event_callbacks=qos.subscription_events()
        )

    def poll(
        self,
        message_type: Any,
        topic: str,
        profile: QoSProfile,
        use: Callable[[Any], None],
        period_s: float,
    ) -> Callable[[], None]:
        """Subscribe as ``listen`` does, to be asked each period and by what is returned.

        For what comes often and need not be answered at once: see ``Polled``.
        """
        callback = self._checked(topic, profile, use)
        polled = Polled(self, message_type, topic, profile, lambda message, _: callback(message))
        self.create_timer(period_s, polled.take, clock=Clock(clock_type=ClockType.STEADY_TIME))
        return polled.take

    def _checked(
        self, topic: str, profile: QoSProfile, use: Callable[[Any], None]
    ) -> Callable[[Any], None]:
        """Return what counts and logs the messages of a topic that ``use`` finds invalid."""
        self.health.peers.add(topic, profile, subscribes=True)

        def callback(message: Any) -> None:
            try:
                use(message)
            except InvalidMessageError as error:
                self.health.refused(topic, str(error))
            else:
                self.health.arrived(topic)

        return callback

    def destroy_node(self) -> None:
        """Stop the worker, then destroy the node."""
        self.ending = True
        self.health.close()
        if self.worker is not None and not self.worker.stop(WORKER_STOP_S):
            # It is inside a compilation that cannot be interrupted; the interpreter would
            # crash while it ends with that thread running.
            os._exit(0)
        super().destroy_node()

    def _worker_failed(self, error: BaseException) -> None:
        self.failed = True
        text = "".join(traceback.format_exception(error))
        self.get_logger().fatal(f"the worker failed: {text}")
        self.end()
