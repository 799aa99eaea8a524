# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How often a grid may change its geometry: every new one is compiled for, which takes seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from live_mvp_ros.ros.refusals import InvalidMessageError

AT_ONCE = 4
PERIOD_S = 60.0


class Geometries:
    """The geometries that a node has compiled for, and whether it takes one more.

    A geometry that was there before is always taken. ``AT_ONCE`` new ones are taken at any time,
    and another one after every ``PERIOD_S``, so that somebody who changes the bounds of a map is
    served and somebody who changes them with every message does not keep the node compiling.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        """Know none; ``now_s`` is a steady clock [s]."""
        self._now_s = now_s
        self._known: set[Hashable] = set()
        self._left, self._since_s = float(AT_ONCE), now_s()

    def admit(self, geometry: Hashable) -> None:
        """Take a geometry.

        Raises:
            InvalidMessageError: it is new, and too many were.
        """
        if geometry in self._known:
            return
        now_s = self._now_s()
        self._left = min(AT_ONCE, self._left + (now_s - self._since_s) / PERIOD_S)
        self._since_s = now_s
        if self._left < 1.0:
            raise InvalidMessageError(
                f"the geometry of the grid changes too often: after {AT_ONCE} new ones, one more "
                f"is taken every {PERIOD_S:g} s"
            )
        self._left -= 1.0
        self._known.add(geometry)
