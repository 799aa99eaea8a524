# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a window plays: keys become orders, messages become what is to be shown. Draws nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from live_mvp_ros.playing.held_keys import HeldKeys
from live_mvp_ros.playing.key_bindings import Action, Bindings, help_line
from live_mvp_ros.playing.play_messages import Doing, Failed, Frame, Opening, Order

_RATE_OVER_S = 1.0


class Simulation(Protocol):
    """What a session plays with, see ``PlayLink``."""

    def order(self, order: Order) -> None:
        """Tell what is wished."""

    def messages(self) -> Iterable[object]:
        """Return what was said since the last call."""


class PlaySession:
    """The state of one play, at times of a steady clock.

    Attributes:
        opening: what does not change; None before the simulation is ready.
        fresh: frames that came with the last tick, oldest first.
        frame: the newest, None before the first.
        frame_s: when it came.
        failed: why the simulation ended; None while it has not.
        quits: the pilot wishes to end.
    """

    def __init__(self, simulation: Simulation, bindings: Bindings) -> None:
        """Begin with no key down."""
        self.opening: Opening | None = None
        self.fresh: list[Frame] = []
        self.frame: Frame | None = None
        self.frame_s = 0.0
        self.failed: Failed | None = None
        self.quits = False
        self._simulation, self._bindings = simulation, bindings
        self._keys = HeldKeys(bindings)
        self._order, self._told = Order(), Order()
        self._doing = "starting"
        self._draws_s: list[float] = []

    def press(self, key: str, now_s: float) -> None:
        """Take a key that goes down."""
        order = self._order
        match self._keys.press(key, now_s):
            case Action.PAUSE:
                self._order = order._replace(paused=not order.paused)
            case Action.MAPPING:
                self._order = order._replace(mapping=not order.mapping)
            case Action.RECENTRE:
                self._order = order._replace(recentred=order.recentred + 1)
            case Action.QUIT:
                self.quits = True

    def release(self, key: str, now_s: float) -> None:
        """Take a key that goes up."""
        self._keys.release(key, now_s)

    def let_go(self) -> None:
        """Take all keys for up: the window hears of them no more."""
        self._keys.let_go()

    def tick(self, now_s: float) -> None:
        """Tell the simulation what is wished, and hear what it says."""
        self._order = self._order._replace(wish=self._keys.wish(now_s))
        if self._order != self._told:
            self._simulation.order(self._order)
            self._told = self._order
        self.fresh = []
        for message in self._simulation.messages():
            self._hear(message, now_s)

    def drawn(self, now_s: float) -> None:
        """Note that the window has been drawn."""
        self._draws_s = [t for t in self._draws_s if t > now_s - _RATE_OVER_S] + [now_s]

    @property
    def order(self) -> Order:
        """Return what is wished."""
        return self._order

    @property
    def draws_per_s(self) -> float:
        """Return how often the window was drawn in the last second."""
        span = self._draws_s[-1] - self._draws_s[0] if len(self._draws_s) > 1 else 0.0
        return (len(self._draws_s) - 1) / span if span > 0.0 else 0.0

    @property
    def status(self) -> str:
        """Return one line about the moment."""
        frame, order = self.frame, self._order
        if frame is None:
            return f"{self._doing} ..."
        x, y, z = frame.position_m
        speed = float((frame.velocity_m_s**2).sum()) ** 0.5
        parts = [
            f"{frame.time_s:6.1f} s",
            f"({x:.1f}, {y:.1f}, {z:.1f}) m",
            f"{speed:.1f} m/s",
            f"{frame.looks} looks",
            f"{100 * frame.explored:.1f} % observed",
            f"x{frame.speed_up:.2f}",
            f"{self.draws_per_s:.0f} frames/s",
        ]
        notes = [
            frame.contact.upper(),
            "" if order.mapping else "mapping is off",
            "paused" if order.paused else "",
        ]
        return "   ".join([*parts, *(note for note in notes if note)])

    @property
    def help(self) -> str:
        """Return the keys in one line."""
        return help_line(self._bindings)

    def _hear(self, message: object, now_s: float) -> None:
        match message:
            case Doing(words):
                self._doing = words
            case Failed():
                self.failed = self.failed or message
            case Opening():
                self.opening = message
            case Frame():
                self.fresh.append(message)
                self.frame, self.frame_s = message, now_s
