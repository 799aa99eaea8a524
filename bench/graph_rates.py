# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure the rates of a running graph as a plain subscriber sees them.

    live-mvp explore &   python bench/graph_rates.py --seconds 20

Prints one row per topic: messages per second of wall time, the median and the 99th percentile of
the interval between two messages, and whether the rate is as designed. Exit code 1 if not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from live_mvp_ros.bringup import environment


class Wanted(NamedTuple):
    """A topic and the rate that it should have."""

    topic: str
    rate_hz: float
    tolerance: float
    at_least: bool = False


TOPICS = (
    Wanted("odom", 100.0, 0.02, at_least=True),
    Wanted("depth/points", 10.0, 0.10),
    Wanted("map", 5.0, 0.10),
    Wanted("info_field", 5.0, 0.10),
    Wanted("cmd/body_rates", 50.0, 0.05),
)


def main() -> int:
    """Listen, print the table, and say whether every rate is as wanted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--namespace", default="")
    parser.add_argument("--json", metavar="FILE", help="write the table here as well")
    options = parser.parse_args()
    environment.enter()
    arrivals = listen(options.namespace, options.seconds)
    rows = [row(wanted, np.array(arrivals[wanted.topic])) for wanted in TOPICS]
    print(f"{'topic':<16}{'wanted':>8}{'rate':>9}{'median':>10}{'p99':>10}  ok")
    for values in rows:
        print(
            "{topic:<16}{wanted_hz:>8.0f}{rate_hz:>9.2f}{median_ms:>7.1f} ms"
            "{p99_ms:>7.1f} ms  {ok}".format(**values)
        )
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"seconds": options.seconds, "topics": rows}, file, indent=2)
    return 0 if all(values["ok"] for values in rows) else 1


def listen(namespace: str, seconds: float) -> dict[str, list[float]]:
    """Return the arrival times [s] of each topic."""
    import rclpy
    from nav_msgs.msg import OccupancyGrid, Odometry
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import PointCloud2

    from live_mvp_ros.msg import BodyRateThrust, InfoField

    kinds = {
        "odom": Odometry,
        "depth/points": PointCloud2,
        "map": OccupancyGrid,
        "info_field": InfoField,
        "cmd/body_rates": BodyRateThrust,
    }
    rclpy.init()
    node = rclpy.create_node("graph_rates", namespace=namespace)
    arrivals: dict[str, list[float]] = {topic: [] for topic in kinds}

    def taker(topic: str) -> Callable[[Any], None]:
        return lambda _: arrivals[topic].append(time.monotonic())

    for topic, kind in kinds.items():
        node.create_subscription(kind, topic, taker(topic), qos_profile_sensor_data)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        rclpy.spin_once(node, timeout_sec=0.1)
    node.destroy_node()
    rclpy.try_shutdown()
    return arrivals


def row(wanted: Wanted, times: np.ndarray) -> dict[str, Any]:
    """Return the figures of one topic; the first second is left out, discovery takes its time."""
    times = times[times > times[0] + 1.0] if len(times) else times
    gaps = np.diff(times)
    rate = 1.0 / gaps.mean() if len(gaps) else 0.0
    low, high = wanted.rate_hz * (1 - wanted.tolerance), wanted.rate_hz * (1 + wanted.tolerance)
    return {
        "topic": wanted.topic,
        "wanted_hz": wanted.rate_hz,
        "rate_hz": float(rate),
        "median_ms": float(np.median(gaps) * 1e3) if len(gaps) else float("nan"),
        "p99_ms": float(np.percentile(gaps, 99) * 1e3) if len(gaps) else float("nan"),
        "ok": bool(low <= rate and (wanted.at_least or rate <= high)),
    }


if __name__ == "__main__":
    sys.exit(main())
