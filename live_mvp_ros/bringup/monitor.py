# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Watch a running graph over DDS like any other subscriber, and keep the record of its flight.

Callbacks only take numbers down; scoring happens elsewhere. Clouds and fields are counted without
being decoded. Runs in its own thread and context, so that signals stay with the main thread. What
ends that thread with an error is kept in ``failure``: a flight that nobody follows never ends.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from nav_msgs.msg import OccupancyGrid, Odometry
from rcl_interfaces.srv import GetParameters, ListParameters
from rclpy.clock import Clock as SteadyClock
from rclpy.clock import ClockType
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from rclpy.signals import SignalHandlerOptions
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import PointCloud2
from std_srvs.srv import Trigger

from live_mvp_ros.base.mission_state import HAVE_FLOWN, OVER, state_name
from live_mvp_ros.base.threads import KeepingThread
from live_mvp_ros.bringup.flight_record import FlightRecord, Status
from live_mvp_ros.bringup.flown import FlownParameters
from live_mvp_ros.bringup.moments import Moments, moment_of
from live_mvp_ros.bringup.node_process import lower_thread
from live_mvp_ros.bringup.start_progress import Progress
from live_mvp_ros.bringup.vehicle_client import VehicleClient
from live_mvp_ros.msg import BodyRateThrust, CompletionReport, ExplorationStatus, InfoField
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert.completion_messages import completion_of
from live_mvp_ros.ros.peers import Peers
from live_mvp_ros.ros.polling import Polled
from live_mvp_ros.ros.refusals import FARTHEST_M, InvalidMessageError, Refusals
from live_mvp_ros.ros.starting import STARTING
from live_mvp_ros.srv import SaveMap

CLOSE_LIMIT_S = 30.0
NICENESS = 5  # of the watching thread: who only looks must not delay who flies
PEERS_PERIOD_S = 1.0
POLL_PERIOD_S = 0.05
"""What comes a hundred times a second is taken so often."""
ANSWER_STEP_S = 0.02
_PATIENT = QoSProfile(  # best effort, but nothing is lost while this process is busy for a second
    history=HistoryPolicy.KEEP_LAST, depth=200, reliability=ReliabilityPolicy.BEST_EFFORT
)

Info = dict[str, int]


