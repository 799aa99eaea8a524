# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated vehicle: flies commands, publishes odometry and transforms, and owns /clock.

Where several vehicles are simulated, one of their simulators owns /clock and the others follow.

What it publishes of its pose, transforms included, is what its odometry takes it for, with the
drift and the noise of the parameters ``odometry.*``; without them that is the truth. The true pose
goes to ``ground_truth/odom``, for the sensor that looks at the true world and for the score.

The vehicle takes care of itself, as an autopilot does, whatever becomes of its controller:

- Without a command for ``command_timeout_s`` it holds its position, for as long as none comes.
- A body-rate command is a correction of the attitude that its controller has seen. One that comes
  too late turns the vehicle over: with the default gains the loop is unstable from 0.15 s on. So a
  command is flown only while the odometry that it answers, which its stamp names, is at most
  ``command_age_max_s`` old in simulated time. A stamp from the future by more than that is no
  better. A stamp of 0 says nothing; then the time of arrival counts.
- What leans farther than ``lean_max_rad`` is levelled first.
- At ``ground_m`` it stops and has landed. There it stays, rotors off, until a command lifts it.
"""

from __future__ import annotations

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from tf2_msgs.msg import TFMessage

from live_mvp_ros import quaternion
from live_mvp_ros.config import configuration, parameter
from live_mvp_ros.control.safety import leans, level
from live_mvp_ros.control.tracking import hold
from live_mvp_ros.msg import BodyRateThrust, PosePacket
from live_mvp_ros.packets import BodyPose
from live_mvp_ros.packets.explorer import pose_packet
from live_mvp_ros.ros import convert, qos
from live_mvp_ros.ros.convert_packets import to_message
from live_mvp_ros.ros.diagnostics import WARN
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.process import run_node
from live_mvp_ros.ros.schedule import Every
from live_mvp_ros.ros.sim_time import FollowedTime, OwnTime
from live_mvp_ros.srv import ResetSim
from live_mvp_ros.vehicle import (
    BodyConfig,
    QuadrotorConfig,
    QuadrotorState,
    at_rest,
    odometry,
    simulate,
)

PACKET_RATE_HZ = 20.0


@configuration
class SimConfig:
    """Parameters of quadrotor_sim."""

    start_position_m: tuple[float, float, float] = parameter(
        default=(1.5, 5.0, 2.0), unit="m", help="Where the vehicle starts, map frame."
    )
    start_yaw_rad: float = parameter(
        default=0.0, unit="rad", low=-7.0, high=7.0, help="Heading at the start."
    )
    real_time_factor: float = parameter(
        default=1.0,
        low=0.01,
        high=100.0,
        live=True,
        help="Simulated seconds per second of wall time.",
    )
    start_paused: bool = parameter(default=False, help="Wait for sim/step or sim/pause.")
    follow_clock: bool = parameter(
        default=False, help="Live in the time of another simulator, which publishes /clock."
    )
    rate_hz: float = parameter(
        default=100.0,
        unit="Hz",
        low=10.0,
        high=1000.0,
        help="Rate of odometry and clock, in simulated time.",
    )
    substeps: int = parameter(default=4, low=1, high=100, help="Integration steps per odometry.")
    command_timeout_s: float = parameter(
        default=0.2,
        unit="s",
        low=0.02,
        high=10.0,
        live=True,
        help="Without a command for so long: hold.",
    )
    command_age_max_s: float = parameter(
        default=0.12,
        unit="s",
        low=0.01,
        high=10.0,
        live=True,
        help="A command that answers older odometry than this is not flown.",
    )
    lean_max_rad: float = parameter(
        default=1.0,
        unit="rad",
        low=0.1,
        high=3.2,
        live=True,
        help="A vehicle that leans farther is levelled, whatever the command.",
    )
    ground_m: float = parameter(
        default=0.0,
        unit="m",
        low=-1e4,
        high=1e4,
        help="Height of the ground, map frame: the vehicle's centre does not get below it.",
    )
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    map_to_odom: str = parameter(
        default="identity",
        choices=("identity", "external"),
        help="Who publishes the transform: the simulator, or who aligns scans with the map.",
    )
    seed: int = parameter(default=0, low=0, help="Seed of drift and noise of the odometry.")
    body: BodyConfig = BodyConfig()
    vehicle: QuadrotorConfig = QuadrotorConfig()
    odometry: odometry.OdometryConfig = odometry.OdometryConfig()

    def check(self) -> str | None:
        """Refuse to move a time that is another simulator's, and to start underground."""
        if self.start_position_m[2] < self.ground_m:
            return (
                f"start_position_m = {self.start_position_m} is not allowed: it must not be below "
                f"ground_m = {self.ground_m:g}"
            )
        if self.follow_clock and self.start_paused:
            return "start_paused is not allowed with follow_clock: the other simulator moves time"
        if self.follow_clock and self.real_time_factor != 1.0:
            return (
                f"real_time_factor = {self.real_time_factor:g} is not allowed with follow_clock: "
                "the other simulator moves time"
            )
        return None


