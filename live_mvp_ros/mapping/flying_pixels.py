# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pixels at the edges of things whose range is a mixture of what is before and behind.

A pixel that sees two surfaces at once reports a range between them, where nothing is ("mixed" or
"flying" pixels: Tuley, Vandapel and Hebert, "Analysis and Removal of Artifacts in 3-D LADAR Data",
ICRA 2005). A pixel is dropped if, along a row or a column,

- its range is between those of its neighbours, farther from each than ranges on one surface are,
- and on both sides the step from neighbour to next neighbour is less than half as high.

So there are a surface before it and one behind it, and it belongs to neither. On a surface that is
seen at a flat angle, however coarse the image, the steps are alike: its pixels stay. A pixel
nearer than both neighbours is a thin thing, and one farther than both a gap: both stay.
"""

from __future__ import annotations

import numpy as np

from live_mvp_ros.mapping.sensor_config import RangeSensorConfig
from live_mvp_ros.mapping.thinning import tolerance_m

_FLATTER = 0.5


def flying(config: RangeSensorConfig, range_m: np.ndarray) -> np.ndarray:
    """Return which pixels [H, W] lie between two surfaces, bool.

    Args:
        config: of the sensor; its noise says how far ranges of one surface may be apart.
        range_m: ranges [H, W]; NaN without a return. Pixels beside such stay.
    """
    with np.errstate(invalid="ignore"):
        return _between(config, range_m) | _between(config, range_m.T).T


def _between(config: RangeSensorConfig, range_m: np.ndarray) -> np.ndarray:
    """Return which pixels [H, W] lie between two surfaces along the first axis."""
    found = np.zeros(range_m.shape, bool)
    if range_m.shape[0] < 5:
        return found
    step = np.diff(range_m, axis=0)
    to_here, onward = step[1:-2], step[2:-1]
    allowed = tolerance_m(config, range_m[2:-2])
    between = to_here * onward > 0.0  # false for NaN
    between &= np.minimum(np.abs(to_here), np.abs(onward)) > allowed
    between &= np.abs(step[:-3]) < _FLATTER * np.abs(to_here)
    between &= np.abs(step[3:]) < _FLATTER * np.abs(onward)
    found[2:-2] = between
    return found
