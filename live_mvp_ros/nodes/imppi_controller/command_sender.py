# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who sends commands: the executor those that need no plan, the worker those of plans in time."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

import numpy as np

from live_mvp_ros.control import ControllerConfig, ControlOutput
from live_mvp_ros.control.flight import FOLLOWED_S
from live_mvp_ros.msg import BodyRateThrust
from live_mvp_ros.nodes.imppi_controller.pilot import Pilot
from live_mvp_ros.nodes.imppi_controller.ready_plan import Plan, counted_age_s
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import vehicle_messages
from live_mvp_ros.ros.mission_requests import Mission
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.steering.latest_odometry import LatestOdometry, Seen
from live_mvp_ros.ros.steering.pace import Pace

_ROUNDING_S = 1e-6  # of times that are whole periods


class CommandSender:
    """Publishes what a pilot computes, if the mission flies and the plan is not too old.

    It keeps nothing that changes: of the mission and the odometry the worker reads what the
    executor replaces whole.
    """

    def __init__(
        self,
        node: GraphNode,
        body_frame: str,
        mission: Mission,
        odometry: LatestOdometry,
        pilot: Pilot,
        pace: Pace,
    ) -> None:
        """Publish on ``node``.

        Args:
            node: owner of the publisher.
            body_frame: of the vehicle.
            mission: decides whether to fly.
            odometry: the newest.
            pilot: computes the commands.
            pace: says how old a plan may be.
        """
        self._body_frame = body_frame
        self._mission, self._odometry = mission, odometry
        self._pilot, self._pace = pilot, pace
        self._clock = node.get_clock()
        self._out = node.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)

    def answer(
        self,
        config: ControllerConfig,
        seen: Seen,
        odom_age_s: float,
        resort: np.ndarray | None = None,
    ) -> None:
        """Send what needs no new plan (executor): a hold, or what is due of the latest one.

        Args:
            config: of the controller.
            seen: the newest odometry.
            odom_age_s: how old that is.
            resort: the command [4] of a last resort, which goes before everything.
        """
        vehicle, followed = seen.vehicle, None
        if resort is not None:
            command = resort
        elif self._mission.decision.flies:
            # while a plan that is just in time is waited for, the one before gets twice as old
            longest_s = self._longest_s(2.0)
            followed, command = self._pilot.bridge(config, vehicle, longest_s, odom_age_s)
        else:
            command = self._pilot.hold(config, vehicle, odom_age_s)
        began_s = 1e-9 * vehicle.stamp_ns + counted_age_s(odom_age_s)
        publish = self._publishing(vehicle.stamp_ns, command)
        self._pilot.sent.send(publish, vehicle.stamp_ns, command, began_s)
        if followed is None:
            self._mission.log.commanded(time.monotonic() - seen.arrival_s)

    def send_plan(self, config: ControllerConfig, plan: Plan, output: ControlOutput) -> bool:
        """Send the command of a plan that is ready (worker); returns whether it was in time.

        Of a plan that comes late, or after another command, the part is sent that is due by the
        newest odometry, and for that.
        """
        newest = self._odometry.seen
        assert newest is not None
        vehicle, sent = newest.vehicle, self._pilot.sent
        age_s = plan.age_s(vehicle)
        if not 0.0 <= age_s <= self._longest_s(1.0):
            self._pilot.too_late = plan
            return False
        if not self._mission.decision.flies:
            return False
        now_ns = self._clock.now().nanoseconds
        if age_s <= self._pace.period_s and sent.answered_ns <= plan.stamp_ns:
            stamp_ns, command = plan.stamp_ns, np.asarray(output.command)
            began_s = max(plan.began_s, 1e-9 * now_ns - config.latency_s)
        elif sent.answered_ns == vehicle.stamp_ns:
            return False  # what comes next goes on with this plan
        else:
            odom_age_s = 1e-9 * (now_ns - vehicle.stamp_ns)
            stamp_ns = vehicle.stamp_ns
            command = self._pilot.proceed(config, plan, vehicle, odom_age_s)
            began_s = 1e-9 * stamp_ns + counted_age_s(odom_age_s)
        return sent.send_in_order(self._publishing(stamp_ns, command), stamp_ns, command, began_s)

    def _longest_s(self, times: float) -> float:
        """Return how old a plan may be: so many times as late as it may come."""
        return min(times * self._pace.longest_s, FOLLOWED_S) + _ROUNDING_S

    def _publishing(self, stamp_ns: int, command: np.ndarray) -> Callable[[], None]:
        """Return what publishes a command under the stamp of the odometry that it answers."""
        message = vehicle_messages.body_rate_thrust(stamp_ns, self._body_frame, command)
        return functools.partial(self._out.publish, message)
