# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Foreign arguments, rewards, motions and files: refused by a sentence, and nothing half done."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from live_mvp_ros.packets import EnvAssetError, EnvBackendError, EnvConfig, Environment, Hooks
from live_mvp_ros.packets.env_hooks import function_of
from live_mvp_ros.packets.explorer_motion import RADIUS_M, explore
from live_mvp_ros.packets.motions import EnvState
from live_mvp_ros.packets.packet_types import (
    ActionPacket,
    BodyPose,
    ChartPoint,
    ObservationPacket,
    PacketError,
)
from live_mvp_ros.packets.solid_models import surface

NOOP = {"type": "noop", "params": {}}
SWITCH = {"type": "switch_object", "params": {}}


def make(settings_given=None, **arguments) -> Environment:
    small = {"backend": "stub", "sensor": {"resolution": [4, 6]}, "objects": ["cup", "box"]}
    return Environment(EnvConfig.from_dict(small | (settings_given or {})), **arguments)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"seed": "a"}, "seed = 'a' is not allowed: it must be a whole number"),
        ({"seed": -1}, "seed = -1 is not allowed"),
        ({"seed": None}, "seed = None is not allowed"),
        ({"motor_matrix": "B"}, r"motor_matrix = 'B' is not allowed: it must be \[6, M\]"),
        ({"motor_matrix": np.eye(5)}, r"a motor_matrix of shape \(5, 5\) is not allowed"),
        ({"config": {"backend": "stub"}}, "it must be an EnvConfig, which EnvConfig.from_dict"),
    ],
)
def test_what_an_environment_cannot_be_made_of_is_refused(arguments, sentence):
    with pytest.raises(PacketError, match=sentence):
        Environment(**({"config": EnvConfig(backend="stub")} | arguments))


@pytest.mark.parametrize(
    ("paid", "sentence"),
    [
        (math.nan, "extrinsic_reward = nan is not finite"),
        (None, "extrinsic_reward = None is not allowed: it must be a number"),
        ("x", "extrinsic_reward = 'x' is not allowed: it must be a number"),
        (np.array([1.0, 2.0]), "extrinsic_reward = .* must be a number"),
    ],
)
def test_a_reward_that_is_none_leaves_the_step_undone(paid, sentence):
    rewards = iter([paid, np.float32(0.5)])
    env = make(hooks=Hooks(reward=lambda *_: next(rewards)), render_every=4)
    first, _, _ = env.reset(scenario="goalseeker", seed=1)
    before = env.state
    with pytest.raises(PacketError, match=sentence):
        env.step(SWITCH)
    assert env.state == before
    obs, _, pose, info = env.step(NOOP)
    assert obs.columns[0].patch == first.columns[0].patch
    assert pose.columns[0].pose == first.columns[0].pose
    assert info.extrinsic_reward == 0.5 and type(info.extrinsic_reward) is float


@pytest.mark.parametrize("turn", [1e200, 1e5])
def test_an_explorer_that_would_turn_without_end_is_rolled_back(turn):
    matrix = np.diag([0.1, 0.1, 0.1, turn, turn, turn])
    env = make(motor_matrix=matrix)
    env.reset(scenario="explorer", seed=1)
    before = env.state.body
    _, _, pose, info = env.step({"type": "motor", "params": {"motor": [1.0] * 6}})
    assert not info.ok and info.reset_suggested and "would turn by" in info.message
    assert pose.body_pose == before
    assert env.step({"type": "motor", "params": {"motor": [1.0, 0, 0, 0, 0, 0]}})[3].ok


@pytest.mark.parametrize("height", np.linspace(0.75, 0.99, 9))
def test_who_slides_stays_in_the_bounds(height):
    """A ball of 10 cm just below the upper bound pushes upwards who comes along."""

    class Ball:
        bounds = (np.full(3, -1.0), np.full(3, 1.0))

        def clearance(self, place):
            out = place - np.array([0.5, 0.0, height])
            return float(np.linalg.norm(out)) - 0.1, out / np.linalg.norm(out)

    place = BodyPose((0.0, 0.0, 0.95))
    point = (ChartPoint(0.0, 0.5),)
    state = EnvState(0, "", point, point, body=place, body_previous=place)
    for _ in range(12):
        zoom = ActionPacket(0, "", 0, "zoom", dz=0.1)
        state, _ = explore(state, zoom, EnvConfig(), Ball(), np.eye(6))
        assert state.body.position_m[2] <= 1.0
        assert Ball().clearance(np.array(state.body.position_m))[0] >= RADIUS_M - 1e-4


def test_facets_are_those_of_the_patch_and_say_what_they_belong_to():
    sensor = {"resolution": [64, 64], "hfov": 60.0}
    whole = Environment(EnvConfig.from_dict({"sensor": sensor}))
    part = Environment(EnvConfig.from_dict({"sensor": sensor, "patch_shape": [16, 16, 4]}))
    for env in (whole, part):
        env.reset(scenario="explorer", random_view=False, object_id="003_cracker_box")
    names = {facet.object_id for facet in whole.facets(4)}
    assert names == {"003_cracker_box", "seed"}  # the box, and the ground around
    found = part.facets(2)
    obs, _, pose, _ = part.step(NOOP)
    w, x, y, z = pose.body_pose.quaternion
    forward = np.array([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)])
    widest = math.hypot(8.0, 8.0) / obs.camera.fx
    for facet in found:
        ray = np.array(facet.point) - pose.body_pose.position_m
        assert np.dot(ray, forward) / np.linalg.norm(ray) >= math.cos(math.atan(widest)) - 1e-6
    assert len(found) > 4
    for every_px in (0, -1):
        with pytest.raises(ValueError, match="every_px = .* must be at least 1"):
            part.facets(every_px)


