# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The environment of packets: charts, actions, hooks, failures; mostly with the stub backend."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from live_mvp_ros.packets import (
    BeliefPacket,
    BodyPose,
    EnvBackendError,
    EnvConfig,
    Environment,
    Hooks,
    PacketError,
    context,
    torus,
)
from live_mvp_ros.packets.dumping import read_observation
from live_mvp_ros.packets.packet_json import to_json
from live_mvp_ros.packets.packet_schema import check
from live_mvp_ros.packets.packet_types import ChartPoint

TURNS = st.floats(0.0, 1.0, exclude_max=True)


def make(settings_given=None, **arguments) -> Environment:
    small = {"backend": "stub", "sensor": {"resolution": [4, 6]}}
    return Environment(EnvConfig.from_dict(small | (settings_given or {})), **arguments)


def move(dx, dy):
    return {"type": "move", "params": {"dx": dx, "dy": dy}}


def jump(u, v):
    return {"type": "jump_to", "params": {"u": u, "v": v}}


NOOP = {"type": "noop", "params": {}}
SWITCH = {"type": "switch_object", "params": {}}


@given(TURNS, TURNS)
def test_a_wrapped_difference_leads_there_the_shortest_way(a, b):
    d = torus.wrap(b - a)
    assert -0.5 <= d < 0.5
    there = (a + d) % 1.0
    assert min(abs(there - b), 1.0 - abs(there - b)) < 1e-12
    ways = [b - a + turns for turns in (-1.0, 0.0, 1.0)]
    assert abs(d) <= min(map(abs, ways)) + 1e-12


@given(st.floats(-1e6, 1e6))
def test_a_wrapped_coordinate_is_in_the_unit_interval_and_on_the_same_place(value):
    u = torus.wrapped(value)
    assert 0.0 <= u < 1.0
    assert abs(math.sin(math.pi * (u - value))) < 1e-9


@given(TURNS, TURNS, st.floats(-9.9, 9.9), st.floats(-9.9, 9.9))
@settings(max_examples=60, deadline=None)
def test_a_move_is_its_speed_times_the_step_mod_one(u, v, dx, dy):
    env = make()
    env.reset(random_view=False)
    env.step(jump(u, v))
    _, _, pose, info = env.step(move(dx, dy))
    column = pose.columns[0]
    assert column.previous == ChartPoint(u, v)
    for now, before, d, speed in (
        (column.pose.u, u, dx, column.velocity_u),
        (column.pose.v, v, dy, column.velocity_v),
    ):
        assert math.cos(2 * math.pi * (now - before - 0.05 * d)) == pytest.approx(1.0, abs=1e-12)
        assert speed == pytest.approx(0.05 * d / 0.05, abs=1e-9)
    inside = 0.0 <= u + 0.05 * dx < 1.0 and 0.0 <= v + 0.05 * dy < 1.0
    assert info.wrapped == (not inside)


def test_a_jump_carries_no_velocity_and_neither_do_a_noop_and_a_switch():
    env = make()
    env.reset(seed=1)
    env.step(move(1.0, 1.0))
    for action in (jump(0.2, 0.9), NOOP, SWITCH):
        _, ctx, pose, info = env.step(action)
        column = pose.columns[0]
        assert column.pose == column.previous == ChartPoint(0.2, 0.9)
        assert (column.velocity_u, column.velocity_v) == (0.0, 0.0)
        assert info.ok and not info.wrapped
        assert not set(ctx.indices) & set(range(*context.MOTION_RATE))


