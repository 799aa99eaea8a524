# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole controller flies towards information, keeps its distance, and refuses what it must."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import control
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import ConfigurationError, replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control import controller
from live_mvp_ros.control.costs import speed_limit
from live_mvp_ros.control.safety import Fence, filter_command
from live_mvp_ros.control.surroundings import clearance_at
from live_mvp_ros.control.tables import tabulate
from live_mvp_ros.control.tracking import hold as tracking_hold
from live_mvp_ros.vehicle import BodyConfig, QuadrotorConfig, at_rest, hover_command, simulate

SPEC = GridSpec((0.05, 0.05), 0.1, (100, 60))
CONFIG = control.ControllerConfig(
    mppi=controller.mppi.MppiConfig(num_samples=400),
    lower_m=(0.0, 0.0, 0.5),
    upper_m=(10.0, 6.0, 3.0),
)
step = jax.jit(controller.step)
fly = jax.jit(simulate, static_argnames="substeps")


def costmap(wall=None):
    p = np.zeros(SPEC.shape, np.float32)
    if wall is not None:
        p[wall] = 1.0
    return control.build_costmap(SPEC, jnp.asarray(p), jnp.ones(SPEC.shape, bool), 1.5)


def field(target, path, look=None):
    x, y = SPEC.centres()
    guidance = -np.hypot(x[:, None] - target[0], y[None, :] - target[1])
    gain = np.zeros((16, 8, 8), np.float32)
    if look is not None:
        gain[look] = 1.0
    return control.prepare_field(
        SPEC,
        jnp.asarray(guidance, jnp.float32),
        jnp.asarray(gain),
        jnp.array([0.0, 0.0]),
        1.5,
        jnp.asarray(path, jnp.float32),
        jnp.zeros(len(path)),
    )


def straight(start, end, points=40):
    return np.column_stack(
        [np.linspace(start[i], end[i], points) for i in (0, 1)] + [np.full(points, 2.0)]
    )


def flown(config, start, cmap, guide, steps):
    state, vehicle = controller.init(config, jax.random.key(0)), start
    track = [np.asarray(vehicle.position)]
    for _ in range(steps):
        inputs = control.ControllerInputs(vehicle, cmap, guide, jnp.float32(0.02))
        state, out = step(config, state, inputs)
        assert int(out.code) == control.OK
        vehicle = fly(config.vehicle, vehicle, out.command, 0.02, substeps=4)
        track.append(np.asarray(vehicle.position))
    return vehicle, np.array(track)


@pytest.mark.parametrize("architecture", ["parallel", "sequential"])
def test_it_flies_to_the_target_around_a_wall_without_touching_it(architecture):
    wall = (slice(45, 55), slice(0, 35))
    config = replace(CONFIG, architecture=architecture)
    x, y = SPEC.centres()
    # Guidance around the wall's end at (5, 3.5): the way through the waypoint (5, 4.5).
    corner = np.array([5.0, 4.5])
    direct = np.hypot(x[:, None] - 8.0, y[None, :] - 2.0)
    around = np.hypot(x[:, None] - corner[0], y[None, :] - corner[1]) + np.hypot(3.0, 2.5)
    guidance = -np.where(x[:, None] < corner[0], around, direct)
    path = np.vstack([straight((2.0, 2.0), corner, 39), [[5.2, 4.4, 2.0]]])
    guide = field((8.0, 2.0), path)
    guide = guide._replace(guidance=tabulate(SPEC, jnp.asarray(guidance, jnp.float32)))
    _, track = flown(config, at_rest(jnp.array([2.0, 2.0, 2.0])), costmap(wall), guide, 220)
    assert track[-1, 0] > 4.5
    # The wall is the rectangle [4.5, 5.5] x [0, 3.5]; distances by hand, not from the cost map.
    gap = np.hypot(
        np.maximum(np.abs(track[:, 0] - 5.0) - 0.5, 0.0), np.maximum(track[:, 1] - 3.5, 0.0)
    )
    assert gap.min() > 0.3
    assert np.all(np.abs(track[:, 2] - 2.0) < 0.35)
    assert np.linalg.norm(np.diff(track, axis=0), axis=1).max() / 0.02 < 3.0


def test_it_turns_towards_what_can_be_seen_even_behind_its_back():
    guide = field((2.0, 2.0), straight((2.0, 2.0), (2.0, 2.0)), look=0)  # yaw -pi
    vehicle, _ = flown(CONFIG, at_rest(jnp.array([2.0, 2.0, 2.0]), 0.3), costmap(), guide, 200)
    assert abs(float(quaternion.yaw(vehicle.attitude))) > math.pi - 0.5


