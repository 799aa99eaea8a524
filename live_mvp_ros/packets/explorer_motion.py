# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What actions of an explorer do: its body turns freely and is moved without touching anything.

The body is a ball. A motor vector m in [-1, 1]^M gives the pose increment B tanh(m): translation
[m] forward, left, up and a rotation vector [rad], both in the body's frame. Motions are made in
pieces shorter than what is free around the body.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from scipy.spatial.transform import Rotation

from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.explorer import gaze
from live_mvp_ros.packets.motions import BlownUpError, EnvState, Flags
from live_mvp_ros.packets.packet_types import ActionPacket, BodyPose, PacketError
from live_mvp_ros.packets.stages import Stage, Thing

RADIUS_M = 0.15
"""Of the body."""
MOTOR_MATRIX = np.diag([0.1, 0.1, 0.1, 0.2, 0.2, 0.2])
"""The usual B: a step of at most 8 cm, and a turn of at most 0.15 rad, about each axis."""
FARTHEST_M = 1.0e4
"""A body that is farther away than this has blown up."""
LARGEST_TURN_RAD = 1.0e4
"""A body that turns by more than this in a step has, too."""
_PIECE_M = 0.05
_MOST_PIECES = 2000
_SLACK_M = 1e-3


@dataclasses.dataclass(frozen=True)
class Motion:
    """A place [3] after a motion, and what happened to it."""

    place: np.ndarray
    clamped: bool
    collided: bool


def explore(
    state: EnvState, command: ActionPacket, config: EnvConfig, stage: Stage, matrix: np.ndarray
) -> tuple[EnvState, Flags]:
    """Return the state after an action.

    Raises:
        BlownUpError: the body would be nowhere.
        PacketError: the motor vector has another length than ``matrix`` [6, M] has columns.
    """
    after = state.at_rest()
    place, attitude = _arrays(state.body)
    shift, turn, clamped = np.zeros(3), Rotation.identity(), False
    speed = config.orbit.default_speed
    match command.action:
        case "move":
            shift = np.array([speed * command.dx, speed * command.dy, 0.0])
        case "zoom":
            shift = np.array([command.dz, 0.0, 0.0])
        case "rotate":
            attitude = Rotation.from_euler("z", command.dyaw) * attitude
            turn = Rotation.from_euler("y", command.dpitch)
        case "motor":
            if len(command.motor) != matrix.shape[1]:
                raise PacketError(
                    f"motor = {command.motor} is not allowed: it must have {matrix.shape[1]} "
                    "numbers"
                )
            limited = np.clip(command.motor, -1.0, 1.0)
            clamped = bool((limited != command.motor).any())
            with np.errstate(over="ignore", invalid="ignore"):
                increment = matrix @ np.tanh(limited)
            if not (np.abs(increment[3:]) <= LARGEST_TURN_RAD).all():  # NaN is none, too
                raise BlownUpError(f"the body would turn by {increment[3:].tolist()} rad")
            shift, turn = increment[:3], Rotation.from_rotvec(increment[3:])
        case "jump_to":
            attitude = _facing(2.0 * math.pi * command.u, math.pi * (command.v - 0.5))
        case "focus":
            focus, clamped = _focused(state, command.df, config, stage)
            after = dataclasses.replace(after, focus_m=focus)
    motion = _moved(place, attitude.apply(shift), stage, config.physics.enable_sliding)
    body = _body(motion.place, attitude * turn)
    points = (gaze(body),) * len(state.points)
    wrapped = abs(points[0].u - state.points[0].u) > 0.5
    still = command.action == "jump_to"
    after = dataclasses.replace(
        after,
        body=body,
        points=points,
        previous=points if still else after.previous,
        body_previous=body if still else after.body_previous,
    )
    return after, Flags(clamped or motion.clamped, wrapped, motion.collided)


def turned_to(state: EnvState, thing: Thing) -> EnvState:
    """Return the state with the gaze on a thing, at rest."""
    x, y, z = thing.middle - np.array(state.body.position_m)
    attitude = _facing(math.atan2(y, x), math.atan2(z, math.hypot(x, y)))
    body = _body(np.array(state.body.position_m), attitude)
    points = (gaze(body),) * len(state.points)
    return dataclasses.replace(
        state, body=body, body_previous=body, points=points, previous=points
    )


