# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets of the explorer: charts, context bits, motor actions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros import packets
from live_mvp_ros.packets import context, explorer, torus

RANGES = [v for v in vars(context).values() if isinstance(v, context.IndexRange)]


def body(yaw: float, pitch_up: float = 0.0) -> packets.BodyPose:
    """Return a pose turned by yaw about z, then nosed up (a negative turn about body y)."""
    cy, sy = math.cos(yaw / 2), math.sin(yaw / 2)
    cp, sp = math.cos(-pitch_up / 2), math.sin(-pitch_up / 2)
    return packets.BodyPose((0.0, 0.0, 0.0), (cy * cp, -sy * sp, cy * sp, sy * cp))


def test_index_ranges_are_in_order_and_do_not_overlap():
    assert len(RANGES) == 10
    assert (context.METRONOME, context.SWITCH_PULSE) == ((0, 1), (1, 2))
    for one, other in itertools.pairwise(RANGES):
        assert one.start < one.stop <= other.start
    assert RANGES[-1].stop <= context.CONTEXT_LENGTH


@given(st.floats(-0.499, 0.499), st.floats(0.0, 0.999))
@settings(max_examples=50, deadline=None)
def test_wrap_is_the_shortest_way_round(delta, start):
    assert torus.wrap((start + delta) % 1.0 - start) == pytest.approx(delta, abs=1e-9)


def test_gaze_turns_with_yaw_and_rises_with_the_nose():
    assert explorer.gaze(body(0.0)) == packets.ChartPoint(0.0, 0.5)
    assert explorer.gaze(body(math.pi / 2)).u == pytest.approx(0.25)
    assert explorer.gaze(body(-math.pi / 2)).u == pytest.approx(0.75)
    assert explorer.gaze(body(1.0, pitch_up=math.pi / 4)).v == pytest.approx(0.75)


def test_pose_velocity_goes_the_short_way_through_north():
    packet = explorer.pose_packet(1, "map", 3, 0.05, body(0.01), body(-0.01))
    column = packet.columns[0]
    assert column.velocity_u == pytest.approx(0.02 / (2 * math.pi) / 0.05, rel=1e-6)
    assert packet.body_pose == body(0.01)


def test_context_bits_are_sorted_and_say_what_is_going_on():
    fast = explorer.context_packet(0, 5, math.pi / 2, 1.5, exploring=True)
    assert list(fast.indices) == sorted(set(fast.indices))
    assert fast.sources == ("metronome", "switch", "intent", "heading", "rate")
    assert 0 not in fast.indices  # an odd tick
    bits = set(fast.indices)
    assert bits >= {context.HEAD_DIRECTION.start + 16}  # a quarter of 64 bins
    assert bits >= set(range(context.MOTION_RATE.start + 4, context.MOTION_RATE.start + 8))
    assert bits >= set(range(context.INTENT.start, context.INTENT.start + 4))
    rest = explorer.context_packet(0, 5, 0.0, 0.0, exploring=False)
    assert not any(context.MOTION_RATE.start <= i < context.MOTION_RATE.stop for i in rest.indices)


def test_the_metronome_is_on_at_even_ticks_and_has_one_bit_per_rate():
    assert context.metronome(0) == (0, 2, 18, 34, 50)
    assert context.metronome(17) == (2 + 1, 18 + 4, 34 + 1, 50)
    assert context.metronome(3) == context.metronome(3 + 1024)


def test_an_object_has_eight_bits_of_its_own_range():
    one, other = context.object_hash("003_cracker_box"), context.object_hash("013_apple")
    assert len(one) == len(set(one)) == 8
    assert one != other
    assert all(context.OBJECT_HASH.start <= i < context.OBJECT_HASH.stop for i in one)


@pytest.mark.parametrize(("value", "place"), [(-2.0, 0), (-1.0, 0), (0.0, 32), (1.0, 63)])
def test_a_reward_is_a_bin_between_minus_one_and_one(value, place):
    assert context.reward(value) == (context.REWARD.start + place,)


@pytest.mark.parametrize("indices", [(3, 2), (3, 3), (-1, 2), (5, 1024)])
def test_context_indices_that_are_not_ascending_in_range_are_refused(indices):
    with pytest.raises(ValueError, match="they must be ascending, unique"):
        packets.ContextPacket(0, "", 0, 1024, indices, ())


def test_the_chart_of_interest_is_where_the_middle_of_the_depth_image_lies():
    depth = np.full((3, 3, 1), np.nan, np.float32)
    depth[1, 1] = 2.0
    camera = packets.CameraIntrinsics(1.0, 1.0, 1.0, 1.0, 3, 3)

    def seen(u, v):
        point = packets.ChartPoint(u, v)
        column = packets.ColumnObservation("a", packets.Patch(("depth",), depth), point, point)
        observation = packets.ObservationPacket(0, "", 0, "office", camera, (column,))
        return explorer.interest(observation, packets.BodyPose((1.0, 0.0, 0.0)))

    assert seen(0.25, 0.5).object_id == "office"
    u, v = seen(0.25, 0.5).point.u, seen(0.25, 0.5).point.v  # looks left: at (1, 2, 0)
    assert (u, v) == pytest.approx((math.atan2(2.0, 1.0) / (2 * math.pi), 0.5))
    up = seen(0.0, 0.75).point  # half way up: at (1 + sqrt 2, 0, sqrt 2)
    rise = math.atan2(math.sqrt(2.0), 1.0 + math.sqrt(2.0))
    assert (up.u, up.v) == pytest.approx((0.0, 0.5 + rise / math.pi))
    depth[1, 1] = np.nan
    assert seen(0.0, 0.5) is None


def test_motor_actions_are_scaled_to_one_and_clipped():
    action = explorer.motor_action(
        0, "base_link", 0, np.array([20.0, 5.0, -10.0, 50.0]), 40.0, 10.0
    )
    assert action.motor == (0.0, 0.5, -1.0, 1.0)
    assert action.action == "motor"


def test_a_patch_must_fit_its_channels():
    with pytest.raises(ValueError, match="does not fit"):
        packets.Patch(("depth", "r"), np.zeros((2, 2, 1), np.float32))


@pytest.mark.parametrize("kind", [np.float64, np.float16, np.int32, np.uint8, object])
def test_a_patch_holds_what_messages_and_json_do(kind):
    data = np.ones((1, 1, 1), kind)
    with pytest.raises(packets.PacketError, match=f"a patch of {data.dtype} is not allowed"):
        packets.Patch(("depth",), data)
