# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The life of a node's process: JAX set-up, start, spin, one-sentence failures, clean end.

Exit codes: 0 after SIGINT or SIGTERM, 1 when the node failed, 2 when it was started wrongly.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import rclpy
from rclpy.exceptions import InvalidHandle, NotInitializedException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from live_mvp_ros.config import ConfigurationError
from live_mvp_ros.ros.node import GraphNode

# The type is only reachable here; it is what a wrong parameter file raises in rclpy.init.
from rclpy._rclpy_pybind11 import RCLError  # isort: skip

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


def cache_directory() -> Path:
    """Return where compiled programs are kept: $LIVE_MVP_ROS_CACHE or ~/.cache/live_mvp_ros."""
    chosen = os.environ.get("LIVE_MVP_ROS_CACHE")
    return (Path(chosen) if chosen else Path.home() / ".cache" / "live_mvp_ros") / "jax"


def prepare_jax() -> None:
    """Compile once per machine (cache on disk) and compute on one CPU thread per process.

    Five processes share a few cores: a pool of threads in each would only make them wait for one
    another. Must run before JAX creates a backend. An XLA_FLAGS of the user's is left alone.
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


def run_node(factory: Callable[[], GraphNode], args: Sequence[str] | None = None) -> int:
    """Create a node, spin it until a signal or a failure, and return the exit code."""
    prepare_jax()
    try:
        rclpy.init(args=list(args) if args is not None else None)
    except RCLError as error:
        return _refuse(_sentence_of(error))
    node: GraphNode | None = None
    try:
        node = factory()
        return _spin(node)
    except (ConfigurationError, StartError) as error:
        return _refuse(str(error))
    except (KeyboardInterrupt, ExternalShutdownException):
        return EXIT_OK
    except (RCLError, InvalidHandle, NotInitializedException):
        if rclpy.ok():
            raise
        return EXIT_OK  # a signal ended the context while the node was being set up
    finally:
        _finish(node)


class StartError(ValueError):
    """A node cannot start with what it was given; the text is one sentence for the user."""


def _spin(node: GraphNode) -> int:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        _ignore_signals()
        executor.shutdown()
    return EXIT_FAILED if node.failed else EXIT_OK


def _finish(node: GraphNode | None) -> None:
    """Stop the worker, destroy the node, end the context; signals no longer disturb."""
    _ignore_signals()
    if node is not None:
        node.destroy_node()
    rclpy.try_shutdown()
    _ignore_signals()  # shutting down restores the handlers of before rclpy.init


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
    return EXIT_USAGE


def _sentence_of(error: RCLError) -> str:
    """Return the reason in rcl's message without its list of source locations."""
    text = " ".join(str(error).split())
    return text.split(", at /", 1)[0].split(", at ./", 1)[0]
