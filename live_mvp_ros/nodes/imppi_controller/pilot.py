# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who computes the commands: a worker that plans, and an executor that never waits for it.

Two threads, each with its own: the worker owns the flight that it plans (``plan``), the executor
owns the vehicle's rest (``hold``). Between them go values that are never changed: the worker
replaces ``latest`` by a new plan when that is ready, the executor hands its rest over with the
work. What was sent, by either, both know from ``sent``. JAX must compute on the thread that calls
and have a thread more for what runs in parallel
(``prepare_jax(in_background=False, at_once=2)``): else the executor's calls would queue behind the
worker's.
"""

from __future__ import annotations

import queue

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import control
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import ControllerConfig, ControllerInputs, ControlOutput, FlightState
from live_mvp_ros.control.flight import FOLLOWED_S, off_track_m
from live_mvp_ros.nodes.imppi_controller.ready_plan import Plan, counted_age_s
from live_mvp_ros.nodes.imppi_controller.sent_commands import SentCommands
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.vehicle import at_rest

_LONGEST_SHIFT_S = 0.2


class Pilot:
    """Plans on the worker's thread; holds and goes on with plans on any.

    Attributes:
        latest: the newest plan, None before the first. Replaced by the worker only.
        too_late: the newest plan that came too late to be flown. Replaced by the worker only.
        sent: the commands that were sent; who sends one adds it.
        around: the map that all commands are filtered by, None before the first that is compiled
            for. Replaced by the worker only.
    """

    def __init__(self, config: ControllerConfig, seed: int) -> None:
        """Compile all but planning, which depends on the map."""
        self.latest: Plan | None = None
        self.too_late: Plan | None = None
        self.around: control.Around | None = None
        self._changed: queue.SimpleQueue[int] = queue.SimpleQueue()  # codes, from both
        self._first = Plan(control.init(config, jax.random.key(seed)), 0)
        self.sent = SentCommands(self._first.flight)
        self._flown = self._first  # the worker's
        self._rest = self._first  # the executor's
        self._rests = False  # the executor's
        self._outdated: Plan | None = None  # the executor's: made before it rested
        self._fly, self._stay = KeptProgram(control.fly), KeptProgram(control.stay)
        self._proceed = KeptProgram(control.proceed)
        anywhere = at_rest(jnp.zeros(3))
        nowhere = VehicleState(0, *map(np.asarray, anywhere))
        for _ in range(2):
            self.hold(config, nowhere)
            self.proceed(config, self._rest, nowhere)
        self._rest, self._rests = self._first, False
        self.interventions()  # those of a flight that is none

    def hold(
        self, config: ControllerConfig, vehicle: VehicleState, odom_age_s: float = 0.0
    ) -> np.ndarray:
        """Return the command [4] that stops the vehicle and keeps it there (executor).

        Args:
            config: of the controller.
            vehicle: the newest odometry.
            odom_age_s: how old that is.
        """
        if not self._rests:
            self._rest = self._first if self.latest is None else self.latest
        self._rests, self._outdated = True, self.latest
        before, since_s, age_s = self._continued(self._rest, vehicle, odom_age_s)
        flight, command = self._stay(config, before, vehicle.core, since_s, age_s, self.around)
        self._rest = Plan(flight, vehicle.stamp_ns, float(age_s))
        self._note(flight.safety)
        return np.asarray(command)

    def bridge(
        self,
        config: ControllerConfig,
        vehicle: VehicleState,
        longest_s: float,
        odom_age_s: float = 0.0,
    ) -> tuple[Plan | None, np.ndarray]:
        """Return what to fly while the next plan is not there (executor), for this odometry.

        It is the part of the latest plan whose time has come. A plan that is older than
        ``longest_s``, came too late or is from before a hold, is not flown on: then it is a hold.

        Returns:
            The plan that it is of, None for a hold, and the command [4].
        """
        plan = self.latest
        unfit = plan is self.too_late or (self._rests and plan is self._outdated)
        if plan is None or unfit or not 0.0 <= plan.age_s(vehicle) <= longest_s:
            return None, self.hold(config, vehicle, odom_age_s)
        self._rests = False
        return plan, self.proceed(config, plan, vehicle, odom_age_s)

    def goes_on(self) -> None:
        """Note that the vehicle flies by plans again (executor): the next hold is elsewhere.

        Until there is a plan from after the hold, it is not over.
        """
        if self.latest is not self._outdated:
            self._rests = False

    def let_go(self) -> None:
        """Note that somebody else flies (executor): the next hold is where the vehicle is then."""
        self._rest, self._rests, self._outdated = self._first, True, self.latest
        self.sent.forget()

    def hand_over(self) -> Plan | None:
        """Return where the vehicle rests, for the worker to begin with; None if it flies."""
        return self._rest if self._rests else None

    def proceed(
        self,
        config: ControllerConfig,
        plan: Plan,
        vehicle: VehicleState,
        odom_age_s: float = 0.0,
    ) -> np.ndarray:
        """Return the command [4] of a plan for a vehicle that is later (any thread).

        Its first command acts as long after planning began as this one will after now.
        """
        flight, elapsed_s, age_s = self._continued(plan, vehicle, odom_age_s, FOLLOWED_S)
        command, code = self._proceed(config, flight, vehicle.core, elapsed_s, age_s, self.around)
        self._note(code)
        return np.asarray(command)

    def off_track_m(self, vehicle: VehicleState) -> float:
        """Return how far a vehicle is from the latest plan (executor); 0 without one."""
        plan = self.latest
        return 0.0 if plan is None else off_track_m(plan.flight, vehicle.position)

    def look_around(self, costmap: control.CostMap | None, doubt_m: float) -> None:
        """Filter all commands by a map from now on (worker); it must have been prepared for."""
        if costmap is not None:
            self.around = control.Around(costmap, jnp.float32(doubt_m))

    def interventions(self) -> list[SafetyCode]:
        """Return why the last filter changed commands since the last call (executor)."""
        return [SafetyCode(self._changed.get()) for _ in range(self._changed.qsize())]

    def _note(self, code: jax.Array) -> None:
        """Take what the last filter says of a command (any thread)."""
        if int(code) != SafetyCode.CLEAR:
            self._changed.put(int(code))

    def plan(
        self,
        config: ControllerConfig,
        vehicle: VehicleState,
        costmap: control.CostMap,
        guide: control.GuidanceField,
        rest: Plan | None,
        haste: float,
        odom_age_s: float = 0.0,
        doubt_m: float = 0.0,
    ) -> tuple[Plan, ControlOutput]:
        """Plan, and make it the latest (worker).

        Args:
            config: of the controller.
            vehicle: the newest odometry.
            costmap: clearances.
            guide: the information field.
            rest: what ``hand_over`` gave.
            haste: share of the speed limit that may be flown.
            odom_age_s: how old the odometry is.
            doubt_m: how much more room the last filter keeps.
        """
        start = self._flown if rest is None else rest
        before, since_s, age_s = self._continued(start, vehicle, odom_age_s)
        inputs = ControllerInputs(
            vehicle.core,
            costmap,
            guide,
            since_s,
            haste=jnp.float32(haste),
            age_s=age_s,
            doubt_m=jnp.float32(doubt_m),
        )
        flight, output = jax.block_until_ready(self._fly(config, before, inputs))
        self._note(output.safety)
        self.latest = self._flown = Plan(flight, vehicle.stamp_ns, float(age_s))
        return self.latest, output

    def prepare(
        self,
        config: ControllerConfig,
        vehicle: VehicleState,
        costmap: control.CostMap,
        guide: control.GuidanceField,
    ) -> None:
        """Compile for the geometry of map and field (worker); the result is not flown."""
        flight, since_s, age_s = self._continued(self._flown, vehicle, 0.0)
        inputs = ControllerInputs(
            vehicle.core,
            costmap,
            guide,
            since_s,
            haste=jnp.float32(1.0),
            age_s=age_s,
            doubt_m=jnp.float32(0.0),
        )
        around = control.Around(costmap, jnp.float32(0.0))
        core = vehicle.core
        jax.block_until_ready(
            (
                self._fly(config, flight, inputs),
                self._stay(config, flight, core, since_s, age_s, around),
                self._proceed(config, flight, core, since_s, age_s, around),
            )
        )
        self.around = around

    def _continued(
        self,
        before: Plan,
        vehicle: VehicleState,
        odom_age_s: float,
        longest_s: float = _LONGEST_SHIFT_S,
    ) -> tuple[FlightState, jax.Array, jax.Array]:
        """Return a plan's or a hold's flight, and the times since then and of the odometry.

        The flight knows what was sent, and the times are as they count.
        """
        age_s = counted_age_s(odom_age_s)
        since_s = float(np.clip(before.since_s(vehicle, age_s), 0.0, longest_s))
        now_s = 1e-9 * vehicle.stamp_ns + age_s
        flight = self.sent.known_to(before.flight, now_s, since_s)
        return flight, jnp.float32(since_s), jnp.float32(age_s)
