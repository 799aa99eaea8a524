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
reports from before it do not exist either. Arrays are those of one lattice of ``directions``,
[n column, m row], and of one slope at a time.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.fusion import computed_here
from live_mvp_ros.planning.directions import SweepPlan, row_ahead
from live_mvp_ros.planning.fsmi import noise_band


class Cells(NamedTuple):
    """One lattice of the map, [n + 2 h, m + 2 h], with h cells more than are swept."""

    occupied: jax.Array
    """o, within what is allowed for logarithms."""
    hit: jax.Array
    """f_occ in nats."""
    empty: jax.Array
    """f_emp in nats."""

    def swept(self, h: int) -> Cells:
        """Return the cells without the h around them."""
        n, m = self.hit.shape
        return Cells(*(cells[h : n - h, h : m - h] for cells in self))


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

    low: tuple[slice, slice]
    """Cells that have one a range ahead of them."""
    high: tuple[slice, slice]
    """The cells a range ahead."""
    passing: jax.Array
    """T of the cells from low (included) to high (excluded)."""
    empty: jax.Array
    """F of the same cells."""


def shifted(cells: jax.Array, h: int, columns: int, slope: tuple[int, int]) -> jax.Array:
    """Return what lies some columns ahead of each swept cell on its line, |columns| <= h."""
    n, m = (size - 2 * h for size in cells.shape)
    i, j = h + columns, h + row_ahead(columns, slope)
    return cells[i : i + n, j : j + m]


def spans(slope: tuple[int, int], sums: jax.Array) -> Spans | None:
    """Return the spans of a slope, None where no two cells are a range apart.

    Args:
        slope: columns and rows of a range.
        sums: [n, 2, m] of ln(1 - o) and of f_emp from each cell to its line's end.
    """
    (n, _, m), (columns, rows) = sums.shape, slope
    if columns >= n or abs(rows) >= m:
        return None
    left, right = max(0, -rows), m - max(0, rows)
    low = (slice(0, n - columns), slice(left, right))
    high = (slice(columns, n), slice(left + rows, right + rows))
    log_pass, empty = (sums[:, k][low] - sums[:, k][high] for k in (0, 1))
    # without the barrier both ways would work this out
    return Spans(low, high, *computed_here((jnp.exp(log_pass), empty)))


def ended(
    plan: SweepPlan,
    noise: Noise,
    cells: Cells,
    h: int,
    expected: jax.Array,
    span: Spans | None,
    forward: bool,
) -> jax.Array:
    """Return the gain [n, m] of beams that start at their cell and end at the range.

    A beam whose end lies outside what is swept keeps what the outside adds. ``plan`` has one
    slope.
    """
    here, weight = cells.swept(h), noise.weight
    started = expected - _start_loss(noise, cells, h, plan.slopes[0], forward)
    if span is None:
        return started
    passing = 1.0 - here.occupied
    through, empty = span.passing, span.empty
    near, far = (span.low, span.high) if forward else (span.high, span.low)
    if not forward:  # the far cell is not crossed, the own one is
        through = through * (passing[near] / passing[far])
        empty = empty + here.empty[near] - here.empty[far]
    counted = _counted(plan, noise)
    rest = _rest(expected[far], Cells(*(c[far] for c in here)), empty, weight, counted)
    # without the barrier the update reads what it has overwritten, if nothing is lost at
    # the start (XLA fuses the slices of one array into an update of it in place)
    limited = computed_here(started[near] - through * rest)
    corner = (near[0].start, near[1].start)
    return jax.lax.dynamic_update_slice(started, limited, corner)


def ended_at(
    plan: SweepPlan,
    noise: Noise,
    cells: Cells,
    h: int,
    expected: jax.Array,
    sums: jax.Array,
    forward: bool,
    start: tuple[jax.Array, jax.Array],
) -> jax.Array:
    """Return what ``ended`` returns for N cells (columns, rows) alone: [N]."""
    here, weight, (n, m) = cells.swept(h), noise.weight, expected.shape
    way = 1 if forward else -1
    (columns, rows), (column, row) = plan.slopes[0], start
    i, j = column + way * columns, row + way * rows
    inside = (i >= 0) & (i < n) & (j >= 0) & (j < m)
    i, j = jnp.clip(i, 0, n - 1), jnp.clip(j, 0, m - 1)
    own, far = (Cells(*(c[at] for c in here)) for at in (start, (i, j)))
    log_pass, empty = (sums[column, k, row] - sums[i, k, j] for k in (0, 1))
    if not forward:
        log_pass = jnp.log(1.0 - own.occupied) - jnp.log(1.0 - far.occupied) - log_pass
        empty = own.empty - far.empty - empty
    rest = _rest(expected[i, j], far, empty, weight, _counted(plan, noise))
    loss = _start_loss(noise, cells, h, plan.slopes[0], forward)[column, row]
    return expected[column, row] - loss - jnp.where(inside, jnp.exp(log_pass), 0.0) * rest


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


def _counted(plan: SweepPlan, noise: Noise) -> tuple[np.ndarray, np.ndarray]:
    """Return how many hits in the cell a range ahead count, and crossings of it besides.

    psi gs less the band's overshoot, sum_{d>0} d G_d; less its square's, sum_{d>0} d^2 G_d. Exact
    in the mean over where in the last cells a beam's hits are.
    """
    psi = plan.range_cells / plan.steps()[0] + 0.5 - plan.slopes[0][0]
    ahead = noise.band[len(noise.band) // 2 + 1 :].astype(float)
    d = np.arange(1, len(ahead) + 1)
    hits = np.clip(np.asarray(psi * noise.weight - np.sum(d * ahead)), -1.0, 1.0)
    return hits.astype(np.float32), np.asarray(-np.sum(d * d * ahead), np.float32)


def _start_loss(
    noise: Noise, cells: Cells, h: int, slope: tuple[int, int], forward: bool
) -> jax.Array:
    """Return what reports from before the start would teach [n, m]; they do not exist.

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
