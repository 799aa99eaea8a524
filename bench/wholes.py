# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What ``planning.py`` times besides ``parts``: layers over the whole map, and whole cycles."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import maps
import numpy as np
import yardstick
from parts import Part, Scene, apart

from live_mvp_ros import control, planning
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning import guidance, navigable_cells, sweep

BIG_MAP_M = 100.0
FAR = 1e6


def guidance_parts(scene: Scene) -> list[Part]:
    """Return the global guidance over the office, and over a map of 100 x 100 m.

    The office with one source, as far away as there is any; the large map with fifty.
    """
    spec, navigable = scene.loop.spec, scene.view.field.navigable
    free = scene.view.known & (scene.view.p < 0.5)
    value = np.where(navigable, scene.view.field.guidance, np.inf)
    source = np.full(spec.shape, FAR, np.float32)
    source[np.unravel_index(np.argmin(value), spec.shape)] = 0.0
    office = guidance_part("global_guidance", scene, spec, free, navigable, source)
    spec, occupied = maps.rooms(BIG_MAP_M, 0)
    middle = jnp.asarray(spec.origin_m) + 3.0
    navigable = navigable_cells(jnp.asarray(occupied), spec, 0.35, middle)
    sources = np.full(spec.shape, FAR, np.float32)
    cells = np.argwhere(np.asarray(navigable))
    sources[tuple(cells[np.random.default_rng(0).integers(len(cells), size=50)].T)] = 0.0
    big = guidance_part(
        "global_guidance_100m", scene, spec, jnp.asarray(~occupied), navigable, sources, 20
    )
    return [office, big]


def guidance_part(
    name: str,
    scene: Scene,
    spec: GridSpec,
    free: jax.Array,
    navigable: jax.Array,
    sources: np.ndarray,
    slower: int = 1,
) -> Part:
    """Return the guidance over one map, path included."""
    config, start_m = scene.config.body, jnp.asarray(sources)
    slowness = jax.jit(lambda free: guidance.slowness(config, spec, free))
    step_m = spec.resolution_m * slowness(free)
    cells = np.argwhere(np.asarray(navigable))
    there = jnp.asarray(np.asarray(spec.origin_m) + spec.resolution_m * cells[0], jnp.float32)
    position = jnp.concatenate([there, jnp.full(1, 2.0)])

    @jax.jit
    def ours(free: jax.Array, navigable: jax.Array, start_m: jax.Array) -> Any:
        slow, no_look = slowness(free), jnp.zeros((4, *spec.shape))
        led = guidance.lead_to(
            config, spec, free, navigable, slow, start_m, no_look, position, jnp.float32(0.0)
        )
        return led.guidance, led.path_m

    def plain() -> Any:
        return yardstick.value_iteration(navigable, start_m, step_m)

    def error() -> dict[str, float]:
        reached = np.asarray(plain()[0]) < 1e5
        where = np.asarray(navigable) & reached
        return apart(-ours(free, navigable, start_m)[0], plain()[0], where)

    return Part(
        name,
        f"{spec.shape[0]} x {spec.shape[1]} cells of {spec.resolution_m:g} m, path included",
        lambda: ours(free, navigable, start_m),
        plain,
        error,
        slower,
    )


def whole_parts(scene: Scene) -> list[Part]:
    """Return the sweep of every cell, the information field with everything, and a cycle."""
    loop, config, spec = scene.loop, scene.config, scene.loop.spec
    info = config.info_field
    plan = sweep.SweepPlan.of(info.n_directions, info.range_m / spec.resolution_m)
    sigma = info.noise_sigma_m / spec.resolution_m
    swept = jax.jit(
        lambda p, around: sweep.directional_gain(plan, p, sigma, around), static_argnums=1
    )
    step = jax.jit(planning.step, static_argnums=1)
    fly = jax.jit(control.fly)
    vehicle = loop.now.vehicle
    goal_m = jnp.asarray(loop.world.goal_m)
    elapsed_s = jnp.float32(0.02)
    yaw = quaternion.yaw(vehicle.attitude)
    seen = planning.InfoFieldInputs(
        scene.view.p, scene.view.known, vehicle.position, yaw, goal_m, elapsed_s
    )
    flown_by = control.ControllerInputs(vehicle, loop.now.costmap, scene.guide, elapsed_s)

    def field() -> Any:
        return step(info, spec, loop.planner_state, seen)

    def cycle() -> Any:
        return field(), fly(config.controller, loop.now.flight, flown_by)

    size = f"{spec.shape[0]} x {spec.shape[1]} cells x {plan.n_directions} directions"
    return [
        Part("sweep", f"{size}, walls outside", lambda: swept(scene.view.p, 1.0)),
        Part("sweep_unknown_outside", size, lambda: swept(scene.view.p, 0.5)),
        Part("info_field_node", "everything that the node computes", field),
        Part("cycle", "sweep, guidance and MPPI step", cycle),
    ]
