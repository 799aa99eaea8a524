# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A trained policy in one file: weights, what they mean, and where they come from.

The file is an archive of ``base.array_file``: a JSON header and the float32 weights of three
layers, some 70 kB. The header holds the signature of observation and command, the body that was
trained with, and for people the settings, the seed, the iteration, the last evaluation and the
version of the package. Whoever flies it reads arrays and JSON, nothing that could be executed.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.base import array_file, results
from live_mvp_ros.base.array_file import DAMAGE, HEADER, ArrayFileError
from live_mvp_ros.base.config import ConfigurationError, from_mapping
from live_mvp_ros.policy.flown_network import SHAPES, Weights
from live_mvp_ros.policy.kinematic_body import KinematicConfig
from live_mvp_ros.policy.observation import POSITIONS
from live_mvp_ros.policy.signature import difference, signature

FORMAT, VERSION = "live_mvp_ros policy", 1
NAME = "policy.npz"
"""Of the file in the folder of a training."""
LARGEST_BYTES = 1_000_000


class PolicyFileError(ValueError):
    """A file is no policy that can be flown; the text is one sentence that names it."""


@dataclasses.dataclass(frozen=True)
class TrainedPolicy:
    """What a file holds.

    Attributes:
        network: the weights.
        position: ``absolute`` or ``relative``, what it is told.
        body: that it was trained with: the limits of its commands.
        facts: where it comes from, for people: ``training``, ``seed``, ``iteration``, ``metrics``
            (of the last evaluation, None before the first) and ``package_version``.
    """

    network: Weights
    position: str
    body: KinematicConfig
    facts: Mapping[str, Any]


def save_policy(path: Path, policy: TrainedPolicy) -> None:
    """Write a policy as a whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    header = {
        "format": FORMAT,
        "version": VERSION,
        "package_version": results.package_version(),
        "signature": signature(policy.position),
        "body": dataclasses.asdict(policy.body),
        **{key: value for key, value in policy.facts.items() if key != "package_version"},
    }
    results.write(path, array_file.packed(header, _named(policy.network)))


def load_policy(path: str | os.PathLike[str]) -> TrainedPolicy:
    """Return the policy of a file.

    Raises:
        PolicyFileError: there is none, or it is not one that can be flown by this version.
    """
    try:
        if os.path.isfile(path) and os.path.getsize(path) > LARGEST_BYTES:
            raise ArrayFileError(f"is no policy: it has more than {LARGEST_BYTES} bytes")
        arrays = array_file.read_arrays(path, "file of a policy")
        header = _header(arrays)
        network = _network(arrays)
    except ArrayFileError as error:
        raise PolicyFileError(f"{path}: {error}") from error
    try:
        body = from_mapping(KinematicConfig, header.get("body", {}))
    except (ConfigurationError, TypeError) as error:
        raise PolicyFileError(f"{path}: has a body that is not allowed: {error}") from error
    about = ("training", "seed", "iteration", "metrics", "package_version")
    facts = {name: header.get(name) for name in about}
    return TrainedPolicy(network, header["signature"]["position"], body, facts)


def _named(network: Weights) -> dict[str, np.ndarray]:
    """Return the arrays of a network by name."""
    named = {"weight": network.weights, "bias": network.biases}
    return {
        f"{kind}_{k}": np.asarray(array, np.float32)
        for kind, arrays in named.items()
        for k, array in enumerate(arrays)
    }


def _header(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return a header that says what is flown here.

    Raises:
        ArrayFileError: it says something else.
    """
    try:
        header = dict(json.loads(arrays[HEADER].tobytes()))
        ours, version = header["format"] == FORMAT, int(header["version"])
    except DAMAGE as error:
        raise ArrayFileError("is no policy of live_mvp_ros") from error
    if not ours:
        raise ArrayFileError("is no policy of live_mvp_ros")
    if version != VERSION:
        age = "a newer" if version > VERSION else "an older"
        raise ArrayFileError(
            f"has version {version}, written by {age} live_mvp_ros; this one reads {VERSION}"
        )
    told = header.get("signature")
    position = told.get("position") if isinstance(told, dict) else None
    wanted = signature(position if position in POSITIONS else POSITIONS[0])
    if other := difference(told, wanted):
        raise ArrayFileError(f"was trained with another observation: {other}")
    return header


def _network(arrays: Mapping[str, np.ndarray]) -> Weights:
    """Return the weights.

    Raises:
        ArrayFileError: one is missing, of another shape or type, or not finite.
    """
    shapes: dict[str, tuple[int, ...]] = {f"weight_{k}": s for k, s in enumerate(SHAPES)}
    shapes |= {f"bias_{k}": shape[:1] for k, shape in enumerate(SHAPES)}
    for name, shape in shapes.items():
        array = arrays.get(name)
        if array is None or array.shape != shape or array.dtype != np.float32:
            raise ArrayFileError(f"is not a whole policy: {name} is missing or misshapen")
        if not np.all(np.isfinite(array)):
            raise ArrayFileError(f"cannot be flown: {name} is not finite")
    weights, biases = (
        tuple(jnp.asarray(arrays[f"{kind}_{k}"]) for k in range(len(SHAPES)))
        for kind in ("weight", "bias")
    )
    return Weights(weights, biases)
