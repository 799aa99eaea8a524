# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When the drones in a bag take off: bags begin long before, while programs load.

The controller says so: its first ExplorationStatus that explores or goes to the goal. Read from
the bytes, so that a bag can be looked into without ROS.
"""

from __future__ import annotations

import contextlib
import struct

from live_mvp_ros.bags.bag_types import BagDamagedError, BagError
from live_mvp_ros.bags.reader import Bag
from live_mvp_ros.base.mission_state import MissionState

TAKE_OFF = "take-off"
"""What is said instead of a time."""
STATUS_TYPE = "live_mvp_ros/msg/ExplorationStatus"
_TOPIC = "/exploration/status"
_FLYING = (MissionState.EXPLORING, MissionState.GOING_TO_GOAL)


def take_offs_s(bag: Bag) -> dict[str, float]:
    """Return when each drone takes off [s after the first message], by its namespace.

    Those that do not are left out, and so are those of whom the bag is too damaged to say; the
    only drone's namespace may be empty.
    """
    wanted = {name for name, topic in bag.topics.items() if topic.type == STATUS_TYPE}
    found: dict[str, float] = {}
    with contextlib.suppress(BagDamagedError):  # it comes after all that is good
        for message in bag.messages(frozenset(wanted)):
            if message.topic in wanted and _state(message.data) in _FLYING:
                wanted.discard(message.topic)
                name = message.topic.removesuffix(_TOPIC).strip("/")
                found[name] = 1e-9 * (message.time_ns - bag.start_ns)
                if not wanted:
                    break
    return found


def take_off_s(bag: Bag) -> float:
    """Return when the first drone takes off [s after the first message].

    Raises:
        BagError: the bag does not say that any does.
    """
    found = take_offs_s(bag)
    if not found:
        raise BagError(
            f"the bag {bag.path} does not say when a drone takes off: it holds no "
            f"{_TOPIC.lstrip('/')} of one that flies"
        )
    return min(found.values())


def _state(data: bytes) -> int | None:
    """Return the state in an ExplorationStatus as CDR: after a header of stamp and frame."""
    try:
        order = "<" if data[1] & 1 else ">"
        (length,) = struct.unpack_from(f"{order}I", data, 12)
        return data[16 + length]
    except (struct.error, IndexError):
        return None
