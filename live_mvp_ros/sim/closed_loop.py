# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole system in one process: world, sensor, map, planner, controller, vehicle.

The very functions that the nodes call, in a fixed order and on one clock, so that one seed gives
one flight, bit for bit on one machine. A flight is a sequence of stretches: at the beginning of
each the planner reads the map, then one jitted scan runs control and vehicle at the control rate
and the sensor at its own until the next plan is due.

Two kinds of sensing: ``planar`` (range beams into a grid, many times faster than real time) and
``full`` (depth camera and live map).
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import control, planning, worlds
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.control.mission import MissionDecision, MissionInputs
from live_mvp_ros.planning import progress
from live_mvp_ros.planning.completion import CompletionInputs, completion_report
from live_mvp_ros.planning.completion_report import CompletionReport, ending
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.sim import inner_loop
from live_mvp_ros.sim.inner_loop import Flying, Truth
from live_mvp_ros.sim.loop_config import ClosedLoopConfig, map_grid
from live_mvp_ros.sim.planner import PARALLEL, Planner
from live_mvp_ros.sim.stretch import Stretch, View
from live_mvp_ros.vehicle import odometry

OVER = (MissionState.DONE, MissionState.FAULT)


def explore(
    world: worlds.World, config: ClosedLoopConfig, seed: int, planner: Planner = PARALLEL
) -> Iterator[Stretch]:
    """Explore ``world`` and yield every stretch; ends when the mission is done.

    Args:
        world: ground truth: only the sensor looks at it.
        config: from ``loop_config.configure``.
        seed: of all random keys.
        planner: what turns a map into a way to fly.
    """
    loop = Loop(world, config, seed, planner)
    while loop.decision is None or loop.decision.state not in OVER:
        yield loop.advance()


