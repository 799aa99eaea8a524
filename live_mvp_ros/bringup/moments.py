# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The information field at a few moments of a flight, kept while it happens.

There are never more than ``MOST`` pictures: when there are more, every second one is given up and
the time between two doubles, so that they always cover the whole flight evenly.
"""

from __future__ import annotations

from collections.abc import Callable

from live_mvp_ros.reports.field_moments import Moment

MOST = 8
FIRST_PERIOD_S = 2.0


class Moments:
    """Fields at even times, with where the drone was."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self.kept: list[Moment] = []
        self._period_s = FIRST_PERIOD_S

    def offer(self, time_s: float, read: Callable[[], Moment]) -> None:
        """Keep a field if it is time to; only then it is read, and what ``read`` raises passes."""
        if self.kept and time_s - self.kept[-1].time_s < self._period_s:
            return
        self.kept.append(read())
        if len(self.kept) > MOST:
            self.kept = self.kept[::2]
            self._period_s *= 2.0


def moment_of(time_s: float, data: bytes, position_m: tuple[float, float]) -> Moment:
    """Return a serialized InfoField as a moment; needs ROS.

    Raises:
        InvalidMessageError: it cannot be used.
    """
    from rclpy.serialization import deserialize_message

    from live_mvp_ros.msg import InfoField
    from live_mvp_ros.ros.convert.field_messages import field_arrays
    from live_mvp_ros.ros.frames import MAP

    field = field_arrays(deserialize_message(data, InfoField), MAP)
    half = 0.5 * field.spec.resolution_m
    corner = (field.spec.origin_m[0] - half, field.spec.origin_m[1] - half)
    return Moment(time_s, field.gain, corner, field.spec.resolution_m, position_m)
