# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Windows of play on the screen of DISPLAY, in a process of their own: it ends before the screen.

``play_on_screen.py solid|slice``: keys become wishes, and the cross closes; else it fails.
"""

from __future__ import annotations

import os
import sys
import time

from x_events import Sender

from live_mvp_ros.playing.key_bindings import SLICE_KEYS, SOLID_KEYS
from live_mvp_ros.playing.play_session import PlaySession

PATIENCE_S = 30.0


class Silent:
    """A simulation that says nothing and keeps what it is told."""

    def __init__(self):
        self.orders = []

    def order(self, order):
        self.orders.append(order)

    def messages(self):
        return []


def until(session, window, holds):
    begin = time.monotonic()
    while not holds():
        if window.is_open:
            window.draw(time.monotonic())
        window.listen(0.02)
        session.tick(time.monotonic())
        assert time.monotonic() - begin < PATIENCE_S


def solid():
    from live_mvp_ros.playing.solid_window import SolidWindow

    said = Silent()
    session = PlaySession(said, SOLID_KEYS)
    window = SolidWindow(session)
    render_window = window.plotter.render_window
    assert render_window.GetClassName() == "vtkXOpenGLRenderWindow"
    number = int(render_window.GetGenericWindowId().strip("_").split("_")[0], 16)
    sender = Sender(os.environ["DISPLAY"], number)
    sender.key("i", down=True)
    until(session, window, lambda: said.orders and said.orders[-1].wish.forward == 1)
    sender.key("i", down=False)
    sender.key("q", down=True)
    until(session, window, lambda: said.orders[-1].wish.is_idle)
    assert window.is_open
    sender.close()
    until(session, window, lambda: not window.is_open)
    window.close()


def flat():
    from live_mvp_ros.playing.slice_window import SliceWindow, close_figure, open_figure

    figure = open_figure()
    assert figure is not None
    said = Silent()
    session = PlaySession(said, SLICE_KEYS)
    window = SliceWindow(session, figure)
    window.draw(0.0)
    widget = figure.canvas.get_tk_widget()
    widget.update()
    widget.focus_force()
    widget.update()
    widget.event_generate("<KeyPress-w>")
    until(session, window, lambda: said.orders and said.orders[-1].wish.forward == 1)
    widget.event_generate("<KeyRelease-w>")
    until(session, window, lambda: said.orders[-1].wish.is_idle)
    top = figure.canvas.manager.window
    top.tk.call(top.protocol("WM_DELETE_WINDOW"))  # what its cross calls
    assert not window.is_open
    close_figure(figure)


if __name__ == "__main__":
    {"solid": solid, "slice": flat}[sys.argv[1]]()
