# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The information field alone: half a room is known, and the field leads to the other half."""

from __future__ import annotations

import math

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, TransformStamped
from nav_msgs.msg import MapMetaData, OccupancyGrid, Odometry, Path
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.msg import CompletionReport, ExplorationStatus, InfoField, Remainder
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import (
    field_messages,
    grid_messages,
    headers,
    path_messages,
    pose_messages,
    vehicle_messages,
)

SPEC = GridSpec.covering((0.0, 0.0), (8.0, 6.0), 0.1)


def half_known_room(stamp_ns: int, everything: bool = False) -> OccupancyGrid:
    """Return a room with walls; known where x < 4 m, or all of it."""
    x, y = SPEC.centres()
    inside = (x[:, None] > 0.2) & (x[:, None] < 7.8) & (y > 0.2) & (y < 5.8)
    cells = np.where(inside, 0, 100)
    known = np.ones_like(inside) if everything else np.broadcast_to(x[:, None] < 4.0, cells.shape)
    return grid_messages.occupancy_grid(stamp_ns, "map", SPEC, np.where(known, cells, -1))


SHORT = {"range_m": 1.5, "n_directions": 16}
"""A look reaches 1.5 m, so that the vehicle has to go there; for all: one program serves, and
few directions compile soon.
"""


class Inputs:
    """Publishes odometry at (2, 3, 2) at 50 Hz and the map at 5 Hz; ``x_m`` is where it is."""

    def __init__(self, bench, everything=False):
        self.x_m = 2.0
        self._map = bench.publisher(OccupancyGrid, "map", qos.LATCHED)
        self._odom = bench.publisher(Odometry, "odom", qos.SENSOR)
        self._everything, self.maps, self.tick = everything, True, 0

    def __call__(self):
        self.tick += 1
        stamp, zero = self.tick * 20_000_000, np.zeros(3, np.float32)
        state = vehicle_messages.VehicleState(
            stamp, np.float32([self.x_m, 3, 2]), zero, np.float32([1, 0, 0, 0]), zero
        )
        self._odom.publish(vehicle_messages.odometry(state, "odom", "base_link"))
        if self.maps and self.tick % 10 == 0:
            self._map.publish(half_known_room(stamp, self._everything))


def test_leads_to_the_unknown_half(bench, ends_cleanly):
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    paths = bench.collect(Path, "reference_path", qos.LATCHED)
    shown = bench.collect(OccupancyGrid, "info_field/grid", qos.LATCHED)
    process = bench.start("info_field", **SHORT)
    inputs = Inputs(bench)
    bench.wait(lambda: len(fields) > 3 and paths and shown, during=inputs)
    field = field_messages.field_arrays(fields[-1], "map")
    assert field.spec == SPEC
    assert field.map_stamp_ns % 200_000_000 == 0
    assert not field.nothing_left
    assert field.target_m[0] > 2.5  # towards x = 4 m
    i, j = 20, 30  # the cell of (2, 3)
    assert field.guidance[i + 10, j] > field.guidance[i, j]  # uphill towards the unknown
    assert (field.gain >= 0.0).all() and field.gain.max() > 0.0
    points = path_messages.path_arrays(paths[-1], "map", 40).points
    assert points[-1, 0] > points[0, 0] + 0.5
    assert ends_cleanly(process)


def test_plans_seldom_while_the_map_stays_the_same_and_takes_a_new_one_soon(bench):
    """On a busy machine each field takes time from the map that is waited for."""
    fields = bench.collect(InfoField, "info_field", qos.DEBUG)
    bench.start("info_field", **SHORT)
    inputs = Inputs(bench)

    def map_stamps():
        return [field.map_stamp_ns for field in fields]

    bench.wait(lambda: len(fields) > 1, during=inputs)
    inputs.maps = False
    bench.wait(lambda: map_stamps().count(map_stamps()[-1]) > 4, during=inputs)
    old, began_ns = map_stamps()[-1], 20_000_000 * inputs.tick
    stamps = [headers.to_ns(f.header.stamp) for f in fields if f.map_stamp_ns == old]
    assert min(np.diff(stamps)) > 0.5e9  # three periods
    inputs.maps = True
    bench.wait(lambda: map_stamps()[-1] > began_ns, during=inputs)


def test_makes_ready_for_the_geometry_of_a_map_that_is_still_to_come(bench, ends_cleanly):
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    said = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    geometry = bench.publisher(MapMetaData, "map_metadata", qos.LATCHED)
    process = bench.start("info_field", **SHORT)
    geometry.publish(grid_messages.map_metadata(0, SPEC))

    def sentences():
        return [status.message for message in said for status in message.status]

    bench.wait(lambda: any("programs" in sentence for sentence in sentences()))
    bench.wait(lambda: "programs" not in sentences()[-1])
    assert not fields  # nothing is planned before there is a map
    inputs = Inputs(bench)
    bench.wait(lambda: len(fields) > 1, during=inputs)
    assert field_messages.field_arrays(fields[-1], "map").target_m[0] > 2.5
    assert ends_cleanly(process)


