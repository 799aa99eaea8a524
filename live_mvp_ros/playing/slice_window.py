# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The window with two dimensions, by Matplotlib: a cut through the truth, depth, and the map.

What moves is drawn over a picture of what does not (blitting): whole figures take ten times as
long. Lines of distance zero are found here, where they are drawn.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from skimage.measure import find_contours

from live_mvp_ros.playing.play_messages import Frame, Slice
from live_mvp_ros.playing.play_session import PlaySession

SIZE_IN = (13.0, 5.2)
_SHOWN_M = 1.5  # distances beyond this have one colour
_NOSE_M = 0.5
_TITLES = ("truth: distance in m, zero in black", "depth camera, in m", "live map: exposure Q")
_INK, _DRONE, _LEARNED = "#222222", "#e4572e", "#00a6a6"


class SliceWindow:
    """Three views of one session, in a figure that somebody else may have made."""

    def __init__(self, session: PlaySession, figure: Figure) -> None:
        """Draw into a figure whose canvas gives the keys."""
        self._session, self.figure = session, figure
        self._open = True
        self._artists: _Artists | None = None
        self._background: Any = None
        self._waiting = figure.text(0.5, 0.5, "", ha="center", fontsize=12)
        canvas: Any = figure.canvas
        for name, hear in (
            ("key_press_event", self._on_press),
            ("key_release_event", self._on_release),
            ("close_event", self._on_close),
            ("draw_event", self._on_draw),
        ):
            canvas.mpl_connect(name, hear)

    @property
    def is_open(self) -> bool:
        """Return whether the user has not closed it."""
        return self._open

    def draw(self, now_s: float) -> None:
        """Show the session as it is."""
        frame, canvas = self._session.frame, self.figure.canvas
        if frame is None or frame.cut is None:
            self._waiting.set_text(self._session.status)
            canvas.draw()
            return
        if self._artists is None:
            self._waiting.remove()
            opening = self._session.opening
            range_m = 1.0 if opening is None else opening.range_m
            self._artists = _Artists(self.figure, frame, frame.cut, range_m, self._session.help)
            canvas.draw()
        if self._artists.show(frame, frame.cut, self._session.status):
            canvas.draw()  # the axes have moved
        self._draw_over()

    def listen(self, for_s: float) -> None:
        """Take what the user does for so long."""
        until_s = time.monotonic() + for_s
        while self._open:
            self.figure.canvas.flush_events()
            left_s = until_s - time.monotonic()
            if left_s <= 0.0:
                return
            time.sleep(min(left_s, 0.005))

    def _draw_over(self) -> None:
        canvas: Any = self.figure.canvas
        if self._artists is None or not hasattr(canvas, "copy_from_bbox"):
            return
        if self._background is not None:
            canvas.restore_region(self._background)
        for artist in self._artists.moving:
            self.figure.draw_artist(artist)
        canvas.blit(self.figure.bbox)

    def _on_draw(self, _: Any) -> None:
        """Keep what does not move, each time that all has been drawn: at a new size, too."""
        canvas: Any = self.figure.canvas
        if hasattr(canvas, "copy_from_bbox"):
            self._background = canvas.copy_from_bbox(self.figure.bbox)

    def _on_press(self, event: Any) -> None:
        for part in _parts(event.key):
            self._session.press(part, time.monotonic())

    def _on_release(self, event: Any) -> None:
        for part in _parts(event.key):
            self._session.release(part, time.monotonic())

    def _on_close(self, _: Any) -> None:
        self._open = False


def open_figure() -> Figure | None:
    """Return a new figure in a window of its own, None where Matplotlib has no toolkit for one."""
    import matplotlib.pyplot as plt

    figure = plt.figure("live-mvp play", figsize=SIZE_IN)
    if plt.get_backend().lower() in ("agg", "pdf", "svg", "ps", "cairo", "template"):
        plt.close(figure)
        return None
    manager: Any = figure.canvas.manager
    figure.canvas.mpl_disconnect(manager.key_press_handler_id)  # s saves, q closes, p pans
    manager.show()
    return figure


def close_figure(figure: Figure) -> None:
    """Close the window of a figure."""
    import matplotlib.pyplot as plt

    plt.close(figure)


