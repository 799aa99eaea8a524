# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scans that a map must survive: made from a good one by Hypothesis or by a generator of numbers.

Every way to spoil one leaves its size, but for ``wrong_size``; ``stamp_ns`` and ``body_m`` are
spoilt too where a node would get them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st


class Offered(NamedTuple):
    """What reaches the map's border: stamp, cloud [R, 3] and normals (map frame), origin, body."""

    stamp_ns: int
    points: np.ndarray
    normals: np.ndarray
    origin: np.ndarray
    body: np.ndarray


def _some(offered: Offered, rng: np.random.Generator, value: float) -> Offered:
    points = offered.points.copy()
    chosen = rng.random(len(points)) < rng.uniform(0.05, 1.0)
    points[chosen, rng.integers(3)] = value
    return offered._replace(points=points)


def _normals(offered: Offered, rng: np.random.Generator) -> Offered:
    return offered._replace(normals=rng.choice([np.nan, np.inf, 0.0], offered.normals.shape))


def _outside(offered: Offered, rng: np.random.Generator) -> Offered:
    away = rng.uniform(-1.0, 1.0, 3) * 10.0 ** rng.uniform(1.5, 30.0)
    return offered._replace(
        points=offered.points + away, origin=offered.origin + away, body=offered.body + away
    )


SPOILT: dict[str, Callable[[Offered, np.random.Generator], Offered]] = {
    "nan": lambda o, rng: _some(o, rng, np.nan),
    "inf": lambda o, rng: _some(o, rng, np.inf),
    "minus_inf": lambda o, rng: _some(o, rng, -np.inf),
    "huge": lambda o, rng: _some(o, rng, 10.0 ** rng.uniform(3.0, 38.0)),
    "all_missed": lambda o, rng: o._replace(points=np.full_like(o.points, np.nan)),
    "empty": lambda o, rng: o._replace(points=o.points[:0], normals=o.normals[:0]),
    "no_length": lambda o, rng: o._replace(points=np.broadcast_to(o.origin, o.points.shape)),
    "hardly_any_length": lambda o, rng: o._replace(
        points=o.origin + 1e-5 * rng.normal(size=o.points.shape)
    ),
    "wrong_size": lambda o, rng: o._replace(
        points=o.points[: rng.integers(1, 20)], normals=o.normals[:1]
    ),
    "outside": _outside,
    "origin_nowhere": lambda o, rng: o._replace(origin=np.full(3, np.nan)),
    "body_nowhere": lambda o, rng: o._replace(body=np.full(3, np.inf)),
    "same_stamp": lambda o, rng: o._replace(stamp_ns=0),
    "normals": _normals,
}

mixtures = st.lists(
    st.tuples(st.sampled_from([*SPOILT, "good"]), st.integers(0, 2**32 - 1)),
    min_size=1,
    max_size=8,
)
