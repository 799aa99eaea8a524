# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Play without a window: keys, what a body does by them, and what two processes say."""

from __future__ import annotations

import math
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.playing.held_keys import REPEAT_S, HeldKeys, Wish
from live_mvp_ros.playing.key_bindings import (
    SLICE_KEYS,
    SOLID_KEYS,
    Action,
    help_line,
    key_name,
)
from live_mvp_ros.playing.piloted_body import (
    CONTACTS,
    EDGE,
    FREE,
    WALL,
    PilotedConfig,
    command_of,
    flown,
)
from live_mvp_ros.playing.play_messages import Doing, Failed, Frame, Order
from live_mvp_ros.playing.play_process import MOST_STEPS, pace
from live_mvp_ros.playing.play_session import PlaySession
from live_mvp_ros.playing.playing_loop import play
from live_mvp_ros.playing.shown_lattice import MOST_POINTS, lattice, nearness
from live_mvp_ros.policy.kinematic_body import at_rest
from live_mvp_ros.worlds.scene import Boxes, Group, Scene

CONFIG = PilotedConfig()
STEP_S = CONFIG.body.step_s
BOUND = (jnp.array([-5.0, -5.0, 0.0]), jnp.array([5.0, 5.0, 3.0]))
MOVE = jax.jit(flown)


def wall_at(x: float, thickness_m: float = 0.02) -> Scene:
    """Return a wall across x, thinner than a fast body moves in a step."""
    centre = np.array([[x + 0.5 * thickness_m], [0.0], [1.5]], np.float32)
    half = np.array([[0.5 * thickness_m], [9.0], [9.0]], np.float32)
    return Scene((Group((Boxes(jnp.asarray(centre), jnp.asarray(half)),)),))


def fly(scene, wish, steps, body=None):
    body = at_rest(jnp.array([0.0, 0.0, 1.5])) if body is None else body
    contacts = []
    for _ in range(steps):
        command = command_of(CONFIG, wish, 0.0, np.asarray(body.velocity))
        body, contact = MOVE(CONFIG, scene, *BOUND, body, jnp.asarray(command, jnp.float32))
        contacts.append(int(contact))
    return body, contacts


@pytest.mark.parametrize(
    ("keys", "wish"),
    [
        ("i", Wish(forward=1)),
        ("k", Wish(forward=-1)),
        ("j", Wish(left=1)),
        ("l", Wish(left=-1)),
        ("o", Wish(up=1)),
        ("u", Wish(up=-1)),
        ("z", Wish(turn=1)),
        ("c", Wish(turn=-1)),
        ("ik", Wish()),
        ("ijo", Wish(1, 1, 1)),
    ],
)
def test_keys_of_three_dimensions_wish_what_they_say(keys, wish):
    held = HeldKeys(SOLID_KEYS)
    for key in keys:
        held.press(key, 0.0)
    assert held.wish(1.0) == wish


@pytest.mark.parametrize(
    ("keys", "wish"),
    [
        ("w", Wish(forward=1)),
        ("s", Wish(forward=-1)),
        ("a", Wish(left=1)),
        ("d", Wish(left=-1)),
        ("r", Wish(up=1)),
        ("f", Wish(up=-1)),
        ("q", Wish(turn=1)),
        ("e", Wish(turn=-1)),
    ],
)
def test_keys_of_two_dimensions_wish_what_they_say(keys, wish):
    held = HeldKeys(SLICE_KEYS)
    for key in keys:
        held.press(key, 0.0)
    assert held.wish(1.0) == wish


@pytest.mark.parametrize(
    ("said", "name"),
    [
        *(("I", "i"), ("shift+w", "w"), ("Shift_L", "shift"), ("shift", "shift")),
        *((" ", "space"), ("space", "space"), ("Escape", "escape"), ("escape", "escape")),
    ],
)
def test_toolkits_call_keys_by_different_names(said, name):
    assert key_name(said) == name


def test_a_release_with_shift_ends_what_began_without():
    held = HeldKeys(SOLID_KEYS)
    held.press("i", 0.0)
    held.press("Shift_L", 0.1)
    assert held.wish(0.2) == Wish(forward=1, boost=True)
    held.release("I", 0.3)
    held.release("Shift_L", 0.3)
    assert held.wish(0.3 + 2 * REPEAT_S) == Wish()


def test_a_repeated_key_stays_down():
    held = HeldKeys(SOLID_KEYS)
    for repeat in range(50):
        held.press("i", 0.03 * repeat)
        held.release("i", 0.03 * repeat + 0.001)
        assert held.wish(0.03 * repeat + 0.02).forward == 1
    assert held.wish(2.0) == Wish()


def test_a_press_lasts_as_long_as_a_terminal_needs_to_repeat_it():
    held = HeldKeys(SOLID_KEYS, press_lasts_s=0.5)
    held.press("i", 0.0)
    assert held.wish(0.49).forward == 1
    assert held.wish(0.51) == Wish()


