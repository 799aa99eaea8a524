# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the odometry frame lies in the map: scans are aligned with the walls that are known.

Odometry drifts, and walls do not. So the transform map -> odom (REP 105) is estimated: a pose in
the plane, (t, psi), that takes a position p of the odometry to R(psi) p + t. It moves by as little
as the odometry is expected to drift and by as much as the scan asks for: an extended Kalman filter
whose prediction spreads with the way flown, and whose measurement is point-to-line matching
(Censi, "An ICP variant using a point-to-line metric", ICRA 2008). What is lost per metre is part
of its state: good odometry drifts the same way for long. Height, roll and pitch do not drift
(``vehicle.odometry``).

Walls are what ended rays, seen from above: of each cell the mean of the points in it, which is
finer than the cell, so that the map is not drawn towards the middles of its cells. The first
points count most: who comes back to a place finds it where it was.

The line at an end point x is that of the means c around it, weighted by
w = h exp(-|c - x|^2 / 2 s^2), h the number of their points: mean m, and as normal n the lesser
axis of the covariance. The residual is n (m - x). Where means do not lie along a line it counts
less, by (a - b) / a with the eigenvalues a >= b; where there are none, nothing: neither new space
nor somebody who has just come moves the map. Means that were seen from the other side of the line
are another wall.

Neighbouring rays end in the same cell and look at it for as long as it is in view, so all points
of a scan together weigh as much as ``_INDEPENDENT`` of them.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base import quaternion
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.mapping.fading import JUMP_M
from live_mvp_ros.mapping.near_matter import OFF_M
from live_mvp_ros.mapping.scan import Scan
from live_mvp_ros.vehicle import QuadrotorState
from live_mvp_ros.vehicle.odometry import DriftConfig

_REACH_CELLS = 2  # means in cells so near to that of an end point are what it is compared with
_SPREAD_CELLS = 0.7  # s
_WIDER = 2.0  # times as wide a view shows how both sides of a wall run
_LEAST = 0.5  # summed weight that makes a line
_FIRM = 8.0  # hits in a cell after which its mean counts fully, and hardly moves
_POINT_M = 0.05  # standard deviation of a residual
_INDEPENDENT = 128.0
_SAME_WAY_M = 80.0  # so long the odometry drifts the same way
_WANDERS_M = 1.0  # of way, after which what does not stay the same is as much as what does
_RAYS = 512  # of a scan, that are compared
_LEANING = 0.3  # sine of the angle by which what is upright may lean
_ON_WALL = 0.5  # so much of a line is a wall
_ROUNDS = 2  # of finding the means and moving the points


class MapToOdom(NamedTuple):
    """The transform map -> odom in the plane.

    Attributes:
        shift_m: [2] t, map frame.
        yaw_rad: psi.
    """

    shift_m: jax.Array
    yaw_rad: jax.Array


class Alignment(NamedTuple):
    """Where the odometry frame lies, and the walls that tell.

    Attributes:
        transform: map -> odom.
        per_m: [3] by how much x, y and yaw of the vehicle in the map change per metre flown.
        covariance: [6, 6] of x, y and yaw, m and rad, and of ``per_m``.
        last_m: [2] position of the vehicle at the last scan, odometry frame; NaN before one.
        mean: [nx, ny, 4] of the points in each cell, m, and of the unit vectors from them to the
            vehicle; map frame.
        hits: [nx, ny] how many there were.
    """

    transform: MapToOdom
    per_m: jax.Array
    covariance: jax.Array
    last_m: jax.Array
    mean: jax.Array
    hits: jax.Array


def identity() -> MapToOdom:
    """Return the transform at the start, where both frames are the same."""
    return MapToOdom(jnp.zeros(2, jnp.float32), jnp.float32(0.0))


def init_alignment(spec: GridSpec) -> Alignment:
    """Return the alignment before the first scan; the walls are those of a grid of ``spec``."""
    return Alignment(
        identity(),
        jnp.zeros(3, jnp.float32),
        jnp.zeros((6, 6), jnp.float32),
        jnp.full(2, jnp.nan, jnp.float32),
        jnp.zeros((*spec.shape, 4), jnp.float32),
        jnp.zeros(spec.shape, jnp.float32),
    )


def in_map(transform: MapToOdom, state: QuadrotorState) -> QuadrotorState:
    """Return the state of a vehicle in the map, given in the odometry frame."""
    turn = quaternion.from_yaw(transform.yaw_rad)
    shift_m = jnp.append(transform.shift_m, 0.0)
    return state._replace(
        position=quaternion.rotate(turn, state.position) + shift_m,
        velocity=quaternion.rotate(turn, state.velocity),
        attitude=quaternion.multiply(turn, state.attitude),
    )


