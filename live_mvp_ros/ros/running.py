# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The life of a node's process: JAX set-up, start, spin, one-sentence failures, clean end.

Exit codes: 0 after SIGINT or SIGTERM, 1 when the node failed, 2 when it was started wrongly.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.jax_setup import prepare_jax
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.signals import EXIT_OK, Signals

# The type is only reachable here; it is what a wrong parameter file raises in rclpy.init.
from rclpy._rclpy_pybind11 import RCLError  # isort: skip

EXIT_FAILED, EXIT_USAGE = 1, 2
LOCK_S = 0.0005
"""Who computes waits no longer than this for who handles messages; Python would have 5 ms."""


def run_node(
    factory: Callable[[], GraphNode], args: Sequence[str] | None = None, at_once: int = 1
) -> int:
    """Create a node, spin it until a signal or a failure, and return the exit code.

    ``at_once`` is how many programs of JAX are to run at the same time, see ``prepare_jax``.
    """
    signals = Signals()
    sys.setswitchinterval(LOCK_S)
    prepare_jax(in_background=False, at_once=at_once)  # callbacks answer while the worker computes
    try:
        rclpy.init(
            args=list(args) if args is not None else None,
            signal_handler_options=SignalHandlerOptions.NO,
        )
    except RCLError as error:
        return _refuse(_sentence_of(error))
    node: GraphNode | None = None
    try:
        node = factory()
        leave_uncollected()
        signals.hand_to(node)
        _spin(node)
        return EXIT_FAILED if node.failed else EXIT_OK
    except (ConfigurationError, StartError) as error:
        return _refuse(str(error))
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


def leave_uncollected() -> None:
    """Take what lives now out of garbage collection: it stays, and to look it through is slow.

    Imports, and in a controller that is ready compiled programs too, are a million objects, for
    which a whole collection stops all threads for 0.1 s and more: commands would be late.
    """
    gc.collect()
    gc.freeze()


class StartError(ValueError):
    """A node cannot start with what it was given; the text is one sentence for the user."""


def _spin(node: GraphNode) -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        while not node.ending:
            executor.spin_once()
    finally:
        executor.shutdown()


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
    return EXIT_USAGE


def _sentence_of(error: RCLError) -> str:
    """Return the reason in rcl's message without its list of source locations."""
    text = " ".join(str(error).split())
    return text.split(", at /", 1)[0].split(", at ./", 1)[0]