def advance(
    config: SimConfig,
    state: QuadrotorState,
    command: jax.Array,
    fresh: jax.Array,
    hold_at: jax.Array,
    dt_s: jax.Array,
) -> QuadrotorState:
    """Fly ``command`` [4] while it is fresh, else hold at (x, y, z, yaw) [4] or rest on ground."""
    lifted = state.position[2] > config.ground_m
    own = hold(config.body, config.vehicle, state, hold_at[:3], hold_at[3])
    own = jnp.where(lifted, own, jnp.zeros(4))
    upright = level(config.body, config.vehicle, state)
    flown = jnp.where(leans(state, config.lean_max_rad), upright, command)
    chosen = jnp.where(fresh, flown, own)
    after = simulate(config.vehicle, state, chosen, dt_s, config.substeps)
    return _above_ground(config, after)


def _above_ground(config: SimConfig, state: QuadrotorState) -> QuadrotorState:
    """Return the state, or that of a vehicle at rest on the ground if it is not above it."""
    x, y, z = state.position
    at = jnp.stack([x, y, jnp.asarray(config.ground_m, jnp.float32)])
    rest = at_rest(at, quaternion.yaw(state.attitude))
    above = z > config.ground_m
    return jax.tree.map(lambda flies, rests: jnp.where(above, flies, rests), state, rest)


