# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packed tables give what plain interpolation gives; headings are those of the quaternion."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control import tables

SPEC = GridSpec((1.0, -2.0), 0.5, (7, 5))
VALUES = np.random.default_rng(0).normal(size=SPEC.shape).astype(np.float32)


def test_bilinear_lookup_agrees_with_an_independent_one_and_is_constant_outside():
    x, y = np.random.default_rng(1).uniform([0.0, -3.0], [5.0, 1.0], (200, 2)).T
    gx, gy = SPEC.centres()
    expected = RegularGridInterpolator((gx, gy), VALUES.astype(float))(
        np.column_stack([np.clip(x, gx[0], gx[-1]), np.clip(y, gy[0], gy[-1])])
    )
    table = tables.tabulate(SPEC, jnp.asarray(VALUES))
    found = tables.interpolate(table, jnp.asarray(x), jnp.asarray(y))
    np.testing.assert_allclose(found, expected, atol=4e-3)  # the border is 0.001 cells inside


def test_lookup_over_yaw_is_linear_periodic_and_of_the_nearest_cell():
    values = np.random.default_rng(2).normal(size=(8, 3, 3)).astype(np.float32)
    table = tables.tabulate_yaw(jnp.asarray(values), jnp.array([0.0, 0.0]), 1.0)
    step = math.pi / 4
    for k in range(8):
        here = float(tables.interpolate_yaw(table, 1.3, 0.4, -math.pi + (k + 0.25) * step))
        assert here == pytest.approx(
            0.75 * values[k, 1, 0] + 0.25 * values[(k + 1) % 8, 1, 0], abs=1e-4
        )
    outside = float(tables.interpolate_yaw(table, 9.0, -9.0, -math.pi))
    assert outside == pytest.approx(values[0, 2, 0], abs=1e-5)


@settings(max_examples=50, deadline=None)
@given(st.floats(-1e3, 1e3, width=32), st.floats(-1e3, 1e3, width=32))
def test_the_fast_angle_is_the_angle(y, x):
    assume(max(abs(x), abs(y)) > 1e-30)  # there is no angle at the origin
    expected = math.atan2(np.float32(y), np.float32(x))
    found = float(tables.arctan2(jnp.float32(y), jnp.float32(x)))
    assert abs((found - expected + math.pi) % (2 * math.pi) - math.pi) < 2e-6


def test_headings_are_those_of_the_quaternion():
    q = np.random.default_rng(3).normal(size=(4, 100)).astype(np.float32)
    q /= np.linalg.norm(q, axis=0)
    np.testing.assert_allclose(tables.heading(q), quaternion.yaw(q), atol=5e-6)
