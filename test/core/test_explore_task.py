# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The exploration as pure functions: jitted, batched and differentiated; contacts and rewards."""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from compiling import SOON
from small_exploration import room_config, room_distance_m

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.environments import ExploreConfig, ExploreTask
from live_mvp_ros.environments.explore_config import with_settings
from live_mvp_ros.environments.explore_observation import CHANNELS, crop, crop_points
from live_mvp_ros.vehicle import at_rest

STEPS = 300


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("room")
    return ExploreTask.of(room_config(folder, contact_ends=False, plan_every_steps=0))


@pytest.fixture(scope="module")
def begun(task):
    return jax.jit(task.reset)(jax.random.key(3))


@pytest.fixture(scope="module")
def flown(task, begun):
    """Random actions: state, observation, reward and so on of every step."""
    actions = jax.random.uniform(jax.random.key(0), (STEPS, 3), minval=-1.0, maxval=1.0)
    actions = actions.at[:40].set(jnp.array([1.0, 0.0, 0.0]))  # into the pillar

    def step(state, action):
        state, *rest = task.step(state, action)
        return state, (state.now.vehicle.position, *rest)

    return jax.device_get(jax.jit(lambda s, a: jax.lax.scan(step, s, a))(begun[0], actions))[1]


def pose(task, state, actions):
    for action in actions:
        state = task.step(state, action)[0]
    vehicle = state.now.vehicle
    return jnp.concatenate([vehicle.position, vehicle.velocity, vehicle.attitude])


def test_the_gradient_of_the_pose_is_that_of_finite_differences(task, begun):
    actions = jnp.array([[0.3, 0.1, 0.3], [-0.2, 0.5, -0.4]])
    flat = jax.jit(lambda a: pose(task, begun[0], a.reshape(2, 3)))
    gradient = np.asarray(jax.jit(jax.jacrev(flat))(actions.ravel()))
    assert np.isfinite(gradient).all()
    away = 0.02 * np.eye(6, dtype=np.float32)
    differences = np.stack(
        [(flat(actions.ravel() + d) - flat(actions.ravel() - d)) / 0.04 for d in away], axis=-1
    )
    np.testing.assert_allclose(gradient, differences, atol=5e-4)
    assert np.abs(gradient[:2]).max() > 2e-3  # the first action has moved the drone by now


def test_a_batch_does_what_each_member_does_alone(task):
    keys = jax.random.split(jax.random.key(5), 3)
    actions = jnp.array([[1.0, 0.0, 0.2], [0.0, -1.0, -1.0], [-0.5, 0.5, 0.0]])
    states, _ = jax.jit(jax.vmap(task.reset))(keys)
    many = jax.jit(jax.vmap(task.step))(states, actions)[1:]
    for i in range(3):
        state, _ = jax.jit(task.reset)(keys[i])
        one = jax.jit(task.step)(state, actions[i])[1:]
        for together, alone in zip(jax.tree.leaves(many), jax.tree.leaves(one), strict=True):
            np.testing.assert_allclose(together[i], alone, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [{"sensing": "full"}, {"control": "proposals", "proposals": 3}],
    ids=["full", "proposals"],
)
def test_members_with_camera_or_controller_make_a_batch_too(tmp_path, settings):
    task = ExploreTask.of(room_config(tmp_path, plan_every_steps=0, **settings))
    keys = jax.random.split(jax.random.key(5), 2)
    chosen = settings.get("control") == "proposals"
    actions = jnp.array([0, 1] if chosen else [[1.0, 0.0, 0.2], [0.0, -1.0, -1.0]])
    begin, advance = (lambda key: task.plan(task.begin(key))), task.advance
    compiled = partial(jax.jit, compiler_options=SOON)
    alone = [compiled(begin)(key) for key in keys]
    many = compiled(jax.vmap(advance))(compiled(jax.vmap(begin))(keys), actions)
    one = compiled(advance)
    for i in range(2):
        state, *rest = one(alone[i], actions[i])
        together = jax.tree.map(lambda x, i=i: x[i], many)
        vehicle = together[0].now.vehicle
        for a, b in zip(vehicle, state.now.vehicle, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-3)
        for a, b in zip(jax.tree.leaves(together[1:]), jax.tree.leaves(rest), strict=True):
            np.testing.assert_allclose(a, b, atol=0.05)  # a cell more or less may be known
    assert np.isfinite(np.asarray(many[1])).all()


def test_contacts_are_those_of_the_true_surface(task, flown):
    info = flown[-1]
    truly_m = room_distance_m(info.way_m.reshape(-1, 3)).reshape(info.way_m.shape[:2])
    np.testing.assert_allclose(info.clearance_m, truly_m.min(axis=1), atol=1e-5)
    touches = np.cumsum((truly_m < task.loop.body.radius_m).sum(axis=1))
    assert touches[-1] > 5
    np.testing.assert_array_equal(info.contacts, touches)