def scan_in_map(transform: MapToOdom, scan: Scan) -> Scan:
    """Return a scan in the map, given in the odometry frame."""
    turn, shift_m = quaternion.from_yaw(transform.yaw_rad), jnp.append(transform.shift_m, 0.0)
    R_map_odom = quaternion.rotation_matrix(turn)
    return Scan(
        origin_m=R_map_odom @ scan.origin_m + shift_m,
        points_m=scan.points_m @ R_map_odom.T + shift_m,
        normals=scan.normals @ R_map_odom.T,
        body_m=R_map_odom @ scan.body_m + shift_m,
        marks=scan.marks,
    )


def upright_ends(scan: Scan, most: int | None = None) -> jax.Array:
    """Return where rays of a scan met something upright [N, 2], NaN elsewhere.

    Of more than ``most`` rays (static) evenly spread ones; of all where it is not given.
    """
    rays = scan.points_m.shape[0]
    kept = rays if most is None else min(rays, most)
    chosen = (jnp.arange(kept) * rays) // max(kept, 1)
    normal = scan.normals[chosen]
    upright = (jnp.sum(normal**2, axis=1) > 0.5) & (jnp.abs(normal[:, 2]) < _LEANING)
    return jnp.where(upright[:, None], scan.points_m[chosen, :2], jnp.nan)


def scan_aligned(
    config: DriftConfig, spec: GridSpec, state: Alignment, scan: Scan
) -> tuple[Alignment, Scan]:
    """Return the alignment after a scan in the odometry frame, and the scan in the map.

    What it met on walls that are known lies on them; what it met on other upright things, such as
    furniture and the ends of walls, is marked as far behind its own surface. The map may be off by
    as much, and a cell that matter reaches into by less would close doors.
    """
    ends_m = upright_ends(scan, _RAYS)
    state = aligned(config, spec, state, scan.body_m[:2], ends_m)
    scan = scan_in_map(state.transform, scan)
    upright = upright_ends(scan)
    misses_m = onto_walls(spec, state, scan.body_m[:2], upright)
    alone = ~jnp.any(misses_m != 0.0, axis=1) & jnp.isfinite(upright[:, 0])
    misses_m -= jnp.where(alone[:, None], OFF_M * scan.normals[:, :2], 0.0)
    return state, scan._replace(points_m=scan.points_m.at[:, :2].add(misses_m))


def aligned(
    config: DriftConfig,
    spec: GridSpec,
    state: Alignment,
    position_m: jax.Array,
    points_m: jax.Array,
) -> Alignment:
    """Return the alignment after one more scan.

    Args:
        config: how the odometry is expected to drift.
        spec: geometry of the walls (static).
        state: from the scan before.
        position_m: [2] of the vehicle, odometry frame.
        points_m: [N, 2] where rays met something upright, odometry frame, NaN where they did not.
    """
    state = _begun(spec, state, position_m, points_m)
    transform = state.transform
    here = _turned(transform.yaw_rad, position_m) + transform.shift_m
    points = _turned(transform.yaw_rad, points_m) + transform.shift_m
    expected, prior = _flown(config, state, position_m)
    move, after = expected, prior
    for _ in range(_ROUNDS):
        known, pull = _compared(spec, state, here, move[:3], points)
        information = jnp.zeros((6, 6)).at[:3, :3].set(known)
        # (P^-1 + I)^-1 without the inverse of P, which is 0 before anything was flown
        after = jnp.linalg.solve(jnp.eye(6) + prior @ information, prior)
        move = expected + after @ (jnp.pad(pull, (0, 3)) - information @ expected)
    yaw_rad = transform.yaw_rad + move[2]
    shift_m = here + move[:2] - _turned(yaw_rad, position_m)
    now = MapToOdom(shift_m, yaw_rad)
    ends = _turned(yaw_rad, points_m) + shift_m
    mean, hits = _learned(spec, state, ends, here + move[:2])
    return Alignment(now, move[3:], 0.5 * (after + after.T), position_m, mean, hits)


def _begun(
    spec: GridSpec, state: Alignment, position_m: jax.Array, points_m: jax.Array
) -> Alignment:
    """Return the state, or where odometry has jumped, that of one that begins where the map does.

    Who stops listening for a while hears a jump as well, and then nothing begins anew: the scan
    tells, by the walls that it finds.
    """
    jumped = jnp.linalg.norm(position_m - state.last_m) > JUMP_M  # false before the first scan
    anew = state._replace(
        transform=identity(),
        per_m=jnp.zeros_like(state.per_m),
        covariance=jnp.zeros_like(state.covariance),
        last_m=jnp.full_like(state.last_m, jnp.nan),
    )

    def found(transform: MapToOdom) -> jax.Array:
        here = _turned(transform.yaw_rad, position_m) + transform.shift_m
        points = _turned(transform.yaw_rad, points_m) + transform.shift_m
        lines = _lines(spec, state, here, jnp.zeros(3), points)
        return jnp.sum(lines.line * jnp.exp(-0.5 * (lines.residual_m / _POINT_M) ** 2))

    begins = jax.lax.cond(
        jumped,
        lambda: found(anew.transform) > found(state.transform),
        lambda: jnp.array(False),
    )
    return jax.tree.map(lambda a, b: jnp.where(begins, a, b), anew, state)


