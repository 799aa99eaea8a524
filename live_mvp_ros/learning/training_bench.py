# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a training step costs: time, compilation with and without a cache, memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from typing import Any

import jax
import psutil

from live_mvp_ros.base.results import percentiles, rounded
from live_mvp_ros.learning import devices, training_step
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.learning.training_run import prepare


def measure(drones: int, steps: int, repeats: int) -> dict[str, Any]:
    """Return the figures of ``repeats`` training steps on the seed world, a flight per device.

    Two processes with one new cache between them compile: the first finds it empty, the second
    full; that one makes the steps.

    Raises:
        RuntimeError: a process failed; the text is what it said last.
    """
    with tempfile.TemporaryDirectory() as cache:
        cold = _in_new_process(cache, drones, steps, 0)
        warm = _in_new_process(cache, drones, steps, repeats)
    return {
        "step_s": warm["step_s"],
        "compile_cold_s": cold["compile_s"],
        "compile_warm_s": warm["compile_s"],
        "drones": drones,
        "steps": steps,
        "rss_mib": max(cold["rss_mib"], warm["rss_mib"]),
        "nonfinite": warm["nonfinite"],
        "devices": warm["devices"],
    }


def _in_new_process(cache: str, drones: int, steps: int, repeats: int) -> dict[str, Any]:
    environment = {**os.environ, "LIVE_MVP_ROS_CACHE": cache}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    environment.setdefault("XLA_FLAGS", "")  # one thread is what prepare_jax would choose
    numbers = [str(number) for number in (drones, steps, repeats)]
    command = [sys.executable, "-m", "live_mvp_ros.learning.training_bench", *numbers]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it says nothing"]
        raise RuntimeError(f"measuring the training failed: {said[-1]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def one_process(drones: int, steps: int, repeats: int) -> dict[str, Any]:
    """Compile one training step and time it, in this process."""
    count = len(jax.devices())
    config = TrainingConfig(drones=drones, steps=steps, copies=count, evaluation_starts=1)
    setting, mesh = prepare(config), devices.mesh_for(count)
    state = devices.everywhere(mesh, training_step.begin(config))
    given = (config, setting.map_config, devices.divided(mesh, setting.courses))
    one_step = partial(training_step.train_once, mesh=mesh if mesh.size > 1 else None)
    jax.block_until_ready((given, state))
    begin = time.perf_counter()
    step = jax.jit(one_step).lower(*given, state).compile()
    compile_s = time.perf_counter() - begin
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        state, _ = jax.block_until_ready(step(*given, state))
        times.append(time.perf_counter() - begin)
    return {
        "compile_s": rounded(compile_s, 2),
        "step_s": percentiles(times),
        "rss_mib": rounded(psutil.Process().memory_info().rss / 2**20, 1),
        "nonfinite": int(state.nonfinite),
        "devices": [_of_device(device) for device in mesh.devices.flat],
    }


def _of_device(device: jax.Device) -> dict[str, Any]:
    """Return what a device is, and how much of its memory was used, None where it is not said."""
    used = (device.memory_stats() or {}).get("peak_bytes_in_use")
    peak_mib = None if used is None else rounded(used / 2**20, 1)
    return {"name": str(device), "kind": device.device_kind, "flights": 1, "peak_mib": peak_mib}


if __name__ == "__main__":
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    numbers = [int(word) for word in sys.argv[1:4]]
    sys.stdout.write(json.dumps(one_process(numbers[0], numbers[1], numbers[2])) + "\n")