def test_a_map_whose_cells_are_larger_than_a_look_is_dropped_and_the_next_one_is_taken(bench):
    """It is latched: whoever falls over it once does so again at every restart."""
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    coarse = GridSpec((10.0, 10.0), 20.0, (20, 20))
    maps = bench.publisher(OccupancyGrid, "map", qos.LATCHED)
    maps.publish(grid_messages.occupancy_grid(0, "map", coarse, np.zeros((20, 20))))
    bench.start("info_field", **SHORT)
    inputs = Inputs(bench)

    def refused():
        values = [pair for m in health for s in m.status for pair in s.values]
        return any(pair.key == "invalid map" and "20 m" in pair.value for pair in values)

    bench.wait(refused, during=lambda: None)
    bench.wait(lambda: fields, during=inputs)
    assert field_messages.field_arrays(fields[-1], "map").spec == SPEC
    assert bench.log("info_field").read_text().count("dropped a message on map") == 1


def test_says_when_nothing_is_left_and_goes_to_the_goal(bench):
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    goals = bench.publisher(PoseStamped, "goal_pose", qos.STATUS)
    bench.start("info_field", goal_m=[6.5, 1.5, 2.0], **SHORT)
    inputs = Inputs(bench, everything=True)
    bench.wait(lambda: fields and fields[-1].nothing_left, during=inputs)
    assert fields[-1].goal_reachable
    assert abs(fields[-1].target.x - 6.5) < 1.5 and abs(fields[-1].target.y - 1.5) < 1.5

    goal = PoseStamped()
    goal.header.frame_id = "map"
    goal.pose = pose_messages.pose((6.5, 4.5, 2.0), (1.0, 0.0, 0.0, 0.0))

    def moved():
        return abs(fields[-1].target.y - 4.5) < 1.5

    bench.wait(moved, during=lambda: (goals.publish(goal), inputs()))


def test_reports_what_is_left_when_nothing_is_and_for_good_when_the_mission_is_over(bench):
    reports = bench.collect(CompletionReport, "exploration/completion", qos.LATCHED)
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    statuses = bench.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
    bench.start("info_field", goal_m=[6.5, 1.5, 2.0], **SHORT)
    inputs = Inputs(bench, everything=True)
    bench.wait(lambda: reports, during=inputs)
    report = reports[-1]
    assert not report.final
    assert report.explored and not report.goal_reached
    assert list(report.remainders) == []
    assert abs(report.known_free_m2 - 7.6 * 5.6) < 0.1
    assert (report.goal.x, report.goal.y) == (6.5, 1.5)
    assert abs(report.goal_distance_m - math.hypot(4.5, 1.5)) < 1e-3
    assert report.header.frame_id == "map"

    done = ExplorationStatus(state=ExplorationStatus.DONE, reason="all seen", goal_reached=True)
    bench.wait(lambda: reports[-1].final, during=lambda: (statuses.publish(done), inputs()))
    assert reports[-1].goal_reached
    assert reports[-1].goal_reason == CompletionReport.NONE
    assert reports[-1].ended == "all seen"
    count = len(fields)
    bench.wait(lambda: len(fields) > count + 10, during=inputs)
    assert sum(r.final for r in reports) == 1


def test_reports_nothing_before_the_end_and_what_was_not_seen_at_it(bench):
    reports = bench.collect(CompletionReport, "exploration/completion", qos.LATCHED)
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    statuses = bench.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
    bench.start("info_field", **SHORT)
    inputs = Inputs(bench)
    bench.wait(lambda: len(fields) > 3, during=inputs)
    assert reports == []
    done = ExplorationStatus(state=ExplorationStatus.DONE, reason="time limit of 3 s")
    bench.wait(lambda: reports, during=lambda: (statuses.publish(done), inputs()))
    report = reports[-1]
    assert report.final and not report.explored
    (half,) = report.remainders
    assert half.reason == Remainder.OUT_OF_TIME
    assert abs(half.area_m2 - 4.0 * 6.0) < 0.7
    assert abs(half.centroid.x - 6.0) < 0.2
    assert "before the end" in report.summary


def test_lives_with_odometry_that_is_expected_to_drift(bench):
    """It says how far off its places may be."""
    reports = bench.collect(CompletionReport, "exploration/completion", qos.LATCHED)
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    statuses = bench.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
    bench.start("info_field", goal_m=[6.5, 1.5, 2.0], odometry__drift_m_per_m=0.1, **SHORT)
    inputs = Inputs(bench, everything=True)
    bench.wait(lambda: fields and fields[-1].nothing_left, during=inputs)
    for _ in range(20):  # it flies 2 m
        inputs.x_m += 0.1
        tick = inputs.tick
        bench.wait(lambda tick=tick: inputs.tick > tick + 1, during=inputs)
    done = ExplorationStatus(state=ExplorationStatus.DONE, reason="all seen")
    ended = lambda: reports and reports[-1].final  # noqa: E731
    bench.wait(ended, during=lambda: (statuses.publish(done), inputs()))
    assert abs(reports[-1].odometry_error_m - 2.0 * 0.1 / 0.9) < 0.03
    assert "may be off by 0.2 m" in reports[-1].summary


