# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a depth sensor sees of the truth along the fan of rays a policy is trained with.

Besides each ray two more, a degree to its left and above it, give the normal of what it meets, as
neighbouring pixels of an image do. A ray that meets nothing within the sensor's range says that
all of it is free.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import quaternion
from live_mvp_ros.mapping import Scan
from live_mvp_ros.policy.kinematic_body import Body
from live_mvp_ros.policy.ray_fan import fan
from live_mvp_ros.worlds import RayCastConfig, Scene
from live_mvp_ros.worlds.raycast import reaches

_BESIDE_RAD = np.radians(1.0)
_JUMP_SHARE = 0.2  # of the range: rays that differ by more meet two surfaces
_BEYOND_M = 1.0
_SENSOR = RayCastConfig()


def _with_neighbours() -> np.ndarray:
    """Return the directions [3, 27] of the fan, those to the left, and those above."""
    x, y, z = rays = fan()
    azimuth, up = np.arctan2(y, x), np.arcsin(z)
    left = np.stack([-np.sin(azimuth), np.cos(azimuth), np.zeros_like(up)])
    above = np.cross(rays, left, axis=0)
    return np.concatenate([rays, *(rays + _BESIDE_RAD * to for to in (left, above))], axis=1)


def scan_of_truth(scene: Scene, body: Body) -> Scan:
    """Return the scan of nine rays [9, 3] of a body in a scene, in the map frame."""
    directions = quaternion.rotate(
        body.attitude[:, None], jnp.asarray(_with_neighbours(), jnp.float32)
    )
    directions = directions / jnp.linalg.norm(directions, axis=0)
    range_m = reaches(scene, body.position, directions.T, _SENSOR)
    clear_m = _SENSOR.max_range_m + _BEYOND_M
    ends = body.position[:, None] + directions * jnp.where(jnp.isinf(range_m), clear_m, range_m)
    here, left, above = jnp.split(ends, 3, axis=1)
    normal = jnp.cross(left - here, above - here, axis=0)
    length = jnp.linalg.norm(normal, axis=0)
    away = here - body.position[:, None]
    normal = normal * -jnp.sign(jnp.sum(normal * away, axis=0)) / jnp.maximum(length, 1e-12)
    near, *others = jnp.split(range_m, 3)
    alike = [jnp.abs(other - near) < _JUMP_SHARE * near for other in others]  # false: NaN, inf
    smooth = alike[0] & alike[1] & (length > 1e-12)
    return Scan(body.position, here.T, jnp.where(smooth, normal, 0.0).T, body.position)
