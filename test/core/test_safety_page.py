# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""docs/safety.md shows the codes and the ladder as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.vehicle.ladder import EscalationConfig

PAGE = Path(__file__).resolve().parents[2] / "docs" / "safety.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_lists_every_code_with_its_number():
    rows = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \|", TEXT, re.MULTILINE)
    assert rows == [(str(int(code)), code.name) for code in SafetyCode]


def test_the_page_shows_the_rungs_and_limits_of_every_reason():
    config = EscalationConfig()
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+) \| ([a-z, ]+) \|$", TEXT, re.MULTILINE)
    assert {name for name, _, _ in rows} == {
        code.name.lower() for code in SafetyCode if code >= SafetyCode.ODOMETRY_OLD
    }
    for name, limit, rungs in rows:
        assert tuple(rungs.split(", ")) == getattr(config, name)
        (setting,) = re.findall(r"`([a-z_]+)`", limit)
        value = re.search(r"\(([0-9.]+)", limit)
        assert value is not None, name
        scale = 57.29578 if setting.endswith("_rad") else 1.0
        assert abs(float(value[1]) - scale * getattr(config, setting)) < 1e-3
