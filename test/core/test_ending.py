# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When the planner says that nothing is left: never on one map, and never off the map."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import planning
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.control.mission import (
    FAULT_TIMEOUT_S,
    MissionConfig,
    MissionInputs,
    decide,
)
from live_mvp_ros.planning import ending
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.guidance import navigable_now
from live_mvp_ros.vehicle import BodyConfig

CONFIG = planning.InfoFieldConfig(n_directions=24)
STEP = jax.jit(planning.step, static_argnums=1)
SPEC = GridSpec((0.05, 0.05), 0.1, (100, 60))
DT_S = 0.5
ROOM, BEYOND = (1.2, 3.0), (7.0, 3.0)
DOOR = (slice(48, 52), slice(24, 36))  # 1.2 m wide, in the wall between two rooms
PERSON = (slice(48, 51), slice(27, 33))


def two_rooms() -> np.ndarray:
    """Return the occupied cells of two rooms with a door between them."""
    solid = np.zeros(SPEC.shape, bool)
    solid[:2] = solid[-2:] = solid[:, :2] = solid[:, -2:] = True
    solid[48:52] = True
    solid[DOOR] = False
    return solid


def given(solid, known=None, *, at=ROOM, yaw=0.0, goal=BEYOND, p_solid=0.95, z=2.0):
    known = np.ones(SPEC.shape, bool) if known is None else known
    p = np.where(solid, np.float32(0.95), np.float32(0.05))
    p[PERSON] = np.where(solid[PERSON], np.float32(p_solid), p[PERSON])
    return planning.InfoFieldInputs(
        p=jnp.asarray(np.where(known, p, np.float32(0.5))),
        known=jnp.asarray(known),
        position_m=jnp.array([*at, z], jnp.float32),
        yaw_rad=jnp.float32(yaw),
        goal_m=jnp.array([*goal, 2.0], jnp.float32),
        dt_s=jnp.float32(DT_S),
    )


def decided(out, state=None, away_m=9.0, lasts_s=0.0) -> MissionState:
    """Return what the mission makes of a plan."""
    now = MissionInputs(
        odom_age_s=0.0,
        map_age_s=0.0,
        field_age_s=0.0,
        elapsed_s=50.0,
        distance_to_goal_m=away_m,
        nothing_left=bool(out.nothing_left),
        goal_reachable=bool(out.goal_reachable),
        settled=bool(out.settled),
        code=int(out.code),
        code_s=lasts_s,
    )
    return decide(MissionConfig(), state, now).state


class Follower:
    """Flies the reference path at once, and turns as it says."""

    def __init__(self) -> None:
        self.state = planning.init(CONFIG, SPEC)
        self.at, self.yaw, self.time_s = np.array(ROOM), 0.0, 0.0
        self.places: list[np.ndarray] = []

    def plan(self, solid, known=None, **how):
        self.state, out = STEP(
            CONFIG, SPEC, self.state, given(solid, known, at=self.at, yaw=self.yaw, **how)
        )
        path, yaw = np.asarray(out.reference_path_m)[:, :2], np.asarray(out.reference_yaw_rad)
        turn = (yaw[8] - self.yaw + np.pi) % (2.0 * np.pi) - np.pi
        self.yaw += float(np.clip(turn, -1.5 * DT_S, 1.5 * DT_S))
        self.at = path[8]
        self.places.append(self.at)
        self.time_s += DT_S
        return out


def test_one_plan_without_anything_left_does_not_end_a_mission():
    closed = two_rooms()
    closed[DOOR] = True  # never known to be free, and surely solid
    follower = Follower()
    first = follower.plan(closed)
    assert decided(first) is MissionState.GOING_TO_GOAL
    assert decided(first, away_m=0.5) is MissionState.GOING_TO_GOAL
    plans = 1
    while decided(out := follower.plan(closed)) is not MissionState.DONE:
        plans += 1
        assert plans < 30
    assert plans >= 3
    assert follower.time_s >= ending.SETTLE_S
    assert bool(out.nothing_left)


def test_what_was_seen_again_in_between_starts_the_evidence_anew():
    closed = two_rooms()
    closed[DOOR] = True
    unknown = np.ones(SPEC.shape, bool)
    unknown[20:30, 20:30] = False
    follower = Follower()
    for k in range(12):
        out = follower.plan(closed, unknown if k % 3 == 2 else None)
        assert decided(out) is not MissionState.DONE


