# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Simulated time: moved by the wall clock and by services, or by another simulator's ``/clock``.

A domain has one publisher of ``/clock``. Several simulated vehicles therefore share one time: the
simulator of one of them owns it, the others follow it step by step. Both kinds of time call a
``tick`` for every period that passes, which flies the vehicle, moves ``now_ns`` by the period and
publishes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rosgraph_msgs.msg import Clock as ClockMessage
from std_srvs.srv import SetBool

from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import headers
from live_mvp_ros.ros.diagnostics import OK, STALE_AFTER_S, WARN
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.schedule import Follower, Pacer
from live_mvp_ros.srv import StepSim

CLOCK = "/clock"
SLICE_S = 0.02
"""For how long ticks are made before whatever else waits has its turn."""


class _Turn:
    """Awaited by a coroutine of rclpy: it goes on at the next wake-up of the executor."""

    def __await__(self) -> Generator[None, None, None]:
        yield


class OwnTime:
    """Time that this simulator owns and publishes; it begins at the system's time.

    So it goes on rather than back after a restart. It is paced by the wall clock; on a machine
    that cannot keep up it slows down, but skips nothing.
    """

    def __init__(
        self, node: GraphNode, period_ns: int, factor: Callable[[], float], paused: bool
    ) -> None:
        """Keep the time of ``node``; ``factor`` returns simulated seconds per second."""
        self.now_ns = time.time_ns()
        self._node, self._period_ns, self._factor, self._paused = node, period_ns, factor, paused
        self._pacer = Pacer(period_ns)
        self._stepping: object | None = None  # what tells the step under way from others
        self._clock_out = node.publisher(ClockMessage, CLOCK, qos.CLOCK)

    def start(self, tick: Callable[[], None]) -> None:
        """Have time pass, and offer the services that pause and step it."""
        self._tick, self._since = tick, (time.monotonic(), self.now_ns)
        self._node.create_service(SetBool, "sim/pause", self._on_pause)
        group = ReentrantCallbackGroup()  # so that sim/pause is answered during a long step
        self._node.create_service(StepSim, "sim/step", self._on_step, callback_group=group)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._node.create_timer(1e-9 * self._period_ns, self._on_timer, clock=steady)

    def publish(self) -> None:
        """Publish the time; to be called after everything that is stamped with it."""
        self._clock_out.publish(ClockMessage(clock=headers.to_time(self.now_ns)))

    def diagnose(self) -> dict[str, str]:
        """Return values for diagnostics, and say in the node's health what is wrong."""
        wall, then = time.monotonic(), self._since
        self._since = (wall, self.now_ns)
        factor = 1e-9 * (self.now_ns - then[1]) / max(wall - then[0], 1e-6)
        wanted, clocks = self._factor(), self._node.count_publishers(CLOCK)
        sentence = ""
        if clocks > 1:
            sentence = f"{clocks} nodes publish {CLOCK}: all simulators but one need follow_clock"
        elif not self._paused and factor < 0.9 * wanted:
            sentence = f"slower than asked for: {factor:.2f} instead of {wanted:g}"
        self._node.health.problem(WARN if sentence else OK, sentence)
        return {"real_time_factor": f"{factor:.3f}", "paused": str(self._paused).lower()}

    def _on_timer(self) -> None:
        if self._paused:
            self._pacer.rest()
            return
        for _ in range(self._pacer.due(time.monotonic(), self.now_ns, self._factor())):
            self._tick()

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> Any:
        self._paused, self._stepping = request.data, None
        response.success = True
        response.message = "paused" if request.data else "running"
        return response

    async def _on_step(self, request: StepSim.Request, response: StepSim.Response) -> Any:
        response.message = await self._step(request.ticks)
        response.success = not response.message
        response.stamp = headers.to_time(self.now_ns)
        return response

    async def _step(self, ticks: int) -> str:
        """Make so many ticks, in slices; returns why not all of them were made."""
        if not self._paused:
            return "the simulation is not paused"
        if ticks < 1:
            return f"ticks = {ticks} is not allowed: it must be at least 1"
        if self._stepping is not None:
            return "another step is under way"
        mine = self._stepping = object()
        until_s = time.monotonic() + SLICE_S
        for done in range(ticks):
            if self._stepping is not mine:
                return f"sim/pause ended the step after {done} of {ticks} ticks"
            self._tick()
            if time.monotonic() >= until_s:
                self._node.wake()
                await _Turn()
                until_s = time.monotonic() + SLICE_S
        self._stepping = None
        return ""


class FollowedTime:
    """The time of another simulator, which it publishes on ``/clock``; here nothing is published.

    Every period is flown, so messages that come late or get lost cost nothing.
    """

    def __init__(self, node: GraphNode, period_ns: int) -> None:
        """Keep the time of ``node``; it is 0 until the first message."""
        self.now_ns = 0
        self._node, self._follower = node, Follower(period_ns)
        self._heard_s = -math.inf

    def start(self, tick: Callable[[], None]) -> None:
        """Have time pass as it does on ``/clock``."""
        self._tick = tick
        self._node.listen(ClockMessage, CLOCK, qos.CLOCK, self._on_clock)

    def publish(self) -> None:
        """Leave the clock to its owner."""

    def diagnose(self) -> dict[str, str]:
        """Return values for diagnostics, and say in the node's health what is wrong."""
        silent = time.monotonic() - self._heard_s > STALE_AFTER_S
        sentence = f"no simulator publishes {CLOCK}, which this one follows" if silent else ""
        self._node.health.problem(WARN if sentence else OK, sentence)
        return {}

    def _on_clock(self, message: ClockMessage) -> None:
        self._heard_s = time.monotonic()
        start_ns, steps = self._follower.due(headers.to_ns(message.clock), self.now_ns)
        self.now_ns = start_ns
        for _ in range(steps):
            self._tick()
