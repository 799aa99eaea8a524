# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The windows of a play, drawn into memory, by keys as a toolkit gives them."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from matplotlib.backend_bases import CloseEvent, KeyEvent
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from live_mvp_ros.playing.key_bindings import SLICE_KEYS, SOLID_KEYS
from live_mvp_ros.playing.play_link import PlayLink
from live_mvp_ros.playing.play_messages import Frame, Opening, Order, Slice
from live_mvp_ros.playing.play_process import Wanted
from live_mvp_ros.playing.play_session import PlaySession
from live_mvp_ros.playing.slice_window import SIZE_IN, SliceWindow, zero_lines

PATIENCE_S = 120.0
VIEWS = {"truth": 0, "depth": 1, "map": 2}


class Said:
    """A simulation that says what a test wants."""

    def __init__(self, *messages):
        self.waiting, self.orders = list(messages), []

    def order(self, order):
        self.orders.append(order)

    def messages(self):
        waiting, self.waiting = self.waiting, []
        return waiting


def opening():
    """A floor of two triangles, and a lattice on it."""
    corners = np.array([[0, 0, 0], [6, 0, 0], [6, 6, 0], [0, 6, 0]], np.float32)
    x, y = np.meshgrid(np.arange(0.5, 6.0, 0.25), np.arange(0.5, 6.0, 0.25))
    lattice = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, 0.3)]).astype(np.float32)
    return Opening(
        "floor",
        np.zeros(3),
        np.array([6.0, 6.0, 3.0]),
        np.array([3.0, 3.0, 1.0]),
        0.15,
        12.0,
        corners,
        np.array([[0, 1, 2], [0, 2, 3]]),
        lattice,
        0.25,
    )


def frame(x=3.0, yaw=0.0, depth=4.0, shown=(), share=(), cut=None):
    return Frame(
        1.0,
        np.array([x, 3.0, 1.0]),
        np.zeros(3),
        np.array([math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)]),
        0.0,
        "",
        np.full((30, 40), depth, np.float32),
        1,
        0.1,
        1.0,
        np.array(shown, int),
        np.array(share, np.float32),
        cut,
    )


def cut(centre=(0.0, 0.0), radius_m=1.0):
    """A post of a radius in the middle, known in its right half only."""
    steps = np.linspace(-2.0, 2.0, 41)
    y, x = np.meshgrid(steps, steps, indexing="ij")
    distance = np.hypot(x, y) - radius_m
    learned = np.where(x >= 0.0, distance, np.nan)
    return Slice(np.array(centre), 2.0, distance, learned, np.clip(1.0 - np.abs(x), 0.0, 1.0))


def thirds(picture):
    """Return the pictures of the three views, without the line of words."""
    height, width = picture.shape[:2]
    edges = [0, int(width * 0.365), int(width * 0.635), width]
    return {
        name: picture[: int(0.8 * height), edges[k] : edges[k + 1]].astype(int)
        for name, k in VIEWS.items()
    }


@pytest.fixture
def solid():
    """A window of three dimensions without a screen."""
    pytest.importorskip("pyvista", reason="needs pyvista: pip install 'live_mvp_ros[play]'")
    from live_mvp_ros.playing.solid_window import SolidWindow

    windows = []

    def make(simulation):
        session = PlaySession(simulation, SOLID_KEYS)
        windows.append(SolidWindow(session, off_screen=True))
        return session, windows[-1]

    yield make
    for window in windows:
        window.close()


def shown(session, window, said, now_s, *frames):
    said.waiting.extend(frames)
    session.tick(now_s)
    window.draw(now_s)
    return thirds(window.picture())


def differ(a, b):
    return float(np.mean(np.abs(a - b)))


def test_each_view_shows_its_part_of_a_frame(solid):
    said = Said(opening())
    session, window = solid(said)
    first = shown(session, window, said, 0.0, frame())
    same = shown(session, window, said, 1.0, frame())
    assert all(differ(first[view], same[view]) == 0.0 for view in VIEWS)
    nearer = shown(session, window, said, 2.0, frame(depth=1.0))
    assert differ(nearer["depth"], same["depth"]) > 5.0
    assert differ(nearer["truth"], same["truth"]) == differ(nearer["map"], same["map"]) == 0.0
    known = frame(depth=1.0, shown=range(400), share=[0.9] * 400)
    learned = shown(session, window, said, 3.0, known)
    assert differ(learned["map"], nearer["map"]) > 1.0
    assert all(differ(learned[view], nearer[view]) == 0.0 for view in ("truth", "depth"))
    turned = shown(session, window, said, 4.0, frame(yaw=1.0, depth=1.0))
    assert differ(turned["truth"], learned["truth"]) > 0.5
    assert differ(turned["map"], learned["map"]) > 0.5