class QuadrotorSim(GraphNode):
    """One simulated quadrotor."""

    def __init__(self) -> None:
        """Declare, compile, publish, then listen."""
        super().__init__("quadrotor_sim", SimConfig())
        config = self.parameters.value
        self._frames = Frames(config.frame_prefix)
        self._period_ns = round(1e9 / config.rate_hz)
        self._time: OwnTime | FollowedTime
        if config.follow_clock:
            self._time = FollowedTime(self, self._period_ns)
        else:
            self._time = OwnTime(self, self._period_ns, self._factor, config.start_paused)
        self._start = (config.start_position_m, convert.yaw_rotation(config.start_yaw_rad))
        self._advance = jax.jit(advance)
        self._believe = jax.jit(odometry.step)
        self._flights = 0
        self._place(*self._start)
        self._advance(config, self._state, *self._inputs())  # compile before anyone listens
        self._packets, self._packet_tick = Every(PACKET_RATE_HZ), 0

        self._odom_out = self.publisher(Odometry, "odom", qos.SENSOR)
        self._truth_out = self.publisher(Odometry, "ground_truth/odom", qos.SENSOR)
        self._tf_out = self.publisher(TFMessage, "tf", qos.TRANSFORM)
        self._tf_static_out = self.publisher(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
        self._packet_out = self.publisher(PosePacket, "packets/pose", qos.SENSOR)
        if self.parameters.value.map_to_odom == "identity":
            now_ns, odom = self._time.now_ns, self._frames.odom
            fixed = convert.transform(now_ns, MAP, odom, (0, 0, 0), (1, 0, 0, 0))
            self._tf_static_out.publish(TFMessage(transforms=[fixed]))
        self.health.extra = self._extra

        self.listen(BodyRateThrust, "cmd/body_rates", qos.COMMAND_IN, self._on_command)
        self.create_service(ResetSim, "sim/reset", self._on_reset)
        self._time.start(self._tick)
        self._publish()

    def _factor(self) -> float:
        return self.parameters.value.real_time_factor

    def _place(self, position: Any, attitude: Any) -> None:
        """Put the vehicle somewhere, at rest, with no command."""
        level = at_rest(jnp.asarray(position, jnp.float32))
        self._state = level._replace(attitude=jnp.asarray(attitude, jnp.float32))
        self._command = np.zeros(4, np.float32)
        self._command_ns: int | None = None  # when it came
        self._answers_ns = 0  # stamp of the odometry that it answers; 0: not known
        self._hold_at: np.ndarray | None = None
        self._arrays = [np.asarray(leaf) for leaf in self._state]
        key = jax.random.fold_in(jax.random.key(self.parameters.value.seed), self._flights)
        self._flights += 1
        self._odometry = odometry.init(self.parameters.value.odometry, self._state, key)
        self._look_where()
        self._previous = BodyPose(tuple(position), tuple(attitude))

    def _look_where(self) -> None:
        """Let the odometry say where the vehicle is."""
        config = self.parameters.value.odometry
        if config.exact:
            self._believed = self._arrays
            return
        self._odometry, believed = self._believe(config, self._odometry, self._state)
        self._believed = [np.asarray(leaf) for leaf in believed]

    def _inputs(self) -> tuple[Any, ...]:
        fresh = not self._why_not_flown()
        if fresh:
            self._hold_at = None
        elif self._hold_at is None:
            position, _, attitude, _ = self._arrays
            self._hold_at = np.append(position, convert.yaw_of(attitude)).astype(np.float32)
        target = np.zeros(4, np.float32) if self._hold_at is None else self._hold_at
        return self._command, np.bool_(fresh), target, np.float32(1e-9 * self._period_ns)

    def _on_command(self, message: BodyRateThrust) -> None:
        self._command = convert.command_array(message)
        self._command_ns = self._time.now_ns
        self._answers_ns = convert.to_ns(message.header.stamp)

    def _why_not_flown(self) -> str:
        """Return why the last command is not flown, one sentence; empty if it is."""
        config, now_ns = self.parameters.value, self._time.now_ns
        if self._command_ns is None:
            return "no command yet"
        silent_s = 1e-9 * (now_ns - self._command_ns)
        if not 0.0 <= silent_s <= config.command_timeout_s:
            return f"no command for {silent_s:.1f} s"
        age_s = 1e-9 * (now_ns - self._answers_ns) if self._answers_ns else 0.0
        if abs(age_s) <= config.command_age_max_s:
            return ""
        if age_s < 0.0:
            return f"commands answer odometry that is {-age_s:.2f} s in the future"
        return f"the controller is too slow: its commands answer odometry {age_s:.2f} s ago"

    def _tick(self) -> None:
        begin = time.monotonic()
        config = self.parameters.value
        self._state = self._advance(config, self._state, *self._inputs())
        self._arrays = [np.asarray(leaf) for leaf in self._state]
        self._look_where()
        self._time.now_ns += self._period_ns
        self._publish()
        self.health.produced(time.monotonic() - begin)

    def _publish(self) -> None:
        """Publish odometry before the clock: who wakes at this time then knows where it is."""
        now_ns = self._time.now_ns
        if not now_ns:
            return  # nobody has said yet what time it is
        state = convert.VehicleState(now_ns, *self._believed)
        frames = self._frames
        believed = convert.odometry(state, frames.odom, frames.base_link)
        truth = convert.VehicleState(now_ns, *self._arrays)
        self._truth_out.publish(convert.odometry(truth, MAP, frames.base_link))
        self._odom_out.publish(believed)
        self._time.publish()
        moving = TransformStamped(header=believed.header, child_frame_id=frames.base_link)
        position = believed.pose.pose.position
        moving.transform.translation = convert.vector((position.x, position.y, position.z))
        moving.transform.rotation = believed.pose.pose.orientation
        self._tf_out.publish(TFMessage(transforms=[moving]))
        if self._packets.due(now_ns):
            self._publish_packet(state)

    def _publish_packet(self, state: convert.VehicleState) -> None:
        body = BodyPose(tuple(state.position.tolist()), tuple(state.attitude.tolist()))
        packet = pose_packet(
            self._time.now_ns, MAP, self._packet_tick, 1.0 / PACKET_RATE_HZ, body, self._previous
        )
        self._packet_out.publish(to_message(packet))
        self._packet_tick, self._previous = self._packet_tick + 1, body

    def _on_reset(self, request: ResetSim.Request, response: ResetSim.Response) -> Any:
        try:
            pose = self._start if request.use_default else convert.pose_arrays(request.pose)
            if pose[0][2] < self.parameters.value.ground_m:
                raise convert.InvalidMessageError(f"z = {pose[0][2]:g} m is below the ground")
        except convert.InvalidMessageError as error:
            response.success, response.message = False, f"the pose is not usable: {error}"
            return response
        self._place(*pose)
        self._publish()
        response.success = True
        return response

    @property
    def _landed(self) -> bool:
        return bool(self._arrays[0][2] <= self.parameters.value.ground_m + 1e-4)

    def _extra(self) -> dict[str, str]:
        values, why = self._time.diagnose(), self._why_not_flown()
        if self._landed:
            self.health.problem(WARN, "the vehicle is on the ground" + (f": {why}" if why else ""))
        elif why and self._command_ns is not None:
            self.health.problem(WARN, f"it holds: {why}")
        flags = {"holding": self._hold_at is not None, "landed": self._landed}
        return {**values, **{name: str(flag).lower() for name, flag in flags.items()}}


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(QuadrotorSim, args)


if __name__ == "__main__":
    raise SystemExit(main())
