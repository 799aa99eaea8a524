# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One vehicle of the driver: its topics and services around its link; the executor's thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger
from tf2_msgs.msg import TFMessage

from live_mvp_ros.msg import AutopilotState, BodyRateThrust
from live_mvp_ros.nodes.mavlink_driver.driver_parameters import Member
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import autopilot_messages, headers, pose_messages, vehicle_messages
from live_mvp_ros.ros.frames import MAP, Frames
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.srv import CheckVehicle
from live_mvp_ros.vehicle.mavlink.carrier import CarriedPort, Carrier
from live_mvp_ros.vehicle.mavlink.clock_offset import SystemTime
from live_mvp_ros.vehicle.mavlink.flight_phase import Wish
from live_mvp_ros.vehicle.mavlink.true_pose import TrueTrack, placed, true_pose
from live_mvp_ros.vehicle.mavlink.vehicle_link import TimedEstimate, VehicleLink

STATE_PERIOD_S, TICK_PERIOD_S = 0.1, 0.02
URGENT = frozenset(
    {"ODOMETRY", "LOCAL_POSITION_NED", "ATTITUDE_QUATERNION", "HEARTBEAT", "CURRENT_MODE"}
)
"""Messages that are taken at once; others come along with the next of them."""


class Place:
    """A node as one of its vehicles sees it: with its name in front of topics and services."""

    def __init__(self, node: GraphNode, name: str) -> None:
        """See ``node``; ``name`` is empty for the vehicle without one."""
        self.node, self._before = node, f"{name}/" if name else ""

    def publisher(self, kind: Any, topic: str, profile: QoSProfile) -> Publisher:
        """Create a publisher."""
        return self.node.publisher(kind, self._before + topic, profile)

    def listen(self, kind: Any, topic: str, profile: QoSProfile, use: Callable[..., None]) -> None:
        """Subscribe."""
        self.node.listen(kind, self._before + topic, profile, use)

    def create_service(self, kind: Any, name: str, use: Callable[..., Any]) -> None:
        """Serve."""
        self.node.create_service(kind, self._before + name, use)


