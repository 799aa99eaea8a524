# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures by Habitat-Sim, where it is installed, of the files that the backend mesh shows.

Habitat renders colours, depth and segmentation. What the explorer meets, facets and normals come
from the triangles of the same files, as in ``mesh_backend``; bodies stay where they are.

World of Habitat: x right, y up, z back. A GLB file lies there as it is written; files of other
formats, whose z is up, are turned. Its cameras look along -z.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.env_errors import EnvBackendError
from live_mvp_ros.packets.mesh_backend import MeshBackend, MeshStage
from live_mvp_ros.packets.packet_types import BodyPose
from live_mvp_ros.packets.pinhole import View
from live_mvp_ros.packets.stages import Met, Picture, Samples, Thing

MODULE = "habitat_sim"
INSTALL = "conda install habitat-sim withbullet headless -c conda-forge -c aihabitat"
TO_HABITAT = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Rotation: coordinates of a stage (z up) to those of Habitat (y up)."""
FIRST_NUMBER = 30_000
"""Added to the numbers of things, so that they are none of a scene's own."""
NO_SCENE = "NONE"
_IMPORT_ERRORS = (ImportError, OSError, RuntimeError, AttributeError, ValueError)
"""What a compiled module raises that does not fit here: of libraries that are missing (OSError),
of graphics devices (RuntimeError), of another NumPy than it was made for (the last two)."""
_CAMERA_TO_OPTICAL = np.diag([1.0, -1.0, -1.0])
_BLANK_DEPTH = 0.0


class Body(NamedTuple):
    """An object as Habitat places it."""

    path: Path
    number: int
    place: np.ndarray
    """[3] of the file's origin, world of Habitat."""
    turn: np.ndarray
    """[4] quaternion (w, x, y, z)."""


class Setting(NamedTuple):
    """What is rendered: the scene's file, or NO_SCENE, and the objects in it."""

    scene: str
    bodies: tuple[Body, ...]


class Studio:
    """One simulator of Habitat, which shows one setting at a time.

    It is made when it is first looked through: that takes a graphics device.
    """

    def __init__(self, config: EnvConfig, habitat: Any) -> None:
        """Remember the camera.

        Args:
            config: settings.
            habitat: the module.
        """
        self._config, self._habitat = config, habitat
        self._simulator: Any = None
        self._scene = ""
        self._shown: Setting | None = None

    def look(self, setting: Setting, view: View) -> Mapping[str, np.ndarray]:
        """Return images by their modality, as Habitat gives them.

        Raises:
            RuntimeError: Habitat has failed.
        """
        self._show(setting)
        state = self._habitat.AgentState()
        state.position = TO_HABITAT @ view.place
        turn = Rotation.from_matrix(TO_HABITAT @ view.rotation @ _CAMERA_TO_OPTICAL)
        state.rotation = turn.as_quat()  # x, y, z, w
        self._simulator.get_agent(0).set_state(state)
        seen = self._simulator.get_sensor_observations()
        return {name: np.asarray(seen[name]) for name in self._sensors()}

    def _show(self, setting: Setting) -> None:
        if setting is self._shown:
            return
        self._shown = None
        if self._simulator is None:
            self._simulator = self._habitat.Simulator(self._settings(setting.scene))
        elif setting.scene != self._scene:
            self._simulator.reconfigure(self._settings(setting.scene))
        self._scene = setting.scene
        self._simulator.get_rigid_object_manager().remove_all_objects()
        for body in setting.bodies:
            self._place(body)
        self._shown = setting

    def _settings(self, scene: str) -> Any:
        """Return the configuration of a simulator of a scene, with all sensors in one place."""
        habitat, sensor = self._habitat, self._config.sensor
        simulator = habitat.SimulatorConfiguration()
        simulator.scene_id, simulator.enable_physics = scene, False
        cameras = []
        for name, kind in self._sensors().items():
            camera = habitat.CameraSensorSpec()
            camera.uuid, camera.sensor_type = name, getattr(habitat.SensorType, kind)
            camera.sensor_subtype = habitat.SensorSubType.PINHOLE
            camera.resolution, camera.position = list(sensor.resolution), [0.0, 0.0, 0.0]
            camera.hfov, camera.near, camera.far = sensor.hfov, sensor.near, sensor.far
            camera.channels = 4 if kind == "COLOR" else 1
            cameras.append(camera)
        agent = habitat.agent.AgentConfiguration()
        agent.sensor_specifications = cameras
        return habitat.Configuration(simulator, [agent])

    def _sensors(self) -> dict[str, str]:
        """Return the type of each sensor by its modality; depth tells what is seen at all."""
        wanted = self._config.sensor.modalities
        kinds = {"rgb": "COLOR", "depth": "DEPTH", "segmentation": "SEMANTIC"}
        return {name: kinds[name] for name in kinds if name in (*wanted, "depth")}

    def _place(self, body: Body) -> None:
        """Put an object where it belongs; a template is registered when it is first needed."""
        templates = self._simulator.get_object_template_manager()
        name = str(body.path)
        if not templates.get_library_has_handle(name):
            template = templates.create_new_template(name)
            template.render_asset_handle = template.collision_asset_handle = name
            template.is_collidable = False
            template.compute_COM_from_shape, template.com = False, np.zeros(3)
            templates.register_template(template, name)
        placed = self._simulator.get_rigid_object_manager().add_object_by_template_handle(name)
        if placed is None:
            raise RuntimeError(f"habitat_sim has not made an object of {name}")
        placed.motion_type = self._habitat.physics.MotionType.KINEMATIC
        placed.translation = body.place
        magnum = importlib.import_module("magnum")
        w, *xyz = (float(part) for part in body.turn)
        placed.rotation = magnum.Quaternion(magnum.Vector3(*xyz), w)
        placed.semantic_id = FIRST_NUMBER + body.number


