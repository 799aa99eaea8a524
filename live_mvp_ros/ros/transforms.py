# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where frames lie in each other at a time, as heard on ``tf`` and ``tf_static``.

``tf2_ros`` is no wheel, so where it cannot be imported a buffer of ours does the same: it keeps
the moving transforms of the last seconds, interpolates between two (positions linearly, rotations
along the shortest arc) and never extrapolates. Both stand behind ``Transforms``, and refuse what
would spoil a tree: a transform that is no rigid motion, a frame that would be its own ancestor.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np
from geometry_msgs.msg import TransformStamped

from live_mvp_ros.ros.convert import headers, pose_messages
from live_mvp_ros.ros.refusals import InvalidMessageError

MOST_FRAMES = 1000
MOST_STAMPS = 4000
"""Of one moving frame: 10 s at 400 Hz."""
KEPT_NS = 10_000_000_000
RESET_NS = 1_000_000_000
"""A stamp that is older than the newest one by more than this is of a clock that was reset."""


class NoTransformError(InvalidMessageError):
    """A transform is not known; the text says why.

    Attributes:
        later: it may become known.
    """

    def __init__(self, text: str, later: bool) -> None:
        """Say why."""
        super().__init__(text)
        self.later = later


class Transforms(Protocol):
    """A buffer of transforms; used by one thread."""

    def add(self, message: TransformStamped, fixed: bool) -> None:
        """Take a transform over, one that holds for ever or one of its stamp.

        Raises:
            InvalidMessageError: it is no rigid motion, or its frames would form a loop.
        """

    def lookup(self, target: str, source: str, stamp_ns: int) -> np.ndarray:
        """Return T_target_source [4, 4] (float32) at a time.

        Raises:
            NoTransformError: it is not known.
        """


class Parents:
    """Which frame lies in which; what would make a loop of the tree is refused."""

    def __init__(self, most: int = MOST_FRAMES) -> None:
        """Know nothing yet; ``most`` frames are remembered."""
        self._parents: dict[str, str] = {}
        self._most = most

    def take(self, parent: str, child: str) -> None:
        """Have a child lie in a parent.

        Raises:
            InvalidMessageError: the names are no two frames, there are too many, or they would
                form a loop.
        """
        if not parent or not child or parent == child:
            raise InvalidMessageError("it does not name two frames")
        if child not in self._parents and len(self._parents) >= self._most:
            raise InvalidMessageError(f"more than {self._most} frames are not remembered")
        chain = self.chain(parent)
        if child in chain:
            loop = " in ".join([child, *chain[: chain.index(child) + 1]])
            raise InvalidMessageError(f"its frames would form a loop: {loop}")
        self._parents[child] = parent

    def chain(self, frame: str) -> list[str]:
        """Return a frame and all that it lies in, up to the root."""
        frames = [frame]
        while frames[-1] in self._parents:
            frames.append(self._parents[frames[-1]])
        return frames


def add_all(
    transforms: Transforms, messages: Iterable[TransformStamped], fixed: bool
) -> list[str]:
    """Have a buffer take over the transforms that are usable; returns why the others are not.

    A message holds the transforms of many publishers: one that cannot be used says nothing about
    the rest.
    """
    problems = []
    for message in messages:
        try:
            transforms.add(message, fixed)
        except InvalidMessageError as error:
            frames = f"from {message.header.frame_id!r} to {message.child_frame_id!r}"
            problems.append(f"the transform {frames}: {error}")
    return problems


class _Stamped(NamedTuple):
    stamp_ns: int
    position: np.ndarray
    rotation: np.ndarray