def test_a_plan_into_a_wall_is_reported_as_unsafe():
    start = at_rest(jnp.array([2.0, 2.0, 2.0]))._replace(velocity=jnp.array([6.0, 0.0, 0.0]))
    wall = (slice(25, 30), slice(0, 60))  # 0.5 m ahead at 6 m/s: nothing can avoid it
    guide = field((8.0, 2.0), straight((2.0, 2.0), (6.0, 2.0)))
    inputs = control.ControllerInputs(start, costmap(wall), guide, jnp.float32(0.02))
    _, out = step(CONFIG, controller.init(CONFIG, jax.random.key(0)), inputs)
    assert int(out.code) == control.NO_SAFE_PLAN


def test_a_state_that_is_not_finite_is_reported_and_forgotten():
    start = at_rest(jnp.array([2.0, jnp.nan, 2.0]))
    guide = field((8.0, 2.0), straight((2.0, 2.0), (6.0, 2.0)))
    inputs = control.ControllerInputs(start, costmap(), guide, jnp.float32(0.02))
    state, out = step(CONFIG, controller.init(CONFIG, jax.random.key(0)), inputs)
    assert int(out.code) == control.NOT_FINITE
    assert bool(jnp.all(jnp.isfinite(state.nominal)))


def test_one_seed_gives_one_flight():
    guide = field((8.0, 2.0), straight((2.0, 2.0), (6.0, 2.0)))
    runs = [flown(CONFIG, at_rest(jnp.array([2.0, 2.0, 2.0])), costmap(), guide, 10) for _ in "ab"]
    np.testing.assert_array_equal(runs[0][1], runs[1][1])


def test_clearance_is_the_distance_to_what_is_not_known_to_be_free():
    p = np.zeros(SPEC.shape, np.float32)
    known = np.ones(SPEC.shape, bool)
    p[50, 30] = 1.0
    known[20, 30] = False
    cmap = control.build_costmap(SPEC, jnp.asarray(p), jnp.asarray(known), 1.5)
    at = functools.partial(control.surroundings.clearance_at, cmap)
    # The squares around (5.05, 3.05), occupied, and (2.05, 3.05), unknown.
    assert float(at(4.05, 3.05)) == pytest.approx(0.95, abs=1e-3)
    assert float(at(3.05, 3.05)) == pytest.approx(0.95, abs=1e-3)
    # Towards the corner (5.0, 3.0) of the occupied cell the distance is exact.
    assert float(at(4.75, 2.75)) == pytest.approx(math.hypot(0.25, 0.25), abs=1e-3)
    assert float(at(-1.0, 3.05)) == 0.0


def test_the_filter_brings_a_leaving_vehicle_back_and_passes_everything_else():
    vehicle = QuadrotorConfig()
    fence = Fence((0.0, 0.0, 0.5), (10.0, 6.0, 3.0))
    safe = jax.jit(
        lambda state, command: filter_command(BodyConfig(), vehicle, fence, state, command)
    )
    inside = at_rest(jnp.array([5.0, 3.0, 2.0]))
    wanted = jnp.array([11.0, 0.1, -0.2, 0.3])
    command, replaced = safe(inside, wanted)
    assert not bool(replaced)
    np.testing.assert_allclose(command, wanted)
    state = inside._replace(
        position=jnp.array([9.8, 3.0, 2.0]), velocity=jnp.array([1.5, 0.0, 0.0])
    )
    highest = 0.0
    for _ in range(150):
        command, _ = safe(state, wanted)
        state = fly(vehicle, state, command, 0.02, substeps=4)
        highest = max(highest, float(state.position[0]))
    assert highest < 10.35
    not_finite, replaced = safe(inside, wanted.at[0].set(jnp.nan))
    assert bool(replaced) and np.all(np.isfinite(not_finite))


def test_hold_comes_to_rest_at_the_position_asked_for():
    vehicle = QuadrotorConfig()
    hold = jax.jit(tracking_hold)
    state = at_rest(jnp.array([0.0, 0.0, 2.0]))._replace(velocity=jnp.array([1.0, -1.0, 0.5]))
    target = jnp.array([0.5, 0.5, 2.0])
    for _ in range(300):
        command = hold(BodyConfig(), vehicle, state, target, jnp.float32(1.0))
        state = fly(vehicle, state, command, 0.02, substeps=4)
    np.testing.assert_allclose(state.position, target, atol=0.03)
    np.testing.assert_allclose(state.velocity, 0.0, atol=0.03)
    np.testing.assert_allclose(quaternion.yaw(state.attitude), 1.0, atol=0.05)
    np.testing.assert_allclose(
        hold(BodyConfig(), vehicle, state, target, jnp.float32(1.0)),
        hover_command(vehicle),
        atol=0.3,
    )


