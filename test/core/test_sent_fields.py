# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fields on a lattice and of a planar map, against the functions that they stand for."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from analytic_fields import ball
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros import mapping
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.mapping.field_lattice import MOST_POINTS, STEP_M
from live_mvp_ros.policy import sent_fields
from live_mvp_ros.policy.kinematic_body import at_rest
from live_mvp_ros.policy.map_fields import fields_of
from live_mvp_ros.policy.observation import observe

SMALL = mapping.LiveMapConfig(
    upper_m=(4.0, 3.0, 2.0),
    levels=4,
    finest_cells=32,
    table_size_log2=10,
    hidden_width=8,
    keyframes=1,
)


def lattice(values, origin_m, step_m):
    return sent_fields.Lattice(jnp.asarray(values), jnp.asarray(origin_m), jnp.float32(step_m))


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(-2.0, 2.0, width=32), min_size=4, max_size=4),
    st.lists(st.floats(0.0, 1.0, width=32), min_size=3, max_size=3),
)
def test_a_linear_function_is_returned_exactly(coefficients, share):
    spec = mapping.LatticeSpec((1.0, -2.0, 0.1), 0.25, (5, 4, 3))
    c, *slope = coefficients
    exact = lambda x: c + np.asarray(slope, np.float32) @ x  # noqa: E731
    values = np.stack([exact(spec.points()), 0.5 * exact(spec.points())])
    fields = sent_fields.fields_on(
        lattice(values.reshape(2, *spec.shape), spec.origin_m, spec.step_m)
    )
    size = spec.step_m * (np.array(spec.shape) - 1)
    point = (np.array(spec.origin_m) + np.array(share) * size).astype(np.float32)[:, None]
    distance, exposure = fields(jnp.asarray(point))
    np.testing.assert_allclose(distance, exact(point), atol=1e-4)
    np.testing.assert_allclose(exposure, 0.5 * exact(point), atol=1e-4)


def test_beyond_the_lattice_its_edge_goes_on():
    fields = sent_fields.fields_on(lattice(np.arange(16.0).reshape(2, 2, 2, 2), np.zeros(3), 1.0))
    far = jnp.array([[-9.0, 9.0], [-9.0, 9.0], [-9.0, 9.0]])
    np.testing.assert_allclose(fields(far)[0], [0.0, 7.0])
    one = sent_fields.fields_on(lattice(np.full((2, 1, 1, 1), 0.5), np.zeros(3), 1.0))
    np.testing.assert_allclose(one(far)[1], [0.5, 0.5])


def test_the_lattice_fills_the_volume_and_has_only_so_many_points():
    spec = mapping.lattice_of(SMALL)
    assert (spec.step_m, spec.shape) == (STEP_M, (20, 15, 10))
    points = spec.points()
    assert points.shape == (3, 3000)
    np.testing.assert_allclose(points[:, 0], [0.1, 0.1, 0.1], atol=1e-6)
    np.testing.assert_allclose(points[:, -1], [3.9, 2.9, 1.9], atol=1e-6)
    large = mapping.lattice_of(mapping.LiveMapConfig(upper_m=(80.0, 60.0, 6.0), resolution_m=0.5))
    assert np.prod(large.shape) <= MOST_POINTS
    reach = np.array(large.origin_m) + large.step_m * (np.array(large.shape) - 0.5)
    assert np.all(reach >= [80.0, 60.0, 6.0])


def test_the_lattice_of_a_map_says_what_its_fields_say():
    state = mapping.init(SMALL, jax.random.key(0))
    tables = jax.random.normal(jax.random.key(1), state.parameters.tables.shape)
    state = state._replace(parameters=state.parameters._replace(tables=tables))
    spec = mapping.lattice_of(SMALL)
    sent = np.stack(mapping.fields_at_points(SMALL, state, spec.points()))
    exact = fields_of(SMALL, state.parameters)
    fields = sent_fields.fields_on(
        lattice(sent.reshape(2, *spec.shape), spec.origin_m, spec.step_m)
    )
    at = spec.points()[:, ::97]
    for found, wanted in zip(fields(at), exact(at), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_an_observation_of_the_lattice_is_near_the_exact_one():
    """A ball of 0.5 m, in a lattice of 0.2 m: anchors and potentials within a tenth."""
    exact = ball((2.0, 1.5, 1.0), 0.5, exposure=0.5)
    spec = mapping.LatticeSpec((-3.9, -3.9, -0.9), 0.2, (60, 60, 20))
    values = np.stack([np.broadcast_to(v, 72000) for v in exact(jnp.asarray(spec.points()))])
    sent = lattice(values.reshape(2, *spec.shape), spec.origin_m, spec.step_m)
    body, origin = at_rest(jnp.array([0.5, 0.6, 1.0])), jnp.zeros(3)
    one = np.asarray(observe(exact, body, origin, "absolute"))
    other = np.asarray(observe(sent_fields.fields_on(sent), body, origin, "absolute"))
    np.testing.assert_array_equal(one[:9], other[:9])
    assert np.max(np.abs(one - other)[9:]) < 0.1
    assert np.max(np.abs(one - other)[131:]) < 0.02


def test_a_planar_map_says_how_far_its_walls_floor_and_ceiling_are():
    spec = GridSpec.covering((0.0, 0.0), (6.0, 4.0), 0.1)
    x, _ = spec.centres()
    known = np.broadcast_to((x < 4.0)[:, None], spec.shape)
    wall_at = np.broadcast_to(((x > 2.0) & (x < 2.2))[:, None], spec.shape)
    p = np.where(known, np.where(wall_at, 0.9, 0.1), 0.5)
    fields = sent_fields.fields_of_plane(spec, jnp.asarray(p), jnp.asarray(known), 0.0, 3.0)
    points = jnp.array(
        [[1.85, 1.05, 2.05, 5.05, 1.05, 1.05], [2.0] * 6, [1.5, 1.5, 1.5, 1.5, 0.1, 2.95]]
    )
    distance, exposure = fields(points)
    np.testing.assert_allclose(distance[0], 0.15, atol=0.01)  # to the face of the wall at 2.0 m
    assert float(distance[1]) == pytest.approx(0.4)  # farther than distances are learned
    assert float(distance[2]) < 0.0
    assert float(distance[3]) == pytest.approx(sent_fields.UNSEEN_M)
    np.testing.assert_allclose(distance[4:], [0.1, 0.05], atol=1e-5)
    seen, unseen = sent_fields.SEEN_EXPOSURE, sent_fields.UNSEEN_EXPOSURE
    np.testing.assert_allclose(exposure, [seen, seen, seen, unseen, seen, seen], atol=1e-5)
