# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Flying a vehicle of the graph by the keys of a terminal, in the place of the controller.

A terminal knows no releases: a key counts as down for ``press_lasts_s`` after each repetition.
Without any the vehicle brakes and holds its place. Without new odometry, or before there is a map
to filter commands by, nothing is commanded: what flies then holds by itself.
"""

from __future__ import annotations

import math
import time

import jax.numpy as jnp
import numpy as np
from nav_msgs.msg import OccupancyGrid, Odometry

from live_mvp_ros import control
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.control import manual_flight
from live_mvp_ros.control.manual_flight import ManualWish
from live_mvp_ros.control.safety import SafetyConfig, fence
from live_mvp_ros.msg import BodyRateThrust
from live_mvp_ros.nodes.teleop.key_terminal import KeyTerminal
from live_mvp_ros.playing.held_keys import HeldKeys, Wish
from live_mvp_ros.playing.key_bindings import HELD, SOLID_KEYS, help_line
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import grid_messages, vehicle_messages
from live_mvp_ros.ros.convert.grid_messages import ProbabilityGrid
from live_mvp_ros.ros.convert.vehicle_messages import VehicleState
from live_mvp_ros.ros.diagnostics import OK, WARN
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.geometries import Geometries
from live_mvp_ros.ros.localisation import Localisation
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.running import leave_uncollected, run_node
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, QuadrotorState, at_rest

_COSTMAP_REACH_M = 1.5
_KEYS = {key: action for key, action in SOLID_KEYS.items() if action in HELD}


@configuration
class TeleopConfig:
    """Parameters of teleop."""

    rate_hz: float = parameter(
        default=50.0, unit="Hz", low=5.0, high=500.0, help="Rate of commands, in node time."
    )
    terminal: str = parameter(
        default="", help="Device of the terminal whose keys are taken; empty: standard input."
    )
    press_lasts_s: float = parameter(
        default=0.6,
        unit="s",
        low=0.05,
        high=5.0,
        help="For how long a key counts as down: longer than a terminal waits to repeat it.",
    )
    acceleration_m_s2: float = parameter(
        default=2.0, unit="m/s^2", low=0.1, high=20.0, live=True, help="That a key gives."
    )
    yaw_rate_rad_s: float = parameter(
        default=1.0, unit="rad/s", low=0.1, high=5.0, live=True, help="That a key gives."
    )
    boost: float = parameter(
        default=2.0, low=1.0, high=10.0, live=True, help="Times as much with Shift."
    )
    odometry_age_max_s: float = parameter(
        default=0.2,
        unit="s",
        low=0.02,
        high=5.0,
        live=True,
        help="By odometry older than this nothing is commanded.",
    )
    lower_m: tuple[float, float, float] = parameter(
        default=(-100.0, -100.0, 0.0), unit="m", help="Lower corner of the volume to fly in."
    )
    upper_m: tuple[float, float, float] = parameter(
        default=(100.0, 100.0, 3.0), unit="m", help="Upper corner of the volume to fly in."
    )
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    body: BodyConfig = BodyConfig()
    vehicle: QuadrotorConfig = QuadrotorConfig()
    safety: SafetyConfig = SafetyConfig()

    def check(self) -> str | None:
        """Refuse an empty volume."""
        for low, high, axis in zip(self.lower_m, self.upper_m, "xyz", strict=True):
            if not low < high:
                return (
                    f"lower_m = {self.lower_m} is not allowed: it must be below upper_m = "
                    f"{self.upper_m} in {axis}"
                )
        return None


class Teleop(GraphNode):
    """One pilot at one terminal."""

    def __init__(self) -> None:
        """Declare, take the terminal, publish, then listen; the first map compiles."""
        super().__init__("teleop", TeleopConfig(), inputs=("odom", "map"))
        config = self.parameters.value
        frames = Frames(config.frame_prefix)
        self._terminal = KeyTerminal(config.terminal)
        self._held = HeldKeys(_KEYS, config.press_lasts_s)
        self._fence = fence(config.body, config.lower_m, config.upper_m)
        self._state = manual_flight.init()
        self._seen: VehicleState | None = None
        self._arrival_s, self._sigma_m = -math.inf, 0.0
        self._grid: ProbabilityGrid | None = None
        self._costmap: control.CostMap | None = None
        self._geometries = Geometries()
        self._build = KeptProgram(control.build_costmap, static_argnums=(0, 3))
        self._steer = KeptProgram(manual_flight.steer)
        self._body_frame = frames.base_link
        self._interventions = 0

        self._out = self.publisher(BodyRateThrust, "cmd/body_rates", qos.COMMAND_OUT)
        self.health.extra = lambda: {"interventions": str(self._interventions)}
        self._localisation = Localisation(self, frames)
        self.listen(Odometry, "odom", qos.SENSOR, self._on_odometry)
        self.listen(OccupancyGrid, "map", qos.LATCHED, self._on_map)
        self.create_timer(1.0 / config.rate_hz, self._on_tick)
        self.get_logger().info(help_line(_KEYS) + "   Ctrl-C end")

    def _on_odometry(self, message: Odometry) -> None:
        self._seen = self._localisation.vehicle_state(message)
        self._arrival_s = time.monotonic()
        self._sigma_m = vehicle_messages.position_sigma_m(message)

    def _on_map(self, message: OccupancyGrid) -> None:
        grid = grid_messages.probability_grid(message, MAP)
        self._geometries.admit(grid.spec)
        first = self._costmap is None
        self._costmap = self._build(grid.spec, grid.p, grid.known, _COSTMAP_REACH_M)
        if self._grid is None or grid.spec != self._grid.spec:
            self._command(at_rest(jnp.zeros(3)), Wish(), 0.0)
            self._state = manual_flight.init()
        self._grid = grid
        if first:
            leave_uncollected()

    def _odometry_age_s(self) -> float:
        assert self._seen is not None
        stamped_s = 1e-9 * (self.get_clock().now().nanoseconds - self._seen.stamp_ns)
        return max(stamped_s, time.monotonic() - self._arrival_s)

    def _on_tick(self) -> None:
        begin = time.monotonic()
        for key in self._terminal.pressed():
            self._held.press(key, begin)
        missing = self._missing()
        self.health.problem(WARN if missing else OK, missing)
        if missing:
            self._state = manual_flight.init()
            return
        assert self._seen is not None
        command = self._command(self._seen.core, self._held.wish(begin), self._odometry_age_s())
        self._out.publish(
            vehicle_messages.body_rate_thrust(self._seen.stamp_ns, self._body_frame, command)
        )
        self.health.produced(time.monotonic() - begin)

    def _missing(self) -> str:
        """Return why nothing is commanded, empty if something is."""
        if self._seen is None:
            return "no odometry yet"
        age_s = self._odometry_age_s()
        if age_s > self.parameters.value.odometry_age_max_s:
            return f"the odometry is {age_s:.1f} s old: nothing is commanded"
        return "no map yet" if self._costmap is None else ""

    def _command(self, now: QuadrotorState, wish: Wish, age_s: float) -> np.ndarray:
        """Return the command [4] for a wish."""
        config = self.parameters.value
        times = config.boost if wish.boost else 1.0
        shares = jnp.array([wish.forward, wish.left, wish.up], jnp.float32)
        manual = ManualWish(
            config.acceleration_m_s2 * times * shares,
            jnp.float32(config.yaw_rate_rad_s * times * wish.turn),
            jnp.array(wish.is_idle or wish.brake),
        )
        around = None
        if self._costmap is not None:
            around = control.Around(self._costmap, jnp.float32(self._doubt_m(age_s)))
        self._state, filtered = self._steer(
            config.body, config.vehicle, self._fence, self._state, now, manual, around,
            config.safety.speed_share_max,
        )  # fmt: skip
        self._interventions += int(filtered.code) != SafetyCode.CLEAR
        return np.asarray(filtered.command)

    def _doubt_m(self, odometry_age_s: float) -> float:
        config, map_age_s = self.parameters.value, 0.0
        if self._grid is not None:
            map_age_s = 1e-9 * (self.get_clock().now().nanoseconds - self._grid.stamp_ns)
        return control.doubt_m(
            config.safety,
            config.body,
            position_sigma_m=self._sigma_m,
            odometry_age_s=odometry_age_s,
            map_age_s=map_age_s,
        )

    def destroy_node(self) -> None:
        """Give the terminal back."""
        self._terminal.close()
        super().destroy_node()


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(Teleop, args)