def test_time_that_does_not_count_is_no_evidence():
    closed = two_rooms()
    closed[DOOR] = True
    state = planning.init(CONFIG, SPEC)
    for _ in range(20):
        inputs = dataclasses.replace(given(closed), dt_s=jnp.float32(0.0))
        state, out = STEP(CONFIG, SPEC, state, inputs)
    assert bool(out.nothing_left)
    assert not bool(out.settled)


@pytest.mark.parametrize("p_solid", [0.6, 0.95])
def test_a_person_in_the_door_is_looked_at_again_from_near_and_when_gone_the_flight_goes_on(
    p_solid,
):
    open_door, blocked = two_rooms(), two_rooms()
    blocked[PERSON] = True
    follower = Follower()
    assert bool(follower.plan(open_door).goal_reachable)
    for _ in range(8):  # 4 s: far more than one plan
        out = follower.plan(blocked, p_solid=p_solid)
        assert not bool(out.nothing_left)
        assert decided(out) is MissionState.EXPLORING
    away_m = np.hypot(*(follower.at - (4.9, 3.0)))
    assert away_m < 2.5  # it went there, from 3.7 m
    towards = np.arctan2(3.0 - follower.at[1], 4.9 - follower.at[0])
    assert abs((follower.yaw - towards + np.pi) % (2 * np.pi) - np.pi) < 0.7
    for _ in range(40):
        out = follower.plan(open_door)
        assert bool(out.goal_reachable)
        if np.hypot(*(follower.at - BEYOND)) < 1.0:
            break
    assert np.hypot(*(follower.at - BEYOND)) < 1.0


@pytest.mark.parametrize("p_solid", [0.6, 0.95])
def test_a_person_who_stays_is_believed_in_the_end(p_solid):
    open_door, blocked = two_rooms(), two_rooms()
    blocked[PERSON] = True
    follower = Follower()
    follower.plan(open_door)
    ended = None
    while follower.time_s < 90.0 and ended is None:
        out = follower.plan(blocked, p_solid=p_solid)
        if decided(out) is MissionState.DONE:
            ended = follower.time_s
    assert ended is not None
    assert ended > ending.DOUBT_PATIENCE_S
    assert bool(out.nothing_left)
    assert not bool(out.goal_reachable)
    looked_from = [at for at in follower.places if np.hypot(*(at - (4.9, 3.0))) < 2.5]
    assert np.ptp(looked_from, axis=0).max() > 0.4  # from more than one place


def test_a_person_in_a_door_that_was_never_seen_open_is_looked_at_again():
    """p = 0.6: one look more or less. What may be a wall may be a door."""
    solid, known = two_rooms(), np.ones(SPEC.shape, bool)
    solid[48:51, 24:36] = True
    known[51:] = False
    p = np.where(solid, 0.95, 0.05).astype(np.float32)
    p[48:51, 24:36] = 0.6
    state, at = planning.init(CONFIG, SPEC), ROOM
    for _ in range(4):
        inputs = given(solid, known, at=at)
        inputs = planning.InfoFieldInputs(
            **{**vars(inputs), "p": jnp.asarray(np.where(known, p, np.float32(0.5)))}
        )
        state, out = STEP(CONFIG, SPEC, state, inputs)
        at = np.asarray(out.reference_path_m)[5, :2]
        assert not bool(out.nothing_left)
    assert at[0] > 2.0


def doubting(seconds, looks, body=None, state=None, known=None):
    """Return the doubts, and whether any is left, after looking at a person in the door."""
    body = BodyConfig() if body is None else body
    blocked = two_rooms()
    blocked[PERSON] = True
    known = jnp.ones(SPEC.shape, bool) if known is None else jnp.asarray(known)
    navigable = np.zeros(SPEC.shape, bool)
    navigable[6:44, 6:54] = True
    looks = looks * jnp.asarray(blocked, jnp.float32)
    empty = jnp.asarray(~two_rooms())
    begins = state is None
    state = ending.no_doubt(SPEC) if begins else state
    free = empty if begins else empty & known & jnp.asarray(~blocked)
    for _ in range(1 + round(seconds / DT_S)):
        state = LOOKED_AGAIN(state, known, free & known, looks, 5, jnp.float32(DT_S))
        free = known & jnp.asarray(~blocked)
        doubted = IN_DOUBT(
            state,
            SPEC,
            jnp.where(jnp.asarray(blocked), 0.6, 0.05),
            known & jnp.asarray(blocked),
            jnp.zeros(SPEC.shape, bool),
            jnp.asarray(navigable),
            body.fits_from_m,
            10.0,
            1.5,
            body,
            jnp.ones(SPEC.shape, bool),
        )
        state = state._replace(doubted=doubted)
    return state, bool(jnp.any(doubted))


