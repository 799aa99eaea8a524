# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The information field in a closed loop: a point robot must finish the office."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from compiling import SOON
from scipy import ndimage

import live_mvp_ros
from live_mvp_ros import planning
from live_mvp_ros.base.config import ConfigurationError, replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import expectation, sources
from live_mvp_ros.planning.expectation import SPECK_M
from live_mvp_ros.planning.sources import (
    EARLY_LOOK_M,
    EARLY_LOOK_SHARE,
    LEFTOVER_SHARE,
)

FOV_RAD, SENSOR_RANGE_M = np.radians(80.0), 8.0
CONFIG = planning.InfoFieldConfig()
STEP = jax.jit(planning.step, static_argnums=1)
HOW = {"static_argnums": 1, "compiler_options": SOON}
ONCE = jax.jit(planning.step, **HOW)


class PointRobot:
    """Follows the reference path at 2 m/s and 1.5 rad/s; sees perfectly in its field of view."""

    def __init__(self, occupied: np.ndarray, spec: GridSpec, xy, yaw: float) -> None:
        self.occupied, self.spec = occupied, spec
        self.xy, self.yaw = np.array(xy, float), yaw
        self.p = np.full(spec.shape, 0.5, np.float32)
        self.known = np.zeros(spec.shape, bool)
        x, y = spec.centres()
        body = np.hypot(x[:, None] - xy[0], y[None] - xy[1]) < 0.4
        self.known |= body
        self.p[body] = 0.05
        self.path_m = 0.0

    def inputs(self, goal) -> planning.InfoFieldInputs:
        return planning.InfoFieldInputs(
            p=jnp.asarray(self.p),
            known=jnp.asarray(self.known),
            position_m=jnp.array([*self.xy, 2.0], jnp.float32),
            yaw_rad=jnp.float32(self.yaw),
            goal_m=jnp.array([*goal, 2.0], jnp.float32),
            dt_s=jnp.float32(0.2),
        )

    def cell(self, xy) -> tuple[int, int]:
        return tuple(np.round((np.asarray(xy) - self.spec.origin_m) / 0.1).astype(int))

    def follow(self, path: np.ndarray, yaw: np.ndarray) -> None:
        """Fly 0.2 s along the path, looking twice."""
        for k in (2, 4):
            self.path_m += float(np.hypot(*(path[k] - self.xy)))
            self.xy = path[k].copy()
            turn = (yaw[k] - self.yaw + np.pi) % (2 * np.pi) - np.pi
            self.yaw += float(np.clip(turn, -0.15, 0.15))
            assert not self.occupied[self.cell(self.xy)]
            self.look()

    def look(self) -> None:
        angle = self.yaw + np.linspace(-0.5, 0.5, 241) * FOV_RAD
        along = np.arange(0.05, SENSOR_RANGE_M, 0.05)[:, None]
        index = [
            np.clip(
                np.round((self.xy[a] + along * f(angle) - self.spec.origin_m[a]) / 0.1).astype(
                    int
                ),
                0,
                self.spec.shape[a] - 1,
            )
            for a, f in ((0, np.cos), (1, np.sin))
        ]
        solid = self.occupied[index[0], index[1]]
        reached = np.cumsum(solid, axis=0) - solid == 0
        for cells, value in ((reached & ~solid, 0.05), (reached & solid, 0.95)):
            self.p[index[0][cells], index[1][cells]] = value
            self.known[index[0][cells], index[1][cells]] = True


def fly(robot: PointRobot, goal, limit_s: float):
    state, elapsed = planning.init(CONFIG, robot.spec), 0.0
    while True:
        state, out = STEP(CONFIG, robot.spec, state, robot.inputs(goal))
        path = np.asarray(out.reference_path_m)[:, :2]
        done = bool(out.nothing_left) and np.hypot(*(robot.xy - goal)) < 1.5
        if done or elapsed >= limit_s:
            return out, elapsed
        robot.follow(path, np.asarray(out.reference_yaw_rad))
        elapsed += 0.2


