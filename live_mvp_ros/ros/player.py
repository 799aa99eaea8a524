# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Publishes the messages of a bag as they were, byte by byte, on a thread of its own."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Collection

from rclpy.exceptions import NameValidationException
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from live_mvp_ros.bags.bag_types import BagError, Message, OfferedQos
from live_mvp_ros.bags.compare import Count
from live_mvp_ros.bags.playback import CLOCK, Pace, Selection, Tape
from live_mvp_ros.bags.reader import Bag
from live_mvp_ros.base.threads import KeepingThread
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.taps import message_class

LONGEST_WAIT_S = 0.1
PATIENCE_S = 4.0
SETTLE_S = 0.5


class Player:
    """Plays a tape; all methods may be called from any thread.

    Attributes:
        finished: set after the last message, and when it could not go on, see ``check``.

    Raises:
        BagError: a type in the selection is not installed here, or a topic to wait for is not
            in it.
    """

    def __init__(
        self,
        node: Node,
        bag: Bag,
        selection: Selection,
        pace: Pace,
        loop: bool = False,
        wait_for: Collection[str] = (),
    ) -> None:
        """Create the publishers; nothing is published before ``start``.

        It begins when somebody listens to each topic of ``wait_for``; without any, when somebody
        listens to something, and in any case after four seconds.
        """
        strange = sorted(set(wait_for) - set(selection.topics))
        if strange:
            raise BagError(f"nobody can be waited for on {strange[0]}: it is not played")
        self._awaited = tuple(wait_for)
        self._tape, self._pace, self.loop = Tape(bag, selection), pace, loop
        self._publishers = {
            name: publisher_of(node, name, bag.topics[name].type, bag.topics[name].qos)
            for name in sorted(selection.topics)
        }
        if selection.makes_clock:
            clock = publisher_of(node, CLOCK, "rosgraph_msgs/msg/Clock", (OfferedQos(1),))
            self._publishers[CLOCK] = clock
        self._start_ns = bag.start_ns
        self._changed = threading.Condition()
        self._jump_s: float | None = None
        self._steps = 0
        self._ending = False
        self.position_s = 0.0
        self.published = 0
        self.counts: dict[str, Count] = {}
        self.finished = threading.Event()
        self._thread = KeepingThread(self._run, "player", lambda error: self.finished.set())

    @property
    def duration_s(self) -> float:
        """Return the length of the bag."""
        return self._tape.duration_s

    @property
    def paused(self) -> bool:
        """Return whether it rests."""
        return self._pace.paused

    def start(self, at_s: float = 0.0) -> None:
        """Begin at a time of the bag."""
        if at_s:
            self.seek(at_s)
            self.position_s = at_s
        self._thread.start()

    def pause(self, paused: bool) -> None:
        """Rest, or go on."""
        with self._changed:
            self._pace.paused = paused
            self._pace.rest()
            self._changed.notify_all()

    def step(self, messages: int = 1) -> None:
        """While it rests, publish some more messages at once."""
        with self._changed:
            self._steps += messages
            self._changed.notify_all()

    def seek(self, time_s: float) -> None:
        """Go to a time after the first message; one beyond the end is the end."""
        with self._changed:
            self._jump_s = min(max(0.0, time_s), self.duration_s)
            self._changed.notify_all()

    def check(self) -> None:
        """Raise what has kept it from playing on, such as the BagError of a damaged bag."""
        self._thread.check()

    def end(self, timeout_s: float = 1.0) -> None:
        """Stop playing; safe to call again."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        self._wait_for_listeners()
        while not self._ending:
            for message in self._tape:
                if not self._wait_for(message):
                    break
                self._publish(message)
            else:
                if not self.loop:
                    break
                with self._changed:
                    self._jump_s = 0.0
            with self._changed:
                if self._jump_s is not None:
                    self._tape.seek(self._jump_s)
                    self.position_s, self._jump_s = self._jump_s, None
                    self._pace.rest()
        self.finished.set()

    def _wait_for_listeners(self) -> None:
        """Give whoever listens already time to be found: that mostly takes 0.3 s, at times 3 s."""
        end = math.inf if self._awaited else time.monotonic() + PATIENCE_S
        while not self._ending and time.monotonic() < end and not self._heard():
            time.sleep(LONGEST_WAIT_S)
        time.sleep(SETTLE_S)  # for the others of them

    def _heard(self) -> bool:
        if self._awaited:
            waited = [self._publishers[topic] for topic in self._awaited]
            return all(publisher.get_subscription_count() for publisher in waited)
        return any(
            publisher.get_subscription_count()
            for topic, publisher in self._publishers.items()
            if topic != CLOCK
        )

    def _wait_for(self, message: Message) -> bool:
        """Wait until a message is due; return False when the tape has to be moved or left."""
        with self._changed:
            while not (self._ending or self._jump_s is not None):
                if self._pace.paused:
                    if self._steps:
                        self._steps -= 1
                        return True
                    self._changed.wait(LONGEST_WAIT_S)
                    continue
                delay_s = self._pace.delay_s(message.time_ns, time.monotonic())
                if delay_s <= 0.0:
                    return True
                self._changed.wait(min(delay_s, LONGEST_WAIT_S))
        return False

    def _publish(self, message: Message) -> None:
        self._publishers[message.topic].publish(message.data)
        self.published += 1
        self.counts.setdefault(message.topic, Count()).add(time.time_ns())
        self.position_s = 1e-9 * (message.time_ns - self._start_ns)


def publisher_of(
    node: Node, topic: str, type_name: str, offered: tuple[OfferedQos, ...]
) -> Publisher:
    """Return a publisher that offers what the recorded ones did.

    Raises:
        BagError: the type is not installed here, or the name is none that ROS allows.
    """
    try:
        kind = message_class(type_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BagError(
            f"the topic {topic} has the type {type_name}, which is not installed here: "
            "leave it out, or install its package"
        ) from error
    try:
        return node.create_publisher(
            kind, topic, offering(offered), event_callbacks=qos.publisher_events()
        )
    except (NameValidationException, ValueError, RuntimeError) as error:  # of rcl
        words = " ".join(str(error).split())
        raise BagError(
            f"the topic {topic} cannot be published ({words}): leave it out, or rename it"
        ) from error


def offering(offered: tuple[OfferedQos, ...]) -> QoSProfile:
    """Return the profile that suits whoever was content with any of the recorded ones."""
    latched = any(item.latched for item in offered)
    depths = [item.depth for item in offered] or [10]
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=sum(depths) if latched else max(depths),  # each publisher has latched its own
        reliability=(
            ReliabilityPolicy.RELIABLE
            if not offered or any(item.reliable for item in offered)
            else ReliabilityPolicy.BEST_EFFORT
        ),
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )
