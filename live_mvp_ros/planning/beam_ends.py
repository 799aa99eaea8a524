# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the beams of a sweep begin and end, and what the range's noise does there.

A sweep yields E, the gain of beams that never end. One of R cells lacks what its remainder,
started in cell c = i + R, would have added. With T the product of 1 - o and F the sum of f_emp
over the R cells and gs the weight of the noise band,

    E_i^R = E_i - T (E_c + gs F).

Two things are put right at the end, both as if they happened in cell c. The range, measured from
the middle of the first cell, ends psi columns behind the last whole cell, so that the share psi of
the hits in c counts. And the noise reports some hits of the last cells from beyond the range:
sum_{d>0} d G_d hits, whose reports would have crossed sum_{d>0} d^2 G_d cells more. At the start,
reports from before it do not exist either. Arrays are those of ``directions``: [n column, 2
lattices, n row].
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.planning.directions import SweepPlan, row_ahead
from live_mvp_ros.planning.fsmi import noise_band


class Cells(NamedTuple):
    """Both lattices of the map, [n + 2 h, 2, n + 2 h], with h cells more than are swept."""

    occupied: jax.Array
    """o, within what is allowed for logarithms."""
    hit: jax.Array
    """f_occ in nats."""
    empty: jax.Array
    """f_emp in nats."""

    def swept(self, h: int) -> Cells:
        """Return the cells without the h around them."""
        n = self.hit.shape[0]
        return Cells(*(cells[h : n - h, :, h : n - h] for cells in self))


class Noise(NamedTuple):
    """The noise of the measured range along lines of one slope."""

    band: np.ndarray
    """G, odd length."""
    tails: np.ndarray
    """Sum of G_d over d > e for e = 0 ... h - 1."""

    @classmethod
    def of(cls, sigma_cells: float, step: float) -> Noise:
        """Return the noise for cells that are ``step`` long."""
        band = noise_band(sigma_cells, step).astype(np.float32)
        h = len(band) // 2
        return cls(band, np.array([band[h + 1 + e :].sum() for e in range(h)], np.float32))

    @property
    def weight(self) -> np.float32:
        """Return gs, what is left of one hit: the band is cut at three sigma."""
        return np.float32(self.band.sum())


class Spans(NamedTuple):
    """What lies between the cells that are a range apart on lines of one slope."""

    low: tuple[slice, slice, slice]
    """Cells that have one a range ahead of them."""
    high: tuple[slice, slice, slice]
    """The cells a range ahead."""
    passing: jax.Array
    """T of the cells from low (included) to high (excluded)."""
    empty: jax.Array
    """F of the same cells."""


def shifted(cells: jax.Array, h: int, columns: int, slope: tuple[int, int]) -> jax.Array:
    """Return what lies some columns ahead of each swept cell on its line, |columns| <= h."""
    n = cells.shape[0] - 2 * h
    i, j = h + columns, h + row_ahead(columns, slope)
    return cells[i : i + n, :, j : j + n]


def spans(plan: SweepPlan, sums: jax.Array) -> list[Spans | None]:
    """Return the spans of each slope, None where no two cells of the map are a range apart.

    Args:
        plan: the slopes.
        sums: [n, 2, 2, n_slopes, n] of ln(1 - o) and of f_emp from each cell to its line's end.
    """
    n = sums.shape[0]
    found: list[Spans | None] = []
    for s, (columns, rows) in enumerate(plan.slopes):
        if columns >= n or abs(rows) >= n:
            found.append(None)
            continue
        left, right = max(0, -rows), n - max(0, rows)
        low = (slice(0, n - columns), slice(None), slice(left, right))
        high = (slice(columns, n), slice(None), slice(left + rows, right + rows))
        log_pass, empty = (sums[:, k, :, s][low] - sums[:, k, :, s][high] for k in (0, 1))
        # without the barrier both ways would work this out
        values = jax.lax.optimization_barrier((jnp.exp(log_pass), empty))
        found.append(Spans(low, high, *values))
    return found


def ended(
    plan: SweepPlan,
    noise: list[Noise],
    cells: Cells,
    h: int,
    expected: jax.Array,
    between: list[Spans | None],
    forward: bool,
) -> list[jax.Array]:
    """Return each slope's gain [n, 2, n] of beams that start at their cell and end at the range.

    A beam whose end lies outside what is swept keeps what the outside adds.
    """
    here, weight = cells.swept(h), noise[0].weight
    passing = 1.0 - here.occupied
    out = []
    for s, (span, slope) in enumerate(zip(between, plan.slopes, strict=True)):
        values = expected[:, :, s]
        started = values - _start_loss(noise[s], cells, h, slope, forward)
        if span is not None:
            through, empty = span.passing, span.empty
            near, far = (span.low, span.high) if forward else (span.high, span.low)
            if not forward:  # the far cell is not crossed, the own one is
                through = through * (passing[near] / passing[far])
                empty = empty + here.empty[near] - here.empty[far]
            counted = _counted(plan, noise[s], s)
            rest = _rest(values[far], Cells(*(c[far] for c in here)), empty, weight, counted)
            # without the barrier the update reads what it has overwritten, if nothing is lost at
            # the start (XLA fuses the slices of one array into an update of it in place)
            limited = jax.lax.optimization_barrier(started[near] - through * rest)
            corner = (near[0].start, 0, near[2].start)
            started = jax.lax.dynamic_update_slice(started, limited, corner)
        out.append(started)
    return out


def ended_at(
    plan: SweepPlan,
    noise: list[Noise],
    cells: Cells,
    h: int,
    expected: jax.Array,
    sums: jax.Array,
    forward: bool,
    start: tuple[jax.Array, int, jax.Array],
) -> jax.Array:
    """Return what ``ended`` returns, [n_slopes, N], for N cells (columns, lattice, rows) alone."""
    here, weight, n = cells.swept(h), noise[0].weight, expected.shape[0]
    column, lattice, row = start
    away = np.array(plan.slopes) * (1 if forward else -1)
    i, j = column[:, None] + away[:, 0], row[:, None] + away[:, 1]
    inside = (i >= 0) & (i < n) & (j >= 0) & (j < n)
    i, j, s = jnp.clip(i, 0, n - 1), jnp.clip(j, 0, n - 1), np.arange(len(away))
    own = Cells(*(c[column, lattice, row][:, None] for c in here))
    far = Cells(*(c[i, lattice, j] for c in here))
    spent = sums[column, :, lattice, :, row] - jnp.moveaxis(sums[i, :, lattice, s, j], -1, 1)
    log_pass, empty = spent[:, 0], spent[:, 1]
    if not forward:
        log_pass = jnp.log(1.0 - own.occupied) - jnp.log(1.0 - far.occupied) - log_pass
        empty = own.empty - far.empty - empty
    counted = np.array([_counted(plan, one, k) for k, one in enumerate(noise)]).T
    rest = _rest(expected[i, lattice, s, j], far, empty, weight, (counted[0], counted[1]))
    loss = [
        _start_loss(one, cells, h, slope, forward)[column, lattice, row]
        for one, slope in zip(noise, plan.slopes, strict=True)
    ]
    started = expected[column, lattice, :, row].T - jnp.stack(loss)
    return started - (jnp.where(inside, jnp.exp(log_pass), 0.0) * rest).T


def _rest(
    values: jax.Array,
    far: Cells,
    empty: jax.Array,
    weight: np.float32,
    counted: tuple[np.ndarray, np.ndarray],
) -> jax.Array:
    """Return what a beam would have added from the cell a range ahead on, were it to get there."""
    hits, crossings = counted
    found = far.occupied * (hits * far.hit + crossings * far.empty)
    return values - found + empty * (weight - hits * far.occupied)


def _counted(plan: SweepPlan, noise: Noise, s: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how many hits in the cell a range ahead count, and crossings of it besides.

    psi gs less the band's overshoot, sum_{d>0} d G_d; less its square's, sum_{d>0} d^2 G_d. Exact
    in the mean over where in the last cells a beam's hits are.
    """
    psi = plan.range_cells / plan.steps()[s] + 0.5 - plan.slopes[s][0]
    ahead = noise.band[len(noise.band) // 2 + 1 :].astype(float)
    d = np.arange(1, len(ahead) + 1)
    hits = np.clip(np.asarray(psi * noise.weight - np.sum(d * ahead)), -1.0, 1.0)
    return hits.astype(np.float32), np.asarray(-np.sum(d * d * ahead), np.float32)


def _start_loss(
    noise: Noise, cells: Cells, h: int, slope: tuple[int, int], forward: bool
) -> jax.Array:
    """Return what reports from before the start would teach [n, 2, n]; they do not exist.

    A hit e cells ahead is reported m cells before the start with weight G_{e+m}. Its gain there is
    taken as that of the start cell, K_0 f_occ - sum_e K_e f_emp, times K_e / K_0 (K are the
    tails of G), and the cells from the second on as alike.
    """
    here = cells.swept(h)
    if not noise.tails.size:
        return jnp.zeros_like(here.hit)
    share = noise.tails / noise.tails[0]
    ahead = shifted(cells.occupied, h, 1 if forward else -1, slope)
    later = jnp.zeros_like(ahead)
    for e in range(len(share) - 1, 0, -1):
        later = ahead * share[e] + (1.0 - ahead) * later
    o = here.occupied
    gain = noise.tails[0] * here.hit - noise.tails.sum() * here.empty
    return (o + (1.0 - o) * later) * gain
