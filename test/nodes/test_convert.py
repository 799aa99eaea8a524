# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Conventions of messages against hand-made numbers, and what is refused at the border."""

from __future__ import annotations

import array
import math
import re

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given, settings
from hypothesis import strategies as st
from nav_msgs.msg import OccupancyGrid, Odometry
from sensor_msgs.msg import PointCloud2, PointField
from visualization_msgs.msg import Marker

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.mission_state import MissionState, state_name
from live_mvp_ros.msg import BodyRateThrust, ExplorationStatus, InfoField
from live_mvp_ros.msg import CompletionReport as CompletionReportMessage
from live_mvp_ros.msg import Remainder as RemainderMessage
from live_mvp_ros.planning.completion_report import (
    CompletionReport,
    GoalReason,
    GoalStatus,
    Reason,
    Recoveries,
    Remainder,
)
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.ros.convert import (
    cloud_messages,
    field_messages,
    grid_messages,
    headers,
    lattice_messages,
    path_messages,
    pose_messages,
    vehicle_messages,
)
from live_mvp_ros.ros.convert.completion_messages import completion_message, completion_of
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.schedule import Every
from live_mvp_ros.ros.steering.exploration import label

NORTH = (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))  # w, x, y, z: 90 degrees to the left


def state(stamp_ns=0, position=(0, 0, 0), velocity=(0, 0, 0), attitude=(1, 0, 0, 0)):
    arrays = (np.float32(v) for v in (position, velocity, attitude, (0.1, 0.2, 0.3)))
    return vehicle_messages.VehicleState(stamp_ns, *arrays)


@given(st.integers(0, 2**31 * 10**9 - 1))
@settings(max_examples=50, deadline=None)
def test_stamps_are_exact(stamp_ns):
    assert headers.to_ns(headers.to_time(stamp_ns)) == stamp_ns


def test_a_quaternion_changes_order_and_twist_is_in_the_body():
    # Facing +y of the map and moving along +y: forward in the body.
    message = vehicle_messages.odometry(
        state(7, velocity=(0, 2, 0), attitude=NORTH), "odom", "base_link"
    )
    q = message.pose.pose.orientation
    assert (q.x, q.y) == (0.0, 0.0)
    assert (q.z, q.w) == pytest.approx((math.sqrt(0.5), math.sqrt(0.5)))
    v = message.twist.twist.linear
    assert (v.x, v.y, v.z) == pytest.approx((2.0, 0.0, 0.0), abs=1e-6)
    back = vehicle_messages.vehicle_state(message, ("odom",), "base_link")
    assert back.stamp_ns == 7
    assert np.allclose(back.velocity, (0, 2, 0), atol=1e-6)
    assert np.allclose(back.attitude, NORTH, atol=1e-6)
    assert np.allclose(back.body_rates, (0.1, 0.2, 0.3))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: setattr(m.header, "frame_id", "mars"), "its frame is 'mars' instead of odom"),
        (lambda m: setattr(m.pose.pose.position, "x", math.nan), "the pose holds a value"),
        (lambda m: setattr(m.pose.pose.orientation, "w", 0.0), "the quaternion has length 0.000"),
        (lambda m: setattr(m.twist.twist.linear, "y", math.inf), "the twist holds a value"),
    ],
)
def test_odometry_that_cannot_be_used_is_refused(change, reason):
    message: Odometry = vehicle_messages.odometry(state(), "odom", "base_link")
    change(message)
    with pytest.raises(InvalidMessageError, match=reason):
        vehicle_messages.vehicle_state(message, ("odom",), "base_link")


def test_commands_are_refused_when_negative_or_not_finite():
    good = vehicle_messages.body_rate_thrust(5, "base_link", [9.0, 0.1, 0.2, 0.3])
    assert np.allclose(vehicle_messages.command_array(good), [9.0, 0.1, 0.2, 0.3])
    with pytest.raises(InvalidMessageError, match="not finite"):
        vehicle_messages.command_array(BodyRateThrust(thrust=math.nan))
    with pytest.raises(InvalidMessageError, match="must not be negative"):
        vehicle_messages.command_array(BodyRateThrust(thrust=-1.0))


