# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The fields of a map that somebody else holds: on a lattice, as it is sent, or of a planar map.

A policy was trained to ask the fields of the live map at any point. Who flies it in another
process gets them on a lattice (``mapping.field_lattice``) and interpolates between eight points.
Where there is but a planar map, they are made of that: its walls are walls from the floor to the
ceiling, and exposures, and the distance of what was never seen, are about the medians that 80
steps of two drones leave in maps of training (in two worlds: 0.4 and 0.8 seen, 0.16 and 0.1 not
seen, 0.2 and 0.05 m).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import OCCUPIED_FROM, GridSpec
from live_mvp_ros.mapping.samples import TRUNCATION_M
from live_mvp_ros.planning.geodesy import distance_transform
from live_mvp_ros.policy.soft_visibility import Fields

_INSIDE_M = -0.1  # as far behind a surface as a live map learns
UNSEEN_M, UNSEEN_EXPOSURE, SEEN_EXPOSURE = 0.1, 0.1, 0.6


class Lattice(NamedTuple):
    """Fields at points of a lattice.

    Attributes:
        values: [2, nx, ny, nz] signed distance in metres, and exposure 0..1.
        origin_m: [3] the first point, map frame.
        step_m: from one to the next along each axis.
    """

    values: jax.Array
    origin_m: jax.Array
    step_m: jax.Array


def fields_on(lattice: Lattice) -> Fields:
    """Return the fields between the points of a lattice; beyond it, those of its edge."""

    def fields(points: jax.Array) -> tuple[jax.Array, jax.Array]:
        at = (points - lattice.origin_m[:, None]) / lattice.step_m
        return _between(lattice.values, at)

    return fields


def fields_of_plane(
    spec: GridSpec, p: jax.Array, known: jax.Array, floor_m: float, ceiling_m: float
) -> Fields:
    """Return the fields of a planar map in a volume with a floor and a ceiling.

    Args:
        spec: geometry of the map.
        p: [nx, ny] occupancy probability, 0.5 where unknown.
        known: [nx, ny] bool.
        floor_m: height of the floor, map frame.
        ceiling_m: the same of the ceiling.
    """
    blocked = known & (p >= OCCUPIED_FROM)
    free_m = distance_transform(blocked, spec.resolution_m, TRUNCATION_M)
    distance_m = jnp.where(blocked, _INSIDE_M, jnp.where(known, free_m, UNSEEN_M))
    values = jnp.stack([distance_m, jnp.where(known, SEEN_EXPOSURE, UNSEEN_EXPOSURE)])

    def fields(points: jax.Array) -> tuple[jax.Array, jax.Array]:
        at = spec.cell_coordinates(points[:2].T).T
        beside, exposure = _between(values, at)
        z = points[2]
        return jnp.minimum(beside, jnp.minimum(z - floor_m, ceiling_m - z)), exposure

    return fields


def _between(values: jax.Array, at: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return two tables [2, ...] at fractional indices [rank, N], linearly interpolated."""
    sizes = jnp.asarray(values.shape[1:], at.dtype)[:, None]
    inside = jnp.clip(at, 0.0, sizes - 1.0)
    first = jnp.minimum(jnp.floor(inside), jnp.maximum(sizes - 2.0, 0.0))
    part = inside - first
    whole = first.astype(jnp.int32)
    strides = [1]
    for size in reversed(values.shape[2:]):
        strides.insert(0, strides[0] * size)
    flat = values.reshape(2, -1)
    rank = len(strides)
    total = jnp.zeros((2, at.shape[1]), flat.dtype)
    for corner in range(1 << rank):
        index, weight = jnp.zeros(at.shape[1], jnp.int32), jnp.ones(at.shape[1], flat.dtype)
        for axis in range(rank):
            beyond = corner >> axis & 1
            last = values.shape[1 + axis] - 1
            index += jnp.minimum(whole[axis] + beyond, last) * strides[axis]
            weight *= part[axis] if beyond else 1.0 - part[axis]
        total += flat[:, index] * weight
    return total[0], total[1]
