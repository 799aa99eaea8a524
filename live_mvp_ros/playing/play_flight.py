# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The simulation of a play: a world, a body, a depth camera that looks at the truth, a live map.

The truth makes depth and stops the body, and is one of the three views; the map learns from depth
alone.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import mapping, worlds
from live_mvp_ros.playing.piloted_body import (
    CONTACTS,
    FREE,
    PilotedConfig,
    command_of,
    flown,
    yaw_of,
)
from live_mvp_ros.playing.play_messages import Frame, Opening, Order, Slice
from live_mvp_ros.playing.shown_lattice import ASKED, LatticeTurns, lattice, shares
from live_mvp_ros.playing.true_surface import true_surface
from live_mvp_ros.policy.kinematic_body import Body, at_rest
from live_mvp_ros.policy.map_fields import fields_of
from live_mvp_ros.worlds import DepthCameraConfig, Scene, World
from live_mvp_ros.worlds.scene import distance_first_axis

CAMERA = DepthCameraConfig(width_px=40, height_px=30, mount_xyz_m=(0.0, 0.0, 0.0))
"""Over 80 x 45 degrees."""
START_OF_SEED_M = (0.0, 0.0, 1.6)
"""Where the drone begins in the seed world, as in training; in others it is where they say."""
CONTACT_SHOWN_S = 1.5
_SLICE_HALF_M, _SLICE_CELLS = 5.0, 96