@given(st.lists(st.sampled_from(["move", "switch", "noop"]), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_the_switch_pulse_lasts_exactly_the_step_of_the_switch(kinds):
    env = make()
    _, ctx, _ = env.reset(seed=3)
    assert 1 not in ctx.indices
    for tick, kind in enumerate(kinds, start=1):
        action = {"move": move(0.1, 0.0), "switch": SWITCH, "noop": NOOP}[kind]
        _, ctx, _, _ = env.step(action)
        assert (1 in ctx.indices) == (kind == "switch")
        assert (0 in ctx.indices) == (tick % 2 == 0)


@given(st.integers(0, 2**64 - 1), st.sampled_from(["examiner", "explorer"]))
@settings(max_examples=30, deadline=None)
def test_context_indices_ascend_in_range_and_sources_are_the_documented_ones(seed, scenario):
    env = make({"context_length": context.LONGEST})
    _, ctx, _ = env.reset(seed=seed, scenario=scenario)
    assert ctx.length == context.LONGEST
    assert list(ctx.indices) == sorted(set(ctx.indices))
    assert ctx.indices[0] >= 0 and ctx.indices[-1] < ctx.length
    assert ctx.sources[:5] == ("metronome", "switch", "intent", "heading", "rate")
    examines = context.INTENT.start + 4
    assert (examines in ctx.indices) == (scenario == "examiner")


def test_the_switch_goes_round_the_objects_and_takes_one_by_name():
    env = make({"objects": ["a", "b", "c"]})
    obs, ctx, _ = env.reset()
    assert obs.object_id == "a"
    bits = set(context.object_hash("a"))
    assert bits <= set(ctx.indices)
    seen = [env.step(SWITCH)[3].object_id for _ in range(3)]
    assert seen == ["b", "c", "a"]
    obs, *_, info = env.step({"type": "switch_object", "params": {"object_id": "c"}})
    assert obs.object_id == info.object_id == "c"


def test_an_explorer_of_waves_turns_to_each_object_in_turn():
    env = make({"objects": ["a", "b", "c", "d"]})
    _, ctx, pose = env.reset(scenario="explorer", random_view=False)
    assert 1 not in ctx.indices and pose.interest_object_id == "a"  # ahead
    for quarters, name in ((0, "a"), (1, "b"), (2, "c"), (3, "d"), (0, "a")):
        _, ctx, pose, info = env.step(SWITCH)
        assert info.ok and 1 in ctx.indices
        assert pose.interest_object_id == name
        column = pose.columns[0]
        assert (column.pose.u, column.pose.v) == pytest.approx((0.25 * quarters, 0.5))
        assert column.pose == column.previous
        # an orbit's point on the side of the ball that faces the middle, half a turn round
        assert abs(torus.wrap(pose.interest.u - 0.25 * quarters - 0.5)) < 1e-9
    _, ctx, pose, _ = env.step(NOOP)
    assert 1 not in ctx.indices
    _, _, pose, info = env.step({"type": "switch_object", "params": {"object_id": "c"}})
    assert pose.interest_object_id == "c"
    _, _, pose, info = env.step({"type": "zoom", "params": {"dz": 3.0}})  # through the ball
    assert not info.collided and pose.interest_object_id == ""
    assert pose.body_pose.position_m == pytest.approx((-3.0, 0.0, 0.0), abs=1e-9)


def test_a_switch_where_there_is_nothing_to_turn_to_is_a_pulse_alone():
    env = make()
    env.reset(scenario="explorer", seed=1)
    env.stage.things = ()
    before = env.state
    _, ctx, pose, info = env.step(SWITCH)
    assert info.ok and 1 in ctx.indices
    assert env.state.body == before.body and pose.columns[0].velocity_u == 0.0
    with pytest.raises(PacketError, match="stub has no room for it"):
        env.step({"type": "switch_object", "params": {"object_id": "003_cracker_box"}})


def test_random_views_follow_the_seed_and_without_one_the_stream():
    def first(env, **arguments):
        return env.reset(**arguments)[2].columns[0].pose

    env, twin = make(), make()
    assert first(env, random_view=False) == ChartPoint(0.0, 0.0)
    assert first(env, seed=5) == first(twin, seed=5) != first(env, seed=6)
    one, two = make(), make()
    streams = [[first(e) for _ in range(3)] for e in (one, two)]
    assert streams[0] == streams[1]
    assert len(set(streams[0])) == 3
    assert first(make(seed=1)) != streams[0][0]


def test_a_backend_that_cannot_be_had_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "habitat_sim", None)  # as where it is not installed
    with pytest.raises(EnvBackendError, match="conda install habitat-sim"):
        make({"backend": "habitat"})


def test_jitter_is_noise_of_moves_and_repeats_with_the_seed():
    def path(seed):
        env = make({"orbit": {"jitter": 0.01}})
        env.reset(seed=seed, random_view=False)
        steps = [env.step(move(1.0, 0.0))[2].columns[0] for _ in range(400)]
        return np.array([(c.velocity_u * 0.05, c.velocity_v * 0.05) for c in steps])

    noise = path(1) - [0.05, 0.0]
    assert np.array_equal(path(1), path(1))
    assert not np.array_equal(path(1), path(2))
    assert np.abs(noise.mean(axis=0)).max() < 0.002  # three standard errors
    assert noise.std(axis=0) == pytest.approx([0.01, 0.01], rel=0.15)


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ({"type": "fly", "params": {}}, r"type = 'fly' is not allowed: it must be one of move"),
        ({"params": {}}, r"type = None is not allowed"),
        ({"type": ["move"], "params": {}}, r"type = \['move'\] is not allowed"),
        (3, r"action = 3 is not allowed"),
        ({"type": "move", "params": {"dx": 1.0}}, r"dy is missing: move needs dx, dy"),
        ({"type": "jump_to", "params": {"u": 0.5}}, r"v is missing: jump_to needs u, v"),
        ({"type": "jump_to", "params": {"u": 1.0, "v": 0.0}}, r"u = 1.0 .* below 1"),
        ({"type": "noop", "params": {"dx": 1.0}}, r"dx is not a parameter of noop"),
        ({"type": "move", "params": {"dx": "1", "dy": 0}}, r"dx = '1' .* must be a number"),
        ({"type": "move", "params": {"dx": True, "dy": 0}}, r"dx = True .* must be a number"),
        ({"type": "move", "params": {"dx": math.nan, "dy": 0}}, r"dx = nan is not finite"),
        ({"type": "move", "params": [1, 2]}, r"params = \[1, 2\] is not allowed"),
        ({"type": "zoom", "params": {"dz": 1.0}}, r"type = 'zoom' is not allowed in this scen"),
        ({"type": "noop", "colour": 1}, r"colour is not a part of an action"),
        ({"type": "noop", "column_id": "x"}, r"column_id = 'x' .* one of col0"),
        ({"type": "noop", "column_id": None}, r"column_id = None is not allowed: .* text"),
        ({"type": "noop", "column_id": 3}, r"column_id = 3 is not allowed: it must be text"),
        (move(10**400, 0), r"dx is too large a number: it must be finite"),
        (
            {"type": "motor", "params": {"motor": [10**400]}},
            r"motor\[0\] is too large a number: it must be finite",
        ),
        ({"type": "switch_object", "params": {"object_id": "x"}}, r"object_id = 'x' .* 003"),
        ({"type": "switch_object", "params": {"object_id": 3}}, r"object_id = 3 .* text"),
    ],
)
def test_a_wrong_action_is_refused_by_name_and_changes_nothing(action, sentence):
    env = make()
    env.reset(seed=1)
    before = env.state
    with pytest.raises(ValueError, match=sentence):
        env.step(action)
    assert env.state == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"object_id": "cup"}, r"object_id = 'cup' is not allowed: it must be one of 003"),
        ({"scenario": "walker"}, r"scenario = 'walker' is not allowed"),
        ({"scenario": "goalseeker"}, r"'goalseeker' is not allowed without rewards"),
        ({"seed": -1}, r"seed = -1 is not allowed"),
        ({"seed": 1.5}, r"seed = 1.5 is not allowed: it must be a whole number"),
        ({"seed": "a"}, r"seed = 'a' is not allowed: it must be a whole number"),
        ({"seed": True}, r"seed = True is not allowed: it must be a whole number"),
        ({"seed": 2**64}, r"seed = 18446744073709551616 is not allowed"),
    ],
)
def test_a_wrong_reset_is_refused(arguments, sentence):
    with pytest.raises(PacketError, match=sentence):
        make().reset(**arguments)


