# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What an exploration leaves behind, and why: from the final map to the completion report.

A pure function of the final map and the planner's state; host code, run at the end of a mission.
Map frame, metres, grids [nx, ny].

What is left is unknown space wide enough to be space: the union of the unknown discs (an opening),
so that the inside of thin walls and specks on surfaces do not count. How it could have become
known is asked of an optimist for whom everything unknown is free: where would the drone fit, and
what would it see from there? What even he does not see, but known free space touches, lies behind
something *too narrow*; what nothing free touches is enclosed, *unreachable*. The rest was left for
a reason of the mission's own: looked at for long, too risky to go and see, or out of time.

A hidden corner and the inside of the wall behind it are one unknown region. So only what lies near
known free space counts as hidden behind it; what is deeper is enclosed.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from live_mvp_ros.base.arrays import Array
from live_mvp_ros.base.grid import OCCUPIED_FROM, GridSpec
from live_mvp_ros.planning import regions
from live_mvp_ros.planning.completion_report import (
    CompletionReport,
    GoalReason,
    GoalStatus,
    Reason,
    Recoveries,
    Remainder,
)
from live_mvp_ros.planning.ending import Doubt
from live_mvp_ros.planning.expectation import specks, wall_gaps
from live_mvp_ros.planning.frame import GOAL_TOLERANCE_M
from live_mvp_ros.planning.info_field_config import InfoFieldConfig
from live_mvp_ros.planning.leftover_state import Leftovers
from live_mvp_ros.planning.progress import Progress

SPACE_RADIUS_M = 0.15  # an unknown disc of this radius is space, not the inside of a thin wall
ENCLOSED_RADIUS_M = 0.3  # enclosed space must be this wide to be a room
LEAST_AREA_M2 = 0.1
BEHIND_M = 2.0  # how deep hidden space is believed to be behind a narrow opening, at least
LEAST_OPENING_M = 0.3  # free space that leaves the volume through less is noise at its border
_NEAR_M = 0.3  # a leftover so near to a region is part of it
_NEARLY_ALL = 0.9  # of a frontier: the rest would have been looked at, had there been time
_MOST = 0.5  # of a frontier: what is true of so much of it is the reason for all of it


class CompletionInputs(NamedTuple):
    """The end of a mission; grids [nx, ny] as NumPy or JAX arrays."""

    p: Array
    """Occupancy probability, 0.5 where unknown."""
    known: Array
    """bool, observed at least once."""
    navigable: Array
    """bool, where the drone fits and can go."""
    looked_s: Array
    """How long a still unknown cell has been in plain view."""
    progress: Progress
    """The watch over progress: what was given up."""
    position_m: Array
    """[3] or [2], the vehicle."""
    goal_m: Array | tuple[float, ...]
    """[3] or [2]."""
    nothing_left: bool
    """Whether the planner had nothing left to see; False: the mission was ended before."""
    goal_reached: bool
    ended: str
    """How the mission ended, in words."""
    leftovers: Leftovers | None = None
    """The tour through what was left: what was not worth it; None for planners without one."""
    doubt: Doubt | None = None
    """What was free and is occupied; None for planners that do not look again."""
    goal_tolerance_m: float | Array = GOAL_TOLERANCE_M
    """From here the goal counts as reached."""


def completion_report(
    config: InfoFieldConfig, spec: GridSpec, inputs: CompletionInputs
) -> CompletionReport:
    """Return what is left and why, of the map and the planner's state at the end of a mission.

    Args:
        config: what the planner was told of range, size and patience.
        spec: geometry of the grids.
        inputs: the end of the mission.
    """
    final = _Final.of(config, spec, inputs)
    unknown = list(_left_unknown(config, final))
    left = [*(region.remainder for region in unknown), *_leaving(final)]
    left += _not_worth_it(final, unknown)
    all_worth_it = not any(r.reason is Reason.NOT_WORTH_IT for r in left)
    return CompletionReport(
        ended=inputs.ended,
        explored=final.nothing_left and all_worth_it,
        remainders=tuple(sorted(left, key=lambda r: (r.enclosed, -r.area_m2))),
        known_free_m2=final.area_m2(final.free),
        unknown_m2=final.area_m2(~final.known),
        wall_gaps=regions.labelled(final.wall_gaps)[1],
        goal=_goal(config, final, unknown, inputs),
        recoveries=Recoveries(*(int(n) for n in inputs.progress.taken)),
    )


