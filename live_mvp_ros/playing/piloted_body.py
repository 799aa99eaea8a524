# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The kinematic body under a pilot's keys, in a world that it cannot leave or pass through.

It moves freely until the next step would bring it nearer to a surface, or to the bound of its
world, than its radius: there it stops, with no speed left, and says by what. From there it gets
away by any command that does not lead nearer. A step is cut into pieces that are shorter than the
radius, so that no wall is so thin that the body gets past it. Map frame, metres.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.playing.held_keys import Wish
from live_mvp_ros.policy.kinematic_body import Body, KinematicConfig, moved
from live_mvp_ros.worlds.scene import Scene, distance_first_axis

FREE, WALL, EDGE = 0, 1, 2
CONTACTS = ("", "stopped at a surface", "stopped at the bound of the world")
_PIECES = 8


@configuration
class PilotedConfig:
    """How keys become motion."""

    body: KinematicConfig = KinematicConfig()
    acceleration_m_s2: float = parameter(
        default=2.0, unit="m/s^2", low=0.1, high=20.0, help="That a key gives."
    )
    yaw_rate_rad_s: float = parameter(
        default=1.0, unit="rad/s", low=0.1, high=5.0, help="That a key gives."
    )
    boost: float = parameter(default=2.0, low=1.0, high=10.0, help="Times as much with Shift.")
    radius_m: float = parameter(default=0.15, unit="m", low=0.05, high=1.0, help="Of the body.")
    speed_max_m_s: float = parameter(
        default=6.0, unit="m/s", low=0.5, high=20.0, help="Faster than this it does not get."
    )

    def check(self) -> str | None:
        """Refuse steps that could pass a wall."""
        longest = self.speed_max_m_s * self.body.step_s / _PIECES
        if longest > self.radius_m:
            return (
                f"speed_max_m_s = {self.speed_max_m_s:g} is not allowed: it must be at most "
                f"{self.radius_m * _PIECES / self.body.step_s:g} for this radius and step"
            )
        return None


def command_of(
    config: PilotedConfig, wish: Wish, yaw_rad: float, velocity_m_s: np.ndarray
) -> np.ndarray:
    """Return the command [6] of a wish: acceleration in the map, then body rates.

    Args:
        config: what a key gives.
        wish: of the keys.
        yaw_rad: heading of the body.
        velocity_m_s: [3] of the body, which a brake takes from it; map frame.
    """
    times = config.boost if wish.boost else 1.0
    cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
    wished = np.array(
        [
            cos * wish.forward - sin * wish.left,
            sin * wish.forward + cos * wish.left,
            float(wish.up),
        ]
    )
    acceleration = config.acceleration_m_s2 * times * wished
    if wish.brake:
        lost = 1.0 / config.body.step_s - config.body.drag_per_s
        acceleration = -lost * np.asarray(velocity_m_s, float)
    turn = config.yaw_rate_rad_s * times * wish.turn
    return np.array([*acceleration, 0.0, 0.0, turn])


def flown(
    config: PilotedConfig,
    scene: Scene,
    lower_m: jax.Array,
    upper_m: jax.Array,
    body: Body,
    command: jax.Array,
) -> tuple[Body, jax.Array]:
    """Return the body after one step, and FREE, or what it has been stopped by.

    Args:
        config: how it moves.
        scene: the solid.
        lower_m: lowest corner [3] of the bound.
        upper_m: highest corner [3].
        body: before; it is not nearer to anything than its radius.
        command: [6], see ``kinematic_body.moved``.
    """
    after = moved(config.body, body, command)
    speed = jnp.linalg.norm(after.velocity)
    kept = jnp.minimum(1.0, config.speed_max_m_s / jnp.maximum(speed, 1e-9))
    velocity = after.velocity * kept
    piece = velocity * config.body.step_s / _PIECES

    def room_m(point: jax.Array) -> tuple[jax.Array, jax.Array]:
        wall = distance_first_axis(scene, point[:, None])[0]
        return wall, jnp.min(jnp.minimum(point - lower_m, upper_m - point))

    def go(now: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], None]:
        point, contact = now
        here, there = (jnp.minimum(*room_m(p)) for p in (point, point + piece))
        wall, edge = room_m(point + piece)
        fits = (there >= config.radius_m) | (there >= here)
        hit = jnp.where(fits, FREE, jnp.where(wall <= edge, WALL, EDGE))
        goes = (contact == FREE) & fits
        return (jnp.where(goes, point + piece, point), jnp.maximum(contact, hit)), None

    begin = (body.position, jnp.int32(FREE))
    (position, contact), _ = jax.lax.scan(go, begin, length=_PIECES)
    velocity = jnp.where(contact == FREE, velocity, 0.0)
    return after._replace(position=position, velocity=velocity), contact


def yaw_of(body: Body) -> float:
    """Return the heading of a body in rad."""
    return float(quaternion.yaw(body.attitude))
