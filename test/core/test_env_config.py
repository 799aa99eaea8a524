# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""EnvConfig has exactly the documented keys, coerces what means the same, and refuses the rest."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import yaml

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.packets import EnvConfig
from live_mvp_ros.packets.env_config import SensorConfig, _names

KEYS = [
    "scenario",
    "backend",
    "columns",
    "context_length",
    "dt",
    "objects",
    "patch_shape",
    "sensor.resolution",
    "sensor.modalities",
    "sensor.hfov",
    "sensor.near",
    "sensor.far",
    "orbit.radius",
    "orbit.elevation",
    "orbit.jitter",
    "orbit.default_speed",
    "physics.enable_physics",
    "physics.enable_sliding",
    "physics.lock_object",
    "assets.ycb_root",
    "assets.scene_root",
    "assets.examiner_scene",
    "assets.explorer_scene",
]


def test_the_keys_are_the_documented_ones():
    assert sorted(_names(EnvConfig())) == sorted(KEYS)


def test_the_defaults_are_the_documented_ones():
    config = EnvConfig.from_dict({})
    assert config == EnvConfig()
    assert (config.backend, config.columns, config.context_length) == ("sdf", ("col0",), 1024)
    assert config.dt == 0.05
    assert config.objects == ("003_cracker_box", "005_tomato_soup_can", "006_mustard_bottle")
    assert config.sensor.resolution == (64, 64)
    assert config.sensor.modalities == ("rgb", "depth")
    assert config.sensor.hfov == 70.0
    assert 0.0 < config.sensor.near < config.sensor.far
    assert (config.orbit.radius, config.orbit.elevation) == (0.6, (-0.55, 0.65))
    assert (config.orbit.jitter, config.orbit.default_speed) == (0.0, 0.05)
    physics = config.physics
    assert (physics.enable_physics, physics.enable_sliding, physics.lock_object) == (
        False,
        True,
        True,
    )
    assert (config.assets.ycb_root, config.assets.scene_root) == ("assets/ycb", "assets/scenes")
    assert config.shape == (64, 64, 4)


GIVEN = """
{"backend": "stub", "dt": 1, "columns": ["a", "b"], "context_length": 2048.0,
 "sensor": {"resolution": [32, 48], "hfov": 60, "modalities": ["depth", "normals"]},
 "patch_shape": [16, 16.0, 4], "orbit": {"elevation": [0, 1], "radius": 1}}
"""


