# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with environments besides wrong values; each text is one sentence."""

from __future__ import annotations

from pathlib import Path


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
