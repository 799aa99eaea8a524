# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From an acceleration and a yaw rate to a flight: what one step of the environment flies.

Frames: the heading frame is the map turned to the drone's heading, forward and left, level.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros import worlds
from live_mvp_ros.base import quaternion
from live_mvp_ros.control import ControllerConfig
from live_mvp_ros.control.tracking import limit_norm, track_velocity
from live_mvp_ros.sim.inner_loop import Flying, hear, pushed
from live_mvp_ros.sim.loop_config import ClosedLoopConfig
from live_mvp_ros.vehicle import QuadrotorState, at_rest

_CLIMB_GAIN_PER_S = 1.5  # climb per error of altitude


class Flown(NamedTuple):
    """Where a step led, by the truth; n control periods."""

    way_m: jax.Array
    """[n, 3] position at the end of each period, before a drone in contact is put back."""
    clearance_m: jax.Array
    """[n] distance of those positions to what is solid."""

    def contacts(self, radius_m: float) -> jax.Array:
        """Return in how many periods a body of a radius met something, int32."""
        return jnp.sum(self.clearance_m < radius_m).astype(jnp.int32)


def command(
    config: ControllerConfig, vehicle: QuadrotorState, altitude_m: jax.Array, action: jax.Array
) -> jax.Array:
    """Return the command [4] of an action: thrust [N] and body rates [rad/s].

    It accelerates as the action says, up to the speed limit, keeps the altitude, and turns.

    Args:
        config: limits of body and vehicle.
        vehicle: as it believes to be.
        altitude_m: to keep.
        action: [3] acceleration forward and left (heading frame) and yaw rate, each as a share of
            its limit in [-1, 1]; what is beyond is cut off.
    """
    body, action = config.body, jnp.clip(action, -1.0, 1.0)
    heading = quaternion.from_yaw(quaternion.yaw(vehicle.attitude))
    forward_left = jnp.append(body.acceleration_max_m_s2 * action[:2], 0.0)
    acceleration = quaternion.rotate(heading, forward_left)[:2]
    ahead = vehicle.velocity[:2] + acceleration / config.vehicle.velocity_gain_per_s
    climb = jnp.clip(_CLIMB_GAIN_PER_S * (altitude_m - vehicle.position[2]), -1.0, 1.0)
    velocity = jnp.append(limit_norm(ahead, body.speed_max_m_s), climb)
    yaw_rad = quaternion.yaw(vehicle.attitude)
    tracked = track_velocity(body, config.vehicle, vehicle, velocity, yaw_rad)
    return tracked.at[3].set(body.yaw_rate_max_rad_s * action[2])


def fly_action(
    config: ClosedLoopConfig, scene: worlds.Scene, now: Flying, action: jax.Array
) -> tuple[Flying, Flown]:
    """Fly an action until the sensor looks; who touches something is put back, and is at rest.

    Args:
        config: of the loop.
        scene: what is solid.
        now: at the beginning.
        action: [3], see ``command``.
    """
    period_s = jnp.float32(config.control_period_s)
    altitude_m = jnp.asarray(config.body.altitude_m)

    def period(now: Flying, _: None) -> tuple[Flying, Flown]:
        order = command(config.controller, now.believed, altitude_m, action)
        after, before = pushed(config, now, order, period_s), now.vehicle
        position = after.vehicle.position
        clearance_m = worlds.signed_distance(scene, position)
        back = at_rest(before.position, quaternion.yaw(before.attitude))
        touches = clearance_m < config.body.radius_m
        vehicle = jax.tree.map(lambda a, b: jnp.where(touches, a, b), back, after.vehicle)
        after = hear(config, after._replace(vehicle=vehicle), period_s)
        return after, Flown(position, clearance_m)

    return jax.lax.scan(period, now, length=config.steps_per_look)
