# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulated vehicle: flies commands, publishes odometry and transforms, and owns /clock.

Where several vehicles are simulated, one of their simulators owns /clock and the others follow.

What it publishes of its pose, transforms included, is what its odometry takes it for, with the
drift, the noise and the latency of the parameters ``odometry.*``, under the stamp of when it was
so; without them that is the truth. The true pose goes to ``ground_truth/odom``, for the sensor
that looks at the true world and for the score.

How the vehicle takes care of itself without a command that can be flown is said in
``simulated_vehicle``.
"""

from __future__ import annotations

import time
from typing import Any

from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from tf2_msgs.msg import TFMessage

from live_mvp_ros import packets
from live_mvp_ros.msg import BodyRateThrust, ObservationPacket, PosePacket
from live_mvp_ros.nodes.quadrotor_sim.sim_time import FollowedTime, OwnTime
from live_mvp_ros.nodes.quadrotor_sim.simulated_vehicle import SimulatedVehicle
from live_mvp_ros.nodes.quadrotor_sim.simulator_parameters import SimConfig
from live_mvp_ros.packets import BodyPose
from live_mvp_ros.packets.explorer import Interest, interest, pose_packet
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import headers, pose_messages, vehicle_messages
from live_mvp_ros.ros.convert.packet_messages import from_message, to_message
from live_mvp_ros.ros.diagnostics import WARN
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.running import run_node
from live_mvp_ros.ros.schedule import Every
from live_mvp_ros.srv import ResetSim

PACKET_RATE_HZ = 20.0
INTEREST_S = 1.5
"""Age from which on what was looked at in the last observation is no longer looked at."""


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
        self._start = (config.start_position_m, pose_messages.yaw_rotation(config.start_yaw_rad))
        self._vehicle = SimulatedVehicle(config, self._period_ns, *self._start)
        self._previous = BodyPose(*map(tuple, self._start))
        self._heard_ns = 0  # stamp of the odometry published last
        self._packets, self._packet_tick = Every(PACKET_RATE_HZ), 0
        self._looked_at: tuple[int, Interest] | None = None

        self._odom_out = self.publisher(Odometry, "odom", qos.SENSOR)
        self._truth_out = self.publisher(Odometry, "ground_truth/odom", qos.SENSOR)
        self._tf_out = self.publisher(TFMessage, "tf", qos.TRANSFORM)
        self._tf_static_out = self.publisher(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
        self._packet_out = self.publisher(PosePacket, "packets/pose", qos.SENSOR)
        if self.parameters.value.frames.map_to_odom == "identity":
            now_ns, odom = self._time.now_ns, self._frames.odom
            fixed = pose_messages.transform(now_ns, MAP, odom, (0, 0, 0), (1, 0, 0, 0))
            self._tf_static_out.publish(TFMessage(transforms=[fixed]))
        self.health.extra = self._extra

        self.listen(BodyRateThrust, "cmd/body_rates", qos.COMMAND_IN, self._on_command)
        self.listen(ObservationPacket, "packets/observation", qos.SENSOR, self._on_observation)
        self.create_service(ResetSim, "sim/reset", self._on_reset)
        self._time.start(self._tick)
        self._publish()

    def _factor(self) -> float:
        return self.parameters.value.real_time_factor

    def _on_command(self, message: BodyRateThrust) -> None:
        command = vehicle_messages.command_array(message)
        answers_ns = headers.to_ns(message.header.stamp)
        self._vehicle.take(command, self._time.now_ns, answers_ns)

    def _on_observation(self, message: ObservationPacket) -> None:
        observation = from_message(packets.ObservationPacket, message)
        true = vehicle_messages.VehicleState(observation.stamp_ns, *self._vehicle.true)
        found = interest(observation, _body(true))
        self._looked_at = None if found is None else (observation.stamp_ns, found)

    def _tick(self) -> None:
        begin = time.monotonic()
        self._vehicle.advance(self.parameters.value, self._time.now_ns)
        self._time.now_ns += self._period_ns
        self._publish()
        self.health.produced(time.monotonic() - begin)

    def _publish(self) -> None:
        """Publish odometry before the clock: who wakes at this time then knows where it is."""
        now_ns = self._time.now_ns
        if not now_ns:
            return  # nobody has said yet what time it is
        frames = self._frames
        truth = vehicle_messages.VehicleState(now_ns, *self._vehicle.true)
        self._truth_out.publish(vehicle_messages.odometry(truth, MAP, frames.base_link))
        heard_ns = now_ns - self._vehicle.late_ns
        if heard_ns != self._heard_ns:
            self._heard_ns = heard_ns
            self._publish_belief(heard_ns)
        self._time.publish()

    def _publish_belief(self, heard_ns: int) -> None:
        """Publish the odometry that comes now, and what follows from it."""
        frames = self._frames
        state = vehicle_messages.VehicleState(heard_ns, *self._vehicle.believed)
        believed = vehicle_messages.odometry(state, frames.odom, frames.base_link)
        self._odom_out.publish(believed)
        moving = TransformStamped(header=believed.header, child_frame_id=frames.base_link)
        position = believed.pose.pose.position
        moving.transform.translation = pose_messages.vector((position.x, position.y, position.z))
        moving.transform.rotation = believed.pose.pose.orientation
        self._tf_out.publish(TFMessage(transforms=[moving]))
        if self._packets.due(heard_ns):
            self._publish_packet(state)

    def _publish_packet(self, state: vehicle_messages.VehicleState) -> None:
        body, now_ns = _body(state), self._time.now_ns
        since_ns, looked_at = self._looked_at or (0, None)
        is_now = 0 <= now_ns - since_ns < 1e9 * INTEREST_S
        packet = pose_packet(
            state.stamp_ns,
            MAP,
            self._packet_tick,
            1.0 / PACKET_RATE_HZ,
            body,
            self._previous,
            looked_at if is_now else None,
        )
        self._packet_out.publish(to_message(packet))
        self._packet_tick, self._previous = self._packet_tick + 1, body

    def _on_reset(self, request: ResetSim.Request, response: ResetSim.Response) -> Any:
        try:
            pose = self._start if request.use_default else pose_messages.pose_arrays(request.pose)
            if pose[0][2] < self.parameters.value.ground_m:
                raise InvalidMessageError(f"z = {pose[0][2]:g} m is below the ground")
        except InvalidMessageError as error:
            response.success, response.message = False, f"the pose is not usable: {error}"
            return response
        self._vehicle.place(self.parameters.value, *pose)
        self._heard_ns = 0
        self._previous = BodyPose(*map(tuple, pose))
        self._publish()
        response.success = True
        return response

    def _extra(self) -> dict[str, str]:
        config, vehicle = self.parameters.value, self._vehicle
        values, why = self._time.diagnose(), vehicle.why_not_flown(config, self._time.now_ns)
        landed = vehicle.landed(config)
        if landed:
            self.health.problem(WARN, "the vehicle is on the ground" + (f": {why}" if why else ""))
        elif why and vehicle.commanded:
            self.health.problem(WARN, f"it holds: {why}")
        flags = {"holding": vehicle.holds, "landed": landed}
        return {**values, **{name: str(flag).lower() for name, flag in flags.items()}}


def _body(state: vehicle_messages.VehicleState) -> BodyPose:
    return BodyPose(tuple(state.position.tolist()), tuple(state.attitude.tolist()))


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(QuadrotorSim, args)
