# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What bags are made of: topics, messages, offered quality of service, and one kind of failure."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple


class BagError(Exception):
    """A bag cannot be read or written; the text is one sentence for the user."""


class BagDamagedError(BagError):
    """Something in a bag could not be read, after all that could be was."""


@dataclasses.dataclass(frozen=True)
class OfferedQos:
    """The quality of service that a publisher offers, as far as it differs between ours.

    Attributes:
        depth: messages that it keeps.
        reliable: reliable instead of best effort.
        latched: transient local instead of volatile.
        deadline_ns: longest time between two messages that it promises, None for none.
    """

    depth: int = 10
    reliable: bool = True
    latched: bool = False
    deadline_ns: int | None = None


@dataclasses.dataclass(frozen=True)
class Topic:
    """A topic of a bag.

    Attributes:
        name: fully qualified.
        type: such as ``nav_msgs/msg/Odometry``.
        definition: text of the type and all that it is made of (ros2msg), empty if unknown.
        digest: hash of the type (RIHS01), empty if unknown.
        qos: what its publishers offered.
    """

    name: str
    type: str
    definition: str = ""
    digest: str = ""
    qos: tuple[OfferedQos, ...] = ()


class Message(NamedTuple):
    """One serialized message (CDR) and when it was received, in nanoseconds of system time."""

    topic: str
    time_ns: int
    data: bytes
