# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What wrappers of the exploration share: its spaces, how actions are read, how it is shown."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from gymnasium import spaces

from live_mvp_ros.environments.explore_observation import CHANNELS, PROPOSAL, STATE
from live_mvp_ros.environments.explore_task import ExploreInfo, ExploreTask

SENSED = tuple[dict[str, np.ndarray], dict[str, Any]]
"""Observation and info."""
_LARGEST_SEED = 2**31
_PIXELS_PER_CELL = 4
_DRONE_RGB = (220, 40, 40)


def observation_space(task: ExploreTask) -> spaces.Space[Any]:
    """Return what ``explore_observation`` says, as a space."""
    size = task.config.crop_cells
    shapes = {"map": (len(CHANNELS), size, size), "state": (len(STATE),)}
    if task.config.control == "proposals":
        shapes["proposals"] = (task.config.proposals, len(PROPOSAL))
    return spaces.Dict({name: spaces.Box(-1.0, 1.0, shape) for name, shape in shapes.items()})


def action_space(task: ExploreTask) -> spaces.Space[Any]:
    """Return shares of the limits of acceleration forward, left and yaw rate, or a proposal."""
    if task.config.control == "proposals":
        return spaces.Discrete(task.config.proposals)
    return spaces.Box(-1.0, 1.0, (3,))


def read_actions(space: spaces.Space[Any], actions: Any, shape: Any) -> np.ndarray:
    """Return actions as the task wants them.

    Args:
        space: of one action.
        actions: one or more, as anything that NumPy reads.
        shape: that they must have.

    Raises:
        ValueError: they have another shape, or one of them is no action.
    """
    given = np.asarray(actions)
    if isinstance(space, spaces.Discrete):
        good = given.dtype.kind in "iu" and given.shape == shape
        if not good or (given < 0).any() or (given >= space.n).any():
            raise ValueError(
                f"action = {actions!r} is not allowed: it must be of shape {shape}, whole numbers "
                f"from 0 to {space.n - 1}"
            )
        return given.astype(np.int32)
    good = given.dtype.kind in "iuf" and given.shape == shape
    if not good or not np.isfinite(given).all():
        raise ValueError(
            f"action = {actions!r} is not allowed: it must be of shape {shape}, finite numbers"
        )
    return given.astype(np.float32)


def checked_render_mode(mode: str | None) -> str | None:
    """Return a render mode that there is.

    Raises:
        ValueError: there is no such one.
    """
    if mode not in (None, "rgb_array"):
        raise ValueError(f"render_mode = {mode!r} is not allowed: it must be None or 'rgb_array'")
    return mode


def next_key(generator: np.random.Generator) -> jax.Array:
    """Return the random key of the next episode of an environment with this generator."""
    return jax.random.key(int(generator.integers(_LARGEST_SEED)))


def observed(observation: Any) -> dict[str, np.ndarray]:
    """Return an observation as arrays of the caller's own."""
    return {name: np.array(value) for name, value in observation.items()}


def told(info: ExploreInfo) -> dict[str, Any]:
    """Return information as numbers and arrays of the caller's own."""
    values = {name: np.array(value) for name, value in info._asdict().items()}
    return {name: value if value.ndim else value.item() for name, value in values.items()}


def picture(channels: np.ndarray) -> np.ndarray:
    """Return the observed map [len(CHANNELS), size, size] as a picture, uint8 RGB, ahead is up.

    Unknown is grey, free white, occupied black; the drone is red.
    """
    known, occupied = channels[CHANNELS.index("known")], channels[CHANNELS.index("occupied")]
    grey = np.where(known > 0.5, 255.0 * (1.0 - occupied), 128.0)
    image = np.repeat(grey[..., None], 3, axis=-1).astype(np.uint8)
    middle = slice((len(image) - 1) // 2, len(image) // 2 + 1)
    image[middle, middle] = _DRONE_RGB
    image = image[::-1, ::-1]  # ahead is up, left is left
    return image.repeat(_PIXELS_PER_CELL, axis=0).repeat(_PIXELS_PER_CELL, axis=1)