class DrivenVehicle:
    """Publishes what its vehicle says, and passes on what it is told."""

    def __init__(
        self,
        node: GraphNode,
        member: Member,
        carrier: Carrier,
        system: SystemTime,
        map_to_odom: str,
        frame_prefix: str,
        wake: Callable[[], None],
    ) -> None:
        """Serve on ``node``.

        Args:
            node: owner of topics and services.
            member: its name and its link.
            carrier: carries its messages.
            system: leads from the steady clock to stamps.
            map_to_odom: who publishes the transform.
            frame_prefix: in front of its frames, behind its name.
            wake: has the executor call ``drain``, from any thread.
        """
        self._node, self._system, self.link_config = node, system, member.link
        name = member.name
        self._label = f"{name}: " if name else ""
        self._frames = Frames((f"{name}/" if name else "") + frame_prefix)
        self._inbox = carrier.inbox(member.link.system_id, wake, URGENT)
        self.link = VehicleLink(member.link, CarriedPort(carrier, self._inbox), time.monotonic_ns)
        self._track = TrueTrack()
        self._stamp_ns = self._said_ns = self._ticked_ns = 0
        self._said: tuple[Any, ...] = ()

        place = Place(node, name)
        self._odom_out = place.publisher(Odometry, "odom", qos.SENSOR)
        self._truth_out = place.publisher(Odometry, "ground_truth/odom", qos.SENSOR)
        self._tf_out = place.publisher(TFMessage, "tf", qos.TRANSFORM)
        self._tf_static_out = place.publisher(TFMessage, "tf_static", qos.TRANSFORM_STATIC)
        self._state_out = place.publisher(AutopilotState, "vehicle/state", qos.KEPT)
        if map_to_odom == "identity":
            now_ns, odom = time.time_ns(), self._frames.odom
            fixed = pose_messages.transform(now_ns, MAP, odom, (0, 0, 0), (1, 0, 0, 0))
            self._tf_static_out.publish(TFMessage(transforms=[fixed]))
        place.listen(BodyRateThrust, "cmd/body_rates", qos.COMMAND_IN, self._on_command)
        place.create_service(CheckVehicle, "vehicle/check", self._on_check)
        for word, wish in (
            ("arm", Wish.ARM),
            ("takeoff", Wish.TAKE_OFF),
            ("fly", Wish.FLY),
            ("land", Wish.LAND),
            ("stop", Wish.STOP),
        ):
            place.create_service(Trigger, f"vehicle/{word}", self._wishing(wish))

    def drain(self) -> None:
        """Take what has come of the vehicle, and do what is due."""
        for message, arrival_ns in self._inbox.take():
            found = self.link.receive(message, arrival_ns)
            if found is not None:
                self._publish(found)
            elif message.get_type() == "HIL_STATE_QUATERNION":
                self._publish_truth(message, arrival_ns)
        now_ns = time.monotonic_ns()
        if now_ns - self._ticked_ns >= 1e9 * TICK_PERIOD_S:
            self._ticked_ns = now_ns
            self.link.tick()
        self._say(now_ns)

    def diagnose(self) -> tuple[str, dict[str, str]]:
        """Return what is wrong, empty for nothing, and values for diagnostics."""
        link = self.link
        values = {
            "phase": link.state.phase.name,
            "mode": link.mode_name,
            "commands_sent": str(link.gate.sent),
            "stale_commands_sent": str(link.gate.stale_sent),
            "own_holds_sent": str(link.gate.own_holds),
            "estimator_resets": str(link.resets.count),
            "clock_jumps": str(link.upkeep.clock.jumps + self._system.jumps),
            "inbox_dropped": str(self._inbox.dropped),
            "odometry_hz": f"{link.odometry_hz(1e-9 * time.monotonic_ns()):.1f}",
        }
        values |= {f"refused, {why}": str(count) for why, count in link.gate.refused.items()}
        problem = link.bad_telemetry or ("" if link.state.may_send else link.state.reason)
        before = self._label.replace(": ", " ")
        return f"{self._label}{problem}" if problem else "", {
            f"{before}{key}": value for key, value in values.items()
        }

    def _on_command(self, message: BodyRateThrust) -> None:
        command = vehicle_messages.command_array(message).tolist()
        stamp_ns = headers.to_ns(message.header.stamp)
        answers_ns = self._system.steady_ns(stamp_ns) if stamp_ns else 0
        self.link.command(command, answers_ns)

    def _publish(self, found: TimedEstimate) -> None:
        begin = time.monotonic()
        config, estimate = self.link_config, found.estimate
        self._stamp_ns = self._system.system_ns(found.steady_ns)
        at = placed(
            estimate.position_m,
            estimate.velocity_m_s,
            estimate.attitude,
            estimate.body_rates_rad_s,
            config.origin_m,
            config.origin_yaw_rad,
        )
        frames = self._frames
        message = autopilot_messages.placed_odometry(
            at, self._stamp_ns, frames.odom, frames.base_link
        )
        autopilot_messages.with_variances(
            message,
            estimate.position_variance_m2,
            estimate.attitude_variance_rad2,
            estimate.velocity_variance,
        )
        self._odom_out.publish(message)
        moving = TransformStamped(header=message.header, child_frame_id=frames.base_link)
        moving.transform.translation = pose_messages.vector(at.position_m)
        moving.transform.rotation = message.pose.pose.orientation
        self._tf_out.publish(TFMessage(transforms=[moving]))
        self._node.health.produced(time.monotonic() - begin)

    def _publish_truth(self, message: Any, arrival_ns: int) -> None:
        config = self.link_config
        at = true_pose(message, config.true_origin, config.origin_yaw_rad)
        if at is not None:
            steady_ns = self.link.steady_ns(message.time_usec, arrival_ns)
            at = self._track.follow(at, 1e-9 * steady_ns)
            stamp_ns = self._system.system_ns(steady_ns)
            self._truth_out.publish(
                autopilot_messages.placed_odometry(at, stamp_ns, MAP, self._frames.base_link)
            )

    def _say(self, now_ns: int) -> None:
        """Publish the state, at once where it is another one; write what is new into the log."""
        link, state = self.link, self.link.state
        now = (state.phase, state.authorised, link.request_state, link.facts.armed)
        if now == self._said and now_ns - self._said_ns < 1e9 * STATE_PERIOD_S:
            return
        self._said, self._said_ns = now, now_ns
        texts = []
        while link.texts.fresh:
            texts.append(link.texts.fresh.popleft().text)
        for text in texts:
            self._node.get_logger().info(f"{self._label}the vehicle says: {text}")
        for news in (link.news, link.upkeep.parameters.changes):
            while news:
                self._node.get_logger().info(f"{self._label}{news.popleft()}")
        self._state_out.publish(
            autopilot_messages.state_message(
                link, self._stamp_ns, now_ns, self._system.jumps, texts
            )
        )

    def _on_check(self, _: CheckVehicle.Request, response: CheckVehicle.Response) -> Any:
        return autopilot_messages.check_response(self.link.check(), response)

    def _wishing(self, wish: Wish) -> Callable[[Any, Any], Any]:
        """Return a callback for a Trigger: it answers at once, the rest is in vehicle/state."""

        def callback(_: Trigger.Request, response: Trigger.Response) -> Any:
            response.success, response.message = self.link.wish(wish)
            self._say(time.monotonic_ns())
            return response

        return callback
