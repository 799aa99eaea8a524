# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The process that simulates: orders in, frames out, in real time, until nobody listens.

A thread takes orders, so that the newest is at hand and an end is noticed whatever is computed:
when the other process has closed its side, or has died, this one ends at once. It has nothing to
lose.
"""

from __future__ import annotations

import os
import threading
import time
from multiprocessing.connection import Connection
from typing import NamedTuple

from live_mvp_ros.playing.play_messages import Doing, Failed, Order

MOST_STEPS = 4
"""Steps that are made up for at once; a simulation that is later than that is slower than time."""
_WAIT_S = 0.02
_SMOOTHING = 0.1


class Wanted(NamedTuple):
    """What is to be simulated.

    Attributes:
        world: its name or file.
        seed: of the map's random numbers.
        solid: three dimensions; else a slice.
    """

    world: str
    seed: int
    solid: bool


class NewestOrder:
    """The last order that came, by a thread that ends the process with the connection."""

    def __init__(self, connection: Connection) -> None:
        """Begin to listen."""
        self.order = Order()
        self._connection = connection
        threading.Thread(target=self._listen, daemon=True, name="orders").start()

    def _listen(self) -> None:
        while True:
            try:
                self.order = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)


def pace(now_s: float, flown_to_s: float, step_s: float) -> tuple[int, float]:
    """Return how many steps are due at a steady time, and up to when time is flown with them.

    What cannot be made up for in ``MOST_STEPS`` is lost: the simulation is slower than time.
    """
    due = int((now_s - flown_to_s) / step_s + 1e-9)
    if due > MOST_STEPS:
        return MOST_STEPS, now_s
    return due, flown_to_s + due * step_s


def serve(wanted: Wanted, connection: Connection) -> None:
    """Simulate until the other side closes."""
    orders = NewestOrder(connection)
    try:
        _fly(wanted, connection, orders)
    except (BrokenPipeError, ConnectionResetError):
        return


def _fly(wanted: Wanted, connection: Connection, orders: NewestOrder) -> None:
    connection.send(Doing(f"loading {wanted.world}"))
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax(in_background=False)
    from live_mvp_ros.base.config import ConfigurationError
    from live_mvp_ros.playing.play_flight import PlayFlight
    from live_mvp_ros.worlds import WorldError, load_world

    try:
        flight = PlayFlight(
            load_world(wanted.world),
            wanted.seed,
            wanted.solid,
            lambda words: connection.send(Doing(words)),
        )
    except (WorldError, ConfigurationError) as error:
        connection.send(Failed(str(error), used_wrongly=True))
        return
    connection.send(flight.opening())
    connection.send(flight.look(orders.order, 1.0))
    flown_to_s, last_s, speed_up = time.monotonic(), time.monotonic(), 1.0
    while True:
        order, now_s = orders.order, time.monotonic()
        if order.paused:
            time.sleep(_WAIT_S)
            flown_to_s = last_s = time.monotonic()
            continue
        due, flown_to_s = pace(now_s, flown_to_s, flight.step_s)
        if due == 0:
            time.sleep(max(0.0, min(_WAIT_S, flown_to_s + flight.step_s - now_s)))
            continue
        for _ in range(due):
            flight.move(order)
        rate = due * flight.step_s / max(now_s - last_s, 1e-3)
        speed_up, last_s = speed_up + _SMOOTHING * (min(rate, 2.0) - speed_up), now_s
        connection.send(flight.look(order, speed_up))
