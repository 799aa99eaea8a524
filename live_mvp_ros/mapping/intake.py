# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a map refuses before anything is computed, said in words."""

from __future__ import annotations

import numpy as np

from live_mvp_ros.mapping.config import LiveMapConfig
from live_mvp_ros.mapping.fields import MARGIN_M


class Intake:
    """The border of one map: remembers the size of scans and the stamp of the last one.

    A scan of another size would compile the update anew, for seconds. A stamp that comes twice
    would count the same evidence twice; one that goes back is a clock that was reset.
    """

    def __init__(self) -> None:
        """Have seen nothing."""
        self._shape: tuple[int, ...] | None = None
        self._stamp_ns: int | None = None

    def problem(
        self,
        config: LiveMapConfig,
        stamp_ns: int,
        shape: tuple[int, ...],
        body_m: np.ndarray,
    ) -> str | None:
        """Return why a scan is refused, None if it is taken.

        Args:
            config: of the map.
            stamp_ns: when the scan was taken.
            shape: of its array of points; the first scan that is taken sets what is allowed.
            body_m: position [3] of the vehicle, map frame.
        """
        if len(shape) < 2 or shape[-1] != 3 or 0 in shape:
            return f"a scan of shape {shape} is not allowed: it must be [..., 3] and not empty"
        if self._shape is not None and shape != self._shape:
            return f"a scan of shape {shape} is not allowed: the first one had {self._shape}"
        if stamp_ns == self._stamp_ns:
            return f"a second scan with the stamp {stamp_ns} ns is not allowed"
        if config.outside_volume == "refuse" and not _inside(config, body_m):
            at = ", ".join(f"{value:.2f}" for value in np.asarray(body_m, float))
            return (
                f"the vehicle at ({at}) m is more than {MARGIN_M:g} m outside of the map's volume,"
                f" {config.lower_m} to {config.upper_m}: nothing is learned there unless"
                " outside_volume is integrate"
            )
        self._shape, self._stamp_ns = shape, stamp_ns
        return None


def _inside(config: LiveMapConfig, body_m: np.ndarray) -> bool:
    """Return whether a position is in the volume or at its edge; NaN and infinity are not."""
    body = np.asarray(body_m, float)
    low, high = np.array(config.lower_m) - MARGIN_M, np.array(config.upper_m) + MARGIN_M
    return bool(np.all((body >= low) & (body <= high)))
