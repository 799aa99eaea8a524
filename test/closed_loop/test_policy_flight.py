# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A policy beside the planners: same start, sensor, limits, scores; and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from fixed_pilot import file_that_says, random_file

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.evaluation import figures
from live_mvp_ros.evaluation.campaign import Campaign, CampaignError
from live_mvp_ros.evaluation.logbook import Logbook
from live_mvp_ros.evaluation.planners import planner_of
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.evaluation.scenario import prepare

pytestmark = pytest.mark.slow

COARSE = {"info_field": {"n_directions": 24}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a run of a policy that flies straight on and turns left."""
    file = tmp_path_factory.mktemp("policy") / "policy.npz"
    file_that_says(file, [1.0, 0.3, 0.0, 0.0, 0.0, 0.5])
    return Run("office", "policy", time_limit_s=4.0, overrides=COARSE, checkpoint=str(file))


def flown(run):
    scenario = prepare(run)
    book = Logbook(scenario)
    for stretch in scenario.fly():
        book.add(stretch)
    return scenario, book.close()


def test_it_flies_from_the_same_start_within_the_limits_and_is_scored(run):
    scenario, flight = flown(run)
    np.testing.assert_allclose(flight.positions_m[0], scenario.world.start_m, atol=1e-5)
    speed = np.linalg.norm(flight.velocities_m_s, axis=1)
    assert 0.5 < np.max(speed) < 1.1 * scenario.config.body.speed_max_m_s
    assert flight.positions_m[-1, 0] > flight.positions_m[0, 0] + 1.0  # it went where it was told
    off_m = np.abs(flight.positions_m[:, 2] - scenario.config.body.altitude_m)
    assert np.max(off_m) < 0.15
    assert flight.safety.collisions == 0
    record = figures.record(run, flight)
    assert (record["planner"], record["controller"]) == ("policy", "policy")
    assert record["end_reason"].startswith("time limit")
    assert not record["mission_complete"]
    assert 0.0 < record["explored_fraction"] < 1.0


def test_one_file_gives_one_flight_and_another_file_another(run, tmp_path):
    short = dataclasses.replace(run, time_limit_s=1.0)
    first, again = flown(short)[1], flown(short)[1]
    np.testing.assert_array_equal(first.positions_m, again.positions_m)
    other = dataclasses.replace(short, checkpoint=str(random_file(tmp_path / "other.npz")))
    assert np.any(flown(other)[1].positions_m != first.positions_m)


def test_who_flies_nowhere_is_given_time_and_gives_no_target_up(run, tmp_path):
    """A planner that nobody follows must not say that what was not flown to is given up."""
    still = str(file_that_says(tmp_path / "still.npz", [0.0] * 6))
    _, flight = flown(dataclasses.replace(run, time_limit_s=20.0, checkpoint=still))
    assert flight.health.targets_given_up == 0
    assert [state["state"] for state in flight.states] == [
        MissionState.EXPLORING.name,
        MissionState.DONE.name,
    ]
    assert flight.end_reason.startswith("time limit")


def test_a_campaign_flies_both_and_refuses_a_file_that_nothing_flies(run):
    campaign = Campaign(("office",), ("parallel", "policy"), checkpoint=run.checkpoint)
    campaign.check()
    assert [each.checkpoint for each in campaign.runs()] == ["", run.checkpoint]
    assert campaign.conditions()["checkpoint"] == run.checkpoint
    with pytest.raises(CampaignError, match="--checkpoint is for the planner policy"):
        dataclasses.replace(campaign, planners=("parallel",)).check()
    with pytest.raises(ConfigurationError, match="give --checkpoint FILE"):
        planner_of("policy")
    with pytest.raises(ConfigurationError, match="there is no such file"):
        planner_of("policy", "/no/such.npz")
