# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the report before a flight is made of, for one link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS
from live_mvp_ros.vehicle.mavlink.preflight import CheckFacts

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.vehicle_link import VehicleLink

COMPLAINTS_S = 10.0
"""What a vehicle has complained of for so long is told with a refusal."""


def check_facts(link: VehicleLink, now_s: float) -> CheckFacts:
    """Return what a report on one vehicle is made of."""
    facts, config, upkeep = link.facts, link.config, link.upkeep
    problem, kind = "", f"{link.traits.name}, MAV_TYPE {facts.kind}"
    stranger = facts.autopilot != link.traits.autopilot_id
    if not link.connected(now_s):
        problem = "no heartbeat comes"
    elif stranger:
        problem = f"it is no {link.traits.name}: MAV_AUTOPILOT {facts.autopilot}"
        names = [name for name, it in AUTOPILOTS.items() if it.autopilot_id == facts.autopilot]
        problem += f" is that of autopilot {names[0]}" if names else ""
    elif not facts.is_multirotor:
        problem = f"it is no multirotor: MAV_TYPE {facts.kind}"
    needed = ("HIGHRES_IMU", "VFR_HUD", "EXTENDED_SYS_STATE")
    return CheckFacts(
        kind_problem=problem or link.bad_telemetry,
        kind=kind,
        judged=link.connected(now_s) and not stranger,
        armed=facts.armed,
        on_ground=None if facts.in_air is None else not facts.in_air,
        can_arm=facts.can_arm,
        complaints=tuple(link.texts.since(now_s - COMPLAINTS_S)),
        heartbeat_hz=facts.rate_hz("HEARTBEAT", now_s, 5.0),
        odometry_hz=link.odometry_hz(now_s),
        wanted_hz=config.odometry_rate_hz,
        needed=tuple((name, facts.rate_hz(name, now_s) > 0.0) for name in needed),
        estimator=facts.estimator,
        settled_s=link.settling.steady_s(now_s),
        settle_s=config.settle_s,
        strays_m=link.settling.strays_m(),
        moves_m_s=link.settling.moves_m_s(),
        home=facts.home is not None,
        battery_fraction=facts.battery_fraction,
        battery_min=config.battery_min,
        clock_known=upkeep.clock.known,
        clock_delay_s=1e-9 * upkeep.clock.delay_ns,
        clock_jumped=now_s - link.jumped_s < config.settle_s,
        parameters=tuple(upkeep.parameters.problems()),
        verified=tuple(upkeep.parameters.verified()),
    )
