# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The recorder: the raw bytes of chosen topics into a rosbag2 bag (MCAP).

Topics of the graph are subscribed to at once, before their publishers exist; others as soon as
somebody publishes them. What comes faster than the disk takes it waits in memory of bounded size;
beyond that it is lost, counted and said. A bag that cannot be written, because the disk is full
for instance, ends the recording and not the flight.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from functools import partial
from pathlib import Path

from rclpy.clock import Clock, ClockType

from live_mvp_ros.bags.bag_types import BagError, OfferedQos, Topic
from live_mvp_ros.bags.definitions import full_definition, may_be_large, type_hash
from live_mvp_ros.bags.losses import Losses
from live_mvp_ros.bags.metadata import LOST_KEY
from live_mvp_ros.bags.recording import Recording, Waiting
from live_mvp_ros.bags.writer import BagWriter, Limits, free_folder
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.nodes.recorder.packet_lines import PacketLines
from live_mvp_ros.ros import qos, topics
from live_mvp_ros.ros.diagnostics import ERROR, OK, WARN
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.running import StartError, run_node
from live_mvp_ros.ros.taps import LARGE_HISTORY, Taps, common, offered_by

ALL = "all"
DRAIN_PERIOD_S = 0.05
DISCOVERY_PERIOD_S = 0.2


@configuration
class RecorderConfig:
    """Parameters of recorder."""

    output: str = parameter(
        default="", help="Folder of the bag; empty: bags/<time> in the working directory."
    )
    topics: tuple[str, ...] = parameter(
        default=(ALL,), help="Names of topics; all: every topic of the graph."
    )
    compression: str = parameter(
        default="zstd", choices=("none", "zstd"), help="Compression inside of the MCAP file."
    )
    max_file_mib: float = parameter(
        default=0.0, unit="MiB", low=0.0, high=1e6, help="Size at which a file is full; 0: never."
    )
    max_file_s: float = parameter(
        default=0.0, unit="s", low=0.0, high=1e6, help="Time that a file covers; 0: all of it."
    )
    packets_folder: str = parameter(
        default="",
        help="Folder for eval.jsonl and facets.jsonl, what packets say; empty: they are not made.",
    )
    seed: int = parameter(default=0, low=0, help="Seed of the flight that eval.jsonl names.")
    backlog_mib: float = parameter(
        default=256.0,
        unit="MiB",
        low=1.0,
        high=1e5,
        help="Most memory for what waits to be written; what comes beyond is lost and counted.",
    )