def office() -> tuple[GridSpec, np.ndarray]:
    path = Path(live_mvp_ros.__file__).parent / "worlds/data/office.json"
    plan = json.loads(path.read_text(encoding="utf-8"))
    spec = GridSpec.covering((0.0, 0.0), tuple(plan["size"]), 0.1)
    x, y = spec.centres()
    occupied = np.zeros(spec.shape, bool)
    for x0, y0, x1, y1 in plan["occupied"]:
        occupied |= ((x > x0) & (x < x1))[:, None] & ((y > y0) & (y < y1))[None]
    return spec, occupied


@pytest.mark.parametrize(("start", "yaw"), [((1.5, 5.0), 0.0), ((12.0, 4.5), 2.0)])
def test_office_is_explored_and_the_goal_reached(start, yaw):
    spec, occupied = office()
    robot, goal = PointRobot(occupied, spec, start, yaw), (9.0, 5.0)
    out, elapsed = fly(robot, goal, 150.0)
    navigable = planning.navigable_cells(jnp.asarray(occupied), spec, 0.3, jnp.array(start))
    observable = np.asarray(planning.observable_cells(jnp.asarray(occupied), navigable, 70))
    assert bool(out.nothing_left)
    assert bool(out.goal_reachable)
    assert float(out.reachable_unknown_m2) == 0.0
    assert float(jnp.max(out.gain)) == 0.0
    assert elapsed < 120.0
    assert (robot.known & observable).sum() >= 0.99 * observable.sum()


def partly_known_office(config=CONFIG) -> tuple[PointRobot, planning.InfoFieldOutput]:
    spec, occupied = office()
    robot = PointRobot(occupied, spec, (3.0, 5.0), 0.0)
    for xy in ((1.5, 5.5), (3.0, 5.0), (5.0, 4.0), (6.5, 6.0)):
        for yaw in np.arange(0.0, 6.3, 1.0):
            robot.xy, robot.yaw = np.array(xy), yaw
            robot.look()
    _, out = STEP(config, spec, planning.init(config, spec), robot.inputs((9.0, 5.0)))
    return robot, out


def test_guidance_has_no_trap_and_slope_one_in_the_open():
    robot, out = partly_known_office()
    g = np.where(np.asarray(out.navigable), np.asarray(out.guidance), np.nan)
    steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    around = np.nan_to_num(g, nan=-np.inf)
    best = np.max([np.roll(around, s, (0, 1)) for s in steps], axis=0)
    peak = (best <= g) & np.asarray(out.navigable)
    assert peak.any()
    assert (np.asarray(out.gain)[peak] > 0.0).all()  # a look still teaches something there
    free = robot.known & (robot.p < 0.5)
    gap = 0.1 * ndimage.distance_transform_edt(np.pad(free, 1))[1:-1, 1:-1] - 0.05
    wide = np.where(gap >= 0.9, g, np.nan)
    for values, steepest in ((g, 0.4), (wide, 0.1)):
        for axis in (0, 1):
            difference = np.diff(values, axis=axis)
            assert np.nanmax(np.abs(difference)) <= steepest + 1e-3


def test_reference_path_stays_in_known_free_cells_and_climbs():
    robot, out = partly_known_office()
    path = np.asarray(out.reference_path_m)
    np.testing.assert_allclose(path[0], [*robot.xy, 2.0], atol=1e-6)
    lengths = np.hypot(*np.diff(path[:, :2], axis=0).T)
    assert lengths.max() < 0.15 + 1e-4  # the last step may be half a step longer
    for point in path:
        cell = robot.cell(point[:2])
        assert robot.known[cell]
        assert robot.p[cell] < 0.5
    g = np.asarray(out.guidance)
    i, j = robot.cell(path[-1, :2])
    assert g[i, j] >= g[robot.cell(path[0, :2])]
    # It ends where a look teaches, or where its 40 points do.
    assert g[i, j] >= g[i - 1 : i + 2, j - 1 : j + 2].max() - 0.02 or lengths.sum() > 3.8
    assert lengths.sum() > 0.5


