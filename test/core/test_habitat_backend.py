# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The backend habitat before a stand-in of ``habitat_sim``, which renders balls in its world."""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from optional import need

trimesh = pytest.importorskip("trimesh")
need("embreex")

from live_mvp_ros.packets import (  # noqa: E402
    EnvBackendError,
    EnvConfig,
    Environment,
    PacketError,
)
from live_mvp_ros.packets.packet_json import to_json  # noqa: E402
from live_mvp_ros.packets.packet_schema import check  # noqa: E402
from live_mvp_ros.packets.pinhole import intrinsics, rays  # noqa: E402

RADIUS_M = 0.05
SIZE = [17, 21]
MODALITIES = ["rgb", "depth", "normals", "segmentation"]


def rotated(q, v):
    """Return vectors turned by a quaternion (x, y, z, w), by its definition."""
    xyz, w = np.asarray(q[:3]), q[3]
    return v + 2.0 * np.cross(xyz, np.cross(xyz, v) + w * v)


class Templates:
    """An object template manager."""

    def __init__(self):
        self.known = {}

    def get_library_has_handle(self, handle):
        return handle in self.known

    def create_new_template(self, handle):
        return SimpleNamespace(handle=handle)

    def register_template(self, template, handle):
        self.known[handle] = template


class Objects:
    """A rigid object manager; of each object the file's ball is rendered, by its own corners."""

    def __init__(self, templates):
        self.templates, self.there = templates, []

    def remove_all_objects(self):
        self.there.clear()

    def add_object_by_template_handle(self, handle):
        template = self.templates.known[handle]
        assert template.compute_COM_from_shape is False and not np.any(template.com)
        made = SimpleNamespace(file=template.render_asset_handle)
        self.there.append(made)
        return made


class Simulator:
    """One simulator, which sees balls."""

    made: list[Simulator] = []  # noqa: RUF012

    def __init__(self, configuration):
        self.configurations = [configuration]
        self.templates = Templates()
        self.objects = Objects(self.templates)
        self.states, self.broken = [], 0
        Simulator.made.append(self)

    def reconfigure(self, configuration):
        self.configurations.append(configuration)
        self.objects.there.clear()

    def get_object_template_manager(self):
        return self.templates

    def get_rigid_object_manager(self):
        return self.objects

    def get_agent(self, number):
        assert number == 0
        return SimpleNamespace(set_state=self.states.append)

    def get_sensor_observations(self):
        if self.broken:
            self.broken -= 1
            raise RuntimeError("no device")
        seen = {}
        for camera in self.configurations[-1].agents[0].sensor_specifications:
            depth, number = self._seen(camera)
            seen[camera.uuid] = {
                "COLOR": np.full((*depth.shape, 4), 51, np.uint8),
                "DEPTH": depth,
                "SEMANTIC": np.where(depth > 0.0, number, 7).astype(np.uint32),
            }[camera.sensor_type]
        return seen

    def _seen(self, camera):
        """Return depth [h, w], 0 for nothing, and whose; the camera looks along -z, y is up."""
        height, width = camera.resolution
        focal = 0.5 * width / math.tan(0.5 * math.radians(camera.hfov))
        x = (np.arange(width) - 0.5 * (width - 1)) / focal
        y = -(np.arange(height) - 0.5 * (height - 1)) / focal
        along = np.stack(np.broadcast_arrays(x[None, :], y[:, None], -1.0), axis=-1)
        state = self.states[-1]
        along = rotated(state.rotation, along)
        depth, number = np.zeros((height, width)), np.zeros((height, width), int)
        for body in self.objects.there:
            corners = np.asarray(trimesh.load_mesh(body.file, process=False).vertices)
            own = 0.5 * (corners.min(axis=0) + corners.max(axis=0))
            q = [*body.rotation.vector, body.rotation.scalar]
            away = np.asarray(state.position) - (rotated(q, own) + body.translation)
            a, b = np.sum(along * along, axis=-1), along @ away
            root = b * b - a * (away @ away - RADIUS_M**2)
            t = (-b - np.sqrt(np.maximum(root, 0.0))) / a
            met = (root >= 0.0) & (t > 0.0) & ((depth == 0.0) | (t < depth))
            depth, number = np.where(met, t, depth), np.where(met, body.semantic_id, number)
        return depth.astype(np.float32), number


