# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Shannon mutual information between a range measurement and the cells that it crosses.

Zhang, Henderson, Sze, Karaman, "FSMI: Fast computation of Shannon mutual information for
information-theoretic mapping" (IJRR 2020), Theorem 1: with o_j the occupancy of the j-th of n
equally long cells, r = o/(1-o), P(e_j) = o_j prod_{l<j} (1-o_l) and the gain of one cell's odds
update f(r, d) = ln((r+1)/(r+1/d)) - ln d/(r d + 1),

    MI = sum_j sum_k P(e_j) C_k G_kj,    C_k = f(r_k, d_occ) + sum_{i<k} f(r_i, d_emp),

G_kj = Phi((l_k+ - mu_j)/sigma) - Phi((l_k- - mu_j)/sigma) depends on k-j alone, so the double sum
is a banded correlation, O(n band). Uniform-FSMI is G = identity, O(n). Result in nats. These
functions evaluate one beam at a time: they are the truth that ``sweep`` is measured against, and
serve single poses.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.grid import LOG_ODDS_HIT, LOG_ODDS_MISS, GridSpec

DELTA_OCCUPIED = math.exp(LOG_ODDS_HIT)
DELTA_EMPTY = math.exp(-LOG_ODDS_MISS)
BAND_SIGMAS = 3.0
P_MIN, P_MAX = 1e-3, 1.0 - 1e-3  # certainty is never absolute; keeps odds and logarithms finite


@configuration
class SensorConfig:
    """The fan of beams whose information a pose is worth."""

    n_beams: int = parameter(default=12, low=1, high=256, help="Beams over the field of view.")
    fov_rad: float = parameter(
        default=math.radians(90.0),
        unit="rad",
        low=0.01,
        high=2 * math.pi,
        help="Horizontal field of view.",
    )
    range_m: float = parameter(default=10.0, unit="m", low=0.1, high=100.0, help="Longest range.")
    step_m: float = parameter(
        default=0.15, unit="m", low=0.01, high=1.0, help="Length of a beam's cells."
    )
    noise_sigma_m: float = parameter(
        default=0.15,
        unit="m",
        low=0.0,
        high=2.0,
        help="Standard deviation of the range; 0 = Uniform-FSMI.",
    )


def bounded(p: jax.Array) -> jax.Array:
    """Return probabilities of any shape within ``P_MIN`` and ``P_MAX``; NaN counts as unknown."""
    return jnp.where(jnp.isnan(p), 0.5, jnp.clip(p, P_MIN, P_MAX))


def cell_information(p: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return (f(r, d_occ), f(r, d_emp)) in nats for occupancy probabilities of any shape."""
    p = bounded(p)
    odds = p / (1.0 - p)
    return _update_information(odds, DELTA_OCCUPIED), _update_information(odds, DELTA_EMPTY)


def _update_information(odds: jax.Array, delta: float) -> jax.Array:
    return jnp.log((odds + 1.0) / (odds + 1.0 / delta)) - math.log(delta) / (odds * delta + 1.0)


def noise_band(sigma_m: float, step_m: float) -> np.ndarray:
    """Return G over k-j = -b..b for cells of ``step_m``; the mass beyond 3 sigma is dropped."""
    if sigma_m <= 0.0:
        return np.ones(1)
    half = max(0, math.ceil(BAND_SIGMAS * sigma_m / step_m - 0.5))
    edges = (np.arange(-half, half + 2) - 0.5) * step_m / sigma_m
    edges = np.clip(edges, -BAND_SIGMAS, BAND_SIGMAS)
    phi = np.array([0.5 * (1.0 + math.erf(e / math.sqrt(2.0))) for e in edges])
    return np.diff(phi)


def beam_information(p: jax.Array, sigma_m: float, step_m: float) -> jax.Array:
    """Return the mutual information [nats] of one beam through cells [n], nearest first."""
    hit, cumulative = _hits_and_gains(p)
    band = jnp.asarray(noise_band(sigma_m, step_m), cumulative.dtype)
    half = band.shape[0] // 2
    # expected[j] = sum_d C_{j+d} G_d; cells before the sensor and beyond the last one teach
    # nothing
    expected = jnp.convolve(jnp.pad(cumulative, half), band[::-1], mode="valid")
    return jnp.sum(hit * expected)


def uniform_beam_information(p: jax.Array) -> jax.Array:
    """Return Uniform-FSMI [nats] of one beam through cells [n]: an exact range sensor."""
    hit, cumulative = _hits_and_gains(p)
    return jnp.sum(hit * cumulative)


def _hits_and_gains(p: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return P(e_j) [n] and C_j [n] [nats] of a beam."""
    if p.ndim != 1 or p.shape[0] < 1:
        raise ValueError(f"a beam of shape {p.shape} is not allowed: it must be [n], not empty")
    o = bounded(p)
    occupied, empty = cell_information(o)
    reached = jnp.concatenate([jnp.ones(1), jnp.cumprod(1.0 - o)[:-1]])
    passed = jnp.concatenate([jnp.zeros(1), jnp.cumsum(empty)[:-1]])
    return o * reached, occupied + passed


def beam_cells(
    spec: GridSpec, xy: jax.Array, angle_rad: jax.Array, n: int, step_m: float
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return the cells (ix [n], iy [n]) in the middle of each step, and which are inside."""
    along = (jnp.arange(n) + 0.5) * step_m
    direction = jnp.stack([jnp.cos(angle_rad), jnp.sin(angle_rad)])
    index = jnp.round(spec.cell_coordinates(xy + along[:, None] * direction)).astype(jnp.int32)
    inside = jnp.all((index >= 0) & (index < jnp.asarray(spec.shape)), axis=-1)
    clipped = jnp.clip(index, 0, jnp.asarray(spec.shape) - 1)
    return clipped[:, 0], clipped[:, 1], inside


def beam_angles(config: SensorConfig, yaw_rad: jax.Array) -> jax.Array:
    """Return the directions [n_beams] rad: the middles of equal shares of the field of view."""
    share = (jnp.arange(config.n_beams) + 0.5) / config.n_beams - 0.5
    return yaw_rad + config.fov_rad * share


def pose_information(
    config: SensorConfig, spec: GridSpec, p: jax.Array, xy: jax.Array, yaw_rad: jax.Array
) -> jax.Array:
    """Return the information [nats] of a look from one pose: the sum over its beams.

    Args:
        config: the fan of beams (static).
        spec: geometry of ``p`` (static).
        p: [nx, ny] occupancy probability; outside the map counts as unknown (0.5).
        xy: [2] m, map frame.
        yaw_rad: heading of the middle of the fan.
    """
    n = max(1, round(config.range_m / config.step_m))

    def one(angle: jax.Array) -> jax.Array:
        ix, iy, inside = beam_cells(spec, xy, angle, n, config.step_m)
        cells = jnp.where(inside, p[ix, iy], 0.5)
        return beam_information(cells, config.noise_sigma_m, config.step_m)

    return jnp.sum(jax.vmap(one)(beam_angles(config, yaw_rad)))


def poses_information(
    config: SensorConfig, spec: GridSpec, p: jax.Array, xy: jax.Array, yaw_rad: jax.Array
) -> jax.Array:
    """Return the information [N] nats of looks from poses xy [N, 2], yaw_rad [N]."""
    return jax.vmap(lambda at, yaw: pose_information(config, spec, p, at, yaw))(xy, yaw_rad)
