# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One flight drawn into a Rerun recording, message by message.

Each topic of the graph has one function; each is drawn at a rate that eyes can follow and no more
often, however fast it comes. The timeline ``time`` is when messages were received.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import rerun as rr

from live_mvp_ros.base.mission_state import state_name
from live_mvp_ros.ros.convert.layouts import depth_metres
from live_mvp_ros.viewing import pictures
from live_mvp_ros.viewing.pictures import Picture
from live_mvp_ros.viewing.surface_picture import MOST_POINTS, SurfacePicture, surface_picture
from live_mvp_ros.viewing.trail import Trail

TIMELINE = "time"
RECENT_STEPS = 4
ORANGE, GREEN, MAGENTA, SKY = (230, 159, 0), (0, 158, 115), (214, 0, 120), (86, 180, 233)
GREY, RED = (150, 150, 150, 90), (213, 94, 0)
RATES_HZ = {
    "odom": 5.0,
    "map_to_odom": 5.0,
    "tf_static": 1000.0,
    "depth/points": 2.0,
    "depth/image": 1.0,
    "depth/camera_info": 0.2,
    "map": 1.0,
    "map/exposure": 1.0,
    "map/surface": 0.5,
    "info_field": 1.0,
    "reference_path": 1.0,
    "mppi/plan": 2.0,
    "mppi/rollouts": 0.5,
    "exploration/status": 2.0,
    "exploration/completion": 1.0,
    "/diagnostics": 1000.0,  # each node says another part, like above
}
"""Topics that are drawn, and how often at most [Hz]; samples and surface are the dearest."""
LEGEND = """
| what | how |
|---|---|
| known | floor: light free, dark solid |
| unknown | floor: grey |
| worth a look | yellow on the floor, hardly: blue |
| where to next | magenta ball |
| reference, plan | green line, magenta line |
| way so far | orange line |
| what it sees | blue points |
| surface | red hardly seen, green well |
"""