@pytest.fixture(name="habitat")
def habitat_fixture(monkeypatch):
    """Stand-ins of the modules; returns the simulators that are made."""
    Simulator.made = []
    spec = SimpleNamespace
    module = SimpleNamespace(
        __spec__=spec(),
        AgentState=SimpleNamespace,
        CameraSensorSpec=SimpleNamespace,
        SimulatorConfiguration=SimpleNamespace,
        SensorType=SimpleNamespace(COLOR="COLOR", DEPTH="DEPTH", SEMANTIC="SEMANTIC"),
        SensorSubType=SimpleNamespace(PINHOLE="PINHOLE"),
        Simulator=Simulator,
        Configuration=lambda simulator, agents: spec(simulator=simulator, agents=agents),
        agent=SimpleNamespace(AgentConfiguration=SimpleNamespace),
        physics=SimpleNamespace(MotionType=SimpleNamespace(KINEMATIC="KINEMATIC")),
    )
    magnum = SimpleNamespace(
        __spec__=spec(),
        Vector3=lambda *parts: np.array(parts),
        Quaternion=lambda vector, scalar: spec(vector=vector, scalar=scalar),
    )
    monkeypatch.setitem(sys.modules, "habitat_sim", module)
    monkeypatch.setitem(sys.modules, "magnum", magnum)
    return Simulator.made


@pytest.fixture(name="assets")
def assets_fixture(tmp_path):
    """A ball beside its origin in each format, and a hall."""
    ball = trimesh.creation.icosphere(4, RADIUS_M)
    ball.apply_translation([0.3, -0.2, 0.7])
    for suffix in ("glb", "ply"):
        ball.export(tmp_path / f"in_{suffix}.{suffix}")
    hall = trimesh.creation.box((5.0, 3.0, 5.0))  # y is up in GLB
    outside = trimesh.creation.box((5.4, 3.4, 5.4))
    hall.invert()
    trimesh.util.concatenate([outside, hall]).export(tmp_path / "hall.glb")
    return tmp_path


def make(assets, modalities=MODALITIES, **more):
    values = {
        "backend": "habitat",
        "objects": ["in_glb", "in_ply"],
        "sensor": {"resolution": SIZE, "modalities": list(modalities)},
        "assets": {"ycb_root": str(assets), "scene_root": str(assets), **more},
    }
    return Environment(EnvConfig.from_dict(values), debug=True)


def layers(obs):
    patch = obs.columns[0].patch
    return dict(zip(patch.channels, np.moveaxis(patch.data, -1, 0), strict=True))


@pytest.mark.parametrize("name", ["in_glb", "in_ply"])
def test_an_object_is_rendered_from_where_the_agent_is(habitat, assets, name):
    env = make(assets)
    obs, ctx, pose = env.reset(object_id=name, seed=3)
    for packet in (obs, ctx, pose):
        check(to_json(packet))
    seen = layers(obs)
    row, column = SIZE[0] // 2, SIZE[1] // 2
    distance_m = env.config.orbit.radius - RADIUS_M
    assert seen["depth"][row, column] == pytest.approx(distance_m, abs=1e-6)
    met = np.isfinite(seen["depth"])
    directions = rays(intrinsics(env.config.sensor))
    length = np.linalg.norm(directions, axis=-1)
    sine = np.hypot(directions[..., 0], directions[..., 1]) / length
    np.testing.assert_array_equal(met, sine <= RADIUS_M / env.config.orbit.radius)
    np.testing.assert_array_equal(seen["segmentation"], met)  # 7 is a number of the scene's own
    assert np.all(seen["r"] == np.float32(51 / 255))
    np.testing.assert_allclose(
        [seen[axis][row, column] for axis in ("nx", "ny", "nz")], (0, 0, -1), atol=0.05
    )
    assert np.isnan(seen["nx"][0, 0])