def test_an_occupancy_grid_stores_x_fastest_from_the_lower_left_corner():
    spec = GridSpec((10.05, 20.05), 0.1, (3, 2))
    cells = np.array([[0, 1], [2, 3], [4, -1]])  # [ix, iy]
    message = grid_messages.occupancy_grid(9, "map", spec, cells)
    assert list(message.data) == [0, 2, 4, 1, 3, -1]
    assert (message.info.width, message.info.height) == (3, 2)
    corner = message.info.origin.position
    assert (corner.x, corner.y) == pytest.approx((10.0, 20.0))
    back = grid_messages.probability_grid(message, "map")
    assert back.spec == spec
    assert back.stamp_ns == 9
    assert np.allclose(back.p, [[0.0, 0.01], [0.02, 0.03], [0.04, 0.5]])
    assert back.known.tolist() == [[True, True], [True, True], [True, False]]


def a_report() -> CompletionReport:
    room = Remainder((3.25, -4.5), 6.53, 0.21, Reason.TOO_NARROW)
    solid = Remainder((1.0, 2.0), 4.0, 0.0, Reason.UNREACHABLE, enclosed=True)
    goal = GoalStatus(False, GoalReason.ENCLOSED, (9.0, 5.0), 3.0)
    return CompletionReport(
        "because", True, (room, solid), 60.0, 30.0, goal, 2, Recoveries(4, 3, 2, 1), 0.7
    )


def test_a_completion_report_comes_back_as_it_was():
    report = a_report()
    message = completion_message(headers.header(7, "map"), report, 2.0, final=True)
    assert message.final
    assert message.remainders[0].reason == RemainderMessage.TOO_NARROW
    assert message.goal_reason == CompletionReportMessage.ENCLOSED
    assert message.remainders[0].centroid.z == message.goal.z == 2.0
    assert message.odometry_error_m == 0.7
    assert message.summary == report.in_words()
    assert completion_of(message) == report


def test_reasons_have_the_numbers_of_the_messages():
    for reason in Reason:
        assert getattr(RemainderMessage, reason.name) == reason
    for goal in GoalReason:
        prefix = "GOAL_" if hasattr(CompletionReportMessage, f"GOAL_{goal.name}") else ""
        assert getattr(CompletionReportMessage, prefix + goal.name) == goal


def test_states_and_codes_have_the_numbers_of_the_messages():
    for state in MissionState:
        assert getattr(ExplorationStatus, state.name) == state
    assert state_name(ExplorationStatus.HOLDING) == "HOLDING"
    assert state_name(200) == "UNKNOWN_200"
    for code in PlanCode:
        assert getattr(InfoField, code.name) == code


def test_a_completion_report_that_makes_no_sense_is_refused():
    def message():
        return completion_message(headers.header(7, "map"), a_report(), 2.0, final=True)

    unknown, endless = message(), message()
    unknown.remainders[0].reason = 77
    endless.known_free_m2 = math.nan
    with pytest.raises(ValueError, match="77"):
        completion_of(unknown)
    with pytest.raises(ValueError, match="known_free_m2 = nan is not finite"):
        completion_of(endless)


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([0.05, 0.1, 0.25]),
    st.integers(-200, 200),
)
@settings(max_examples=25, deadline=None)
def test_grid_geometry_survives_the_float32_of_the_message(nx, ny, resolution, tenths):
    lower = (0.1 * tenths, -0.1 * tenths)
    upper = (lower[0] + nx * resolution, lower[1] + ny * resolution)
    spec = GridSpec.covering(lower, upper, resolution)
    message = grid_messages.occupancy_grid(0, "map", spec, np.zeros(spec.shape))
    back = grid_messages.probability_grid(message, "map").spec
    assert back.shape == spec.shape
    assert back.resolution_m == resolution
    assert back.origin_m == pytest.approx(spec.origin_m, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: setattr(m.header, "frame_id", "odom"), "its frame is 'odom' instead of map"),
        (lambda m: setattr(m.info, "width", 7), "6 cells do not make a grid of 7 x 2"),
        (lambda m: setattr(m.info, "resolution", 0.0), "the resolution is 0.0"),
        (lambda m: setattr(m.info, "origin", pose_messages.pose((0, 0, 0), NORTH)), "turned"),
        (lambda m: m.data.__setitem__(0, -7), "outside"),
    ],
)
def test_grids_that_cannot_be_used_are_refused(change, reason):
    spec = GridSpec((0.0, 0.0), 0.1, (3, 2))
    message: OccupancyGrid = grid_messages.occupancy_grid(0, "map", spec, np.zeros((3, 2)))
    change(message)
    with pytest.raises(InvalidMessageError, match=reason):
        grid_messages.probability_grid(message, "map")


