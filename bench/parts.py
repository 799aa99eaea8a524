# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What ``planning.py`` times: the planner's parts beside plain evaluations of the same thing.

All on one moment of a flight through the office, as the drone knows it then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import yardstick

from live_mvp_ros import control, worlds
from live_mvp_ros.base.config import replace
from live_mvp_ros.planning import sweep
from live_mvp_ros.planning.frame import LOCAL_RESOLUTION_M
from live_mvp_ros.sim import closed_loop, loop_config

SAMPLES, HORIZON, BATCH = 1000, 40, 40_000
HALF_WIDTH_M, FIELD_STEP_M, N_YAW, LOCAL_N_YAW = 5.0, 0.5, 8, 24


class Part(NamedTuple):
    """One comparison: what is timed, and how far the results are apart."""

    name: str
    size: str
    ours: Callable[[], Any]
    yardstick: Callable[[], Any] | None = None
    error: Callable[[], dict[str, float]] | None = None
    slower: int = 1
    """So many times fewer repeats."""


def apart(ours: Any, plain: Any, where: Any = None) -> dict[str, float]:
    """Return the largest and the mean difference, divided by the largest value and the mean."""
    gap, reference = np.abs(np.asarray(ours) - np.asarray(plain)), np.asarray(plain)
    if where is not None:
        gap, reference = gap[where], reference[where]
    largest = float(np.abs(reference).max())
    return {
        "max_rel_error": float(gap.max()) / largest,
        "mean_rel_error": float(gap.mean() / np.abs(reference).mean()),
    }


class Scene(NamedTuple):
    """The moment of a flight that everything is computed for."""

    config: Any
    loop: Any
    view: Any
    guide: Any


def flown(seconds: float) -> Scene:
    """Fly the office for some seconds."""
    world = worlds.load_world("office")
    config = loop_config.configure(world)
    loop = closed_loop.Loop(world, config, seed=0)
    while loop.time_s < seconds:
        loop.advance()
    view = loop.view
    field = view.field
    guide = control.prepare_field(
        loop.spec,
        field.guidance,
        field.local_gain,
        field.local_origin_m,
        LOCAL_RESOLUTION_M,
        field.reference_path_m,
        field.reference_yaw_rad,
    )
    return Scene(config, loop, view, guide)


