# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a flight's packets say, as lines of JSON beside its bag: eval.jsonl and facets.jsonl.

Each action packet gives an EvalRecord, with what the mission says last; each observation the
facets of its depth image, in the frame of the image. A line is written as soon as its packet has
come, so a recorder that is killed leaves whole lines.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rclpy.serialization import deserialize_message

from live_mvp_ros import msg, packets
from live_mvp_ros.base.results import EVAL_LINES, FACET_LINES
from live_mvp_ros.packets.flight_records import EpisodeRecords
from live_mvp_ros.packets.packet_json import to_json
from live_mvp_ros.ros.convert.packet_messages import from_message
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.topics import full_name

ACTION, OBSERVATION, STATUS = "packets/action", "packets/observation", "exploration/status"


class PacketLines:
    """The two files of one flight."""

    def __init__(self, folder: Path, namespace: str, seed: int) -> None:
        """Create the files.

        Raises:
            OSError: one of them cannot be created.
        """
        names = (ACTION, OBSERVATION, STATUS)
        self._names = {full_name(name, namespace): name for name in names}
        self._records = EpisodeRecords(seed)
        self._eval = (folder / EVAL_LINES).open("w", encoding="utf-8")
        self._facets = (folder / FACET_LINES).open("w", encoding="utf-8")

    def take(self, topic: str, data: bytes) -> None:
        """Take a serialized message of any topic, and write the lines that it gives.

        Raises:
            InvalidMessageError: it is no packet.
            OSError: a line cannot be written.
        """
        try:
            self._lines_of(topic, data)
        except packets.PacketError as error:  # packets that make no sense together
            raise InvalidMessageError(str(error)) from None

    def _lines_of(self, topic: str, data: bytes) -> None:
        match self._names.get(topic):
            case "packets/action":
                message = deserialize_message(data, msg.ActionPacket)
                action = from_message(packets.ActionPacket, message)
                self._write(self._eval, self._records.evaluation(action))
            case "packets/observation":
                message = deserialize_message(data, msg.ObservationPacket)
                observation = from_message(packets.ObservationPacket, message)
                for facet in self._records.facets(observation):
                    self._write(self._facets, facet)
            case "exploration/status":
                status = deserialize_message(data, msg.ExplorationStatus)
                is_well = status.state != msg.ExplorationStatus.FAULT
                self._records.hear(
                    is_well,
                    status.reason if not is_well else "",
                    float(status.explored_fraction),
                    float(status.control_ms_p50),
                )

    def close(self) -> None:
        """Close the files."""
        self._eval.close()
        self._facets.close()

    def _write(self, file: Any, packet: Any) -> None:
        file.write(json.dumps(to_json(packet), allow_nan=False) + "\n")
        file.flush()
