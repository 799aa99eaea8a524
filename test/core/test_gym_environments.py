# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Our environments keep the rules of Gymnasium; a batch does what its members do alone."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
from small_exploration import room_config

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402
from gymnasium.vector import AutoresetMode, SyncVectorEnv  # noqa: E402

from live_mvp_ros.environments import (  # noqa: E402
    ExploreEnv,
    ExploreTask,
    ExploreVectorEnv,
    PacketEnv,
    PacketVectorEnv,
)
from live_mvp_ros.environments.explore_programs import programs  # noqa: E402
from live_mvp_ros.environments.packet_spaces import MOVES  # noqa: E402

STUB = {"backend": "stub", "sensor": {"resolution": [4, 6]}}
SEEN = {"sensor": {"resolution": [8, 8], "modalities": ["rgb", "depth", "normals"]}}


@pytest.fixture(scope="module", params=["planar", "full", "proposals"])
def run(request, tmp_path_factory):
    """Compiled functions of each kind of exploration."""
    settings = {
        "planar": {"plan_every_steps": 10, "time_limit_s": 3.0},
        "full": {"sensing": "full", "plan_every_steps": 0, "time_limit_s": 1.5},
        "proposals": {"control": "proposals", "proposals": 3, "time_limit_s": 2.0},
    }[request.param]
    return programs(ExploreTask.of(room_config(tmp_path_factory.mktemp("room"), **settings)))


