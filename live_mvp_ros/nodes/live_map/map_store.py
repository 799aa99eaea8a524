# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Save, load and reset the live map: services, autosave, and restoring after a restart.

Everything that touches a disk happens on one thread of its own, one thing at a time: a slow disk
delays neither messages nor updates. Who calls map/save can write maps into one folder and replace
maps there, and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
from rclpy.callback_groups import ReentrantCallbackGroup
from std_srvs.srv import Trigger

from live_mvp_ros import mapping
from live_mvp_ros.base.config import replace
from live_mvp_ros.mapping import LiveMap, LiveMapConfig, MapFileError
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.running import StartError
from live_mvp_ros.srv import LoadMap, SaveMap

NO_PATH = "no path is given and autosave_path is empty"
SUFFIX = ".npz"


class MapStore:
    """Serves map/save, map/load and map/reset for a node that owns a map."""

    def __init__(
        self,
        node: GraphNode,
        autosave_path: str,
        maps_folder: str,
        config: Callable[[], LiveMapConfig],
        snapshot: Callable[[], LiveMap],
        replace: Callable[[LiveMap], None],
        fresh: Callable[[], LiveMap],
    ) -> None:
        """Restore the map of ``autosave_path`` if that file is there, then serve.

        Args:
            node: owner of the map.
            autosave_path: default file; empty for none.
            maps_folder: where map/save may write; empty: the folder of ``autosave_path``, or
                the working directory where that is empty too.
            config: returns the map's configuration.
            snapshot: returns the map as it is, for this store alone; called on its thread.
            replace: puts another map in its place; called on its thread.
            fresh: returns an empty map; called on its thread.

        Raises:
            StartError: ``maps_folder`` is no folder, or ``autosave_path`` is something else than
                a file.
        """
        self._node, self._config = node, config
        self._path = Path(os.path.expanduser(autosave_path)).absolute() if autosave_path else None
        self._snapshot, self._replace, self._fresh = snapshot, replace, fresh
        self._folder = self._allowed(maps_folder)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="map store")
        self._autosaving: Future[None] | None = None
        self._restore()
        group = ReentrantCallbackGroup()  # while one waits for the disk the others are taken
        node.create_service(SaveMap, "map/save", self._on_save, callback_group=group)
        node.create_service(LoadMap, "map/load", self._on_load, callback_group=group)
        node.create_service(Trigger, "map/reset", self._on_reset, callback_group=group)

    def close(self) -> None:
        """Let what is being written be completed, and take nothing more."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def autosave(self) -> None:
        """Have the map saved to the default file, unless the last autosave is still under way."""
        if self._autosaving is None or self._autosaving.done():
            self._autosaving = self._thread.submit(self._autosave)

    def save(self, path: str) -> tuple[str, Path]:
        """Save the map; returns why that failed, or an empty string, and the file."""
        problem, target = self._target(path)
        if problem:
            return problem, target
        try:
            mapping.save_map(target, self._config(), self._snapshot())
        except MapFileError as error:
            return str(error), target
        return "", target

    def load(self, path: str) -> str:
        """Put the map of a file in the place of this one; returns why not, or an empty string.

        A path that is not absolute is in the folder for maps, as for ``save``.
        """
        if not path and self._path is None:
            return NO_PATH
        file = self._folder / path if path else self._path
        assert file is not None  # one of the two is there
        try:
            config, state = mapping.load_map(file)
        except MapFileError as error:
            return str(error)
        ours = self._config()
        theirs = replace(config, odometry=ours.odometry)  # a map serves whatever it was made with
        structures: Any = [jax.tree.structure(c) for c in (ours, theirs)]  # hold all static fields
        if structures[0] != structures[1]:
            return f"{file}: was made with other settings (volume, resolution or networks)"
        self._replace(mapping.with_odometry(ours, state))
        return ""

    def _allowed(self, maps_folder: str) -> Path:
        if not maps_folder:
            return (self._path.parent if self._path else Path()).resolve()
        folder = Path(os.path.expanduser(maps_folder))
        if not folder.is_dir():
            raise StartError(f"maps_folder = {maps_folder!r} is not allowed: it must be a folder")
        return folder.resolve()

    def _restore(self) -> None:
        """Take the map of the default file; what cannot be taken is kept under another name."""
        if self._path is None or not self._path.exists():
            return
        if not self._path.is_file():
            raise StartError(f"autosave_path = {str(self._path)!r} is not allowed: it is no file")
        problem = self.load("")
        if not problem:
            self._node.get_logger().info(f"restored the map from {self._path}")
            return
        aside = _free_name(self._path)
        try:
            self._path.rename(aside)
        except OSError as error:
            kept = f"it cannot be moved aside: {error.strerror}"
        else:
            kept = f"it is kept as {aside.name}"
        self._node.get_logger().warning(f"{problem}; {kept}, and the map starts empty")

    def _autosave(self) -> None:
        problem, _ = self.save("")
        if problem:
            self._node.get_logger().warning(
                f"autosave failed: {problem}", throttle_duration_sec=60.0
            )

    def _target(self, path: str) -> tuple[str, Path]:
        """Return why a map may not be written to a path, or an empty string, and the file."""
        if not path:
            return ("", self._path) if self._path is not None else (NO_PATH, Path())
        try:
            target = (self._folder / path).resolve()
            problem = self._problem(target)
        except (OSError, ValueError, RuntimeError) as error:
            return f"{path!r} is not the name of a file: {error}", Path(path)
        return problem, target

    def _problem(self, target: Path) -> str:
        """Return why somebody else may not have a map written to a resolved path."""
        if not target.is_relative_to(self._folder):
            return (
                f"{target} is not allowed: map/save writes only below {self._folder}, the folder "
                "of the parameter maps_folder"
            )
        if self._path is not None and target == self._path.resolve():
            return ""
        if target.suffix != SUFFIX:
            return f"{target} is not allowed: the name of a map must end in {SUFFIX}"
        if target.exists() and not mapping.holds_map(target):
            return f"{target} is there and holds no map: it is not replaced"
        return ""

    async def _on_save(self, request: SaveMap.Request, response: SaveMap.Response) -> Any:
        response.message, path = await self._done(lambda: self.save(request.path))
        response.success = not response.message
        response.path = str(path) if response.success else ""
        return response

    async def _on_load(self, request: LoadMap.Request, response: LoadMap.Response) -> Any:
        response.message = await self._done(lambda: self.load(request.path))
        response.success = not response.message
        return response

    async def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Any:
        await self._done(lambda: self._replace(self._fresh()))
        response.success = True
        return response

    def _done(self, work: Callable[[], Any]) -> _Awaited:
        """Return something to await: the result of work on this store's thread."""
        future = self._thread.submit(work)
        future.add_done_callback(lambda _: self._node.wake())
        return _Awaited(future)


class _Awaited:
    """A future of another thread, for a coroutine of rclpy, which is resumed on every wake-up."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def __await__(self) -> Generator[None, None, Any]:
        while not self._future.done():
            yield
        return self._future.result()


def _free_name(path: Path) -> Path:
    """Return the first name of path.damaged, path.damaged-2 ... that nothing has."""
    count, aside = 1, path.with_name(f"{path.name}.damaged")
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.damaged-{count}")
    return aside
