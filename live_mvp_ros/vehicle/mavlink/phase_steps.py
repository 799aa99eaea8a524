# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a vehicle does, and whose it is: a pure function of what it says and of what is wished.

    disconnected -> standby -> checked -> armed -> taking off -> holding <-> flying
                                                        landed <- landing <-

and ``handed over``, into which every state goes when the vehicle says that somebody else has it.
Our commands pass only while ``FlightPhase.may_send``. Authority begins with a wish to fly, never
by itself, and ends at once with a mode that we have not asked for; it is never fought for. What
the vehicle is asked to do (``Ask``) follows from wishes, and from time-outs: silence of the
controller for ``land_after_s`` is a landing.

An autopilot whose setpoints have stopped does by itself what it was told to (its failsafe). That
is our own silence, and no hand-over: flying goes on when commands come again. Any other failsafe
is. One that would drift then is asked to hold before.
"""

from __future__ import annotations

import dataclasses

from live_mvp_ros.vehicle.mavlink.flight_phase import (
    SILENT_S,
    Ask,
    FlightPhase,
    ModeKind,
    Phase,
    PhaseInputs,
    PhaseTimes,
    Stepped,
    Wish,
)

AIRBORNE = (Phase.TAKING_OFF, Phase.FLYING, Phase.HOLDING, Phase.LANDING)
"""Phases of a vehicle that is ours and in the air, or about to be."""


def step(times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float) -> Stepped:
    """Return what follows; to be called with every message that says something new, and often."""
    if now.refusal:
        state = _refused(state, now, now_s)
    seen = _seen(times, state, now, now_s)
    if now.wish is not None:
        return _wished(seen, now, now_s)
    ask = _due(times, seen, now, now_s)
    return Stepped(seen if ask is None else _asking(seen, ask, now, now_s), ask)


def _seen(times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float) -> FlightPhase:
    """Return the state that follows from what the vehicle says."""
    phase = state.phase
    if not now.connected:
        if phase is Phase.DISCONNECTED:
            return state
        return _to(state, Phase.DISCONNECTED, "its heartbeats have stopped", now_s)
    if not now.armed:
        return _disarmed(state, now, now_s)
    if phase in (Phase.STANDBY, Phase.CHECKED, Phase.LANDED):
        if state.asked is Ask.ARM:
            return _to(state, Phase.ARMED, "", now_s)
        return _handed_over(state, f"somebody else has armed it ({now.mode_name})", now_s)
    if phase is Phase.DISCONNECTED:
        return _reconnected(state, now, now_s)
    return _ARMED_PHASES[phase](times, state, now, now_s)


def _refused(state: FlightPhase, now: PhaseInputs, now_s: float) -> FlightPhase:
    """Return the state after the autopilot has refused what it was asked for."""
    if state.phase is Phase.TAKING_OFF and not now.in_air:
        return _to(state, Phase.ARMED, now.refusal, now_s)
    if state.phase is Phase.LANDING and state.asked is Ask.LAND:
        return _to(state, Phase.HOLDING, now.refusal, now_s)
    # Of an answer that was lost with the link, nobody knows what it was.
    asked = state.asked if state.asked is Ask.HOLD else None
    return dataclasses.replace(state, asked=asked, reason=now.refusal)


def _disarmed(state: FlightPhase, now: PhaseInputs, now_s: float) -> FlightPhase:
    phase = state.phase
    if phase in (*AIRBORNE, Phase.ARMED):
        flew = phase is not Phase.ARMED
        words = "" if phase is Phase.LANDING or not flew else "it was disarmed in flight"
        if not flew:
            return _to(state, Phase.STANDBY, "it has disarmed on the ground", now_s)
        return _to(state, Phase.LANDED, words, now_s)
    if phase in (Phase.DISCONNECTED, Phase.HANDED_OVER):
        return _to(state, Phase.STANDBY, "", now_s)
    if phase is Phase.CHECKED and not now.checked:
        return _to(state, Phase.STANDBY, "the checks are out of date", now_s)
    if phase in (Phase.STANDBY, Phase.LANDED) and now.checked:
        return _to(state, Phase.CHECKED, "", now_s)
    return state


def _reconnected(state: FlightPhase, now: PhaseInputs, now_s: float) -> FlightPhase:
    """Return the state after the link was gone: to the vehicle that was our silence.

    What is found in the air at the start of the driver waits for a wish; nobody's hand is on it
    where it holds by itself.
    """
    if not now.told:
        return dataclasses.replace(state, reason="it is armed, and has not said if it flies")
    asked = state.asked is Ask.HOLD and ModeKind.HOLD in now.kinds
    ours = ModeKind.OURS in now.kinds or now.failsafe or asked or now.mode == state.mode_before
    if state.authorised and now.in_air and ours:
        return _to(state, Phase.HOLDING, "the link was gone", now_s)
    found = f"it was found armed, in {now.mode_name}"
    holds = {ModeKind.HOLD, ModeKind.TAKE_OFF} & now.kinds
    if now.in_air and (ours or holds):
        after = dataclasses.replace(state, authorised=False, mode_before=now.mode)
        return _to(after, Phase.HOLDING, found, now_s)
    return _handed_over(state, found, now_s)


def _on_the_ground(
    times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float
) -> FlightPhase:
    if now.in_air:
        return _handed_over(state, f"somebody else flies it ({now.mode_name})", now_s)
    return state


def _taking_off(
    times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float
) -> FlightPhase:
    state = _done(state, ModeKind.TAKE_OFF in now.kinds and now.in_air)
    if not _expected(times, state, now, now_s, ModeKind.TAKE_OFF):
        return _taken(state, now, now_s)
    if now.hovers:
        return _to(state, Phase.HOLDING, "it hovers by itself, and waits for a wish to fly", now_s)
    return state


def _flying(times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float) -> FlightPhase:
    if ModeKind.OURS not in now.kinds:
        if now.failsafe and now.silent_s >= 0.8 * times.autopilot_s:
            return _to(state, Phase.HOLDING, _by_its_failsafe(now), now_s)
        return _taken(state, now, now_s)
    if now.silent_s > SILENT_S:
        return _to(state, Phase.HOLDING, "no command may be passed on", now_s)
    return state


def _holding(times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float) -> FlightPhase:
    """Return what follows where it holds: by itself, or since our commands have stopped."""
    if not state.authorised:
        by_itself = (ModeKind.TAKE_OFF, ModeKind.HOLD, ModeKind.OURS)
        if _expected(times, state, now, now_s, *by_itself):
            return _done(state, state.asked is Ask.HOLD and now.mode != state.mode_before)
        return _taken(state, now, now_s)
    if state.asked is Ask.HOLD:
        if now.mode != state.mode_before and ModeKind.HOLD in now.kinds:
            words = "commands have stopped: it was asked to hold"
            return dataclasses.replace(state, asked=None, mode_before=now.mode, reason=words)
        if ModeKind.OURS in now.kinds and now_s - state.asked_s <= times.ask_s:
            return state
    if ModeKind.OURS in now.kinds:
        if now.silent_s <= SILENT_S and now.streaming_s > 0.0:
            after = _to(state, Phase.FLYING, "", now_s)
            # from here on only our mode is ours, whatever was the one before
            return dataclasses.replace(after, asked=None, mode_before=now.mode)
        return state if state.asked is not Ask.OUR_MODE else _done(state, True)
    silent = now.failsafe and now.streaming_s < times.ask_s
    if silent or now.mode == state.mode_before:
        if state.asked is Ask.OUR_MODE and now_s - state.asked_s > times.ask_s:
            words = f"it does not obey, but stays in {now.mode_name}"
            return dataclasses.replace(state, authorised=False, asked=None, reason=words)
        if silent and now.mode != state.mode_before:
            return dataclasses.replace(state, reason=_by_its_failsafe(now))
        return state
    return _taken(state, now, now_s)


def _by_its_failsafe(now: PhaseInputs) -> str:
    return f"its own failsafe holds it ({now.mode_name}): commands have stopped"


def _landing(times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float) -> FlightPhase:
    state = _done(state, ModeKind.LAND in now.kinds)
    if not now.in_air and now_s - state.since_s > times.ask_s:
        return state  # it is down, and disarms by itself or when it is asked to
    if not _expected(times, state, now, now_s, ModeKind.LAND):
        return _taken(state, now, now_s)
    return state


def _elsewhere(
    times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float
) -> FlightPhase:
    """Return the state with the right reason: a heartbeat may tell of a mode before its cause."""
    if state.reason == _put_by_failsafe(now) and not now.failsafe:
        return dataclasses.replace(state, reason=_switched(now))
    return state


_ARMED_PHASES = {
    Phase.ARMED: _on_the_ground,
    Phase.TAKING_OFF: _taking_off,
    Phase.FLYING: _flying,
    Phase.HOLDING: _holding,
    Phase.LANDING: _landing,
    Phase.HANDED_OVER: _elsewhere,
}


def _due(times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float) -> Ask | None:
    """Return what the autopilot has to be asked for without anybody wishing it."""
    if not now.connected or not now.armed:
        return None
    lasts_s = now_s - state.since_s
    if state.phase is Phase.TAKING_OFF and lasts_s > times.take_off_s and not state.asked:
        return Ask.LAND
    if state.phase is Phase.LANDING and lasts_s > times.land_s and not now.in_air:
        return None if state.asked is Ask.DISARM else Ask.DISARM
    if state.phase is Phase.HOLDING and state.authorised:
        if now.silent_s > times.land_after_s and lasts_s > times.land_after_s:
            return Ask.LAND
        drifts = ModeKind.OURS in now.kinds and now.silent_s > times.hold_after_s
        again = state.asked_s < state.since_s or now_s - state.asked_s > times.ask_s
        if drifts and again:
            return Ask.HOLD
        streams = now.streaming_s >= times.stream_s and ModeKind.OURS not in now.kinds
        if streams and state.asked is None:
            return Ask.OUR_MODE
    return None


def _asking(state: FlightPhase, ask: Ask, now: PhaseInputs, now_s: float) -> FlightPhase:
    """Return the state after an ask that nobody wished."""
    if ask is Ask.LAND:
        slow = state.phase is Phase.TAKING_OFF
        words = "the take-off takes too long" if slow else "no command for too long"
        state = _to(state, Phase.LANDING, words, now_s)
        state = dataclasses.replace(state, authorised=False)
    return dataclasses.replace(state, asked=ask, asked_s=now_s, mode_before=now.mode)


def _wished(state: FlightPhase, now: PhaseInputs, now_s: float) -> Stepped:
    """Grant a wish or refuse it."""
    wish, phase = now.wish, state.phase
    assert wish is not None

    def granted(after: FlightPhase, ask: Ask | None, answer: str) -> Stepped:
        if ask is not None:
            after = dataclasses.replace(after, asked=ask, asked_s=now_s, mode_before=now.mode)
        return Stepped(after, ask, True, answer)

    def refused(why: str) -> Stepped:
        return Stepped(state, None, False, f"the vehicle does not {wish.value}: {why}")

    stands = f"it is {phase.name.lower().replace('_', ' ')}"
    if wish is Wish.ARM:
        if phase is Phase.CHECKED:
            return granted(state, Ask.ARM, "asked to arm")
        remedy = ", check it first" if phase in (Phase.STANDBY, Phase.LANDED) else ""
        return refused(f"{stands}{remedy}")
    if wish is Wish.TAKE_OFF:
        if phase is Phase.ARMED:
            return granted(_to(state, Phase.TAKING_OFF, "", now_s), Ask.TAKE_OFF, "takes off")
        return refused(f"{stands}, and must be armed")
    if wish is Wish.FLY:
        if phase is Phase.FLYING or (phase is Phase.HOLDING and state.authorised):
            return granted(state, None, "it flies already")
        if phase not in (Phase.HOLDING, Phase.HANDED_OVER) or not now.in_air:
            return refused(f"{stands}, and must be in the air")
        if now.unready:
            return refused(now.unready)
        after = _to(state, Phase.HOLDING, "it is about to obey", now_s)
        after = dataclasses.replace(after, authorised=True, asked=None, mode_before=now.mode)
        return granted(after, None, "its commands will be flown")
    if wish is Wish.LAND:
        if phase in (Phase.TAKING_OFF, Phase.FLYING, Phase.HOLDING):
            after = dataclasses.replace(_to(state, Phase.LANDING, "", now_s), authorised=False)
            return granted(after, Ask.LAND, "lands")
        if phase is Phase.ARMED:
            return granted(state, Ask.DISARM, "asked to disarm: it is on the ground")
        if phase is Phase.LANDING:
            return granted(state, None, "it lands already")
        return refused(stands)
    if phase is Phase.ARMED or (phase is Phase.LANDING and not now.in_air):
        return granted(dataclasses.replace(state, authorised=False), Ask.DISARM, "disarms")
    if phase in (Phase.TAKING_OFF, Phase.FLYING, Phase.HOLDING):
        after = _to(state, Phase.HOLDING, "stopped on request: it holds by itself", now_s)
        return granted(dataclasses.replace(after, authorised=False), Ask.HOLD, "holds")
    return refused(stands)


def _expected(
    times: PhaseTimes, state: FlightPhase, now: PhaseInputs, now_s: float, *kinds: ModeKind
) -> bool:
    """Return whether its mode is one of some kinds, or still the one before our ask."""
    if now.kinds & set(kinds):
        return True
    waits = state.asked is not None and now_s - state.asked_s <= times.ask_s
    return now.mode == state.mode_before and (waits or state.phase is Phase.HOLDING)


def _done(state: FlightPhase, is_done: bool) -> FlightPhase:
    return dataclasses.replace(state, asked=None) if is_done and state.asked else state


def _taken(state: FlightPhase, now: PhaseInputs, now_s: float) -> FlightPhase:
    return _handed_over(state, _put_by_failsafe(now) if now.failsafe else _switched(now), now_s)


def _put_by_failsafe(now: PhaseInputs) -> str:
    return f"its own failsafe has put it into {now.mode_name}"


def _switched(now: PhaseInputs) -> str:
    return f"somebody has switched it to {now.mode_name}"


def _handed_over(state: FlightPhase, reason: str, now_s: float) -> FlightPhase:
    after = _to(state, Phase.HANDED_OVER, reason, now_s)
    return dataclasses.replace(after, authorised=False, asked=None)


def _to(state: FlightPhase, phase: Phase, reason: str, now_s: float) -> FlightPhase:
    """Return another phase; only those in the air keep the authority."""
    keeps = phase in (Phase.FLYING, Phase.HOLDING, Phase.DISCONNECTED)
    asked = state.asked if keeps else None
    return dataclasses.replace(
        state,
        phase=phase,
        reason=reason,
        since_s=now_s,
        authorised=state.authorised and keeps,
        asked=asked,
    )
