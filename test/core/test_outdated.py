# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Known space that must be looked at again: ways lead through it, and the vehicle looks ahead."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import mapping, planning
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.mapping import evidence
from live_mvp_ros.planning import outdated
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.frame import LOCAL_RESOLUTION_M, N_YAW
from live_mvp_ros.sim import planar
from live_mvp_ros.vehicle import at_rest

SPEC = GridSpec.covering((0.0, 0.0), (20.0, 6.0), 0.1)
X, Y = (c[:, None] if i == 0 else c[None, :] for i, c in enumerate(SPEC.centres()))
HERE = (3.0, 3.0)
WALL = (Y > 5.8) & np.ones(SPEC.shape, bool)


def inputs(unknown):
    """Return a hall with a wall of which some cells are unknown."""
    known = ~np.asarray(unknown)
    p = np.where(known, np.where(WALL, 0.95, 0.05), 0.5)
    return planning.InfoFieldInputs(
        p=jnp.asarray(p, jnp.float32),
        known=jnp.asarray(known),
        position_m=jnp.array([*HERE, 2.0]),
        yaw_rad=jnp.float32(0.0),
        goal_m=jnp.zeros(3),
        dt_s=jnp.float32(0.5),
    )


def around(x, y, radius):
    return (X - x) ** 2 + (Y - y) ** 2 <= radius**2


def test_what_was_free_stays_free_for_the_planner_while_the_map_does_not_trust_it():
    nothing = np.zeros(SPEC.shape, bool)
    memory, as_it_was, old = outdated.remember(SPEC, outdated.init(SPEC), inputs(nothing))
    assert not np.any(old)
    np.testing.assert_array_equal(as_it_was.p, inputs(nothing).p)
    near = around(4.0, 5.0, 1.5)  # a part of the wall is among it
    for _ in range(3):  # and however often it is asked
        memory, put_back, old = outdated.remember(SPEC, memory, inputs(near))
        np.testing.assert_array_equal(old, near & ~WALL)
        np.testing.assert_array_equal(put_back.known, ~(near & WALL))
        assert np.all(np.asarray(put_back.p)[near & ~WALL] < 0.5)
    _, fresh, old = outdated.remember(SPEC, memory, inputs(nothing))
    assert not np.any(old) and np.all(fresh.known)


def test_what_becomes_unknown_far_away_or_was_never_known_is_unknown():
    nothing = np.zeros(SPEC.shape, bool)
    memory, _, _ = outdated.remember(SPEC, outdated.init(SPEC), inputs(nothing))
    reset = np.ones(SPEC.shape, bool)
    _, _, old = outdated.remember(SPEC, memory, inputs(reset))
    assert not np.any(np.asarray(old) & ~around(*HERE, outdated.REMEMBERED_WITHIN_M))
    _, _, old = outdated.remember(SPEC, outdated.init(SPEC), inputs(reset))
    assert not np.any(old)


