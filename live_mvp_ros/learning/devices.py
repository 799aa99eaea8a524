# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The flights of a training step, spread over the devices that JAX has.

Flights do not know of one another until the mean of their gradients is taken, so their first axis
is the one that is divided; the policy and the optimiser are on every device. With one device
nothing is moved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from live_mvp_ros.base.plurals import counted

AXIS = "courses"


def mesh_for(courses: int) -> Mesh:
    """Return as many devices as share a number of courses evenly."""
    devices = jax.devices()
    count = max(n for n in range(1, len(devices) + 1) if courses % n == 0)
    return Mesh(np.array(devices[:count]), (AXIS,))


def divided(mesh: Mesh, courses: Any) -> Any:
    """Return a tree of arrays [E, ...], each device with its part of the E."""
    return _placed(mesh, courses, PartitionSpec(AXIS))


def everywhere(mesh: Mesh, state: Any) -> Any:
    """Return a tree of arrays that every device has the whole of."""
    return _placed(mesh, state, PartitionSpec())


def each_its_own(mesh: Mesh, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of (policy, courses, keys) that each device computes for its own part."""
    whole, part = PartitionSpec(), PartitionSpec(AXIS)
    return jax.shard_map(
        function, mesh=mesh, in_specs=(whole, part, part), out_specs=part, check_vma=False
    )


def in_words(mesh: Mesh) -> str:
    """Return what a training runs on, such as ``2 GPUs``."""
    return counted(mesh.size, mesh.devices.flat[0].platform.upper())


def _placed(mesh: Mesh, tree: Any, spec: PartitionSpec) -> Any:
    return tree if mesh.size == 1 else jax.device_put(tree, NamedSharding(mesh, spec))
