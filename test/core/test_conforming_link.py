# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The whole list of checks: the driver's link flies both simulated autopilots, on one clock."""

from __future__ import annotations

import pytest

pytest.importorskip("jax")
pytest.importorskip("pymavlink")

from link_rig import LinkRig

from live_mvp_ros.vehicle.conformance import conformance_page as page
from live_mvp_ros.vehicle.conformance.check_list import CHECKS
from live_mvp_ros.vehicle.conformance.conforming import conform
from live_mvp_ros.vehicle.mavlink.command_gate import CommandGate


@pytest.mark.parametrize("kind", ["px4", "ardupilot"])
def test_driver_and_autopilot_pass_all_checks(kind):
    rig = LinkRig(kind)
    figures = conform(rig, flying=True, tell=lambda check, judged: None)
    assert not [page.line(figure) for figure in figures if not figure.passed]
    assert len(figures) > 50
    assert not rig.autopilot.hardware.armed
    assert rig.link.gate.stale_sent == 0
    log = rig.autopilot.log.summary()
    # ArduPilot takes none outside of its mode: those that were under way as that was switched
    under_way = sum(switch["setpoints_after"] for switch in log["mode_switches"])
    assert log["invalid"] <= (under_way if kind == "ardupilot" else 0)


def test_a_driver_that_lets_overtaken_commands_pass_is_found(monkeypatch):
    monkeypatch.setattr(CommandGate, "_was_overtaken", lambda *_: False)
    reordered = [check for check in CHECKS if check.name == "commands reordered"]
    figures = conform(
        LinkRig("px4"), flying=True, tell=lambda check, judged: None, checks=reordered
    )
    assert {f.name for f in figures if not f.passed} >= {"commands reordered: turns"}