LOOKED_AGAIN = jax.jit(ending.looked_again, static_argnums=4)
IN_DOUBT = jax.jit(ending.in_doubt, static_argnums=(1, 6))


@pytest.mark.slow
@pytest.mark.parametrize("speed_m_s", [2.0, 0.2])
def test_a_doubt_is_not_believed_while_the_drone_is_on_its_way_to_it(speed_m_s):
    """10 m away at 0.05 m/s are 200 s; the way there is not endless either."""
    body = BodyConfig(speed_max_m_s=speed_m_s)
    slowest_m_s = 0.125 * speed_m_s  # an average below it is no progress
    state, left = doubting(10.0 / slowest_m_s, 0.0, body)
    assert left
    assert float(state.spent_s) == 0.0
    assert not doubting(200.0 / slowest_m_s, 0.0, body, state)[1]


def test_a_doubt_that_is_looked_at_is_believed_in_the_end_later_by_a_slow_drone():
    assert doubting(9.0, 1.0)[1] and not doubting(12.0, 1.0)[1]
    assert doubting(50.0, 0.01)[1] and not doubting(65.0, 0.01)[1]
    slow = BodyConfig(speed_max_m_s=0.5)
    assert doubting(200.0, 0.01, slow)[1] and not doubting(250.0, 0.01, slow)[1]


def test_a_map_that_begins_anew_gives_doubts_their_time_again():
    state, left = doubting(65.0, 0.01)
    assert not left
    few = np.zeros(SPEC.shape, bool)
    few[:60] = True  # the map was reset: 6,000 known cells, then 3,600, then some more
    state, left = doubting(5.0, 0.01, state=state, known=few)
    assert left and float(state.spent_s) < 7.0
    assert int(state.known_cells) == 3600
    few[60:62] = True
    state, _ = doubting(0.0, 0.01, state=state, known=few)
    assert int(state.known_cells) == 3720 and float(state.spent_s) == 0.0


def test_stale_obstacles_in_known_free_space_are_looked_at_again():
    """A person who stood in the middle of the room has gone; the map does not know it yet."""
    empty, stood = two_rooms(), two_rooms()
    stood[28:32, 44:48] = True
    follower = Follower()
    follower.plan(empty)
    out = follower.plan(stood)
    out = follower.plan(stood)
    assert not bool(out.nothing_left)
    for _ in range(20):
        out = follower.plan(stood)
        towards = np.arctan2(4.5 - follower.at[1], 3.0 - follower.at[0])
        if abs((follower.yaw - towards + np.pi) % (2 * np.pi) - np.pi) < 0.6:
            return
    pytest.fail("it was never looked at")


def test_noise_at_the_surface_of_walls_is_no_doubt():
    empty, noisy = two_rooms(), two_rooms()
    rng = np.random.default_rng(0)
    noisy[2, 5:55] |= rng.random(50) < 0.5
    noisy[5:45, 57] |= rng.random(40) < 0.5
    follower = Follower()
    follower.plan(empty)
    for _ in range(2):
        out = follower.plan(noisy)
    assert bool(out.nothing_left)


BAD = [
    ({"at": (-0.8, 3.0)}, PlanCode.OFF_THE_MAP),
    ({"at": (1e9, 3.0)}, PlanCode.OFF_THE_MAP),
    ({"at": (3.0, -1e9)}, PlanCode.OFF_THE_MAP),
    ({"at": (np.nan, 3.0)}, PlanCode.NOT_FINITE),
    ({"at": (3.0, np.inf)}, PlanCode.NOT_FINITE),
    ({"z": np.nan}, PlanCode.NOT_FINITE),
    ({"yaw": np.nan}, PlanCode.NOT_FINITE),
    ({"goal": (np.nan, 3.0)}, PlanCode.NOT_FINITE),
    ({"at": (5.0, 1.0)}, PlanCode.NO_ROOM),  # in the middle of the wall
]