def _parts(key: str | None) -> tuple[str, ...]:
    """Return the keys of Matplotlib's name, such as ``shift+w``; of a key without a name none."""
    return () if not key else (key if key == "+" else key.split("+")[-1],)


class _Artists:
    """What is drawn of one world."""

    def __init__(
        self, figure: Figure, frame: Frame, cut: Slice, range_m: float, keys: str
    ) -> None:
        truth, depth, learned = figure.subplots(1, 3, width_ratios=[1.0, 1.1, 1.0])
        figure.subplots_adjust(0.05, 0.16, 0.97, 0.93, 0.16)
        for axes, title in zip((truth, depth, learned), _TITLES, strict=True):
            axes.set_title(title, fontsize=10)
            axes.tick_params(labelsize=8)
        self._axes = (truth, learned)
        self._truth = truth.imshow(
            cut.truth_m, "RdBu", origin="lower", vmin=-_SHOWN_M, vmax=_SHOWN_M, animated=True
        )
        self._depth = depth.imshow(
            frame.depth_m, "viridis_r", vmin=0.0, vmax=range_m, animated=True
        )
        depth.set(xticks=[], yticks=[])
        self._exposure = learned.imshow(
            cut.exposure, "magma", origin="lower", vmin=0.0, vmax=1.0, animated=True
        )
        for axes, image in ((truth, self._truth), (depth, self._depth), (learned, self._exposure)):
            bar = figure.colorbar(image, ax=axes, orientation="horizontal", shrink=0.8, pad=0.09)
            bar.ax.tick_params(labelsize=8)
        self._zero = _lines(truth, _INK)
        self._learned_zero = _lines(learned, _LEARNED)
        self._drones = [
            axes.plot([], [], "-", color=_DRONE, lw=2.0, animated=True)[0] for axes in self._axes
        ]
        self._places = [
            axes.plot([], [], "o", color=_DRONE, ms=8.0, animated=True)[0] for axes in self._axes
        ]
        self._status = figure.text(0.02, 0.05, "", fontsize=9, family="monospace", animated=True)
        figure.text(0.02, 0.015, keys, fontsize=8, color="#555555")
        self.moving: tuple[Any, ...] = (
            *(self._truth, self._depth, self._exposure, self._zero, self._learned_zero),
            *(*self._drones, *self._places, self._status),
        )
        self._centre: np.ndarray | None = None

    def show(self, frame: Frame, cut: Slice, status: str) -> bool:
        """Take a frame; returns whether all must be drawn again."""
        moved = self._centre is None or not np.array_equal(self._centre, cut.centre_m)
        if moved:
            self._centre = cut.centre_m
            (x, y), half = cut.centre_m, cut.half_m
            for axes, image in zip(self._axes, (self._truth, self._exposure), strict=True):
                image.set_extent((x - half, x + half, y - half, y + half))
                axes.set(xlim=(x - half, x + half), ylim=(y - half, y + half))
        self._truth.set_data(cut.truth_m)
        self._depth.set_data(frame.depth_m)
        self._exposure.set_data(cut.exposure)
        self._zero.set_segments(zero_lines(cut, cut.truth_m))
        self._learned_zero.set_segments(zero_lines(cut, cut.learned_m))
        w, x, y, z = frame.attitude
        yaw = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        px, py, _ = frame.position_m
        for line, place in zip(self._drones, self._places, strict=True):
            line.set_data([px, px + _NOSE_M * math.cos(yaw)], [py, py + _NOSE_M * math.sin(yaw)])
            place.set_data([px], [py])
        self._status.set_text(status)
        return moved


def _lines(axes: Axes, colour: str) -> LineCollection:
    lines = LineCollection([], colors=colour, linewidths=1.5, animated=True)
    axes.add_collection(lines, autolim=False)
    return lines


def zero_lines(cut: Slice, distance_m: np.ndarray) -> list[np.ndarray]:
    """Return where distances [ny, nx] of a cut are zero, as lines [n, 2] in the map."""
    spacing = 2.0 * cut.half_m / (distance_m.shape[0] - 1)
    corner = cut.centre_m - cut.half_m
    return [corner + spacing * line[:, ::-1] for line in find_contours(distance_m, 0.0)]