class _Moving:
    """The transforms of one child frame in its parent, in the order of their stamps."""

    def __init__(self, parent: str) -> None:
        self.parent = parent
        self._all: list[_Stamped] = []

    def add(self, at: _Stamped) -> None:
        newest_ns = self._all[-1].stamp_ns if self._all else at.stamp_ns
        if at.stamp_ns < newest_ns - RESET_NS:
            self._all = []
        found = bisect_left(self._all, at.stamp_ns, key=_stamp_ns)
        if found < len(self._all) and self._all[found].stamp_ns == at.stamp_ns:
            return
        insort(self._all, at, key=_stamp_ns)
        oldest_ns = self._all[-1].stamp_ns - KEPT_NS
        gone = bisect_left(self._all, oldest_ns, key=_stamp_ns)
        del self._all[: max(gone, len(self._all) - MOST_STAMPS)]

    def at(self, frame: str, stamp_ns: int) -> np.ndarray:
        after = bisect_left(self._all, stamp_ns, key=_stamp_ns)
        frames = f"the transform from {self.parent!r} to {frame!r}"
        if after == len(self._all):
            behind_s = 1e-9 * (stamp_ns - self._all[-1].stamp_ns)
            raise NoTransformError(f"{frames} ends {behind_s:.2f} s before the stamp", later=True)
        right = self._all[after]
        if right.stamp_ns == stamp_ns:
            return pose_messages.matrix(right.position, right.rotation)
        if after == 0:
            ahead_s = 1e-9 * (right.stamp_ns - stamp_ns)
            raise NoTransformError(f"{frames} begins {ahead_s:.2f} s after the stamp", later=False)
        left = self._all[after - 1]
        share = (stamp_ns - left.stamp_ns) / (right.stamp_ns - left.stamp_ns)
        return pose_messages.matrix(
            (1.0 - share) * left.position + share * right.position,
            pose_messages.slerp(left.rotation, right.rotation, share),
        )


def _stamp_ns(at: _Stamped) -> int:
    return at.stamp_ns


class TransformBuffer:
    """Our own buffer, see ``Transforms``."""

    def __init__(self, most: int = MOST_FRAMES) -> None:
        """Know nothing yet; ``most`` frames are remembered."""
        self._parents = Parents(most)
        self._fixed: dict[str, np.ndarray] = {}
        self._moving: dict[str, _Moving] = {}

    def add(self, message: TransformStamped, fixed: bool) -> None:
        """Take a transform over, see ``Transforms.add``."""
        position, rotation = pose_messages.motion_arrays(message)
        stamp_ns = headers.to_ns(message.header.stamp)
        parent, child = message.header.frame_id, message.child_frame_id
        self._parents.take(parent, child)
        if fixed:
            self._moving.pop(child, None)
            self._fixed[child] = pose_messages.matrix(position, rotation)
            return
        self._fixed.pop(child, None)
        if child not in self._moving or self._moving[child].parent != parent:
            self._moving[child] = _Moving(parent)
        self._moving[child].add(_Stamped(stamp_ns, position, rotation))

    def lookup(self, target: str, source: str, stamp_ns: int) -> np.ndarray:
        """Return T_target_source [4, 4] at a time, see ``Transforms.lookup``."""
        to_source, to_target = self._parents.chain(source), self._parents.chain(target)
        shared = next((frame for frame in to_source if frame in to_target), None)
        if shared is None:
            raise NoTransformError(f"no transform leads from {target} to {source!r}", later=True)
        T_shared_source = self._down(to_source[: to_source.index(shared)], stamp_ns)
        T_shared_target = self._down(to_target[: to_target.index(shared)], stamp_ns)
        found = pose_messages.inverse(T_shared_target) @ T_shared_source
        return np.asarray(found, np.float32)

    def _down(self, frames: list[str], stamp_ns: int) -> np.ndarray:
        """Return T_ancestor_frame [4, 4] over a chain of frames, the lowest one first."""
        matrix = np.eye(4)
        for frame in frames:
            fixed = self._fixed.get(frame)
            step = self._moving[frame].at(frame, stamp_ns) if fixed is None else fixed
            matrix = step @ matrix
        return matrix