def test_local_gain_is_a_window_of_the_field():
    robot, out = partly_known_office()
    local, origin = np.asarray(out.local_gain), np.asarray(out.local_origin_m)
    assert local.shape == (16, 41, 41)
    np.testing.assert_allclose(origin, robot.xy - 5.0, atol=1e-5)
    best = local.max(axis=0)
    for i, j in ((20, 20), (10, 22), (26, 8)):
        at = origin + 0.25 * np.array([i, j])
        inside = (at > 0.05).all()
        assert best[i, j] == pytest.approx(
            float(out.gain[robot.cell(at)]) if inside else 0.0, rel=1e-5
        )


def test_a_goal_is_reachable_from_as_far_away_as_the_mission_says():
    """It lies in a wall, 1.1 m from where the drone can be."""
    spec = GridSpec((0.05, 0.05), 0.1, (60, 50))
    p = np.full(spec.shape, 0.99, np.float32)
    p[5:40, 10:40] = 0.01
    for tolerance_m, reachable in ((0.5, False), (1.0, False), (1.3, True), (3.0, True)):
        inputs = planning.InfoFieldInputs(
            p=jnp.asarray(p),
            known=jnp.ones(spec.shape, bool),
            position_m=jnp.array([2.5, 2.5, 2.0]),
            yaw_rad=jnp.float32(0.0),
            goal_m=jnp.array([4.8, 2.5, 2.0]),
            dt_s=jnp.float32(0.2),
            goal_tolerance_m=tolerance_m,
        )
        _, out = STEP(CONFIG, spec, planning.init(CONFIG, spec), inputs)
        assert bool(out.nothing_left)
        assert bool(out.goal_reachable) is reachable, tolerance_m


def test_a_sealed_start_looks_round_and_then_has_nothing_left():
    spec = GridSpec((0.05, 0.05), 0.1, (60, 50))
    occupied = np.ones(spec.shape, bool)
    occupied[20:40, 15:35] = False
    robot = PointRobot(occupied, spec, (3.0, 2.5), 0.0)
    out, elapsed = fly(robot, (5.5, 4.5), 12.0)
    assert bool(out.nothing_left)
    assert not bool(out.goal_reachable)
    assert robot.known[~occupied].all()
    assert elapsed == pytest.approx(12.0, abs=0.3)


def before_a_black_panel(**more) -> tuple[GridSpec, planning.InfoFieldInputs]:
    """Return a room with a panel that returns nothing, and a drone that looks at it."""
    spec = GridSpec((0.05, 0.05), 0.1, (60, 50))
    p = np.full(spec.shape, 0.95, np.float32)
    p[5:55, 5:45] = 0.05
    known = np.ones(spec.shape, bool)
    known[54:56, 20:30] = False
    p[~known] = 0.5
    return spec, planning.InfoFieldInputs(
        p=jnp.asarray(p),
        known=jnp.asarray(known),
        position_m=jnp.array([4.0, 2.5, 2.0]),
        yaw_rad=jnp.float32(0.0),
        goal_m=jnp.array([1.0, 1.0, 2.0]),
        dt_s=jnp.float32(0.2),
        **more,
    )


def test_what_never_becomes_known_in_plain_view_is_given_up():
    spec, inputs = before_a_black_panel()
    state = planning.init(CONFIG, spec)
    ended = None
    for k in range(100):
        state, out = STEP(CONFIG, spec, state, inputs)
        if k == 0:
            assert not bool(out.nothing_left)
            assert abs(float(out.best_yaw[40, 25])) < 0.8
        if bool(out.nothing_left):
            ended = 0.2 * (k + 1)
            break
    assert ended is not None
    assert CONFIG.look_patience_s - 0.01 <= ended < 8.0


def test_what_a_late_map_cannot_show_yet_is_not_given_up():
    """The drone looks at it all the time, the map has not: it is from before, or stands still."""
    spec, inputs = before_a_black_panel()
    here = inputs.position_m
    state = planning.init(CONFIG, spec)
    for yaw, looked_s in ((np.pi, 0.2), (0.0, 0.0), (np.nan, np.nan)):
        seen = planning.MapSeen(here, jnp.float32(yaw), jnp.float32(looked_s))
        for _ in range(20):
            state, out = STEP(CONFIG, spec, state, dataclasses.replace(inputs, seen=seen))
        assert float(state.looked_s[54, 25]) == 0.0 or np.isnan(yaw)
        assert not bool(out.nothing_left)
    seen = planning.MapSeen(here, jnp.float32(0.0), jnp.float32(0.2))
    for _ in range(40):
        state, out = STEP(CONFIG, spec, state, dataclasses.replace(inputs, seen=seen))
    assert bool(out.nothing_left)


