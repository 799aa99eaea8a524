# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every check passes on a sound vehicle, and fails on one that is broken in just that way."""

from __future__ import annotations

import json
import math

import pytest

pytest.importorskip("jax")

from model_rig import PERIOD_NS, ModelRig

from live_mvp_ros.vehicle.conformance import conformance_page as page
from live_mvp_ros.vehicle.conformance.check_list import CHECKS
from live_mvp_ros.vehicle.conformance.conforming import NOT_FLOWN, conform
from live_mvp_ros.vehicle.conformance.recorded_flight import Bound, Judged
from live_mvp_ros.vehicle.conformance.rig import RigError
from live_mvp_ros.vehicle.mavlink.axes import yaw_rad
from live_mvp_ros.vehicle.mavlink.flight_phase import Phase


def flown(rig, checks=CHECKS, flying=True):
    """Return the figures by name, after a flight of some checks."""
    figures = conform(rig, flying=flying, tell=lambda check, judged: None, checks=checks)
    return {figure.name: figure for figure in figures}


def check_of(figure: str):
    """Return the check whose figure this is."""
    from live_mvp_ros.vehicle.conformance.recorded_flight import Recorded

    found = [c for c in CHECKS if figure in {f.name for f in c.judge(Recorded(()))}]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("has_driver", [True, False])
def test_a_sound_vehicle_passes_all_that_applies_to_it(has_driver):
    rig = ModelRig(has_driver)
    figures = flown(rig)
    failed = [page.line(f) for f in figures.values() if f.applies and not f.passed]
    assert not failed
    apart = {f.name.split(":")[0] for f in figures.values() if not f.applies}
    driven = {"link cut", "driver frozen", "driver killed", "pilot", "low battery", "landing"}
    assert apart == (set() if has_driver else driven)
    assert rig.armed is not has_driver


class Slow(ModelRig):
    def shown(self, pose):
        return pose if self.ns // PERIOD_NS % 4 == 0 else None


class Repeats(ModelRig):
    def shown(self, pose):
        return pose._replace(stamp_ns=pose.stamp_ns - pose.stamp_ns % (2 * PERIOD_NS))


class Late(ModelRig):
    def shown(self, pose):
        return pose._replace(stamp_ns=pose.stamp_ns - 80_000_000)


class Early(ModelRig):
    def shown(self, pose):
        return pose._replace(stamp_ns=pose.stamp_ns + 50_000_000)


class PitchReversed(ModelRig):
    def actuates(self, command):
        thrust, roll, pitch, yaw = command
        return thrust, roll, -pitch, yaw


class RollReversed(ModelRig):
    def actuates(self, command):
        thrust, roll, pitch, yaw = command
        return thrust, -roll, pitch, yaw


class DownIsUp(ModelRig):
    def shown(self, pose):
        x, y, z = pose.position_m
        return pose._replace(position_m=(x, y, 6.0 - z))


class YawReversed(ModelRig):
    def actuates(self, command):
        thrust, roll, pitch, yaw = command
        return thrust, roll, pitch, -yaw


class VelocityInTheBody(ModelRig):
    def shown(self, pose):
        yaw = yaw_rad(pose.attitude)
        x, y, z = pose.velocity_m_s
        c, s = math.cos(yaw), math.sin(yaw)
        return pose._replace(velocity_m_s=(c * x + s * y, c * y - s * x, z))


class MirroredTwice(ModelRig):
    """Left is right in odometry and in commands: consistent, and wrong."""

    def shown(self, pose):
        (x, y, z), (u, v, w) = pose.position_m, pose.velocity_m_s
        a, b, c, d = pose.attitude
        p, q, r = pose.rates_rad_s
        return pose._replace(
            position_m=(x, -y, z),
            velocity_m_s=(u, -v, w),
            attitude=(a, -b, c, -d),
            rates_rad_s=(-p, q, -r),
        )

    def actuates(self, command):
        thrust, roll, pitch, yaw = command
        own = self.phase is not Phase.FLYING or self.holds()
        return command if own else (thrust, -roll, pitch, -yaw)


class Lagging(ModelRig):
    lag, last = (0.03, 1.0), (9.81, 0.0, 0.0, 0.0)

    def actuates(self, command):
        share = self.share()
        self.last = tuple(
            old + k * (new - old) for k, new, old in zip(share, command, self.last, strict=True)
        )
        return self.last

    def share(self):
        return (1.0, 0.025, 0.025, 0.007)


class Sluggish(Lagging):
    """Roll and pitch come too late only where nothing else flies."""

    def actuates(self, command):
        steps = abs(command[1]) == 1.0 or abs(command[2]) == 1.0 or abs(command[3]) == 1.0
        return super().actuates(command) if steps else command