def test_what_happens_once_is_told_once_and_unknown_keys_do_nothing():
    held = HeldKeys(SOLID_KEYS)
    assert held.press("m", 0.0) is Action.MAPPING
    assert held.press("p", 0.0) is Action.PAUSE
    assert held.press("f7", 0.0) is None
    assert held.press("c", 0.0) is None
    assert HeldKeys(SLICE_KEYS).press("c", 0.0) is Action.RECENTRE
    assert held.wish(0.1) == Wish(turn=-1)
    held.let_go()
    assert held.wish(0.1) == Wish()


@pytest.mark.parametrize("bindings", [SOLID_KEYS, SLICE_KEYS])
def test_the_line_of_help_names_every_key(bindings):
    line = help_line(bindings)
    for key, action in bindings.items():
        assert key.capitalize() in line
        assert action.value in line


def test_a_key_accelerates_along_the_heading_and_shift_doubles():
    ahead = command_of(CONFIG, Wish(forward=1), math.pi / 2, np.zeros(3))
    np.testing.assert_allclose(ahead, [0.0, 2.0, 0.0, 0.0, 0.0, 0.0], atol=1e-12)
    both = command_of(CONFIG, Wish(left=1, turn=1, boost=True), 0.0, np.zeros(3))
    np.testing.assert_allclose(both, [0.0, 4.0, 0.0, 0.0, 0.0, 2.0], atol=1e-12)


def test_a_free_body_flies_as_the_kinematic_one():
    """A second at 2 m/s^2: v_n = v_{n-1} (1 - 0.05 dt) + 2 dt, by hand."""
    body, contacts = fly(wall_at(4.0), Wish(forward=1), 20)
    v = x = 0.0
    for _ in range(20):
        v += STEP_S * (2.0 - 0.05 * v)
        x += STEP_S * v
    assert contacts == [FREE] * 20
    np.testing.assert_allclose(body.position, [x, 0.0, 1.5], atol=1e-5)
    np.testing.assert_allclose(body.velocity, [v, 0.0, 0.0], atol=1e-5)


def test_a_brake_brings_to_rest_within_the_limits_of_the_body():
    body, _ = fly(wall_at(4.0), Wish(forward=1), 10)
    speed = float(body.velocity[0])
    once, _ = fly(wall_at(4.0), Wish(brake=True), 1, body)
    lost = 3.5 + 0.05 * speed
    assert float(once.velocity[0]) == pytest.approx(speed - lost * STEP_S, abs=1e-5)
    rest, _ = fly(wall_at(4.0), Wish(brake=True), 10, body)
    np.testing.assert_allclose(rest.velocity, 0.0, atol=1e-6)


@pytest.mark.parametrize("speed", [0.5, 3.0, 6.0])
def test_no_wall_is_so_thin_that_a_body_gets_past_it(speed):
    body = at_rest(jnp.array([0.0, 0.0, 1.5]))._replace(velocity=jnp.array([speed, 0.0, 0.0]))
    body, contacts = fly(wall_at(1.0), Wish(forward=1, boost=True), 80, body)
    assert WALL in contacts
    assert EDGE not in contacts
    assert 0.8 <= float(body.position[0]) <= 1.0 - CONFIG.radius_m + 1e-5


def test_a_stopped_body_has_no_speed_and_gets_away():
    body, contacts = fly(wall_at(1.0), Wish(forward=1), 40)
    assert contacts[-1] == WALL
    assert CONTACTS[contacts[-1]] == "stopped at a surface"
    np.testing.assert_allclose(body.velocity, 0.0, atol=1e-6)
    back, contacts = fly(wall_at(1.0), Wish(forward=-1), 20, body)
    assert contacts == [FREE] * 20
    assert float(back.position[0]) < float(body.position[0]) - 0.5


def test_the_bound_of_the_world_stops_as_a_wall_does():
    body, contacts = fly(wall_at(9.0), Wish(up=1), 60)
    assert contacts[-1] == EDGE
    assert float(body.position[2]) <= 3.0 - CONFIG.radius_m + 1e-5


def test_a_body_is_not_so_fast_that_its_steps_are_longer_than_itself():
    with pytest.raises(ConfigurationError, match="speed_max_m_s = 20 is not allowed"):
        PilotedConfig(radius_m=0.05, speed_max_m_s=20.0)
    body, _ = fly(wall_at(400.0), Wish(forward=1, boost=True), 1, at_rest(jnp.zeros(3)))
    body = body._replace(velocity=jnp.array([50.0, 0.0, 0.0]))
    body, _ = fly(wall_at(400.0), Wish(), 1, body)
    assert float(jnp.linalg.norm(body.velocity)) <= CONFIG.speed_max_m_s + 1e-5


@pytest.mark.parametrize(
    ("now_s", "due", "flown_s"),
    [(1.0, 0, 1.0), (1.04, 0, 1.0), (1.05, 1, 1.05), (1.17, 3, 1.15), (9.0, MOST_STEPS, 9.0)],
)
def test_time_is_flown_in_whole_steps_and_lost_when_it_is_too_much(now_s, due, flown_s):
    steps, until_s = pace(now_s, 1.0, 0.05)
    assert steps == due
    assert until_s == pytest.approx(flown_s)


