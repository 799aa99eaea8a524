# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Renderers that fail in any way, hooks that change what an action is, and seeds, by the stub."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from live_mvp_ros.packets import EnvBackendError, EnvConfig, Environment, Hooks
from live_mvp_ros.packets.packet_json import to_json
from live_mvp_ros.packets.packet_types import ActionPacket, ChartPoint

MOVE = {"type": "move", "params": {"dx": 1.0, "dy": 0.0}}
NOOP = {"type": "noop", "params": {}}
SWITCH = {"type": "switch_object", "params": {}}


def make(settings_given=None, **arguments) -> Environment:
    small = {"backend": "stub", "sensor": {"resolution": [4, 6]}, "objects": ["cup", "box"]}
    return Environment(EnvConfig.from_dict(small | (settings_given or {})), **arguments)


class Failing:
    """A stage whose renderer raises something, or draws infinite values, some times."""

    def __init__(self, stage, error, times):
        self.stage, self.error, self.left, self.calls = stage, error, times, 0

    def __getattr__(self, name):
        return getattr(self.stage, name)

    def look(self, views):
        self.calls += 1
        picture = self.stage.look(views)
        if not self.left:
            return picture
        self.left -= 1
        if self.error is not None:
            raise self.error
        return picture._replace(depth=np.full_like(picture.depth, np.inf))


FAILURES = [
    (RuntimeError("the lamp\nis out"), "the lamp is out"),
    (ValueError("no shape"), "no shape"),
    (np.linalg.LinAlgError("Singular matrix"), "Singular matrix"),
    (ZeroDivisionError("division by zero"), "division by zero"),
    (FloatingPointError("overflow"), "overflow"),
    (MemoryError(), "MemoryError"),
    (OSError("no such device"), "no such device"),
    (None, "a patch with infinite values is not allowed: they must be finite or NaN"),
]
KINDS = [type(error).__name__ for error, _ in FAILURES]


@pytest.mark.parametrize(("error", "reason"), FAILURES, ids=KINDS)
def test_a_renderer_that_fails_in_any_way_is_asked_again(error, reason):
    env = make()
    env.reset(random_view=False)
    env._stage = Failing(env.stage, error, 1)
    _, _, pose, info = env.step(MOVE)
    assert info.ok and env.stage.calls == 2
    assert pose.columns[0].pose.u == pytest.approx(0.05)


@pytest.mark.parametrize(("error", "reason"), FAILURES, ids=KINDS)
def test_a_renderer_that_fails_twice_in_any_way_makes_the_step_invalid(error, reason):
    env = make()
    first, _, _ = env.reset(random_view=False)
    env._stage = Failing(env.stage, error, 2)
    obs, _, pose, info = env.step(MOVE)
    assert not info.ok and not info.reset_suggested and env.stage.calls == 2
    assert info.message == f"the renderer has failed twice: {reason}"
    assert pose.columns[0].pose == ChartPoint(0.0, 0.0)
    assert obs.columns[0].patch == first.columns[0].patch
    assert env.step(MOVE)[3].ok


def test_a_mistake_in_a_program_comes_out():
    env = make()
    env.reset(random_view=False)
    env._stage = Failing(env.stage, TypeError("look() takes no views"), 1)
    with pytest.raises(TypeError, match="takes no views"):
        env.step(MOVE)
    assert env.state.tick == 0


def test_a_reset_whose_pictures_are_infinite_fails(monkeypatch):
    env = make()
    env.reset()
    broken = Failing(env.stage, None, 2)
    monkeypatch.setattr(env._rules.stages, "of", lambda name: broken)
    with pytest.raises(EnvBackendError, match="failed twice: a patch with infinite values"):
        env.reset()


def test_a_switch_shows_the_object_that_it_names_whatever_is_skipped():
    def shown(render_every):
        objects, sensor = ["005_tomato_soup_can", "003_cracker_box"], {"resolution": [24, 24]}
        values = {"backend": "sdf", "objects": objects, "sensor": sensor}
        env = make(values, render_every=render_every)
        env.reset(random_view=False)
        return [env.step(action)[0] for action in (NOOP, SWITCH, MOVE, NOOP, MOVE)]

    seldom, always = shown(4), shown(1)
    patches = [obs.columns[0].patch for obs in seldom]
    assert [obs.object_id for obs in seldom] == ["005_tomato_soup_can", *["003_cracker_box"] * 4]
    assert patches[1] == always[1].columns[0].patch != patches[0]
    assert patches[2] == patches[1] != always[2].columns[0].patch  # still skipped
    assert patches[3] == patches[4] == always[3].columns[0].patch  # the fourth step is due


