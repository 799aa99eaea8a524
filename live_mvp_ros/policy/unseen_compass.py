# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The unseen compass: where around the body something was not seen yet, a feature not learned.

Along 24 azimuths at elevations of -25, 0 and 25 degrees the potential of a ray is

    sum over its 32 samples of T alpha (1 - Q) / (1 + r^2),

with T and alpha of soft visibility: unseen matter that is near and not hidden. With the mean of
the directions, weighted by their potentials, that makes 75 numbers. Directions keep the axes of
the map: turning the body changes nothing.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.policy.soft_visibility import Fields, look, ranges

AZIMUTHS = 24
ELEVATIONS_RAD = tuple(np.radians([-25.0, 0.0, 25.0]))
SAMPLES = 32
SIZE = AZIMUTHS * len(ELEVATIONS_RAD) + 3
_LEAST = 1e-6  # where all is seen, the mean direction is none


def directions() -> np.ndarray:
    """Return the unit directions [3, 72], elevation by elevation."""
    azimuth = np.arange(AZIMUTHS) * (2.0 * np.pi / AZIMUTHS)
    rings = [
        np.stack(
            [
                np.cos(up) * np.cos(azimuth),
                np.cos(up) * np.sin(azimuth),
                np.full(AZIMUTHS, np.sin(up)),
            ]
        )
        for up in ELEVATIONS_RAD
    ]
    return np.concatenate(rings, axis=1)


def compass(fields: Fields, position: jax.Array) -> jax.Array:
    """Return the features [75] at a position [3]: potentials, then their mean direction."""
    d = jnp.asarray(directions(), position.dtype)
    hit = look(fields, position, d, SAMPLES)
    t = jnp.asarray(ranges(SAMPLES)[0], position.dtype)[:, None]
    potential = jnp.sum(hit.weights * (1.0 - hit.exposure) / (1.0 + t**2), axis=0)
    mean = d @ potential / jnp.maximum(jnp.sum(potential), _LEAST)
    return jnp.concatenate([potential, mean])
