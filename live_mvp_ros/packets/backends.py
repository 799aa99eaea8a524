# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which backend a configuration means."""

from __future__ import annotations

from importlib.util import find_spec

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.env_errors import EnvBackendError
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
            raise EnvBackendError(_no_habitat())
    return SdfBackend(config)


def _no_habitat() -> str:
    """Return why there is no habitat, and what to do."""
    if find_spec("habitat_sim") is None:
        return (
            "backend habitat needs habitat_sim, which is not here and which pip does not have: "
            "conda install habitat-sim withbullet headless -c conda-forge -c aihabitat"
        )
    return (
        "backend habitat is not available: habitat_sim is installed, but nothing here drives it "
        "yet: use backend mesh, which reads the same meshes and scenes"
    )