def test_who_touches_something_is_put_back(task, flown):
    positions_m = flown[0]
    assert room_distance_m(positions_m).min() >= task.loop.body.radius_m - 1e-5


def test_a_step_pays_for_new_area_and_costs_time_and_contact(task, begun, flown):
    _, _, reward, terminated, truncated, info = flown
    known = np.concatenate([[begun[0].known_m2], info.known_m2])
    contacts = np.concatenate([[0], info.contacts])
    expected = np.diff(known) - 0.1 * task.step_s - 10.0 * np.diff(contacts)
    np.testing.assert_allclose(reward, expected, atol=1e-4)
    assert not truncated.any()
    np.testing.assert_array_equal(terminated, info.explored >= task.config.explored_share)


def test_what_is_observed_is_finite_and_within_its_bounds(flown):
    observation = flown[1]
    for values in observation.values():
        assert np.isfinite(values).all()
        assert np.abs(values).max() <= 1.0
    known = observation["map"][:, CHANNELS.index("known")]
    assert set(np.unique(known)) <= {0.0, 1.0}


def test_the_drone_keeps_its_altitude_and_its_limits(task, begun):
    ahead = jnp.array([1.0, 0.0, 0.0])

    def step(state, _):
        state = task.advance(state, ahead)[0]
        return state, state.now.vehicle

    start = begun[0]
    free = start.now.vehicle._replace(position=jnp.array([0.5, 1.0, 1.5]))
    state = start._replace(
        now=start.now._replace(vehicle=free, reported=free, heard=free, believed=free)
    )
    _, way = jax.jit(lambda s: jax.lax.scan(step, s, length=15))(state)
    speed = np.linalg.norm(way.velocity, axis=-1)
    assert 1.8 < speed.max() < 1.1 * task.loop.body.speed_max_m_s
    np.testing.assert_allclose(way.position[:, 2], 1.5, atol=0.1)
    np.testing.assert_allclose(way.position[:, 1], 1.0, atol=0.01)


def test_contact_ends_an_episode_where_that_is_wanted(tmp_path):
    task = ExploreTask.of(room_config(tmp_path, plan_every_steps=0, time_limit_s=3.0))
    step = jax.jit(task.step)
    state, _ = jax.jit(task.reset)(jax.random.key(0))
    for k in range(1, 31):
        state, _, _, terminated, truncated, info = step(state, jnp.array([1.0, 0.0, 0.0]))
        assert bool(terminated) == (int(info.contacts) > 0)
        assert bool(truncated) == (k == 30 and not bool(terminated))
        if terminated:
            break
    assert bool(terminated)


def test_a_crop_is_turned_to_the_heading():
    spec = GridSpec((0.0, 0.0), 0.5, (20, 20))
    grid = jnp.arange(400.0).reshape(20, 20)
    vehicle = at_rest(jnp.array([5.0, 4.0, 1.0]), math.radians(90.0))  # looks along +y
    points = crop_points(spec, vehicle, 5)
    seen = np.asarray(crop(spec, grid, points, jnp.float32(-1.0)))
    for ahead in range(5):
        for left in range(5):
            x, y = 5.0 - 0.5 * (left - 2), 4.0 + 0.5 * (ahead - 2)
            assert seen[ahead, left] == grid[round(x / 0.5), round(y / 0.5)]


def test_a_crop_shows_nothing_beyond_the_map():
    spec = GridSpec((0.0, 0.0), 0.5, (4, 4))
    vehicle = at_rest(jnp.array([0.0, 0.0, 1.0]), 0.0)
    points = crop_points(spec, vehicle, 3)
    seen = np.asarray(crop(spec, jnp.ones((4, 4)), points, jnp.float32(-1.0)))
    np.testing.assert_array_equal(seen, [[-1, -1, -1], [-1, 1, 1], [-1, 1, 1]])


def test_worlds_of_one_kind_make_a_pool():
    task = ExploreTask.of(ExploreConfig(world="maze", worlds=2, first_seed=4))
    pool = task.pool
    assert pool.occupied.shape == (2, *task.spec.shape)
    assert (pool.occupied[0] != pool.occupied[1]).any()
    assert not (pool.occupied & pool.observable).any()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"world": "nowhere"}, "there is no world 'nowhere'"),
        ({"sensing": "sonar"}, "sensing = 'sonar' is not allowed: it must be one of planar, full"),
        ({"crop": 8}, "crop is not a setting of ExploreConfig: did you mean crop_cells"),
        ({"worlds": 0}, "worlds = 0 is not allowed"),
    ],
)
def test_what_cannot_be_is_refused(settings, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        ExploreTask.of(with_settings(None, settings))
