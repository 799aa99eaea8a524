# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The window with three dimensions, by PyVista: the truth, what the camera sees, and the map.

All geometry is made once; at each moment only numbers on it change, where the drone is, and which
points of the map are drawn. Surfaces are drawn from their free side only, so that one looks into a
room from outside. The views of truth and map keep to the drone, and turn with it; the mouse turns
and zooms them.
"""

from __future__ import annotations

import math
import os
import time
from typing import Any

import numpy as np
import pyvista as pv

from live_mvp_ros.playing.play_messages import Frame, Opening
from live_mvp_ros.playing.play_session import PlaySession
from live_mvp_ros.playing.solid_shapes import camera_lines, drone_shape

SIZE_PX = (1440, 560)
SHARE_DRAWN = 0.15
"""Points of the map that show less than this are not drawn."""
_TRUTH, _DEPTH, _MAP, _BELOW = (0, 0), (0, 1), (0, 2), (1, 0)
_TITLES = {
    _TRUTH: "ground truth",
    _DEPTH: "depth camera, in m",
    _MAP: "live map: exposure × nearness to the surface",
}
_BACKGROUND, _INK, _LINES = "#11151c", "#d8dee9", "#3b4558"
_KEPT, _FEW = 0.1, 10_000  # of the triangles of the truth, where there are many
_WINDOWLESS = ("vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow")
_WRITE_EVERY_S = 0.1
_BEHIND_M, _ABOVE_M = 4.5, 4.5
_AHEAD_S = 0.1  # a drone is drawn where it flies to, this long after a frame


class WindowError(Exception):
    """A window cannot be opened; the text is one sentence."""


class SolidWindow:
    """Three views of one session."""

    def __init__(self, session: PlaySession, off_screen: bool = False) -> None:
        """Open the window; ``off_screen`` draws into memory, for a machine without a screen.

        Raises:
            WindowError: there is no screen to open it on.
        """
        self._session, self._off_screen = session, off_screen
        self._open, self._written_s = True, 0.0
        self.plotter = pv.Plotter(
            shape=(2, 3),
            groups=[(1, slice(None))],
            row_weights=[0.9, 0.1],
            col_weights=[1.15, 0.85, 1.15],
            off_screen=off_screen,
            window_size=SIZE_PX,
            border_color=_LINES,
            title="live-mvp play",
        )
        self.plotter.render_window.SetMultiSamples(0)  # half of the time of a frame
        for place, title in _TITLES.items():
            self._words(place, title, 14)
        self._status, keys = self._words(_BELOW, "", 13), self._words(_BELOW, session.help, 11)
        self._status.position, keys.position = (10, 32), (10, 10)
        self._take_keys()
        self.plotter.show(interactive_update=True, auto_close=False)
        kind = self.plotter.render_window.GetClassName()
        if not off_screen and kind in _WINDOWLESS:
            self.close()
            screen = os.environ.get("DISPLAY", "")
            raise WindowError(f"no window can be opened on the screen {screen!r}")
        self._scene: _Scene | None = None

    @property
    def is_open(self) -> bool:
        """Return whether the user has not closed it."""
        return self._open

    def draw(self, now_s: float) -> None:
        """Show the session as it is."""
        session = self._session
        if self._scene is None and session.opening is not None:
            self._scene = _Scene(self.plotter, session.opening)
        if self._scene is not None and session.frame is not None:
            for frame in session.fresh:
                self._scene.learn(frame)
            late_s = 0.0 if session.order.paused else min(now_s - session.frame_s, _AHEAD_S)
            self._scene.show(session.frame, late_s)
        if now_s - self._written_s > _WRITE_EVERY_S or session.order.paused:
            self._status.input, self._written_s = session.status, now_s
        self.plotter.render()

    def listen(self, for_s: float) -> None:
        """Take what the user does for so long."""
        until_s = time.monotonic() + for_s
        while True:
            if not self._off_screen and self._open:
                self.plotter.iren.process_events()
            left_s = until_s - time.monotonic()
            if left_s <= 0.0 or not self._open:
                return
            time.sleep(min(left_s, 0.005))

    def picture(self) -> np.ndarray:
        """Return what is shown, [height, width, 3] uint8."""
        return np.asarray(self.plotter.screenshot(return_img=True))

    def close(self) -> None:
        """Close the window."""
        self._open = False
        self.plotter.close()

    def _words(self, place: tuple[int, int], words: str, size: int) -> pv.Text:
        """Write into a view, at its lower left; returns what can be written anew."""
        self.plotter.subplot(*place)
        self.plotter.set_background(_BACKGROUND)
        text = pv.Text(words, position=(10, 10))
        text.prop.color, text.prop.font_size = _INK, size
        self.plotter.renderer.AddViewProp(text)
        return text

    def _take_keys(self) -> None:
        interactor = self.plotter.iren.interactor
        self.plotter.iren.clear_key_event_callbacks()
        style = interactor.GetInteractorStyle()
        if style is not None:  # its own keys: p picks, w draws wires, q ends
            style.AddObserver("CharEvent", lambda *_: None)
        interactor.AddObserver("KeyPressEvent", self._on_press)
        interactor.AddObserver("KeyReleaseEvent", self._on_release)
        interactor.AddObserver("ExitEvent", self._on_exit)

    def _on_press(self, source: Any, _: str) -> None:
        self._session.press(source.GetKeySym() or "", time.monotonic())

    def _on_release(self, source: Any, _: str) -> None:
        self._session.release(source.GetKeySym() or "", time.monotonic())

    def _on_exit(self, *_: Any) -> None:
        self._open = False


class _Scene:
    """What is drawn of one world."""

    def __init__(self, plotter: pv.Plotter, opening: Opening) -> None:
        self._plotter = plotter
        self._points = len(opening.lattice_m)
        self._share = np.zeros(self._points, np.float32)
        self._placed = False
        low, high = opening.lower_m, opening.upper_m
        bound = pv.Box([v for pair in zip(low, high, strict=True) for v in pair])
        plotter.subplot(*_TRUTH)
        if len(opening.faces):
            plotter.add_mesh(
                _thinned(opening), scalars="height", cmap="cividis", culling="back",
                clim=(float(low[2]) - 1.5, float(high[2])), show_scalar_bar=False, ambient=0.25,
            )  # fmt: skip
        self._drones = [self._drone(place, opening, bound) for place in (_TRUTH, _MAP)]
        plotter.subplot(*_MAP)
        self._cloud = pv.PolyData(opening.lattice_m)
        self._cloud["share"] = self._share
        self._cloud.verts = np.zeros(0, int)
        plotter.add_mesh(
            self._cloud, scalars="share", cmap="magma", clim=(0.0, 1.0), style="points",
            point_size=_point_px(opening.spacing_m), lighting=False, show_scalar_bar=False,
        )  # fmt: skip
        plotter.subplot(*_DEPTH)
        self._image: pv.ImageData | None = None
        self._range_m = opening.range_m

    def learn(self, frame: Frame) -> None:
        """Take what a frame says of the map."""
        self._share[frame.shown] = frame.share
        if len(frame.shown):
            drawn = np.flatnonzero(self._share > SHARE_DRAWN)
            self._cloud["share"][:] = self._share
            self._cloud.verts = np.column_stack([np.ones_like(drawn), drawn]).ravel()

    def show(self, frame: Frame, late_s: float) -> None:
        """Show a frame, with the drone where it is so much later."""
        position = frame.position_m + late_s * frame.velocity_m_s
        matrix = _pose(position, frame.attitude, late_s * frame.yaw_rate_rad_s)
        for actors, place in zip(self._drones, (_TRUTH, _MAP), strict=True):
            for actor in actors:
                actor.user_matrix = matrix
            self._follow(place, matrix)
        self._placed, self._last = True, matrix
        self._show_depth(frame.depth_m)

    def _drone(self, place: tuple[int, int], opening: Opening, bound: Any) -> list[Any]:
        self._plotter.subplot(*place)
        self._plotter.add_mesh(bound, style="wireframe", color=_LINES, line_width=1)
        drone = self._plotter.add_mesh(
            drone_shape(opening.radius_m), scalars="part", cmap=["#ff6b4a", "#ffd166"],
            show_scalar_bar=False, ambient=0.4,
        )  # fmt: skip
        rays = self._plotter.add_mesh(camera_lines(), color="#7dd3fc", line_width=1)
        return [drone, rays]

    def _follow(self, place: tuple[int, int], matrix: np.ndarray) -> None:
        """Move the camera of a view as the drone has moved, in position and heading."""
        self._plotter.subplot(*place)
        camera = self._plotter.camera
        here = matrix[:3, 3]
        if not self._placed:
            ahead = matrix[:3, 0]
            camera.focal_point = here + 0.6 * ahead
            camera.position = here - _BEHIND_M * ahead + np.array([0.0, 0.0, _ABOVE_M])
            camera.up = (0.0, 0.0, 1.0)
        else:
            before = self._last
            turned = matrix[:3, :3] @ before[:3, :3].T
            angle = math.atan2(turned[1, 0], turned[0, 0])
            turn = pv.transformations.axis_angle_rotation([0.0, 0.0, 1.0], angle, deg=False)[
                :3, :3
            ]
            for name in ("position", "focal_point"):
                offset = np.asarray(getattr(camera, name)) - before[:3, 3]
                setattr(camera, name, here + turn @ offset)
            camera.up = turn @ np.asarray(camera.up)
        self._plotter.renderer.ResetCameraClippingRange()

    def _show_depth(self, depth_m: np.ndarray) -> None:
        if self._image is None:
            height, width = depth_m.shape
            self._plotter.subplot(*_DEPTH)
            self._image = pv.ImageData(dimensions=(width + 1, height + 1, 1))
            self._image.cell_data["depth"] = np.zeros(depth_m.size, np.float32)
            self._plotter.add_mesh(
                self._image, scalars="depth", cmap="viridis_r", clim=(0.2, self._range_m),
                nan_color="#2b3240", lighting=False,
                scalar_bar_args={
                    "title": " ", "color": _INK, "n_labels": 3, "fmt": "%.1f",
                    "title_font_size": 14, "label_font_size": 12, "position_y": 0.08,
                },
            )  # fmt: skip
            self._plotter.view_xy()
            self._plotter.camera.zoom(1.25)
        self._image.cell_data["depth"][:] = depth_m[::-1].ravel()


def _thinned(opening: Opening) -> pv.PolyData:
    """Return the true surface with fewer triangles: those of a wall lie in one plane."""
    faces = np.column_stack([np.full(len(opening.faces), 3), opening.faces]).ravel()
    mesh = pv.PolyData(opening.corners_m, faces)
    if len(opening.faces) > _FEW:
        mesh = mesh.decimate(1.0 - _KEPT)
    mesh["height"] = mesh.points[:, 2]
    return mesh


def _point_px(spacing_m: float) -> float:
    """Return the size of a point that about touches its neighbours, from where one looks."""
    return max(3.0, 55.0 * spacing_m)


def _pose(position: np.ndarray, attitude: np.ndarray, turned_rad: float) -> np.ndarray:
    """Return T_map_body [4, 4] of an attitude (w, x, y, z) turned to the left a bit more."""
    w, x, y, z = attitude
    turn = np.eye(3)
    turn[:2, :2] = [
        [math.cos(turned_rad), -math.sin(turned_rad)],
        [math.sin(turned_rad), math.cos(turned_rad)],
    ]
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix[:3, 3] = position
    return matrix
