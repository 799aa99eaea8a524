# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One vehicle behind a link: told messages, commands, wishes and the time, it says what to send.

It opens nothing and waits for nothing, so tests fly it against a vehicle that is a few lines long.
Everything belongs to one thread.
"""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from live_mvp_ros.vehicle.escalation import Fallback
from live_mvp_ros.vehicle.mavlink.autopilot_traits import kinds_of
from live_mvp_ros.vehicle.mavlink.command_gate import CommandGate
from live_mvp_ros.vehicle.mavlink.estimates import Estimate, ResetWatch
from live_mvp_ros.vehicle.mavlink.flight_phase import (
    Ask,
    FlightPhase,
    Phase,
    PhaseInputs,
    PhaseTimes,
    Wish,
)
from live_mvp_ros.vehicle.mavlink.heard_facts import HeardFacts
from live_mvp_ros.vehicle.mavlink.link_report import check_facts
from live_mvp_ros.vehicle.mavlink.phase_steps import step
from live_mvp_ros.vehicle.mavlink.preflight import CheckReport, Settling, report
from live_mvp_ros.vehicle.mavlink.request_client import Outcome, RequestClient
from live_mvp_ros.vehicle.mavlink.safeguard import Safeguard
from live_mvp_ros.vehicle.mavlink.setpoints import Setpoints
from live_mvp_ros.vehicle.mavlink.status_texts import StatusTexts
from live_mvp_ros.vehicle.mavlink.throttle import HoverEstimator
from live_mvp_ros.vehicle.mavlink.upkeep import Upkeep
from live_mvp_ros.vehicle.mavlink.wire import Writer, arm, is_finite

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

CHECKED_S = 60.0
"""A good report counts for so long."""
_HOVER_M, _HOVER_M_S = 0.4, 0.3  # below the altitude of take-off, and the speed of a hover there
_LIFTED_M = 0.3
_DRIFTS_S = 0.3  # of silence: longer than commands are late on a busy machine
_OWN_SILENCE_S = 0.3  # after which the autopilot's throttle is its own again
_RESORTS = {Fallback.HOLD: Wish.STOP, Fallback.LAND: Wish.LAND, Fallback.STOP: Wish.LAND}
_REMEMBERED = 100  # sentences that nobody has fetched


class Port(Protocol):
    """Where bytes for one vehicle go."""

    def write(self, data: bytes) -> None:
        """Write a whole message, without waiting."""
        ...


@dataclasses.dataclass(frozen=True)
class TimedEstimate:
    """An estimate and when it was true, by our steady clock."""

    estimate: Estimate
    steady_ns: int


class VehicleLink:
    """One vehicle; see the module.

    Attributes:
        facts: what the vehicle says of itself.
        state: where the flight is.
        gate: decides which commands pass.
        safeguard: what of them is flown, and when none is any more.
        hover: estimates the throttle that hovers.
        upkeep: of the link, with the clock's offset and the parameters.
        texts: what the vehicle says in words.
        resets: of its estimator.
        news: sentences for a log, oldest first; who logs them empties it.
        request: what was wished last, in words, and what has come of it.
        authority_lost_s: for how long somebody else has had the vehicle in flight.
        estimate: the latest, None before.
    """

    def __init__(self, config: LinkConfig, port: Port, clock: Callable[[], int]) -> None:
        """Prepare.

        Args:
            config: of the link.
            port: to the vehicle.
            clock: our steady time [ns].
        """
        self.config, self.traits, self._clock = config, config.traits, clock
        self._port = port
        self._writer = Writer(config.system_id, config.own_system_id, config.own_component_id)
        self.facts, self.state = HeardFacts(), FlightPhase()
        self.gate = CommandGate(config.command_timeout_s, config.command_rate_max_hz)
        self.safeguard = Safeguard(config)
        self.hover = HoverEstimator(self.traits.curve)
        self.upkeep = Upkeep(self.traits, config.demands, self._writer, self._send)
        self._setpoints = Setpoints(config, self._writer, self.hover, self.upkeep.clock)
        self.texts, self.resets = StatusTexts(), ResetWatch()
        self.news: deque[str] = deque(maxlen=_REMEMBERED)
        self.request, self.request_state = "", ""
        self.authority_lost_s = 0.0
        self.estimate: Estimate | None = None
        self._times = PhaseTimes(
            autopilot_s=config.autopilot_timeout_s,
            hold_after_s=_DRIFTS_S if self.traits.drifts_when_silent else math.inf,
            land_after_s=config.land_after_s,
        )
        self._requests = RequestClient()
        self._requests_since_s = 0.0
        self._reader = self.traits.reader()
        self.settling = Settling(max(config.settle_s, 1.0))
        self._checked_s = -math.inf
        self._ground_m = math.nan
        self.jumped_s = self._ticked_s = -math.inf
        self._boot_ns = 0
        self.bad_telemetry = ""

    # What comes.

    def receive(self, message: Any, arrival_ns: int) -> TimedEstimate | None:
        """Take a message of the vehicle; return the odometry that it completes."""
        now_s = 1e-9 * arrival_ns
        if self.facts.take(message, now_s):
            self._look(arrival_ns)
        self.safeguard.quality.heard(message.get_seq(), now_s)
        kind = message.get_type()
        if kind in ("TIMESYNC", "PARAM_VALUE", "COMMAND_ACK"):
            if self.upkeep.take(message, arrival_ns):
                self._clock_jumped(now_s)
            if kind == "COMMAND_ACK":
                outcome = self._requests.acknowledged(message.command, message.result, now_s)
                self._ended(outcome, arrival_ns)
        elif kind == "STATUSTEXT":
            self.texts.take(message.severity, message.text, message.id, message.chunk_seq, now_s)
        elif kind == "HIGHRES_IMU":
            self._felt(message, now_s)
        elif kind == "VFR_HUD":
            self._own_throttle(message, now_s)
        return self._estimated(message, arrival_ns)

    def command(self, command: Sequence[float], answers_ns: int) -> None:
        """Pass on a command [4]: thrust [N] and body rates [rad/s], FLU, if it may be.

        Args:
            command: from the controller.
            answers_ns: steady time of the odometry that it answers, 0 where it does not say.
        """
        now_ns = self._clock()
        if not is_finite(command):
            self.gate.refuse("it holds a value that is not finite")
            return
        if self.gate.arrived(answers_ns, now_ns):
            return
        self._look(now_ns)
        why = self._why_not_flown()
        if why:
            self.gate.refuse(why)
            return
        if self.gate.comes_too_soon(1e-9 * now_ns):
            return
        flown = self.safeguard.guard(command, self.estimate)
        message, throttle = self._setpoints.body_rates(flown, answers_ns)
        data = self._writer.packed(message)
        now_ns = self._clock()
        if self.gate.leaves(answers_ns, now_ns):
            self._port.write(data)
            self.hover.commanded(throttle, 1e-9 * now_ns)

    def wish(self, wish: Wish) -> tuple[bool, str]:
        """Take a wish; return whether it is granted, and a sentence.

        What comes of it is in ``state``, and in ``request_state``.
        """
        now_ns = self._clock()
        if wish is Wish.ARM and not (checked := report(check_facts(self, 1e-9 * now_ns))).passed:
            granted, answer = False, f"the vehicle does not arm: {checked.summary}"
        else:
            granted, answer = self._look(now_ns, wish)
        self.request, self.request_state = wish.value, "under way" if granted else answer
        self.news.append(answer)
        return granted, answer

    def check(self) -> CheckReport:
        """Return the report before a flight, and have parameters set that are not as wanted."""
        now_ns = self._clock()
        known = self.facts.autopilot == self.traits.autopilot_id
        self.upkeep.parameters.may_set(known and not self.facts.armed)
        made = report(check_facts(self, 1e-9 * now_ns))
        self._checked_s = 1e-9 * now_ns if made.passed else self._checked_s
        self._look(now_ns)
        return made

    def tick(self) -> None:
        """Send what is due; to be called fifty times a second."""
        now_ns = self._clock()
        now_s = 1e-9 * now_ns
        before = self.state.phase
        self._look(now_ns)
        if before is Phase.DISCONNECTED and self.state.phase is not before:
            self.upkeep.begin_again()
        self.upkeep.tick(
            now_ns,
            connected=self.connected(now_s),
            armed=self.facts.armed,
            odometry_hz=self.odometry_hz(now_s),
        )
        self.hover.begin_with(self.upkeep.parameters.value(self.traits.hover_parameter))
        request, confirmation, outcome = self._requests.due(now_s)
        self._ended(outcome, now_ns)
        if request is not None:
            self._send(self._writer.request(request, confirmation))
        self._level(now_s)
        self._last_resort(now_ns)
        self.texts.look(now_s)
        if self.state.phase is Phase.HANDED_OVER and self.facts.in_air:
            self.authority_lost_s += max(0.0, now_s - max(self._ticked_s, self.state.since_s))
        self._ticked_s = now_s

    # What is known.

    @property
    def mode_name(self) -> str:
        """The vehicle's mode, in words."""
        mode = self.facts.mode
        return "" if mode is None else self.traits.modes.get(mode, f"mode {mode}")

    @property
    def mode_is_ours(self) -> bool:
        """Whether it obeys thrust and body rates."""
        return self.facts.mode == self.traits.our_mode

    @property
    def height_m(self) -> float:
        """Above where it was armed; NaN before."""
        return math.nan if self.estimate is None else self.estimate.position_m[2] - self._ground_m

    def odometry_hz(self, now_s: float) -> float:
        """Return how often odometry comes."""
        names = ("ODOMETRY", "LOCAL_POSITION_NED")
        wanted = self.traits.rates_hz(self.config.demands)
        name = max(names, key=lambda n: wanted.get(n, 0.0))
        return self.facts.rate_hz(name, now_s, 0.6)

    def close(self) -> None:
        """Ask for a landing if it flies by our commands: nobody is there to give them any more."""
        if self.state.may_send or self.state.phase is Phase.TAKING_OFF:
            self._send(self._writer.request(self.traits.land(), 0))

    # What follows.

    def _look(self, now_ns: int, wish: Wish | None = None, refusal: str = "") -> tuple[bool, str]:
        """Let the phase follow from what is known; ask the vehicle for what is due."""
        now_s = 1e-9 * now_ns
        before = self.state
        stepped = step(self._times, before, self._inputs(now_s, wish, refusal), now_s)
        self.state = after = stepped.state
        if after.phase is not before.phase:
            self._changed(before, after)
        if stepped.ask is not None:
            self._ask(stepped.ask, now_s)
        return stepped.granted, stepped.answer

    def _changed(self, before: FlightPhase, after: FlightPhase) -> None:
        words = f"{after.phase.name.lower().replace('_', ' ')}"
        self.news.append(f"{words}: {after.reason}" if after.reason else words)
        if after.phase is Phase.ARMED and self.estimate is not None:
            self._ground_m = self.estimate.position_m[2]
        if after.phase in (Phase.LANDED, Phase.STANDBY) and before.phase is not Phase.DISCONNECTED:
            self._checked_s = -math.inf
            if before.phase is not Phase.CHECKED:  # somebody may have set them meanwhile
                self.upkeep.parameters.begin_again()
        if self.request_state == "under way":
            self.request_state = f"{words}: {after.reason}" if after.reason else "done"

    def _inputs(self, now_s: float, wish: Wish | None, refusal: str) -> PhaseInputs:
        facts, traits = self.facts, self.traits
        mode = -1 if facts.mode is None else facts.mode
        return PhaseInputs(
            connected=self.connected(now_s),
            armed=facts.armed,
            in_air=self.in_air,
            told=facts.in_air is not None,
            mode=mode,
            mode_name=self.mode_name,
            kinds=kinds_of(traits, mode),
            failsafe=facts.in_failsafe,
            checked=now_s - self._checked_s <= CHECKED_S,
            silent_s=self.gate.silent_s(now_s),
            streaming_s=self.gate.streaming_s(now_s),
            hovers=self._hovers(),
            unready=self._unready(now_s),
            refusal=refusal,
            wish=wish,
        )

    @property
    def in_air(self) -> bool:
        """Whether it flies, by its landing detector; by its height where it has none."""
        if self.facts.in_air is not None:
            return self.facts.in_air
        return self.facts.armed and self.height_m > _LIFTED_M

    def connected(self, now_s: float) -> bool:
        return now_s - self.facts.heartbeat_s <= self.config.heartbeat_timeout_s

    def _hovers(self) -> bool:
        high = self.height_m >= self.config.altitude_m - _HOVER_M
        return (
            high
            and self.estimate is not None
            and math.hypot(*self.estimate.velocity_m_s) <= _HOVER_M_S
        )

    def _unready(self, now_s: float) -> str:
        if not self.hover.estimate.known:
            return "the throttle that hovers is not known yet"
        if not self.upkeep.clock.known:
            return "the offset of its clock is not known"
        if self.gate.streaming_s(now_s) <= 0.0:
            return "no fresh commands come"
        return ""

    def _why_not_flown(self) -> str:
        if not self.state.may_send:
            return "the vehicle is not ours to fly"
        if not (self.mode_is_ours or self.traits.obeys_after_a_stream):
            return "the vehicle is in a mode that drops it"
        if not self.hover.estimate.known:
            return "the throttle that hovers is not known"
        return ""

    def _ask(self, ask: Ask, now_s: float) -> None:
        """Ask the vehicle for something, whatever was asked before."""
        traits, requests = self.traits, []
        if ask is Ask.ARM:
            if self.facts.mode not in traits.arming_modes:
                requests.append(traits.set_mode(min(traits.arming_modes)))
            requests.append(arm(True))
        elif ask is Ask.DISARM:
            requests.append(arm(False))
        elif ask is Ask.TAKE_OFF:
            requests.append(traits.take_off(self.config.altitude_m))
        elif ask is Ask.OUR_MODE:
            requests.append(traits.set_mode(traits.our_mode))
        elif ask is Ask.LAND:
            requests.append(traits.land())
        else:
            requests.append(traits.hold())
        self._requests.forget()
        self._requests.ask(*requests)
        self._requests_since_s = now_s

    def _ended(self, outcome: Outcome | None, now_ns: int) -> None:
        """Take how a request has ended."""
        if outcome is None or not outcome.refusal:
            return
        self._requests.forget()
        said = "; ".join(self.texts.since(self._requests_since_s))
        refusal = f"{outcome.refusal} ({said})" if said else outcome.refusal
        self.news.append(refusal)
        if self.request_state == "under way":
            self.request_state = refusal
        self._look(now_ns, refusal=refusal)

    def _level(self, now_s: float) -> None:
        """Send the one levelled hold of our own, when commands have stopped."""
        flies = self.state.may_send and self.mode_is_ours and self.estimate is not None
        if not flies or not self.hover.estimate.known:
            return
        if not self.gate.may_level(now_s, self.config.autopilot_timeout_s):
            return
        assert self.estimate is not None
        message, throttle = self._setpoints.level(self.estimate, round(1e9 * now_s))
        self._send(message)
        self.hover.commanded(throttle, now_s)

    def _last_resort(self, now_ns: int) -> None:
        """Climb the ladder: its higher rungs are the autopilot's, which holds or lands itself."""
        changed = self.safeguard.look(1e-9 * now_ns, self.estimate, self.state.may_send)
        if not changed:
            return
        self.news.append(changed)
        wish = _RESORTS.get(self.safeguard.ladder.fallback)
        if wish is not None:
            self._look(now_ns, wish)
            self.state = dataclasses.replace(self.state, reason=changed)

    def _own_throttle(self, message: Any, now_s: float) -> None:
        """Take the throttle that the autopilot asks of its motors while it flies by itself.

        ATTITUDE_TARGET says it finer than in percent, but not always: PX4's goes stale.
        """
        if not self.in_air or not self.facts.armed:
            self.hover.rests()
        elif self.gate.unsent_s(now_s) > _OWN_SILENCE_S and message.throttle > 0:
            self.hover.commanded(0.01 * message.throttle, now_s)

    def _felt(self, message: Any, now_s: float) -> None:
        lifted = self.in_air and not self.height_m <= _LIFTED_M  # NaN: it was started in flight
        if lifted and math.isfinite(message.zacc):
            self.hover.felt(-message.zacc, now_s)

    def _estimated(self, message: Any, arrival_ns: int) -> TimedEstimate | None:
        try:
            found = self._reader.read(message)
        except ValueError as error:
            self.bad_telemetry = str(error)
            return None
        if found is None:
            return None
        self.bad_telemetry = ""
        now_s = 1e-9 * arrival_ns
        jump = self.resets.look(found)
        if jump:
            self.news.append(jump)
            self.settling.jumped()
        self.estimate = found
        self.settling.moved(found.position_m, found.velocity_m_s, now_s)
        if not self.upkeep.clock.known or found.boot_ns == self._boot_ns:
            return None
        self._boot_ns = found.boot_ns
        return TimedEstimate(found, self.steady_ns(found.boot_ns // 1000, arrival_ns))

    def steady_ns(self, boot_us: int, arrival_ns: int) -> int:
        """Return our steady time [ns] of what was true at a time of the vehicle [us].

        That of its arrival, for want of a better one, where it says none (0), or its clock is not
        known.
        """
        if not boot_us or not self.upkeep.clock.known:
            return arrival_ns
        return min(self.upkeep.clock.steady_ns(1000 * boot_us), arrival_ns)

    def _clock_jumped(self, now_s: float) -> None:
        self.jumped_s = now_s
        self.resets.forget()
        self.settling.jumped()
        self.news.append("the vehicle's clock has jumped, or it was started again")
        if not self.facts.armed:
            self.upkeep.begin_again()

    def _send(self, message: Any) -> None:
        self._port.write(self._writer.packed(message))
