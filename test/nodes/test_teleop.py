# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The keys of a terminal fly a vehicle; without keys it rests, without odometry none is told."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
import time

import numpy as np
import pytest
from nav_msgs.msg import OccupancyGrid, Odometry

from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.msg import BodyRateThrust
from live_mvp_ros.nodes.teleop.key_terminal import keys_in
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import grid_messages, vehicle_messages
from live_mvp_ros.vehicle.quadrotor import GRAVITY_M_S2, QuadrotorConfig

SPEC = GridSpec.covering((0.0, 0.0), (10.0, 6.0), 0.1)
WEIGHT_N = QuadrotorConfig().mass_kg * GRAVITY_M_S2


class Terminal:
    """A terminal that a test types into."""

    def __init__(self):
        self._keyboard, self.screen = pty.openpty()
        self.name = os.ttyname(self.screen)
        self.before = termios.tcgetattr(self.screen)

    def type(self, keys):
        os.write(self._keyboard, keys.encode())

    @property
    def is_as_before(self):
        return termios.tcgetattr(self.screen) == self.before

    def close(self):
        os.close(self._keyboard)
        os.close(self.screen)


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    terminal.close()


class Flown:
    """The node, a vehicle that stands in an empty known room, and what it is told."""

    def __init__(self, bench, terminal):
        self.bench, self.terminal = bench, terminal
        self._odom = bench.publisher(Odometry, "odom", qos.SENSOR)
        self._map = bench.publisher(OccupancyGrid, "map", qos.LATCHED)
        self.commands = bench.collect(BodyRateThrust, "cmd/body_rates", qos.COMMAND_IN)
        self.odometry, self._tick = True, 0
        self.process = bench.start(
            "teleop",
            terminal=terminal.name,
            lower_m=[0.0, 0.0, 0.5],
            upper_m=[10.0, 6.0, 3.5],
            press_lasts_s=0.3,
        )

    def __call__(self):
        self._tick += 1
        stamp, zero = self.bench.node.get_clock().now().nanoseconds, np.zeros(3, np.float32)
        place = np.float32([2.0, 3.0, 2.0])
        state = vehicle_messages.VehicleState(stamp, place, zero, np.float32([1, 0, 0, 0]), zero)
        if self.odometry:
            self._odom.publish(vehicle_messages.odometry(state, "odom", "base_link"))
        if self._tick % 10 == 0:
            free = np.zeros(SPEC.shape)
            self._map.publish(grid_messages.occupancy_grid(stamp, "map", SPEC, free))

    def until(self, holds, typing=""):
        """Fly until a command is as wanted; ``typing`` repeats keys as a terminal does."""

        def during():
            self()
            if typing:
                self.terminal.type(typing)

        self.commands.clear()
        self.bench.wait(lambda: self.commands and holds(self.commands[-1]), during=during)


def rests(command):
    rates = command.body_rates
    return (
        abs(command.thrust - WEIGHT_N) < 0.02 * WEIGHT_N
        and max(abs(rates.x), abs(rates.y), abs(rates.z)) < 0.02
    )


def test_keys_fly_and_without_keys_it_rests(bench, terminal, ends_cleanly):
    flown = Flown(bench, terminal)
    flown.until(rests)
    flown.until(lambda command: command.body_rates.y > 0.3, typing="i")
    flown.until(rests)  # a third of a second after the last key
    flown.until(lambda command: command.body_rates.y < -0.3, typing="k")
    flown.until(lambda command: command.body_rates.x < -0.3, typing="j")
    flown.until(lambda command: abs(command.body_rates.z - 1.0) < 0.05, typing="z")
    flown.until(lambda command: command.body_rates.z < -1.4, typing="C")  # with Shift
    flown.until(lambda command: command.thrust > 1.1 * WEIGHT_N, typing="o")
    flown.until(rests, typing="i ")  # a brake goes before everything
    assert not terminal.is_as_before
    assert ends_cleanly(flown.process)
    assert terminal.is_as_before


def test_without_odometry_nothing_is_commanded_and_it_goes_on_by_itself(bench, terminal):
    flown = Flown(bench, terminal)
    flown.until(rests)
    flown.odometry = False
    bench.spin(0.6, during=flown)
    flown.commands.clear()
    bench.spin(0.5, during=flown)
    assert flown.commands == []
    flown.odometry = True
    flown.until(rests)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("i", ["i"]),
        ("I", ["shift", "I"]),
        (" z", [" ", "z"]),
        ("\x1b[C\x1b[1;2D\x1bOP\x1b[15~", []),
        ("k\x1b[Ak", ["k", "k"]),
    ],
)
def test_arrow_keys_are_no_letters(text, keys):
    assert keys_in(text) == keys


def test_without_a_terminal_it_says_so():
    done = subprocess.run(
        [sys.executable, "-m", "live_mvp_ros.nodes", "teleop"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "standard input is no terminal that keys can be taken from" in done.stderr


def test_a_terminal_that_is_gone_sends_no_keys(terminal):
    from live_mvp_ros.nodes.teleop.key_terminal import KeyTerminal

    keys = KeyTerminal(terminal.name)
    terminal.type("i")
    time.sleep(0.05)
    assert keys.pressed() == ["i"]
    assert keys.pressed() == []
    keys.close()
