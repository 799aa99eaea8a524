# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training: worlds in one stack, losses by hand, counting what is not finite, exact resume."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import mapping
from live_mvp_ros.base.config import ConfigurationError, replace
from live_mvp_ros.learning import courses, curve, map_flight, training_step
from live_mvp_ros.learning.checkpoints import (
    CheckpointError,
    Checkpoints,
    config_from,
    read_training,
    write_settings,
)
from live_mvp_ros.learning.scene_stack import stack
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.learning.training_run import Moment
from live_mvp_ros.learning.truth_scan import scan_of_truth
from live_mvp_ros.policy.kinematic_body import at_rest
from live_mvp_ros.worlds import load_world, signed_distance
from live_mvp_ros.worlds.scene import Boxes, Group, Scene, Spheres

TINY = TrainingConfig(
    worlds=("seed", "maze:1"),
    held_out=("seed",),
    starts="random",
    steps=2,
    map_resolution_m=1.0,
    map_levels=1,
    map_finest_cells=16,
    map_table_size_log2=8,
    map_hidden_width=4,
    map_keyframes=1,
)

QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""To compile for speed would take longer than all the steps here."""


@pytest.fixture(scope="module")
def step():
    """Return one training step of two worlds side by side, compiled once for this file."""
    worlds = [load_world(name) for name in TINY.worlds]
    map_config = courses.map_of(TINY, worlds)
    given = courses.training_courses(TINY, map_config, worlds)
    compiled = jax.jit(training_step.train_once, compiler_options=QUICKLY)
    return partial(compiled, TINY, map_config, given)


def same(one, other) -> bool:
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.slow
def test_a_training_that_was_stopped_goes_on_as_if_it_was_not(step, tmp_path):
    whole = training_step.begin(TINY)
    for _ in range(4):
        whole, report = step(whole)
    half = training_step.begin(TINY)
    for _ in range(2):
        half, _ = step(half)
    kept = Checkpoints(tmp_path)
    kept.save(half)
    kept.close()
    write_settings(tmp_path, TINY)
    config = read_training(tmp_path)
    assert config == TINY
    again = Checkpoints(tmp_path)
    rest = again.latest(training_step.begin(config))
    again.close()
    assert same(rest, half)
    for _ in range(2):
        rest, last = step(rest)
    assert same(rest, whole)
    assert same(last, report)
    assert not same(training_step.begin(TINY).policy, whole.policy)
    assert int(whole.nonfinite) == 0


def test_a_step_reports_what_happened(step):
    _, report = step(training_step.begin(TINY))
    assert 0.0 <= float(report.reward) <= 1.0
    assert 0.0 < float(report.explored) < 1.0
    assert float(report.gradient_norm) > 0.0
    assert float(report.least_truth_m) > 0.2
    assert int(report.nonfinite) == 0


def test_a_policy_that_is_not_finite_is_counted_and_changes_nothing_else(step):
    state = training_step.begin(TINY)
    spoilt = jax.tree.map(lambda a: jnp.full_like(a, jnp.nan), state.policy)
    after, report = step(state._replace(policy=spoilt))
    assert int(report.nonfinite) > 0
    assert int(after.nonfinite) == int(report.nonfinite)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(after.optimiser))


def test_what_is_not_finite_is_zero_in_the_mean_and_counted():
    gradients = {"a": jnp.array([[1.0, jnp.nan], [3.0, 4.0]]), "b": jnp.array([jnp.inf, 2.0])}
    mean, bad = training_step.finite_mean(gradients)
    assert int(bad) == 2
    np.testing.assert_array_equal(mean["a"], [2.0, 2.0])
    assert mean["b"] == 1.0


def test_gradients_of_flights_are_shortened_one_by_one():
    gradients = {"a": jnp.array([[3.0, 0.0], [0.3, 0.0]]), "b": jnp.array([4.0, 0.4])}
    mean, _ = training_step.finite_mean(gradients, 1.0)  # they are 5 and 0.5 long
    np.testing.assert_allclose(mean["a"], [(0.6 + 0.3) / 2, 0.0], rtol=1e-6)
    np.testing.assert_allclose(mean["b"], (0.8 + 0.4) / 2, rtol=1e-6)
    endless = {"a": jnp.array([[jnp.inf, 0.0], [0.0, 0.0]])}
    mean, bad = training_step.finite_mean(endless, 1.0)
    assert int(bad) == 1 and not np.any(mean["a"])


def test_the_loss_by_hand():
    command = jnp.array([1.0, -2.0, 0.0, 0.5, 0.0, 0.0])
    wanted = 4.0 * np.log1p(np.exp(0.12 - 0.3)) + 0.01 * 5.25 - 0.2
    got = map_flight.loss_of(jnp.float32(0.3), command, jnp.float32(0.2))
    assert got == pytest.approx(wanted, rel=1e-6)
    got = map_flight.loss_of(jnp.float32(0.3), command, jnp.float32(0.2), 10.0)
    assert got == pytest.approx(wanted + 6.0 * np.log1p(np.exp(0.12 - 0.3)), rel=1e-6)
    got = map_flight.loss_of(jnp.float32(0.3), command, jnp.float32(0.2), 4.0, 0.1)
    assert got == pytest.approx(0.4 * np.log1p(np.exp(-1.8)) + 0.01 * 5.25 - 0.2, rel=1e-6)


def test_an_evaluation_flies_as_training_does_unless_it_is_told_otherwise():
    assert TINY.in_evaluation == TINY
    other = replace(TINY, evaluation_steps=7, evaluation_drones=1).in_evaluation
    assert (other.steps, other.drones) == (7, 1)


def test_each_weight_of_the_loss_is_that_of_what_it_names():
    worlds = [load_world(name) for name in TINY.worlds]
    map_config = courses.map_of(TINY, worlds)
    begun = mapping.init(map_config, jax.random.key(1))
    fields, seen = begun.parameters, begun.evidence.seen

    def lost(start=(0.0, 0.0, 1.6), **weights):
        start = jnp.array(start)
        flown = map_flight._one_drone(
            replace(TINY, **weights),
            map_config,
            lambda *_: jnp.zeros(6),
            None,
            map_flight.Known(fields, seen),
            at_rest(start, 0.0),
            start,
            jax.random.key(0),
        )
        return float(flown[1]), float(flown[2])

    alone, earned = lost(reward_weight=0.0, safety_weight=0.0)
    assert alone == 0.0  # nothing is commanded
    assert lost(reward_weight=2.0, safety_weight=0.0)[0] == pytest.approx(-2.0 * earned)
    near, sought = (
        lost(reward_weight=0.0, safety_weight=1.0)[0],
        lost(reward_weight=0.0, safety_weight=0.0, unseen_weight=1.0)[0],
    )
    assert near > 0.0 > sought
    new, _ = lost(reward_weight=0.0, safety_weight=0.0, new_weight=1.0)
    assert new < 0.0
    whole, _ = lost(reward_weight=3.0, safety_weight=5.0, unseen_weight=7.0, new_weight=2.0)
    assert whole == pytest.approx(5.0 * near + 7.0 * sought + 2.0 * new - 3.0 * earned, rel=1e-4)

    # With a fence the bound is a surface: 0.2 m before it, and 0.3 m beyond.
    east = map_config.upper_m[0]
    for x, distance in ((east - 0.2, 0.2), (east + 0.3, -0.3)):
        fenced, _ = lost((x, 0.0, 1.6), reward_weight=0.0, safety_weight=4.0, fence=True)
        by_map, _ = lost((x, 0.0, 1.6), reward_weight=0.0, safety_weight=4.0)
        at_bound = 4.0 * np.log1p(np.exp(0.12 - distance))
        assert fenced == pytest.approx(max(at_bound, by_map), rel=1e-5)
        assert distance > 0.0 or fenced > by_map


def test_worlds_in_a_stack_are_the_same_worlds():
    smooth = Group((Spheres(jnp.zeros((3, 1)), jnp.ones(1)),), 4.0)
    hard = Group((Boxes(jnp.ones((3, 2)), jnp.full((3, 2), 0.4)),))
    scenes = [load_world(name).scene for name in ("seed", "maze:1", "maze:2", "cave:3")]
    scenes.append(Scene((smooth, hard)))
    both = stack(scenes)
    points = np.random.default_rng(0).uniform((-5, -5, 0), (14, 12, 3), (300, 3))
    points = jnp.asarray(points, jnp.float32)
    found = jax.vmap(signed_distance, in_axes=(0, None))(both, points)
    for i, scene in enumerate(scenes):
        wanted = np.asarray(signed_distance(scene, points))
        np.testing.assert_allclose(found[i], wanted, rtol=1e-4, atol=1e-4)


def test_starts_are_free_apart_and_the_same_for_the_same_seed():
    world = load_world("maze:1")
    starts, yaws = courses.random_starts(TINY, world, 20, 5)
    assert starts.shape == (20, 2, 3) and yaws.shape == (20,)
    assert np.min(signed_distance(world.scene, jnp.asarray(starts))) > courses.CLEARANCE_M
    np.testing.assert_allclose(np.linalg.norm(starts[:, 1] - starts[:, 0], axis=1), 0.9)
    assert np.array_equal(starts, courses.random_starts(TINY, world, 20, 5)[0])
    assert not np.array_equal(starts, courses.random_starts(TINY, world, 20, 6)[0])


def test_fixed_starts_are_those_of_the_reference_or_refused():
    starts, yaws = courses.fixed_start(TINY, load_world("seed"))
    np.testing.assert_allclose(starts[0], [[0.0, 0.0, 1.6], [0.0, 0.9, 1.6]])
    assert yaws[0] == 0.0
    with pytest.raises(ValueError, match="starts = 'fixed' is not allowed in maze"):
        courses.fixed_start(TINY, load_world("maze:1"))


def test_a_scan_of_the_truth_lies_on_surfaces_with_their_normals():
    scene = load_world("seed").scene
    scan = scan_of_truth(scene, at_rest(jnp.array([0.0, 0.0, 1.6])))
    ends = np.asarray(scan.points_m)
    assert ends.shape == (9, 3)
    near = np.linalg.norm(ends - np.asarray(scan.origin_m), axis=1) < 12.0
    assert 3 <= near.sum() < 9
    np.testing.assert_allclose(signed_distance(scene, scan.points_m[near]), 0.0, atol=2e-3)
    slope = jax.vmap(jax.grad(lambda p: signed_distance(scene, p)))(scan.points_m)
    slope = np.asarray(slope / jnp.linalg.norm(slope, axis=1, keepdims=True))
    known = near & (np.linalg.norm(np.asarray(scan.normals), axis=1) > 0.5)
    assert known.sum() >= 3
    assert np.min(np.sum(slope * np.asarray(scan.normals), axis=1)[known]) > 0.95


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="is no folder of a training"):
        read_training(tmp_path)
    empty = Checkpoints(tmp_path)
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        empty.latest(training_step.begin(TINY))
    empty.close()


def test_settings_are_refused_by_name():
    with pytest.raises(ConfigurationError, match="dornes is not a parameter"):
        config_from({"dornes": 2})
    with pytest.raises(ConfigurationError, match="step_s = 9"):
        config_from({"body": {"step_s": 9}})
    assert config_from({"body": {"step_s": 0.1}, "drones": 3}).body.step_s == 0.1


def test_a_curve_goes_on_where_a_checkpoint_is(tmp_path):
    state = training_step.begin(TINY)
    report = training_step.StepReport(*[jnp.float32(0.5)] * 5, jnp.int32(0))

    def row(iteration: int) -> curve.Row:
        at = state._replace(iteration=jnp.int32(iteration))
        return curve.row_of(Moment(at, report, 1.0, None))

    path = tmp_path / curve.NAME
    with curve.CurveWriter(tmp_path, []) as writer:
        for i in (1, 2, 3):
            writer.add(row(i))
    before = curve.read_rows(path, 2)
    with curve.CurveWriter(tmp_path, before) as writer:
        writer.add(row(3))
    assert [r["iteration"] for r in curve.read_rows(path, 9)] == [1, 2, 3]
    assert curve.read_rows(path, 9)[0] == row(1)
    assert list((tmp_path / "tensorboard").iterdir())


def test_other_settings_are_other_settings():
    assert replace(TINY, seed=1) != TINY
    assert hash(TINY) == hash(replace(TINY))