def test_a_geofence_upside_down_is_refused():
    with pytest.raises(ConfigurationError, match="lower_m = 5.0 .* below upper_m = 1.0 in z"):
        control.ControllerConfig(lower_m=(0.0, 0.0, 5.0), upper_m=(1.0, 1.0, 1.0))


def test_staying_comes_to_rest_where_the_vehicle_can_stop_and_does_not_drift():
    state = control.init(CONFIG, jax.random.key(0))
    vehicle = at_rest(jnp.array([2.0, 2.0, 2.0]))._replace(velocity=jnp.array([0.8, 0.0, 0.0]))
    stay = jax.jit(control.stay)
    for _ in range(200):
        state, command = stay(CONFIG, state, vehicle)
        vehicle = fly(CONFIG.vehicle, vehicle, command, 0.02, substeps=4)
    assert float(vehicle.position[0]) == pytest.approx(2.16, abs=0.06)
    np.testing.assert_allclose(vehicle.position[1:], [2.0, 2.0], atol=0.05)
    np.testing.assert_allclose(vehicle.velocity, 0.0, atol=0.02)


def test_a_hold_on_the_way_around_a_bend_keeps_the_distance_that_the_way_keeps():
    """A corridor 1 m wide leads east and then north: braking alone would end near its outside."""
    p = np.ones(SPEC.shape, np.float32)
    p[0:60, 15:25] = 0.0  # x to 6 m, y from 1.5 to 2.5 m
    p[50:60, 15:] = 0.0  # x from 5 to 6 m
    x, y = (np.asarray(axis) for axis in SPEC.centres())
    to_bend = np.hypot(x[:, None] - 5.5, y[None, :] - 2.0) + 3.5
    guidance = -np.where(x[:, None] < 5.0, to_bend, np.hypot(x[:, None] - 5.5, y[None, :] - 5.5))
    way = np.vstack([straight((1, 2), (5.5, 2), 20), straight((5.5, 2), (5.5, 5.5), 20)])
    guide = field((5.5, 5.5), way)
    guide = guide._replace(guidance=tabulate(SPEC, jnp.asarray(guidance, jnp.float32)))
    around = control.build_costmap(SPEC, jnp.asarray(p), jnp.ones(SPEC.shape, bool), 1.5)

    def least_gap(track):
        ix, iy = np.nonzero(p)
        dx = np.maximum(np.abs(track[:, None, 0] - x[ix]) - 0.05, 0.0)
        dy = np.maximum(np.abs(track[:, None, 1] - y[iy]) - 0.05, 0.0)
        return np.hypot(dx, dy).min()

    @jax.jit
    def held(state, vehicle):
        def advance(now, _):
            state, command = control.stay(CONFIG, now[0], now[1])
            vehicle = simulate(CONFIG.vehicle, now[1], command, 0.02, substeps=4)
            return (state, vehicle), vehicle.position

        return jax.lax.scan(advance, (state, vehicle), length=150)[1]

    state, vehicle = control.init(CONFIG, jax.random.key(0)), at_rest(jnp.array([1.5, 2.0, 2.0]))
    jitted, flown_gaps, held_gaps = jax.jit(control.fly), [], []
    for _ in range(260):
        inputs = control.ControllerInputs(vehicle, around, guide, jnp.float32(0.02))
        state, out = jitted(CONFIG, state, inputs)
        vehicle = fly(CONFIG.vehicle, vehicle, out.command, 0.02, substeps=4)
        flown_gaps.append(least_gap(np.asarray(vehicle.position)[None]))
        held_gaps.append(least_gap(np.asarray(held(state, vehicle))))
    assert float(vehicle.position[1]) > 3.0, "it went around the bend"
    assert min(held_gaps) > min(flown_gaps) - 0.03


@pytest.mark.parametrize("haste", [0.25, 0.5])
def test_by_old_data_it_flies_slower_in_proportion(haste):
    vehicle, guide = (
        at_rest(jnp.array([1.0, 3.0, 2.0])),
        field((9.5, 3.0), straight((1, 3), (9, 3))),
    )
    state, jitted, speeds = control.init(CONFIG, jax.random.key(0)), jax.jit(control.fly), []
    for _ in range(150):
        inputs = control.ControllerInputs(
            vehicle, costmap(), guide, jnp.float32(0.02), haste=jnp.float32(haste)
        )
        state, out = jitted(CONFIG, state, inputs)
        vehicle = fly(CONFIG.vehicle, vehicle, out.command, 0.02, substeps=4)
        speeds.append(float(jnp.linalg.norm(vehicle.velocity)))
    limit = haste * CONFIG.body.speed_max_m_s
    assert 0.7 * limit < np.mean(speeds[75:]) < 1.1 * limit


