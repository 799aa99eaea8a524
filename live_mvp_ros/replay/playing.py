# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Replaying a bag as it was: a node in a context of its own publishes what is in it."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Trigger

from live_mvp_ros.bags.bag_types import BagError
from live_mvp_ros.bags.compare import Count, rates
from live_mvp_ros.bags.playback import Pace, select
from live_mvp_ros.bags.reader import Bag
from live_mvp_ros.base.results import rounded
from live_mvp_ros.ros.player import Player

SETTLE_S = 0.5
TICK_S = 0.05


@dataclasses.dataclass(frozen=True)
class ReplayOptions:
    """How a bag is replayed.

    Attributes:
        rate: seconds of the bag per second of wall time.
        start_s: where to begin, after the first message.
        loop: begin again at the end.
        paused: wait to be told.
        topics: fully qualified names of what is played, None for everything.
        remaps: pairs ``from:=to`` of topic names.
    """

    rate: float = 1.0
    start_s: float = 0.0
    loop: bool = False
    paused: bool = False
    topics: tuple[str, ...] | None = None
    remaps: tuple[str, ...] = ()


class Session:
    """A node in a context of its own that plays a bag."""

    def __init__(self, bag: Bag, options: ReplayOptions, name: str = "bag_player") -> None:
        """Create node and publishers.

        Raises:
            BagError: what is wanted cannot be played.
        """
        selection = select(bag, options.topics)
        words = [word for remap in options.remaps for word in ("-r", remap)]
        self._context = Context()
        try:
            rclpy.init(
                args=["--ros-args", *words] if words else None,
                context=self._context,
                signal_handler_options=SignalHandlerOptions.NO,
            )
        except RuntimeError as error:  # of rcl, which gives no kind of its own
            if not words:
                raise
            said = " ".join(str(error).split())
            raise BagError(
                f"topics cannot be renamed by {' '.join(options.remaps)}: {said}"
            ) from None
        self.node: Node = rclpy.create_node(name, context=self._context)
        try:
            pace = Pace(options.rate, options.paused)
            self.player = Player(self.node, bag, selection, pace, options.loop)
        except BagError:
            self.close()
            raise

    def call(self, service: str, timeout_s: float) -> bool:
        """Call a Trigger service; return whether it succeeded in time."""
        client = self.node.create_client(Trigger, service)
        if not client.wait_for_service(timeout_s):
            return False
        executor = SingleThreadedExecutor(context=self._context)
        executor.add_node(self.node)
        future = client.call_async(Trigger.Request())
        executor.spin_until_future_complete(future, timeout_s)
        executor.shutdown()
        return future.done() and bool(future.result().success)

    def close(self) -> None:
        """Stop playing; safe to call again."""
        if self._context.ok():
            with contextlib.suppress(AttributeError):  # it never began to play
                self.player.end()
            self.node.destroy_node()
            self._context.try_shutdown()


def replay(
    bag: Bag,
    options: ReplayOptions,
    watch: Callable[[Player], bool],
) -> dict[str, Any]:
    """Play a bag until its end; ``watch`` is called often and returns whether to go on.

    Returns:
        What was played at which rates.

    Raises:
        BagError: what is wanted cannot be played, or the bag is damaged further on.
    """
    session = Session(bag, options)
    player = session.player
    try:
        player.start(options.start_s)
        while not player.finished.is_set() and watch(player):
            time.sleep(TICK_S)
        player.check()
        time.sleep(SETTLE_S)  # the last messages are on their way
    finally:
        session.close()
    return {
        "bag": str(bag.path),
        "rate": options.rate,
        "duration_s": rounded(bag.duration_s, 6),
        "rates_in": rates(
            recorded_counts(bag, options.start_s), slowed(player.counts, options.rate)
        ),
    }


def recorded_counts(bag: Bag, start_s: float) -> dict[str, Count]:
    """Return count and times of every topic of a bag from a time on."""
    counts: dict[str, Count] = {}
    for message in bag.messages(start_ns=bag.start_ns + round(1e9 * start_s)):
        counts.setdefault(message.topic, Count()).add(message.time_ns)
    return counts


def slowed(counts: dict[str, Count], rate: float) -> dict[str, Count]:
    """Return counts in the seconds of a bag that was played at ``rate``."""
    return {
        topic: Count(c.count, c.first_ns, c.first_ns + round(rate * (c.last_ns - c.first_ns)))
        for topic, c in counts.items()
    }
