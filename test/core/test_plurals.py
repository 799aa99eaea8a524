# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One thing and many, in words and in the last lines of flights."""

from __future__ import annotations

import pytest

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.cli import sim
from live_mvp_ros.cli.bench_explore import run_line
from live_mvp_ros.evaluation.runs import Run


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 collisions"), (1, "1 collision"), (2, "2 collisions")]
)
def test_one_thing_and_many_have_their_words(number, words):
    assert counted(number, "collision") == words
    record = {
        "mission_complete": True, "end_reason": "it is over", "explored_fraction": 0.99,
        "flight_time_s": 60.0, "path_length_m": 50.0, "collisions": number,
        "real_time_factor": None, "time_to_95_s": 50.0, "error": None,
    }  # fmt: skip
    assert sim.summary(record, None).endswith(f", {words}")
    assert run_line(Run("seed", "parallel"), record).endswith(f", {words}")