def test_plans_from_where_the_odometry_frame_lies(bench):
    """Odometry says (2, 3), and its frame lies at (6, 1), a quarter turned."""
    paths = bench.collect(Path, "reference_path", qos.LATCHED)
    frame = bench.publisher(TransformStamped, "map_to_odom", qos.KEPT)
    turn = pose_messages.yaw_rotation(math.pi / 2)
    frame.publish(pose_messages.transform(0, "map", "odom", (6.0, 1.0, 0.0), turn))
    bench.start("info_field", **SHORT)

    def begins_at(place):
        first = paths[-1].poses[0].pose.position if paths else None
        return first is not None and (first.x, first.y) == pytest.approx(place, abs=0.01)

    inputs = Inputs(bench)
    bench.wait(lambda: begins_at((6.0 - 3.0, 1.0 + 2.0)), during=inputs)
    frame.publish(
        pose_messages.transform(0, "map", "other", (0.0, 0.0, 0.0), turn)
    )  # not of its own
    count = len(paths)
    bench.wait(lambda: len(paths) > count + 2, during=inputs)
    assert begins_at((6.0 - 3.0, 1.0 + 2.0))


def test_the_mission_says_how_near_to_a_goal_is_near_enough(bench):
    """It lies behind the wall, some 0.9 m from where the vehicle can be."""
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    statuses = bench.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
    bench.start("info_field", goal_m=[8.4, 3.0, 2.0], **SHORT)
    inputs = Inputs(bench, everything=True)
    bench.wait(lambda: fields and fields[-1].nothing_left, during=inputs)
    assert fields[-1].goal_reachable  # within 1.5 m, while nobody says anything else

    def says(tolerance_m, reachable):
        told = ExplorationStatus(
            state=ExplorationStatus.GOING_TO_GOAL, goal_tolerance_m=tolerance_m
        )
        bench.wait(
            lambda: fields[-1].goal_reachable is reachable,
            during=lambda: (statuses.publish(told), inputs()),
        )

    says(0.5, False)
    says(1.2, True)
    says(0.5, False)
    says(math.nan, True)  # that says nothing


def test_each_field_says_which_goal_it_answers_also_after_a_restart(bench):
    fields = bench.collect(InfoField, "info_field", qos.LATCHED)
    goals = bench.publisher(PoseStamped, "exploration/goal", qos.LATCHED)
    wishes = bench.publisher(PoseStamped, "goal_pose", qos.STATUS)
    statuses = bench.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
    inputs = Inputs(bench)

    def answers(stamp_ns, x, y):
        def check():
            last = fields[-1] if fields else InfoField()
            return (last.goal_stamp_ns, last.goal.x, last.goal.y) == (stamp_ns, x, y)

        return check

    bench.start("info_field", goal_m=[1.5, 1.5, 2.0], **SHORT)
    bench.wait(answers(0, 1.5, 1.5), during=inputs)  # nobody owns it: the planner's own
    goal = PoseStamped(header=headers.header(7_000_000_001, "map"))
    goal.pose = pose_messages.pose((3.0, 4.5, 2.0), (1.0, 0.0, 0.0, 0.0))
    change = Parameter("goal_m", value=[1.0, 2.0, 2.0]).to_parameter_msg()
    request = SetParameters.Request(parameters=[change])
    assert bench.call(SetParameters, "info_field/set_parameters", request).results[0].successful
    bench.wait(answers(0, 1.0, 2.0), during=inputs)
    goals.publish(goal)
    bench.wait(answers(7_000_000_001, 3.0, 4.5), during=inputs)
    (result,) = bench.call(SetParameters, "info_field/set_parameters", request).results
    assert not result.successful  # it would mean nothing
    assert "goal_m of info_field has no effect" in result.reason
    assert "set that of imppi_controller" in result.reason
    wish = PoseStamped(header=headers.header(0, "map"))
    wish.pose = pose_messages.pose((1.0, 1.0, 2.0), (1.0, 0.0, 0.0, 0.0))
    count = len(fields)
    bench.wait(lambda: len(fields) > count + 3, during=lambda: (wishes.publish(wish), inputs()))
    assert answers(7_000_000_001, 3.0, 4.5)()  # the owner decides what a wish is worth

    bench.kill("info_field")
    fields.clear()
    bench.start("info_field", goal_m=[1.5, 1.5, 2.0], **SHORT)
    bench.wait(answers(7_000_000_001, 3.0, 4.5), during=inputs)

    # Half of the room is unknown, but the mission has explored as much as was asked for.
    assert not fields[-1].nothing_left and fields[-1].explored_fraction < 0.9
    home = ExplorationStatus(state=ExplorationStatus.GOING_TO_GOAL, to_goal_now=True)

    def leads_there():
        target = fields[-1].target
        return math.hypot(target.x - 3.0, target.y - 4.5) < 0.5

    bench.wait(leads_there, during=lambda: (statuses.publish(home), inputs()))
    assert not fields[-1].nothing_left and fields[-1].explored_fraction < 0.9
    assert fields[-1].goal_reachable