def test_a_step_before_a_reset_is_refused():
    with pytest.raises(RuntimeError, match="reset comes first"):
        make().step(NOOP)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"motor_matrix": np.zeros((5, 2))}, "must be \\[6, M\\]"),
        ({"motor_matrix": np.full((6, 2), np.nan)}, "finite"),
        ({"render_every": 0}, "render_every = 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        make(**arguments)


def test_an_action_can_be_for_one_column_and_hooks_change_it_for_each():
    def project(column, action):
        return dataclasses.replace(action, dx=action.dy, dy=action.dx) if column == "b" else action

    env = make({"columns": ["a", "b"]}, hooks=Hooks(project_motor=project))
    env.reset(random_view=False)
    _, _, pose, _ = env.step(move(1.0, 2.0))
    at = [(c.pose.u, c.pose.v) for c in pose.columns]
    assert at == [pytest.approx((0.05, 0.1)), pytest.approx((0.1, 0.05))]
    _, _, pose, _ = env.step({**move(1.0, 2.0), "column_id": "a"})
    at = [(c.pose.u, c.pose.v) for c in pose.columns]
    assert at == [pytest.approx((0.1, 0.2)), pytest.approx((0.1, 0.05))]


def test_a_phase_shift_is_where_a_column_is_and_sees_from():
    asked = []

    def shift(column, pose):
        asked.append((column, pose.columns[0].pose))
        return (0.75, 0.0) if column == "b" else (0.0, 0.0)

    env = make({"columns": ["a", "b"]}, hooks=Hooks(phase_shift=shift))
    env.reset(random_view=False)
    asked.clear()
    obs, _, pose, _ = env.step(jump(0.5, 0.25))
    assert asked == [("a", ChartPoint(0.5, 0.25)), ("b", ChartPoint(0.5, 0.25))]
    assert pose.columns[1].pose == pose.columns[1].previous == ChartPoint(0.25, 0.25)
    assert obs.columns[1].pose == pose.columns[1].pose
    alone = make()
    alone.reset(random_view=False)
    there, *_ = alone.step(jump(0.25, 0.25))
    assert obs.columns[1].patch == there.columns[0].patch
    assert obs.columns[0].patch != there.columns[0].patch


def test_a_safety_hook_can_undo_a_step():
    def safety(info):
        wrong = info.wrapped
        return dataclasses.replace(info, ok=not wrong, message="no way round" if wrong else "")

    env = make(hooks=Hooks(safety=safety))
    first, _, _ = env.reset(random_view=False)
    obs, _, pose, info = env.step(move(-1.0, 0.0))
    assert (info.ok, info.message, info.tick) == (False, "no way round", 1)
    assert pose.columns[0].pose == pose.columns[0].previous == ChartPoint(0.0, 0.0)
    assert obs.columns[0].patch == first.columns[0].patch
    _, _, pose, info = env.step(move(1.0, 0.0))
    assert info.ok and pose.columns[0].pose.u == pytest.approx(0.05)


def test_a_goalseeker_is_paid_by_its_callback():
    def reward(obs, pose, info):
        return 0.25 * obs.tick

    env = make(hooks=Hooks(reward=reward))
    _, ctx, _ = env.reset(scenario="goalseeker", seed=1)
    assert "reward" in ctx.sources
    _, ctx, _, info = env.step(NOOP)
    assert info.extrinsic_reward == 0.25
    assert context.REWARD.start + 40 in ctx.indices  # (0.25 + 1) / 2 of 64 bins


def test_a_state_that_would_blow_up_is_rolled_back():
    env = make({"orbit": {"default_speed": 10.0}})
    env.reset(seed=1)
    before = env.state
    _, _, pose, info = env.step(move(1e308, 0.0))
    assert not info.ok and info.reset_suggested
    assert "rolled back" in info.message
    assert env.state.points == before.points and env.state.tick == before.tick + 1
    assert pose.columns[0].velocity_u == 0.0
    assert env.step(NOOP)[3].ok


def test_an_explorer_that_would_blow_up_is_rolled_back():
    env = make(motor_matrix=1e9 * np.eye(6))
    env.reset(scenario="explorer", seed=1)
    before = env.state.body
    motor = {"type": "motor", "params": {"motor": [1.0] * 6}}
    _, _, pose, info = env.step(motor)
    assert not info.ok and info.reset_suggested
    assert pose.body_pose == pose.body_pose_previous == before


class Failing:
    """A stage whose renderer fails some times."""

    def __init__(self, stage, times):
        self.stage, self.left, self.calls = stage, times, 0

    def __getattr__(self, name):
        return getattr(self.stage, name)

    def look(self, views):
        self.calls += 1
        if self.left:
            self.left -= 1
            raise RuntimeError("the lamp\nis out")
        return self.stage.look(views)


def test_a_renderer_that_fails_once_is_asked_again():
    env = make()
    env.reset(random_view=False)
    env._stage = Failing(env.stage, 1)
    _, _, pose, info = env.step(move(1.0, 0.0))
    assert info.ok and env.stage.calls == 2
    assert pose.columns[0].pose.u == pytest.approx(0.05)


def test_a_renderer_that_fails_twice_makes_the_step_invalid():
    env = make()
    first, _, _ = env.reset(random_view=False)
    env._stage = Failing(env.stage, 2)
    obs, ctx, pose, info = env.step(move(1.0, 0.0))
    assert not info.ok and not info.reset_suggested
    assert info.message == "the renderer has failed twice: the lamp is out"
    assert pose.columns[0].pose == ChartPoint(0.0, 0.0)
    assert obs.columns[0].patch == first.columns[0].patch
    assert obs.tick == ctx.tick == 1
    assert env.step(move(1.0, 0.0))[3].ok


def test_a_reset_that_cannot_be_rendered_fails(monkeypatch):
    env = make()
    env.reset()

    def fails(views):
        raise RuntimeError("no")

    monkeypatch.setattr(env.stage, "look", fails)
    with pytest.raises(EnvBackendError, match="failed twice: no"):
        env.reset()


def test_debug_mode_catches_a_packet_that_breaks_its_schema(monkeypatch):
    env = make(debug=True)
    env.reset(seed=1)
    monkeypatch.setattr(
        "live_mvp_ros.packets.packet_environment.to_json", lambda packet: {"type": "pose.v1"}
    )
    with pytest.raises(PacketError, match="breaks the schema of PosePacket"):
        env.step(NOOP)


def test_patches_are_rendered_as_often_as_wanted():
    env = make(render_every=3)
    shown = [env.reset(random_view=False)[0].columns[0].patch]
    shown += [env.step(move(1.0, 0.0))[0].columns[0].patch for _ in range(4)]
    assert shown[0] == shown[1] == shown[2] != shown[3] == shown[4]


def test_a_patch_is_the_middle_of_the_image_with_its_own_camera():
    whole, middle = make(), make({"patch_shape": [2, 4, 4]})
    all_of_it, _, _ = whole.reset(seed=4)
    part, _, _ = middle.reset(seed=4)
    inner = all_of_it.columns[0].patch.data[1:3, 1:5]
    assert np.array_equal(part.columns[0].patch.data, inner)
    one, other = all_of_it.camera, part.camera
    assert (other.width, other.height) == (4, 2)
    assert (other.cx, other.cy, other.fx) == (one.cx - 1, one.cy - 1, one.fx)
    assert one.fx == pytest.approx(3.0 / math.tan(math.radians(35.0)))


def turned(pose: BodyPose) -> float:
    w, x, y, z = pose.quaternion
    return math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def test_an_explorer_moves_and_turns_as_it_is_told():
    env = make({"orbit": {"default_speed": 0.1}})
    env.reset(scenario="explorer", random_view=False)

    def step(kind, **params):
        return env.step({"type": kind, "params": params})[2]

    pose = step("move", dx=2.0, dy=1.0)
    assert pose.body_pose.position_m == pytest.approx((0.2, 0.1, 0.0))
    assert pose.body_pose_previous.position_m == (0.0, 0.0, 0.0)
    pose = step("rotate", dyaw=math.pi / 2, dpitch=0.0)
    assert turned(pose.body_pose) == pytest.approx(math.pi / 2)
    assert pose.columns[0].pose.u == pytest.approx(0.25)
    pose = step("zoom", dz=0.5)
    assert pose.body_pose.position_m == pytest.approx((0.2, 0.6, 0.0))
    pose = step("rotate", dyaw=0.0, dpitch=-0.3)
    assert pose.columns[0].pose.v == pytest.approx(0.5 + 0.3 / math.pi)
    pose = step("jump_to", u=0.5, v=0.5)
    assert turned(pose.body_pose) == pytest.approx(math.pi)
    assert pose.columns[0].velocity_u == 0.0


def test_a_motor_vector_goes_through_tanh_and_the_matrix_and_is_clamped():
    matrix = np.zeros((6, 2))
    matrix[0, 0], matrix[5, 1] = 0.2, 0.4
    env = make(motor_matrix=matrix)
    env.reset(scenario="explorer", random_view=False)
    _, _, pose, info = env.step({"type": "motor", "params": {"motor": [0.5, -3.0]}})
    assert info.clamped
    assert pose.body_pose.position_m[0] == pytest.approx(0.2 * math.tanh(0.5))
    assert turned(pose.body_pose) == pytest.approx(0.4 * math.tanh(-1.0))
    with pytest.raises(PacketError, match="must have 2 numbers"):
        env.step({"type": "motor", "params": {"motor": [0.5]}})


def test_the_evaluation_of_a_step_says_all_of_it():
    env = make()
    env.reset(seed=9)
    action = move(1.0, 0.0)
    info = env.step(action)[3]
    belief = BeliefPacket(0, "", 1, ("a", "b"), (0.5, 0.5))
    record = env.evaluation(action, info, belief, step_ms=2.0)
    assert (record.seed, record.episode, record.tick) == (9, 1, 1)
    assert record.action.dx == 1.0 and record.info is info and record.belief is belief
    check(to_json(record))
    check(to_json(env.evaluation(action, info)))


def test_a_step_is_dumped_as_a_whole_and_read_without_loss(tmp_path):
    settings_given = {
        "sensor": {"resolution": [4, 6], "modalities": ["rgb", "depth", "normals", "segmentation"]}
    }
    env = make(settings_given, debug_overlay=True)
    env.reset(seed=1)
    obs, ctx, pose, info = env.step(move(1.0, 0.0))
    folder = env.dump_step(1, tmp_path / "dumps")
    assert folder == tmp_path / "dumps" / "step_000001"
    assert sorted(file.name for file in folder.iterdir()) == [
        "col0.npy",
        "col0_depth.png",
        "col0_normals.png",
        "col0_rgb.png",
        "col0_segmentation.png",
        "context.json",
        "info.json",
        "observation.json",
        "pose.json",
        "preview.png",
    ]
    assert read_observation(folder) == obs
    for name, packet in (("context", ctx), ("pose", pose), ("info", info)):
        assert json.loads((folder / f"{name}.json").read_text()) == to_json(packet)
    check(json.loads((folder / "observation.json").read_text()))
    depth = np.asarray(Image.open(folder / "col0_depth.png"))
    assert np.abs(depth / 1000.0 - obs.columns[0].patch.data[..., 3]).max() <= 0.0005 + 1e-6
    env.dump_step(1, tmp_path / "dumps")  # again: it is replaced
    env.dump_step(0, tmp_path / "dumps")
    left = sorted(path.name for path in (tmp_path / "dumps").iterdir())
    assert left == ["step_000000", "step_000001"]
    with pytest.raises(LookupError, match="step 7 is not kept: the steps that are, are 0 to 1"):
        env.dump_step(7, tmp_path)


def test_a_dump_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    env = make()
    env.reset(seed=1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("live_mvp_ros.packets.dumping.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        env.dump_step(0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_preview_shows_axes_frustum_and_the_box_of_the_object():
    env = make()
    env.reset(seed=1)
    picture = env.preview()
    assert picture.shape == (160, 160, 3)
    colours = {tuple(c) for c in picture.reshape(-1, 3).tolist()}
    assert {(200, 30, 30), (30, 150, 30), (40, 60, 220), (60, 60, 60), (200, 120, 0)} <= colours


RUN = """
import hashlib, json, sys
from live_mvp_ros.packets import EnvConfig, Environment
from live_mvp_ros.packets.packet_json import to_json
given, scenario, count = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
env = Environment(EnvConfig.from_dict(given))
digest = hashlib.sha256(repr([to_json(p) for p in env.reset(seed=3, scenario=scenario)]).encode())
for i in range(count):
    if scenario == "explorer":
        params = {"motor": [((7 * i * k) % 11) / 5.0 - 1.0 for k in range(1, 7)]}
        action = {"type": "motor", "params": params}
    elif i % 50 == 49:
        action = {"type": "switch_object", "params": {}}
    else:
        action = {"type": "move", "params": {"dx": (i % 7) / 3.0 - 1.0, "dy": (i % 5) / 2.0}}
    digest.update(repr([to_json(p) for p in env.step(action)]).encode())
print(digest.hexdigest())
"""


@pytest.mark.parametrize(
    ("given_values", "scenario", "count"),
    [
        ({"backend": "stub", "orbit": {"jitter": 0.01}, "columns": ["a", "b"]}, "examiner", 1000),
        ({"backend": "stub"}, "explorer", 1000),
        ({"backend": "sdf"}, "examiner", 1000),
        ({"backend": "sdf"}, "explorer", 200),
    ],
    ids=["stub-examiner", "stub-explorer", "sdf-examiner", "sdf-explorer"],
)
def test_the_same_seed_and_actions_give_the_same_packets_in_every_process(
    given_values, scenario, count
):
    values = {"sensor": {"resolution": [8, 8]}} | given_values
    command = [sys.executable, "-c", RUN, json.dumps(values), scenario, str(count)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2)]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.strip()) == hashlib.sha256().digest_size * 2
