# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets: what the agent senses, knows, is and does in one step, as plain data.

Each dataclass has the fields of the message of the same name; ``stamp_ns`` and ``frame_id``
stand for its header, and a BodyPose for its pose. Chart points lie on the unit torus [0, 1) x
[0, 1).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable

from live_mvp_ros.packets.packet_fields import NOWHERE, Item, PacketError, item, packet
from live_mvp_ros.packets.packet_parts import (
    BodyPose,
    CameraIntrinsics,
    ChartPoint,
    ColumnObservation,
    ColumnPose,
    Patch,
    is_unit,
)

SCENARIOS = ("examiner", "explorer", "goalseeker")
PARAMETERS = {
    "move": ("dx", "dy"),
    "jump_to": ("u", "v"),
    "switch_object": (),
    "noop": (),
    "rotate": ("dyaw", "dpitch"),
    "zoom": ("dz",),
    "focus": ("df",),
    "motor": ("motor",),
}
"""What each action needs; ``switch_object`` may have an ``object_id`` besides."""
DEPTH_REPROJECTION, SURFACE_SAMPLING = 1, 2
_LARGEST_STAMP_NS = 2**31 * 10**9 - 1
_LARGEST_COUNT = 2**64 - 1


_STAMP = Item(help="Time of the packet.", unit="ns", low=0, high=_LARGEST_STAMP_NS, if_left_out=0)
_FRAME = Item(help="Frame of what the packet says; empty: none.", if_left_out="")
_TICK = Item(help="Step number since the last reset.", low=0, high=_LARGEST_COUNT, if_left_out=0)
_TYPE = Item(help="Schema of the packet.")


@packet
class ObservationPacket:
    """What the agent senses in one step."""

    stamp_ns: int = item(like=_STAMP, place="global_meta.stamp_ns")
    frame_id: str = item(like=_FRAME, place="global_meta.frame_id")
    tick: int = item(like=_TICK, place="global_meta.tick", if_left_out=None)
    object_id: str = item(
        help="Object or world being looked at; empty: unknown.", place="global_meta.object_id"
    )
    camera: CameraIntrinsics = item(
        help="The camera all patches come from.", place="global_meta.camera_intr"
    )
    columns: tuple[ColumnObservation, ...] = item(help="One entry per column.")
    type: str = item(default="observation.v1", like=_TYPE, choices=("observation.v1",))

    def check(self) -> str | None:
        """Refuse two columns of one name, and patches of another size than the camera's images."""
        height, width = self.camera.height, self.camera.width
        for column in self.columns:
            rows, pixels, _ = column.patch.data.shape
            if (rows, pixels) != (height, width):
                return (
                    f"a patch of {pixels} x {rows} pixels in column {column.id!r} is not allowed: "
                    f"the camera's images have {width} x {height}"
                )
        return _twice(column.id for column in self.columns)


@packet
class PosePacket:
    """Where the agent is in one step; ``dt`` [s] is constant."""

    stamp_ns: int = item(like=_STAMP, place="meta.stamp_ns")
    frame_id: str = item(like=_FRAME, place="meta.frame_id")
    tick: int = item(like=_TICK, place="meta.tick")
    dt: float = item(help="Time between two steps, constant.", unit="s", above=0)
    columns: tuple[ColumnPose, ...] = item(help="One entry per column.", place="per_column")
    has_body_pose: bool = item(
        default=False, help="Whether the body's pose is said.", place=NOWHERE
    )
    body_pose: BodyPose = item(
        default=BodyPose(), help="The body in the frame.", place="se3", given_by="has_body_pose"
    )
    body_pose_previous: BodyPose = item(
        default=BodyPose(), help="One step ago.", place="se3_previous", given_by="has_body_pose"
    )
    has_interest: bool = item(
        default=False, help="Whether the gaze meets an object.", place=NOWHERE
    )
    interest_object_id: str = item(
        default="",
        help="The object that the gaze ray meets.",
        place="chart_of_interest.object_id",
        given_by="has_interest",
        if_left_out="",
    )
    interest: ChartPoint = item(
        default=ChartPoint(),
        help="Chart point on that object.",
        place="chart_of_interest.{}",
        given_by="has_interest",
    )
    type: str = item(default="pose.v1", like=_TYPE, choices=("pose.v1",))

    def check(self) -> str | None:
        """Refuse two columns of one name, and values of what is not said."""
        poses = (self.body_pose, self.body_pose_previous)
        if not self.has_body_pose and poses != (BodyPose(), BodyPose()):
            return "body_pose without has_body_pose is not allowed: it must be the identity then"
        if not self.has_interest and (self.interest_object_id or self.interest != ChartPoint()):
            return "interest without has_interest is not allowed: it must be empty then"
        return _twice(column.id for column in self.columns)


