# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Soft visibility: what a ray meets in a signed distance field, as a smooth function of its pose.

The field is taken for a fog (Mildenhall et al., "NeRF", 2020), dense where the distance is small:
density = softplus(-distance / 0.18 m) per metre. Of S samples on a ray, ``step`` metres apart,

    alpha = 1 - exp(-density step),  T_s = product of (1 - alpha) before s,
    seen = sum T alpha,  weights = T alpha / seen,  expected range = sum weights t.

The transmittance T does not increase and lies in (0, 1]; the expected hit is a mean of points of
the ray with weights that sum to one, so it lies on the ray.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

FOG_M = 0.18
"""Over such a distance from a surface the fog thins out."""
NEAREST_M, FARTHEST_M = 0.2, 12.0
SAMPLES = 64
_LEAST_SEEN = 1e-6  # a ray through nothing has weights all the same

Fields = Callable[[jax.Array], tuple[jax.Array, jax.Array]]
"""Signed distance [N] in metres and exposure [N] in 0..1 at points [3, N], map frame."""


class SoftHit(NamedTuple):
    """What R rays meet.

    Attributes:
        range_m: expected range [R].
        seen: share of the light that something stopped [R], 0..1.
        transmittance: T of the samples [S, R].
        exposure: Q of the samples [S, R].
        weights: T alpha of the samples [S, R], not normalised.
    """

    range_m: jax.Array
    seen: jax.Array
    transmittance: jax.Array
    exposure: jax.Array
    weights: jax.Array


def unit(directions: jax.Array) -> jax.Array:
    """Return directions [3, R] with length 1."""
    return directions / jnp.linalg.norm(directions, axis=0)


def ranges(samples: int) -> tuple[np.ndarray, float]:
    """Return the ranges [S] of samples, the middles of equal pieces, and the length of a piece."""
    step = (FARTHEST_M - NEAREST_M) / samples
    return NEAREST_M + step * (np.arange(samples) + 0.5), step


def transmittance(density: jax.Array, step_m: float) -> tuple[jax.Array, jax.Array]:
    """Return T and alpha [S, R] of densities [S, R] per metre, first sample first."""
    depth = density * step_m
    before = jnp.cumsum(depth, axis=0) - depth
    return jnp.exp(-before), -jnp.expm1(-depth)


def look(
    fields: Fields, origin: jax.Array, directions: jax.Array, samples: int = SAMPLES
) -> SoftHit:
    """Return what rays from a point meet.

    Args:
        fields: what the map knows.
        origin: [3], map frame.
        directions: [3, R]; their length does not matter.
        samples: S, on each ray.
    """
    at, step = ranges(samples)
    t = jnp.asarray(at, origin.dtype)[:, None]
    points = origin[:, None, None] + unit(directions)[:, None, :] * t
    distance, exposure = fields(points.reshape(3, -1))
    shape = points.shape[1:]
    density = jax.nn.softplus(-distance.reshape(shape) / FOG_M)
    through, alpha = transmittance(density, step)
    weights = through * alpha
    seen = jnp.sum(weights, axis=0)
    range_m = jnp.sum(weights * t, axis=0) / jnp.maximum(seen, _LEAST_SEEN)
    return SoftHit(range_m, seen, through, exposure.reshape(shape), weights)
