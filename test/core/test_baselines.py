# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The baselines on maps drawn by hand: each target is what its definition says."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from compiling import SOON

from live_mvp_ros import planning
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.baselines import baselines, viewpoints
from live_mvp_ros.baselines.survey import init, survey
from live_mvp_ros.evaluation.planners import PLANNERS
from live_mvp_ros.planning import frontiers
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.geodesy import FAR
from live_mvp_ros.planning.regions import cell_of

COMPARED = [name for name, planner in PLANNERS.items() if planner.step is not planning.plan]
SPEC = GridSpec.covering((0.0, 0.0), (12.0, 6.0), 0.1)
CONFIG = planning.InfoFieldConfig(range_m=4.0, local_half_width_m=3.0, n_directions=24)
X, Y = (c[:, None] if i == 0 else c[None, :] for i, c in enumerate(SPEC.centres()))


@pytest.fixture(autouse=True, scope="module")
def field_is_compiled_soon():
    with pytest.MonkeyPatch.context() as patch:
        field = jax.jit(planning.step, static_argnums=1, compiler_options=SOON)
        patch.setattr(baselines, "_information_field", field)
        yield


def box(x0, y0, x1, y1) -> np.ndarray:
    """Return the cells whose centre lies in a rectangle."""
    return (x0 < X) & (x1 > X) & (y0 < Y) & (y1 > Y)


HALL = box(0.2, 0.2, 11.8, 5.8)


def inputs(known, free=HALL, xy=(6.0, 3.0), yaw=0.0, goal=(1.0, 1.0)):
    """Return a hall of which only ``known`` is known."""
    p = np.where(known, np.where(free, 0.05, 0.95), 0.5)
    return planning.InfoFieldInputs(
        p=jnp.asarray(p, jnp.float32),
        known=jnp.asarray(known),
        position_m=jnp.array([*xy, 2.0]),
        yaw_rad=jnp.float32(yaw),
        goal_m=jnp.array([*goal, 2.0]),
        dt_s=jnp.float32(0.5),
    )


def stepped(name, given, seed=0, state=None):
    planner = PLANNERS[name]
    state = planner.init(CONFIG, SPEC, jax.random.key(seed)) if state is None else state
    return planner.step(CONFIG, SPEC, state, given)


def ends_unknown(left: float, right: float) -> np.ndarray:
    """Return the hall without its ends, which begin so far to the left and right of x = 6 m."""
    return np.ones(SPEC.shape, bool) & (6.0 - left < X) & (6.0 + right > X)


@pytest.mark.parametrize(("left", "right", "side"), [(2.0, 5.0, -1), (5.0, 2.0, 1)])
def test_the_nearest_frontier_is_the_target(left, right, side):
    given = inputs(ends_unknown(left, right), yaw=np.pi / 2)  # as long a turn to either side
    state, out = stepped("nearest_frontier", given)
    target = np.asarray(out.target_m)
    edge = 6.0 + side * min(left, right)
    assert side * (target[0] - 6.0) > -0.1  # never away from it
    assert np.abs(edge - target[0]) <= 3.0 + 0.1  # from where it is seen
    assert not bool(out.nothing_left)
    # On arrival it looks at the frontier.
    assert side * np.cos(float(out.reference_yaw_rad[-1])) > 0.7
    assert np.isfinite(np.asarray(out.guidance)).all()
    assert np.asarray(state.target_m) == pytest.approx(target)


