# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The settings of a packet environment, the same from a dict, YAML, JSON and ROS parameters."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from live_mvp_ros.base.config import ConfigurationError, check_kinds, configuration, parameter
from live_mvp_ros.base.nearest_names import nearest
from live_mvp_ros.packets import context
from live_mvp_ros.packets.channels import CHANNELS
from live_mvp_ros.packets.packet_types import SCENARIOS
from live_mvp_ros.packets.ycb_objects import MODELS

DERIVED = (0, 0, 0)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@configuration
class SensorConfig:
    """The camera behind every column."""

    resolution: tuple[int, int] = parameter(
        default=(64, 64), unit="px", low=2, high=1024, help="Height and width of the image."
    )
    modalities: tuple[str, ...] = parameter(
        default=("rgb", "depth"), choices=tuple(CHANNELS), help="What patches show."
    )
    hfov: float = parameter(
        default=70.0, unit="deg", low=5.0, high=160.0, help="Horizontal field of view."
    )
    near: float = parameter(
        default=0.05, unit="m", low=0.001, high=100.0, help="Nearer surfaces give no depth."
    )
    far: float = parameter(
        default=12.0, unit="m", low=0.01, high=1000.0, help="Farther surfaces give no depth."
    )

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        if self.near >= self.far:
            return f"near = {self.near:g} is not allowed: it must be below far = {self.far:g}"
        return None


@configuration
class OrbitConfig:
    """The chart of the examiner: an orbit around the object."""

    radius: float = parameter(
        default=0.6, unit="m", low=0.01, high=100.0, help="From the object's middle."
    )
    elevation: tuple[float, float] = parameter(
        default=(-0.55, 0.65),
        unit="rad",
        low=-1.5,
        high=1.5,
        help="Elevation at v = 0 and towards v = 1.",
    )
    jitter: float = parameter(
        default=0.0, low=0.0, high=0.5, help="Standard deviation of the noise of moves, in turns."
    )
    default_speed: float = parameter(
        default=0.05,
        low=0.0,
        high=10.0,
        help="What dx = 1 moves: in turns; of the explorer, in metres.",
    )

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        low, high = self.elevation
        if low >= high:
            return f"elevation = {self.elevation} is not allowed: the first must be the lower one"
        return None


@configuration
class PhysicsConfig:
    """What moves besides the agent, and how the agent meets things."""

    enable_physics: bool = parameter(
        default=False, help="Bodies move by themselves; no backend lets them yet."
    )
    enable_sliding: bool = parameter(
        default=True, help="The explorer slides along what it meets; if not, it stops."
    )
    lock_object: bool = parameter(default=True, help="The object stays where it is.")

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        if not self.lock_object and not self.enable_physics:
            return (
                "lock_object = False is not allowed without enable_physics: nothing else moves "
                "an object"
            )
        return None


@configuration
class AssetsConfig:
    """Files of the backends mesh and habitat."""

    ycb_root: str = parameter(default="assets/ycb", help="Folder with the objects' meshes.")
    scene_root: str = parameter(default="assets/scenes", help="Folder with the scenes.")
    examiner_scene: str = parameter(
        default="", help="GLB around the object, below scene_root; empty: none."
    )
    explorer_scene: str = parameter(
        default="",
        help="What the explorer explores: of sdf, a world's name, seed if empty; of mesh and "
        "habitat, a GLB below scene_root.",
    )


