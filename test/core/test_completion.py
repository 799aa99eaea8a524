# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The completion report of small maps that are drawn by hand: what is left, how much, and why."""

from __future__ import annotations

import json

import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import planning
from live_mvp_ros.base.config import replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import ending, leftover_state, progress
from live_mvp_ros.planning.completion import CompletionInputs, completion_report
from live_mvp_ros.planning.completion_report import GoalReason, Reason, Recoveries
from live_mvp_ros.planning.frame import GOAL_TOLERANCE_M

SPEC = GridSpec.covering((0.0, 0.0), (6.0, 4.0), 0.1)
CONFIG = planning.InfoFieldConfig(range_m=5.0)
START = (1.0, 2.0)
X, Y = (c[:, None] if i == 0 else c[None, :] for i, c in enumerate(SPEC.centres()))


def box(x0, y0, x1, y1) -> np.ndarray:
    """Return the cells whose centre lies in a rectangle."""
    return (x0 < X) & (x1 > X) & (y0 < Y) & (y1 > Y)


def walls(*rectangles) -> np.ndarray:
    """Return a hall of 6 m x 4 m with walls of 0.2 m around it and further solid rectangles."""
    solid = ~box(0.2, 0.2, 5.8, 3.8)
    for rectangle in rectangles:
        solid = solid | box(*rectangle)
    return solid


WALL = (3.5, 0.0, 3.7, 4.0)  # cuts a room of 2.1 m x 3.6 m off
ROOM_M2 = 2.1 * 3.6


def door(width_m: float) -> np.ndarray:
    """Return a hall with the room, a door in the middle of its wall, and a screen behind it."""
    low, high = 2.0 - 0.5 * width_m, 2.0 + 0.5 * width_m
    screen = (4.4, 1.0, 4.6, 3.0)
    return walls((3.5, 0.0, 3.7, low), (3.5, high, 3.7, 4.0), screen)


