# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The newest information field, and for how long its planner has had no plan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.ros.convert.field_messages import Field


class LatestField(ABC):
    """The newest field; written by the executor only, replaced whole.

    Attributes:
        field: the newest, None before the first.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.field: Field | None = None
        self._planned_ns: int | None = None  # when there was a plan

    @abstractmethod
    def map_age_s(self, now_ns: int) -> float:
        """Return the age of the map, infinite if there is none, negative in the future."""

    def field_age_s(self, now_ns: int) -> float:
        """Return the age of the newest field that can be used, infinite if there is none."""
        return age_s(now_ns, self.field)

    def no_plan_s(self, now_ns: int) -> float:
        """Return for how long the planner has been saying that it cannot make a plan."""
        lost = self.field is not None and self.field.code != PlanCode.OK
        if not lost or self._planned_ns is None or now_ns < self._planned_ns:
            self._planned_ns = now_ns
        return 1e-9 * (now_ns - self._planned_ns)


def age_s(now_ns: int, item: Any) -> float:
    """Return the age of something with a stamp, infinite of nothing, negative in the future."""
    return float("inf") if item is None else 1e-9 * (now_ns - item.stamp_ns)
