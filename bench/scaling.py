# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the cost grows: with samples, horizon, field, map, beams, and volume of the live map.

    python bench/scaling.py --json scaling.json --pictures docs/pictures

One core, JAX without a pool of threads, as in every process of a flight. Five curves, each with
the yardstick (``yardstick.py``) where that computes the same: samples of an MPPI step, its
horizon, positions of an information field, edge of a map, beams of a look. The yardstick is left
out where it would take longer than ``SLOWEST_S``. A sixth one, ``volume``, is of the live map: the
same looks around the office, taken in turn into maps of larger and larger volumes.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # also where Python does not look there

SAMPLES = (250, 500, 1000, 2000, 4000, 8000, 16000)
HORIZONS = (10, 20, 40, 80, 160)
FIELDS = (10, 20, 40, 80)
MAPS_M = (10, 20, 50, 100, 200)
BEAMS = (6, 12, 24, 48, 96)
VOLUMES_M = ((14.0, 12.0, 3.0), (24.0, 20.0, 5.0), (40.0, 40.0, 8.5), (80.0, 80.0, 10.0))
SLOWEST_S = 20.0
Row = dict[str, float]


def main() -> int:
    """Measure all curves, write and draw them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", metavar="FILE", type=Path)
    parser.add_argument("--pictures", metavar="DIR", type=Path)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--only", nargs="+", metavar="CURVE")
    options = parser.parse_args()
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    import parts
    from planning import environment, write_whole

    curves = options.only or list(CURVES)
    scene = parts.flown(8.0) if set(curves) != {"volume"} else None
    result: dict[str, Any] = {}
    for name, curve in CURVES.items():
        if name not in curves:
            continue
        result[name] = []
        for row in curve(scene, options.repeats):
            result[name].append(row)
            print(name, {key: round(value, 3) for key, value in row.items()}, flush=True)
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for name, rows in result.items():
            draw(options.pictures / f"scaling_{name}.png", name, rows)
    if options.json:
        write_whole(options.json, result | environment())
    return 0


def timed(function: Callable[[], Any], repeats: int) -> float:
    """Return the median time [ms] of a call; of one call alone if that takes long."""
    import jax
    import numpy as np

    for _ in range(2):
        begin = time.perf_counter()
        jax.block_until_ready(function())
        once = time.perf_counter() - begin
    if once > 0.1 * SLOWEST_S:
        return 1e3 * once
    times = []
    for _ in range(max(3, min(repeats, int(SLOWEST_S / 4.0 / once)))):
        begin = time.perf_counter()
        jax.block_until_ready(function())
        times.append(1e3 * (time.perf_counter() - begin))
    return float(np.median(times))


def mppi_rows(scene: Any, repeats: int, samples: int, horizon: int) -> Row:
    """Return the times of an MPPI step of one size."""
    import jax
    import jax.numpy as jnp
    import parts
    import yardstick

    from live_mvp_ros import control
    from live_mvp_ros.base.config import replace

    config, now = scene.config.controller, scene.loop.now
    config = replace(config, mppi=replace(config.mppi, num_samples=samples, horizon_steps=horizon))
    inputs = control.ControllerInputs(now.vehicle, now.costmap, scene.guide, jnp.float32(0.02))
    flight, fly = control.init(config, jax.random.key(0)), jax.jit(control.fly)
    row = {"ms": timed(lambda: fly(config, flight, inputs), repeats)}
    problem, state = parts.mppi_problem(scene)
    hover = jnp.tile(jnp.array([yardstick.GRAVITY, 0.0, 0.0, 0.0]), (horizon, 1))
    key = jax.random.key(0)
    row["yardstick_ms"] = timed(
        lambda: yardstick.mppi_step(samples, horizon, problem, state, hover, key), repeats // 4
    )
    return row


def samples_curve(scene: Any, repeats: int) -> Any:
    """Yield MPPI steps of more and more samples."""
    for samples in SAMPLES:
        yield {"samples": samples, **mppi_rows(scene, repeats, samples, 40)}


def horizon_curve(scene: Any, repeats: int) -> Any:
    """Yield MPPI steps of longer and longer horizons."""
    for horizon in HORIZONS:
        yield {"horizon": horizon, **mppi_rows(scene, repeats, 1000, horizon)}


def field_rows(scene: Any, repeats: int, side: int, beams: int) -> Row:
    """Return the times of the gain of side x side positions x 8 yaws around the drone."""
    import jax
    import jax.numpy as jnp
    import numpy as np
    import parts
    import yardstick

    from live_mvp_ros.planning import sweep

    spec, sensor = scene.loop.spec, yardstick.FULL._replace(n_beams=beams)
    index = [np.linspace(0.1 * n, 0.9 * n, side).astype(int) for n in spec.shape]
    cells = np.stack(np.meshgrid(*index, indexing="ij"), axis=-1).reshape(-1, 2)
    xy = jnp.asarray(np.asarray(spec.origin_m) + spec.resolution_m * cells, jnp.float32)
    yaws = jnp.arange(8) * (math.pi / 4.0)
    # as many directions as it takes to have one for every beam
    directions = max(16, 8 * round(beams * 2.0 * math.pi / sensor.fov_rad / 8.0))
    plan = sweep.SweepPlan.of(directions, sensor.range_m / spec.resolution_m)
    weights = sweep.yaw_weights(plan, sensor.fov_rad, beams, len(yaws))
    sigma = sensor.sigma_m / spec.resolution_m

    @jax.jit
    def ours(p: jax.Array) -> jax.Array:
        return sweep.yaw_gain(sweep.directional_gain_at(plan, p, sigma, cells), weights)

    grid = parts.yardstick_map(scene)
    return {
        "ms": timed(lambda: ours(scene.view.p), repeats),
        "yardstick_ms": timed(
            lambda: yardstick.information_field(sensor, grid, xy, yaws), repeats // 4
        ),
    }


def field_curve(scene: Any, repeats: int) -> Any:
    """Yield fields of more and more positions."""
    for side in FIELDS:
        yield {"positions": side * side, **field_rows(scene, repeats, side, 12)}


def beams_curve(scene: Any, repeats: int) -> Any:
    """Yield fields of looks with more and more beams."""
    for beams in BEAMS:
        yield {"beams": beams, **field_rows(scene, repeats, 20, beams)}


def map_curve(scene: Any, repeats: int) -> Any:
    """Yield the sweep of every cell, and the guidance over all, of larger and larger maps."""
    import jax
    import jax.numpy as jnp
    import maps
    import numpy as np
    import wholes

    from live_mvp_ros.planning import navigable_cells, sweep

    for size in MAPS_M:
        spec, occupied = maps.rooms(size, 0)
        p = jnp.asarray(np.where(occupied, 0.97, 0.12), jnp.float32)
        plan = sweep.SweepPlan.of(48, 70.0)
        swept = jax.jit(lambda p, plan=plan: sweep.directional_gain(plan, p, 1.5, 1.0))
        free = jnp.asarray(~occupied)
        navigable = navigable_cells(~free, spec, 0.35, jnp.asarray(spec.origin_m) + 3.0)
        cells = np.argwhere(np.asarray(navigable))
        source = np.full(spec.shape, wholes.FAR, np.float32)
        source[tuple(cells[-1])] = 0.0
        part = wholes.guidance_part("", scene, spec, free, navigable, source)
        row = {"edge_m": size, "ms": timed(part.ours, repeats)}
        if size <= 100 and part.yardstick is not None:
            row["yardstick_ms"] = timed(part.yardstick, 3)
        row["planner_mib"] = planner_mib(spec)
        yield row | {"sweep_ms": timed(lambda p=p, swept=swept: swept(p), repeats)}


def planner_mib(spec: Any) -> float:
    """Return the working memory of one step of the information field."""
    import jax
    import jax.numpy as jnp

    from live_mvp_ros import planning

    config = planning.InfoFieldConfig()
    state = planning.init(config, spec)
    place, unknown = jnp.zeros(3), jnp.zeros(spec.shape)
    inputs = planning.InfoFieldInputs(
        unknown, unknown > 0.0, place, jnp.float32(0.0), place, jnp.float32(0.2)
    )
    step = jax.jit(planning.step, static_argnums=1)
    compiled = step.lower(config, spec, state, inputs).compile()
    return float(compiled.memory_analysis().temp_size_in_bytes) / 2**20


def volume_curve(scene: Any, repeats: int) -> Any:
    """Yield what an update of the live map and its parts cost in larger and larger volumes."""
    import jax
    import numpy as np

    from live_mvp_ros.mapping import LiveMapConfig

    looks = office_looks(max(repeats, 2))
    measured = []
    for upper_m in VOLUMES_M:
        config = LiveMapConfig(upper_m=upper_m)
        measured.append((config, live_map_parts(config, looks)))
    times: list[dict[str, list[float]]] = [{} for _ in VOLUMES_M]
    for k in range(len(looks) + 2):
        for (_, parts_), row in zip(measured, times, strict=True):
            for name, part in parts_.items():
                begin = time.perf_counter()
                jax.block_until_ready(part(k))
                row.setdefault(name, []).append(1e3 * (time.perf_counter() - begin))
    for (config, _), row in zip(measured, times, strict=True):
        found = {name: float(np.median(values[2:])) for name, values in row.items()}
        least = {f"{name}_least": min(values[2:]) for name, values in row.items()}
        yield {"voxels": float(math.prod(config.shape)), **found, **least}


def office_looks(count: int) -> list[Any]:
    """Return what the depth camera sees along the standard flight through the office."""
    import jax
    import jax.numpy as jnp

    from live_mvp_ros import mapping, worlds
    from live_mvp_ros.base import quaternion
    from live_mvp_ros.evaluation.mapping_flight import standard_flight

    world, camera = worlds.load_world("office"), worlds.DepthCameraConfig()
    path = standard_flight(world, 1200)

    @jax.jit
    def look(position: Any, yaw: Any) -> Any:
        attitude = quaternion.from_yaw(yaw)
        cloud = worlds.render(camera, world.scene, position, attitude, jax.random.key(0))
        pose = worlds.camera_pose(camera, position, attitude)
        return mapping.scan_from_cloud(cloud, *pose, position)

    poses = zip(path.positions_m[:count], path.yaws_rad[:count], strict=True)
    return [look(jnp.asarray(p, jnp.float32), jnp.float32(yaw)) for p, yaw in poses]


def live_map_parts(config: Any, looks: list[Any]) -> dict[str, Callable[[int], Any]]:
    """Return the update of a map by the k-th look, in place, and its parts, by name."""
    import jax
    import jax.numpy as jnp

    from live_mvp_ros import mapping
    from live_mvp_ros.mapping import evidence, surfels

    state = mapping.init(config, jax.random.key(0))
    held = {"update": state, "evidence": evidence.init_evidence(config)}
    update = jax.jit(mapping.step, donate_argnums=1)
    integrate = jax.jit(evidence.integrate, donate_argnums=1)
    plane = jax.jit(mapping.occupancy)
    unseen = jax.jit(evidence.never_seen_points, static_argnums=2)
    near = jax.jit(surfels.points_near, static_argnums=2)

    def updated(k: int) -> Any:
        held["update"] = update(config, held["update"], looks[k % len(looks)])[0]
        return held["update"]

    def integrated(k: int) -> Any:
        held["evidence"] = integrate(config, held["evidence"], looks[k % len(looks)])
        return held["evidence"]

    key = jax.random.key(1)
    return {
        "ms": updated,
        "evidence_ms": integrated,
        "plane_ms": lambda _: plane(config, held["update"], jnp.float32(1.5)),
        "unseen_ms": lambda _: unseen(config, held["update"].evidence, 128, key),
        "near_ms": lambda _: near(config, held["update"].surfels, 512, key),
    }


CURVES = {
    "samples": samples_curve,
    "horizon": horizon_curve,
    "field": field_curve,
    "beams": beams_curve,
    "map": map_curve,
    "volume": volume_curve,
}
TITLES = {
    "samples": "MPPI step, 40 steps of horizon",
    "horizon": "MPPI step, 1000 samples",
    "field": "gain of looks from many positions",
    "beams": "gain of looks from 400 positions",
    "map": "guidance over a whole map",
    "volume": "live map in larger volumes",
}


def draw(path: Path, name: str, rows: list[Row]) -> None:
    """Draw one curve, both axes logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.0, 3.0), dpi=90, layout="constrained")
    axes = figure.subplots()
    x = next(iter(rows[0]))
    for key, label in (("yardstick_ms", "yardstick"), ("ms", "ours"), ("sweep_ms", "sweep")):
        points = [(row[x], row[key]) for row in rows if key in row]
        if points:
            axes.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=label)
    axes.set(title=TITLES[name], xlabel=x.replace("edge_m", "edge of the map [m]"), ylabel="ms")
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