class Loop:
    """The states of all stages between two stretches; ``explore`` is what most callers want.

    Attributes:
        now: vehicle, flight, map and sensor.
        view: what the next stretch is flown by.
        decision: of the mission in the stretch before, None before the first one.
    """

    def __init__(
        self,
        world: worlds.World,
        config: ClosedLoopConfig,
        seed: int,
        planner: Planner = PARALLEL,
    ) -> None:
        """Put the vehicle at the start of ``world``, and look once."""
        self._handed_out = time.perf_counter()
        self.world, self.config = world, config
        self.spec = map_grid(world, config)
        self._goal_m = jnp.asarray(world.goal_m)
        key = jax.random.key(seed)
        occupied = worlds.ground_truth_grid(world, self.spec, world.start_m[2])
        # in shapes that worlds of one kind share: else every seed would be compiled anew
        scene = worlds.padded(world.scene) if config.sensing == "full" else worlds.Scene(())
        self.truth = Truth(scene, jnp.asarray(occupied), inner_loop.fan(config))
        self.planner = planner
        planner_key = jax.random.split(key, inner_loop.KEYS)[-1]
        self.planner_state = self.planner.init(config.info_field, self.spec, planner_key)
        self._way_m: list[np.ndarray] = []
        self.decision: MissionDecision | None = None
        self.stretches = 0
        self._planned_s = 0.0
        self.now: Flying = inner_loop.take_off(
            config,
            self.truth,
            jnp.asarray(world.start_m),
            world.start_yaw_rad,
            key,
            spec=self.spec,
        )
        self._steering = self._steered_by(self.planner)
        self.view = self._plan()

    def _steered_by(self, planner: Planner) -> inner_loop.Steering | None:
        """Return the policy that flies, None for the controller."""
        if planner.pilot is None:
            return None
        start_m = self.now.believed.position
        return inner_loop.Steering(
            planner.pilot, start_m if planner.from_start else jnp.zeros_like(start_m)
        )

    @property
    def time_s(self) -> float:
        """Time since the start."""
        return self.stretches * self.config.stretch_s

    def advance(self) -> Stretch:
        """Fly until the next plan is due, and plan it.

        JAX computes in the background. What comes next is ordered before anybody waits for what
        was flown, so that neither the ordering nor the caller's own work costs time.
        """
        view, before = self.view, self.now
        if int(view.field.code) == PlanCode.OK:
            self._planned_s = self.time_s
        decision = control.decide(self.config.mission, self.decision, self._situation())
        flies = np.bool_(decision.flies)
        given_up = self.planner_state.progress.taken[progress.Rung.GIVE_UP - 1]
        # the map is updated in place: nobody looks at the one before again
        self.now, ordered = inner_loop.fly(
            self.config,
            self.truth,
            before._replace(map=None),
            before.map,
            view.field,
            flies,
            self._steering,
            spec=self.spec,
        )
        over = decision.state in OVER
        if not over:
            self.view = self._plan()
        log = jax.tree.map(np.asarray, ordered)
        wall_s = time.perf_counter() - self._handed_out
        completion = None
        if over:
            completion = self._completion(view, before, decision)
            way_m = np.concatenate([*self._way_m, log.believed_m[:1]])
            off_m = odometry.error_bound_m(self.config.odometry, way_m)
            completion = dataclasses.replace(completion, odometry_error_m=round(off_m, 2))
            reason = ending(decision.reason, completion.in_words())
            decision = dataclasses.replace(decision, reason=reason)
        steps = np.arange(len(log.command))
        stretch = Stretch(
            time_s=self.time_s + self.config.control_period_s * steps,
            position_m=log.vehicle.position,
            velocity_m_s=log.vehicle.velocity,
            attitude=log.vehicle.attitude,
            believed_position_m=log.believed_m,
            command=log.command,
            clearance_m=log.clearance_m,
            code=log.code,
            safety=log.safety,
            decision=decision,
            view=view,
            seen=np.asarray(view.known if self.config.odometry.exact else before.seen),
            given_up=int(given_up),
            wall_s=wall_s,
            completion=completion,
        )
        self._way_m.append(log.believed_m)
        self.decision, self.stretches = decision, self.stretches + 1
        self._handed_out = time.perf_counter()
        return stretch

    def _plan(self) -> View:
        """Let the planner read the map."""
        inputs = inner_loop.read(self.config, self.now, self._goal_m, spec=self.spec)
        self.planner_state, field = self.planner.step(
            self.config.info_field, self.spec, self.planner_state, inputs
        )
        return View(inputs.p, inputs.known, field)

    def _completion(self, view: View, at: Flying, decision: MissionDecision) -> CompletionReport:
        """Say what is left."""
        state = self.planner_state
        ours = state if isinstance(state, planning.InfoFieldState) else None
        inputs = CompletionInputs(
            p=view.p,
            known=view.known,
            navigable=view.field.navigable,
            looked_s=state.looked_s,
            progress=state.progress,
            position_m=at.believed.position,
            goal_m=self.world.goal_m,
            nothing_left=bool(view.field.nothing_left),
            goal_reached=decision.goal_reached,
            ended=decision.reason,
            leftovers=None if ours is None else ours.leftovers,
            doubt=None if ours is None else ours.doubt,
            goal_tolerance_m=self.config.mission.goal_tolerance_m,
        )
        return completion_report(self.config.info_field, self.spec, inputs)

    def _situation(self) -> MissionInputs:
        """Everything is always fresh here: the loop runs its stages in step."""
        field = self.view.field
        away = np.asarray(self.world.goal_m)[:2] - np.asarray(self.now.believed.position)[:2]
        return MissionInputs(
            odom_age_s=0.0,
            map_age_s=0.0,
            field_age_s=0.0,
            elapsed_s=self.time_s,
            distance_to_goal_m=float(np.linalg.norm(away)),
            nothing_left=bool(field.nothing_left),
            goal_reachable=bool(field.goal_reachable),
            settled=bool(field.settled),
            code=int(field.code),
            looks_again=bool(field.looks_again),
            leftover=(int(field.leftover[0]), int(field.leftover[1])),
            code_s=self.time_s - self._planned_s,
            has_goal=self._steering is None,  # a policy is told of no goal
        )
