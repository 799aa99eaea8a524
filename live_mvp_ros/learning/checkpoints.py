# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of a training, by Orbax: written beside their place and renamed, the last few kept.

What is saved is all of the state, bit for bit, so a training that goes on from one makes the same
numbers as one that was never stopped, on the same machine. What is flown is one small file beside
them.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from live_mvp_ros.base.config import ConfigurationError, from_mapping
from live_mvp_ros.base.results import write_json
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.learning.training_step import TrainingState
from live_mvp_ros.policy import policy_file
from live_mvp_ros.policy.actor import weights_of
from live_mvp_ros.policy.kinematic_body import KinematicConfig

KEPT = 3
SETTINGS = "training.json"
_FOLDER = "checkpoints"


class CheckpointError(ValueError):
    """A training cannot be gone on with; the text names its folder and says why."""


def write_settings(folder: Path, config: TrainingConfig) -> None:
    """Write the settings of a training into its folder.

    Raises:
        OSError: they cannot be written.
    """
    write_json(folder / SETTINGS, dataclasses.asdict(config))


def read_training(folder: Path) -> TrainingConfig:
    """Return the settings in the folder of a training.

    Raises:
        CheckpointError: there are none, or they are not allowed.
    """
    path = folder / SETTINGS
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return config_from({key: _tuple(value) for key, value in values.items()})
    except OSError as error:
        raise CheckpointError(
            f"{folder} is no folder of a training: {path} is not there"
        ) from error
    except (AttributeError, TypeError, ValueError, ConfigurationError) as error:
        raise CheckpointError(f"{path} holds no settings of a training: {error}") from error


def config_from(values: dict[str, object]) -> TrainingConfig:
    """Return settings from the values of a file, those of the body nested below ``body``.

    Raises:
        ConfigurationError: a key is unknown or a value not allowed.
    """
    body = values.get("body", {})
    if not isinstance(body, dict):
        raise ConfigurationError(f"body = {body!r} is not allowed: it must be settings by name")
    return from_mapping(TrainingConfig, {**values, "body": from_mapping(KinematicConfig, body)})


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Checkpoints:
    """The checkpoints in the folder of one training."""

    def __init__(self, folder: Path) -> None:
        """Look after a folder, which is made if it is not there."""
        options = ocp.CheckpointManagerOptions(max_to_keep=KEPT, enable_async_checkpointing=False)
        self._manager = ocp.CheckpointManager((folder / _FOLDER).absolute(), options=options)
        self._folder = folder

    def save(self, state: TrainingState) -> None:
        """Write a state, unless one of that iteration is there."""
        iteration = int(state.iteration)
        if iteration not in self._manager.all_steps():
            leaves = dict(enumerate_leaves(state))
            self._manager.save(iteration, args=ocp.args.StandardSave(leaves))
            self._manager.wait_until_finished()

    def latest(self, template: TrainingState) -> TrainingState:
        """Return the newest state, of the structure of another.

        Raises:
            CheckpointError: there is none, or it is of another network.
        """
        newest = self._manager.latest_step()
        if newest is None:
            raise CheckpointError(f"{self._folder} holds no checkpoint to go on from")
        wanted = dict(enumerate_leaves(template))
        try:
            leaves = self._manager.restore(newest, args=ocp.args.StandardRestore(wanted))
        except (KeyError, ValueError, OSError) as error:
            raise CheckpointError(
                f"the checkpoint {newest} in {self._folder} is not of such a training: {error}"
            ) from error
        found = [leaves[name] for name in wanted]
        return jax.tree.unflatten(jax.tree.structure(template), found)

    def close(self) -> None:
        """Let go of the folder."""
        self._manager.close()


def enumerate_leaves(state: TrainingState) -> list[tuple[str, jax.Array]]:
    """Return the arrays of a state by name, in their order."""
    named = jax.tree_util.tree_leaves_with_path(state)
    return [(jax.tree_util.keystr(path, simple=True, separator="-"), leaf) for path, leaf in named]


def write_policy(
    folder: Path, config: TrainingConfig, state: TrainingState, metrics: dict[str, Any] | None
) -> Path:
    """Write the policy of a training as one file that can be flown, and return where it is.

    Args:
        folder: of the training.
        config: its settings.
        state: the training.
        metrics: what the last evaluation said, None before the first.

    Raises:
        OSError: it cannot be written.
    """
    facts = {
        "training": dataclasses.asdict(config),
        "seed": config.seed,
        "iteration": int(state.iteration),
        "metrics": metrics,
    }
    path = folder / policy_file.NAME
    network = weights_of(state.policy)
    trained = policy_file.TrainedPolicy(network, config.position, config.body, facts)
    policy_file.save_policy(path, trained)
    return path