def begin(stage: Stage, columns: int, view: tuple[float, float] | None) -> EnvState:
    """Return the state at a stage's start; ``view`` is another gaze on its chart."""
    body = stage.start
    if view is not None:
        attitude = _facing(2.0 * math.pi * view[0], math.pi * (view[1] - 0.5))
        body = _body(np.array(body.position_m), attitude)
    points = (gaze(body),) * columns
    return EnvState(0, "", points, points, body=body, body_previous=body)


def _focused(state: EnvState, df: float, config: EnvConfig, stage: Stage) -> tuple[float, bool]:
    """Return the distance in focus after a change; the first one starts where the gaze ends."""
    before = state.focus_m
    if before == 0.0:
        place, attitude = _arrays(state.body)
        met = stage.meet(place, attitude.apply([1.0, 0.0, 0.0])).range_m
        before = met if math.isfinite(met) else config.sensor.far
    after = min(max(before + df, config.sensor.near), config.sensor.far)
    return after, after != before + df


def _moved(place: np.ndarray, shift: np.ndarray, stage: Stage, slides: bool) -> Motion:
    """Return where a motion ends that touches nothing and stays in the bounds."""
    if not np.isfinite(shift).all() or np.abs(place + shift).max() > FARTHEST_M:
        raise BlownUpError(f"the body would be at {(place + shift).tolist()}")
    length = float(np.linalg.norm(shift))
    pieces = min(max(math.ceil(length / _PIECE_M), 1), _MOST_PIECES)
    clamped = length > _PIECE_M * _MOST_PIECES
    step = shift / max(length / _PIECE_M, pieces) if clamped else shift / pieces
    collided = False
    for _ in range(pieces if length > 0.0 else 0):
        wanted = place + step
        inside = _within(wanted, stage)
        clamped |= bool((inside != wanted).any())
        free = _free(place, inside, stage, slides)
        collided |= bool((free != inside).any())
        if np.array_equal(free, place):
            break
        place = free
    return Motion(place, clamped, collided)


def _within(place: np.ndarray, stage: Stage) -> np.ndarray:
    """Return a place limited to the bounds of a stage, which are where its space ends."""
    if stage.bounds is None:
        return place
    low, high = stage.bounds
    return np.clip(place, low, high)


def _free(before: np.ndarray, wanted: np.ndarray, stage: Stage, slides: bool) -> np.ndarray:
    """Return the place that a short motion reaches: the wanted one, one beside it, or none."""
    distance, _ = stage.clearance(wanted)
    room, out = stage.clearance(before)
    if distance >= RADIUS_M or distance >= room:  # who is in too narrow a place may leave it
        return wanted
    if not slides:
        return before
    normal = out / max(float(np.linalg.norm(out)), 1e-9)
    inwards = float(np.dot(wanted - before, normal))
    beside = _within(wanted - min(inwards, 0.0) * normal, stage)
    distance, out = stage.clearance(beside)
    if distance < RADIUS_M:  # a curved surface comes nearer along its tangent
        normal = out / max(float(np.linalg.norm(out)), 1e-9)
        beside = _within(beside + (RADIUS_M + _SLACK_M - distance) * normal, stage)
        distance, _ = stage.clearance(beside)
    return beside if distance >= RADIUS_M or distance >= room else before


def _facing(yaw: float, pitch_up: float) -> Rotation:
    return Rotation.from_euler("z", yaw) * Rotation.from_euler("y", -pitch_up)


def _arrays(body: BodyPose) -> tuple[np.ndarray, Rotation]:
    w, x, y, z = body.quaternion
    return np.array(body.position_m), Rotation.from_quat([x, y, z, w])


def _body(place: np.ndarray, attitude: Rotation) -> BodyPose:
    x, y, z, w = (float(value) for value in attitude.as_quat(canonical=True))
    px, py, pz = (float(value) for value in place)
    return BodyPose((px, py, pz), (w, x, y, z))
