# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How JAX runs in every process of ours: one CPU thread, compiled once, memory kept."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from live_mvp_ros.base.cache_repair import remove_halves

ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8  # parameters of mallopt(3)
_NEVER = 2**31 - 1
_USERS_OWN = (
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_MMAP_MAX_",
    "MALLOC_ARENA_MAX",
    "GLIBC_TUNABLES",
)


def cache_directory() -> Path:
    """Return where compiled programs are kept: $LIVE_MVP_ROS_CACHE or ~/.cache/live_mvp_ros."""
    chosen = os.environ.get("LIVE_MVP_ROS_CACHE")
    return (Path(chosen) if chosen else Path.home() / ".cache" / "live_mvp_ros") / "jax"


def program_directory() -> Path:
    """Return where whole programs are kept, see ``base.kept_programs``."""
    return cache_directory().with_name("programs")


def has_programs() -> bool:
    """Return whether programs were compiled on this machine before.

    Hidden files are not JAX's: ``base.cache_repair`` marks when it looked.
    """
    try:
        return any(not p.name.startswith(".") for p in cache_directory().iterdir())
    except OSError:
        return False


def keep_memory() -> None:
    """Have the C library keep freed memory for the next call instead of giving it back.

    XLA allocates the work space of a compiled program at every call. From some size on, and below
    it by the chance of where the heap ends, glibc asks the system for each and returns it after
    the call; then every page of it is cleared and mapped anew: 13 ms of the 53 ms that map,
    planning and flying take in a cave, and now and then 6 ms of the 9 ms of planning alone.
    Settings of the user's are left alone, and so is another C library.
    """
    if any(name in os.environ for name in _USERS_OWN):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)  # those of threads give back whole heaps whatever the threshold
        mallopt(_MMAP_MAX, 0)
        mallopt(_TRIM_THRESHOLD, _NEVER)


def give_back_memory() -> None:
    """Return to the system what was freed and is kept: a compiler needs a gigabyte, once."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def prepare_jax(*, in_background: bool = True, at_once: int = 1) -> None:
    """Compile once per machine (cache on disk) and compute on one CPU thread per process.

    Several processes share a few cores: a pool of threads in each would only make them wait for
    one another. Must run before JAX creates a backend. An XLA_FLAGS of the user's is left alone.

    Args:
        in_background: a call returns before it has computed, and the runtime's one dispatch thread
            computes call after call. A loop that orders its work ahead wants that. Where a thread
            must answer while another computes, it must be off: every call then computes on the
            thread that made it, and none waits behind another's.
        at_once: programs that are to run at the same time. What can run in parallel of a program
            that is not tiny goes to the runtime's pool, and on one thread there it would wait for
            the whole of a long program.
    """
    if "XLA_FLAGS" not in os.environ:
        os.environ["XLA_FLAGS"] = ONE_THREAD
        os.environ.setdefault("NPROC", str(at_once))  # what XLA sizes its pool of threads by
    keep_memory()
    import jax

    jax.config.update("jax_cpu_enable_async_dispatch", in_background)
    directory = cache_directory()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # a read-only home: compile at every start instead
    remove_halves(directory)
    jax.config.update("jax_compilation_cache_dir", str(directory))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
