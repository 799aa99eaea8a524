# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The vehicle that takes care of itself, as an autopilot does, whatever becomes of its controller.

- Without a command for ``command_timeout_s`` it holds its position, for as long as none comes.
- A body-rate command is a correction of the attitude that its controller has seen. One that comes
  too late turns the vehicle over: with the default gains the loop is unstable from 0.15 s on. So a
  command is flown only while the odometry that it answers, which its stamp names, is at most
  ``command_age_max_s`` old in simulated time, besides what that odometry itself comes late by:
  a controller knows how old it is and reckons with it, but not with its own delays. A stamp from
  the future by more than that is no better. A stamp of 0 says nothing; then the time of arrival
  counts.
- A command that answers older odometry than the one before it was overtaken, and is not flown.
- What leans farther than ``lean_max_rad`` is levelled first.
- Commands that do not come, and a lean out of control, climb the rungs of ``escalation.*``: by
  default it holds, and levels, for as long as they last. From landing only a reset gives it back.
- At ``ground_m`` it stops and has landed. There it stays, rotors off, until a command lifts it.

Its own hold feels what pushes it, as autopilots learn what thrust they hover with.

It speaks no ROS: who simulates it gives it commands and the time, and publishes where it is.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.control.tracking import hold
from live_mvp_ros.nodes.quadrotor_sim.simulator_parameters import SimConfig
from live_mvp_ros.ros.convert import pose_messages
from live_mvp_ros.vehicle import QuadrotorState, at_rest, delay, disturbances, escalation, odometry
from live_mvp_ros.vehicle.escalation import Condition, Escalation, Fallback
from live_mvp_ros.vehicle.guard import guarded, lean_rad

OVERTAKEN_NS = 100_000_000
"""So long a command that has come keeps out those that answer older odometry: not for ever, since
a clock may have been set back."""


def advance(
    config: SimConfig,
    state: QuadrotorState,
    pushed: disturbances.DisturbanceState,
    command: jax.Array,
    fresh: jax.Array,
    hold_at: jax.Array,
    dt_s: jax.Array,
    fallback: jax.Array,
) -> tuple[disturbances.DisturbanceState, QuadrotorState]:
    """Fly ``command`` [4] while it is fresh, else hold at (x, y, z, yaw) [4] or rest on ground.

    On rungs beyond a hold (``fallback``) the ladder has its way.
    """
    lifted = state.position[2] > config.ground_m
    push = disturbances.push(config.disturbances, config.vehicle, pushed, state)
    own = hold(config.body, config.vehicle, state, hold_at[:3], hold_at[3], push)
    own = jnp.where(lifted, own, jnp.zeros(4))
    flown, _ = guarded(
        jnp,
        config.body,
        config.vehicle,
        command,
        state.attitude,
        state.body_rates,
        state.velocity[2],
        lean_max_rad=config.lean_max_rad,
        fallback=fallback,
        descent_m_s=config.escalation.descent_m_s,
    )
    chosen = jnp.where(fresh | (fallback >= Fallback.LEVEL), flown, own)
    pushed, after = disturbances.step(
        config.disturbances, config.vehicle, pushed, state, chosen, dt_s, config.substeps
    )
    return pushed, _above_ground(config, after)


def _above_ground(config: SimConfig, state: QuadrotorState) -> QuadrotorState:
    """Return the state, or that of a vehicle at rest on the ground if it is not above it."""
    x, y, z = state.position
    at = jnp.stack([x, y, jnp.asarray(config.ground_m, jnp.float32)])
    rest = at_rest(at, quaternion.yaw(state.attitude))
    above = z > config.ground_m
    return jax.tree.map(lambda flies, rests: jnp.where(above, flies, rests), state, rest)