def fits(solid: np.ndarray) -> np.ndarray:
    """Return where the drone fits and gets from the start, by brute force."""
    centres = np.argwhere(solid) * 0.1
    cells = np.argwhere(~solid)
    gap = np.min(np.linalg.norm(cells[:, None] * 0.1 - centres[None], axis=-1), axis=1)
    roomy = {tuple(c) for c in cells[gap > 0.349]}
    reached, front = set(), [(round((START[0] - 0.05) / 0.1), round((START[1] - 0.05) / 0.1))]
    while front:
        cell = front.pop()
        if cell in roomy and cell not in reached:
            reached.add(cell)
            front += [(cell[0] + i, cell[1] + j) for i, j in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    mask = np.zeros(SPEC.shape, bool)
    mask[tuple(np.array(sorted(reached)).T)] = True
    return mask


def seen_from(solid: np.ndarray, eyes: np.ndarray) -> np.ndarray:
    """Return the cells that a ray from one of ``eyes`` reaches, solid ends included."""
    seen = np.zeros(SPEC.shape, bool)
    angles = np.linspace(-np.pi, np.pi, 720, endpoint=False)
    for i, j in np.argwhere(eyes)[::3]:
        along = np.arange(0.0, 50.0, 0.5)
        u = np.rint(i + np.cos(angles)[:, None] * along).astype(int).clip(0, 59)
        v = np.rint(j + np.sin(angles)[:, None] * along).astype(int).clip(0, 39)
        stop = solid[u, v]
        reach = np.cumsum(stop, axis=1) - stop == 0
        seen[u[reach], v[reach]] = True
    return seen


def ended(known, solid, **changes) -> CompletionInputs:
    """Return the end of a mission that explored everything it could."""
    free = known & ~solid
    navigable = planning.navigable_cells(jnp.asarray(~free), SPEC, 0.35, jnp.asarray(START))
    values = {
        "p": np.where(known, np.where(solid, 0.95, 0.05), 0.5),
        "known": known,
        "navigable": np.asarray(navigable),
        "looked_s": np.zeros(SPEC.shape),
        "progress": progress.init(SPEC),
        "position_m": np.array([*START, 2.0]),
        "goal_m": np.array([1.5, 1.0, 2.0]),
        "nothing_left": True,
        "goal_reached": True,
        "ended": "explored, and the goal is reached",
    }
    return CompletionInputs(**(values | changes))


def explored(solid, **changes):
    """Return the report of a hall that was seen from everywhere where the drone fits."""
    known = seen_from(solid, fits(solid))
    return completion_report(CONFIG, SPEC, ended(known, solid, **changes)), known


def test_nothing_is_left_of_an_explored_map():
    report, known = explored(walls((2.5, 0.0, 2.6, 1.5)))
    assert report.remainders == ()
    assert report.explored and report.goal.reached
    assert report.goal.reason is GoalReason.NONE
    assert report.goal.distance_m == pytest.approx(np.hypot(0.5, 1.0), abs=1e-4)
    assert report.known_free_m2 == pytest.approx(5.6 * 3.6 - 0.1 * 1.3, abs=1e-6)
    assert report.unknown_m2 == pytest.approx(0.01 * np.count_nonzero(~known))
    assert report.in_words() == "nothing is left"


def test_a_sealed_room_is_unreachable():
    report, _ = explored(walls(WALL))
    (room,) = report.remainders
    assert room.reason is Reason.UNREACHABLE
    assert room.enclosed
    # Its walls were never seen from inside, so they count: 0.1 m beyond the room's edges.
    assert ROOM_M2 <= room.area_m2 <= 2.4 * 4.0
    assert room.observable_m2 == 0.0
    assert 3.7 < room.centroid_m[0] < 5.8
    assert room.centroid_m[1] == pytest.approx(2.0, abs=0.3)
    assert "enclosed" in report.in_words()


def test_a_door_too_narrow_is_named_with_what_lies_hidden_behind_it():
    solid = door(0.5)
    report, known = explored(solid)
    assert {r.reason for r in report.remainders} == {Reason.TOO_NARROW}
    hidden = box(3.5, 0.0, 6.0, 4.0) & ~known  # unseen walls included: nobody knows them
    assert 0.1 * ROOM_M2 < 0.01 * hidden.sum() < 0.9 * ROOM_M2  # it can be looked into
    area = sum(r.area_m2 for r in report.remainders)
    assert area == pytest.approx(0.01 * hidden.sum(), abs=0.1 * 2 * (2.1 + 3.6))
    assert sum(r.observable_m2 for r in report.remainders) <= 0.1 * area
    assert not any(r.enclosed for r in report.remainders)
    assert "too narrow" in report.in_words()


def test_a_wide_door_leaves_nothing():
    report, _ = explored(door(1.0))
    assert report.remainders == ()


def test_the_rock_around_a_hidden_corner_is_not_counted_with_it():
    # A narrow door leads to a closet in solid rock: the hidden corners of the closet and the rock
    # behind its unseen walls are one unknown region.
    solid = np.ones(SPEC.shape, bool) & ~box(0.2, 0.2, 2.2, 3.8)
    solid &= ~box(2.2, 2.5, 2.4, 3.0) & ~box(2.4, 1.6, 3.4, 3.2)
    report, known = explored(solid)
    narrow = [r for r in report.remainders if r.reason is Reason.TOO_NARROW]
    assert narrow
    assert sum(r.area_m2 for r in narrow) < 5.0  # of 13, most of which is rock
    assert all(np.hypot(r.centroid_m[0] - 2.9, r.centroid_m[1] - 2.4) < 2.0 for r in narrow)
    rock = [r for r in report.remainders if r.enclosed]
    assert sum(r.area_m2 for r in rock) > 6.0
    total = sum(r.area_m2 for r in report.remainders)
    assert total == pytest.approx(0.01 * np.count_nonzero(~known), rel=0.1)


def half_known() -> np.ndarray:
    return np.broadcast_to(X < 3.0, SPEC.shape)


def test_what_was_not_looked_at_was_out_of_time():
    inputs = ended(half_known(), walls(), nothing_left=False, goal_reached=False)
    report = completion_report(CONFIG, SPEC, inputs)
    (rest,) = report.remainders
    assert rest.reason is Reason.OUT_OF_TIME
    assert rest.area_m2 == pytest.approx(3.0 * 4.0)  # all that is unknown, walls included
    assert rest.observable_m2 == pytest.approx(rest.area_m2)  # 5 m of sight from x <= 2.65
    assert rest.centroid_m == pytest.approx((4.5, 2.0), abs=0.1)
    assert report.goal.reason is GoalReason.OUT_OF_TIME
    assert not report.explored


def test_what_stayed_unknown_in_plain_view_was_not_resolved():
    looked = np.where(half_known(), 0.0, 9.0)
    inputs = ended(half_known(), walls(), looked_s=looked)
    (rest,) = completion_report(CONFIG, SPEC, inputs).remainders
    assert rest.reason is Reason.NOT_RESOLVED


@pytest.mark.parametrize("nothing_left", [True, False])
def test_what_was_given_up_without_progress_was_too_risky(nothing_left):
    watch = progress.init(SPEC)
    watch = watch._replace(
        given_up=jnp.ones(SPEC.shape, bool), taken=jnp.array([3, 2, 1, 1], jnp.int32)
    )
    inputs = ended(half_known(), walls(), progress=watch, nothing_left=nothing_left)
    report = completion_report(CONFIG, SPEC, inputs)
    (rest,) = report.remainders
    assert rest.reason is Reason.TOO_RISKY
    assert report.recoveries == Recoveries(3, 2, 1, 1)


def test_free_space_that_goes_on_beyond_the_volume_is_out_of_bounds():
    solid = walls()
    solid[:, 0:2] &= ~box(2.0, 0.0, 3.0, 0.2)[:, 0:2]  # a way out of 1 m
    report, _ = explored(solid)
    (out,) = report.remainders
    assert out.reason is Reason.OUT_OF_BOUNDS
    assert out.area_m2 == pytest.approx(0.1 * 1.0)  # its cells at the border
    assert out.centroid_m == pytest.approx((2.5, 0.05), abs=0.06)
    assert "beyond the volume" in report.in_words()


def test_specks_and_the_inside_of_thin_walls_are_not_left():
    solid = walls((2.5, 0.0, 2.8, 2.0))
    known = seen_from(solid, fits(solid))
    known[10, 20] = known[30:32, 25] = False
    assert completion_report(CONFIG, SPEC, ended(known, solid)).remainders == ()


def goal_reason(solid, goal, **changes) -> GoalReason:
    values = {"goal_reached": False, "goal_m": np.array([*goal, 2.0])} | changes
    return explored(solid, **values)[0].goal.reason


def test_why_a_goal_was_not_reached():
    block = walls((3.0, 0.0, 6.0, 4.0))
    assert goal_reason(block, (5.0, 2.0)) is GoalReason.ENCLOSED
    black = {"looked_s": np.where(half_known(), 0.0, 9.0)}
    seen = ended(half_known(), walls(), goal_reached=False, goal_m=np.array([5.0, 2.0]), **black)
    assert completion_report(CONFIG, SPEC, seen).goal.reason is GoalReason.IN_UNKNOWN
    thin = GOAL_TOLERANCE_M  # a goal this near to navigable cells counts as reached
    assert goal_reason(walls(), (1.0, 4.0 + 0.5 * thin), goal_reached=True) is GoalReason.NONE
    assert goal_reason(walls(), (1.0, 9.0)) is GoalReason.OUT_OF_BOUNDS
    assert goal_reason(walls(), (1.0, 1.0)) is GoalReason.OUT_OF_TIME
    assert goal_reason(door(0.5), (5.4, 2.0)) is GoalReason.TOO_NARROW
    given_up = progress.init(SPEC)._replace(goal_given_up=jnp.array(True))
    assert goal_reason(walls(), (1.0, 1.0), progress=given_up) is GoalReason.TOO_RISKY


def test_a_goal_inside_a_known_wall():
    solid = walls((3.5, 0.0, 5.8, 4.0))
    known = np.ones(SPEC.shape, bool)
    inputs = ended(known, solid, goal_reached=False, goal_m=np.array([5.0, 2.0, 2.0]))
    report = completion_report(CONFIG, SPEC, inputs)
    assert report.goal.reason is GoalReason.INSIDE_OBSTACLE
    assert report.in_words() == "nothing is left; the goal lies inside an obstacle"


def test_a_goal_in_known_free_space_that_nothing_joins_to_the_drone():
    solid = walls(WALL)
    inputs = ended(
        np.ones(SPEC.shape, bool), solid, goal_reached=False, goal_m=np.array([5.3, 2.0, 2.0])
    )
    assert completion_report(CONFIG, SPEC, inputs).goal.reason is GoalReason.NO_KNOWN_WAY


def test_a_way_to_the_goal_that_was_open_is_blocked():
    """Whoever stands in the door was not there before; a wall has always been there."""
    solid = door(1.0)
    solid[30:34] = True
    goal = {"goal_reached": False, "goal_m": np.array([5.3, 2.0, 2.0])}
    inputs = ended(np.ones(SPEC.shape, bool), solid, **goal)
    assert completion_report(CONFIG, SPEC, inputs).goal.reason is GoalReason.NO_KNOWN_WAY
    doubt = ending.no_doubt(SPEC)._replace(was_free=jnp.asarray(~door(1.0)))
    report = completion_report(CONFIG, SPEC, inputs._replace(doubt=doubt))
    assert report.goal.reason is GoalReason.BLOCKED
    assert "blocks the way to the goal" in report.in_words()


def test_what_was_not_worth_it_is_named_with_its_time():
    tour = leftover_state.init(SPEC)
    listed = np.array(tour.listed)
    listed[0] = (2.0, 1.0, 0.3, 12.0)
    skipped = np.zeros(SPEC.shape, bool)
    skipped[18:22, 9:11] = True
    known = np.ones(SPEC.shape, bool)
    known[18:22, 9:11] = False
    tour = tour._replace(skipped=skipped, listed=listed, n_skipped=1)
    report = completion_report(CONFIG, SPEC, ended(known, walls(), leftovers=tour))
    (left,) = report.remainders
    assert left.reason is Reason.NOT_WORTH_IT
    assert (left.area_m2, left.time_s) == (0.3, 12.0)
    assert not report.explored
    assert report.in_words() == "left: 0.3 m² not worth the time to look at (12 s)"
    seen = completion_report(CONFIG, SPEC, ended(np.ones_like(known), walls(), leftovers=tour))
    assert seen.explored  # it became known in passing
    assert not seen.remainders


def test_what_a_share_was_enough_for_is_not_out_of_time():
    config = replace(CONFIG, finish="share", finish_share=0.5)
    report = completion_report(config, SPEC, ended(half_known(), walls()))
    assert report.area_m2(Reason.NOT_WORTH_IT) > 10.0
    assert not report.explored


def test_the_report_of_an_empty_map_and_of_a_fully_unknown_one():
    nothing = np.zeros(SPEC.shape, bool)
    report = completion_report(CONFIG, SPEC, ended(nothing, nothing, nothing_left=False))
    assert sum(r.area_m2 for r in report.remainders) == pytest.approx(24.0)
    assert report.known_free_m2 == 0.0


def test_the_report_becomes_json_with_stable_names():
    inputs = ended(half_known(), walls(), nothing_left=False, goal_reached=False)
    values = json.loads(json.dumps(completion_report(CONFIG, SPEC, inputs).to_dict()))
    assert values["remainders"][0]["reason"] == "out_of_time"
    assert values["goal"]["reason"] == "out_of_time"
    assert set(values["recoveries"]) == {"another_target", "back_off", "replan", "give_up"}
    assert values["summary"].startswith("left: 12.0 m² not looked at before the end")
    names = [reason.name.lower() for reason in Reason]
    assert names == [
        "too_narrow",
        "too_risky",
        "unreachable",
        "not_resolved",
        "out_of_bounds",
        "out_of_time",
        "not_worth_it",
    ]
