# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who computes the commands of a policy: one flight, flown or held, on the executor's thread."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import control
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import ControllerConfig, FlightState
from live_mvp_ros.nodes.policy_controller.policy_sight import Sight
from live_mvp_ros.policy import piloting
from live_mvp_ros.policy.policy_file import TrainedPolicy
from live_mvp_ros.policy.sent_fields import Lattice, fields_on
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.vehicle import at_rest

_LONGEST_S = 0.2  # between two commands, and of odometry: beyond, a clock says what it likes


def _fly(
    config: ControllerConfig,
    pilot: piloting.Pilot,
    lattice: Lattice,
    flight: FlightState,
    inputs: piloting.PilotInputs,
) -> tuple[FlightState, piloting.Piloted]:
    return piloting.fly(config, pilot, fields_on(lattice), flight, inputs)


class PolicyPilot:
    """Flies a policy, or holds; the executor's, but for ``prepare``.

    Attributes:
        ready_for: the sight that it was compiled for last, None before. Replaced by the worker.
        last: what was said of the latest command of the policy, None before the first.
    """

    def __init__(self, config: ControllerConfig, policy: TrainedPolicy) -> None:
        """Compile the hold; what a policy flies by depends on the map."""
        self.ready_for: Sight | None = None
        self.last: piloting.Piloted | None = None
        self._pilot = piloting.Pilot(policy.network, policy.body)
        self._from_start = policy.position == "relative"
        self._origin_m: np.ndarray | None = None
        self._first = control.init(config, jax.random.key(0))
        self._flight, self._stamp_ns = self._first, 0
        self._fly, self._stay = KeptProgram(_fly), KeptProgram(control.stay)
        nowhere = VehicleState(0, *map(np.asarray, at_rest(jnp.zeros(3))))
        for _ in range(2):
            self.hold(config, nowhere, 0.0)
        self.let_go()

    def prepare(self, config: ControllerConfig, vehicle: VehicleState, sight: Sight) -> None:
        """Compile for the geometry of a sight, and fly by it from now on (worker)."""
        known = self.ready_for
        if known is None or known.geometry != sight.geometry:
            around = control.Around(sight.costmap, jnp.float32(0.0))
            zero, origin_m = jnp.float32(0.0), jnp.asarray(vehicle.position)
            inputs = piloting.PilotInputs(
                vehicle.core, around, origin_m, zero, zero, jnp.float32(1.0)
            )
            args = (config, self._pilot, sight.lattice, self._first, inputs)
            jax.block_until_ready(self._fly(*args))
            self._stay(config, self._first, vehicle.core, zero, zero, around)
        self.ready_for = sight

    def hold(
        self,
        config: ControllerConfig,
        vehicle: VehicleState,
        odom_age_s: float,
        doubt_m: float = 0.0,
    ) -> np.ndarray:
        """Return the command [4] that stops the vehicle and keeps it there."""
        sight, times = self.ready_for, self._times(vehicle, odom_age_s)
        around = None if sight is None else control.Around(sight.costmap, jnp.float32(doubt_m))
        flight, command = self._stay(config, self._flight, vehicle.core, *times, around)
        self._flight, self._stamp_ns = flight, vehicle.stamp_ns
        return np.asarray(command)

    def fly(
        self,
        config: ControllerConfig,
        vehicle: VehicleState,
        sight: Sight,
        odom_age_s: float,
        haste: float,
        doubt_m: float,
    ) -> np.ndarray:
        """Return the command [4] of the policy, as far as it may be flown.

        Args:
            config: of body, vehicle and filter.
            vehicle: the newest odometry.
            sight: what it flies by.
            odom_age_s: how old the odometry is.
            haste: share of the speed limit that may be flown.
            doubt_m: how much more room the last filter keeps.
        """
        if self._origin_m is None:
            self._origin_m = vehicle.position if self._from_start else np.zeros(3, np.float32)
        around = control.Around(sight.costmap, jnp.float32(doubt_m))
        elapsed_s, age_s = self._times(vehicle, odom_age_s)
        inputs = piloting.PilotInputs(
            vehicle.core,
            around,
            jnp.asarray(self._origin_m),
            elapsed_s,
            age_s,
            jnp.float32(haste),
        )
        self._flight, self.last = self._fly(
            config, self._pilot, sight.lattice, self._flight, inputs
        )
        self._stamp_ns = vehicle.stamp_ns
        return np.asarray(self.last.command)

    def let_go(self) -> None:
        """Note that somebody else flies: the next hold is where the vehicle is then."""
        self._flight = self._first

    def begin(self) -> None:
        """Note that a mission begins: a relative position is counted from where it flies first."""
        self._origin_m = None

    @property
    def intervention(self) -> SafetyCode:
        """Why the last filter changed the latest command."""
        return SafetyCode(int(self._flight.safety))

    def _times(self, vehicle: VehicleState, odom_age_s: float) -> tuple[jax.Array, jax.Array]:
        """Return the time since the last command, and the age of the odometry, as they count."""
        since_s = 1e-9 * (vehicle.stamp_ns - self._stamp_ns)
        times = np.clip([since_s, odom_age_s], 0.0, _LONGEST_S)
        return jnp.float32(times[0]), jnp.float32(times[1])