class PlayFlight:
    """Everything that changes as one plays."""

    def __init__(
        self, world: World, seed: int, solid: bool, say: Callable[[str], None] = lambda _: None
    ) -> None:
        """Put the drone at its start with an empty map.

        Args:
            world: where.
            seed: of the random numbers of the map.
            solid: three dimensions are shown; else a slice.
            say: is told what takes long.

        Raises:
            ConfigurationError: the world is too large for a map.
        """
        self.config, self._world, self._solid = PilotedConfig(), world, solid
        self._map_config = mapping.LiveMapConfig(
            lower_m=world.lower_m, upper_m=world.upper_m, outside_volume="integrate"
        )
        self._map = mapping.init(self._map_config, jax.random.key(seed))
        start = START_OF_SEED_M if world.name == "seed" else world.start_m
        yaw = 0.0 if world.name == "seed" else world.start_yaw_rad
        self._start_m = np.asarray(start)
        self._body = at_rest(jnp.asarray(start, jnp.float32), yaw)
        self._bound = tuple(jnp.asarray(b, jnp.float32) for b in (world.lower_m, world.upper_m))
        self._steps, self._looks = 0, 0
        self._contact, self._contact_s = FREE, 0.0
        self._slice_at, self._recentred = self._start_m[:2], 0
        if solid:
            say("drawing the world")
        self._surface = true_surface(world) if solid else (np.zeros((0, 3)), np.zeros((0, 3), int))
        self._points, self._spacing_m = lattice(
            np.asarray(world.lower_m), np.asarray(world.upper_m)
        )
        self._turns = LatticeTurns(self._map_config, self._points)
        self._move = jax.jit(flown)
        self._look = jax.jit(_look)
        self._learn = jax.jit(mapping.step, donate_argnums=1)
        self._share = jax.jit(shares)
        self._cut = jax.jit(_cut)
        self._explored = jax.jit(lambda evidence: jnp.mean(evidence.seen))
        say("compiling (a minute the first time)")
        self._compile()

    def opening(self) -> Opening:
        """Return what does not change."""
        return Opening(
            self._world.name,
            np.asarray(self._world.lower_m),
            np.asarray(self._world.upper_m),
            self._start_m,
            self.config.radius_m,
            CAMERA.max_range_m,
            self._surface[0],
            self._surface[1],
            self._points if self._solid else np.zeros((0, 3), np.float32),
            self._spacing_m,
        )

    @property
    def step_s(self) -> float:
        """Return the time of one step."""
        return self.config.body.step_s

    def move(self, order: Order) -> None:
        """Fly one step by an order."""
        yaw, velocity = yaw_of(self._body), np.asarray(self._body.velocity)
        command = jnp.asarray(command_of(self.config, order.wish, yaw, velocity), jnp.float32)
        self._body, contact = self._move(
            self.config, self._world.scene, *self._bound, self._body, command
        )
        self._steps += 1
        if int(contact) != FREE:
            self._contact, self._contact_s = int(contact), self._steps * self.step_s

    def look(self, order: Order, speed_up: float) -> Frame:
        """Look, learn if that is wished, and return the moment."""
        depth, scan = self._look(self._world.scene, self._body)
        if order.mapping:
            self._map, _ = self._learn(self._map_config, self._map, scan)
            self._looks += 1
        if order.recentred != self._recentred:
            self._recentred = order.recentred
            self._slice_at = np.asarray(self._body.position)[:2]
        now_s = self._steps * self.step_s
        recently = now_s - self._contact_s < CONTACT_SHOWN_S
        shown, share = self._lattice() if self._solid else (np.zeros(0, int), np.zeros(0))
        return Frame(
            now_s,
            np.asarray(self._body.position),
            np.asarray(self._body.velocity),
            np.asarray(self._body.attitude),
            float(self._body.rate[2]),
            CONTACTS[self._contact] if recently else "",
            np.asarray(depth),
            self._looks,
            float(self._explored(self._map.evidence)),
            speed_up,
            shown,
            share,
            None if self._solid else self._sliced(),
        )

    def _lattice(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the points whose turn it is and what they show."""
        chosen = self._turns.next(self._map)
        asked = np.zeros((ASKED, 3), np.float32)
        asked[: len(chosen)] = self._points[chosen]
        found = self._share(self._map_config, self._map.parameters, asked, self._spacing_m)
        return chosen, np.asarray(found)[: len(chosen)]

    def _sliced(self) -> Slice:
        """Return the cut at the height of the drone."""
        centre = jnp.asarray([*self._slice_at, self._body.position[2]], jnp.float32)
        truth, learned, exposure, seen = self._cut(
            self._map_config, self._world.scene, self._map, centre
        )
        known = np.where(np.asarray(seen), np.asarray(learned), np.nan)
        return Slice(self._slice_at, _SLICE_HALF_M, np.asarray(truth), known, np.asarray(exposure))

    def _compile(self) -> None:
        """Compile everything, and leave no trace of it: what was learned is forgotten."""
        before, empty = self._body, jax.tree.map(jnp.copy, self._map)
        self.move(Order())
        self.look(Order(), 1.0)
        self._body, self._map = before, empty
        self._steps, self._looks, self._contact = 0, 0, FREE


def _look(scene: Scene, body: Body) -> tuple[jax.Array, mapping.Scan]:
    """Return the depth image [H, W] of a body, and its scan."""
    points = worlds.render(CAMERA, scene, body.position, body.attitude, jax.random.key(0))
    pose = worlds.camera_pose(CAMERA, body.position, body.attitude)
    return points[..., 2], mapping.scan_from_cloud(points, *pose, body.position)


def _cut(
    config: mapping.LiveMapConfig, scene: Scene, state: mapping.LiveMap, centre: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Return truth, learned distance, exposure and what was seen [ny, nx] around a centre [3]."""
    steps = jnp.linspace(-_SLICE_HALF_M, _SLICE_HALF_M, _SLICE_CELLS)
    y, x = jnp.meshgrid(steps, steps, indexing="ij")
    points = centre[:, None] + jnp.stack([x, y, jnp.zeros_like(x)]).reshape(3, -1)
    distance, exposure = fields_of(config, state.parameters)(points)
    seen = mapping.seen_at(config, state.evidence, points)
    low, high = (jnp.asarray(corner)[:, None] for corner in (config.lower_m, config.upper_m))
    within = jnp.all((points >= low) & (points <= high), axis=0)
    exposure = jnp.where(within, exposure, jnp.nan)  # the fields say nothing beyond
    parts = (distance_first_axis(scene, points), distance, exposure, seen)
    truth, learned, exposed, known = (part.reshape(_SLICE_CELLS, _SLICE_CELLS) for part in parts)
    return truth, learned, exposed, known