@dataclasses.dataclass(frozen=True)
class _Final:
    """The final map as masks [nx, ny] bool."""

    spec: GridSpec
    known: np.ndarray
    free: np.ndarray
    reached: np.ndarray  # free cells that known free space joins to the vehicle
    navigable: np.ndarray
    looked_long: np.ndarray
    given_up: np.ndarray
    specks: np.ndarray  # unknown gaps in what is solid that the planner believes to be solid
    wall_gaps: np.ndarray  # wider ones, which it believes to be wall when nothing else is left
    skipped: np.ndarray
    listed: np.ndarray  # [n, 4] x, y, m2, s of what was not worth it
    blocked: np.ndarray  # was free, and has been looked at again
    takes_a_share: bool
    nothing_left: bool
    range_cells: int

    @classmethod
    def of(cls, config: InfoFieldConfig, spec: GridSpec, inputs: CompletionInputs) -> _Final:
        known = np.asarray(inputs.known, bool)
        free = known & (np.asarray(inputs.p) < OCCUPIED_FROM)
        here = regions.cell_mask(spec, inputs.position_m)
        looked_long = ~known & (np.asarray(inputs.looked_s) >= float(config.look_patience_s))
        navigable = np.asarray(inputs.navigable, bool) | here
        solid = (known & ~free) | looked_long
        tiny = np.asarray(specks(spec, known, free, solid))
        gaps = np.asarray(wall_gaps(config, spec, known, free, solid | tiny))
        return cls(
            spec=spec,
            known=known,
            free=free,
            reached=regions.joined(free | navigable, navigable) & free,
            navigable=navigable,
            looked_long=looked_long,
            specks=tiny,
            wall_gaps=gaps & bool(inputs.nothing_left),
            given_up=np.asarray(inputs.progress.given_up, bool),
            skipped=_skipped(inputs.leftovers, known),
            listed=_listed(inputs.leftovers),
            blocked=_blocked(inputs.doubt, known & ~free),
            takes_a_share=config.finish == "share",
            nothing_left=bool(inputs.nothing_left),
            range_cells=max(1, round(config.range_m / spec.resolution_m)),
        )

    @property
    def occupied(self) -> np.ndarray:
        """Cells known to be occupied, and gaps between them that are believed to be."""
        return (self.known & ~self.free) | self.specks | self.wall_gaps

    def area_m2(self, mask: np.ndarray) -> float:
        return round(float(np.count_nonzero(mask)) * self.spec.resolution_m**2, 4)

    def opened(self, mask: np.ndarray) -> np.ndarray:
        return regions.opened(mask, SPACE_RADIUS_M / self.spec.resolution_m)

    def sees(self, eyes: np.ndarray, through: np.ndarray) -> np.ndarray:
        return regions.visible(~through, eyes, self.range_cells)


def _skipped(leftovers: Leftovers | None, known: np.ndarray) -> np.ndarray:
    return np.zeros_like(known) if leftovers is None else np.asarray(leftovers.skipped) & ~known


def _listed(leftovers: Leftovers | None) -> np.ndarray:
    if leftovers is None:
        return np.zeros((0, 4))
    return np.asarray(leftovers.listed, float)[: int(leftovers.n_skipped)]


def _blocked(doubt: Doubt | None, occupied: np.ndarray) -> np.ndarray:
    return np.zeros_like(occupied) if doubt is None else np.asarray(doubt.was_free) & occupied


class _Region(NamedTuple):
    mask: np.ndarray
    remainder: Remainder


