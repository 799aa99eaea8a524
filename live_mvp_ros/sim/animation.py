# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A flight as a film: the map as it grows, where a look would teach, the way, what is explored."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from live_mvp_ros.sim.drawing import BLUE, ORANGE, SKY, VERMILION, draw_ends, new_figure, upright
from live_mvp_ros.sim.logbook import Flight, Frame
from live_mvp_ros.sim.plots import image_of, title

RATE_HZ = 12
MOST_FRAMES = 240
DPI = 80
HOLD_S = 2.0
_WEDGE = 12


def write_film(path: Path, flight: Flight) -> None:
    """Write a flight as .gif or .mp4 (the latter needs ffmpeg), whole or not at all.

    Args:
        path: its suffix says what it becomes.
        flight: with frames.
    """
    figure = new_figure(8.4, 5.6)
    draw = _prepare(figure, flight)
    frames = flight.frames[:: max(1, -(-len(flight.frames) // MOST_FRAMES))]
    if frames[-1] is not flight.frames[-1]:
        frames = [*frames, flight.frames[-1]]
    writer: AbstractMovieWriter = (
        PillowWriter(RATE_HZ) if path.suffix == ".gif" else FFMpegWriter(RATE_HZ)
    )
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        with writer.saving(figure, str(temporary), DPI):
            for frame in [*frames, *[frames[-1]] * round(HOLD_S * RATE_HZ)]:
                draw(frame)
                writer.grab_frame()
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _prepare(figure: Figure, flight: Flight) -> Callable[[Frame], None]:
    """Draw what stays, and return what draws one frame."""
    parts = figure.add_gridspec(1, 2, width_ratios=(1.9, 1.0))
    draw_map_at = _prepare_map(figure.add_subplot(parts[0]), flight)
    draw_explored_at = _prepare_explored(figure.add_subplot(parts[1]), flight)
    figure.suptitle(title(flight).split(":")[0], fontsize=11)

    def draw(frame: Frame) -> None:
        draw_map_at(frame)
        draw_explored_at(frame)

    return draw


def _prepare_map(axes: Axes, flight: Flight) -> Callable[[Frame], None]:
    blank = image_of(flight, flight.p, np.zeros_like(flight.known))
    background = axes.imshow(blank.pixels, "gray", extent=blank.extent_m, vmin=0, vmax=255)
    layer = np.zeros((*blank.pixels.shape, 4), np.float32)
    layer[..., :3] = to_rgb(ORANGE)
    gain = axes.imshow(layer, extent=blank.extent_m)
    (way,) = axes.plot([], [], color=VERMILION, linewidth=1.6)
    (wedge,) = axes.fill([0.0], [0.0], color=SKY, alpha=0.35, linewidth=0)
    (drone,) = axes.plot([], [], "o", color=BLUE, mec="white", markersize=9)
    draw_ends(axes, None, flight.scenario.world.goal_m)
    axes.set(xlabel="x [m]", ylabel="y [m]", aspect="equal")
    axes.set(xlim=blank.extent_m[:2], ylim=blank.extent_m[2:])

    def draw(frame: Frame) -> None:
        background.set_data(image_of(flight, frame.p, frame.known).pixels)
        strength = np.asarray(frame.gain, np.float32)
        strength = strength / max(float(strength.max()), 1e-6)
        layer[..., 3] = 0.8 * upright(strength)
        gain.set_data(layer)
        now = int(np.searchsorted(flight.times_s, frame.time_s, side="right"))
        way.set_data(*flight.believed_positions_m[:now, :2].T)
        index = max(now - 1, 0)
        x, y = flight.believed_positions_m[index, :2]
        drone.set_data([x], [y])
        wedge.set_xy(_view(flight, index))
        axes.set_title(f"{frame.time_s:5.1f} s", fontsize=10)

    return draw


def _prepare_explored(axes: Axes, flight: Flight) -> Callable[[Frame], None]:
    explored = flight.exploration
    axes.plot(explored.times_s, 100 * explored.fractions, color="0.8", linewidth=1.5)
    (curve,) = axes.plot([], [], color=BLUE, linewidth=2.2)
    axes.set(xlabel="flight time [s]", ylabel="explored [%]", ylim=(0, 101))
    axes.grid(alpha=0.3)

    def draw(frame: Frame) -> None:
        now = int(np.searchsorted(explored.times_s, frame.time_s, side="right"))
        curve.set_data(explored.times_s[:now], 100 * explored.fractions[:now])
        axes.set_title(f"{100 * explored.fractions[max(now - 1, 0)]:.1f} %", fontsize=10)

    return draw


def _view(flight: Flight, index: int) -> np.ndarray:
    """Return the field of view [n, 2] of the sensor, drawn two metres long."""
    w, x, y, z = flight.attitudes[index]
    yaw = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    half = 0.5 * float(flight.scenario.config.info_field.fov_rad)
    angles = yaw + np.linspace(-half, half, _WEDGE)
    eye = flight.believed_positions_m[index, :2]
    return np.vstack([eye, eye + 2.0 * np.stack([np.cos(angles), np.sin(angles)], axis=1)])