class WeakThrust(ModelRig):
    """Stronger pulls come at a third."""

    def actuates(self, command):
        thrust, *rates = command
        return (9.81 + 0.3 * (thrust - 9.81), *rates)


class Drifts(ModelRig):
    """Odometry believes that it stays where it wanders off, and says so too late."""

    def shown(self, pose):
        x, y, z = pose.position_m
        return pose._replace(position_m=(x + 0.7 * math.sin(2.0 * self.now_s()), y, z))


class RepeatsTheLast(ModelRig):
    """The last command is flown for ever; the odd degree that it leans leads away."""

    def holds(self):
        return False

    def actuates(self, command):
        thrust, roll, pitch, yaw = command
        silent = self.now_s() - self.came_s > 0.05
        return (thrust, roll, pitch + (2.0 if silent else 0.0), yaw)


class NeverAgain(ModelRig):
    """Once silent, it waits to be restarted."""

    lost = False

    def passes_on(self):
        silent = self.now_s() - self.came_s > 0.15 and self.came_s > 0.0
        self.lost = self.lost or silent
        return super().passes_on() and not self.lost


class FliesTheLate(ModelRig):
    def is_wrong(self, command, stamp_ns):
        return not all(map(math.isfinite, command)) or stamp_ns > self.ns


class FliesTheEarly(ModelRig):
    def is_wrong(self, command, stamp_ns):
        return not all(map(math.isfinite, command)) or stamp_ns < self.ns - 1e8


class FliesTheOlder(ModelRig):
    def is_older(self, stamp_ns):
        return False


class FliesAnything(ModelRig):
    """A command that is no number is no thrust."""

    def is_wrong(self, command, stamp_ns):
        return False

    def actuates(self, command):
        return tuple(part if math.isfinite(part) else 0.0 for part in command)


class Queues(ModelRig):
    """Commands wait for each other, and those that come twice delay all others."""

    def __init__(self):
        self.queue = []
        super().__init__()

    def arrives(self, command, stamp_ns):
        self.queue.append(command)

    def wait(self):
        if self.queue:
            super().arrives(self.queue.pop(0), self.ns)
        super().wait()

    def actuates(self, command):
        thrust, roll, pitch, yaw = command
        return (thrust, roll, pitch + 0.2 * math.sin(3.0 * self.now_s()), yaw)  # a breeze


class BreaksWithItsLink(ModelRig):
    cuts = False

    def provoke(self, fault, seconds):
        self.cuts = True
        return super().provoke(fault, seconds)

    def passes_on(self):
        return super().passes_on() and not self.cuts


class FallsWithItsLink(ModelRig):
    """Its rotors idle while nobody speaks to it."""

    def actuates(self, command):
        alone = self.now_s() < max(self.cut_s, self.frozen_s, self.dead_s, self.killed_s)
        return (0.3 * command[0], *command[1:]) if alone else command


class FightsThePilot(ModelRig):
    def passes_on(self):
        return True


class SaysNothing(ModelRig):
    """Neither who has it nor how full the battery is."""

    def taken(self):
        self.authorised = False

    def empties(self):
        pass


class KeepsThePilot(ModelRig):
    def ask(self, service):
        if self.phase is not Phase.HANDED_OVER:
            super().ask(service)


class Hovers(ModelRig):
    def ask(self, service):
        if service != "land":
            super().ask(service)


class Drops(ModelRig):
    def sinks_m_s(self):
        return 2.5