def in_corridor(config, left, right, x_m: float, **constants) -> planning.InfoFieldOutput:
    """Return the field in the middle of a known corridor, 3 m wide, that ends in the unknown.

    ``left`` and ``right`` are (width, depth) in cells of the unknown beyond x = 4 m and 20 m.
    ``constants`` of the planner have other values, to see what they do.
    """
    spec = GridSpec((0.05, 0.05), 0.1, (240, 50))
    p, known = np.full(spec.shape, 0.99, np.float32), np.ones(spec.shape, bool)
    p[40:200, 10:40] = 0.01
    known[40 - left[1] : 40, 10 : 10 + left[0]] = False
    known[200 : 200 + right[1], 10 : 10 + right[0]] = False
    inputs = planning.InfoFieldInputs(
        p=jnp.asarray(np.where(known, p, 0.5)),
        known=jnp.asarray(known),
        position_m=jnp.array([x_m, 2.5, 2.0]),
        yaw_rad=jnp.float32(0.5 * np.pi),
        goal_m=jnp.array([5.0, 2.5, 2.0]),
        dt_s=jnp.float32(0.2),
    )
    given = (config, spec, planning.init(config, spec), inputs)
    return stepped_with(constants, given) if constants else ONCE(*given)[1]


@functools.cache
def another_program(constants: frozenset):
    """Return a step of its own for some constants: it is traced while they hold."""
    del constants
    return jax.jit(lambda *step: planning.step(*step), **HOW)


