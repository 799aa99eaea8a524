# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A flight as a film: the map as it grows, where a look would teach, the way, what is explored."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from live_mvp_ros.evaluation.logbook import Flight, Frame
from live_mvp_ros.reports.drawing import (
    BLUE,
    FREE,
    OCCUPIED,
    ORANGE,
    SKY,
    UNKNOWN,
    VERMILION,
    draw_ends,
    new_figure,
    upright,
)
from live_mvp_ros.reports.flight_plots import image_of, title

RATE_HZ = 12
MOST_FRAMES = 240
WIDTH_PX = 800
HOLD_S = 2.0
_SIZE_IN = (8.4, 6.0)
_WEDGE = 12
_MOST_GIB = 2.0


def write_film(
    path: Path, flight: Flight, width_px: int = WIDTH_PX, speed: float | None = None
) -> None:
    """Write a flight as .gif or .mp4 (the latter needs ffmpeg), whole or not at all.

    Args:
        path: its suffix says what it becomes.
        flight: with frames.
        width_px: of the film; the height follows.
        speed: seconds of the flight per second of film; None for that of the fewest frames that
            show everything, or of ``MOST_FRAMES`` in a long flight.

    Raises:
        OSError: it cannot be written, or needs too much memory.
    """
    is_gif = path.suffix.lower() == ".gif"
    target = Path(os.path.realpath(path))  # of a link, which may have another suffix
    frames, speed = _chosen(flight.frames, speed)
    if is_gif:
        _check_size(len(frames), width_px)
    figure = new_figure(*_SIZE_IN)
    draw = _prepare(figure, flight, speed)
    writer: AbstractMovieWriter = PillowWriter(RATE_HZ) if is_gif else FFMpegWriter(RATE_HZ)
    temporary = target.with_name(f".{os.getpid()}.{path.name}")
    try:
        with writer.saving(figure, str(temporary), (width_px + 0.5) / _SIZE_IN[0]):
            for frame in [*frames, *[frames[-1]] * round(HOLD_S * RATE_HZ)]:
                draw(frame)
                writer.grab_frame()
        temporary.replace(target)
    except subprocess.CalledProcessError as error:
        raise OSError(f"ffmpeg ended with status {error.returncode}") from error
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        with contextlib.suppress(OSError):  # nothing is there, or nothing can be
            temporary.unlink()


def _check_size(count: int, width_px: int) -> None:
    """Refuse a film whose frames, which the writer of GIF keeps until the end, are too much."""
    height_px = round(width_px * _SIZE_IN[1] / _SIZE_IN[0])
    size_gib = count * width_px * height_px * 4 / 2**30
    if size_gib > _MOST_GIB:
        raise OSError(
            f"{count} frames of {width_px} x {height_px} pixels need {size_gib:.1f} GiB, "
            f"at most {_MOST_GIB:g} are allowed: make it faster (--animation-speed) or smaller "
            "(--animation-width), or an .mp4"
        )


def _chosen(frames: list[Frame], speed: float | None) -> tuple[list[Frame], float]:
    """Return the frames to show, the last one included, and the speed that this is.

    A slow film shows a frame several times, a fast one leaves some out.
    """
    times_s = np.array([frame.time_s for frame in frames])
    length_s = float(times_s[-1] - times_s[0])
    if speed is None:
        stride = max(1, -(-len(frames) // MOST_FRAMES))
        period_s = length_s / max(1, len(frames) - 1)
        speed = max(stride * period_s * RATE_HZ, 1e-3)
        shown = frames[::stride]
    else:
        wanted = times_s[0] + np.arange(0.0, length_s, speed / RATE_HZ)
        shown = [frames[i] for i in np.searchsorted(times_s, wanted + 1e-6, side="right") - 1]
    return ([*shown, frames[-1]] if not shown or shown[-1] is not frames[-1] else shown), speed


def _prepare(figure: Figure, flight: Flight, speed: float) -> Callable[[Frame], None]:
    """Draw what stays, and return what draws one frame."""
    parts = figure.add_gridspec(1, 2, width_ratios=(1.9, 1.0))
    draw_map_at = _prepare_map(figure.add_subplot(parts[0]), flight)
    draw_explored_at = _prepare_explored(figure.add_subplot(parts[1]), flight)
    what = title(flight).rsplit(", seed", maxsplit=1)[0]
    figure.suptitle(f"{what}, seed {flight.scenario.run.seed}; film {speed:.3g} x", fontsize=11)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=4, fontsize=8)

    def draw(frame: Frame) -> None:
        draw_map_at(frame)
        draw_explored_at(frame)

    draw(flight.frames[-1])
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # it stays as it is, and takes longer than the drawing
    return draw


def _legend() -> list[Artist]:
    """Return what the film shows, in the order of the layers."""
    edge: dict[str, Any] = {"mec": "white", "linestyle": "none"}
    greys = {"free": FREE, "unknown": UNKNOWN, "solid": OCCUPIED}
    return [
        *(Patch(fc=str(v / 255.0), ec="grey", label=name) for name, v in greys.items()),
        Patch(color=ORANGE, label="a look would teach"),
        Line2D([], [], color=VERMILION, linewidth=1.6, label="way"),
        Line2D([], [], marker="o", color=BLUE, markersize=8, label="drone", **edge),
        Patch(color=SKY, alpha=0.35, label="field of view"),
        Line2D([], [], marker="*", color=VERMILION, markersize=12, label="goal", **edge),
    ]


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
