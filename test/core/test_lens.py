# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pixels look where a camera with a lens sees them, by OpenCV's formula the other way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.mapping.lens import Lens, looks

CAMERA = (600.0, 610.0, 320.0, 240.0)


def seen_at(x, y, k1, k2, p1, p2, k3, k4=0.0, k5=0.0, k6=0.0):
    """Return the pixel of a point (x, y, 1): cv::projectPoints, written out."""
    r2 = x**2 + y**2
    radial = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
    xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
    yd = y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
    return 600.0 * xd + 320.0, 610.0 * yd + 240.0


def test_without_distortion_it_is_a_pinhole():
    found = looks(Lens(*CAMERA), np.array([320.0, 620.0]), np.array([240.0, -65.0]))
    assert np.allclose(found, [[0, 0, 1], [0.5, -0.5, 1]])


LENSES = {
    "a wide webcam (plumb_bob)": (-0.28, 0.07, 0.0002, -0.0001, 0.0),
    "a cushion": (0.12, -0.2, 0.001, 0.002, 0.05),
    "Azure Kinect (rational_polynomial)": (0.6, 0.05, -3e-5, 7e-5, 0.003, 0.94, 0.2, 0.014),
}


@pytest.mark.parametrize("name", LENSES)
@settings(max_examples=200, deadline=None)
@given(x=st.floats(-0.6, 0.6), y=st.floats(-0.45, 0.45))
def test_a_pixel_looks_at_the_point_that_is_seen_there(name, x, y):
    u, v = seen_at(x, y, *LENSES[name])
    coefficients = LENSES[name] + (0.0,) * (8 - len(LENSES[name]))
    found = looks(Lens(*CAMERA, coefficients), np.array([u]), np.array([v]))
    assert np.allclose(found, [[x, y, 1.0]], atol=1e-6)


def test_beyond_its_turning_point_a_lens_sees_nothing():
    """x (1 - 0.5 x^2) has its maximum, 0.544, at x = 0.816: no point is seen farther out."""
    strong = Lens(*CAMERA, (-0.5,) + (0.0,) * 7)
    u = 320.0 + 600.0 * np.array([0.5, 0.54, 0.55, 0.9, 3.0])
    found = looks(strong, u, np.full(5, 240.0))
    assert np.isfinite(found[:2]).all() and (found[:2, 0] < 0.82).all()
    assert np.isnan(found[2:]).all()