def test_unknown_and_not_finite_cells_never_become_free():
    p = np.array([[0.0, 1.0, 0.26, np.nan]])
    known = np.array([[True, True, True, False]])
    assert grid_messages.occupancy_cells(p, known).tolist() == [[0, 100, 26, -1]]
    assert grid_messages.share_cells(np.array([0.5, np.nan, 2.0])).tolist() == [49, -1, 98]


def test_a_cloud_keeps_its_rows_and_missing_returns():
    points = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    points[1, 2] = np.nan
    message = cloud_messages.cloud(3, "cam", points, ("x", "y", "z"))
    assert (message.height, message.width, message.point_step, message.row_step) == (2, 4, 12, 48)
    assert not message.is_dense
    assert np.array_equal(cloud_messages.cloud_points(message, "cam"), points, equal_nan=True)


def test_a_cloud_with_other_fields_and_padding_is_understood():
    layout = np.dtype(
        {
            "names": ["i", "z", "y", "x"],
            "formats": ["<f4"] * 4,
            "offsets": [0, 8, 12, 16],
            "itemsize": 24,
        }
    )
    rows = np.zeros((2, 3), layout)
    rows["x"], rows["y"], rows["z"] = 1.0, 2.0, 3.0
    padded = np.zeros((2, 80), np.uint8)
    padded[:, :72] = rows.view(np.uint8).reshape(2, 72)
    fields = [
        PointField(name=n, offset=o, datatype=PointField.FLOAT32, count=1)
        for n, o in (("intensity", 0), ("z", 8), ("y", 12), ("x", 16))
    ]
    message = PointCloud2(height=2, width=3, fields=fields, point_step=24, row_step=80)
    message.header.frame_id = "cam"
    message.data = padded.tobytes()
    assert np.array_equal(
        cloud_messages.cloud_points(message, "cam"), np.full((2, 3, 3), [1, 2, 3])
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: setattr(m, "width", 5), "do not make 2 rows of 5 points"),
        (lambda m: m.fields.pop(), "it has no field z: its fields are x, y"),
        (lambda m: setattr(m.header, "frame_id", "x"), "its frame is 'x' instead of cam"),
    ],
)
def test_clouds_that_cannot_be_used_are_refused(change, reason):
    message = cloud_messages.cloud(0, "cam", np.zeros((2, 4, 3)), ("x", "y", "z"))
    change(message)
    with pytest.raises(InvalidMessageError, match=reason):
        cloud_messages.cloud_points(message, "cam")


def field():
    spec = GridSpec((0.05, 0.05), 0.1, (2, 3))
    grid, local = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((4, 2, 2), np.float32)
    return field_messages.Field(
        5,
        4,
        spec,
        grid,
        grid + 1,
        grid + 2,
        0.25,
        np.float32([1, 2]),
        local,
        True,
        False,
        2.0,
        0.75,
        np.float32([3, 4]),
        settled=True,
        code=2,
    )


