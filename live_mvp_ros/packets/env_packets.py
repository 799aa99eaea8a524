# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The packets of one step, from the state of an environment and what its columns see."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy.ndimage import uniform_filter

from live_mvp_ros.packets import context
from live_mvp_ros.packets.channels import CHANNELS
from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.motions import EnvState
from live_mvp_ros.packets.packet_types import (
    CameraIntrinsics,
    ChartPoint,
    ColumnObservation,
    ColumnPose,
    ContextPacket,
    ObservationPacket,
    Patch,
    PosePacket,
)
from live_mvp_ros.packets.pinhole import View, body_view, corner, orbit_view
from live_mvp_ros.packets.stages import Picture, Stage, chart_of, numbered
from live_mvp_ros.packets.torus import moved, velocity, wrap

OPTICAL = "camera_optical"
"""Frame of patches."""
OBJECT, MAP = "object", "map"
"""Frames of poses: of an examiner, and of an explorer."""
Offset = tuple[float, float]
_BLUR_PX = 5
_BLUR_PER_DIOPTRE = 0.5


def stamp_ns(config: EnvConfig, tick: int) -> int:
    """Return the time of a step: it is 0 at the reset."""
    return round(1e9 * config.dt * tick)


def pose(
    config: EnvConfig, state: EnvState, stage: Stage, explores: bool, offsets: Sequence[Offset]
) -> PosePacket:
    """Return where the columns are, each with its offset from the agent."""
    columns = tuple(
        _column(name, now, before, offset, config.dt)
        for name, now, before, offset in zip(
            config.columns, state.points, state.previous, offsets, strict=True
        )
    )
    time_ns, frame = stamp_ns(config, state.tick), MAP if explores else OBJECT
    packet = PosePacket(time_ns, frame, state.tick, config.dt, columns)
    if not explores:
        return packet
    looked_at = interest(config, state, stage)
    return dataclasses.replace(
        packet,
        has_body_pose=True,
        body_pose=state.body,
        body_pose_previous=state.body_previous,
        has_interest=looked_at is not None,
        interest_object_id=looked_at[0] if looked_at else "",
        interest=looked_at[1] if looked_at else ChartPoint(),
    )


def _column(
    name: str, now: ChartPoint, before: ChartPoint, offset: Offset, dt_s: float
) -> ColumnPose:
    now, before = moved(now, *offset)[0], moved(before, *offset)[0]
    return ColumnPose(name, now, before, *velocity(now, before, dt_s))


def interest(config: EnvConfig, state: EnvState, stage: Stage) -> tuple[str, ChartPoint] | None:
    """Return the object that an explorer's gaze ray meets and the chart point on it, if any."""
    view = body_view(state.body)
    direction = view.rotation[:, 2]
    met = stage.meet(view.place, direction)
    thing = numbered(stage.things).get(met.number)
    if thing is None:
        return None
    point = view.place + met.range_m * direction
    return thing.object_id, chart_of(thing, config.orbit.elevation, point)


def views(
    config: EnvConfig, state: EnvState, explores: bool, offsets: Sequence[Offset]
) -> list[View]:
    """Return where each column looks from."""
    if explores:
        return [body_view(state.body, *offset) for offset in offsets]
    return [
        orbit_view(config.orbit, moved(point, *offset)[0])
        for point, offset in zip(state.points, offsets, strict=True)
    ]


def patches(config: EnvConfig, picture: Picture, focus_m: float) -> tuple[Patch, ...]:
    """Return the patch of each camera: the middle of its image in the wanted channels."""
    kinds = {
        "rgb": lambda: _in_focus(picture, focus_m),
        "depth": lambda: picture.depth[..., None],
        "normals": lambda: picture.normals,
        "segmentation": lambda: picture.segmentation[..., None],
    }
    wanted = [kinds[kind]() for kind in CHANNELS if kind in config.sensor.modalities]
    whole = np.concatenate(wanted, axis=-1, dtype=np.float32)
    images = whole[(slice(None), *middle(config))]
    return tuple(Patch(config.channels, np.ascontiguousarray(image)) for image in images)


def middle(config: EnvConfig) -> tuple[slice, slice]:
    """Return the rows and the columns of an image that make a patch."""
    (row, column), (height, width, _) = corner(config), config.shape
    return slice(row, row + height), slice(column, column + width)


def cut(config: EnvConfig, picture: Picture) -> Picture:
    """Return what a patch shows of a picture, in all its kinds."""
    return Picture(*(values[(slice(None), *middle(config))] for values in picture))


def _in_focus(picture: Picture, focus_m: float) -> np.ndarray:
    """Return colours, blurred by how many dioptres depth is away from the focus."""
    if focus_m == 0.0:
        return picture.rgb
    blurred = uniform_filter(picture.rgb, (1, _BLUR_PX, _BLUR_PX, 1), mode="nearest")
    dioptres = np.abs(1.0 / np.nan_to_num(picture.depth, nan=np.inf) - 1.0 / focus_m)
    share = np.minimum(_BLUR_PER_DIOPTRE * dioptres, 1.0)[..., None]
    return ((1.0 - share) * picture.rgb + share * blurred).astype(np.float32)


def observation(
    config: EnvConfig,
    state: EnvState,
    camera: CameraIntrinsics,
    object_id: str,
    seen: Sequence[Patch],
    where: PosePacket,
) -> ObservationPacket:
    """Return what the columns see from where they are."""
    columns = tuple(
        ColumnObservation(column.id, patch, column.pose, column.previous)
        for column, patch in zip(where.columns, seen, strict=True)
    )
    time_ns = stamp_ns(config, state.tick)
    return ObservationPacket(time_ns, OPTICAL, state.tick, object_id, camera, columns)


def known(
    config: EnvConfig,
    state: EnvState,
    scenario: str,
    symmetries: Sequence[str],
    light: str,
) -> ContextPacket:
    """Return what else the agent knows."""
    explores = scenario != "examiner"
    sources = {
        "metronome": context.metronome(state.tick),
        "switch": context.switch(state.switched),
        "intent": context.intent(explores),
        "heading": context.head_direction(2.0 * math.pi * state.points[0].u),
        "rate": _rate(config, state, explores),
    }
    if not explores:
        sources["object"] = context.object_hash(state.object_id)
        sources["symmetry"] = context.symmetry(symmetries)
    sources["scene"] = context.scene(config.backend, light)
    if scenario == "goalseeker":
        sources["reward"] = context.reward(state.reward)
    return context.packet(stamp_ns(config, state.tick), state.tick, config.context_length, sources)


def _rate(config: EnvConfig, state: EnvState, explores: bool) -> tuple[int, ...]:
    if explores:
        moved_m = math.dist(state.body.position_m, state.body_previous.position_m)
        return context.motion_rate(moved_m / config.dt)
    now, before = state.points[0], state.previous[0]
    speed = math.hypot(wrap(now.u - before.u), wrap(now.v - before.v)) / config.dt
    return context.motion_rate(speed, context.AT_REST_PER_S, context.FAST_PER_S)