def stepped_with(constants, given) -> planning.InfoFieldOutput:
    """Return the field of a step in which constants have other values."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in constants.items():
            patch.setattr(expectation if name == "SPECK_M" else sources, name, value)
        return another_program(frozenset(constants.items()))(*given)[1]


def test_the_drone_goes_only_as_near_as_a_look_teaches_enough():
    fields = [
        in_corridor(
            replace(CONFIG, enough_share=share), (30, 20), (30, 35), 12.2, EARLY_LOOK_SHARE=1.0
        )
        for share in (0.4, 0.5, 1.0)
    ]
    at = [float(field.target_m[0]) for field in fields]
    assert 12.2 < at[0] < at[1] < at[2] < 20.0
    gain = np.where(np.asarray(fields[1].navigable), np.asarray(fields[1].gain), 0.0)
    assert gain[round(10.0 * at[1]), 5:45].max() >= 0.5 * gain.max()


def look_taken(right, x_m=12.2, left=(30, 20), **constants) -> tuple[float, np.ndarray]:
    """Return the target's x in the corridor, and by column the share of the best look's gain."""
    coarse = replace(CONFIG, n_directions=16)  # for each constant a program
    field = in_corridor(coarse, left, right, x_m, **constants)
    gain = np.where(np.asarray(field.navigable), np.asarray(field.gain), 0.0)
    return float(field.target_m[0]), gain[:, 5:45].max(axis=1) / gain.max()


def test_close_to_a_look_that_is_worth_going_to_less_will_do():
    end = (30, 35)
    all_the_way, share = look_taken(end, EARLY_LOOK_SHARE=1.0)
    assert share[round(10.0 * all_the_way)] >= CONFIG.enough_share
    will_do = EARLY_LOOK_SHARE * CONFIG.enough_share
    for reach_m in (0.3, EARLY_LOOK_M, 0.8):
        early, share = look_taken(end, EARLY_LOOK_M=reach_m)
        assert will_do <= share[round(10.0 * early)] < CONFIG.enough_share
        assert early == pytest.approx(all_the_way - reach_m, abs=1e-3)
    assert look_taken(end, EARLY_LOOK_M=0.0)[0] == all_the_way


def test_elsewhere_less_will_not_do():
    """The poorer end of the corridor is nearer, and is passed by."""
    towards, share = look_taken((30, 35), x_m=9.0, left=(30, 5))
    assert EARLY_LOOK_SHARE * CONFIG.enough_share < share[40:90].max() < CONFIG.enough_share
    assert towards > 12.0


@pytest.mark.parametrize(("right", "reach_m"), [((10, 2), 2.0), ((30, 2), 1.0), ((6, 5), 4.0)])
def test_leftovers_are_looked_at_from_where_they_are_seen_best(right, reach_m):
    """A look into an end so small teaches less than half of one into the open."""
    within = {"LEFTOVER_RADIUS_M": reach_m}
    target_m, share = look_taken(right, left=(0, 0), **within)
    at, reach = round(10.0 * target_m), round(10.0 * reach_m)
    best = share[at - reach : at + reach + 1].max()
    assert best >= LEFTOVER_SHARE
    assert share[at] >= CONFIG.enough_share * best
    assert target_m == look_taken(right, left=(0, 0), EARLY_LOOK_SHARE=1.0, **within)[0]


def test_leftovers_are_taken_as_they_come():
    """The poorer end is nearer; among looks into the open it would be passed by."""
    ends = {"right": (12, 2), "left": (8, 1), "x_m": 9.0}
    nearer, share = look_taken(**ends)
    assert LEFTOVER_SHARE < share[:90].max() < CONFIG.enough_share
    assert nearer < 9.0
    assert look_taken(**ends, LEFTOVER_SHARE=0.9)[0] > 9.0


def test_what_lies_deep_in_the_unknown_counts_the_more_the_likelier_it_is_free():
    def shallow_share(occupancy: float) -> float:
        config = replace(CONFIG, unknown_occupancy=occupancy)
        gain = np.asarray(in_corridor(config, (30, 35), (30, 2), 12.0).gain)
        return float(gain[170:200].max() / gain[40:70].max())  # of looks from up to 3 m away

    shares = [shallow_share(occupancy) for occupancy in (0.1, 0.2, 0.5)]
    assert 0.0 < shares[0] < shares[1] < shares[2] < 1.0


@pytest.mark.slow
def test_a_gap_in_a_wall_draws_nobody_while_there_is_space_and_is_wall_in_the_end():
    """Walls that are seen from the side have gaps of a few cells; a door is 0.7 m wide."""

    def gain_of_hole(cells: int, wall_gap_m: float, speck_m: float = 0.0) -> float:
        config = replace(CONFIG, wall_gap_m=wall_gap_m)
        field = in_corridor(config, (cells, 20), (30, 35), 12.0, SPECK_M=speck_m)
        gain = np.asarray(field.gain)
        return float(gain[40:70].max())

    door = gain_of_hole(7, 0.4)
    for width in (1, 2, 4):
        assert 0.0 < gain_of_hole(width, 0.4) < 0.1 * door
    assert gain_of_hole(2, 0.4, SPECK_M) == 0.0  # too narrow to be space
    assert gain_of_hole(3, 0.4, SPECK_M) > 0.0
    assert gain_of_hole(4, 0.0) > 0.5 * door  # what a gap is worth, were it a door
    for width in (5, 7):
        assert gain_of_hole(width, 0.4) == pytest.approx(gain_of_hole(width, 0.0), rel=1e-5)
    beside_more = in_corridor(CONFIG, (3, 20), (30, 35), 6.0)
    assert beside_more.target_m[0] > 6.0  # to the open end, 14 m away, not to the gap beside it
    for width, left in ((3, False), (4, False), (5, True), (7, True)):
        alone = in_corridor(CONFIG, (width, 20), (0, 0), 12.0)
        assert bool(alone.nothing_left) is not left
        assert float(alone.target_m[0]) < 12.0  # to the gap, or to the goal
    assert not in_corridor(replace(CONFIG, wall_gap_m=0.0), (3, 20), (0, 0), 12.0).nothing_left


def test_wrong_settings_are_refused_with_a_sentence():
    with pytest.raises(ConfigurationError, match="n_directions = 20 is not allowed"):
        planning.InfoFieldConfig(n_directions=20)
    with pytest.raises(ConfigurationError, match="range_m = 0 is not allowed"):
        planning.InfoFieldConfig(range_m=0)
