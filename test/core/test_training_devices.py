# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A training that several devices share has the gradient of one.

The first moments of Adam after one step are a tenth of it. Weights are not compared: Adam makes
steps of one size, whichever sign a gradient of nearly nothing has by rounding.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

CODE = """
import json, sys
import jax, numpy as np
from live_mvp_ros.learning import courses, devices, training_step
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.worlds import load_world

config = TrainingConfig(
    copies=4, drones=1, starts="random", steps=2, map_resolution_m=1.0, map_levels=1,
    map_finest_cells=16, map_table_size_log2=8, map_hidden_width=4, map_keyframes=1,
)
worlds = [load_world("seed")]
map_config = courses.map_of(config, worlds)
given = courses.training_courses(config, map_config, worlds)
mesh = devices.mesh_for(4)
flights = devices.divided(mesh, given)
state = devices.everywhere(mesh, training_step.begin(config))
step = jax.jit(training_step.train_once, static_argnames="mesh", compiler_options={
    "xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True})
state, report = step(config, map_config, flights, state, mesh=mesh if mesh.size > 1 else None)
mean = [leaf for leaf in jax.tree.leaves(state.optimiser[0].mu)]
print(json.dumps({
    "words": devices.in_words(mesh),
    "flights": sorted(s.data.shape[0] for s in flights.yaws.addressable_shards),
    "on": len({s.device for s in flights.yaws.addressable_shards}),
    "reward": float(report.reward),
    "gradient": [np.asarray(10.0 * leaf).ravel().tolist() for leaf in mean],
}))
"""


def trained(devices: int) -> dict:
    """Return what two steps came to with so many devices."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_flights_are_shared_and_the_gradient_is_the_same():
    """Of three devices two share four flights evenly."""
    with ThreadPoolExecutor() as pool:
        alone, shared = pool.map(trained, (1, 3))
    assert shared["flights"] == [2, 2]
    assert shared["on"] == 2
    assert (shared["words"], alone["words"]) == ("2 CPUs", "1 CPU")
    assert shared["reward"] == pytest.approx(alone["reward"], rel=1e-4)
    for ours, theirs in zip(shared["gradient"], alone["gradient"], strict=True):
        size = float(np.max(np.abs(theirs)))
        assert size > 0.0
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-3 * size)
