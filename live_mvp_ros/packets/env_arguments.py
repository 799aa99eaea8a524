# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What an environment is given besides its settings: refused by one sentence, or made usable."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.explorer_motion import MOTOR_MATRIX
from live_mvp_ros.packets.packet_fields import PacketError, settled


def settings(config: Any) -> EnvConfig:
    """Return settings, the usual ones for None.

    Raises:
        PacketError: they are of another type.
    """
    if config is None:
        return EnvConfig()
    if not isinstance(config, EnvConfig):
        raise PacketError(
            f"config = {config!r} is not allowed: it must be an EnvConfig, which "
            "EnvConfig.from_dict makes of a mapping"
        )
    return config


def motor_matrix(matrix: Any) -> np.ndarray:
    """Return B [6, M] of an explorer's motor actions, the usual one for None.

    Raises:
        PacketError: it is no such matrix of finite numbers.
    """
    try:
        made = MOTOR_MATRIX if matrix is None else np.array(matrix, float)
    except (TypeError, ValueError):
        raise PacketError(
            f"motor_matrix = {matrix!r} is not allowed: it must be [6, M] numbers"
        ) from None
    if made.ndim != 2 or made.shape[0] != 6 or not np.isfinite(made).all():
        raise PacketError(
            f"a motor_matrix of shape {made.shape} is not allowed: it must be [6, M] and finite"
        )
    return made


def count(name: str, value: Any) -> int:
    """Return a whole number of at least 1.

    Raises:
        PacketError: it is none.
    """
    number: int = settled(name, int, value)
    if number < 1:
        raise PacketError(f"{name} = {number} is not allowed: it must be at least 1")
    return number


def whole_seed(seed: Any) -> int:
    """Return a seed as a whole number of Python, which JSON takes.

    Raises:
        PacketError: it is none, or out of range.
    """
    try:
        number = -1 if isinstance(seed, bool | np.bool_) else operator.index(seed)
    except TypeError:
        number = -1
    if not 0 <= number < 2**64:
        raise PacketError(
            f"seed = {seed!r} is not allowed: it must be a whole number, at least 0, below 2^64"
        )
    return number
