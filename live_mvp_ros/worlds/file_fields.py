# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Typed access to the keys of a world file; errors name file, key and what is allowed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from live_mvp_ros.worlds.world_error import WorldError

if TYPE_CHECKING:
    from live_mvp_ros.worlds.world import Vector

PLAN_KEYS = (
    *("name", "size", "height", "start", "goal", "occupied"),
    *("units", "resolution", "start_yaw", "comment", "prior"),
)
PRIMITIVE_KEYS = (
    *("name", "lower_m", "upper_m", "start_m", "start_yaw_rad", "goal_m", "primitives"),
)
"""What a floor plan may say, and what a world of primitives may."""


@dataclasses.dataclass(frozen=True)
class Fields:
    """One mapping of a world file and where it stands in that file."""

    file: str
    place: str
    values: dict[str, Any]

    def refuse(self, key: str, allowed: str) -> NoReturn:
        """Raise the sentence about a value that is not allowed.

        Raises:
            WorldError: always.
        """
        self._refuse(key, self.values[key], allowed)

    def refuse_item(self, key: str, index: int, allowed: str) -> NoReturn:
        """Raise the sentence about one item of a list that is not allowed.

        Raises:
            WorldError: always.
        """
        self._refuse(f"{key}[{index}]", self.values[key][index], allowed)

    def _refuse(self, name: str, value: Any, allowed: str) -> NoReturn:
        text = f"{value!r}"
        text = text if len(text) <= 80 else text[:77] + "..."
        raise WorldError(
            f"{self.file}: {self.place}{name} = {text} is not allowed: it must be {allowed}"
        )

    def allow(self, *keys: str) -> None:
        """Refuse keys other than these."""
        for key in self.values:
            if key not in keys:
                raise WorldError(
                    f"{self.file}: {self.place}{key} is not a known key: choose from "
                    + ", ".join(keys)
                )

    def get(self, key: str) -> Any:
        """Return a value that has to be there."""
        if key not in self.values:
            raise WorldError(f"{self.file}: {self.place}{key} is missing")
        return self.values[key]

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self.get(key)
        if not isinstance(value, str) or not value:
            self.refuse(key, "a text")
        return value

    def choice(self, key: str, allowed: Sequence[str]) -> str:
        """Return one of a few words."""
        value = self.get(key)
        if value not in allowed:
            self.refuse(key, "one of " + ", ".join(allowed))
        return str(value)

    def number(
        self,
        key: str,
        *,
        default: float | None = None,
        above: float = -math.inf,
        least: float = -math.inf,
    ) -> float:
        """Return a finite number above (exclusive) and at least (inclusive) the given limits."""
        if default is not None and key not in self.values:
            return default
        value = self.get(key)
        if not _is_number(value) or value <= above or value < least:
            limit = f" above {above:g}" if above > -math.inf else ""
            limit += f" of at least {least:g}" if least > -math.inf else ""
            self.refuse(key, f"a number{limit}")
        return float(value)

    def heading(self, key: str) -> float:
        """Return an angle in radians, of at most one turn; 0 where there is none."""
        value = self.number(key, default=0.0)
        if abs(value) > 2.0 * math.pi:
            self.refuse(
                key,
                f"radians from -2 pi to 2 pi, and {value:g} degrees are"
                f" {math.radians(math.remainder(value, 360.0)):.4g} radians",
            )
        return value

    def vector(self, key: str, length: int) -> tuple[float, ...]:
        """Return a list of finite numbers of a given length."""
        value = self.get(key)
        if not _is_vector(value, length):
            self.refuse(key, f"a list of {length} numbers")
        return tuple(float(v) for v in value)

    def point(self, key: str) -> Vector:
        """Return a position (x, y, z)."""
        x, y, z = self.vector(key, 3)
        return x, y, z

    def rows(self, key: str, length: int) -> list[tuple[float, ...]]:
        """Return a list, not empty, of lists of numbers of a given length."""
        value = self.get(key)
        if not isinstance(value, list) or not value:
            self.refuse(key, f"a list of lists of {length} numbers")
        for index, row in enumerate(value):
            if not _is_vector(row, length):
                self.refuse_item(key, index, f"a list of {length} numbers")
        return [tuple(float(v) for v in row) for row in value]

    def mappings(self, key: str) -> list[Fields]:
        """Return a list, not empty, of mappings."""
        value = self.get(key)
        if not (isinstance(value, list) and value and all(isinstance(v, dict) for v in value)):
            self.refuse(key, "a list of mappings with a type each")
        return [Fields(self.file, f"{self.place}{key}[{i}].", v) for i, v in enumerate(value)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_vector(value: Any, length: int) -> bool:
    return isinstance(value, list) and len(value) == length and all(map(_is_number, value))