def test_a_renderer_that_fails_makes_no_facets():
    class Dark:
        def __init__(self, stage):
            self.stage = stage

        def __getattr__(self, name):
            return getattr(self.stage, name)

        def look(self, views):
            raise RuntimeError("the lamp\nis out")

    env = make()
    env.reset(seed=1)
    env._stage = Dark(env.stage)
    with pytest.raises(EnvBackendError, match="the renderer has failed: the lamp is out"):
        env.facets()


def test_few_programs_are_compiled_for_facets():
    env = Environment(EnvConfig.from_dict({"sensor": {"resolution": [96, 96]}}))
    env.reset(random_view=False)
    env.facets(2)
    before = surface._cache_size()
    counts = set()
    for i in range(8):
        env.step({"type": "jump_to", "params": {"u": 0.03 * i, "v": 0.5 + 0.05 * i}})
        counts.add(len(env.facets(2)))
    assert len(counts) > 3
    assert surface._cache_size() - before <= 2


@pytest.mark.parametrize("root", ["~nosuchuser/ycb", "a" * 5000])
def test_a_folder_of_assets_that_cannot_be_is_an_asset_error(root):
    env = Environment(EnvConfig.from_dict({"backend": "mesh", "assets": {"ycb_root": root}}))
    with pytest.raises(EnvAssetError, match="no model of 003_cracker_box"):
        env.reset()


def test_a_scene_whose_name_is_too_long_is_an_asset_error():
    assets = {"explorer_scene": "a" * 5000 + ".glb"}
    env = Environment(EnvConfig.from_dict({"backend": "mesh", "assets": assets}))
    with pytest.raises(EnvAssetError):
        env.reset(scenario="explorer")


def reach(obs: ObservationPacket, pose, info) -> float:
    return 1.0


def test_a_reward_is_found_by_its_name():
    assert function_of("reward", "math:hypot") is math.hypot
    assert function_of("reward", f"{__name__}:reach") is reach
    for name, sentence in (
        ("math", "must be module:function"),
        ("math:", "must be module:function"),
        (":reach", "must be module:function"),
        ("no_such_module:f", "No module named 'no_such_module'"),
        ("math:no_such", "no_such"),
        ("math:pi", "it is no function"),
    ):
        with pytest.raises(PacketError, match=f"reward = '{name}' is not allowed.*{sentence}"):
            function_of("reward", name)


def test_a_hook_may_say_offsets_as_numbers_of_numpy():
    quarter = (np.float32(0.25), np.float32(0.0))
    env = make(hooks=Hooks(phase_shift=lambda column, pose: quarter), debug=True)
    _, _, pose = env.reset(random_view=False)
    assert pose.columns[0].pose == ChartPoint(0.25, 0.0)
    assert all(type(x) is float for x in dataclasses.astuple(pose.columns[0].pose))


@pytest.mark.parametrize(
    ("hooks", "sentence"),
    [
        ({"phase_shift": lambda *_: None}, "phase_shift = None .* must be 2 numbers"),
        ({"phase_shift": lambda *_: (1, 2, 3)}, "phase_shift = .* must be 2 numbers"),
        ({"phase_shift": lambda *_: (math.inf, 0)}, "phase_shift = .* must be finite"),
        ({"safety": lambda info: None}, "safety = None is not allowed: it must be a StepInfo"),
    ],
)
def test_what_a_hook_says_wrongly_is_named_and_changes_nothing(hooks, sentence):
    env = make()
    env.reset(seed=1)
    env._hooks = Hooks(**hooks)
    before = env.state
    with pytest.raises(PacketError, match=sentence):
        env.step(NOOP)
    assert env.state == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"render_every": 1.5}, "render_every = 1.5 .* must be a whole number"),
        ({"render_every": "2"}, "render_every = '2' .* must be a whole number"),
        ({"render_every": 0}, "render_every = 0 is not allowed: it must be at least 1"),
        ({"hooks": {"reward": None}}, "hooks = .* must be a Hooks"),
    ],
)
def test_arguments_of_other_types_are_refused(arguments, sentence):
    with pytest.raises(PacketError, match=sentence):
        make(**arguments)


def test_a_hook_that_is_no_function_is_refused():
    with pytest.raises(PacketError, match="reward = 3 is not allowed: it must be a function"):
        Hooks(reward=3)
    env = make()
    with pytest.raises(PacketError, match="random_view = 'no' .* must be true or false"):
        env.reset(random_view="no")
    env.reset(seed=1)
    with pytest.raises(PacketError, match="info = None is not allowed: it must be a StepInfo"):
        env.evaluation(NOOP, None)