def _turned(yaw_rad: jax.Array, xy: jax.Array) -> jax.Array:
    """Return vectors [..., 2] turned by an angle."""
    c, s = jnp.cos(yaw_rad), jnp.sin(yaw_rad)
    x, y = xy[..., 0], xy[..., 1]
    return jnp.stack([c * x - s * y, s * x + c * y], axis=-1)


def _flown(
    config: DriftConfig, state: Alignment, position_m: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return how the filter's state [6] is expected to have moved since the scan before.

    And the covariance [6, 6] of that.
    """
    flown = _turned(state.transform.yaw_rad, position_m - state.last_m)
    flown = jnp.nan_to_num(flown)  # nothing before the first scan
    way_m = jnp.linalg.norm(flown)
    drift, turn = config.drift_m_per_m, config.heading_drift_rad_per_m
    worst = jnp.square(jnp.array([drift, drift, turn]))
    lasts = jnp.exp(-way_m / _SAME_WAY_M)
    still = lasts * state.per_m
    carried = jnp.eye(6).at[0, 2].set(-flown[1]).at[1, 2].set(flown[0])
    rows = jnp.arange(3)
    carried = carried.at[rows, rows + 3].set(way_m).at[rows + 3, rows + 3].set(lasts)
    gained = jnp.concatenate([_WANDERS_M * way_m * worst, (1.0 - lasts**2) * worst])
    begun = jnp.isfinite(state.last_m[0])
    covariance = jnp.where(begun, state.covariance, jnp.diag(jnp.pad(worst, (3, 0))))
    expected = jnp.concatenate([way_m * still, still])
    return expected, carried @ covariance @ carried.T + jnp.diag(gained)


class _Lines(NamedTuple):
    """The walls at N points."""

    across: jax.Array
    """[N, 2] by how much the points move per radian of yaw."""
    normal: jax.Array
    """[N, 2] unit normals."""
    residual_m: jax.Array
    """[N] how far the wall is from the point, along the normal."""
    line: jax.Array
    """[N] how much of a line the wall is there, 0 to 1."""


def _lines(
    spec: GridSpec, state: Alignment, here: jax.Array, moved: jax.Array, points: jax.Array
) -> _Lines:
    """Return the walls at points [N, 2] of the map that a move [3] about ``here`` displaces."""
    arm = points - here
    across = jnp.stack([-arm[:, 1], arm[:, 0]], axis=1)
    at = points + moved[:2] + moved[2] * across
    offset, back, hits = _around(spec, state, at)
    squared = jnp.sum((offset / (_SPREAD_CELLS * spec.resolution_m)) ** 2, axis=-1)
    weight = jnp.minimum(hits / _FIRM, 1.0) * jnp.exp(-0.5 * squared)
    wide = jnp.where(hits > 0.0, jnp.exp(-0.5 * squared / _WIDER**2), 0.0)
    either = _fitted(offset, wide).normal
    # the two sides of a thin wall are two walls: one was seen from here, the other from behind
    side = jnp.sum(either * _towards(here, points), axis=1)
    same = jnp.einsum("ni,nki->nk", either, back) * side[:, None] > 0.0
    total, mean, normal, spread, greater = _fitted(offset, jnp.where(same, weight, 0.0))
    line = spread / jnp.maximum(greater, 1e-9) * jnp.minimum(total / _LEAST, 1.0)
    line = jnp.where(jnp.all(jnp.isfinite(points), axis=1), line, 0.0)
    normal, across, mean = (jnp.nan_to_num(values) for values in (normal, across, mean))
    return _Lines(across, normal, jnp.sum(normal * mean, axis=1), line)


class _Fit(NamedTuple):
    total: jax.Array
    mean: jax.Array
    normal: jax.Array
    spread: jax.Array
    """Difference of the eigenvalues."""
    greater: jax.Array
    """The greater one."""


def _fitted(offset: jax.Array, weight: jax.Array) -> _Fit:
    """Return the lines [N] through points [N, K, 2] of given weights [N, K]."""
    total = jnp.sum(weight, axis=1)
    share = weight / jnp.maximum(total, 1e-9)[:, None]
    mean = jnp.sum(share[..., None] * offset, axis=1)
    apart = offset - mean[:, None]
    xx, yy, xy = (
        jnp.sum(share * apart[..., i] * apart[..., j], axis=1) for i, j in ((0, 0), (1, 1), (0, 1))
    )
    # eigenvalues (xx + yy +- spread) / 2 of the covariance; its greater axis at half the angle
    spread = jnp.hypot(xx - yy, 2.0 * xy)
    angle = 0.5 * jnp.arctan2(2.0 * xy, xx - yy)
    normal = jnp.stack([-jnp.sin(angle), jnp.cos(angle)], axis=1)
    return _Fit(total, mean, normal, spread, 0.5 * (xx + yy + spread))


def _compared(
    spec: GridSpec, state: Alignment, here: jax.Array, moved: jax.Array, points: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return what points [N, 2] say of a move: its information [3, 3], and that times the move.

    Args:
        spec: geometry of the walls (static).
        state: the walls.
        here: [2] about which it turns.
        moved: [3] x, y, yaw, by which the points are moved where they are compared.
        points: in the map.
    """
    across, normal, residual_m, line = _lines(spec, state, here, moved, points)
    slope = jnp.concatenate([normal, jnp.sum(normal * across, axis=1, keepdims=True)], axis=1)
    counted = (
        line * jnp.minimum(1.0, _INDEPENDENT / jnp.maximum(jnp.sum(line), 1e-9)) / _POINT_M**2
    )
    information = jnp.einsum("n,ni,nj->ij", counted, slope, slope)
    return information, slope.T @ (counted * (residual_m + slope @ moved))


def onto_walls(
    spec: GridSpec, state: Alignment, here_m: jax.Array, points: jax.Array
) -> jax.Array:
    """Return by how much [N, 2] points [N, 2] of the map miss the matter of walls they lie on.

    Walls are surer than one scan: what is marked where they are does not wander from cell to cell
    with the noise of ranges and poses. It is marked 3 cm behind the surface, which the map may be
    off by: a wall that reaches less into a row of cells does not narrow the way along it, and the
    vehicle keeps as much more away (``vehicle.odometry.ALIGNED_WITHIN_M``). What lies on no wall,
    or farther from it than half a cell, is where it is.

    Args:
        spec: geometry of the walls (static).
        state: aligned with the scan.
        here_m: [2] of the vehicle, map frame.
        points: where its rays met something upright, map frame; NaN where they did not.
    """
    found = _lines(spec, state, here_m, jnp.zeros(3), points)
    on = (found.line > _ON_WALL) & (jnp.abs(found.residual_m) < 0.5 * spec.resolution_m)
    side = jnp.sign(jnp.sum(found.normal * _towards(here_m, points), axis=1))
    misses_m = found.residual_m - side * OFF_M
    return jnp.where(on, misses_m, 0.0)[:, None] * found.normal


def _towards(here: jax.Array, points: jax.Array) -> jax.Array:
    """Return unit vectors [N, 2] from points [N, 2] to the vehicle; 0 of what is not finite."""
    away = jnp.nan_to_num(here - points)
    return away / jnp.maximum(jnp.linalg.norm(away, axis=1, keepdims=True), 1e-9)


def _around(
    spec: GridSpec, state: Alignment, points: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Return what lies around points [N, 2] in K cells each.

    Offsets [N, K, 2] to the means, the means of the directions [N, K, 2] and the hits [N, K].
    """
    across = jnp.arange(-_REACH_CELLS, _REACH_CELLS + 1)
    window = jnp.stack(jnp.meshgrid(across, across), axis=-1).reshape(-1, 2)
    cell = spec.cell_index(jnp.nan_to_num(points))[:, None] + window
    i, j = cell[..., 0], cell[..., 1]
    hits = state.hits.at[i, j].get(mode="fill", fill_value=0.0)
    hits = jnp.where((i >= 0) & (j >= 0), hits, 0.0)
    mean = state.mean.at[i, j].get(mode="fill", fill_value=0.0)
    offset = jnp.where(hits[..., None] > 0.0, mean[..., :2] - points[:, None], 0.0)
    return offset, mean[..., 2:], hits


def _learned(
    spec: GridSpec, state: Alignment, points: jax.Array, here: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return means and hits after points [N, 2] of the map were seen from ``here`` [2]."""
    usable = jnp.all(jnp.isfinite(points), axis=1)
    points = jnp.nan_to_num(points)
    usable &= spec.contains(points)
    cell = spec.cell_index(points)
    i, j = jnp.where(usable, cell[:, 0], spec.shape[0]), cell[:, 1]
    hits = state.hits.at[i, j].add(1.0, mode="drop")
    count = hits.at[i, j].get(mode="fill", fill_value=1.0)[:, None]
    old = state.mean.at[i, j].get(mode="fill", fill_value=0.0)
    change = (jnp.concatenate([points, _towards(here, points)], axis=1) - old) / count
    return state.mean.at[i, j].add(change, mode="drop"), hits
