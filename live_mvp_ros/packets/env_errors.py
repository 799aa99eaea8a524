# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with environments besides wrong values; each text is one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from live_mvp_ros.packets.packet_fields import PacketError

RENDERER_ERRORS = (
    RuntimeError,
    ValueError,
    ArithmeticError,
    MemoryError,
    OSError,
    np.linalg.LinAlgError,
    PacketError,
)
"""What a renderer that fails may raise, of whatever library it is: about devices and compiled
programs (RuntimeError), arrays and numbers, memory, files, and pictures that are no patches.
What else is raised is a mistake in a program, and comes out."""


class EnvAssetError(FileNotFoundError):
    """A model or a scene is missing or broken.

    Attributes:
        object_id: the object that was wanted, or the scene's name.
        path: where it was looked for.
    """

    def __init__(self, object_id: str, path: Path, reason: str = "there is no such file") -> None:
        """Say what of which object is wrong."""
        super().__init__(f"no model of {object_id}: {path}: {reason}")
        self.object_id, self.path = object_id, path


class EnvBackendError(RuntimeError):
    """A backend cannot be had here, or has failed twice."""


def reason_of(error: Exception) -> str:
    """Return what an error says in one line, its type if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
