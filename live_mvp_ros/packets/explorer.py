# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets of the explorer scenario, from the running system: one column, the body itself.

The column's chart is the sphere of gaze directions: u = yaw / 2 pi mod 1, v = 1/2 + pitch / pi
with pitch positive upwards, clipped just below 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from live_mvp_ros.packets import context
from live_mvp_ros.packets.channels import CHANNELS
from live_mvp_ros.packets.packet_types import (
    ActionPacket,
    BodyPose,
    CameraIntrinsics,
    ChartPoint,
    ColumnObservation,
    ColumnPose,
    ContextPacket,
    ObservationPacket,
    Patch,
    PosePacket,
)
from live_mvp_ros.packets.torus import BELOW_ONE, velocity, wrapped

COLUMN = "col0"


class Interest(NamedTuple):
    """What is looked at, and the chart point on it."""

    object_id: str
    point: ChartPoint


def gaze(body: BodyPose) -> ChartPoint:
    """Return the chart point of the body's forward direction."""
    w, x, y, z = body.quaternion
    yaw = math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    upwards = max(-1.0, min(1.0, 2.0 * (x * z - w * y)))
    v = min(0.5 + math.asin(upwards) / math.pi, BELOW_ONE)
    return ChartPoint(wrapped(yaw / (2.0 * math.pi)), v)


def interest(observation: ObservationPacket, body: BodyPose) -> Interest | None:
    """Return what the middle of the depth image shows, None if it shows nothing.

    The chart of a world is the sphere of directions from the map's origin: u = azimuth / 2 pi, v =
    1/2 + elevation / pi. ``body`` is where the image was taken from, at least nearly; the ray is
    the gaze that the observation itself says.
    """
    column = observation.columns[0] if observation.columns else None
    if column is None or "depth" not in column.patch.channels:
        return None
    rows, columns, _ = column.patch.data.shape
    depth = float(column.patch.data[rows // 2, columns // 2, column.patch.channels.index("depth")])
    if not math.isfinite(depth):
        return None
    yaw, pitch = 2.0 * math.pi * column.pose.u, math.pi * (column.pose.v - 0.5)
    x, y, z = body.position_m
    x += depth * math.cos(pitch) * math.cos(yaw)
    y += depth * math.cos(pitch) * math.sin(yaw)
    z += depth * math.sin(pitch)
    v = min(0.5 + math.atan2(z, math.hypot(x, y)) / math.pi, BELOW_ONE)
    return Interest(
        observation.object_id, ChartPoint(wrapped(math.atan2(y, x) / (2.0 * math.pi)), v)
    )


def pose_packet(
    stamp_ns: int,
    frame_id: str,
    tick: int,
    dt_s: float,
    body: BodyPose,
    previous: BodyPose,
    looked_at: Interest | None = None,
) -> PosePacket:
    """Return where the body is now and was one step ago, and what it looks at if that is known."""
    now, before = gaze(body), gaze(previous)
    column = ColumnPose(COLUMN, now, before, *velocity(now, before, dt_s))
    return PosePacket(
        stamp_ns,
        frame_id,
        tick,
        dt_s,
        (column,),
        has_body_pose=True,
        body_pose=body,
        body_pose_previous=previous,
        has_interest=looked_at is not None,
        interest_object_id=looked_at.object_id if looked_at else "",
        interest=looked_at.point if looked_at else ChartPoint(),
    )


def observation_packet(
    stamp_ns: int,
    frame_id: str,
    tick: int,
    world: str,
    camera: CameraIntrinsics,
    images: Mapping[str, np.ndarray],
    body: BodyPose,
    previous: BodyPose,
) -> ObservationPacket:
    """Return what is seen from a body pose.

    ``images``: of modalities, each [height, width, channels] or, of one channel, [height, width].
    """
    kinds = [kind for kind in CHANNELS if kind in images]
    parts = [np.asarray(images[kind], np.float32) for kind in kinds]
    data = np.concatenate([x[..., None] if x.ndim == 2 else x for x in parts], axis=-1)
    patch = Patch(tuple(name for kind in kinds for name in CHANNELS[kind]), data)
    column = ColumnObservation(COLUMN, patch, gaze(body), gaze(previous))
    return ObservationPacket(stamp_ns, frame_id, tick, world, camera, (column,))


def context_packet(
    stamp_ns: int, tick: int, yaw_rad: float, speed_m_s: float, exploring: bool
) -> ContextPacket:
    """Return heading, rate of motion and intent as context bits, with the metronome."""
    sources = {
        "metronome": context.metronome(tick),
        "switch": context.switch(False),
        "intent": context.intent(exploring),
        "heading": context.head_direction(yaw_rad),
        "rate": context.motion_rate(speed_m_s),
    }
    return context.packet(stamp_ns, tick, context.CONTEXT_LENGTH, sources)


def motor_action(
    stamp_ns: int,
    frame_id: str,
    tick: int,
    command: np.ndarray,
    thrust_max_n: float,
    body_rate_max_rad_s: float,
) -> ActionPacket:
    """Return a command [4] (thrust N, body rates rad/s) as a motor action in [-1, 1]."""
    thrust = 2.0 * float(command[0]) / thrust_max_n - 1.0
    rates = (float(rate) / body_rate_max_rad_s for rate in command[1:])
    motor = tuple(max(-1.0, min(1.0, value)) for value in (thrust, *rates))
    return ActionPacket(stamp_ns, frame_id, tick, action="motor", column_id=COLUMN, motor=motor)