def test_without_a_safe_plan_the_command_is_the_one_that_stops():
    start = at_rest(jnp.array([2.0, 2.0, 2.0]))._replace(velocity=jnp.array([6.0, 0.0, 0.0]))
    wall = (slice(25, 30), slice(0, 60))
    guide = field((8.0, 2.0), straight((2.0, 2.0), (6.0, 2.0)))
    state = control.init(CONFIG, jax.random.key(0))
    inputs = control.ControllerInputs(start, costmap(wall), guide, jnp.float32(0.02))
    after, out = jax.jit(control.fly)(CONFIG, state, inputs)
    around = control.Around(
        inputs.costmap
    )  # so near that the last filter brakes harder than a stop
    _, stop = jax.jit(control.stay)(CONFIG, state, start, around=around)
    assert int(out.code) == control.NO_SAFE_PLAN
    assert bool(after.anchored)
    np.testing.assert_allclose(out.command, stop, atol=1e-5)
    free = control.ControllerInputs(
        at_rest(jnp.array([2.0, 2.0, 2.0])), costmap(), guide, jnp.float32(0.02)
    )
    assert not bool(jax.jit(control.fly)(CONFIG, after, free)[0].anchored)


def test_it_goes_around_a_corner_that_braking_would_lead_against():
    """No plan keeps 0.6 m, but braking goes straight on, past the corner at 0.2 m."""
    config = replace(CONFIG, body=BodyConfig(margin_m=0.3))
    block = (slice(30, 60), slice(0, 31))  # x from 3 to 6 m, y up to 3.1 m
    around = costmap(block)
    guide = field((4.0, 5.0), straight((2.2, 3.3), (4.0, 5.0)))
    coming = at_rest(jnp.array([2.2, 3.3, 2.0]))._replace(velocity=jnp.array([2.4, 0.0, 0.0]))
    jitted, stay = jax.jit(control.fly), jax.jit(control.stay)

    def least_gap(go) -> float:
        state, vehicle, gaps = control.init(config, jax.random.key(0)), coming, []
        for _ in range(60):
            state, command = go(state, vehicle)
            vehicle = fly(config.vehicle, vehicle, command, 0.02, substeps=4)
            x, y, _ = np.asarray(vehicle.position)
            gaps.append(math.hypot(max(3.0 - x, 0.0, x - 6.0), max(y - 3.1, 0.0)))
        return min(gaps)

    codes = []

    def evading(state, vehicle):
        inputs = control.ControllerInputs(vehicle, around, guide, jnp.float32(0.02))
        state, out = jitted(config, state, inputs)
        codes.append(int(out.code))
        return state, out.command

    stopping = least_gap(lambda state, vehicle: stay(config, state, vehicle))
    assert least_gap(evading) > stopping + 0.05
    assert codes[0] == control.NO_SAFE_PLAN


def test_a_late_plan_is_bridged_with_the_commands_of_the_last_one():
    plan = np.zeros((40, 4), np.float32)
    plan[:, 0], plan[:, 3] = 9.0 + 0.05 * np.arange(40), 0.01 * np.arange(40)
    state = control.init(CONFIG, jax.random.key(0))
    state = state._replace(controller=state.controller._replace(nominal=jnp.asarray(plan)))
    vehicle = at_rest(jnp.array([5.0, 3.0, 2.0]))
    for steps in (0.0, 1.0, 2.5):
        elapsed_s = jnp.float32(steps * CONFIG.mppi.step_s)
        command = np.asarray(control.proceed(CONFIG, state, vehicle, elapsed_s).command)
        np.testing.assert_allclose(command, [9.0 + 0.05 * steps, 0, 0, 0.01 * steps], atol=1e-4)
    stopped = state._replace(anchored=jnp.array(True), anchor_m=vehicle.position)
    held = np.asarray(control.proceed(CONFIG, stopped, vehicle, jnp.float32(0.1)).command)
    np.testing.assert_allclose(held, hover_command(QuadrotorConfig()), atol=0.05)


@pytest.mark.parametrize("radius_m", [0.05, 0.3, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("margin_m", [0.01, 1.0])
def test_a_body_of_any_size_finds_open_space_safe_and_flies_it_at_full_speed(radius_m, margin_m):
    body = BodyConfig(radius_m=radius_m, margin_m=margin_m)
    config = control.ControllerConfig(body=body)
    spec = GridSpec((0.0, 0.0), 0.5, (81, 81))
    nothing = jnp.zeros(spec.shape)
    costmap = control.build_costmap(
        spec, nothing, jnp.ones(spec.shape, bool), config.costmap_reach_m
    )
    here = clearance_at(costmap, jnp.float32(20.0), jnp.float32(20.0))
    assert bool(controller.is_safe(config, here, jnp.full((5, 1), here))[0])
    assert float(speed_limit(body, here)) == pytest.approx(body.speed_max_m_s)
