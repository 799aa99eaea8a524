# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The controller flies only what the driver says is ours, and asks for it when it is started."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("jax")

from live_mvp_ros.msg import AutopilotState
from live_mvp_ros.ros.mission_requests import Mission
from live_mvp_ros.ros.steering.vehicle_watch import VehicleWatch
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase


class Ear:
    """As much of a node as is listened and asked with."""

    def __init__(self) -> None:
        self.asked = 0
        self.hear: Any = None
        self.warnings: list[str] = []

    def create_client(self, kind: Any, name: str) -> Any:
        assert name == "vehicle/fly"
        return SimpleNamespace(call_async=self._call)

    def listen(self, kind: Any, topic: str, profile: Any, use: Any) -> None:
        assert topic == "vehicle/state"
        self.hear = use

    def get_logger(self) -> Any:
        return SimpleNamespace(warning=self.warnings.append)

    def _call(self, _: Any) -> Any:
        self.asked += 1
        refused = SimpleNamespace(success=False, message="the vehicle does not fly: it is low")
        future = SimpleNamespace(result=lambda: refused)
        return SimpleNamespace(add_done_callback=lambda done: done(future))


@pytest.fixture(name="ear")
def ear_fixture() -> Ear:
    return Ear()


def test_the_message_numbers_phases_as_the_driver_does():
    numbers = {phase.name: int(phase) for phase in Phase}
    assert {name: getattr(AutopilotState, name) for name in numbers} == numbers


def test_without_a_driver_everything_is_flown(ear):
    watch = VehicleWatch(ear, Mission(autostart=True))
    assert watch.unflown == ""
    watch.started()
    assert ear.asked == 0


@pytest.mark.parametrize("phase", list(Phase))
def test_only_what_is_ours_and_obeys_is_flown(ear, phase):
    watch = VehicleWatch(ear, Mission(autostart=True))
    for authorised in (False, True):
        for ours in (False, True):
            ear.hear(AutopilotState(phase=int(phase), authorised=authorised, mode_is_ours=ours))
            assert (watch.unflown == "") == (authorised and ours)


def test_who_starts_the_mission_asks_for_the_vehicle_in_the_air_only(ear):
    watch = VehicleWatch(ear, Mission(autostart=False))
    for phase, asked in (
        (Phase.STANDBY, 0),
        (Phase.ARMED, 0),
        (Phase.TAKING_OFF, 0),
        (Phase.HOLDING, 1),
        (Phase.LANDING, 1),
        (Phase.HANDED_OVER, 2),
    ):
        ear.hear(AutopilotState(phase=int(phase)))
        watch.started()
        assert ear.asked == asked
    assert ear.warnings == ["the vehicle does not fly: it is low"] * 2
    ear.hear(AutopilotState(phase=int(Phase.FLYING), authorised=True, mode_is_ours=True))
    watch.started()
    assert ear.asked == 2


def test_who_takes_it_over_pauses_the_mission_until_it_is_started_again(ear):
    mission = Mission(autostart=True)
    watch = VehicleWatch(ear, mission)
    ear.hear(AutopilotState(phase=int(Phase.FLYING), authorised=True, mode_is_ours=True))
    assert not mission.paused
    taken = AutopilotState(phase=int(Phase.HANDED_OVER), reason="somebody has switched it to RTL")
    ear.hear(taken)
    assert mission.paused
    assert watch.unflown == ("the vehicle is somebody else's: somebody has switched it to RTL")
    mission.start()
    ear.hear(taken)  # it is said ten times a second: to say it again pauses nothing
    assert not mission.paused