def test_the_simulator_is_made_as_asked_and_once(habitat, assets):
    env = make(assets, ("rgb",), examiner_scene="hall.glb")
    env.reset(object_id="in_ply")
    env.step({"type": "switch_object", "params": {}})
    env.step({"type": "move", "params": {"dx": 1.0, "dy": 0.0}})
    (simulator,) = habitat
    (configuration,) = simulator.configurations
    assert configuration.simulator.scene_id == str((assets / "hall.glb").resolve())
    assert configuration.simulator.enable_physics is False
    (agent,) = configuration.agents
    assert [camera.uuid for camera in agent.sensor_specifications] == ["rgb", "depth"]
    for camera in agent.sensor_specifications:
        assert (camera.resolution, camera.position) == (SIZE, [0.0, 0.0, 0.0])
        assert (camera.hfov, camera.near, camera.far) == (70.0, 0.05, 12.0)
    assert len(simulator.states) == 3
    (shown,) = simulator.objects.there
    assert shown.file == str((assets / "in_glb.glb").resolve())
    assert shown.motion_type == "KINEMATIC"
    assert set(simulator.templates.known) == {
        str((assets / file).resolve()) for file in ("in_ply.ply", "in_glb.glb")
    }


def test_an_explorer_turns_to_each_object_and_sees_it(habitat, assets):
    env = make(assets, explorer_scene="hall.glb")
    _, _, pose = env.reset(scenario="explorer", object_id="in_ply")
    for name, number in (("in_ply", 2), ("in_glb", 1)):
        obs, _, pose, info = env.step({"type": "switch_object", "params": {"object_id": name}})
        assert info.ok and pose.interest_object_id == name
        seen = layers(obs)
        middle = seen["depth"][SIZE[0] // 2, SIZE[1] // 2]
        assert middle == pytest.approx(1.0 - RADIUS_M, abs=1e-3)
        assert seen["segmentation"][SIZE[0] // 2, SIZE[1] // 2] == number
    assert len(habitat[0].configurations) == 1
    env.reset(object_id="in_ply")  # alone, without the hall
    assert [c.simulator.scene_id for c in habitat[0].configurations][1:] == ["NONE"]
    assert len(habitat[0].objects.there) == 1


def test_a_renderer_without_a_device_makes_the_step_invalid(habitat, assets):
    env = make(assets)
    env.reset(seed=1)
    habitat[0].broken = 2
    info = env.step({"type": "noop", "params": {}})[3]
    assert not info.ok and info.message == "the renderer has failed twice: no device"
    habitat[0].broken = 1
    assert env.step({"type": "noop", "params": {}})[3].ok


def test_what_cannot_be_had_is_refused_by_a_sentence(monkeypatch, habitat, assets):
    physics = {"backend": "habitat", "physics": {"enable_physics": True}}
    with pytest.raises(ValueError, match="enable_physics = True is not allowed: bodies stay"):
        EnvConfig.from_dict(physics)
    with pytest.raises(PacketError, match="object_id = 'cup' is not allowed"):
        make(assets).reset(object_id="cup")
    monkeypatch.setitem(sys.modules, "habitat_sim", None)
    with pytest.raises(EnvBackendError, match="conda install habitat-sim withbullet headless"):
        make(assets)


@pytest.mark.parametrize(
    "kind", ["ImportError", "OSError", "RuntimeError", "AttributeError", "ValueError"]
)
def test_a_module_that_cannot_be_imported_says_why_and_what_to_do(monkeypatch, tmp_path, kind):
    folder = tmp_path / "habitat_sim"
    folder.mkdir()
    (folder / "__init__.py").write_text(f"raise {kind}('libEGL.so.1 is missing')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "habitat_sim", raising=False)
    sentence = r"cannot be imported: libEGL\.so\.1 is missing; .* conda install habitat-sim"
    with pytest.raises(EnvBackendError, match=sentence):
        Environment(EnvConfig.from_dict({"backend": "habitat"}))