def test_what_the_map_forgets_is_no_longer_drawn(solid):
    said = Said(opening())
    session, window = solid(said)
    before = shown(session, window, said, 0.0, frame())
    shown(session, window, said, 1.0, frame(shown=range(400), share=[0.9] * 400))
    gone = shown(session, window, said, 2.0, frame(shown=range(400), share=[0.0] * 400))
    assert differ(gone["map"], before["map"]) == 0.0


def test_geometry_is_made_once(solid):
    said = Said(opening())
    session, window = solid(said)
    shown(session, window, said, 0.0, frame())
    plotter = window.plotter
    actors = [list(renderer.actors.values()) for renderer in plotter.renderers]
    for k in range(5):
        shown(session, window, said, 1.0 + k, frame(x=3.0 + 0.1 * k, shown=[k], share=[0.5]))
    assert [list(renderer.actors.values()) for renderer in plotter.renderers] == actors


def test_keys_of_the_toolkit_become_wishes_and_its_own_keys_do_nothing(solid):
    said = Said(opening(), frame())
    session, window = solid(said)
    interactor = window.plotter.iren.interactor

    def key(event, name):
        interactor.SetKeySym(name)
        interactor.InvokeEvent(event)
        interactor.InvokeEvent("CharEvent")

    key("KeyPressEvent", "i")
    key("KeyPressEvent", "Shift_L")
    session.tick(time.monotonic())
    assert said.orders[-1].wish.forward == 1
    assert said.orders[-1].wish.boost
    key("KeyReleaseEvent", "I")
    key("KeyReleaseEvent", "Shift_L")
    key("KeyPressEvent", "m")
    session.tick(time.monotonic() + 1.0)
    assert said.orders[-1] == Order(mapping=False)
    for other in ("q", "e", "w", "s", "r", "v"):
        key("KeyPressEvent", other)
    assert window.is_open
    assert not session.quits
    key("KeyPressEvent", "Escape")
    assert session.quits


def test_a_closed_window_is_told(solid):
    _, window = solid(Said(opening(), frame()))
    window.plotter.iren.interactor.InvokeEvent("ExitEvent")
    assert not window.is_open
    window.listen(10.0)  # returns at once


def figure_of(said):
    figure = Figure(figsize=SIZE_IN)
    FigureCanvasAgg(figure)
    session = PlaySession(said, SLICE_KEYS)
    return session, SliceWindow(session, figure), figure


def press(figure, event, name):
    figure.canvas.callbacks.process(event, KeyEvent(event, figure.canvas, name))


def picture_of(figure):
    return np.asarray(figure.canvas.buffer_rgba()).astype(int)


def test_lines_of_zero_lie_where_the_distance_is_zero_and_only_where_it_is_known():
    here = cut(centre=(5.0, -3.0), radius_m=1.2)
    (line,) = zero_lines(here, here.truth_m)
    np.testing.assert_allclose(np.hypot(line[:, 0] - 5.0, line[:, 1] + 3.0), 1.2, atol=0.01)
    known = np.concatenate(zero_lines(here, here.learned_m))
    assert known[:, 0].min() >= 5.0 - 1e-9
    assert known[:, 0].max() == pytest.approx(6.2, abs=0.02)


def test_the_slice_follows_only_when_it_is_told():
    said = Said(opening())
    session, window, figure = figure_of(said)
    said.waiting.append(frame(cut=cut()))
    session.tick(0.0)
    window.draw(0.0)
    before = picture_of(figure)
    truth = figure.axes[0]
    assert truth.get_xlim() == (-2.0, 2.0)
    said.waiting.append(frame(cut=cut(radius_m=0.5)))
    session.tick(0.1)
    window.draw(0.1)
    assert truth.get_xlim() == (-2.0, 2.0)
    assert np.abs(picture_of(figure) - before).max() > 50
    press(figure, "key_press_event", "c")
    session.tick(0.2)
    assert said.orders[-1].recentred == 1
    said.waiting.append(frame(cut=cut(centre=(4.0, 1.0))))
    session.tick(0.3)
    window.draw(0.3)
    assert truth.get_xlim() == (2.0, 6.0)
    assert figure.axes[2].get_ylim() == (-1.0, 3.0)