BROKEN = [
    (Slow, "odometry: rate"),
    (Repeats, "odometry: stamps not after the last"),
    (Late, "odometry: latency, median"),
    (Early, "odometry: stamps in the future"),
    (PitchReversed, "frames: x, ahead"),
    (RollReversed, "frames: y, to the left"),
    (DownIsUp, "frames: z, up"),
    (YawReversed, "frames: yaw, anticlockwise"),
    (VelocityInTheBody, "frames: velocity against positions"),
    (MirroredTwice, "frames: a metre against the truth"),
    (Sluggish, "step: roll rate, until 63 %"),
    (Sluggish, "step: pitch rate, until 63 %"),
    (Sluggish, "step: yaw rate, until 63 %"),
    (WeakThrust, "step: thrust, share that is missing"),
    (Drifts, "hover: drift in 10 s"),
    *((RepeatsTheLast, f"stream stopped {s:g} s: goes") for s in (1.0, 3.0)),
    *((NeverAgain, f"stream stopped {s:g} s: obeys again") for s in (0.2, 0.5, 1.0, 3.0)),
    (FliesTheLate, "controller frozen: turns"),
    (RepeatsTheLast, "controller frozen: goes"),
    (NeverAgain, "controller frozen: obeys again"),
    (FallsWithItsLink, "controller killed: goes"),
    (NeverAgain, "controller killed: obeys again"),
    (FallsWithItsLink, "link cut: goes"),
    (BreaksWithItsLink, "link cut: obeys again"),
    (FallsWithItsLink, "driver frozen: goes"),
    (BreaksWithItsLink, "driver frozen: obeys again"),
    (FallsWithItsLink, "driver killed: goes"),
    (BreaksWithItsLink, "driver killed: obeys again"),
    (FliesTheLate, "commands late: turns"),
    (NeverAgain, "commands late: obeys again"),
    (Queues, "commands doubled: goes"),
    (FliesTheOlder, "commands reordered: turns"),
    (FliesAnything, "commands not finite: goes"),
    (FliesTheEarly, "commands stamped an hour ahead: turns"),
    (FliesTheLate, "commands stamped an hour ago: turns"),
    (FightsThePilot, "pilot: setpoints go on"),
    (SaysNothing, "pilot: it is said"),
    (KeepsThePilot, "pilot: obeys again"),
    (SaysNothing, "low battery: it is told"),
    (Hovers, "landing: disarmed"),
    (Drops, "landing: speed in the last half metre"),
]


@pytest.mark.parametrize(("broken", "figure"), BROKEN, ids=lambda v: getattr(v, "__name__", v))
def test_a_broken_vehicle_fails(broken, figure):
    check = check_of(figure)
    judged = flown(broken(), (check,))[figure]
    assert judged.applies
    assert not judged.passed, page.line(judged)


def test_every_check_is_shown_able_to_fail():
    names = {check_of(figure).name for _, figure in BROKEN}
    assert names == {check.name for check in CHECKS}


def test_nothing_is_flown_by_position_when_the_axes_are_wrong():
    rig = PitchReversed()
    figures = flown(rig)
    hover = figures["hover: drift in 10 s"]
    assert not hover.passed
    assert hover.note == "not flown: frames are not as they should be"
    assert max(math.hypot(*pose.position_m[:2]) for pose in rig.truth) < 1.0


def test_on_the_ground_only_what_can_be_heard_is_judged():
    rig = ModelRig()
    figures = flown(rig, flying=False)
    counted = {name for name, figure in figures.items() if figure.applies}
    assert {name.split(":")[0] for name in counted} == {"odometry"}
    assert {f.reason for name, f in figures.items() if name not in counted} == {NOT_FLOWN}
    assert not rig.setpoints_s


def test_who_cannot_be_brought_into_the_air_fails_all_flights_with_the_reason():
    class Grounded(ModelRig):
        def take_off(self, meanwhile):
            raise RigError("it has not taken off: the battery is at 3 %")

    figures = flown(Grounded())
    assert figures["odometry: rate"].passed
    assert figures["hover: drift in 10 s"].note == "it has not taken off: the battery is at 3 %"
    assert not page.passed(tuple(figures.values()))


FIGURES = (
    Judged("hover: drift", 0.1234, Bound(0.5, "m")),
    Judged("rate", 99.0, Bound(40.0, "Hz", at_least=True)),
    Judged("pilot: said", math.nan, Bound(1.0, "s"), reason="nobody flies it"),
)
LOST = Judged("landing", math.nan, Bound(60.0, "s"), note="it hovers")


def test_the_page_says_what_was_measured_and_what_does_not_count():
    assert page.passed(FIGURES)
    assert page.summary(FIGURES) == "2 of 2 passed; 1 do not apply"
    assert not page.passed((*FIGURES, LOST))
    assert not page.passed(FIGURES[2:])
    assert page.line(FIGURES[0]) == "good  hover: drift: 0.123 m, at most 0.5 m"
    assert page.line(LOST) == "NOT   landing: not reached, at most 60 s (it hovers)"
    text = page.markdown((*FIGURES, LOST), "a model", "today", ())
    assert "# a model does not conform" in text
    assert "| **failed** | landing | not reached | at most 60 s | it hovers |" in text


def test_the_file_holds_what_scripts_need():
    values = json.loads(json.dumps(page.values((*FIGURES, LOST), "a model"), allow_nan=False))
    assert values["passed"] is False
    assert [c["passed"] for c in values["checks"]] == [True, True, None, False]
    first = values["checks"][0]
    assert (first["measured"], first["bound"], first["unit"]) == (0.1234, 0.5, "m")