def test_a_lattice_fills_its_volume_evenly_and_leaves_the_ceiling_out():
    lower, upper = np.array([0.0, 0.0, 0.0]), np.array([14.0, 12.0, 3.0])
    points, spacing = lattice(lower, upper)
    assert len(points) <= MOST_POINTS * 1.05
    assert points[:, 2].max() < 2.7
    assert np.all(points > lower)
    assert np.all(points < upper)
    for axis in range(3):
        np.testing.assert_allclose(np.diff(np.unique(points[:, axis])), spacing, rtol=1e-3)


def test_nearness_is_one_on_the_surface_and_the_same_on_both_sides():
    near = np.asarray(nearness(jnp.array([0.0, 0.1, -0.1, 1.0]), 0.1))
    np.testing.assert_allclose(near[:3], [1.0, math.exp(-1.0), math.exp(-1.0)], rtol=1e-6)
    assert near[3] < 1e-6


class Said:
    """A simulation that says what a test wants."""

    def __init__(self, *messages):
        self.waiting, self.orders = list(messages), []

    def order(self, order):
        self.orders.append(order)

    def messages(self):
        waiting, self.waiting = self.waiting, []
        return waiting


class NoWindow:
    """A window of nothing that is closed after some draws."""

    def __init__(self, draws):
        self.left = draws

    @property
    def is_open(self):
        return self.left > 0

    def draw(self, now_s):
        self.left -= 1

    def listen(self, for_s):
        pass


def frame(**changes):
    values = {
        "time_s": 1.0,
        "position_m": np.array([1.0, 2.0, 1.5]),
        "velocity_m_s": np.array([3.0, 4.0, 0.0]),
        "attitude": np.array([1.0, 0.0, 0.0, 0.0]),
        "yaw_rate_rad_s": 0.0,
        "contact": "",
        "depth_m": np.ones((30, 40), np.float32),
        "looks": 7,
        "explored": 0.25,
        "speed_up": 1.0,
        "shown": np.zeros(0, int),
        "share": np.zeros(0),
        "cut": None,
    }
    return Frame(**{**values, **changes})


def test_a_session_orders_only_what_has_changed():
    said = Said()
    session = PlaySession(said, SOLID_KEYS)
    session.tick(0.0)
    session.press("i", 0.1)
    session.tick(0.1)
    session.tick(0.2)
    session.press("m", 0.3)
    session.press("p", 0.3)
    session.tick(0.3)
    session.release("i", 0.4)
    session.tick(1.0)
    assert said.orders == [
        Order(Wish(forward=1)),
        Order(Wish(forward=1), paused=True, mapping=False),
        Order(paused=True, mapping=False),
    ]
    session.press("m", 1.1)
    session.press("p", 1.1)
    session.tick(1.1)
    assert said.orders[-1] == Order()


def test_recentring_is_told_once_for_each_press():
    said = Said()
    session = PlaySession(said, SLICE_KEYS)
    for _ in range(2):
        session.press("c", 0.0)
        session.release("c", 0.0)
    session.tick(0.1)
    assert said.orders == [Order(recentred=2)]


def test_the_status_says_where_one_is_and_what_one_has_met():
    session = PlaySession(Said(Doing("compiling")), SOLID_KEYS)
    session.tick(0.0)
    assert session.status == "compiling ..."
    said = Said(frame(contact=CONTACTS[WALL]))
    session = PlaySession(said, SOLID_KEYS)
    session.press("m", 0.0)
    session.tick(0.0)
    assert "(1.0, 2.0, 1.5) m   5.0 m/s   7 looks   25.0 % observed" in session.status
    assert "STOPPED AT A SURFACE" in session.status
    assert "mapping is off" in session.status


def test_frames_are_all_heard_and_the_newest_is_shown():
    session = PlaySession(Said(frame(looks=1), frame(looks=2)), SOLID_KEYS)
    session.tick(0.0)
    assert [f.looks for f in session.fresh] == [1, 2]
    assert session.frame is not None
    assert session.frame.looks == 2
    session.tick(0.1)
    assert session.fresh == []


def test_draws_are_counted_over_a_second():
    session = PlaySession(Said(), SOLID_KEYS)
    for k in range(61):
        session.drawn(k / 30.0)
    assert session.draws_per_s == pytest.approx(30.0)


def test_a_play_ends_with_the_window_the_pilot_or_the_simulation():
    assert play(PlaySession(Said(), SOLID_KEYS), NoWindow(2)) is None
    session = PlaySession(Said(), SOLID_KEYS)
    session.press("Escape", 0.0)
    window = NoWindow(5)
    assert play(session, window) is None
    assert window.left == 5
    failed = Failed("it fell over", used_wrongly=False)
    assert play(PlaySession(Said(failed), SOLID_KEYS), NoWindow(5)) == failed


def test_the_process_with_the_window_loads_no_jax():
    code = (
        "import sys; import live_mvp_ros.cli.play; import live_mvp_ros.playing.play_link;"
        "import live_mvp_ros.playing.playing_loop; import live_mvp_ros.playing.slice_window;"
        "print('jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