def _left_unknown(config: InfoFieldConfig, final: _Final) -> Iterator[_Region]:
    """Yield the unknown regions that are left."""
    space = final.opened(~final.known)
    if not space.any():
        return
    room_m = config.body.fits_from_m
    roams = regions.roamed(final.occupied, final.spec, room_m, final.navigable)
    in_sight = space & final.sees(roams, through=~final.occupied)
    observable = final.sees(final.navigable, through=~final.occupied)
    for mask, kind in _divided(final, space, in_sight):
        area_m2, enclosed = final.area_m2(mask), kind is _Kind.ENCLOSED
        wide = ENCLOSED_RADIUS_M / final.spec.resolution_m
        if area_m2 < LEAST_AREA_M2 or (enclosed and not regions.eroded(mask, wide).any()):
            continue
        at, seen_m2 = regions.middle_m(final.spec, mask), final.area_m2(mask & observable)
        reason, time_s = _reason(final, mask, kind), None
        if reason is Reason.NOT_WORTH_IT:
            time_s = _time_s(final, mask)
        yield _Region(mask, Remainder(at, area_m2, seen_m2, reason, enclosed, time_s))


def _time_s(final: _Final, mask: np.ndarray) -> float | None:
    """Return how long the listed leftovers in a region would have taken; None without any."""
    times = [row[3] for row in final.listed if _touches(final, mask, row)]
    return round(float(sum(times)), 1) if times else None


def _touches(final: _Final, mask: np.ndarray, row: np.ndarray) -> bool:
    return bool((regions.within(final.spec, row[:2], _NEAR_M) & mask).any())


def _not_worth_it(final: _Final, unknown: list[_Region]) -> list[Remainder]:
    """Return what was not worth it and is not part of a region that is named for it already."""
    named = [r.mask for r in unknown if r.remainder.reason is Reason.NOT_WORTH_IT]
    left = []
    for row in final.listed:
        around = regions.within(final.spec, row[:2], _NEAR_M)
        if (around & final.skipped).any() and not any(_touches(final, m, row) for m in named):
            x, y, area_m2, time_s = (round(float(value), 4) for value in row)
            left.append(
                Remainder((x, y), area_m2, area_m2, Reason.NOT_WORTH_IT, time_s=round(time_s, 1))
            )
    return left


class _Kind(enum.Enum):
    IN_SIGHT = enum.auto()
    """The optimist sees it."""
    BEHIND = enum.auto()
    """Nobody sees it, and known free space leads there."""
    ENCLOSED = enum.auto()


def _divided(
    final: _Final, space: np.ndarray, in_sight: np.ndarray
) -> Iterator[tuple[np.ndarray, _Kind]]:
    """Yield the regions of unknown space.

    When a mission ends early, what is hidden behind something in sight belongs to that.
    """
    passable = final.opened(~final.occupied)
    labels, n_in_sight = regions.labelled(final.opened(in_sight))
    hidden, count = regions.labelled(final.opened(space & ~in_sight))
    kinds = [_Kind.IN_SIGHT] * n_in_sight
    for number in range(1, count + 1):
        mask = hidden == number
        opening = regions.doors(mask, final.free, passable)
        near = regions.behind(mask, opening, passable, BEHIND_M / final.spec.resolution_m)
        front = 0 if final.nothing_left or near.any() else regions.touched(mask, labels)
        if front:
            labels[mask] = front
            continue
        for part, kind in ((near, _Kind.BEHIND), (mask & ~near, _Kind.ENCLOSED)):
            pieces, n = regions.labelled(part)
            labels = np.where(part, pieces + len(kinds), labels)
            kinds += [kind] * n
    labels = regions.grown(labels, space)
    for number, kind in enumerate(kinds, start=1):
        yield labels == number, kind


def _reason(final: _Final, mask: np.ndarray, kind: _Kind) -> Reason:
    if kind is _Kind.IN_SIGHT:
        return _mission_reason(final, mask)
    opening = regions.doors(mask, final.free, final.opened(~final.occupied))
    narrow = kind is _Kind.BEHIND and (opening & final.reached).any()
    return Reason.TOO_NARROW if narrow else Reason.UNREACHABLE


