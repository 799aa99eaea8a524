# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A pilot that only pretends to fly, in worker processes that import this module by its name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from live_mvp_ros.evaluation import figures


class FakePilot:
    """Answers at once; what goes wrong is written in the environment as kind=seed,..."""

    def __call__(self, run):
        kind = troubles().get(run.seed)
        if kind == "exit":
            os._exit(7)
        if kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "raise":
            raise ValueError("the wind was too strong\nand a second line")
        if kind == "wait":
            while not Path(os.environ["FAKE_GATE"]).exists():
                time.sleep(0.02)
        return document(run)


def troubles():
    pairs = os.environ.get("FAKE_TROUBLES", "").split(",")
    return {int(seed): kind for kind, seed in (pair.split("=") for pair in pairs if pair)}


def document(run, time_to_95_s=50.0, **values):
    record = figures.failed_record(run, "") | {
        "error": None,
        "mission_complete": True,
        "goal_reached": True,
        "end_reason": "explored",
        "explored_fraction": 0.99,
        "time_to_95_s": None if time_to_95_s is None else time_to_95_s + run.seed,
        "collisions": 0,
        "min_clearance_m": 0.4,
        "flight_time_s": 100.0,
        "unsafe_plan_fraction": 0.01,
        "parked_fraction": 0.02,
        "longest_at_target_s": 1.5,
        "targets_given_up": 0,
        "safety_interventions": 0,
        "path_length_m": 90.0,
        "steps": 2000,
    }
    curve = {"times_s": [0.0, 50.0 + run.seed], "fractions": [0.1, 0.99]}
    return {"record": record | values, "explored": curve}


def main():
    """Run the command with this pilot instead of the real one."""
    from live_mvp_ros.cli.main import main as command
    from live_mvp_ros.evaluation import campaign

    campaign.Pilot = FakePilot
    return command(sys.argv[1:])
