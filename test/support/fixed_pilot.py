# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Policies whose command is known: networks that say the same whatever they see."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.policy.flown_network import SHAPES, Weights
from live_mvp_ros.policy.kinematic_body import KinematicConfig
from live_mvp_ros.policy.piloting import Pilot
from live_mvp_ros.policy.policy_file import TrainedPolicy, save_policy


def network_that_says(command) -> Weights:
    """Return a network whose output is a command [6] for every observation."""
    weights = tuple(jnp.zeros(shape, jnp.float32) for shape in SHAPES)
    biases = tuple(jnp.zeros(shape[0], jnp.float32) for shape in SHAPES)
    return Weights(weights, (*biases[:-1], jnp.asarray(command, jnp.float32)))


def pilot_that_says(command, body: KinematicConfig | None = None) -> Pilot:
    """Return the pilot of such a network."""
    return Pilot(network_that_says(command), KinematicConfig() if body is None else body)


def file_that_says(path: Path, command, position: str = "absolute") -> Path:
    """Write the file of such a policy."""
    network = network_that_says(command)
    save_policy(path, TrainedPolicy(network, position, KinematicConfig(), {"seed": 0}))
    return path


def random_file(path: Path, seed: int = 0, size: float = 1.0) -> Path:
    """Write the file of a network of random numbers."""
    random = np.random.default_rng(seed)
    weights = tuple(
        jnp.asarray(size * random.normal(size=shape) / np.sqrt(shape[1]), jnp.float32)
        for shape in SHAPES
    )
    biases = tuple(jnp.zeros(shape[0], jnp.float32) for shape in SHAPES)
    policy = TrainedPolicy(Weights(weights, biases), "relative", KinematicConfig(), {"seed": seed})
    save_policy(path, policy)
    return path
