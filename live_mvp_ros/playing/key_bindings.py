# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which key does what, in a window with three dimensions, in one with two, and in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Action(Enum):
    """What a key does."""

    FORWARD = "forward"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    TURN_LEFT = "turn left"
    TURN_RIGHT = "turn right"
    BOOST = "faster"
    BRAKE = "brake"
    PAUSE = "pause"
    MAPPING = "mapping on or off"
    RECENTRE = "bring the slice to the drone"
    QUIT = "end"


HELD = frozenset(
    (
        *(Action.FORWARD, Action.BACK, Action.LEFT, Action.RIGHT, Action.UP, Action.DOWN),
        *(Action.TURN_LEFT, Action.TURN_RIGHT, Action.BOOST, Action.BRAKE),
    )
)
"""What lasts as long as its key is down; the others happen once."""

Bindings = Mapping[str, Action]
"""Actions by the names of keys as ``key_name`` gives them."""

SOLID_KEYS: Bindings = MappingProxyType(
    {
        "i": Action.FORWARD,
        "k": Action.BACK,
        "j": Action.LEFT,
        "l": Action.RIGHT,
        "u": Action.DOWN,
        "o": Action.UP,
        "z": Action.TURN_LEFT,
        "c": Action.TURN_RIGHT,
        "shift": Action.BOOST,
        "space": Action.BRAKE,
        "p": Action.PAUSE,
        "m": Action.MAPPING,
        "escape": Action.QUIT,
    }
)
"""Of the window with three dimensions, and of a terminal."""
SLICE_KEYS: Bindings = MappingProxyType(
    {
        "w": Action.FORWARD,
        "s": Action.BACK,
        "a": Action.LEFT,
        "d": Action.RIGHT,
        "r": Action.UP,
        "f": Action.DOWN,
        "q": Action.TURN_LEFT,
        "e": Action.TURN_RIGHT,
        "shift": Action.BOOST,
        "space": Action.BRAKE,
        "c": Action.RECENTRE,
        "p": Action.PAUSE,
        "escape": Action.QUIT,
    }
)
"""Of the window with two dimensions."""
_SAME = {" ": "space", "shift_l": "shift", "shift_r": "shift", "esc": "escape"}


def key_name(name: str) -> str:
    """Return the one name of a key, whatever a toolkit calls it, with or without Shift."""
    plain = name.lower().removeprefix("shift+")
    return _SAME.get(plain, plain)


def help_line(bindings: Bindings) -> str:
    """Return the keys in one line."""
    of = {action: key.capitalize() for key, action in bindings.items()}
    pairs = (
        (Action.FORWARD, Action.BACK),
        (Action.LEFT, Action.RIGHT),
        (Action.UP, Action.DOWN),
        (Action.TURN_LEFT, Action.TURN_RIGHT),
    )
    words = [f"{of[a]}/{of[b]} {a.value}, {b.value}" for a, b in pairs]
    alone = (
        *(Action.BOOST, Action.BRAKE, Action.PAUSE, Action.MAPPING, Action.RECENTRE),
        Action.QUIT,
    )
    words += [f"{of[action]} {action.value}" for action in alone if action in of]
    return "   ".join(words)