def test_a_viewpoint_sees_its_frontier_and_a_wall_hides_it():
    wall = box(8.0, 0.2, 8.2, 4.6)
    free = HALL & ~wall
    known = ends_unknown(9.0, 3.0) & ~box(8.2, 0.0, 12.0, 6.0)
    known |= wall
    # Unknown: what lies behind the wall, open to the hall only through its gap above y = 4.6 m.
    given = inputs(known, free, xy=(5.0, 1.5))
    found = survey(CONFIG, SPEC, init(CONFIG, SPEC, jax.random.key(0)), given)
    (view,) = viewpoints.visible_frontiers(CONFIG, SPEC, found, given)
    eye = np.array([SPEC.origin_m[k] + 0.1 * view.cell[k] for k in (0, 1)])
    frontier = np.array([8.2, 5.2])
    assert np.linalg.norm(eye - frontier) < 3.2
    # The line from the eye to the middle of the gap meets no wall.
    line = eye + np.linspace(0.0, 0.95, 200)[:, None] * (frontier - eye)
    cells = np.rint((line - SPEC.origin_m) / 0.1).astype(int)
    assert free[cells[:, 0], cells[:, 1]].all()
    toward = np.arctan2(*(frontier - eye)[::-1])
    assert np.abs((view.yaw_rad - toward + np.pi) % (2 * np.pi) - np.pi) < 0.5
    # The way to it is that around nothing: a straight line, at least.
    assert view.distance_m >= np.linalg.norm(eye - (5.0, 1.5)) - 0.2


def test_frontier_cells_and_clusters_of_a_drawn_map():
    free = box(1.0, 1.0, 3.0, 5.0)
    unknown = ~free & ~box(0.0, 0.0, 1.0, 6.0)  # known wall to the left
    frontier = frontiers.frontier_cells(free, unknown)
    expected = np.zeros(SPEC.shape, bool)
    for i, j in np.argwhere(unknown):
        around = [(i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)]
        expected[i, j] = any(free[a] for a in around if 0 <= a[0] < 120 and 0 <= a[1] < 60)
    np.testing.assert_array_equal(frontier, expected)
    assert frontier.sum() == 20 + 40 + 20
    parts = frontiers.clusters(frontier, least_cells=3, longest_cells=20.0)
    joined = np.concatenate(parts)
    assert len(joined) == len(np.unique(joined, axis=0)) == frontier.sum()
    assert all(np.ptp(part, axis=0).max() <= 20 for part in parts)
    assert len(parts) >= 3
    assert frontiers.clusters(frontier, least_cells=81, longest_cells=20.0) == []


def test_lines_of_sight_end_at_walls_and_at_their_reach():
    free = HALL & ~box(5.0, 0.0, 5.2, 4.0)
    eye = np.array([[30, 20]] * 4)
    cells = np.array([[40, 20], [70, 20], [49, 25], [30, 44]])
    seen = frontiers.in_sight(free, eye, cells, reach=25.0)
    assert seen.tolist() == [True, False, True, True]
    assert not frontiers.in_sight(free, eye[:1], np.array([[58, 20]]), reach=25.0).any()


def test_the_tour_begins_with_the_near_end_that_would_cost_a_way_back_later():
    # Nearest in time is the right end; a tour that ends at the far left one looks right first,
    # whichever way the drone faces. With the right end farther than the left, it is left first.
    for left, right, side in ((5.0, 3.6, 1), (3.6, 5.0, -1)):
        _, out = stepped("frontier_tour", inputs(ends_unknown(left, right), yaw=np.pi / 2))
        assert side * (float(out.target_m[0]) - 6.0) > -0.1
        assert not bool(out.nothing_left)


def test_ways_between_viewpoints_go_around_walls():
    free = HALL & ~box(5.9, 0.2, 6.1, 4.8)
    given = inputs(np.ones(SPEC.shape, bool), free, xy=(5.0, 1.5))
    found = survey(CONFIG, SPEC, init(CONFIG, SPEC, jax.random.key(0)), given)
    cells = [(50, 15), (70, 15), (50, 30)]
    views = [frontiers.Viewpoint(c, 0.0, float(np.asarray(found.distance_m)[c]), 9) for c in cells]
    way = viewpoints.ways_m(SPEC, found, views, 4)
    around = 2.0 * np.hypot(1.0, 5.2 - 1.55)  # past the wall's upper end, at arm's length
    assert way[0, 1] == way[1, 0]
    assert around <= way[0, 1] <= around + 1.2
    assert way[0, 2] == pytest.approx(1.5, abs=0.35)  # cells of 0.3 m
    np.testing.assert_array_equal(np.diag(way), 0.0)