def checked(environment):
    """Hold an environment to the rules; a warning is a breach, too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(environment.unwrapped)


@pytest.mark.slow
def test_explorations_keep_the_rules(run):
    checked(gymnasium.make("live_mvp/Explore-v0", shared=run))


@pytest.mark.parametrize("continuous", [True, False])
@pytest.mark.parametrize("name", ["live_mvp/Examiner-v0", "live_mvp/Explorer-v0"])
def test_packets_keep_the_rules(name, continuous):
    checked(gymnasium.make(name, config=STUB, continuous=continuous))


def test_rendered_packets_keep_the_rules():
    checked(gymnasium.make("live_mvp/Explorer-v0", config=SEEN))


def alike(one, other, exact):
    """Assert that two results of a batch say the same."""
    for name, values in one.items():
        if exact:
            np.testing.assert_array_equal(values, other[name])
        else:
            np.testing.assert_allclose(values, other[name], atol=1e-4)


def compare(batch, members, steps, exact):
    """Step a batch and its members alone by the same actions; returns how many episodes began."""
    assert batch.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    assert batch.observation_space == members.observation_space
    alike(batch.reset(seed=7)[0], members.reset(seed=7)[0], exact)
    batch.action_space.seed(1)
    begun = 0
    for _ in range(steps):
        actions = batch.action_space.sample()
        seen, rewards, terminated, truncated, infos = batch.step(actions)
        other = members.step(actions)
        alike(seen, other[0], exact)
        np.testing.assert_allclose(rewards, other[1], atol=1e-4)
        np.testing.assert_array_equal(terminated, other[2])
        np.testing.assert_array_equal(truncated, other[3])
        assert infos.keys() == other[4].keys()
        begun += int((terminated | truncated).sum())
    return begun


def test_a_batch_of_explorations_does_what_its_members_do(run):
    alone = [lambda: ExploreEnv(shared=run)] * 3
    steps = run.task.step_limit + 6
    assert compare(ExploreVectorEnv(3, shared=run), SyncVectorEnv(alone), steps, False) >= 3


@pytest.mark.parametrize("scenario", ["examiner", "explorer"])
@pytest.mark.parametrize(("settings", "continuous"), [(STUB, False), (SEEN, True)])
def test_a_batch_of_packets_does_what_its_members_do(scenario, settings, continuous):
    said = {"scenario": scenario, "config": settings, "continuous": continuous, "max_steps": 9}
    alone = SyncVectorEnv([lambda: PacketEnv(**said)] * 3)
    assert compare(PacketVectorEnv(3, **said), alone, 12, False) == 3


def test_ten_thousand_random_steps_are_finite(run):
    count, steps = (100, 100) if run.task.loop.sensing == "planar" else (2, 20)
    if run.task.config.control == "proposals":
        count, steps = 2, 10
    many = ExploreVectorEnv(count, shared=run)
    many.reset(seed=0)
    many.action_space.seed(0)
    ends = 0
    for _ in range(steps):
        seen, rewards, terminated, truncated, infos = many.step(many.action_space.sample())
        assert np.isfinite(rewards).all()
        assert all(np.isfinite(values).all() for values in seen.values())
        assert all(np.isfinite(values).all() for values in infos.values())
        ends += int((terminated | truncated).sum())
    assert ends or steps < run.task.step_limit


def test_choices_of_the_planner_touch_nothing(run):
    if run.task.config.control != "proposals":
        pytest.skip("an agent that flies itself may touch something")
    one = ExploreEnv(shared=run)
    seen, first = one.reset(seed=0)
    assert seen["proposals"][:, -1].any()
    one.action_space.seed(0)
    for _ in range(12):
        seen, _, _, _, info = one.step(one.action_space.sample())
        assert info["clearance_m"] > run.task.loop.body.radius_m
        assert info["contacts"] == 0
    assert info["known_m2"] > first["known_m2"] + 1.0


def test_the_same_seed_gives_the_same_episode(run):
    one, results = ExploreEnv(shared=run), []
    for _ in range(2):
        one.action_space.seed(4)
        episode = [one.reset(seed=11)[0]]
        episode += [one.step(one.action_space.sample())[0] for _ in range(12)]
        results.append(episode)
    for first, second in zip(*results, strict=True):
        alike(first, second, True)


def test_moves_do_what_they_are_called():
    one = PacketEnv("explorer", STUB, continuous=False)
    one.reset(seed=0, options={"random_view": False})
    names = list(MOVES["explorer"])
    x = one.step(names.index("forward"))[0]["pose"][4]
    assert x > 0.05
    assert one.step(names.index("back"))[0]["pose"][4] == pytest.approx(0.0, abs=1e-6)
    left = one.step(names.index("turn_left"))[0]["pose"]
    assert left[0] > 0.0  # u grows to the left
    assert one.step(names.index("nose_up"))[0]["pose"][1] > 0.5


def test_rewards_and_options_are_the_users():
    paid = lambda obs, pose, info: float(info.tick)  # noqa: E731
    one = PacketEnv("examiner", STUB, reward=paid)
    _, told = one.reset(seed=0, options={"object_id": "005_tomato_soup_can"})
    assert told["object_id"] == "005_tomato_soup_can"
    assert [one.step(np.zeros(2))[1] for _ in range(3)] == [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match="options = 'object' is not allowed"):
        one.reset(options={"object": "x"})


@pytest.mark.parametrize("scenario", ["examiner", "explorer"])
def test_an_action_beyond_the_limits_is_limited_and_said_to_be(scenario):
    one, other = (PacketEnv(scenario, STUB) for _ in range(2))
    batch = PacketVectorEnv(2, scenario, STUB)
    for env in (one, other, batch):
        env.reset(seed=3)
    most = np.ones(one.action_space.shape, np.float32)
    limited, _, _, _, told = one.step(3.0 * most)
    plain, _, _, _, untold = other.step(most)
    alike(limited, plain, True)
    assert told["clamped"] and not untold["clamped"]
    assert batch.step(np.stack([3.0 * most, most]))[4]["clamped"].tolist() == [True, False]


@pytest.mark.parametrize("paid", [np.nan, np.inf, None, "much"])
def test_a_reward_that_is_no_finite_number_is_refused(paid):
    for env in (
        PacketEnv("examiner", STUB, reward=lambda *_: paid),
        PacketVectorEnv(1, config=STUB, reward=lambda *_: paid),
    ):
        env.reset(seed=0)
        with pytest.raises(ValueError, match="reward = .* is not allowed: it must be a"):
            env.step(np.zeros(env.action_space.shape))


def test_a_reset_that_failed_is_none():
    one = PacketEnv("examiner", {"backend": "mesh", "assets": {"ycb_root": "nowhere"}})
    with pytest.raises(FileNotFoundError, match="no model of"):
        one.reset(seed=0)
    assert one.render() is None
    with pytest.raises(gymnasium.error.ResetNeeded):
        one.step(np.zeros(2))


def test_a_batch_of_packets_shows_each_member():
    make = gymnasium.make_vec
    batch = make("live_mvp/Examiner-v0", 2, config=STUB, render_mode="rgb_array")
    assert batch.render() is None
    batch.reset(seed=1)
    shown = batch.render()
    assert len(shown) == 2 and all(picture.dtype == np.uint8 for picture in shown)
    assert not np.array_equal(*shown)
    plain = make("live_mvp/Examiner-v0", 2, config=STUB)
    plain.reset(seed=1)
    assert plain.render() is None


@pytest.mark.parametrize("action", [[0.0, np.nan], [0.0], 1, "left", [[0.0, 0.0]]])
def test_an_action_that_is_none_is_refused(action):
    one = PacketEnv("examiner", STUB)
    one.reset(seed=0)
    with pytest.raises(ValueError, match=r"must be of shape \(2,\), finite numbers"):
        one.step(action)


@pytest.mark.parametrize("action", [-1, 6, 1.5, [1, 2]])
def test_a_choice_that_is_none_is_refused(action):
    one = PacketEnv("examiner", STUB, continuous=False)
    one.reset(seed=0)
    with pytest.raises(ValueError, match="whole numbers from 0 to 5"):
        one.step(action)


def test_what_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match="scenario = 'walker' is not allowed"):
        PacketEnv("walker")
    with pytest.raises(ValueError, match="columns = .* is not allowed here"):
        PacketEnv("examiner", {"columns": ["a", "b"]})
    for count in (0, 2.0, "2"):
        with pytest.raises(ValueError, match="num_envs = .* is not allowed"):
            PacketVectorEnv(count)
    with pytest.raises(ValueError, match="max_steps = 2.5 is not allowed"):
        PacketEnv("examiner", STUB, max_steps=2.5)
    with pytest.raises(ValueError, match="continuous = 'no' is not allowed"):
        PacketEnv("examiner", STUB, continuous="no")
    for kind in (PacketEnv, PacketVectorEnv):
        with pytest.raises(ValueError, match="render_mode = 'human' is not allowed"):
            kind(config=STUB, render_mode="human")
    with pytest.raises(ValueError, match="config = 5 is not allowed: it must be an ExploreConfig"):
        ExploreEnv(5)
    with pytest.raises(ValueError, match="crop_cels is not a setting .* did you mean crop_cells"):
        ExploreEnv({"crop_cels": 16})
    with pytest.raises(gymnasium.error.ResetNeeded):
        PacketEnv("examiner", STUB).step(np.zeros(2))
    with pytest.raises(ValueError, match="there must be 2 of them"):
        PacketVectorEnv(2, config=STUB).reset(seed=[1])


def test_ids_are_known_after_an_import_and_by_the_name_of_the_module():
    program = (
        "import gymnasium\n"
        "made = gymnasium.make('live_mvp_ros.environments:live_mvp/Examiner-v0', "
        "config={'backend': 'stub'})\n"
        "assert {'live_mvp/Explorer-v0', 'live_mvp/Explore-v0'} <= set(gymnasium.registry)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("fault", ["raises", "infinite"])
def test_a_batch_whose_renderer_fails_once_is_rendered_member_by_member(monkeypatch, fault):
    batch, alone = PacketVectorEnv(3, config=STUB), PacketVectorEnv(3, config=STUB)
    batch.reset(seed=1)
    alone.reset(seed=1)
    stage = batch.environments[0].stage
    look, views_seen = stage.look, []

    def broken(views):
        views_seen.append(len(views))
        picture = look(views)
        if len(views_seen) > 1:
            return picture
        if fault == "raises":
            raise MemoryError
        return picture._replace(depth=np.full_like(picture.depth, np.inf))

    monkeypatch.setattr(stage, "look", broken)
    actions = np.full((3, 2), 0.5, np.float32)
    seen, _, terminated, _, _ = batch.step(actions)
    assert views_seen == [4, 1, 1, 1]  # all at once, then each for itself
    assert not terminated.any()
    np.testing.assert_array_equal(seen["patch"], alone.step(actions)[0]["patch"])
