# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Anchors, compass, observation and body against what can be worked out by hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from analytic_fields import ball, nothing, wall

from live_mvp_ros.base import quaternion
from live_mvp_ros.policy import anchor_lattice, observation, ray_fan, unseen_compass
from live_mvp_ros.policy.kinematic_body import Body, KinematicConfig, at_rest, forward, moved

CONFIG = KinematicConfig()
HERE = jnp.array([0.3, -0.2, 1.6])


def test_anchors_lie_on_a_ring_of_three_metres_at_five_heights_and_in_the_middle():
    points = anchor_lattice.offsets()
    assert points.shape == (3, 61)
    np.testing.assert_allclose(np.hypot(*points[:2, :60]), 3.0)
    assert sorted(set(points[2, :60])) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert np.all(points[:, 60] == 0.0)


def test_an_anchor_says_its_clipped_distance_and_its_exposure():
    features = np.asarray(anchor_lattice.anchors(wall(0.5, 0.25), HERE)).reshape(61, 2)
    x = 0.3 + anchor_lattice.offsets()[0]
    np.testing.assert_allclose(features[:, 0], np.clip(0.5 - x, -0.5, 0.5) / 0.5, atol=1e-5)
    assert np.all(features[:, 1] == 0.25)
    assert features[60, 0] == pytest.approx(0.4, abs=1e-5)


def test_the_compass_points_where_unseen_matter_is():
    features = np.asarray(unseen_compass.compass(ball((2.0, 0.0, 1.6), 0.8), HERE))
    potential, mean = features[:72].reshape(3, 24), features[72:]
    assert features.shape == (75,)
    assert np.argmax(potential[1]) in (0, 1)
    assert mean[0] > 0.8
    assert np.linalg.norm(mean) <= 1.0
    assert np.all(potential >= 0.0)


def test_the_potential_of_a_ray_by_a_plain_loop():
    fields = ball((2.0, 0.5, 1.6), 0.8, exposure=0.6)
    found = np.asarray(unseen_compass.compass(fields, HERE))[:72]
    t = 0.2 + (np.arange(32) + 0.5) * 11.8 / 32
    for ray in (0, 30, 71):
        d = unseen_compass.directions()[:, ray]
        light = total = 0.0
        light = 1.0
        for r in t:
            phi, q = (float(v[0]) for v in fields(HERE[:, None] + jnp.array(d * r)[:, None]))
            alpha = 1.0 - np.exp(-np.log1p(np.exp(-phi / 0.18)) * 11.8 / 32)
            total += light * alpha * (1.0 - q) / (1.0 + r * r)
            light *= 1.0 - alpha
        assert found[ray] == pytest.approx(total, rel=1e-3)


def test_what_was_seen_and_what_is_far_draws_nothing():
    near = unseen_compass.compass(wall(2.0), HERE)[0]
    assert unseen_compass.compass(wall(5.0), HERE)[0] < near
    seen = unseen_compass.compass(wall(2.0, exposure=1.0), HERE)
    assert np.all(np.asarray(seen) == 0.0)
    assert np.all(np.isfinite(unseen_compass.compass(nothing(1.0), HERE)))


def test_turning_the_map_by_a_step_of_the_ring_turns_the_compass():
    turned = float(2.0 * np.pi / 24)
    at = lambda angle: (2.0 * np.cos(angle), 2.0 * np.sin(angle), 0.0)  # noqa: E731
    origin = jnp.zeros(3)
    before = unseen_compass.compass(ball(at(0.2), 0.8), origin)[:72].reshape(3, 24)
    after = unseen_compass.compass(ball(at(0.2 + turned), 0.8), origin)[:72].reshape(3, 24)
    np.testing.assert_allclose(np.roll(before, 1, axis=1), after, rtol=1e-3, atol=1e-6)


def test_the_observation_has_its_parts_in_order():
    body = Body(HERE, jnp.array([0.1, 0.2, 0.3]), quaternion.from_yaw(0.5), jnp.zeros(3))
    fields, start = ball((2.0, 0.0, 1.6), 0.8), jnp.array([0.0, 0.0, 1.6])
    seen = np.asarray(observation.observe(fields, body, start, "absolute"))
    assert seen.shape == (206,) == (observation.SIZE,)
    np.testing.assert_allclose(seen[:3], HERE)
    np.testing.assert_allclose(seen[3:6], [0.1, 0.2, 0.3])
    np.testing.assert_allclose(seen[6:9], [np.cos(0.5), np.sin(0.5), 0.0], atol=1e-6)
    np.testing.assert_allclose(seen[9:131], anchor_lattice.anchors(fields, HERE))
    np.testing.assert_allclose(seen[131:], unseen_compass.compass(fields, HERE))
    near = np.asarray(observation.observe(fields, body, start, "relative"))
    np.testing.assert_allclose(near[:3], HERE - start, atol=1e-6)
    assert np.array_equal(near[3:], seen[3:])


def test_a_relative_observation_is_the_same_wherever_the_world_lies():
    shift = np.array([5.0, -3.0, 0.0])
    body = at_rest(HERE, 0.7)
    there = at_rest(HERE + shift, 0.7)
    one = observation.observe(ball((2.0, 0.0, 1.6), 0.8), body, jnp.zeros(3), "relative")
    other = observation.observe(
        ball((7.0, -3.0, 1.6), 0.8), there, jnp.asarray(shift, jnp.float32), "relative"
    )
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_no_command_at_rest_changes_nothing():
    body = at_rest(HERE)
    after = moved(CONFIG, body, jnp.zeros(6))
    for one, other in zip(body, after, strict=True):
        assert np.array_equal(one, other)


def test_a_step_by_hand():
    body = at_rest(jnp.zeros(3))._replace(velocity=jnp.array([1.0, 0.0, 0.0]))
    after = moved(CONFIG, body, jnp.array([2.0, -9.0, 0.0, 0.0, 0.0, 5.0]))
    v = np.array([1.0 + 0.05 * (2.0 - 0.05), -0.05 * 3.5, 0.0])
    np.testing.assert_allclose(after.velocity, v, rtol=1e-6)
    np.testing.assert_allclose(after.position, 0.05 * v, rtol=1e-6)
    rate = 1.2 * (1.0 - 0.02 * 0.05)
    np.testing.assert_allclose(after.rate, [0.0, 0.0, rate], rtol=1e-6)
    assert quaternion.yaw(after.attitude) == pytest.approx(0.05 * rate, rel=1e-3)


def test_the_attitude_stays_a_rotation_however_long_it_turns():
    body, step = at_rest(HERE), jax.jit(moved)
    for _ in range(200):
        body = step(CONFIG, body, jnp.array([0.0, 0.0, 0.0, 1.0, -2.0, 0.7]))
    assert np.linalg.norm(body.attitude) == pytest.approx(1.0, abs=1e-6)
    assert np.linalg.norm(forward(body)) == pytest.approx(1.0, abs=1e-5)


def test_the_fan_has_nine_unit_rays_within_its_angles():
    rays = ray_fan.fan()
    assert rays.shape == (3, 9)
    np.testing.assert_allclose(np.linalg.norm(rays, axis=0), 1.0)
    assert np.max(np.abs(np.degrees(np.arctan2(rays[1], rays[0])))) == pytest.approx(50.0)
    assert np.max(np.abs(np.degrees(np.arcsin(rays[2])))) == pytest.approx(20.0)