class Recorder(GraphNode):
    """Writes one bag from its start to its end."""

    def __init__(self) -> None:
        """Declare, open the bag, then subscribe."""
        super().__init__("recorder", RecorderConfig())
        config = self.parameters.value
        name = config.output or str(Path("bags") / datetime.now().strftime("%Y%m%d-%H%M%S"))
        limits = Limits(round(config.max_file_mib * 2**20), config.max_file_s)
        try:
            bag = BagWriter(free_folder(Path(name)), config.compression, limits)
        except BagError as error:
            raise StartError(str(error)) from None
        self._bag = Recording(bag, round(config.backlog_mib * 2**20))
        self._taps = Taps(self, peers=self.health.peers)
        self._lines = self._opened_lines(config)
        self._losses: dict[str, Losses] = {}
        self._unknown: set[str] = set()
        self._recording, self._slow = True, False
        self._subscribe(config.topics)
        self.health.extra = self._extra
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(DRAIN_PERIOD_S, self._drain, clock=steady)
        if self._unknown:
            self.create_timer(DISCOVERY_PERIOD_S, self._discover, clock=steady)
        self.get_logger().info(f"recording to {self._bag.folder}")

    def destroy_node(self) -> None:
        """Write what has come meanwhile and complete the bag."""
        self._drain()
        if self._lines is not None:
            self._lines.close()
        if self._recording:
            try:
                self._bag.close({LOST_KEY: json.dumps(self._lost())})
            except BagError as error:
                self.get_logger().error(str(error))
        super().destroy_node()

    def _subscribe(self, names: tuple[str, ...]) -> None:
        namespace = self.get_namespace().strip("/")
        wanted = [topics.full_name(name, namespace) for name in names if name != ALL]
        if ALL in names:
            wanted += topics.recorded(namespace)
        for topic in dict.fromkeys(wanted):
            known = topics.spec_of(topic, namespace)
            if known is None:
                self._unknown.add(topic)
            else:
                self._open(topic, known.type, offered_by(getattr(qos, known.qos)))

    def _discover(self) -> None:
        """Subscribe to topics of others that have a publisher now."""
        for topic in sorted(self._unknown):
            found = self.get_publishers_info_by_topic(topic)
            if not found:
                continue
            self._unknown.discard(topic)
            offered = common([item.qos_profile for item in found])
            try:
                self._open(topic, found[0].topic_type, offered)
            except (BagError, ImportError, AttributeError):
                kind = found[0].topic_type
                self.health.refused(topic, f"its type {kind} is not installed here")

    def _open(self, topic: str, kind: str, offered: OfferedQos) -> None:
        definition = full_definition(kind)
        self._bag.add(Topic(topic, kind, definition, type_hash(kind), (offered,)))
        history = LARGE_HISTORY if may_be_large(definition) else None
        self._taps.open(topic, kind, offered, history)
        self._losses[topic] = Losses()

    def _drain(self) -> None:
        """Hand over what has come since the last time, in the order of its arrival."""
        if not self._recording:
            return
        begin = time.monotonic()
        before = self._bag.dropped.total()
        for item in sorted(self._taps.drain(), key=lambda taken: taken.received_ns):
            self._bag.offer(
                Waiting(item.topic, item.received_ns, item.data, item.sent_ns, item.sequence)
            )
            publishers = partial(self.count_publishers, item.topic)
            self._losses[item.topic].received_number(item.sequence, publishers)
            self._note(item.topic, item.data)
        self._say_how_it_goes(dropping=self._bag.dropped.total() > before)
        self.health.produced(time.monotonic() - begin)

    def _opened_lines(self, config: RecorderConfig) -> PacketLines | None:
        """Return the files for what packets say, None where they are not wanted.

        Raises:
            StartError: they cannot be created.
        """
        if not config.packets_folder:
            return None
        namespace = self.get_namespace().strip("/")
        try:
            return PacketLines(Path(config.packets_folder), namespace, config.seed)
        except OSError as error:
            raise StartError(f"packets_folder {config.packets_folder}: {error.strerror}") from None

    def _note(self, topic: str, data: bytes) -> None:
        """Write what a packet says; a full disk ends the lines and not the bag."""
        if self._lines is None:
            return
        try:
            self._lines.take(topic, data)
        except InvalidMessageError as error:
            self.health.refused(topic, str(error))
        except OSError as error:
            self._lines = None
            self.get_logger().error(f"lines of packets have ended: {error.strerror or error}")

    def _say_how_it_goes(self, dropping: bool) -> None:
        """Note the end of the recording, or that the disk is too slow, and that it keeps up."""
        error = self._bag.error
        if error is not None:
            self._recording = False
            self._taps.close()  # nobody takes what would come
            self.health.problem(ERROR, str(error))
            self.get_logger().error(f"recording has ended: {error}")
        elif dropping:
            sentence = (
                f"the disk is slower than what comes: {self._bag.dropped.total()} messages are "
                f"lost, backlog_mib = {self.parameters.value.backlog_mib:g} is full"
            )
            self.health.problem(WARN, sentence)
            if not self._slow:
                self.get_logger().warning(sentence)
            self._slow = True
        elif self._slow and not self._bag.waiting_bytes:
            self._slow = False
            self.health.problem(OK, "")

    def _lost(self) -> dict[str, int]:
        """Return how many messages are not in the bag, by topic."""
        dropped = self._bag.dropped
        return {topic: losses.lost + dropped[topic] for topic, losses in self._losses.items()}

    def _extra(self) -> dict[str, str]:
        received = sum(losses.received for losses in self._losses.values())
        return {
            "messages": str(received - self._bag.dropped.total()),
            "lost": str(sum(self._lost().values())),
            "backlog_mib": f"{self._bag.waiting_bytes / 2**20:.1f}",
            "recording": str(self._recording).lower(),
        }


def main(args: list[str] | None = None) -> int:
    """Run the node."""
    return run_node(Recorder, args)
