# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames in each other at a time; our buffer and that of tf2, where there is one, do the same."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from live_mvp_ros.ros.convert import pose_messages
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.transforms import (
    KEPT_NS,
    NoTransformError,
    Parents,
    TransformBuffer,
    Transforms,
    add_all,
)

MS = 1_000_000
ANGLES = st.floats(-3.0, 3.0)
VECTORS = st.tuples(*[st.floats(-50.0, 50.0)] * 3)
MOTIONS = st.tuples(VECTORS, st.tuples(ANGLES, ANGLES, ANGLES))


def tf2() -> Transforms:
    from live_mvp_ros.ros.tf2_transforms import Tf2Transforms

    return Tf2Transforms()


needs_tf2 = pytest.mark.skipif(
    importlib.util.find_spec("tf2_ros") is None, reason="tf2_ros is not installed here"
)
BUFFERS = pytest.mark.parametrize(
    "new", [TransformBuffer, pytest.param(tf2, marks=needs_tf2)], ids=["ours", "tf2"]
)


def message(parent, child, stamp_ns, xyz=(0.0, 0.0, 0.0), euler=(0.0, 0.0, 0.0)):
    x, y, z, w = Rotation.from_euler("ZYX", euler).as_quat()
    return pose_messages.transform(stamp_ns, parent, child, xyz, (w, x, y, z))


def motion(xyz, euler):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = Rotation.from_euler("ZYX", euler).as_matrix(), xyz
    return matrix


@BUFFERS
@settings(max_examples=100, deadline=None)
@given(MOTIONS, MOTIONS, MOTIONS)
def test_chains_are_products_and_are_looked_up_either_way(new, a, b, c):
    buffer = new()
    problems = add_all(
        buffer,
        [
            message("root", "a", 0, *a),
            message("a", "b", 0, *b),
            message("root", "c", 0, *c),
        ],
        fixed=True,
    )
    assert not problems
    wanted = motion(*a) @ motion(*b)
    assert np.allclose(buffer.lookup("root", "b", 5 * MS), wanted, atol=1e-3)
    assert np.allclose(buffer.lookup("b", "root", 5 * MS), np.linalg.inv(wanted), atol=1e-3)
    across = np.linalg.inv(motion(*c)) @ wanted
    assert np.allclose(buffer.lookup("c", "b", 5 * MS), across, atol=1e-3)
    assert np.allclose(buffer.lookup("b", "b", 5 * MS), np.eye(4))


@BUFFERS
@settings(max_examples=100, deadline=None)
@given(MOTIONS, MOTIONS, st.floats(0.0, 1.0))
def test_between_two_stamps_a_moving_frame_is_interpolated(new, first, second, share):
    buffer = new()
    buffer.add(message("base", "gimbal", 100 * MS, *first), fixed=False)
    buffer.add(message("base", "gimbal", 200 * MS, *second), fixed=False)
    buffer.add(message("gimbal", "lens", 0, (0.1, 0.0, 0.0)), fixed=True)
    at_ns = round((100 + 100 * share) * MS)
    share = (at_ns - 100 * MS) / (100 * MS)
    turns = Rotation.from_euler("ZYX", [first[1], second[1]])
    if turns.approx_equal(turns[::-1], math.pi - 1e-2).all():  # half a turn has no shorter way
        expected = np.eye(4)
        expected[:3, :3] = Slerp([0.0, 1.0], turns)([share]).as_matrix()[0]
        expected[:3, 3] = (1 - share) * np.array(first[0]) + share * np.array(second[0])
        expected = expected @ motion((0.1, 0.0, 0.0), (0.0, 0.0, 0.0))
        assert np.allclose(buffer.lookup("base", "lens", at_ns), expected, atol=2e-3)


@BUFFERS
def test_nothing_is_extrapolated(new):
    buffer = new()
    for stamp in (100, 200):
        buffer.add(message("map", "odom", stamp * MS), fixed=False)
    with pytest.raises(NoTransformError) as early:
        buffer.lookup("map", "odom", 99 * MS)
    with pytest.raises(NoTransformError) as late:
        buffer.lookup("map", "odom", 201 * MS)
    assert (early.value.later, late.value.later) == (False, True)
    with pytest.raises(NoTransformError, match="no transform leads from map to 'elsewhere'") as no:
        buffer.lookup("map", "elsewhere", 100 * MS)
    assert no.value.later