@pytest.mark.parametrize("read", [json.loads, yaml.safe_load])
def test_numbers_and_lists_become_what_settings_have(read):
    config = EnvConfig.from_dict(read(GIVEN))
    assert config.dt == 1.0 and isinstance(config.dt, float)
    assert config.context_length == 2048 and isinstance(config.context_length, int)
    assert config.columns == ("a", "b")
    assert config.sensor.resolution == (32, 48)
    assert config.shape == config.patch_shape == (16, 16, 4)
    assert all(isinstance(n, int) for n in config.shape)
    assert config.orbit.elevation == (0.0, 1.0)
    assert config.channels == ("depth", "nx", "ny", "nz")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"bakend": "sdf"}, r"bakend is not a setting of EnvConfig: did you mean backend"),
        ({"sensor": {"fov": 60}}, r"sensor\.fov is not a setting of EnvConfig: .*sensor\.hfov"),
        ({"sensor": 3}, r"sensor = 3 is not allowed: it must be a mapping"),
        ({"dt": {"s": 1}}, r"dt = .* is not allowed: it must be a value or a list of values"),
        ({"dt": None}, r"dt = nothing is not allowed"),
        ({"dt": 0}, r"dt = 0 is not allowed: it must be between 0.0001 and 10 s"),
        ({"dt": "1"}, r"dt = '1' is not allowed: it must be a finite number"),
        ({"context_length": 1024.5}, r"context_length = 1024.5 .* a whole number"),
        ({"context_length": 100}, r"context_length = 100 is not allowed: it must be between"),
        ({"backend": "gl"}, r"backend = 'gl' is not allowed: it must be one of stub, sdf"),
        ({"scenario": "x"}, r"scenario = 'x' is not allowed: it must be one of examiner"),
        ({"columns": []}, r"columns = \[\] is not allowed: it must be a list of words"),
        ({"columns": ["a", "a"]}, r"columns\[1\] = 'a' is not allowed: it is in the list twice"),
        ({"columns": ["../a"]}, r"columns = '\.\./a' is not allowed: a name is of letters"),
        ({"columns": [""]}, r"columns = '' is not allowed: a name is of letters"),
        ({"backend": "stub", "objects": [""]}, r"objects = '' .* must have a name"),
        ({"objects": ["cup"]}, r"objects = 'cup' is not allowed with backend = sdf: .*013_apple"),
        ({"sensor": {"near": 5, "far": 2}}, r"sensor\.near = 5 .* must be below far = 2"),
        ({"sensor": {"near": 0}}, r"sensor\.near = 0 is not allowed"),
        ({"sensor": {"resolution": [64]}}, r"sensor\.resolution = \[64\] .* a list of 2"),
        ({"sensor": {"modalities": ["ir"]}}, r"sensor\.modalities\[0\] = 'ir'"),
        ({"patch_shape": [65, 64, 4]}, r"height and width must be between 1 and those of"),
        ({"patch_shape": [64, 64, 3]}, r"\('rgb', 'depth'\) have 4 channels"),
        ({"patch_shape": [64, 0, 4]}, r"height and width must be between 1"),
        ({"orbit": {"elevation": [0.5, 0.2]}}, r"orbit\.elevation = .* must be the lower one"),
        ({"orbit": {"radius": 20}}, r"orbit\.radius = 20 is not allowed: .*or no object is seen"),
        ({"physics": {"enable_physics": True}}, r"bodies stay where they are"),
        ({"physics": {"lock_object": False}}, r"physics\.lock_object = False is not allowed"),
        ({"assets": {"examiner_scene": "a.glb"}}, r"it shows the object alone"),
        (
            {"backend": "stub", "assets": {"explorer_scene": "office"}},
            r"assets\.explorer_scene = 'office' is not allowed with backend = stub",
        ),
        (
            {"backend": "mesh", "scenario": "explorer"},
            r"explorer_scene = '' .* backend = mesh and scenario = explorer: .* name a GLB",
        ),
        ({"backend": "habitat", "scenario": "goalseeker"}, r"explorer_scene = '' is not allowed"),
        ({"backend": "mesh", "objects": ["../x"]}, r"objects = '\.\./x' .* not lead out"),
        ({"backend": "mesh", "objects": ["a", "b/../../x"]}, r"objects = 'b/.* not lead out"),
        ({"backend": "habitat", "objects": ["/x"]}, r"objects = '/x' .* not lead out"),
        ({"dt": 10**400}, r"dt = 10+ is not allowed: it must be a finite number"),
        ({"context_length": 10**400}, r"context_length = 10+ is not allowed"),
        ({"columns": "col0"}, r"columns = 'col0' is not allowed: it must be a list of words$"),
        ({"objects": []}, r"objects = \[\] is not allowed: it must be a list of words$"),
        ({"dt": np.float32(-1.0)}, r"dt = -1.0 is not allowed: it must be between"),
        ({"sensor": {"resolution": np.array([64])}}, r"resolution = \[64\] .* a list of 2"),
    ],
)
def test_what_is_not_allowed_is_refused_by_a_sentence(values, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        EnvConfig.from_dict(values)


@pytest.mark.parametrize(
    ("objects", "least_m"),
    [
        (["003_cracker_box"], 0.05 + 0.5 * math.sqrt(0.060**2 + 0.158**2 + 0.210**2)),
        (["013_apple", "005_tomato_soup_can"], 0.05 + 0.5 * math.sqrt(2 * 0.066**2 + 0.101**2)),
    ],
)
def test_an_orbit_inside_of_an_object_is_refused(objects, least_m):
    def made(radius_m):
        return EnvConfig.from_dict({"objects": objects, "orbit": {"radius": radius_m}})

    assert made(least_m + 1e-6).orbit.radius > least_m
    with pytest.raises(ConfigurationError, match=f"half the diagonal of {objects[-1]}, or the"):
        made(least_m - 1e-6)


def test_what_can_be_explored_and_lies_below_the_folder_is_allowed():
    scene = {"explorer_scene": "hall.glb"}
    for scenario in ("explorer", "goalseeker"):
        config = EnvConfig.from_dict({"backend": "mesh", "scenario": scenario, "assets": scene})
        assert config.assets.explorer_scene == "hall.glb"
    names = ("fruit/apple", "a..b")
    assert EnvConfig.from_dict({"backend": "mesh", "objects": list(names)}).objects == names
    assert EnvConfig.from_dict({"assets": {"explorer_scene": "office"}}).backend == "sdf"


def test_numbers_and_arrays_of_numpy_are_taken():
    given_values = {"dt": np.float32(0.5), "sensor": {"resolution": np.array([32, 48])}}
    config = EnvConfig.from_dict(given_values | {"context_length": np.int64(2048)})
    assert (config.dt, config.context_length) == (0.5, 2048)
    assert config.sensor.resolution == (32, 48)
    assert config == EnvConfig(
        dt=0.5, context_length=2048, sensor=SensorConfig(resolution=(32, 48))
    )
    with pytest.raises(ConfigurationError, match="dt = -1.0 is not allowed"):
        EnvConfig(dt=np.float32(-1))


def test_a_configuration_that_is_no_mapping_is_refused():
    with pytest.raises(ConfigurationError, match="the configuration = 3 is not allowed"):
        EnvConfig.from_dict(3)