def field(path):
    """Return a field that leads along a path and would look to the left, where most is learned."""
    n, half = N_YAW, 20
    gain = np.zeros((n, 2 * half + 1, 2 * half + 1), np.float32)
    gain[3 * n // 4] = 1.0  # yaw pi / 2
    nothing = jnp.zeros(SPEC.shape)
    return planning.InfoFieldOutput(
        gain=nothing,
        best_yaw=nothing,
        guidance=nothing,
        local_gain=jnp.asarray(gain),
        local_origin_m=jnp.array(HERE) - half * LOCAL_RESOLUTION_M,
        reference_path_m=jnp.asarray(path, jnp.float32),
        reference_yaw_rad=jnp.zeros(len(path)),
        nothing_left=jnp.array(False),
        goal_reachable=jnp.array(True),
        reachable_unknown_m2=jnp.float32(1.0),
        explored_fraction=jnp.float32(0.5),
        target_m=jnp.asarray(path[-1][:2]),
        navigable=jnp.ones(SPEC.shape, bool),
        sources=jnp.zeros(SPEC.shape, bool),
        frontier=jnp.zeros(SPEC.shape, bool),
        looks_again=jnp.array(False),
        leftover=jnp.zeros(2, jnp.int32),
        settled=jnp.array(False),
        code=jnp.int32(int(PlanCode.OK)),
    )


def looks_to(out):
    """Return the yaw that the field prefers at the vehicle."""
    middle = out.local_gain.shape[1] // 2
    k = int(np.argmax(np.asarray(out.local_gain)[:, middle, middle]))
    return -math.pi + 2.0 * math.pi * k / N_YAW


STRAIGHT = [(HERE[0] + 0.1 * i, HERE[1], 2.0) for i in range(40)]
CORNER = [(3.0 + min(0.1 * i, 0.5), 3.0 - max(0.1 * i - 0.5, 0.0), 2.0) for i in range(40)]


@pytest.mark.parametrize(
    ("path", "old", "yaw"),
    [
        (STRAIGHT, around(4.5, 3.0, 0.2), 0.0),
        (STRAIGHT, around(4.5, 3.3, 0.2), 0.0),  # beside the way, where the body comes
        (STRAIGHT, around(4.5, 4.5, 0.5), math.pi / 2),  # beside, and far enough
        (STRAIGHT, around(6.2, 3.0, 0.2), math.pi / 2),  # ahead, there is time
        (STRAIGHT, around(1.0, 3.0, 1.0), math.pi / 2),  # behind
        (CORNER, around(3.5, 1.6, 0.3), -math.pi / 4),  # around the corner: it turns before it
    ],
)
def test_it_looks_where_it_flies_while_the_way_is_old(path, old, yaw):
    out = outdated.watchful(SPEC, field(path), jnp.asarray(old))
    assert looks_to(out) == pytest.approx(yaw, abs=2.0 * math.pi / N_YAW / 2 + 1e-6)


def test_a_map_trusts_no_free_space_nearby_that_was_seen_too_long_a_way_ago():
    config = planar.PlanarSensorConfig(noise_sigma_m=0.0, range_m=3.0)
    occupied = jnp.asarray(np.broadcast_to((X < 0.5) | (X > 19.5), SPEC.shape))

    @jax.jit
    def look(state, x, yaw):
        vehicle = at_rest(jnp.array([x, 3.0, 2.0]), yaw)
        ranges = planar.measure(config, SPEC, occupied, vehicle, jax.random.key(0))
        return planar.step(config, SPEC, state, vehicle, ranges)

    state = planar.init(SPEC)
    state = look(state, 2.0, math.pi)  # it sees the wall behind it once
    there_and_back = np.concatenate([np.arange(2.0, 7.0, 0.5), np.arange(7.0, 2.9, -0.5)])
    for x in there_and_back:  # 9 m, and looks ahead all the time
        state = look(state, float(x), 0.0)
    _, known = planar.occupancy(SPEC, state)
    seen = np.asarray(state.seen)
    np.testing.assert_array_equal(known, seen)  # for who trusts everything
    p, known = map(np.asarray, planar.occupancy(SPEC, state, 7.0))
    behind = around(1.2, 3.0, 0.3)
    assert seen[behind].all() and not known[behind].any() and np.all(p[behind] == 0.5)
    wall = (X < 0.5) & around(0.5, 3.0, 0.5) & seen
    assert wall.any() and known[wall].all() and np.all(p[wall] > 0.5)  # what blocks still blocks
    assert known[around(4.5, 3.0, 0.3)].all()  # ahead it has just been seen
    _, known = map(np.asarray, planar.occupancy(SPEC, state, 12.0))
    np.testing.assert_array_equal(known, seen)  # 9 m are not too long yet


def test_a_live_map_forgets_old_free_space_nearby_and_keeps_what_was_looked_at_lately():
    config = mapping.LiveMapConfig(lower_m=(0.0, 0.0, 0.5), upper_m=(12.0, 6.0, 3.5))
    spec, altitude = mapping.map_grid(config), jnp.float32(2.0)
    cells = jnp.meshgrid(jnp.linspace(-1.0, 1.0, 97), jnp.linspace(-0.4, 0.4, 17), indexing="ij")

    @jax.jit
    def look(words, x, sign):
        """Look along x at a wall, from (x, 3, 2)."""
        wall = jnp.where(sign > 0, 11.5, 0.5)
        depth = sign * (wall - x)
        points = jnp.stack([x + sign * depth * jnp.ones(97 * 17), *(
            a.ravel() * depth + b for a, b in zip(cells, (3.0, 2.0), strict=True)
        )], axis=-1)  # fmt: skip
        at = jnp.stack([x, 3.0, 2.0])
        return evidence.integrate(config, words, mapping.scan_from_points(at, points, at))

    state = mapping.init(config, jax.random.key(0))
    words = look(state.evidence, 2.5, -1.0)  # it sees the wall behind it once
    there_and_back = np.concatenate([np.arange(2.5, 7.0, 0.5), np.arange(7.0, 2.9, -0.5)])
    for x in there_and_back:  # 9 m, and looks ahead all the time
        words = look(words, float(x), 1.0)
    state = state._replace(evidence=words)
    p_of_all, known_of_all = map(np.asarray, mapping.occupancy(config, state, altitude))
    x, y = spec.centres()
    x, y = np.broadcast_arrays(x[:, None], y[None, :])
    behind = (np.abs(x - 1.5) < 0.3) & (np.abs(y - 3.0) < 0.3)
    ahead = (np.abs(x - 5.5) < 0.3) & (np.abs(y - 3.0) < 0.3)
    wall = (np.abs(x - 0.45) < 0.06) & (np.abs(y - 3.0) < 0.5)
    assert known_of_all[behind | ahead | wall].all()
    forgetful = jax.jit(mapping.occupancy, static_argnums=3)
    p, known = map(np.asarray, forgetful(config, state, altitude, 7.0))
    assert not known[behind].any() and np.all(p[behind] == 0.5)
    assert known[ahead].all() and np.all(p[ahead] < 0.5)  # it has just been seen
    assert known[wall].all() and np.all(p[wall] > 0.5)  # what blocks still blocks
    here = (x - 3.0) ** 2 + (y - 3.0) ** 2 <= config.body.fits_from_m**2
    np.testing.assert_array_equal(known[here], known_of_all[here])  # the vehicle is there
    for trusts in (12.0, math.inf):
        p, known = map(np.asarray, forgetful(config, state, altitude, trusts))
        np.testing.assert_array_equal(known, known_of_all)
        np.testing.assert_array_equal(p, p_of_all)
