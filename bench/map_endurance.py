# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Wear the live map out: thousands of updates with bad scans mixed in, and kills while it saves.

    python bench/map_endurance.py --updates 20000 --kills 50 --json endurance.json

Two thirds of the scans are the standard flight through a world, over and over; the others are
spoilt as ``bad_scans.py`` says, in mixtures that Hypothesis draws. At the end every number of the
map must be finite, every refusal counted, and the map still right. Then a process that saves the
map without pause is killed (SIGKILL) at random moments: what is on disk must load every time.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from bad_scans import SPOILT, Offered, mixtures
from hypothesis import HealthCheck, Phase, given, settings

from live_mvp_ros import mapping, worlds
from live_mvp_ros.base import quaternion
from live_mvp_ros.evaluation import mapping_score
from live_mvp_ros.evaluation.mapping_bench import CAMERA, map_config
from live_mvp_ros.evaluation.mapping_flight import standard_flight
from live_mvp_ros.mapping import Intake, LiveMapConfig, Scan

_GOOD_PER_BAD = 2
_SAVER = """
import sys
from live_mvp_ros import mapping
config, state = mapping.load_map(sys.argv[1])
print("ready", flush=True)
while True:
    mapping.save_map(sys.argv[1], config, state)
"""


class Worn:
    """A map, its border, and what was counted."""

    def __init__(self, world: worlds.World, looks: int) -> None:
        """See the whole standard flight once, to be shown again and again."""
        self.config: LiveMapConfig = map_config(world)
        self._step = jax.jit(mapping.step, donate_argnums=1)
        self._intake, self.state = Intake(), mapping.init(self.config, jax.random.key(0))
        camera = worlds.DepthCameraConfig(**CAMERA)

        @jax.jit
        def look(position: jax.Array, yaw: jax.Array) -> Scan:
            attitude = quaternion.from_yaw(yaw)
            cloud = worlds.render(camera, world.scene, position, attitude, jax.random.key(0))
            pose = worlds.camera_pose(camera, position, attitude)
            return mapping.scan_from_cloud(cloud, *pose, position)

        path = standard_flight(world, looks)
        poses = zip(*path, strict=True)
        self._scans = [jax.tree.map(np.asarray, look(jnp.asarray(p), y)) for p, y in poses]
        self._next, self.refused, self.kinds = 0, Counter[str](), Counter[str]()

    def good(self) -> Offered:
        """Return the next scan of the flight."""
        scan = self._scans[self._next % len(self._scans)]
        self._next += 1
        stamp_ns = 100_000_000 * self._next
        return Offered(stamp_ns, scan.points_m, scan.normals, scan.origin_m, scan.body_m)

    def offer(self, kind: str, offered: Offered) -> None:
        """Let a scan through the border and into the map, or count why not."""
        self.kinds[kind] += 1
        o = offered
        problem = self._intake.problem(self.config, o.stamp_ns, o.points.shape, o.body)
        if problem:
            self.refused[kind] += 1
            return
        scan = Scan(
            *[jnp.asarray(v, jnp.float32) for v in (o.origin, o.points, o.normals, o.body)]
        )
        self.state, _ = self._step(self.config, self.state, scan)

    @property
    def updates(self) -> int:
        """Return how many scans were offered."""
        return self.kinds.total()


def wear(worn: Worn, updates: int) -> None:
    """Offer scans, good and bad, until there were enough."""
    worn.offer("good", worn.good())

    @settings(
        max_examples=updates,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(mixtures)
    def mix(mixture: list[tuple[str, int]]) -> None:
        for kind, seed in mixture:
            if worn.updates >= updates:
                return  # examples that are left over do nothing
            for _ in range(_GOOD_PER_BAD):
                offered = worn.good()
                worn.offer("good", offered)
            rng = np.random.default_rng(seed)
            bad = worn.good() if kind == "good" else SPOILT[kind](worn.good(), rng)
            if kind == "same_stamp":
                bad = bad._replace(stamp_ns=offered.stamp_ns)
            worn.offer(kind, bad)
            if worn.updates // 1000 > (worn.updates - 3) // 1000:
                print(f"{worn.updates} updates", file=sys.stderr, flush=True)

    while worn.updates < updates:
        before = worn.updates
        mix()
        if worn.updates == before:
            break


def kills(count: int, state: Any, config: LiveMapConfig) -> dict[str, int]:
    """Kill a process that saves; returns how often, and how often the file then loaded."""
    loaded, rng = 0, np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.npz"
        mapping.save_map(path, config, state)
        for _ in range(count):
            with subprocess.Popen(
                [sys.executable, "-c", _SAVER, str(path)], stdout=subprocess.PIPE, text=True
            ) as process:
                assert process.stdout is not None
                process.stdout.readline()
                time.sleep(rng.uniform(0.0, 0.3))
                process.kill()
            try:
                mapping.load_map(path)
                loaded += 1
            except mapping.MapFileError as error:
                print(error, file=sys.stderr)
            for left in Path(folder).glob(".*.tmp"):
                left.unlink()
    return {"kills": count, "loaded": loaded}


def main() -> int:
    """Wear, judge, print; 0 if the map held."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--world", default="office")
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--looks", type=int, default=1200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    world = worlds.load_world(options.world)
    worn = Worn(world, options.looks)
    wear(worn, options.updates)
    points = mapping_score.probe(world, worn.config)
    error = mapping_score.near_error_m(worn.config, worn.state, points)
    exposure, _ = mapping_score.exposure_scores(worn.config, worn.state, points)
    result = {
        "updates": worn.updates,
        "kinds": dict(worn.kinds),
        "refused": dict(worn.refused),
        "ignored_rays": int(worn.state.ignored_rays),
        "nonfinite": mapping_score.nonfinite_count(worn.state),
        "sdf_mae_near_m": error,
        **exposure,
        **kills(options.kills, worn.state, worn.config),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.json:
        temporary = Path(f"{options.json}.{os.getpid()}")
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(options.json)
    held = result["nonfinite"] == 0 and error < 0.04 and math.isfinite(error)
    return 0 if held and result["loaded"] == options.kills else 1


if __name__ == "__main__":
    sys.exit(main())