def test_an_information_field_survives_and_a_broken_one_is_refused():
    message = field_messages.info_field("map", field(), 2.0, 1.5)
    assert message.gain[1 * 3 + 2] == 5.0  # cell (1, 2): x is slowest
    back = field_messages.field_arrays(message, "map")
    for sent, received in zip(field(), back, strict=True):
        assert np.array_equal(sent, received) if isinstance(sent, np.ndarray) else sent == received
    message.guidance[0] = math.nan
    with pytest.raises(InvalidMessageError, match="guidance holds a value that is not finite"):
        field_messages.field_arrays(message, "map")
    message = field_messages.info_field("map", field(), 2.0, 1.5)
    message.nx = 7
    with pytest.raises(InvalidMessageError, match="gain has 6 values instead of 21"):
        field_messages.field_arrays(message, "map")
    message = field_messages.info_field("map", field(), 2.0, 1.5)
    message.code = 77
    with pytest.raises(InvalidMessageError, match="its code 77 is unknown"):
        field_messages.field_arrays(message, "map")


def test_a_path_is_continued_to_its_length():
    message = path_messages.path(0, "map", [[0, 0, 1], [1, 0, 1]], [0.0, 1.0])
    stamp_ns, points, yaws = path_messages.path_arrays(message, "map", 4)
    assert stamp_ns == 0
    assert points[:, 0].tolist() == [0, 1, 1, 1]
    assert yaws.tolist() == pytest.approx([0, 1, 1, 1], abs=1e-6)
    with pytest.raises(InvalidMessageError, match="the path is empty"):
        path_messages.path_arrays(path_messages.path(0, "map", np.zeros((0, 3))), "map", 4)


def test_surface_colours_go_from_red_to_green():
    message = cloud_messages.surface_cloud(
        0, "map", np.zeros((2, 3)), np.zeros(2), np.array([0.0, 1.0])
    )
    values = np.frombuffer(message.data, np.float32).reshape(2, 6)
    assert values[:, 5].view(np.uint32).tolist() == [0xFF0040, 0x00FF40]


def test_every_keeps_the_average_rate_of_irregular_stamps_and_starts_anew_after_a_jump():
    every = Every(10.0)
    stamps = [round(1e9 * (0.01 * i + 0.002 * (i % 3))) for i in range(1000)]
    assert sum(every.due(s) for s in stamps) == pytest.approx(100, abs=1)
    assert every.due(0)  # back in time
    assert not every.due(50_000_000)
    assert every.due(10**12)  # far ahead
    assert not every.due(10**12 + 50_000_000)


def test_time_converts_whole_seconds():
    assert headers.to_time(1_500_000_000) == Time(sec=1, nanosec=500_000_000)


def test_the_label_names_the_drone_and_says_more_only_when_something_is_wrong():
    def text(state: int, explored: float, reason: str, name: str = "", success: bool = False):
        status = ExplorationStatus(
            state=state, reason=reason, explored_fraction=explored, success=success
        )
        return label(status, np.zeros(3), name).text

    assert text(ExplorationStatus.EXPLORING, 0.256, "flying") == "EXPLORING:26%"
    assert text(ExplorationStatus.GOING_TO_GOAL, 0.9, "x", "drone1") == "drone1:GOING_TO_GOAL:90%"
    assert text(ExplorationStatus.DONE, math.nan, "explored", success=True) == "DONE"
    held = text(ExplorationStatus.HOLDING, 0.256, "the map is old", "fleet/d1")
    assert held == "fleet/d1:HOLDING:26%\nthe_map_is_old"
    assert text(ExplorationStatus.DONE, 0.5, "time limit") == "DONE:50%\ntime_limit"
    assert text(ExplorationStatus.WAITING_FOR_MAP, math.nan, "") == "WAITING_FOR_MAP"


def test_the_label_has_no_space_that_rviz_would_draw_metres_wide():
    """RViz draws a space as wide as the letter A of a text that is one metre high."""
    status = ExplorationStatus(state=ExplorationStatus.FAULT, reason="no plan is finite: 3 s")
    assert " " not in label(status, np.zeros(3), "drone1").text