class Scene:
    """Draws the messages of one drone below its name, in space, from above, in plots and words."""

    def __init__(
        self, recording: rr.RecordingStream, namespace: str = "", alone: bool = True
    ) -> None:
        """Draw into a recording; where others fly as well, their maps shine through unknown."""
        self._recording, self._alone = recording, alone
        self._prefix = f"{namespace}/" if namespace else ""
        self._name = name_of(namespace)
        self._root, self._top = f"world/{self._name}", f"top/{self._name}"
        self._picture: Picture | None = None
        self._trail, self._steps = Trail(), 0
        self._altitude_m, self._left_out = math.inf, False
        self._map_to_odom = (0.0, 0.0, 1.0, 0.0)  # x, y, cosine and sine of the heading
        self._drawn_ns: dict[str, int] = {}
        self._levels: dict[str, int] = {}
        self._use: dict[str, Callable[[Any], None]] = {
            "odom": self._odometry,
            "map_to_odom": self._frame,
            "tf_static": self._mounts,
            "depth/points": self._points,
            "depth/image": self._depth,
            "depth/camera_info": self._camera,
            "map": self._map,
            "map/exposure": self._exposure,
            "map/surface": self._surface,
            "info_field": self._field,
            "reference_path": self._reference,
            "mppi/plan": self._plan,
            "mppi/rollouts": self._rollouts,
            "exploration/status": self._status,
            "exploration/completion": self._completion,
            "/diagnostics": self._diagnostics,
        }
        self._log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
        self._log("legend", rr.TextDocument(LEGEND, media_type="text/markdown"), static=True)
        sign = None if alone else [self._name]
        body = rr.Boxes3D(half_sizes=[(0.22, 0.22, 0.06)], colors=[ORANGE], labels=sign)
        self._log(f"{self._root}/base", body, rr.TransformAxes3D(0.5), static=True)
        for path, label, colour in (
            ("explored", "explored [%]", GREEN),
            ("clearance", "clearance [m]", ORANGE),
            ("speed", "speed [m/s]", SKY),
            ("control_p50", "odometry to command, median [ms]", SKY),
            ("control_p99", "the same, 99 % below [ms]", RED),
        ):
            series = rr.SeriesLines(names=[label], colors=[colour], widths=[2.0])
            self._log(f"plots/{path}/{self._name}", series, static=True)

    def wants(self, topic: str, time_ns: int) -> bool:
        """Return whether a message of a topic, relative to the namespace, is to be drawn now."""
        rate_hz = RATES_HZ.get(topic)
        last_ns = self._drawn_ns.get(topic)
        if rate_hz is None:
            return False
        return last_ns is None or not 0 <= time_ns - last_ns < 0.95e9 / rate_hz

    def draw(self, topic: str, message: Any, time_ns: int) -> None:
        """Draw a message of a topic that ``wants`` asked for.

        Raises:
            ValueError: it cannot be drawn.
        """
        self._drawn_ns[topic] = time_ns
        self._recording.set_time(TIMELINE, timestamp=1e-9 * time_ns)
        self._use[topic](message)

    def _log(self, path: str, *what: Any, static: bool = False) -> None:
        self._recording.log(path, *what, static=static)

    def _odometry(self, message: Any) -> None:
        p, q = message.pose.pose.position, message.pose.pose.orientation
        pictures.check_finite("the pose", p.x, p.y, p.z, q.x, q.y, q.z, q.w)
        x_m, y_m, c, s = self._map_to_odom
        here = (x_m + c * p.x - s * p.y, y_m + s * p.x + c * p.y, p.z)
        self._altitude_m = p.z
        # a heading in front of the attitude, of which c and s are cosine and sine
        half = 0.5 * math.atan2(s, c)
        u, v = math.cos(half), math.sin(half)
        xyzw = (u * q.x - v * q.y, u * q.y + v * q.x, u * q.z + v * q.w, u * q.w - v * q.z)
        pose = rr.Transform3D(translation=here, quaternion=rr.Quaternion(xyzw=xyzw))
        self._log(f"{self._root}/base", pose)
        self._over_map("drone", rr.Points2D, [here], colors=[ORANGE], radii=[3.0])
        if self._trail.add(here):
            self._steps += 1
            added = len(self._trail.recent) == 1
            if added:
                self._line("trail", [self._trail.past], ORANGE, 0.02)
            if added or self._steps % RECENT_STEPS == 0:
                self._line("trail/recent", [self._trail.recent], ORANGE, 0.02)

    def _frame(self, message: Any) -> None:
        """Take over where the odometry frame lies: odometry is drawn in the map."""
        t, q = message.transform.translation, message.transform.rotation
        pictures.check_finite("the transform", t.x, t.y, q.z, q.w)
        yaw_rad = 2.0 * math.atan2(q.z, q.w)
        self._map_to_odom = (t.x, t.y, math.cos(yaw_rad), math.sin(yaw_rad))

    def _mounts(self, message: Any) -> None:
        """Draw the fixed frames of the camera, from the body to the optical frame."""
        for item in message.transforms:
            if not item.child_frame_id.startswith(self._prefix):
                continue  # of another drone: tf_static may be shared
            child = item.child_frame_id.rsplit("/", 1)[-1]
            parents = {"depth_camera_link": "base", "depth_camera_optical_frame": "base/camera"}
            if child not in parents:
                continue
            t, q = item.transform.translation, item.transform.rotation
            leaf = "camera" if child == "depth_camera_link" else "optical"
            pose = rr.Transform3D(
                translation=(t.x, t.y, t.z), quaternion=rr.Quaternion(xyzw=(q.x, q.y, q.z, q.w))
            )
            self._log(f"{self._root}/{parents[child]}/{leaf}", pose, static=True)

    def _points(self, message: Any) -> None:
        points = np.stack(pictures.cloud_columns(message, "x", "y", "z"), axis=1)
        cloud = rr.Points3D(points, colors=[SKY], radii=[0.02])
        self._log(f"{self._root}/base/camera/optical/points", cloud)

    def _depth(self, message: Any) -> None:
        self._log(f"camera/{self._name}", rr.DepthImage(depth_metres(message), meter=1.0))

    def _camera(self, message: Any) -> None:
        pictures.check_finite("the camera matrix", *message.k)
        if message.k[0] <= 0.0 or message.k[4] <= 0.0 or not message.width * message.height:
            raise ValueError("the camera is not calibrated: it has no size or no focal length")
        pinhole = rr.Pinhole(
            image_from_camera=np.array(message.k).reshape(3, 3),
            resolution=(message.width, message.height),
            image_plane_distance=0.7,
        )
        self._log(f"{self._root}/base/camera/optical/view", pinhole)

    def _map(self, message: Any) -> None:
        before, self._picture = self._picture, pictures.map_picture(message)
        if before is None or before.geometry != self._picture.geometry:
            self._line("trail", [self._trail.past], ORANGE, 0.02)
            self._line("trail/recent", [self._trail.recent], ORANGE, 0.02)
        floor = self._picture if self._alone else pictures.without_unknown(self._picture)
        self._grid("map", floor, 0.0, 1.0)
        self._log(f"{self._top}/map", rr.Image(self._picture.pixels))

    def _exposure(self, message: Any) -> None:
        picture = pictures.share_picture(message)
        self._grid("exposure", picture, 0.02, 0.8)
        self._log(f"exposure/{self._name}", rr.Image(picture.pixels))

    def _field(self, message: Any) -> None:
        at = (message.target.x, message.target.y, message.target.z)
        pictures.check_finite("the target", *at)
        picture = pictures.field_picture(message)
        self._grid("field", picture, 0.04, 0.8)
        self._log(f"field/{self._name}", rr.Image(picture.pixels))
        target = rr.Points3D([at], colors=[MAGENTA], radii=[0.15], labels=["target"])
        self._log(f"{self._root}/target", target)
        self._over_map("target", rr.Points2D, [at], colors=[MAGENTA], radii=[4.0])

    def _surface(self, message: Any) -> None:
        picture = surface_picture(message, self._altitude_m)
        root = f"{self._root}/surface"
        below = rr.components.MeshFaceRendering.Front
        self._triangles(root, picture, picture.faces)
        self._triangles(f"{root}/overhead", picture, picture.overhead, face_rendering=below)
        places, colours = picture.points_m[picture.lone], picture.colours[picture.lone]
        self._log(f"{root}/points", rr.Points3D(places, colors=colours, radii=[0.04]))
        if picture.left_out and not self._left_out:
            self._left_out = True
            words = f"surface: only {MOST_POINTS} of its points are drawn, evenly chosen"
            self._log(f"log/{self._name}", rr.TextLog(words, level="INFO"))

    def _triangles(
        self, path: str, picture: SurfacePicture, faces: np.ndarray, **style: Any
    ) -> None:
        """Draw some triangles of a surface in place of those that were there."""
        if not len(faces):
            self._log(path, rr.Clear(recursive=False))  # a mesh without vertices is none
            return
        used, corners = np.unique(faces, return_inverse=True)
        mesh = rr.Mesh3D(
            vertex_positions=picture.points_m[used],
            triangle_indices=corners.reshape(-1, 3),
            vertex_colors=picture.colours[used],
            **style,
        )
        self._log(path, mesh)

    def _reference(self, message: Any) -> None:
        self._line("reference", [pictures.path_points(message)], GREEN, 0.025)

    def _plan(self, message: Any) -> None:
        self._line("plan", [pictures.path_points(message)], MAGENTA, 0.03)

    def _rollouts(self, message: Any) -> None:
        lines = pictures.marker_lines(message)
        self._log(f"{self._root}/rollouts", rr.LineStrips3D(lines, colors=[GREY], radii=[0.006]))

    def _status(self, message: Any) -> None:
        values = {
            "explored": 100.0 * message.explored_fraction,
            "clearance": message.clearance_m,
            "speed": message.speed,
            "control_p50": message.control_ms_p50,
            "control_p99": message.control_ms_p99,
        }
        for name, value in values.items():
            if math.isfinite(value):
                self._log(f"plots/{name}/{self._name}", rr.Scalars(float(value)))
        words = rr.TextDocument(status_text(message), media_type="text/markdown")
        self._log(f"status/{self._name}", words)

    def _completion(self, message: Any) -> None:
        self._log(f"log/{self._name}", rr.TextLog(f"left: {message.summary}", level="INFO"))

    def _diagnostics(self, message: Any) -> None:
        for status in message.status:
            if not status.name.startswith(self._prefix):
                continue
            level = status.level[0] if isinstance(status.level, bytes) else int(status.level)
            changed = self._levels.get(status.name, 0) != level
            self._levels[status.name] = level
            if level and changed:
                word = "WARN" if level == 1 else "ERROR"
                words = rr.TextLog(f"{status.name}: {status.message}", level=word)
                self._log(f"log/{self._name}", words)

    def _grid(self, name: str, picture: Picture, height_m: float, opacity: float) -> None:
        rows, columns, _ = picture.pixels.shape
        self._log(
            f"{self._root}/{name}",
            rr.GridMap(
                data=picture.pixels.tobytes(),
                format=rr.components.ImageFormat(
                    width=columns, height=rows, color_model="RGBA", channel_datatype="U8"
                ),
                cell_size=picture.resolution_m,
                translation=(*picture.corner_m, height_m),
                opacity=opacity,
                draw_order=100.0 * height_m,
            ),
        )

    def _line(
        self, name: str, lines: list[np.ndarray], colour: tuple[int, ...], radius_m: float
    ) -> None:
        drawn = rr.LineStrips3D(lines, colors=[colour], radii=[radius_m])
        self._log(f"{self._root}/{name}", drawn)
        if self._picture is not None and len(lines[0]):
            flat = [self._picture.to_pixels(line) for line in lines]
            strips = rr.LineStrips2D(flat, colors=[colour], radii=[0.6])
            self._log(f"{self._top}/{name}", strips)

    def _over_map(self, name: str, kind: Any, points: list[Any], **style: Any) -> None:
        if self._picture is not None:
            flat = self._picture.to_pixels(np.array(points))
            self._log(f"{self._top}/{name}", kind(flat, **style))


def name_of(namespace: str) -> str:
    """Return the name under which the drone of a namespace is drawn, one level of paths."""
    return namespace.replace("/", "-") or "drone"


def status_text(message: Any) -> str:
    """Return an ExplorationStatus as a few lines of Markdown."""

    def number(value: float, unit: str, digits: int = 2) -> str:
        return f"{value:.{digits}f} {unit}" if math.isfinite(value) else "unknown yet"

    rows = {
        "explored": number(100 * message.explored_fraction, "%", 1),
        "worth a look": number(message.reachable_unknown_m2, "m²", 1),
        "time": number(message.elapsed_s, "s", 1),
        "way": number(message.distance_m, "m", 1),
        "speed": number(message.speed, "m/s"),
        "clearance": number(message.clearance_m, "m"),
        "control": number(message.control_ms_p50, "ms", 1),
    }
    lines = [f"# {state_name(message.state)}", message.reason or "", "", "| | |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows.items())])