def test_an_explorer_that_turns_to_another_thing_sees_it_whatever_is_skipped():
    def shown(render_every):
        env = make(render_every=render_every)
        env.reset(scenario="explorer", random_view=False)
        steps = [env.step(SWITCH) for _ in range(2)]
        return [(obs.columns[0].patch, pose.interest_object_id) for obs, _, pose, _ in steps]

    assert shown(4) == shown(1)
    assert shown(4)[0][1] != shown(4)[1][1]


def test_no_hook_makes_a_step_good_that_could_not_be_rendered(monkeypatch):
    passed = Hooks(safety=lambda info: dataclasses.replace(info, ok=not info.wrapped))
    env = make(hooks=passed)
    _, _, before = env.reset(random_view=False)
    monkeypatch.setattr(env, "_stage", Failing(env.stage, ValueError("no shape"), 2))
    _, _, pose, info = env.step(MOVE)
    assert not info.ok and "no shape" in info.message
    assert pose.columns[0].pose == before.columns[0].pose


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (NOOP | {"meta": []}, r"meta = \[\] is not allowed: it must be {...}"),
        (NOOP | {"meta": None}, "meta = None is not allowed"),
    ],
)
def test_what_should_hold_parts_and_does_not_is_named(values, sentence):
    env = make()
    env.reset()
    with pytest.raises(ValueError, match=sentence):
        env.step(values)


def projecting(answers):
    """Return hooks by which a column does another action, by its name."""
    made = {name: ActionPacket(0, "", 0, **values) for name, values in answers.items()}
    return Hooks(project_motor=lambda column, action: made.get(column, action))


@pytest.mark.parametrize("scenario", ["examiner", "explorer"])
def test_what_a_hook_makes_of_an_action_decides_about_a_switch(scenario):
    def stepped(answer, action):
        env = make(hooks=projecting({"col0": answer}))
        env.reset(scenario=scenario, random_view=False)
        obs, ctx, pose, info = env.step(action)
        assert info.ok
        name = obs.object_id if scenario == "examiner" else pose.interest_object_id
        return name, 1 in ctx.indices

    assert stepped({"action": "switch_object", "object_id": "box"}, MOVE) == ("box", True)
    assert stepped({"action": "noop"}, SWITCH) == ("cup", False)


def test_columns_of_an_examiner_switch_together():
    env = make({"columns": ["a", "b"]}, hooks=projecting({"b": {"action": "switch_object"}}))
    env.reset(random_view=False)
    obs, ctx, pose, _ = env.step(MOVE)
    assert obs.object_id == "box" and 1 in ctx.indices
    assert [column.pose for column in pose.columns] == [ChartPoint(0.0, 0.0)] * 2
    obs, ctx, pose, _ = env.step({**MOVE, "column_id": "a"})  # b is not asked
    assert obs.object_id == "box" and 1 not in ctx.indices
    assert pose.columns[0].pose.u == pytest.approx(0.05)


def test_an_explorer_does_what_the_first_column_makes_of_an_action():
    zoom = {"action": "zoom", "dz": 0.25}
    for answers, ahead_m in (({"a": zoom}, 0.25), ({"b": zoom}, 0.05)):
        switch = {"b": {"action": "switch_object"}} if "a" in answers else {}
        env = make({"columns": ["a", "b"]}, hooks=projecting(answers | switch))
        env.reset(scenario="explorer", random_view=False)
        _, ctx, pose, _ = env.step(MOVE)
        assert pose.body_pose.position_m == pytest.approx((ahead_m, 0.0, 0.0))
        assert 1 not in ctx.indices


def test_a_seed_of_numpy_is_a_seed_that_records_can_hold():
    env, twin = make(), make()
    first, second = env.reset(seed=np.int64(3)), twin.reset(seed=3)
    assert [to_json(packet) for packet in first] == [to_json(packet) for packet in second]
    info = env.step(NOOP)[3]
    assert json.loads(json.dumps(to_json(env.evaluation(NOOP, info))))["seed"] == 3
    assert dataclasses.asdict(env.evaluation(NOOP, info))["seed"] == 3
