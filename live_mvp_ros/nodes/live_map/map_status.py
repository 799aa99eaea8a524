# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MapStatus of a live map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from live_mvp_ros import mapping
from live_mvp_ros.msg import MapStatus
from live_mvp_ros.ros.convert.headers import header
from live_mvp_ros.ros.frames import MAP


def map_status(
    stamp_ns: int,
    state: mapping.LiveMap,
    p: np.ndarray,
    known: np.ndarray,
    losses: Sequence[float],
    update_ms: float,
    dropped_scans: int,
) -> MapStatus:
    """Return what a map knows (planar p and known [nx, ny]) and how its last update went.

    ``losses`` are in the order of the message: total, surface, free, eikonal, exposure.
    """
    total, surface, free, eikonal, exposure = losses
    known_cells = int(known.sum())
    return MapStatus(
        header=header(stamp_ns, MAP),
        ticks=int(state.ticks),
        rays=int(state.rays),
        loss_total=total,
        loss_surface=surface,
        loss_free=free,
        loss_eikonal=eikonal,
        loss_exposure=exposure,
        update_ms=update_ms,
        known_cells=known_cells,
        unknown_cells=known.size - known_cells,
        occupied_cells=int((known & (p > 0.5)).sum()),
        explored_fraction=known_cells / known.size,
        memory_bytes=mapping.memory_bytes(state),
        dropped_scans=dropped_scans,
        nonfinite_updates=int(state.nonfinite_updates),
    )