@BUFFERS
def test_frames_in_a_ring_are_refused_with_the_ring(new):
    buffer = new()
    chain = [message("map", "odom", 0), message("odom", "base", 0), message("base", "map", 0)]
    problems = add_all(buffer, chain, fixed=True)
    assert len(problems) == 1 and "would form a loop: map in base in odom in map" in problems[0]
    assert np.allclose(buffer.lookup("map", "base", 0), np.eye(4))  # the others are as they were
    with pytest.raises(InvalidMessageError, match="two frames"):
        buffer.add(message("odom", "odom", 0), fixed=False)


@BUFFERS
def test_stamps_that_come_in_any_order_are_put_in_order(new):
    buffer = new()
    for stamp in (100, 400, 200, 300):
        buffer.add(message("map", "odom", stamp * MS, (stamp, 0.0, 0.0)), fixed=False)
    for stamp in (100, 150, 250, 390):
        found = buffer.lookup("map", "odom", stamp * MS)
        assert found[0, 3] == pytest.approx(stamp, abs=1e-3)


@BUFFERS
def test_old_transforms_are_forgotten(new):
    buffer = new()
    step_ns = KEPT_NS // 10
    for i in range(30):
        buffer.add(message("map", "odom", i * step_ns), fixed=False)
    newest_ns = 29 * step_ns
    assert buffer.lookup("map", "odom", newest_ns - 9 * step_ns - MS).shape == (4, 4)
    with pytest.raises(NoTransformError) as old:
        buffer.lookup("map", "odom", newest_ns - KEPT_NS - 2 * step_ns)
    assert not old.value.later


def test_a_clock_that_was_reset_begins_anew():
    buffer = TransformBuffer()
    buffer.add(message("map", "odom", 5000 * MS), fixed=False)
    buffer.add(message("map", "odom", 100 * MS, (1.0, 0.0, 0.0)), fixed=False)
    assert buffer.lookup("map", "odom", 100 * MS)[0, 3] == 1.0
    with pytest.raises(NoTransformError, match="ends 4.90 s before the stamp"):
        buffer.lookup("map", "odom", 5000 * MS)


def test_a_frame_may_change_its_parent_and_stop_moving():
    buffer = TransformBuffer()
    buffer.add(message("one", "cup", 0), fixed=False)
    buffer.add(message("two", "cup", 10 * MS, (2.0, 0.0, 0.0)), fixed=False)
    assert buffer.lookup("two", "cup", 10 * MS)[0, 3] == 2.0
    with pytest.raises(NoTransformError, match="no transform leads from one to 'cup'"):
        buffer.lookup("one", "cup", 10 * MS)
    buffer.add(message("two", "cup", 0, (3.0, 0.0, 0.0)), fixed=True)
    assert buffer.lookup("two", "cup", 10**15)[0, 3] == 3.0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40))
def test_no_order_of_frames_makes_a_ring(edges):
    """By brute force: what is kept can always be climbed to a root."""
    parents, kept = Parents(), {}
    for parent, child in ((f"f{one}", f"f{other}") for one, other in edges):
        try:
            parents.take(parent, child)
            kept[child] = parent
        except InvalidMessageError:
            climbed = parent
            while climbed != child:
                assert climbed in kept, "it was refused, and closes no ring"
                climbed = kept[climbed]
    for frame in list(kept):
        seen = {frame}
        while frame in kept:
            frame = kept[frame]
            assert frame not in seen
            seen.add(frame)


@settings(max_examples=300, deadline=None)
@given(st.tuples(ANGLES, ANGLES, ANGLES))
def test_a_rotation_matrix_is_its_quaternion(euler):
    turn = Rotation.from_euler("ZYX", euler)
    w, x, y, z = pose_messages.rotation_of(turn.as_matrix())
    assert (Rotation.from_quat([x, y, z, w]) * turn.inv()).magnitude() < 1e-5
    assert w >= 0.0
