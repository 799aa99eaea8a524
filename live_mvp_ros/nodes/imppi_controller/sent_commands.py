# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What was really sent, by whichever thread: where a vehicle is when a command acts depends on it.

A plan knows what its own thread has planned and a hold what its own has held, but where plans take
long the two take turns, and a plan that comes too late is not sent at all. Who reckons with what
was only computed corrects what has never happened: on a slow machine, away from where it was to
fly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from live_mvp_ros.control import FlightState


class SentCommands:
    """The last commands that were sent, in their order; any thread may use it."""

    def __init__(self, flight: FlightState) -> None:
        """Know what the state of a vehicle that has not flown yet knows."""
        self._hover = np.asarray(flight.observer.commands)
        self._lock = threading.Lock()
        self._answered_ns = 0  # by the last of them
        self.forget()

    @property
    def answered_ns(self) -> int:
        """Stamp of the odometry that the last one answers, 0 before the first."""
        return self._answered_ns

    def forget(self) -> None:
        """Reckon with a hover: somebody else flies."""
        with self._lock:
            self._begin_anew()

    def send(
        self, publish: Callable[[], None], stamp_ns: int, command: np.ndarray, began_s: float
    ) -> None:
        """Send a command for the newest odometry.

        Should it be older than what was answered, a clock was set back: what was sent by the other
        one tells nothing any more.

        Args:
            publish: sends it.
            stamp_ns: of the odometry.
            command: [4] thrust and body rates.
            began_s: when its planning began as it counts: it acts the controller's ``latency_s``
                later.
        """
        with self._lock:
            if stamp_ns < self._answered_ns:
                self._begin_anew()
            self._send(publish, stamp_ns, command, began_s)

    def send_in_order(
        self, publish: Callable[[], None], stamp_ns: int, command: np.ndarray, began_s: float
    ) -> bool:
        """Send a command unless one for newer odometry has gone before it; return whether it did.

        After that one no vehicle would fly it.
        """
        with self._lock:
            if stamp_ns < self._answered_ns:
                return False
            self._send(publish, stamp_ns, command, began_s)
        return True

    def known_to(self, flight: FlightState, now_s: float, elapsed_s: float) -> FlightState:
        """Return a state of flight that knows what was sent.

        Args:
            flight: before a planning or a hold.
            now_s: when that begins.
            elapsed_s: what it is told to have passed since the one before.
        """
        with self._lock:
            commands, began_s = self._commands, self._began_s
        # what is sent later acts instead, even where it was begun before
        since_s = np.maximum.accumulate(np.maximum(now_s - began_s, 0.0)) - elapsed_s
        observer = flight.observer._replace(
            commands=jnp.asarray(commands, jnp.float32), since_s=jnp.asarray(since_s, jnp.float32)
        )
        return flight._replace(observer=observer)

    def _begin_anew(self) -> None:
        self._commands, self._began_s = self._hover, np.zeros(len(self._hover))

    def _send(
        self, publish: Callable[[], None], stamp_ns: int, command: np.ndarray, began_s: float
    ) -> None:
        publish()
        self._answered_ns = stamp_ns
        self._commands = np.concatenate([command[None], self._commands[:-1]])
        self._began_s = np.concatenate([[began_s], self._began_s[:-1]])
