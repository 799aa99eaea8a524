# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Save, load and reset the live map: services, autosave, and restoring after a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
from std_srvs.srv import Trigger

from live_mvp_ros import mapping
from live_mvp_ros.mapping import LiveMap, LiveMapConfig, MapFileError
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.srv import LoadMap, SaveMap

NO_PATH = "no path is given and autosave_path is empty"


class MapStore:
    """Serves map/save, map/load and map/reset for a node that owns a map."""

    def __init__(
        self,
        node: GraphNode,
        autosave_path: str,
        config: Callable[[], LiveMapConfig],
        current: Callable[[], LiveMap],
        replace: Callable[[LiveMap], None],
        fresh: Callable[[], LiveMap],
    ) -> None:
        """Restore the map of ``autosave_path`` if that file is there, then serve.

        Args:
            node: owner of the map.
            autosave_path: default file; empty for none.
            config: returns the map's configuration.
            current: returns the map as it is.
            replace: puts another map in its place.
            fresh: returns an empty map.
        """
        self._node, self._path, self._config = node, autosave_path, config
        self._current, self._replace, self._fresh = current, replace, fresh
        if autosave_path and Path(autosave_path).exists():
            problem = self.load(autosave_path)
            node.get_logger().info(problem or f"restored the map from {autosave_path}")
        node.create_service(SaveMap, "map/save", self._on_save)
        node.create_service(LoadMap, "map/load", self._on_load)
        node.create_service(Trigger, "map/reset", self._on_reset)

    def autosave(self) -> None:
        """Save to the default file; a failure is logged, once a minute."""
        problem, _ = self.save("")
        if problem:
            self._node.get_logger().warning(
                f"autosave failed: {problem}", throttle_duration_sec=60.0
            )

    def save(self, path: str) -> tuple[str, Path]:
        """Save the map; returns why that failed, or an empty string, and the file."""
        target = Path(path or self._path).expanduser().absolute()
        if not (path or self._path):
            return NO_PATH, target
        try:
            mapping.save_map(target, self._config(), self._current())
        except MapFileError as error:
            return str(error), target
        return "", target

    def load(self, path: str) -> str:
        """Put the map of a file in the place of this one; returns why not, or an empty string."""
        if not path:
            return NO_PATH
        try:
            config, state = mapping.load_map(path)
        except MapFileError as error:
            return str(error)
        ours: Any = jax.tree.structure(self._config())  # holds all static fields
        if ours != jax.tree.structure(config):
            return f"{path}: was made with other settings (volume, resolution or networks)"
        self._replace(state)
        return ""

    def _on_save(self, request: SaveMap.Request, response: SaveMap.Response) -> Any:
        response.message, path = self.save(request.path)
        response.success = not response.message
        response.path = str(path) if response.success else ""
        return response

    def _on_load(self, request: LoadMap.Request, response: LoadMap.Response) -> Any:
        response.message = self.load(request.path or self._path)
        response.success = not response.message
        return response

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Any:
        self._replace(self._fresh())
        response.success = True
        return response