@packet
class ContextPacket:
    """What else the agent knows: ascending unique indices of the bits that are set."""

    stamp_ns: int = item(like=_STAMP, place="meta.stamp_ns")
    frame_id: str = item(like=_FRAME, place="meta.frame_id")
    tick: int = item(like=_TICK, place="meta.tick")
    length: int = item(
        help="Length of the vector.", unit="bits", low=1, high=2**32 - 1, place="c_bits.length"
    )
    indices: tuple[int, ...] = item(
        help="Bits that are set: ascending, unique, each less than length.",
        low=0,
        high=2**32 - 2,
        place="c_bits.indices",
        unique=True,
    )
    sources: tuple[str, ...] = item(help="What says something in these bits.", unique=True)
    type: str = item(default="context.v1", like=_TYPE, choices=("context.v1",))

    def check(self) -> str | None:
        """Refuse indices that are not sorted, repeated or out of range."""
        inside = not self.indices or (self.indices[0] >= 0 and self.indices[-1] < self.length)
        if not inside or any(a >= b for a, b in itertools.pairwise(self.indices)):
            return (
                f"indices = {self.indices} are not allowed: they must be ascending, unique and "
                f"less than length = {self.length}"
            )
        return None


@packet
class ActionPacket:
    """What the agent does in one step; parameters that the action does not use are 0."""

    stamp_ns: int = item(like=_STAMP, place="meta.stamp_ns")
    frame_id: str = item(like=_FRAME, place="meta.frame_id")
    tick: int = item(like=_TICK, place="meta.tick")
    action: str = item(default="noop", help="What to do.", choices=tuple(PARAMETERS), place="type")
    column_id: str = item(
        default="",
        help="Column the action is for; empty: all.",
        place="meta.column_id",
        if_left_out="",
    )
    object_id: str = item(
        default="",
        help="Object that is wanted; empty: the next one.",
        place="params.object_id",
        used_by=("switch_object",),
        may_be_missing=True,
    )
    dx: float = item(
        default=0.0, help="Motion along u, in speeds.", place="params.dx", used_by=("move",)
    )
    dy: float = item(
        default=0.0, help="Motion along v, in speeds.", place="params.dy", used_by=("move",)
    )
    u: float = item(
        default=0.0, help="Chart target.", low=0, below=1, place="params.u", used_by=("jump_to",)
    )
    v: float = item(
        default=0.0, help="Chart target.", low=0, below=1, place="params.v", used_by=("jump_to",)
    )
    dyaw: float = item(
        default=0.0, help="Left positive.", unit="rad", place="params.dyaw", used_by=("rotate",)
    )
    dpitch: float = item(
        default=0.0,
        help="Nose down positive.",
        unit="rad",
        place="params.dpitch",
        used_by=("rotate",),
    )
    dz: float = item(
        default=0.0, help="Motion along the view.", unit="m", place="params.dz", used_by=("zoom",)
    )
    df: float = item(
        default=0.0, help="Change of the focus.", unit="m", place="params.df", used_by=("focus",)
    )
    motor: tuple[float, ...] = item(
        default=(),
        help="Local motor vector, each in [-1, 1].",
        place="params.motor",
        used_by=("motor",),
    )
    type: str = item(default="action.v1", like=_TYPE, choices=("action.v1",), place=NOWHERE)

    def check(self) -> str | None:
        """Refuse a parameter that the action does not use."""
        used = (
            *PARAMETERS.get(self.action, ()),
            *(("object_id",) * (self.action == "switch_object")),
        )
        names = sorted({name for names in PARAMETERS.values() for name in names} | {"object_id"})
        for name in names:
            if self.action in PARAMETERS and name not in used and getattr(self, name):
                return (
                    f"{name} = {getattr(self, name)!r} is not allowed: {self.action} has no such "
                    "parameter"
                )
        return None


@packet
class StepInfo:
    """How one step went."""

    stamp_ns: int = item(like=_STAMP, place="meta.stamp_ns")
    frame_id: str = item(like=_FRAME, place="meta.frame_id")
    tick: int = item(like=_TICK, place="meta.tick")
    ok: bool = item(default=True, help="The step is valid; if not, it had no effect.")
    clamped: bool = item(default=False, help="Action or pose was limited to what is allowed.")
    wrapped: bool = item(default=False, help="A chart coordinate went round the torus.")
    collided: bool = item(default=False, help="A motion was stopped or bent by a collision.")
    reset_suggested: bool = item(default=False, help="The state was rolled back.")
    object_id: str = item(default="", help="Object or world after the step; empty: unknown.")
    message: str = item(
        default="", help="What went wrong, one sentence; empty: nothing.", if_left_out=""
    )
    extrinsic_reward: float = item(
        default=0.0, help="Reward of the user's callback (goalseeker).", if_left_out=0.0
    )
    type: str = item(
        default="step_info.v1",
        like=_TYPE,
        choices=("step_info.v1",),
        if_left_out="step_info.v1",
    )


