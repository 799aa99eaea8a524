# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The context vector: which index means what, and the bits that each source sets.

The vector has 1024 bits by default; the canonical ranges below end well before that, the rest is
free.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from live_mvp_ros.packets.packet_types import ContextPacket


class IndexRange(NamedTuple):
    """Indices start ... stop - 1 of the context vector."""

    start: int
    stop: int

    @property
    def size(self) -> int:
        """Return the number of bits."""
        return self.stop - self.start


CONTEXT_LENGTH = 1024
METRONOME = IndexRange(0, 1)
"""Set on even ticks."""
SWITCH_PULSE = IndexRange(1, 2)
"""Set for exactly one step after the object was switched."""
METRONOME_RATES = IndexRange(2, 66)
"""The slower hands of the metronome: four rates of 16 phases each, one bit per rate is set."""
INTENT = IndexRange(66, 74)
"""Bits 0-3: explore; 4-7: examine."""
HEAD_DIRECTION = IndexRange(74, 138)
"""64 bins of heading, bin 0 centred on +x, counter-clockwise."""
MOTION_RATE = IndexRange(138, 146)
"""Bits 0-3: moving slowly; 4-7: moving fast; none: at rest."""
OBJECT_HASH = IndexRange(146, 402)
"""A sparse code of the object's name: eight bits (examiner)."""
SYMMETRY = IndexRange(402, 418)
"""Symmetry flags of the object, where they are known, see SYMMETRIES (examiner)."""
SCENE_TAGS = IndexRange(418, 482)
"""What shows the scene: one bit per backend, see BACKENDS; 8 later, one per LIGHTS."""
REWARD = IndexRange(482, 546)
"""The reward of the step in 64 bins from -1 to 1, those beyond in the last (goalseeker)."""
LONGEST = REWARD.stop
"""Least length of a context vector."""

FIRST_SOURCES = ("metronome", "switch", "intent", "heading", "rate")
"""What the list of sources of every context begins with."""
METRONOME_PERIODS_TICKS = (16, 64, 256, 1024)
SYMMETRIES = ("turned", "mirror_x", "mirror_y", "mirror_z", "sphere")
"""Turned: by any angle about its upright axis; mirrors: at the planes through its middle."""
BACKENDS = ("stub", "sdf", "mesh", "habitat")
LIGHTS = ("none", "headlight", "scene")
"""What lights the picture: nothing, a lamp at the camera, or lamps of the scene."""
AT_REST_M_S = 0.05
FAST_M_S = 1.0
AT_REST_PER_S = 1e-6
FAST_PER_S = 0.5
"""The same of motions on a chart, which are turns and not metres."""
_HASH_BITS = 8


def metronome(tick: int) -> tuple[int, ...]:
    """Return the bit of even ticks, and one per rate: the sixteenth of its period at ``tick``."""
    phases = METRONOME_RATES.size // len(METRONOME_PERIODS_TICKS)
    hands = tuple(
        METRONOME_RATES.start + rate * phases + (tick % period) * phases // period
        for rate, period in enumerate(METRONOME_PERIODS_TICKS)
    )
    return ((METRONOME.start,) if tick % 2 == 0 else ()) + hands


def switch(switched: bool) -> tuple[int, ...]:
    """Return the switch pulse."""
    return (SWITCH_PULSE.start,) if switched else ()


def intent(exploring: bool) -> tuple[int, ...]:
    """Return the indices of explore or examine."""
    first = INTENT.start + (0 if exploring else 4)
    return tuple(range(first, first + 4))


def head_direction(yaw_rad: float) -> tuple[int, ...]:
    """Return the index of the heading's bin."""
    turns = yaw_rad / (2.0 * math.pi)
    return (HEAD_DIRECTION.start + round(turns * HEAD_DIRECTION.size) % HEAD_DIRECTION.size,)


def motion_rate(
    speed: float, at_rest: float = AT_REST_M_S, fast: float = FAST_M_S
) -> tuple[int, ...]:
    """Return the indices of at rest (none), slow or fast, by default of a speed in m/s."""
    if speed < at_rest:
        return ()
    first = MOTION_RATE.start + (4 if speed >= fast else 0)
    return tuple(range(first, first + 4))


def object_hash(object_id: str) -> tuple[int, ...]:
    """Return the eight indices of an object's name: the first distinct bytes of its SHA-256."""
    digest = hashlib.sha256(object_id.encode()).digest()
    first = list(dict.fromkeys(digest))[:_HASH_BITS]
    return tuple(sorted(OBJECT_HASH.start + byte for byte in first))


def symmetry(names: Iterable[str]) -> tuple[int, ...]:
    """Return the indices of an object's symmetries, names of SYMMETRIES."""
    return tuple(sorted(SYMMETRY.start + SYMMETRIES.index(name) for name in names))


def scene(backend: str, light: str) -> tuple[int, ...]:
    """Return the indices of what shows the scene, and what lights it."""
    lamps = SCENE_TAGS.start + 8
    return (SCENE_TAGS.start + BACKENDS.index(backend), lamps + LIGHTS.index(light))


def reward(value: float) -> tuple[int, ...]:
    """Return the index of a reward's bin."""
    place = math.floor(0.5 * (max(-1.0, min(1.0, value)) + 1.0) * REWARD.size)
    return (REWARD.start + min(place, REWARD.size - 1),)


def packet(
    stamp_ns: int, tick: int, length: int, sources: Mapping[str, tuple[int, ...]]
) -> ContextPacket:
    """Return the context of what each source says; it must begin with FIRST_SOURCES."""
    indices = tuple(sorted(index for bits in sources.values() for index in bits))
    return ContextPacket(stamp_ns, "", tick, length, indices, tuple(sources))