def test_keys_of_a_figure_become_wishes():
    said = Said(opening(), frame(cut=cut()))
    session, window, figure = figure_of(said)
    for name in ("w", "q", "shift"):
        press(figure, "key_press_event", name)
    session.tick(time.monotonic())
    wish = said.orders[-1].wish
    assert (wish.forward, wish.turn, wish.boost) == (1, 1, True)
    for name in ("W", "shift+q", "shift"):
        press(figure, "key_release_event", name)
    press(figure, "key_press_event", " ")
    session.tick(time.monotonic() + 1.0)
    wish = said.orders[-1].wish
    assert (wish.forward, wish.turn, wish.boost, wish.brake) == (0, 0, False, True)
    press(figure, "key_press_event", None)
    press(figure, "key_press_event", "escape")
    assert session.quits
    figure.canvas.callbacks.process("close_event", CloseEvent("close_event", figure.canvas))
    assert not window.is_open


def until(session, link_is, now=time.monotonic):
    begin = now()
    while not link_is():
        session.tick(now())
        assert session.failed is None, session.failed
        assert now() - begin < PATIENCE_S
        time.sleep(0.01)


@pytest.mark.slow
def test_a_drone_flies_as_it_is_told_and_all_three_views_change(solid):
    """The whole of it but a screen: keys, process, world, map, picture."""
    link = PlayLink(Wanted("seed", 0, solid=True))
    session, window = solid(link)
    try:
        until(session, lambda: session.frame is not None)
        np.testing.assert_allclose(session.frame.position_m, [0.0, 0.0, 1.6], atol=0.01)
        window.draw(time.monotonic())
        before = thirds(window.picture())
        keys = window.plotter.iren.interactor
        for name in ("o", "z"):
            keys.SetKeySym(name)
            keys.InvokeEvent("KeyPressEvent")
        seen = []

        def risen():
            if session.fresh:
                seen.extend(session.fresh)
                window.draw(time.monotonic())
            return bool(seen) and seen[-1].position_m[2] > 2.6

        until(session, risen)
        frame = seen[-1]
        w, _, _, z = frame.attitude
        np.testing.assert_allclose(frame.position_m[:2], 0.0, atol=1e-3)
        assert frame.velocity_m_s[2] > 0.5
        assert 2.0 * math.atan2(z, w) > 0.4
        assert frame.looks > 5
        assert max(f.share.max(initial=0.0) for f in seen) > 0.3
        after = thirds(window.picture())
        assert all(differ(after[view], before[view]) > 0.3 for view in VIEWS)
        for event in ("KeyReleaseEvent", "KeyPressEvent"):
            for name in ("o", "z") if event == "KeyReleaseEvent" else ("m",):
                keys.SetKeySym(name)
                keys.InvokeEvent(event)
        until(session, lambda: session.frame.contact != "")
        assert session.frame.contact == "stopped at the bound of the world"
        assert session.frame.position_m[2] <= 4.0 - 0.15 + 1e-4
        looks, time_s = session.frame.looks, session.frame.time_s
        until(session, lambda: session.frame.time_s > time_s + 0.3)
        assert session.frame.looks == looks
    finally:
        link.close()
    assert not link.process.is_alive()


def test_a_simulation_that_dies_is_told_with_its_end():
    link = PlayLink(Wanted("seed", 0, solid=False))
    session = PlaySession(link, SLICE_KEYS)
    try:
        until(session, lambda: session.frame is not None)
        assert session.frame.cut.truth_m.shape == session.frame.cut.exposure.shape
        centre = session.frame.cut.truth_m.shape[0] // 2
        to_box = math.dist((0.0, 0.0, 1.6), (1.0, -0.8, 1.5))  # its nearest corner
        assert session.frame.cut.truth_m[centre, centre] == pytest.approx(to_box, abs=0.08)
        link.process.kill()
        begin = time.monotonic()
        while session.failed is None:
            session.tick(time.monotonic())
            assert time.monotonic() - begin < PATIENCE_S
        assert session.failed.sentence == "the simulation has ended with signal SIGKILL"
        assert not session.failed.used_wrongly
    finally:
        link.close()


def test_a_world_that_cannot_be_is_refused_with_its_sentence(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: wrong\n")
    link = PlayLink(Wanted(str(wrong), 0, solid=False))
    session = PlaySession(link, SLICE_KEYS)
    try:
        begin = time.monotonic()
        while session.failed is None:
            session.tick(time.monotonic())
            assert time.monotonic() - begin < PATIENCE_S
        assert session.failed.used_wrongly
        assert str(wrong) in session.failed.sentence
    finally:
        link.close()
