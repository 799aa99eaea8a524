# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which keys are down, and what that wishes of a drone.

Toolkits repeat a key that is held as releases and presses in quick turns, so a key counts as down
for a moment after its release. A terminal knows no releases: there a press counts for so long that
the next repetition comes in time.
"""

from __future__ import annotations

from typing import NamedTuple

from live_mvp_ros.playing.key_bindings import HELD, Action, Bindings, key_name

REPEAT_S = 0.06
"""A release that is followed by a press so soon was none."""


class Wish(NamedTuple):
    """What a pilot wishes, each in shares from -1 to 1 of what one key gives.

    Attributes:
        forward: along the heading.
        left: across it.
        up: upwards.
        turn: to the left.
        boost: more of everything.
        brake: come to rest, whatever else is wished.
    """

    forward: int = 0
    left: int = 0
    up: int = 0
    turn: int = 0
    boost: bool = False
    brake: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is wished."""
        return not (self.forward or self.left or self.up or self.turn or self.brake)


class HeldKeys:
    """The keys of one window or terminal, at times of a steady clock."""

    def __init__(self, bindings: Bindings, press_lasts_s: float = float("inf")) -> None:
        """Know of no key.

        Args:
            bindings: what each key does.
            press_lasts_s: for how long a press counts that is not repeated; of a terminal.
        """
        self._bindings, self._press_lasts_s = bindings, press_lasts_s
        self._until_s: dict[Action, float] = {}

    def press(self, name: str, now_s: float) -> Action | None:
        """Take a key that goes down; returns what happens once, None for what lasts or nothing."""
        action = self._bindings.get(key_name(name))
        if action not in HELD:
            return action
        self._until_s[action] = now_s + self._press_lasts_s
        return None

    def release(self, name: str, now_s: float) -> None:
        """Take a key that goes up."""
        action = self._bindings.get(key_name(name))
        if action in self._until_s:
            self._until_s[action] = min(self._until_s[action], now_s + REPEAT_S)

    def let_go(self) -> None:
        """Take all keys for up: of a window that no longer hears of them."""
        self._until_s.clear()

    def wish(self, now_s: float) -> Wish:
        """Return what the keys that are down wish; opposite ones cancel each other."""
        self._until_s = {key: until for key, until in self._until_s.items() if until > now_s}

        def both(more: Action, less: Action) -> int:
            return (more in self._until_s) - (less in self._until_s)

        return Wish(
            both(Action.FORWARD, Action.BACK),
            both(Action.LEFT, Action.RIGHT),
            both(Action.UP, Action.DOWN),
            both(Action.TURN_LEFT, Action.TURN_RIGHT),
            Action.BOOST in self._until_s,
            Action.BRAKE in self._until_s,
        )
