# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a policy is told: 206 numbers about the body and about the map around it.

In this order: position 3, velocity 3, where the body looks 3, anchors 122, compass 75. The
position is absolute, in the map, or relative to where the flight began. With the absolute one a
policy may learn where things are in the world it was trained in, which is worth nothing elsewhere.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from live_mvp_ros.policy import anchor_lattice, unseen_compass
from live_mvp_ros.policy.kinematic_body import Body, forward
from live_mvp_ros.policy.soft_visibility import Fields

POSITIONS = ("absolute", "relative")
SIZE = 9 + anchor_lattice.SIZE + unseen_compass.SIZE


def observe(fields: Fields, body: Body, start: jax.Array, position: str) -> jax.Array:
    """Return the observation [206].

    Args:
        fields: what the map knows.
        body: whose observation it is.
        start: where its flight began [3], map frame.
        position: one of ``POSITIONS``.
    """
    where = body.position - start if position == "relative" else body.position
    return jnp.concatenate(
        [
            where,
            body.velocity,
            forward(body),
            anchor_lattice.anchors(fields, body.position),
            unseen_compass.compass(fields, body.position),
        ]
    )