class Monitor:
    """Subscribes to a graph and fills ``record`` until ``close``."""

    def __init__(
        self,
        namespace: str,
        on_map: Callable[[OccupancyGrid, float], None],
        *,
        nodes: Sequence[str] = (),
        onlookers: Sequence[str] = (),
        sim_time: bool = False,
        flies_by_odometry: bool = False,
        frame_prefix: str = "",
    ) -> None:
        """Start watching the graph in a namespace.

        Args:
            namespace: of the graph, without a leading slash.
            on_map: called with each map and the flight time; must return quickly.
            nodes: fully qualified names of its nodes, in the order of the flow of data.
            onlookers: the same of those that nothing waits for.
            sim_time: its time comes from /clock.
            flies_by_odometry: the flight begins with the first odometry, because no controller
                of ours reports a state.
            frame_prefix: begins the names of the vehicle's frames; odometry of others is refused.
        """
        self.record = FlightRecord()
        self.latest_map: OccupancyGrid | None = None
        self.first_map_at: float | None = None
        """Steady time of the first map."""
        self.progress = Progress(
            [name.lstrip("/") for name in nodes], [name.lstrip("/") for name in onlookers]
        )
        self.progress.clock_heard = not sim_time
        self.flown = FlownParameters(nodes)
        self.moments = Moments()
        self.has_plan = False
        """Whether an information field has come."""
        self.heard_vehicle = False
        """Whether odometry or a cloud has come, usable or not."""
        self._on_map = on_map
        self._flies_by_odometry = flies_by_odometry
        self._frame_prefix = frame_prefix
        self.refused: defaultdict[str, Refusals] = defaultdict(Refusals)
        """What could not be used, by topic."""
        self._context = Context()
        rclpy.init(context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node(
            "explore_monitor", namespace=f"/{namespace}", context=self._context
        )
        self._peers = Peers(self._node)
        self._save = self._node.create_client(SaveMap, "map/save")
        self._stop = self._node.create_client(Trigger, "explore/stop")
        self.vehicle = VehicleClient(self._node)
        """What the driver of the vehicle says, where there is one."""
        self._completed = threading.Event()
        self._clients: dict[str, tuple[Any, Any]] = {}
        self._polled: list[Polled] = []
        self._subscribe()
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._thread = KeepingThread(self._spin, "monitor")
        self._thread.start()

    @property
    def failure(self) -> BaseException | None:
        """What has ended the watching before ``close``; None while it goes on."""
        return self._thread.error

    def nodes(self) -> list[tuple[str, str, str]]:
        """Return name, namespace and enclave of every node that discovery knows."""
        return list(self._node.get_node_names_and_namespaces_with_enclaves())

    def ask_parameters(self) -> None:
        """Ask the nodes for their parameters; ``flown`` has those that have answered so far."""
        for name in self.flown.missing():
            names, values = self._clients.setdefault(name, self._parameter_clients(name))
            if names.service_is_ready() and values.service_is_ready():
                future = names.call_async(ListParameters.Request())
                future.add_done_callback(partial(self._listed, name, values))

    def renew_parameters(self, timeout_s: float) -> None:
        """Ask again for parameters, which may have been changed; old ones hold until answered."""
        self.flown.renew()
        end = time.monotonic() + timeout_s
        self.ask_parameters()
        while self.flown.missing() and time.monotonic() < end and self.failure is None:
            time.sleep(ANSWER_STEP_S)

    def save_map(self, path: Path, timeout_s: float) -> str | None:
        """Have the map saved; return None when it is, else a sentence that says why not."""
        if self.failure is not None:
            return "nobody is left to hear the answer of the map node; its last autosave stays"
        if not self._save.service_is_ready():
            return "the map node is not running"
        done = threading.Event()
        future = self._save.call_async(SaveMap.Request(path=str(path)))
        future.add_done_callback(lambda _: done.set())
        if not done.wait(timeout_s):
            return f"the map node did not answer within {timeout_s:g} s"
        response = future.result()
        return None if response is None or response.success else str(response.message)

    def end_mission(self, timeout_s: float) -> None:
        """Have the mission end if it has not, and wait for what the planner says is left."""
        over = self.record.status is not None and self.record.status.state in OVER
        if not over and self._stop.service_is_ready():
            self._stop.call_async(Trigger.Request())
        if (over or self._stop.service_is_ready()) and self.failure is None:
            self._completed.wait(timeout_s)

    def close(self) -> None:
        """Stop watching; safe to call again."""
        if self._context.ok():
            self._executor.shutdown(timeout_sec=0.5)
            # cut off inside of DDS or an import, the thread would take the process down with it
            self._thread.join(timeout=CLOSE_LIMIT_S)
            self._node.destroy_node()
            self._context.try_shutdown()

    def _subscribe(self) -> None:
        def listen(kind: Any, topic: str, profile: Any, use: Any, raw: bool = False) -> None:
            self._peers.add(topic, profile, subscribes=True)
            self._node.create_subscription(
                kind, topic, use, profile, raw=raw, event_callbacks=qos.subscription_events()
            )

        def valid(topic: str, use: Any) -> Any:
            def take(message: Any, info: Info) -> None:
                try:
                    use(message, info)
                except InvalidMessageError as error:
                    self._refuse(topic, str(error))

            return take

        def checked(kind: Any, topic: str, profile: Any, use: Any, raw: bool = False) -> None:
            listen(kind, topic, profile, valid(topic, use), raw)

        def poll(kind: Any, topic: str, use: Any, profile: Any = _PATIENT) -> None:
            self._peers.add(topic, profile, subscribes=True)
            self._polled.append(Polled(self._node, kind, topic, profile, valid(topic, use)))

        poll(Odometry, "odom", self._odometry)
        poll(Odometry, "ground_truth/odom", self._true_odometry)
        poll(BodyRateThrust, "cmd/body_rates", self._command)
        listen(PointCloud2, "depth/points", qos.SENSOR, self._counted("points"), raw=True)
        checked(InfoField, "info_field", qos.LATCHED, self._field, raw=True)
        checked(OccupancyGrid, "map", qos.LATCHED, self._map)
        listen(ExplorationStatus, "exploration/status", qos.STATUS, self._status)
        listen(CompletionReport, "exploration/completion", qos.LATCHED, self._completion)
        if not self.progress.clock_heard:
            poll(Clock, "/clock", self._clock, qos.SENSOR)
        listen(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS, self._diagnostics)

        steady = SteadyClock(clock_type=ClockType.STEADY_TIME)
        self._node.create_timer(PEERS_PERIOD_S, self._peers.problems, clock=steady)
        self._node.create_timer(POLL_PERIOD_S, self._poll, clock=steady)

    def _poll(self) -> None:
        for polled in self._polled:
            polled.take()

    def _refuse(self, topic: str, reason: str) -> None:
        text = self.refused[topic].add(reason, time.monotonic())
        if text:
            self._node.get_logger().warning(f"dropped a message on {topic}: {text}")

    def _stamp_ns(self, message: Odometry) -> int:
        """Return the stamp of an odometry of this vehicle; at 100 Hz it may cost little.

        Raises:
            InvalidMessageError: it is given in another frame, describes another body, or has no
                time or no place.
        """
        frame, body = message.header.frame_id, message.child_frame_id
        frames = (f"{self._frame_prefix}odom", "map")
        if frame not in frames:
            raise InvalidMessageError(f"frame {frame!r} is not {' or '.join(map(repr, frames))}")
        if body != f"{self._frame_prefix}base_link":
            raise InvalidMessageError(f"child frame {body!r} is not the vehicle's body")
        stamp, at = message.header.stamp, message.pose.pose.position
        if stamp.sec < 0 or stamp.nanosec >= 1_000_000_000:
            raise InvalidMessageError(f"stamp {stamp.sec} s and {stamp.nanosec} ns is no time")
        if not all(abs(value) <= FARTHEST_M for value in (at.x, at.y, at.z)):
            raise InvalidMessageError(f"position ({at.x:g}, {at.y:g}, {at.z:g}) m is none")
        return int(stamp.sec * 1_000_000_000 + stamp.nanosec)

    def _odometry(self, message: Odometry, info: Info) -> None:
        self.heard_vehicle = True
        stamp_ns = self._stamp_ns(message)
        if self._flies_by_odometry:
            self.record.begin()
        at = message.pose.pose.position
        self.record.odometry(stamp_ns, info["source_timestamp"], (at.x, at.y, at.z))

    def _true_odometry(self, message: Odometry, _: Info) -> None:
        stamp_ns = self._stamp_ns(message)
        at = message.pose.pose.position
        self.record.true_odometry(stamp_ns, (at.x, at.y, at.z))

    def _command(self, message: BodyRateThrust, info: Info) -> None:
        stamp = message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec
        self.record.command(stamp, info["source_timestamp"])

    def _counted(self, topic: str) -> Callable[[bytes, Info], None]:
        def count(_: bytes, info: Info) -> None:
            self.heard_vehicle = True
            self.record.arrived(topic, info["source_timestamp"])

        return count

    def _field(self, data: bytes, info: Info) -> None:
        self.has_plan = True
        self.record.arrived("info_field", info["source_timestamp"])
        if self.record.flying:
            now_s, at = self.record.now_s(), self.record.position_m()
            self.moments.offer(now_s, lambda: moment_of(now_s, data, at))
            target = deserialize_message(data, InfoField).target
            self.record.planned((target.x, target.y))

    def _map(self, message: OccupancyGrid, info: Info) -> None:
        from live_mvp_ros.ros.convert.grid_messages import (
            probability_grid,  # loads JAX, when a map has come
        )
        from live_mvp_ros.ros.frames import MAP

        probability_grid(message, MAP)  # what the report cannot be drawn from is not kept
        self.latest_map = message
        if self.first_map_at is None:
            self.first_map_at = time.monotonic()
        self.record.arrived("map", info["source_timestamp"])
        self._on_map(message, self.record.now_s())

    def _status(self, message: ExplorationStatus, info: Info) -> None:
        status = Status(
            state=state_name(message.state),
            reason=message.reason,
            explored_fraction=message.explored_fraction,
            clearance_m=message.clearance_m,
            control_ms_p50=message.control_ms_p50,
            goal_reached=message.goal_reached,
            success=message.success,
            unsafe_plan_fraction=message.unsafe_plan_fraction,
            parked_fraction=message.parked_fraction,
            safety_interventions=message.safety_interventions,
            elapsed_s=message.elapsed_s,
            waited_s=message.waited_s,
        )
        if status.state in HAVE_FLOWN:
            self.record.begin()
        self.record.report(status)

    def _completion(self, message: CompletionReport) -> None:
        try:
            report = completion_of(message)
        except ValueError as error:
            self._refuse("exploration/completion", str(error))
            return
        self.record.left(report, message.final)
        if message.final:
            self._completed.set()

    def _diagnostics(self, message: DiagnosticArray) -> None:
        take_diagnostics(self.progress, message)

    def _clock(self, _: Clock, __: Info) -> None:
        self.progress.clock_heard = True

    def _parameter_clients(self, name: str) -> tuple[Any, Any]:
        return (
            self._node.create_client(ListParameters, f"{name}/list_parameters"),
            self._node.create_client(GetParameters, f"{name}/get_parameters"),
        )

    def _listed(self, node: str, client: Any, future: Any) -> None:
        names = [] if future.result() is None else list(future.result().result.names)
        asked = client.call_async(GetParameters.Request(names=names))
        asked.add_done_callback(partial(self._got, node, names))

    def _got(self, node: str, names: list[str], future: Any) -> None:
        if future.result() is not None:
            values = [parameter_value_to_python(value) for value in future.result().values]
            self.flown.answer(node, dict(zip(names, values, strict=False)))

    def _spin(self) -> None:
        lower_thread(NICENESS)
        try:
            self._executor.spin()
        except ExternalShutdownException:
            return


def take_diagnostics(progress: Progress, message: DiagnosticArray) -> None:
    """Give what nodes say about themselves to ``progress``."""
    for status in message.status:
        progress.report(
            status.name,
            "" if status.message == "ok" else status.message,
            is_problem=status.level != DiagnosticStatus.OK,
            spins=not status.message.startswith(STARTING),
            paused=any(item.key == "paused" and item.value == "true" for item in status.values),
            produces=any(
                item.key == "rate_hz" and item.value.strip("0.") for item in status.values
            ),
        )
