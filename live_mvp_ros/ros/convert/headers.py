# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stamps and frames."""

from __future__ import annotations

from typing import Any

from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from live_mvp_ros.ros.refusals import InvalidMessageError

NS_PER_S = 1_000_000_000


def check_frame(message: Any, frame: str) -> None:
    """Refuse a message with a header whose frame is not ``frame``.

    Raises:
        InvalidMessageError: it is another one.
    """
    if message.header.frame_id != frame:
        raise InvalidMessageError(f"its frame is {message.header.frame_id!r} instead of {frame}")


def to_ns(stamp: Time) -> int:
    """Return a stamp as nanoseconds.

    Raises:
        InvalidMessageError: it is before 1970, or its nanoseconds make more than a second.
    """
    if stamp.sec < 0 or stamp.nanosec >= NS_PER_S:
        raise InvalidMessageError(f"the stamp {stamp.sec} s and {stamp.nanosec} ns is no time")
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)


def to_time(stamp_ns: int) -> Time:
    """Return nanoseconds as a stamp."""
    return Time(sec=int(stamp_ns // NS_PER_S), nanosec=int(stamp_ns % NS_PER_S))


def header(stamp_ns: int, frame: str) -> Header:
    """Return a header."""
    return Header(stamp=to_time(stamp_ns), frame_id=frame)