def test_random_targets_are_seeded_reachable_and_kept_until_arrival():
    given = inputs(ends_unknown(4.0, 4.0))
    targets = [np.asarray(stepped("random", given, seed)[1].target_m) for seed in (1, 1, 2, 3, 4)]
    np.testing.assert_array_equal(targets[0], targets[1])
    assert len({tuple(t) for t in targets}) == 4
    state, out = stepped("random", given, 1)
    navigable = np.asarray(out.navigable)
    for target in targets:
        assert navigable[cell_of(SPEC, target)]
    _, again = stepped("random", given, state=state)
    np.testing.assert_array_equal(again.target_m, targets[0])
    there = inputs(ends_unknown(4.0, 4.0), xy=tuple(targets[0] + 0.05))
    _, after = stepped("random", there, state=state)
    assert np.linalg.norm(np.asarray(after.target_m) - targets[0]) > 0.2


def test_greedy_information_sees_nothing_beyond_its_window_and_gives_up_in_the_end():
    far = ends_unknown(6.0, 5.0)  # unknown at 5 m, where the sensor reaches 4 m: 1 m away
    _, out = stepped("greedy_information", inputs(far))
    assert float(out.target_m[0]) > 6.5
    beyond = ends_unknown(6.0, 5.0)
    given = inputs(beyond, xy=(1.5, 3.0))  # the window ends at 4.5 m; sources begin at 7 m
    state, out = stepped("greedy_information", given)
    assert not bool(out.nothing_left)
    assert np.asarray(out.target_m) == pytest.approx((1.5, 3.0), abs=0.1)  # it stays
    for _ in range(round(float(CONFIG.progress.patience_s) / 0.5) - 1):
        assert not bool(out.nothing_left)
        state, out = stepped("greedy_information", given, state=state)
    assert bool(out.nothing_left)


def test_greedy_information_climbs_to_the_best_gain_of_its_window():
    given = inputs(ends_unknown(2.0, 5.9))
    _, out = stepped("greedy_information", given)
    window = (np.abs(X - 6.0) <= 3.0) & (np.abs(Y - 3.0) <= 3.0)
    gain = np.where(np.asarray(out.navigable) & window, out.gain, 0.0)
    cell = cell_of(SPEC, np.asarray(out.target_m))
    assert gain[cell] >= 0.95 * gain.max()
    assert gain[cell] > gain[cell_of(SPEC, np.array([6.0, 3.0]))]


def test_every_planner_of_the_table_is_tested_except_ours():
    assert set(PLANNERS) - set(COMPARED) == {"parallel", "sequential"}


@pytest.mark.parametrize("name", COMPARED)
def test_when_nothing_is_left_every_planner_that_is_compared_goes_to_the_goal(name):
    given = inputs(np.ones(SPEC.shape, bool), goal=(1.0, 1.0))
    state, out = stepped(name, given)
    for _ in range(13):  # the greedy one waits for its patience
        state, out = stepped(name, given, state=state)
    assert bool(out.nothing_left)
    assert bool(out.goal_reachable)
    assert float(out.reachable_unknown_m2) == 0.0
    assert np.asarray(out.target_m) == pytest.approx((1.0, 1.0), abs=0.1)
    assert float(jnp.max(out.gain)) == 0.0


@pytest.mark.parametrize("name", ["nearest_frontier", "frontier_tour", "random"])
def test_a_frontier_that_stays_unknown_in_plain_view_is_given_up(name):
    given = inputs(ends_unknown(7.0, 3.0))
    state, out = stepped(name, given)
    for _ in range(20 if name != "random" else 80):  # that one looks there by chance only
        if bool(out.nothing_left):
            break
        # It looks from its target, and the map does not change.
        xy, yaw = np.asarray(out.target_m), float(out.reference_yaw_rad[-1])
        looking = inputs(ends_unknown(7.0, 3.0), xy=(float(xy[0]), float(xy[1])), yaw=yaw)
        state, out = stepped(name, looking, state=state)
    gave_up = np.asarray(state.looked_s) >= CONFIG.look_patience_s
    assert gave_up.any()
    if name != "random":
        assert bool(out.nothing_left)