@pytest.mark.parametrize(("how", "code"), BAD)
def test_a_pose_that_is_none_is_a_fault_and_never_the_end(how, code):
    solid = two_rooms()
    state, good = STEP(CONFIG, SPEC, planning.init(CONFIG, SPEC), given(solid))
    assert int(good.code) == PlanCode.OK
    for _ in range(12):
        state, out = STEP(CONFIG, SPEC, state, given(solid, **how))
        assert int(out.code) == code
        assert not bool(out.nothing_left)
        assert not bool(out.settled)
        for leaf in jax.tree.leaves(out):
            assert np.isfinite(np.asarray(leaf, float)).all()
        assert decided(out) is MissionState.HOLDING
        assert decided(out, lasts_s=FAULT_TIMEOUT_S) is MissionState.FAULT
    state, out = STEP(CONFIG, SPEC, state, given(solid))
    assert int(out.code) == PlanCode.OK
    assert decided(out) is MissionState.GOING_TO_GOAL
    for leaf in jax.tree.leaves(state):
        assert not np.isnan(np.asarray(leaf, float)).any()


def test_a_map_that_is_not_finite_somewhere_is_unknown_there():
    inputs = given(two_rooms())
    p = np.array(inputs.p)
    p[20:30, 20:30] = np.nan
    inputs = planning.InfoFieldInputs(**{**vars(inputs), "p": jnp.asarray(p)})
    _, out = STEP(CONFIG, SPEC, planning.init(CONFIG, SPEC), inputs)
    assert not bool(out.nothing_left)
    assert np.isfinite(np.asarray(out.guidance)).all()


@pytest.mark.parametrize("turned", [False, True])
def test_in_an_alcove_the_drone_starts_on_its_own_side_of_the_wall(turned):
    """The alcove is 0.5 m wide; behind its end wall another room is nearer than its own."""
    solid = np.ones(SPEC.shape, bool)
    solid[2:40, 2:58] = False  # the drone's own room
    solid[40:46, 30:35] = False  # the alcove: too narrow to fit
    solid[48:98, 2:58] = False  # behind its end wall of 0.2 m
    xy = (4.55, 3.25)
    spec = SPEC
    if turned:
        solid, xy, spec = solid.T, xy[::-1], GridSpec((0.05, 0.05), 0.1, (60, 100))
    navigable = np.asarray(navigable_now(CONFIG.body, spec, jnp.asarray(~solid), jnp.asarray(xy)))
    navigable = navigable.T if turned else navigable
    assert navigable[10:30, 10:50].all()
    assert not navigable[48:].any()


def test_a_room_that_is_too_far_by_way_is_not_entered():
    solid = np.ones(SPEC.shape, bool)
    solid[2:20, 2:58] = False
    solid[20:49, 30:35] = False  # a corridor of 2.9 m, too narrow
    xy = jnp.array([4.65, 3.25])
    navigable = np.asarray(navigable_now(CONFIG.body, SPEC, jnp.asarray(~solid), xy))
    assert navigable.sum() == 1


def evidence_of(found: list[bool], dt_s: float = 0.2) -> list[bool]:
    """Return what plans conclude that have, or have not, found nothing."""
    state, concluded = ending.no_evidence(), []
    for empty in found:
        state, nothing_left = ending.remembered(state, jnp.asarray(empty), jnp.float32(dt_s))
        concluded.append(bool(nothing_left))
    return concluded


def test_what_comes_and_goes_before_the_end_is_no_reason_to_turn_back():
    """A passage that is a cell too narrow in every other map."""
    flickering = [True] * 5 + ([False] * 5 + [True] * 5) * 4
    assert evidence_of(flickering) == [True] * len(flickering)


def test_what_is_left_again_and_stays_is_looked_at_after_a_while():
    concluded = evidence_of([True] * 5 + [False] * 40)
    assert all(concluded[:19]) and not any(concluded[20:])


def test_one_plan_that_finds_nothing_concludes_nothing_for_the_next():
    assert evidence_of([False, True, False, True, True, False]) == [
        False, True, False, True, True, False,
    ]  # fmt: skip
