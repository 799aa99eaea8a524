# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Tables that thousands of samples look values up in, packed so that this is cheap.

What costs time is the number of loads from scattered places. So two neighbours travel together, as
the real and the imaginary part of one number, and a bilinear lookup takes two loads instead of
four. Indices, loads and arithmetic are kept apart (``_apart``), because compilers vectorise a loop
only when it has no scattered loads in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

import jax
import jax.numpy as jnp

from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.base.grid import GridSpec, in_cells

T = TypeVar("T")

_ARCTAN = (0.99999611, -0.33317368, 0.19807815, -0.13233339, 0.07962361, -0.03360416, 0.00681177)
"""Odd polynomial of least greatest error (2.5e-7 rad) on [0, 1]."""


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Table:
    """Values on a grid, for bilinear lookup.

    Attributes:
        pairs: [nx * ny] complex, a cell's value and that of its neighbour in +y.
        spec: geometry of the grid (static).
    """

    pairs: jax.Array
    spec: GridSpec = dataclasses.field(metadata={"static": True})

    @property
    def values(self) -> jax.Array:
        """[nx, ny] the values of the cells."""
        return self.pairs.real.reshape(self.spec.shape)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class YawTable:
    """Values over yaw and a small grid, for lookup linear in yaw and nearest in position.

    Attributes:
        pairs: [n_yaw * nx * ny] complex, the value at yaw -pi + 2 pi k / n_yaw and at the next.
        origin_m: [2], centre of the first cell, map frame.
        shape: (n_yaw, nx, ny) (static).
        resolution_m: cell size (static).
    """

    pairs: jax.Array
    origin_m: jax.Array
    shape: tuple[int, int, int] = dataclasses.field(metadata={"static": True})
    resolution_m: float = dataclasses.field(metadata={"static": True})


def tabulate(spec: GridSpec, values: jax.Array) -> Table:
    """Return the table of values [nx, ny]."""
    following = jnp.concatenate([values[:, 1:], values[:, -1:]], axis=1)
    return Table(jax.lax.complex(values, following).ravel(), spec)


def tabulate_yaw(values: jax.Array, origin_m: jax.Array, resolution_m: float) -> YawTable:
    """Return the table of values [n_yaw, nx, ny]."""
    n_yaw, nx, ny = values.shape
    pairs = jax.lax.complex(values, jnp.roll(values, -1, axis=0))
    return YawTable(pairs.ravel(), origin_m, (n_yaw, nx, ny), resolution_m)


def interpolate(table: Table, x: jax.Array, y: jax.Array) -> jax.Array:
    """Return the bilinear interpolation at positions [m] of any shape; constant outside."""
    nx, ny = table.spec.shape
    u, v = cells(table.spec, x, y)
    u, v = jnp.clip(u, 0.0, nx - 1.001), jnp.clip(v, 0.0, ny - 1.001)
    i, j = u.astype(jnp.int32), v.astype(jnp.int32)
    # indices, loads and arithmetic in loops of their own: a fused gather is not vectorised
    base, s, t = computed_here((i * ny + j, u - i, v - j))
    near, far = computed_here((_load(table.pairs, base), _load(table.pairs, base + ny)))
    lower = near.real + (near.imag - near.real) * t
    upper = far.real + (far.imag - far.real) * t
    return lower + (upper - lower) * s


def interpolate_yaw(table: YawTable, x: jax.Array, y: jax.Array, yaw: jax.Array) -> jax.Array:
    """Return the value of the nearest cell, interpolated over yaw [rad]."""
    n_yaw, nx, ny = table.shape
    base = nearest_cell((nx, ny), table.origin_m, table.resolution_m, x, y)
    turn = (yaw + jnp.pi) * (n_yaw / (2.0 * jnp.pi))
    lower = jnp.floor(turn)
    k = lower.astype(jnp.int32) % n_yaw
    # as in ``interpolate``
    index, t = computed_here((k * (nx * ny) + base, turn - lower))
    pair = computed_here(_load(table.pairs, index))
    return pair.real + (pair.imag - pair.real) * t


def heading(attitude: Sequence[jax.Array]) -> jax.Array:
    """Return the heading [rad] of attitudes, as ``quaternion.yaw`` does, but fit for many."""
    w, x, y, z = attitude
    return arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def arctan2(y: jax.Array, x: jax.Array) -> jax.Array:
    """Return the angle [rad] of (x, y) to 4e-7; unlike the library's, it is vectorised."""
    ax, ay = jnp.abs(x), jnp.abs(y)
    ratio = jnp.minimum(ax, ay) / jnp.maximum(jnp.maximum(ax, ay), 1e-30)
    square = ratio * ratio
    series = jnp.full_like(ratio, _ARCTAN[-1])
    for coefficient in _ARCTAN[-2::-1]:
        series = series * square + coefficient
    angle = ratio * series
    angle = jnp.where(ay > ax, 0.5 * jnp.pi - angle, angle)
    angle = jnp.where(x < 0.0, jnp.pi - angle, angle)
    return jnp.where(y < 0.0, -angle, angle)


def cells(spec: GridSpec, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return positions in cells: (0, 0) is the centre of the first one."""
    u, v = (
        in_cells(along, origin, spec.resolution_m)
        for along, origin in zip((x, y), spec.origin_m, strict=True)
    )
    return u, v


def nearest_cell(
    shape: tuple[int, int], origin_m: jax.Array, resolution_m: float, x: jax.Array, y: jax.Array
) -> jax.Array:
    """Return the flat index of the cell nearest to positions [m]."""
    nx, ny = shape
    i = jnp.round(in_cells(x, origin_m[0], resolution_m)).astype(jnp.int32)
    j = jnp.round(in_cells(y, origin_m[1], resolution_m)).astype(jnp.int32)
    return jnp.clip(i, 0, nx - 1) * ny + jnp.clip(j, 0, ny - 1)


def _load(flat: jax.Array, index: jax.Array) -> jax.Array:
    """Return flat[index]; every index must be valid."""
    return flat.at[index].get(mode="promise_in_bounds")
