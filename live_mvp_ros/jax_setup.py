# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How JAX runs in every process of ours: one CPU thread, programs compiled once per machine."""

from __future__ import annotations

import os
from pathlib import Path

ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def cache_directory() -> Path:
    """Return where compiled programs are kept: $LIVE_MVP_ROS_CACHE or ~/.cache/live_mvp_ros."""
    chosen = os.environ.get("LIVE_MVP_ROS_CACHE")
    return (Path(chosen) if chosen else Path.home() / ".cache" / "live_mvp_ros") / "jax"


def prepare_jax() -> None:
    """Compile once per machine (cache on disk) and compute on one CPU thread per process.

    Several processes share a few cores: a pool of threads in each would only make them wait for
    one another. Must run before JAX creates a backend. An XLA_FLAGS of the user's is left alone.
    """
    if "XLA_FLAGS" not in os.environ:
        os.environ["XLA_FLAGS"] = ONE_THREAD
        os.environ.setdefault("NPROC", "1")  # what XLA sizes its pool of threads by
    import jax

    directory = cache_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # a read-only home: compile at every start instead
    jax.config.update("jax_compilation_cache_dir", str(directory))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