class SimulatedVehicle:
    """Flies commands, or holds its place; used by one thread.

    All times are simulated, and each method takes the parameters as they are now.

    Attributes:
        true: position, velocity, attitude and body rates as they are, arrays in the map frame.
        believed: the same as the odometry that comes now takes them for.
        late_ns: how old that is.
        ladder: where its ladder of last resorts stands.
    """

    def __init__(self, config: SimConfig, period_ns: int, position_m: Any, attitude: Any) -> None:
        """Be at rest at a position [3] and an attitude [4], and compile.

        Args:
            config: parameters.
            period_ns: between two odometries.
            position_m: of the start, map frame.
            attitude: of the start, a unit quaternion (w, x, y, z).
        """
        self._period_ns, self._period_s = period_ns, np.float32(1e-9 * period_ns)
        self._advance, self._believe = KeptProgram(advance), KeptProgram(odometry.step)
        self._hear = KeptProgram(delay.step, static_argnums=(1,))
        self._flights = 0
        self.place(config, position_m, attitude)
        self._advance(config, self._state, self._pushed, *self._inputs(config, 0))

    def place(self, config: SimConfig, position_m: Any, attitude: Any) -> None:
        """Put the vehicle at a position [3] and an attitude [4], at rest, with no command."""
        upright = at_rest(jnp.asarray(position_m, jnp.float32))
        self._state = upright._replace(attitude=jnp.asarray(attitude, jnp.float32))
        self._command = np.zeros(4, np.float32)
        self._command_ns: int | None = None  # when it came
        self._answers_ns = 0
        self._hold_at: np.ndarray | None = None
        self.ladder = Escalation()
        self.true = [np.asarray(leaf) for leaf in self._state]
        key = jax.random.fold_in(jax.random.key(config.seed), self._flights)
        self._flights += 1
        self._odometry = odometry.init(config.odometry, self._state, key)
        disturbed, late = (jax.random.fold_in(key, k) for k in range(2))
        self._pushed = disturbances.init(config.disturbances, config.vehicle, disturbed)
        self._late = delay.init(config.odometry, self._delay_s, self._state, late)
        self._look_where(config)

    def take(self, command: np.ndarray, now_ns: int, answers_ns: int) -> None:
        """Take a command [4], which has just come, unless a newer one has overtaken it.

        Args:
            command: thrust and body rates.
            now_ns: when it came.
            answers_ns: stamp of the odometry that it answers, 0 if that is not known.
        """
        overtaken = 0 < answers_ns < self._answers_ns
        if (
            overtaken
            and self._command_ns is not None
            and now_ns - self._command_ns <= OVERTAKEN_NS
        ):
            return
        self._command, self._command_ns = command, now_ns
        self._answers_ns = answers_ns

    def advance(self, config: SimConfig, now_ns: int) -> None:
        """Fly for one period, which begins now."""
        self._pushed, self._state = self._advance(
            config, self._state, self._pushed, *self._inputs(config, now_ns)
        )
        self.true = [np.asarray(leaf) for leaf in self._state]
        self._look_where(config)

    @property
    def commanded(self) -> bool:
        """Whether a command has come since the vehicle was placed."""
        return self._command_ns is not None

    @property
    def holds(self) -> bool:
        """Whether it holds a place of its own choice."""
        return self._hold_at is not None

    def landed(self, config: SimConfig) -> bool:
        """Return whether it is on the ground."""
        return bool(self.true[0][2] <= config.ground_m + 1e-4)

    def why_not_flown(self, config: SimConfig, now_ns: int) -> str:
        """Return why the last command is not flown, one sentence; empty if it is."""
        if self._command_ns is None:
            return "no command yet"
        silent_s = 1e-9 * (now_ns - self._command_ns)
        if not 0.0 <= silent_s <= config.command_timeout_s:
            return f"no command for {silent_s:.1f} s"
        age_s = 1e-9 * (now_ns - self._answers_ns) if self._answers_ns else 0.0
        if abs(age_s) <= config.oldest_answered_s:
            return ""
        if age_s < 0.0:
            return f"commands answer odometry that is {-age_s:.2f} s in the future"
        return f"the controller is too slow: its commands answer odometry {age_s:.2f} s ago"

    @property
    def _delay_s(self) -> float:
        return 1e-9 * self._period_ns

    def _look_where(self, config: SimConfig) -> None:
        """Let the odometry say where the vehicle is, and hear what has come of it."""
        self.believed, self.late_ns = self.true, 0
        if config.odometry.exact and config.odometry.prompt:
            return
        self._odometry, report = self._believe(config.odometry, self._odometry, self._state)
        self._late, heard, steps = self._hear(config.odometry, self._delay_s, self._late, report)
        self.believed = [np.asarray(leaf) for leaf in heard]
        self.late_ns = int(steps) * self._period_ns

    def _inputs(self, config: SimConfig, now_ns: int) -> tuple[Any, ...]:
        """Return what ``advance`` takes besides the state; choose a place to hold, or leave it."""
        fresh = not self.why_not_flown(config, now_ns)
        if fresh:
            self._hold_at = None
        elif self._hold_at is None:
            position, _, attitude, _ = self.true
            self._hold_at = np.append(position, pose_messages.yaw_of(attitude)).astype(np.float32)
        target = np.zeros(4, np.float32) if self._hold_at is None else self._hold_at
        condition = Condition(
            command_age_s=0.0 if fresh or not self.commanded else math.inf,
            lean_rad=lean_rad(self.true[2]),
            landed=self.landed(config),
        )
        self.ladder = escalation.step(config.escalation, self.ladder, 1e-9 * now_ns, condition)
        fallback = np.int32(self.ladder.fallback)
        return self._command, np.bool_(fresh), target, self._period_s, fallback
