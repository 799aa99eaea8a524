# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How far off the map is while odometry drifts: whole flights, one line each.

    python bench/alignment.py --seeds 10 --drift 0.005 --heading-drift 0.05

The odometry's error is what it would be off without a map; the map's is what the vehicle is off in
it. Clearance is that of the true path.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.jax_setup import prepare_jax
from live_mvp_ros.evaluation import metrics, scenario
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.sim import closed_loop
from live_mvp_ros.sim.loop_config import SENSING
from live_mvp_ros.vehicle import QuadrotorState

GENERATED = ("cave", "maze", "office_15x30")
LONGEST_S = 600.0


def off(state: QuadrotorState, true: QuadrotorState) -> tuple[float, float]:
    """Return by how much [m, deg] a state is off in the plane and in heading."""
    moved = np.asarray(state.position - true.position)[:2]
    turned = float(quaternion.yaw(state.attitude) - quaternion.yaw(true.attitude))
    turned = (turned + math.pi) % (2.0 * math.pi) - math.pi
    return float(np.linalg.norm(moved)), abs(math.degrees(turned))


def flown(world: str, seed: int, sensing: str, drift: dict[str, float]) -> dict[str, Any]:
    """Fly once."""
    plan = f"{world}:{seed}" if world in GENERATED else ""
    overrides = {"odometry": drift}
    prepared = scenario.prepare(
        Run(world=world, seed=seed, sensing=sensing, floor_plan=plan, overrides=overrides)
    )
    observable = np.asarray(prepared.truth.observable)
    loop = closed_loop.Loop(prepared.world, prepared.config, seed)
    way, errors = [], []
    while loop.decision is None or loop.decision.state not in closed_loop.OVER:
        stretch = loop.advance()
        way.append(stretch.position_m)
        now = loop.now
        errors.append((*off(now.reported, now.vehicle), *off(now.believed, now.vehicle)))
        if loop.time_s > LONGEST_S:
            break
    seen = np.count_nonzero(np.asarray(stretch.seen) & observable)
    radius_m = prepared.config.body.radius_m
    safety = metrics.safety(prepared.world.scene, np.concatenate(way), radius_m)
    odometry_m, odometry_deg, map_m, map_deg = np.array(errors).T
    return {
        "world": world,
        "seed": seed,
        "explored": round(float(seen / np.count_nonzero(observable)), 4),
        "ended": stretch.decision.state.name,
        "mission_s": round(loop.time_s, 1),
        "collisions": int(safety.collisions),
        "min_clearance_m": round(float(safety.min_clearance_m), 3),
        "odometry_max_m": round(float(odometry_m.max()), 2),
        "odometry_max_deg": round(float(odometry_deg.max()), 1),
        "map_mean_m": round(float(map_m.mean()), 3),
        "map_max_m": round(float(map_m.max()), 3),
        "map_max_deg": round(float(map_deg.max()), 2),
    }


def main() -> None:
    """Fly all, print each, write them down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", default="office,cave,maze")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sensing", choices=SENSING, default="planar")
    parser.add_argument("--drift", type=float, default=0.005, help="m per m")
    parser.add_argument("--heading-drift", type=float, default=0.05, help="degrees per m")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    prepare_jax()
    drift = {
        "drift_m_per_m": options.drift,
        "heading_drift_rad_per_m": math.radians(options.heading_drift),
    }
    rows = []
    for world in options.worlds.split(","):
        for seed in range(options.seeds):
            rows.append(flown(world, seed, options.sensing, drift))
            print(rows[-1], flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