class HabitatStage:
    """What Habitat shows, with the triangles of the same files."""

    def __init__(
        self, config: EnvConfig, studio: Studio, setting: Setting, solid: MeshStage
    ) -> None:
        """Remember what is shown."""
        self.name: str = solid.name
        self.things: tuple[Thing, ...] = solid.things
        self.start: BodyPose = solid.start
        self.bounds: tuple[np.ndarray, np.ndarray] | None = solid.bounds
        self._config, self._studio, self._setting, self._solid = config, studio, setting, solid

    def look(self, views: Sequence[View]) -> Picture:
        """Return what cameras see; what nobody asked for is empty."""
        pictures = [self._seen(view) for view in views]
        return Picture(*(np.stack(parts) for parts in zip(*pictures, strict=True)))

    def _seen(self, view: View) -> tuple[np.ndarray, ...]:
        seen, sensor = self._studio.look(self._setting, view), self._config.sensor
        depth = seen["depth"].astype(np.float32)
        is_met = (depth > _BLANK_DEPTH) & (depth >= sensor.near) & (depth <= sensor.far)
        rgb, number = np.zeros((*depth.shape, 3)), np.zeros(depth.shape)
        normals = np.full((*depth.shape, 3), np.nan)
        if "rgb" in seen:
            rgb = seen["rgb"][..., :3] / 255.0
        if "segmentation" in seen:
            own = seen["segmentation"].astype(np.int64) - FIRST_NUMBER
            number = np.where((own >= 1) & (own <= len(self.things)) & is_met, own, 0)
        if "normals" in sensor.modalities:
            normals = np.where(is_met[..., None], self._solid.look([view]).normals[0], np.nan)
        depth = np.where(is_met, depth, np.nan)
        return tuple(image.astype(np.float32) for image in (rgb, depth, normals, number))

    def meet(self, place: np.ndarray, direction: np.ndarray) -> Met:
        """Return what a ray meets first."""
        return self._solid.meet(place, direction)

    def clearance(self, place: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the distance to the surface, and the way from it."""
        return self._solid.clearance(place)

    def surface(self, points: np.ndarray) -> Samples:
        """Return the surface next to points."""
        return self._solid.surface(points)


class HabitatBackend:
    """Makes stages that Habitat renders."""

    name, light = "habitat", "scene"

    def __init__(self, config: EnvConfig) -> None:
        """Find Habitat; files are read when a stage is opened.

        Raises:
            EnvBackendError: it is not here.
        """
        self._config, self._solid = config, MeshBackend(config)
        self._studio = Studio(config, _module())

    def examine(self, object_id: str) -> HabitatStage:
        """Return an object, with the configured scene around it."""
        return self._stage(self._solid.examine(object_id), self._config.assets.examiner_scene)

    def explore(self) -> HabitatStage:
        """Return a scene with the objects in it."""
        return self._stage(self._solid.explore(), self._config.assets.explorer_scene)

    def symmetries(self, object_id: str) -> Sequence[str]:
        """Return none: nothing is known."""
        return ()

    def _stage(self, solid: MeshStage, scene: str) -> HabitatStage:
        bodies = tuple(
            self._body(thing, number) for number, thing in enumerate(solid.things, start=1)
        )
        path = str(self._solid.scene_path(scene).resolve()) if scene else NO_SCENE
        return HabitatStage(self._config, self._studio, Setting(path, bodies), solid)

    def _body(self, thing: Thing, number: int) -> Body:
        """Return where Habitat puts the file of a thing so that its middle is the thing's."""
        path = self._solid.model_path(thing.object_id).resolve()
        origin = thing.middle - self._solid.model(thing.object_id).middle
        lies = path.suffix.lower() == ".glb"
        turn = Rotation.identity() if lies else Rotation.from_matrix(TO_HABITAT)
        x, y, z, w = turn.as_quat(canonical=True)
        return Body(path, number, TO_HABITAT @ origin, np.array([w, x, y, z]))


def _module() -> Any:
    """Return the module of Habitat.

    Raises:
        EnvBackendError: it is not installed, or cannot be imported; the sentence says how it is
            installed.
    """
    if sys.modules.get(MODULE, MODULE) is None or find_spec(MODULE) is None:
        raise EnvBackendError(
            "backend habitat needs habitat_sim, which is not here and which pip does not have: "
            f"{INSTALL}"
        )
    try:
        return importlib.import_module(MODULE)
    except _IMPORT_ERRORS as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise EnvBackendError(
            "backend habitat needs habitat_sim, which is here but cannot be imported: "
            f"{reason}; it is installed by: {INSTALL}"
        ) from error
