# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure recorder and viewer: what they cost and lose in flight, and what a kill costs.

    python bench/recording.py flight --seconds 60 --json flight.json
    python bench/recording.py kills --count 20 --json kills.json

``flight`` flies with every topic recorded and the viewer serving a web page, and compares the
numbers that the publishers gave to their messages with what is in the bag. ``kills`` kills the
recorder at random moments and measures what is missing at the end of each bag.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from mcap.reader import make_reader
from rosbags.rosbag2 import Reader

from live_mvp_ros.bags.reader import open_bag
from live_mvp_ros.ros.topics import recorded

NEVER_SENT = {"senders": 0, "before": 0, "sent": 0, "in_bag": 0}


def main() -> int:
    """Measure, print the figures as JSON, and say whether they are as wanted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("flight", "kills"))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        what = flight(folder, options.seconds) if options.what == "flight" else None
        values = what or kills(folder, options.count)
    text = json.dumps(values, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0 if values["ok"] else 1


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a flight that is recorded."""
    command = [sys.executable, "-m", "live_mvp_ros.bringup.environment", sys.executable, "-P"]
    command += ["-m", "live_mvp_ros.cli.main", "explore", "--headless", *arguments]
    with (folder / "explore.log").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


def node_of(flight: subprocess.Popen[bytes], name: str = "recorder") -> psutil.Process | None:
    """Return the process of a node, None while there is none."""
    for process in psutil.Process(flight.pid).children(recursive=True):
        try:
            if f"live_mvp_ros.nodes.{name}" in process.cmdline():
                return process
        except psutil.Error:
            continue
    return None


def flies(folder: Path) -> bool:
    """Return whether the mission has begun."""
    return "EXPLORING" in (folder / "explore.log").read_text(errors="replace")


def flight(folder: Path, seconds: float) -> dict[str, Any]:
    """Fly for some seconds and return losses and costs."""
    process = start(folder, "--timeout", str(seconds), "--view", "web")
    while not flies(folder) and process.poll() is None:
        time.sleep(0.2)
    begin, first = time.monotonic(), cpu_s(process)
    end, last = begin, first
    while process.poll() is None and (now := cpu_s(process)):
        end, last = time.monotonic(), now
        time.sleep(0.5)
    process.wait()
    shares = {name: round((last[name] - first[name]) / (end - begin), 4) for name in first}
    (bag,) = folder.glob("runs/*/bag")
    topics = {name: dict(NEVER_SENT) for name in recorded("")} | numbers(bag)
    missing = sum(topic["sent"] - topic["in_bag"] for topic in topics.values())
    size = sum(file.stat().st_size for file in bag.iterdir())
    equal = by_mcap(bag) == by_rosbags(bag)
    return {
        "seconds": round(end - begin, 1),
        "messages": sum(topic["in_bag"] for topic in topics.values()),
        "missing": missing,
        "before_discovery": sum(topic["before"] for topic in topics.values()),
        "core_shares": shares,
        "mib": round(size / 2**20, 1),
        "mcap_and_rosbags_read_the_same": equal,
        "topics": topics,
        "ok": missing == 0 and equal and shares["recorder"] <= 0.15 and shares["viewer"] <= 0.10,
    }


def cpu_s(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """Return the time that recorder and viewer have computed; empty when one has ended."""
    times = {}
    for name in ("recorder", "viewer"):
        try:
            found = node_of(process, name)
            spent = found.cpu_times() if found else None
        except psutil.Error:
            return {}
        if spent is None:
            return {}
        times[name] = spent.user + spent.system
    return times


def numbers(bag: Path) -> dict[str, dict[str, int]]:
    """Return per topic what publishers have sent by their own count, and what is in the bag.

    Publishers number their messages from 1. Where a topic has several of them, each number may
    come once from each, and the k-th most frequent numbers are those of the k-th longest sender.
    ``sent`` counts from the first message that came, ``before`` those until publisher and recorder
    had found each other, which takes a moment at the start of a process.
    """
    counts: dict[str, dict[int, int]] = {}
    for file in bag.glob("*.mcap"):
        with file.open("rb") as stream:
            for _, channel, message in make_reader(stream).iter_messages():
                times = counts.setdefault(channel.topic, {})
                times[message.sequence] = times.get(message.sequence, 0) + 1
    result = {}
    for topic, times in counts.items():
        runs = [
            [number for number, count in times.items() if count > k]
            for k in range(max(times.values()))
        ]
        result[topic] = {
            "senders": len(runs),
            "before": sum(min(run) - 1 for run in runs),
            "sent": sum(max(run) - min(run) + 1 for run in runs),
            "in_bag": sum(times.values()),
        }
    return result


def by_mcap(bag: Path) -> list[tuple[str, int, bytes]]:
    """Return topic, time and bytes of every message as ``mcap`` reads them."""
    found = []
    for file in bag.glob("*.mcap"):
        with file.open("rb") as stream:
            for _, channel, message in make_reader(stream).iter_messages():
                found.append((channel.topic, message.log_time, message.data))
    return sorted(found)


def by_rosbags(bag: Path) -> list[tuple[str, int, bytes]]:
    """Return the same as ``rosbags`` reads them."""
    with Reader(bag) as reader:
        return sorted((c.topic, at, bytes(data)) for c, at, data in reader.messages())


def kills(folder: Path, count: int) -> dict[str, Any]:
    """Kill the recorder of one flight again and again; each time it begins another bag."""
    process = start(folder, "--controller", "none")  # it hovers as long as it takes
    rng = random.Random(0)
    missing_s: list[float] = []
    done: set[Path] = set()
    while len(missing_s) < count and process.poll() is None:
        found = node_of(process)
        bag = next((path for path in folder.glob("runs/*/bag*") if path not in done), None)
        if found is None or bag is None:
            time.sleep(0.1)
            continue
        done.add(bag)
        if not wait_for_data(bag):
            break
        time.sleep(rng.uniform(0.0, 3.0))
        killed_ns = time.time_ns()
        os.kill(found.pid, signal.SIGKILL)
        time.sleep(0.2)
        missing_s.append(1e-9 * (killed_ns - open_bag(bag).end_ns))
        print(f"kill {len(missing_s)}: {missing_s[-1]:.3f} s missing", file=sys.stderr)
    process.send_signal(signal.SIGINT)
    process.wait(30)
    return {
        "kills": len(missing_s),
        "missing_s": [round(value, 3) for value in missing_s],
        "worst_s": round(max(missing_s), 3),
        "ok": len(missing_s) == count and max(missing_s) <= 1.0,
    }


def wait_for_data(bag: Path, limit_s: float = 120.0) -> bool:
    """Wait until something of a bag has been written; return whether it was."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if any(file.stat().st_size > 100_000 for file in bag.glob("*.mcap")):
            return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