def field_part(scene: Scene) -> Part:
    """Return the information field of 20 x 20 positions x 8 yaws."""
    spec, p, sensor = scene.loop.spec, scene.view.p, yardstick.FULL
    # positions in the middle of cells, so that the sweep's values are read and not interpolated
    per_step = round(FIELD_STEP_M / spec.resolution_m)
    count = round(2 * HALF_WIDTH_M / FIELD_STEP_M)
    middle = np.asarray(spec.cell_index(scene.loop.now.vehicle.position[:2]))
    away = per_step * (np.arange(count) - count // 2)
    x, y = np.meshgrid(middle[0] + away, middle[1] + away, indexing="ij")
    inside = (x >= 0) & (x < spec.shape[0]) & (y >= 0) & (y < spec.shape[1])
    cells = np.stack([np.clip(x, 0, spec.shape[0] - 1), np.clip(y, 0, spec.shape[1] - 1)], axis=-1)
    cells = cells.reshape(-1, 2)
    xy = jnp.asarray(np.asarray(spec.origin_m) + spec.resolution_m * cells, jnp.float32)
    plan = sweep.SweepPlan.of(48, sensor.range_m / spec.resolution_m)
    weights = sweep.yaw_weights(plan, sensor.fov_rad, sensor.n_beams, N_YAW)
    sigma = sensor.sigma_m / spec.resolution_m
    yaws = jnp.asarray(-math.pi + 2.0 * math.pi * np.arange(N_YAW) / N_YAW, jnp.float32)
    grid = yardstick_map(scene)

    @jax.jit
    def ours(p: jax.Array) -> jax.Array:
        return sweep.yaw_gain(sweep.directional_gain_at(plan, p, sigma, cells), weights)

    def error() -> dict[str, float]:
        fine = sensor._replace(step_m=spec.resolution_m)
        exact = yardstick.information_field(fine, grid, xy, yaws)
        free = np.asarray(scene.view.known & (p < 0.5))[cells[:, 0], cells[:, 1]]
        where = np.broadcast_to(free & inside.ravel(), exact.shape)
        return apart(ours(p), exact, where)

    size = f"{count} x {count} positions x {N_YAW} yaws x {sensor.n_beams} beams, 10 m"
    return Part(
        "info_field",
        size,
        lambda: ours(p),
        lambda: yardstick.information_field(sensor, grid, xy, yaws),
        error,
    )


def yardstick_map(scene: Scene) -> Any:
    """Return the map of the moment as the yardstick takes it."""
    spec = scene.loop.spec
    origin = jnp.asarray(spec.origin_m, jnp.float32)
    return yardstick.Map(scene.view.p, origin, jnp.float32(spec.resolution_m))


def local_table(scene: Scene) -> Callable[[Any], Any]:
    """Return a function that sweeps the Uniform-FSMI [n_yaw, nx, ny] of every cell."""
    sensor = yardstick.UNIFORM
    plan = sweep.SweepPlan.of(48, sensor.range_m / scene.loop.spec.resolution_m)
    weights = sweep.yaw_weights(plan, sensor.fov_rad, sensor.n_beams, LOCAL_N_YAW)
    return jax.jit(lambda p: sweep.yaw_gain(sweep.directional_gain(plan, p, 0.0), weights))


def look_up(scene: Scene, table: Any, xy: Any, yaw: Any) -> Any:
    """Return the values of a table [n_yaw, nx, ny] at poses, positions in the last axis of xy."""
    u, n_yaw = scene.loop.spec.cell_coordinates(xy), table.shape[0]
    turn = (yaw + math.pi) * (n_yaw / (2.0 * math.pi)) % n_yaw
    around = jnp.concatenate([table, table[:1]])
    return jax.scipy.ndimage.map_coordinates(around, [turn, u[..., 0], u[..., 1]], order=1)


def uniform_part(scene: Scene) -> Part:
    """Return the Uniform-FSMI of a batch of poses: as many as an MPPI step evaluates."""
    rng, spec, sensor = np.random.default_rng(0), scene.loop.spec, yardstick.UNIFORM
    cells = np.argwhere(np.asarray(scene.view.field.navigable))
    at = cells[rng.integers(len(cells), size=BATCH)] + rng.uniform(-0.5, 0.5, (BATCH, 2))
    xy = jnp.asarray(np.asarray(spec.origin_m) + spec.resolution_m * at, jnp.float32)
    yaw = jnp.asarray(rng.uniform(-math.pi, math.pi, BATCH), jnp.float32)
    grid, table = yardstick_map(scene), local_table(scene)
    ours = jax.jit(lambda p: look_up(scene, table(p), xy, yaw))

    def error() -> dict[str, float]:
        fine = sensor._replace(step_m=spec.resolution_m)
        return apart(ours(scene.view.p), yardstick.uniform_fsmi(fine, grid, xy, yaw))

    return Part(
        "uniform_fsmi",
        f"{BATCH} poses x {sensor.n_beams} beams, 2.5 m, the sweep of the whole map included",
        lambda: ours(scene.view.p),
        lambda: yardstick.uniform_fsmi(sensor, grid, xy, yaw),
        error,
    )


def mppi_problem(scene: Scene) -> tuple[yardstick.MppiProblem, jax.Array]:
    """Return what the yardstick's MPPI plans in, and the state [13] that it starts from."""
    config, grid = scene.config.controller, yardstick_map(scene)
    vehicle = scene.loop.now.vehicle
    problem = yardstick.MppiProblem(
        grid,
        yardstick.Field(scene.view.field.guidance, grid.origin_m, grid.resolution_m),
        jnp.asarray(config.lower_m),
        jnp.asarray(config.upper_m),
        vehicle.position[2],
    )
    return problem, jnp.concatenate(list(vehicle))


def mppi_part(scene: Scene) -> Part:
    """Return one MPPI step with the local information in its cost."""
    loop, config, grid = scene.loop, scene.config.controller, yardstick_map(scene)
    size = {"num_samples": SAMPLES, "horizon_steps": HORIZON}
    config = replace(config, mppi=replace(config.mppi, **size))
    vehicle, field = loop.now.vehicle, scene.view.field
    flight = control.init(config, jax.random.key(0))
    inputs = control.ControllerInputs(vehicle, loop.now.costmap, scene.guide, jnp.float32(0.02))
    fly = jax.jit(control.fly)
    problem, state = mppi_problem(scene)
    hover = jnp.tile(jnp.array([yardstick.GRAVITY, 0.0, 0.0, 0.0]), (HORIZON, 1))

    def plain() -> Any:
        return yardstick.mppi_step(SAMPLES, HORIZON, problem, state, hover, jax.random.key(0))

    def error() -> dict[str, float]:
        poses = plain()[1]
        xy, yaw = poses[..., :2], poses[..., 2]
        fine = yardstick.UNIFORM._replace(step_m=loop.spec.resolution_m)
        exact = yardstick.uniform_fsmi(fine, grid, xy.reshape(-1, 2), yaw.ravel())
        ours = look_up(scene, local_table(scene)(scene.view.p), xy, yaw)
        # elsewhere samples fly through walls, which costs more than any information
        cell = np.asarray(loop.spec.cell_index(xy))
        flyable = np.asarray(field.navigable)[cell[..., 0], cell[..., 1]]
        ours, exact = (
            np.where(flyable, v, 0.0).sum(axis=1) for v in (ours, exact.reshape(yaw.shape))
        )
        return apart(ours, exact, flyable.any(axis=1))

    return Part(
        "mppi_step",
        f"K = {SAMPLES}, H = {HORIZON}; the yardstick with 6 beams of 2.5 m; error: information "
        "where they can fly",
        lambda: fly(config, flight, inputs),
        plain,
        error,
    )
