# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which backend a configuration means."""

from __future__ import annotations

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.sdf_backend import SdfBackend
from live_mvp_ros.packets.stages import Backend
from live_mvp_ros.packets.stub_backend import StubBackend


def make_backend(config: EnvConfig) -> Backend:
    """Return the backend of a configuration.

    Raises:
        EnvBackendError: it cannot be had here.
    """
    match config.backend:
        case "stub":
            return StubBackend(config)
        case "mesh":
            from live_mvp_ros.packets.mesh_backend import MeshBackend

            return MeshBackend(config)
        case "habitat":
            from live_mvp_ros.packets.habitat_backend import HabitatBackend

            return HabitatBackend(config)
    return SdfBackend(config)
