# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The context vector: which index means what, and the bits that each source sets.

The vector has 1024 bits by default; the canonical ranges below end well before that, the rest is
free.
"""

from __future__ import annotations

import math
from typing import NamedTuple


class IndexRange(NamedTuple):
    """Indices start ... stop - 1 of the context vector."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """Return the number of bits."""
        return self.stop - self.start


CONTEXT_LENGTH = 1024
METRONOME = IndexRange(0, 64)
"""Four rates of 16 phases each: one bit per rate is set."""
SWITCH_PULSE = IndexRange(64, 72)
"""All set for exactly one step after the object was switched."""
OBJECT_HASH = IndexRange(72, 328)
"""A sparse code of the object's name (examiner)."""
SYMMETRY = IndexRange(328, 344)
"""Symmetry flags of the object (examiner)."""
SCENE_TAGS = IndexRange(344, 408)
"""Lighting and scene tags (examiner)."""
HEAD_DIRECTION = IndexRange(408, 472)
"""64 bins of heading, bin 0 centred on +x, counter-clockwise (explorer)."""
MOTION_RATE = IndexRange(472, 480)
"""Bits 0-3: moving slowly; 4-7: moving fast; none: at rest (explorer)."""
INTENT = IndexRange(480, 488)
"""Bits 0-3: explore; 4-7: examine (explorer)."""
REWARD = IndexRange(488, 552)
"""Reward state (goalseeker)."""

METRONOME_PERIODS_TICKS = (16, 64, 256, 1024)
AT_REST_M_S = 0.05
FAST_M_S = 1.0


def metronome(tick: int) -> tuple[int, ...]:
    """Return one index per rate: the sixteenth of its period in which ``tick`` falls."""
    phases = METRONOME.size // len(METRONOME_PERIODS_TICKS)
    return tuple(
        METRONOME.start + rate * phases + (tick % period) * phases // period
        for rate, period in enumerate(METRONOME_PERIODS_TICKS)
    )


def head_direction(yaw_rad: float) -> tuple[int, ...]:
    """Return the index of the heading's bin."""
    turns = yaw_rad / (2.0 * math.pi)
    return (HEAD_DIRECTION.start + round(turns * HEAD_DIRECTION.size) % HEAD_DIRECTION.size,)


def motion_rate(speed_m_s: float) -> tuple[int, ...]:
    """Return the indices of at rest (none), slow or fast."""
    if speed_m_s < AT_REST_M_S:
        return ()
    first = MOTION_RATE.start + (4 if speed_m_s >= FAST_M_S else 0)
    return tuple(range(first, first + 4))


def intent(exploring: bool) -> tuple[int, ...]:
    """Return the indices of explore or examine."""
    first = INTENT.start + (0 if exploring else 4)
    return tuple(range(first, first + 4))
