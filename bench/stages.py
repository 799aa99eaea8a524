# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure each stage of a flight alone, on one core, with the sizes that the nodes use.

    python bench/stages.py --json stages.json

Flies the office in process for a few seconds to have a real map, then repeats each stage on it.
Prints the median and the 99th percentile; no ROS is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def main() -> int:
    """Measure, print the table, and write it if asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--flight-seconds", type=float, default=8.0)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--json", metavar="FILE", help="write the table here as well")
    options = parser.parse_args()
    os.environ.setdefault("XLA_FLAGS", ONE_THREAD)
    os.environ.setdefault("NPROC", "1")
    rows = [
        measure(name, stage, options.repeats) for name, stage in stages(options.flight_seconds)
    ]
    print(f"{'stage':<42}{'p50':>9}{'p99':>9}")
    for values in rows:
        print("{stage:<42}{p50_ms:>6.2f} ms{p99_ms:>6.2f} ms".format(**values))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"repeats": options.repeats, "stages": rows}, file, indent=2)
    return 0


def stages(flight_s: float) -> list[tuple[str, Callable[[], Any]]]:
    """Return the stages by name, as calls that return arrays; each is compiled and ready."""
    import jax
    import jax.numpy as jnp

    from live_mvp_ros import control, mapping, planning, worlds
    from live_mvp_ros.base import quaternion
    from live_mvp_ros.control.safety import filter_command
    from live_mvp_ros.mapping import evidence
    from live_mvp_ros.planning import sweep
    from live_mvp_ros.planning.frame import LOCAL_RESOLUTION_M
    from live_mvp_ros.sim import closed_loop, loop_config
    from live_mvp_ros.vehicle import hover_command

    world = worlds.load_world("office")
    config = loop_config.configure(world, sensing="full")
    loop = closed_loop.Loop(world, config, seed=0)
    while loop.time_s < flight_s:
        loop.advance()
    view, spec, now = loop.view, loop.spec, loop.now
    vehicle, live_map = now.vehicle, now.map
    pose = (vehicle.position, vehicle.attitude)
    render = jax.jit(worlds.render)
    cloud = render(config.camera, world.scene, *pose, jax.random.key(0))
    rotation, origin = worlds.camera_pose(config.camera, *pose)
    scan = jax.jit(mapping.scan_from_cloud)(cloud, rotation, origin, vehicle.position)
    integrate, learn = jax.jit(evidence.integrate), jax.jit(mapping.step)
    occupancy = jax.jit(mapping.occupancy)
    field = jax.jit(planning.step, static_argnums=1)
    inputs = planning.InfoFieldInputs(
        view.p,
        view.known,
        vehicle.position,
        quaternion.yaw(vehicle.attitude),
        jnp.asarray(world.goal_m),
        jnp.float32(0.2),
    )
    plan = sweep.SweepPlan.of(
        config.info_field.n_directions, config.info_field.range_m / spec.resolution_m
    )
    sigma = config.info_field.noise_sigma_m / spec.resolution_m
    swept = jax.jit(lambda p: sweep.directional_gain(plan, p, sigma, outside=1.0))
    fly = jax.jit(control.fly)
    known = view.field
    guide = control.prepare_field(
        spec,
        known.guidance,
        known.local_gain,
        known.local_origin_m,
        LOCAL_RESOLUTION_M,
        known.reference_path_m,
        known.reference_yaw_rad,
    )
    flown = control.ControllerInputs(vehicle, now.costmap, guide, jnp.float32(0.02))
    altitude = jnp.float32(2.0)
    controller, around = config.controller, control.Around(now.costmap)
    last_filter, hover = jax.jit(filter_command), hover_command(controller.vehicle)
    return [
        ("depth image", lambda: render(config.camera, world.scene, *pose, jax.random.key(0))),
        ("evidence voxels", lambda: integrate(config.live_map, live_map.evidence, scan)),
        ("live map, everything", lambda: learn(config.live_map, live_map, scan)),
        ("planar map", lambda: occupancy(config.live_map, live_map, altitude)),
        ("FSMI sweep", lambda: swept(view.p)),
        (
            "information field, everything",
            lambda: field(config.info_field, spec, loop.planner_state, inputs),
        ),
        ("control step", lambda: fly(config.controller, now.flight, flown)),
        (
            "last filter alone",
            lambda: last_filter(
                controller.body, controller.vehicle, controller.fence, vehicle, hover, around
            ),
        ),
    ]


def measure(name: str, stage: Callable[[], Any], repeats: int) -> dict[str, Any]:
    """Return the median and 99th percentile [ms] of a stage after a warm-up."""
    import jax
    import numpy as np

    for _ in range(3):
        jax.block_until_ready(stage())
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        jax.block_until_ready(stage())
        times.append(1e3 * (time.perf_counter() - begin))
    p50, p99 = np.percentile(times, [50, 99])
    return {"stage": name, "p50_ms": float(p50), "p99_ms": float(p99)}


if __name__ == "__main__":
    sys.exit(main())
