# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a node says before it works, and that its end comes once, however often it is asked."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import Odometry
from sensor_msgs.msg import PointCloud2

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import cloud_messages, headers
from live_mvp_ros.ros.node import GraphNode


@configuration
class OneConfig:
    """Parameters of a node for tests."""

    rate_hz: float = parameter(default=1.0, unit="Hz", low=0.1, high=10.0, help="A rate.")


def test_a_signal_after_the_node_is_gone_does_nothing():
    """A second Ctrl-C comes while the process cleans up."""
    rclpy.init()
    try:
        for _ in range(2):
            node = GraphNode("once", OneConfig())
            node.destroy_node()
            node.end()
            node.end()
    finally:
        rclpy.try_shutdown()


def words_of(messages: list[DiagnosticArray], node: str) -> list[str]:
    return [s.message for m in messages for s in m.status if s.name == node]


def test_a_node_says_why_it_still_waits_for_its_input(bench):
    told = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    clouds = bench.publisher(PointCloud2, "depth/points", qos.SENSOR)
    odom = bench.publisher(Odometry, "odom", qos.SENSOR)
    bench.start("live_map")
    points = np.ones((4, 4, 3), np.float32)
    stamp_ns = iter(range(1_000_000_000, 10**12, 50_000_000))

    def see() -> None:
        at_ns = next(stamp_ns)
        message = Odometry()
        message.header = headers.header(at_ns, "odom")
        message.child_frame_id = "base_link"
        message.pose.pose.orientation.w = 1.0
        odom.publish(message)
        clouds.publish(cloud_messages.cloud(at_ns, "eye", points, ("x", "y", "z")))

    def said() -> bool:
        return any(
            "none was integrated" in words and "no transform leads from" in words
            for words in words_of(told, "live_map")
        )

    bench.wait(said, during=see)


def test_a_node_that_lives_in_simulated_time_says_that_there_is_none(bench):
    told = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.start("live_map", use_sim_time=True)
    bench.wait(lambda: any(w.startswith("no /clock") for w in words_of(told, "live_map")))


COMPILING = """
import jax, sys
from live_mvp_ros.ros.compiling import Compiling
jax.config.update("jax_compilation_cache_dir", sys.argv[1])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
began = []
watch = Compiling(lambda: began.append(watch.sentence()))
f = jax.jit(lambda x: x * 3 + 1)
x = jax.device_put(1.0)
assert watch.sentence() == ""
f(x).block_until_ready()
assert len(began) == 1
print(watch.sentence())
watch.close()
watch.close()
jax.jit(lambda x: x * 4)(x)
assert len(began) == 1
"""


GARBAGE = """
import jax.monitoring
from live_mvp_ros.ros import compiling
watch = compiling.Compiling()
tell = jax.monitoring.record_event_duration_secs
tell(compiling.LOWERED, 0.1)
tell(compiling.COMPILED, 0.01)
assert not watch.leaves_garbage()  # so little
tell(compiling.LOWERED, 0.1)
tell(compiling.COMPILED, 1.0)
tell(compiling.LOWERED, 0.1)
assert not watch.leaves_garbage()  # the next needs it again
tell(compiling.COMPILED, 0.01)
assert watch.leaves_garbage()
assert not watch.leaves_garbage()  # it was given back
"""


def test_memory_is_given_back_once_after_large_programs():
    assert subprocess.run([sys.executable, "-c", GARBAGE], check=False).returncode == 0


def test_programs_that_are_compiled_are_counted_and_those_that_are_loaded_are_not(tmp_path):
    def run() -> str:
        command = [sys.executable, "-c", COMPILING, str(tmp_path)]
        done = subprocess.run(
            command, env=dict(os.environ), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert run() == "compiling for this machine, once: 1 program done"
    assert run() == ""


KEPT = """
import time
import numpy as np
from jax.numpy.linalg import inv
from live_mvp_ros.base import kept_programs
from live_mvp_ros.ros import compiling
watch = compiling.Compiling()
compiling.LONG_S = compiling.RECENT_S = 0.05
matrix = np.eye(2, dtype=np.float32)
for sources in ("old", "old", "new"):  # made, found as it is, found by what it was lowered to
    kept_programs._sources = lambda: sources
    kept_programs.KeptProgram(inv)(matrix).block_until_ready()
    time.sleep(0.1)
    assert watch.sentence() == "", (sources, watch.sentence())
"""


def test_a_program_that_is_found_is_not_said_to_be_compiling_for_ever(tmp_path):
    environment = {**os.environ, "LIVE_MVP_ROS_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", KEPT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