def _mission_reason(final: _Final, mask: np.ndarray) -> Reason:
    """Return why a region was not looked at although the optimist could."""
    in_view = mask & regions.beside(final.sees(final.navigable, through=final.free))
    if not in_view.any():
        return Reason.TOO_NARROW if final.nothing_left else Reason.OUT_OF_TIME
    if _share(final.skipped, in_view) >= _MOST:
        return Reason.NOT_WORTH_IT
    enough = _MOST if final.nothing_left else _NEARLY_ALL
    if _share(final.looked_long, in_view) >= enough:
        return Reason.NOT_RESOLVED
    targets = final.navigable & ~final.given_up
    if _share(regions.beside(final.sees(targets, through=final.free)), in_view) < _MOST:
        return Reason.TOO_RISKY
    shunned = regions.beside(final.sees(final.navigable & final.given_up, through=final.free))
    if final.nothing_left and _share(shunned, in_view) >= _MOST:
        return Reason.TOO_RISKY
    if final.nothing_left and final.takes_a_share:
        return Reason.NOT_WORTH_IT
    return Reason.OUT_OF_TIME  # or a planner that looked elsewhere thought itself done


def _share(of: np.ndarray, where: np.ndarray) -> float:
    return float(np.count_nonzero(of & where)) / float(np.count_nonzero(where))


def _leaving(final: _Final) -> Iterator[Remainder]:
    """Yield where free space goes on beyond the volume."""
    border = np.ones(final.spec.shape, bool)
    border[1:-1, 1:-1] = False
    labels, count = regions.labelled(final.reached & border)
    for number in range(1, count + 1):
        mask = labels == number
        if np.count_nonzero(mask) * final.spec.resolution_m >= LEAST_OPENING_M - 1e-6:
            at = regions.middle_m(final.spec, mask)
            yield Remainder(at, final.area_m2(mask), 0.0, Reason.OUT_OF_BOUNDS)


_GOAL_IN_UNKNOWN = {
    Reason.TOO_NARROW: GoalReason.TOO_NARROW,
    Reason.TOO_RISKY: GoalReason.TOO_RISKY,
    Reason.OUT_OF_TIME: GoalReason.OUT_OF_TIME,
}


def _goal(
    config: InfoFieldConfig, final: _Final, unknown: list[_Region], inputs: CompletionInputs
) -> GoalStatus:
    """Return whether the goal was reached, or what kept the drone from it."""
    goal = np.asarray(inputs.goal_m, float)[:2]
    reason = GoalReason.NONE
    if not inputs.goal_reached:
        given_up = bool(inputs.progress.goal_given_up)
        reason = _goal_reason(final, unknown, goal, float(inputs.goal_tolerance_m), given_up)
    return GoalStatus(
        reached=bool(inputs.goal_reached),
        reason=reason,
        position_m=(round(float(goal[0]), 4), round(float(goal[1]), 4)),
        distance_m=round(math.dist(goal, np.asarray(inputs.position_m, float)[:2]), 4),
    )


def _goal_reason(
    final: _Final, unknown: list[_Region], goal: np.ndarray, radius_m: float, given_up: bool
) -> GoalReason:
    if (regions.within(final.spec, goal, radius_m) & final.navigable).any():
        return GoalReason.TOO_RISKY if given_up else GoalReason.OUT_OF_TIME
    if not regions.contains(final.spec, goal):
        return GoalReason.OUT_OF_BOUNDS
    cell = regions.cell_of(final.spec, goal)
    if final.free[cell]:
        if final.reached[cell]:
            return GoalReason.TOO_NARROW
        open_before = regions.joined(final.free | final.blocked, final.navigable)
        return GoalReason.BLOCKED if open_before[cell] else GoalReason.NO_KNOWN_WAY
    around = next((region.remainder for region in unknown if region.mask[cell]), None)
    if final.known[cell] or around is None:  # in a wall that is seen, or too thin to be space
        return GoalReason.INSIDE_OBSTACLE
    if around.enclosed:
        return GoalReason.ENCLOSED
    return _GOAL_IN_UNKNOWN.get(around.reason, GoalReason.IN_UNKNOWN)
