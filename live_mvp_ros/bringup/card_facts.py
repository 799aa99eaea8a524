# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether there is an NVIDIA card that JAX could compute on, and why it does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from live_mvp_ros.base.pip_packages import JAX_WITH_CUDA

_SIGNS = ("proc/driver/nvidia/version", "dev/nvidia0", "usr/lib/wsl/lib/libcuda.so.1")
"""Of a driver on Linux, of a card in a container, of a driver in WSL2."""
_HIDDEN = ("", "-1", "NoDevFiles", "none", "void")


class Unused(NamedTuple):
    """Why a card is not used, and what to do."""

    why: str
    remedy: str


def has_card(root: Path = Path("/")) -> bool:
    """Return whether this machine shows an NVIDIA card."""
    return any((root / sign).exists() for sign in _SIGNS)


def why_unused(
    platforms: set[str], environment: Mapping[str, str], has_plugin: bool
) -> Unused | None:
    """Return why JAX does not compute on a card that is there, None if it does.

    Args:
        platforms: of the devices of JAX, such as cpu and gpu.
        environment: of the process.
        has_plugin: JAX's CUDA plugin is installed.
    """
    if platforms & {"gpu", "cuda"}:
        return None
    chosen = environment.get("JAX_PLATFORMS", "")
    if chosen and not {"gpu", "cuda"} & set(chosen.split(",")):
        return Unused(f"JAX_PLATFORMS = {chosen!r} leaves it out", "unset JAX_PLATFORMS to use it")
    hidden = environment.get("CUDA_VISIBLE_DEVICES", "0")
    if hidden in _HIDDEN:
        return Unused(
            f"CUDA_VISIBLE_DEVICES = {hidden!r} hides it", "unset CUDA_VISIBLE_DEVICES to use it"
        )
    if not has_plugin:
        return Unused(
            "JAX is installed without CUDA", f'optional: `pip install "{JAX_WITH_CUDA}"`'
        )
    return Unused(
        "its driver does not answer, or is too old",
        "see whether `nvidia-smi` works; CUDA 12 needs a driver of version 525 or later",
    )