@configuration
class EnvConfig:
    """Everything that can be chosen about an environment."""

    scenario: str = parameter(
        default="examiner",
        choices=SCENARIOS,
        help="The scenario that the node's resets default to.",
    )
    backend: str = parameter(
        default="sdf", choices=context.BACKENDS, help="What makes the pictures."
    )
    columns: tuple[str, ...] = parameter(default=("col0",), help="Names of the columns.")
    context_length: int = parameter(
        default=context.CONTEXT_LENGTH,
        unit="bits",
        low=context.LONGEST,
        high=2**20,
        help="Length of the context vector.",
    )
    dt: float = parameter(
        default=0.05, unit="s", low=0.0001, high=10.0, help="Time between two steps."
    )
    objects: tuple[str, ...] = parameter(
        default=("003_cracker_box", "005_tomato_soup_can", "006_mustard_bottle"),
        help="Objects, in the order of switch_object.",
    )
    patch_shape: tuple[int, int, int] = parameter(
        default=DERIVED,
        low=0,
        high=1024,
        help="Height, width and channels of a patch, the middle of the image; zeros: all of it.",
    )
    sensor: SensorConfig = SensorConfig()
    orbit: OrbitConfig = OrbitConfig()
    physics: PhysicsConfig = PhysicsConfig()
    assets: AssetsConfig = AssetsConfig()

    def check(self) -> str | None:
        """Return what is wrong with the combination of fields, if anything."""
        return (
            self._wrong_names()
            or self._wrong_patch()
            or self._wrong_backend()
            or self._wrong_orbit()
        )

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the names of a patch's channels."""
        return tuple(
            name
            for kind, names in CHANNELS.items()
            for name in names * (kind in self.sensor.modalities)
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return height, width and channels of a patch."""
        if self.patch_shape != DERIVED:
            return self.patch_shape
        return (*self.sensor.resolution, len(self.channels))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> EnvConfig:
        """Return the settings that a nested mapping says; what it leaves out is the default.

        Raises:
            ConfigurationError: a key is unknown, or a value or a combination is not allowed.
        """
        return _built(cls(), values, "", tuple(_names(cls())))

    def _wrong_names(self) -> str | None:
        """Say which name cannot be one: columns and objects name files, and none is empty."""
        for name in self.columns:
            if not _NAME.fullmatch(name):
                return (
                    f"columns = {name!r} is not allowed: a name is of letters, digits, _ and -, "
                    "and begins with a letter or a digit"
                )
        if "" in self.objects:
            return "objects = '' is not allowed: an object must have a name"
        for name in self.objects:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts:
                return (
                    f"objects = {name!r} is not allowed: a name must not lead out of "
                    "assets.ycb_root"
                )
        return None

    def _wrong_patch(self) -> str | None:
        height, width, channels = self.shape
        rows, columns = self.sensor.resolution
        if not (1 <= height <= rows and 1 <= width <= columns):
            return (
                f"patch_shape = {self.patch_shape} is not allowed: height and width must be "
                f"between 1 and those of sensor.resolution = {self.sensor.resolution}"
            )
        if channels != len(self.channels):
            return (
                f"patch_shape = {self.patch_shape} is not allowed: sensor.modalities = "
                f"{self.sensor.modalities} have {len(self.channels)} channels"
            )
        return None

    def _wrong_backend(self) -> str | None:
        if self.physics.enable_physics:
            return (
                "physics.enable_physics = True is not allowed: bodies stay where they are with "
                "every backend"
            )
        if self.backend not in ("stub", "sdf"):
            return self._wrong_scene()
        if self.backend == "stub" and self.assets.explorer_scene:
            return (
                f"assets.explorer_scene = {self.assets.explorer_scene!r} is not allowed with "
                "backend = stub: it has waves to explore, and no scenes"
            )
        if self.assets.examiner_scene:
            return (
                f"assets.examiner_scene = {self.assets.examiner_scene!r} is not allowed with "
                f"backend = {self.backend}: it shows the object alone"
            )
        for name in self.objects if self.backend == "sdf" else ():
            if name not in MODELS:
                return (
                    f"objects = {name!r} is not allowed with backend = sdf: it has primitives of "
                    f"{', '.join(MODELS)}"
                )
        return None

    def _wrong_scene(self) -> str | None:
        """Say whether a file to explore is wanted and none is named."""
        if self.scenario == "examiner" or self.assets.explorer_scene:
            return None
        return (
            f"assets.explorer_scene = '' is not allowed with backend = {self.backend} and "
            f"scenario = {self.scenario}: it must name a GLB below assets.scene_root"
        )

    def _wrong_orbit(self) -> str | None:
        if not self.sensor.near < self.orbit.radius < self.sensor.far:
            return (
                f"orbit.radius = {self.orbit.radius:g} is not allowed: it must be between "
                f"sensor.near = {self.sensor.near:g} and sensor.far = {self.sensor.far:g}, or no "
                "object is seen"
            )
        if self.backend != "sdf":  # the sizes of the others' objects are not known yet
            return None
        halves_m = {name: 0.0005 * math.hypot(*MODELS[name].size_mm) for name in self.objects}
        largest = max(halves_m, key=lambda name: halves_m[name])
        least_m = self.sensor.near + halves_m[largest]
        if self.orbit.radius < least_m:
            return (
                f"orbit.radius = {self.orbit.radius:g} is not allowed: it must be at least "
                f"{least_m:.3f}, sensor.near and half the diagonal of {largest}, or the camera "
                "may be inside of it"
            )
        return None


def _names(config: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of all settings."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from _names(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name


def _built(default: Any, values: Any, prefix: str, known: tuple[str, ...]) -> Any:
    """Return a configuration with some values replaced, those inside of parts too."""
    if not isinstance(values, Mapping):
        name = prefix.rstrip(".") or "the configuration"
        raise ConfigurationError(f"{name} = {values!r} is not allowed: it must be a mapping")
    fields = {field.name for field in dataclasses.fields(default)}
    changes = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if key not in fields:
            raise ConfigurationError(
                f"{name} is not a setting of EnvConfig: did you mean {nearest(name, known)}?"
            )
        part = getattr(default, key)
        is_part = dataclasses.is_dataclass(part)
        value = value.tolist() if isinstance(value, np.ndarray) else value
        if not is_part:
            check_kinds({name: value})
        changes[key] = _built(part, value, f"{name}.", known) if is_part else value
    try:
        return dataclasses.replace(default, **changes)
    except ConfigurationError as error:
        raise ConfigurationError(prefix + str(error)) from None