def test_places_that_the_watch_gave_up_are_no_viewpoints():
    given = inputs(ends_unknown(7.0, 3.0))
    state = init(CONFIG, SPEC, jax.random.key(0))
    watch = state.progress._replace(given_up=jnp.ones(SPEC.shape, bool))
    _, out = stepped("nearest_frontier", given, state=state._replace(progress=watch))
    assert bool(out.nothing_left)
    known = jnp.int32(np.count_nonzero(given.known))
    aside = state.progress._replace(
        set_aside=jnp.ones(SPEC.shape, bool), known_at_set_aside=known, known_cells=known
    )
    found = survey(CONFIG, SPEC, state._replace(progress=aside), given)
    assert not np.asarray(found.preferred).any()
    assert viewpoints.visible_frontiers(
        CONFIG, SPEC, found, given
    )  # set aside is better than none
    assert float(np.asarray(found.distance_m).max()) == FAR


BAD = [
    ({"position_m": [-0.8, 3.0, 2.0]}, PlanCode.OFF_THE_MAP),
    ({"position_m": [np.nan, 3.0, 2.0]}, PlanCode.NOT_FINITE),
    ({"position_m": [3.0, 3.0, np.inf]}, PlanCode.NOT_FINITE),
    ({"yaw_rad": np.nan}, PlanCode.NOT_FINITE),
    ({"goal_m": [np.nan, 3.0, 2.0]}, PlanCode.NOT_FINITE),
    ({"dt_s": np.nan}, PlanCode.NOT_FINITE),
    ({"position_m": [6.0, 0.1, 2.0]}, PlanCode.NO_ROOM),  # in the wall around the hall
]


@pytest.mark.parametrize("name", COMPARED)
def test_a_pose_that_is_none_is_said_and_changes_nothing_that_is_remembered(name):
    config = planning.InfoFieldConfig(range_m=3.0, local_half_width_m=2.0, n_directions=8)
    start, step = PLANNERS[name].init, PLANNERS[name].step
    good = inputs(ends_unknown(3.0, 3.0))
    state, out = step(config, SPEC, start(config, SPEC, jax.random.key(0)), good)
    assert int(out.code) == PlanCode.OK
    for how, code in BAD:
        bad = dataclasses.replace(good, **{k: jnp.asarray(v, jnp.float32) for k, v in how.items()})
        after, out = step(config, SPEC, state, bad)
        assert int(out.code) == code, how
        assert not bool(out.nothing_left) and not bool(out.settled)
        assert not bool(out.goal_reachable)
        for leaf in jax.tree.leaves(out):
            assert np.isfinite(np.asarray(leaf, float)).all(), how
        for new, old in zip(jax.tree.leaves(after), jax.tree.leaves(state), strict=True):
            if jnp.issubdtype(new.dtype, jax.dtypes.prng_key):
                new, old = jax.random.key_data(new), jax.random.key_data(old)
            np.testing.assert_array_equal(new, old)
    p = np.array(good.p)
    p[50:60, 20:30] = np.nan
    _, out = step(config, SPEC, state, dataclasses.replace(good, p=jnp.asarray(p)))
    assert int(out.code) == PlanCode.OK and np.isfinite(np.asarray(out.guidance)).all()


@pytest.mark.slow
@pytest.mark.parametrize("dt_s", [0.5, 7.0])
@pytest.mark.parametrize("yaw", [0.0, 0.7])
def test_baselines_take_stock_as_the_information_field_does(dt_s, yaw):
    """The same cells are looked at, however long they were not: only the choice may differ."""
    # So far that coarse directions have gaps.
    config = planning.InfoFieldConfig(range_m=9.0, n_directions=16)
    hidden = HALL & ~box(0.2, 0.2, 4.0, 5.8) & ~box(8.0, 1.0, 11.8, 5.0)
    given = dataclasses.replace(inputs(~HALL | hidden, yaw=yaw), dt_s=jnp.float32(dt_s))
    ours, _ = jax.jit(planning.step, static_argnums=1)(  # compiled as the other, for equal bits
        config, SPEC, planning.init(config, SPEC), given
    )
    theirs = survey(config, SPEC, init(config, SPEC, jax.random.key(0)), given)
    assert float(theirs.looked_s.max()) > 0.0
    np.testing.assert_array_equal(ours.looked_s, theirs.looked_s)