@packet
class FacetRecord:
    """A small piece of surface."""

    stamp_ns: int = item(like=_STAMP, place="meta.stamp_ns")
    frame_id: str = item(like=_FRAME, place="meta.frame_id")
    tick: int = item(like=_TICK, place="meta.tick")
    object_id: str = item(help="Object the surface belongs to; empty: unknown.")
    column_id: str = item(help="Column that saw it; empty: none.")
    point: tuple[float, float, float] = item(help="A point of the surface.", unit="m")
    normal: tuple[float, float, float] = item(help="Unit outward normal.")
    curvature: float = item(
        help="Mean curvature, positive for convex; null: unknown.", unit="1/m", may_be_nan=True
    )
    source: int = item(
        help="Where it comes from.",
        names={DEPTH_REPROJECTION: "depth_reprojection", SURFACE_SAMPLING: "surface_sampling"},
    )
    type: str = item(default="facet.v1", like=_TYPE, choices=("facet.v1",))

    def check(self) -> str | None:
        """Refuse a normal that is not of unit length."""
        if not is_unit(self.normal):
            return f"normal = {self.normal} is not allowed: its length must be 1"
        return None


@packet
class BeliefPacket:
    """What the agent believes it is looking at: a distribution over classes."""

    stamp_ns: int = item(like=_STAMP, place="meta.stamp_ns")
    frame_id: str = item(like=_FRAME, place="meta.frame_id")
    tick: int = item(like=_TICK, place="meta.tick")
    classes: tuple[str, ...] = item(help="Names of the classes.", unique=True)
    probabilities: tuple[float, ...] = item(help="One per class, sum 1.", low=0, high=1)
    type: str = item(default="belief.v1", like=_TYPE, choices=("belief.v1",))

    def check(self) -> str | None:
        """Refuse what is no distribution."""
        if len(self.classes) != len(self.probabilities):
            return (
                f"{len(self.probabilities)} probabilities are not allowed: there must be one for "
                f"each of the {len(self.classes)} classes"
            )
        if self.classes and abs(math.fsum(self.probabilities) - 1.0) > 1e-6:
            total = math.fsum(self.probabilities)
            return f"probabilities that sum to {total!r} are not allowed: they must sum to 1"
        return None


@packet
class EvalRecord:
    """One line of an evaluation: everything that is judged about one step."""

    stamp_ns: int = item(like=_STAMP, place="meta.stamp_ns")
    frame_id: str = item(like=_FRAME, place="meta.frame_id")
    tick: int = item(like=_TICK, place="meta.tick")
    scenario: str = item(help="What kind of episode.", choices=SCENARIOS)
    episode: int = item(help="Resets before this step.", low=0, high=_LARGEST_COUNT)
    seed: int = item(help="Seed of the episode.", low=0, high=_LARGEST_COUNT)
    object_id: str = item(help="The true object or world.")
    action: ActionPacket = item(help="The action of the step.")
    info: StepInfo = item(help="How the step went.")
    belief: BeliefPacket = item(help="Belief after the step; no classes: none given.")
    explored_fraction: float = item(
        help="Explored share; null: not measured.", low=0, high=1, may_be_nan=True
    )
    step_ms: float = item(
        help="Wall time of the step; null: not measured.", unit="ms", low=0, may_be_nan=True
    )
    type: str = item(default="eval.v1", like=_TYPE, choices=("eval.v1",))


def _twice(names: Iterable[str]) -> str | None:
    listed = list(names)
    for name in listed:
        if listed.count(name) > 1:
            return f"column {name!r} is not allowed: its name must be there once"
    return None


PACKETS = (
    ObservationPacket,
    ContextPacket,
    PosePacket,
    ActionPacket,
    StepInfo,
    FacetRecord,
    BeliefPacket,
    EvalRecord,
)
"""Every packet, in the order of the documentation."""

__all__ = [
    "DEPTH_REPROJECTION",
    "PACKETS",
    "PARAMETERS",
    "SCENARIOS",
    "SURFACE_SAMPLING",
    "ActionPacket",
    "BeliefPacket",
    "BodyPose",
    "CameraIntrinsics",
    "ChartPoint",
    "ColumnObservation",
    "ColumnPose",
    "ContextPacket",
    "EvalRecord",
    "FacetRecord",
    "ObservationPacket",
    "PacketError",
    "Patch",
    "PosePacket",
    "StepInfo",
]
