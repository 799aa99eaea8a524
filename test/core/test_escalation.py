# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ladder of last resorts: each rung is provoked, and left only where it may be."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.safety_code import SafetyCode, code_name
from live_mvp_ros.vehicle.escalation import Condition, Escalation, Fallback, step
from live_mvp_ros.vehicle.ladder import RUNGS, EscalationConfig

CONFIG = EscalationConfig()
REASONS = {
    "odometry_old": ("odometry_age_s", 0.12, 0.02, SafetyCode.ODOMETRY_OLD),
    "position_uncertain": ("position_sigma_m", 0.6, 0.1, SafetyCode.POSITION_UNCERTAIN),
    "off_track": ("off_track_m", 1.2, 0.1, SafetyCode.OFF_TRACK),
    "commands_late": ("command_age_s", 0.25, 0.02, SafetyCode.COMMANDS_LATE),
    "link_weak": ("link_quality", 0.2, 1.0, SafetyCode.LINK_WEAK),
    "tilted": ("lean_rad", 1.06, 0.1, SafetyCode.TILTED),
}
ALL = ("hold", "level", "land", "stop")


def climbed(config, conditions, period_s=0.1, state=None):
    """Return where the ladder stands at each of the conditions, one every ``period_s``."""
    state, found = state or Escalation(), []
    for k, condition in enumerate(conditions):
        state = step(config, state, k * period_s, condition)
        found.append(state)
    return found


@pytest.mark.parametrize("name", REASONS)
def test_each_reason_climbs_all_its_rungs_one_a_step(name):
    field, bad, _, code = REASONS[name]
    config = EscalationConfig(**{name: ALL}, step_s=0.5)
    found = climbed(config, [Condition()] + [Condition(**{field: bad})] * 25)
    assert found[0].fallback is Fallback.FLY
    assert found[0].code is SafetyCode.CLEAR
    wanted = [Fallback.HOLD] * 5 + [Fallback.LEVEL] * 5 + [Fallback.LAND] * 5
    assert [state.fallback for state in found[1:16]] == wanted
    assert found[16].fallback is found[-1].fallback is Fallback.STOP
    assert {state.code for state in found[1:]} == {code}


@pytest.mark.parametrize("name", REASONS)
def test_by_default_it_climbs_the_rungs_of_the_configuration_and_no_others(name):
    field, bad, _, _ = REASONS[name]
    found = climbed(CONFIG, [Condition(**{field: bad})] * 100)
    names = list(dict.fromkeys(state.fallback.name.lower() for state in found))
    assert tuple(names) == getattr(CONFIG, name)


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_that_is_gone_for_a_while_gives_control_back(name):
    field, bad, good, _ = REASONS[name]
    config = EscalationConfig(**{name: ("hold", "level")}, recover_s=0.5)
    ill, well = Condition(**{field: bad}), Condition(**{field: good})
    found = climbed(config, [ill] * 3 + [well] * 10)
    assert [state.fallback for state in found[:8]] == [Fallback.HOLD] * 8
    assert found[8].fallback is Fallback.FLY
    flaps = climbed(config, [ill] * 3 + [well, well, ill] * 10)
    assert all(state.fallback >= Fallback.HOLD for state in flaps)


def test_between_the_limit_and_what_counts_as_gone_nothing_changes():
    ill, between = Condition(off_track_m=1.2), Condition(off_track_m=0.9)
    assert climbed(CONFIG, [between] * 20)[-1].fallback is Fallback.FLY
    assert climbed(CONFIG, [ill] + [between] * 50)[-1].fallback is Fallback.HOLD


@pytest.mark.parametrize("last", ["land", "stop"])
def test_from_landing_and_stop_nothing_leads_back_but_a_new_ladder(last):
    config = EscalationConfig(off_track=(last,))
    found = climbed(config, [Condition(off_track_m=2.0)] + [Condition()] * 100)
    assert found[-1].fallback.name.lower() == last
    assert found[-1].code is SafetyCode.OFF_TRACK


def test_who_has_landed_stops():
    config = EscalationConfig(off_track=("land",))
    found = climbed(config, [Condition(off_track_m=2.0), Condition(off_track_m=2.0, landed=True)])
    assert [state.fallback for state in found] == [Fallback.LAND, Fallback.STOP]
    assert climbed(config, [Condition(landed=True)])[-1].fallback is Fallback.FLY


def test_the_highest_rung_counts_with_its_reason():
    both = Condition(position_sigma_m=0.6, lean_rad=1.2)
    state = climbed(CONFIG, [both])[-1]
    assert (state.fallback, state.code) == (Fallback.LEVEL, SafetyCode.TILTED)


@pytest.mark.parametrize("field", [reason[0] for reason in REASONS.values()])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_out_of_its_limit(field, value):
    value = -value if field == "link_quality" else value
    assert climbed(CONFIG, [Condition(**{field: value})])[-1].fallback > Fallback.FLY


def test_a_clock_that_jumps_back_climbs_nothing():
    ill = Condition(off_track_m=2.0)
    state = step(CONFIG, Escalation(), 100.0, ill)
    assert step(CONFIG, state, 5.0, ill).fallback is Fallback.HOLD


def test_rungs_that_do_not_climb_are_refused():
    with pytest.raises(ConfigurationError, match="rungs climb in the order hold, level"):
        EscalationConfig(off_track=("land", "hold"))
    with pytest.raises(ConfigurationError, match="one of hold"):
        EscalationConfig(tilted=("fly",))


def test_rungs_and_fallbacks_are_one_list_and_an_unknown_code_has_a_name():
    assert tuple(rung.name.lower() for rung in Fallback)[1:] == RUNGS
    assert (code_name(5), code_name(99)) == ("OBSTACLE", "UNKNOWN_99")


def test_machine_and_guard_themselves_need_no_jax():
    script = (
        "import sys, types\n"
        "import importlib.util as u\n"
        "sys.modules['jax'] = None\n"
        "room = types.ModuleType('live_mvp_ros.vehicle')\n"
        "import live_mvp_ros\n"
        "room.__path__ = [p + '/vehicle' for p in live_mvp_ros.__path__]\n"
        "sys.modules[room.__name__] = room\n"
        "from live_mvp_ros.vehicle import escalation, guard\n"
        "config = types.SimpleNamespace(acceleration_max_m_s2=4.0, mass_kg=1.0,\n"
        "    thrust_ratio_max=4.0, body_rate_max_rad_s=10.0, attitude_gain_per_s=8.0,\n"
        "    velocity_gain_per_s=5.0)\n"
        "import numpy as np\n"
        "command, code = guard.guarded(np, config, config, np.array([99.0, 0, 0, 0]),\n"
        "    np.array([1.0, 0, 0, 0]), np.zeros(3), 0.0, lean_max_rad=1.0)\n"
        "assert code == 1 and abs(command[0] - 39.24) < 1e-6, (command, code)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
