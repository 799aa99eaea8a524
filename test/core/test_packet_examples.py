# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The loops of examples/ run, and find out what they say that they find out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the sources are not here")


def lines_of(name: str) -> list[str]:
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_examiner_tells_objects_apart_by_panning_and_tilting():
    lines = lines_of("examiner_loop")
    assert len(lines) == 3
    for line in lines:
        name, guess = re.fullmatch(r"(\w+): fills .* taken for (\w+)", line).groups()
        assert name == guess


@pytest.mark.slow
def test_who_chooses_explores_more_than_who_does_not_and_neither_touches_anything():
    pytest.importorskip("gymnasium")
    shares = {}
    for line in lines_of("explore_loop"):
        name, share = re.fullmatch(r"(\w+): (\d+)% explored in .*, 0 contacts", line).groups()
        shares[name] = int(share)
    assert shares["greedy"] > shares["chance"] > 10


def test_the_explorer_comes_near_to_each_thing():
    lines = lines_of("explorer_loop")
    assert len(lines) == 3
    for line in lines:
        found = re.match(r"\w+: [\d.]+ m to ([\d.]+) m before it, seen at u = [\d.]+, v = ", line)
        assert found and float(found[1]) < 0.4
        assert "in the way" not in line