def test_the_label_stands_clear_of_the_vehicle_in_the_view_that_rviz_opens_with():
    marker = label(ExplorationStatus(), np.array([1.0, 2.0, 3.0]), "")
    assert marker.type == Marker.TEXT_VIEW_FACING
    at = marker.pose.position
    assert (at.x, at.y) == (1.0, 2.0)
    pitch, lines = 1.2, 2  # rviz/*.rviz; the text is centred on its position
    assert (at.z - 3.0) * math.cos(pitch) >= 0.5 * lines * marker.scale.z + 0.3


def test_a_state_is_moved_into_the_frame_that_a_transform_leads_to():
    zero = np.zeros(3, np.float32)
    tilted = np.float32([math.cos(0.1), math.sin(0.1), 0.0, 0.0])  # 0.2 rad about x
    state = vehicle_messages.VehicleState(
        7, np.float32([3.0, 0.0, 1.5]), np.float32([1.0, 0.0, 0.5]), tilted, zero
    )
    matrix = np.eye(4, dtype=np.float32)
    matrix[:2, :2], matrix[:3, 3] = [[0.0, -1.0], [1.0, 0.0]], (1.0, 2.0, 0.0)
    there = vehicle_messages.moved(state, matrix)
    assert there.stamp_ns == 7
    np.testing.assert_allclose(there.position, [1.0, 5.0, 1.5], atol=1e-6)
    np.testing.assert_allclose(there.velocity, [0.0, 1.0, 0.5], atol=1e-6)
    half = math.sqrt(0.5)
    expected = half * np.array([tilted[0], tilted[1], tilted[1], tilted[0]])
    np.testing.assert_allclose(there.attitude, expected, atol=1e-6)
    assert pose_messages.yaw_of(there.attitude) == pytest.approx(math.pi / 2)


def test_fields_on_a_lattice_survive_to_the_millimetre():
    random = np.random.default_rng(0)
    values = np.stack([random.uniform(-2, 2, (3, 4, 5)), random.uniform(0, 1, (3, 4, 5))])
    values[0, 0, 0, 0], values[1, 0, 0, 0] = 99.0, np.nan
    origin = np.array([0.1, -2.5, 0.3], np.float32)
    sent = lattice_messages.map_fields(
        "map", lattice_messages.LatticeArrays(7, origin, 0.2, values)
    )
    found = lattice_messages.lattice_arrays(sent, "map")
    assert (found.stamp_ns, found.step_m) == (7, 0.2)
    np.testing.assert_allclose(found.origin_m, origin, atol=1e-6)
    assert found.values[0, 0, 0, 0] == 32.0
    assert found.values[1, 0, 0, 0] == 0.0  # what is no number was never seen
    np.testing.assert_allclose(found.values[0].flat[1:], values[0].flat[1:], atol=5.1e-4)
    np.testing.assert_allclose(found.values[1].flat[1:], values[1].flat[1:], atol=2.1e-3)
    assert sent.distance[1 * 20 + 2 * 5 + 3] == round(1000 * values[0, 1, 2, 3])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: setattr(m, "nx", 4), "distance has 8 values"),
        (lambda m: setattr(m, "exposure", array.array("B", [0])), "exposure has 1 values"),
        (lambda m: setattr(m, "nz", 0), "must have 1 to"),
        (lambda m: setattr(m, "step", 0.0), "the resolution is 0.0 m"),
        (lambda m: setattr(m.origin, "x", math.nan), "not finite"),
        (lambda m: setattr(m.header, "frame_id", "odom"), "frame is 'odom'"),
    ],
)
def test_a_lattice_that_cannot_be_used_is_refused(change, reason):
    lattice = lattice_messages.LatticeArrays(1, np.zeros(3), 0.2, np.zeros((2, 2, 2, 2)))
    message = lattice_messages.map_fields("map", lattice)
    change(message)
    with pytest.raises(InvalidMessageError, match=re.escape(reason)):
        lattice_messages.lattice_arrays(message, "map")
