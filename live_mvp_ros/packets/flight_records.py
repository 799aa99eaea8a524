# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the packets of a flight amount to: a record of each step, and facets of what was seen."""

from __future__ import annotations

import math
from collections.abc import Iterator

from live_mvp_ros.packets.facets import facets_from_depth
from live_mvp_ros.packets.packet_types import (
    ActionPacket,
    BeliefPacket,
    EvalRecord,
    FacetRecord,
    ObservationPacket,
    StepInfo,
)

FACETS_EVERY_PX = 12


class EpisodeRecords:
    """The records of one flight: an evaluation per action, facets of each observation."""

    def __init__(self, seed: int) -> None:
        """Begin an episode with a seed, of which nothing is known yet."""
        self._seed, self._world = seed, ""
        self._is_well, self._reason = True, ""
        self._explored, self._step_ms = math.nan, math.nan

    def hear(self, is_well: bool, reason: str, explored: float, step_ms: float) -> None:
        """Remember what the mission says: whether it is well, how much is explored, how fast."""
        self._is_well, self._reason = is_well, reason
        is_measured = math.isfinite(explored)
        self._explored = min(max(explored, 0.0), 1.0) if is_measured else math.nan
        self._step_ms = step_ms if 0.0 <= step_ms < math.inf else math.nan

    def evaluation(self, action: ActionPacket) -> EvalRecord:
        """Return the record of the step of an action."""
        stamp_ns, tick = action.stamp_ns, action.tick
        info = StepInfo(
            stamp_ns,
            "",
            tick,
            ok=self._is_well,
            object_id=self._world,
            message=self._reason,
        )
        return EvalRecord(
            stamp_ns,
            "map",
            tick,
            "explorer",
            0,
            self._seed,
            self._world,
            action,
            info,
            BeliefPacket(stamp_ns, "", tick, (), ()),
            self._explored,
            self._step_ms,
        )

    def facets(self, observation: ObservationPacket) -> Iterator[FacetRecord]:
        """Yield the facets of an observation's depth, if it has any, in the optical frame."""
        self._world = observation.object_id
        for column in observation.columns:
            if "depth" not in column.patch.channels:
                continue
            depth = column.patch.data[..., column.patch.channels.index("depth")]
            found = facets_from_depth(depth, observation.camera, FACETS_EVERY_PX)
            yield from found.records(
                observation.stamp_ns,
                observation.frame_id,
                observation.tick,
                (observation.object_id,),
                column.id,
            )
