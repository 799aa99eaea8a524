# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Evidence voxels: log-odds of occupancy, exact about what was never seen.

Each ray visits exactly the voxels that its segment passes (``rays``). In one scan a voxel changes
at most once: by a hit if any ray ends in it, else by a miss if any passes through. A ray that ends
at the face between two voxels, where surfaces often lie, ends in the one behind it. What is looked
at again fades first by the way flown since (``fading``).

A voxel is one word, so that a look reads and writes one place of memory in each: its log-odds in
1/1024 above, and below the number of the scan that changed it last, 0 before any. That number
tells that a voxel was changed by this scan already, that it was ever observed, and, through a
table, how far the drone had flown. After 65,535 scans the numbers begin anew; evidence that old
passes for as fresh as that of the scan which took its number. Words are laid out by layers,
[nz, nx, ny], so that those of a band around an altitude are one piece of memory.

A scan costs what its rays pass, and the planar map costs the layers it shows; nothing but asking
for ``log_odds`` or ``seen`` as a whole touches the whole volume.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.grid import LOG_ODDS_HIT, LOG_ODDS_MAX, LOG_ODDS_MIN, LOG_ODDS_MISS
from live_mvp_ros.mapping import fading
from live_mvp_ros.mapping.choice import accepted
from live_mvp_ros.mapping.map_config import LiveMapConfig
from live_mvp_ros.mapping.rays import Segments, segments, walk
from live_mvp_ros.mapping.scan import Scan

_PUSH_VOXELS = 0.02
_UNIT = 1024.0  # of log-odds, per integer
_NUMBERS = 1 << 16  # of scans, 0 for none
_LANES = 1024  # voxels around the vehicle that are looked at together
_TRIES = 64  # per never-seen point
_MIDDLE_M = 0.2  # a look at the altitude itself
_GAP_M = 0.1  # a camera of 48 rows over 45 degrees leaves gaps of that height at 8 m
_TAKE_OFF_M = 0.25  # the vehicle is still where it took off while it is so near, horizontally
_STEEPEST = math.tan(math.radians(22.5)) * math.cos(math.radians(40.0))  # corner of an image


class Evidence(NamedTuple):
    """What was observed, and when.

    Attributes:
        words: voxels [nz, nx, ny], int32: log-odds and number of the scan of the last change.
        flown_m: way flown at each scan, by its number [65536].
        number: of the last scan; 0 before the first.
        way: of the vehicle.
        start_m: where the vehicle was at the first scan from within the volume [3], map frame;
            NaN before.
    """

    words: jax.Array
    flown_m: jax.Array
    number: jax.Array
    way: fading.Way
    start_m: jax.Array

    @property
    def log_odds(self) -> jax.Array:
        """Log-odds [nx, ny, nz], positive: occupied."""
        return jnp.moveaxis(_log_odds(self.words), 0, -1)

    @property
    def seen(self) -> jax.Array:
        """Which voxels [nx, ny, nz] were ever observed, bool."""
        return jnp.moveaxis(_number(self.words) > 0, 0, -1)


def init_evidence(config: LiveMapConfig) -> Evidence:
    """Return evidence about nothing."""
    nx, ny, nz = config.shape
    return Evidence(
        words=jnp.zeros((nz, nx, ny), jnp.int32),
        flown_m=jnp.zeros(_NUMBERS, jnp.float32),
        number=jnp.int32(0),
        way=fading.no_way(3),
        start_m=jnp.full(3, jnp.nan, jnp.float32),
    )


def pack(log_odds: jax.Array, number: jax.Array) -> jax.Array:
    """Return the words (int32) of voxels with log-odds last changed by scans of given numbers."""
    scaled = jnp.round(log_odds * _UNIT).astype(jnp.int32)
    return jnp.left_shift(scaled, 16) | number


def _log_odds(words: jax.Array) -> jax.Array:
    return jnp.right_shift(words, 16).astype(jnp.float32) / _UNIT


def _number(words: jax.Array) -> jax.Array:
    return words & (_NUMBERS - 1)


def occupied(evidence: Evidence) -> jax.Array:
    """Return which voxels [nz, nx, ny] are occupied, in the order in which they lie in memory."""
    return jnp.right_shift(evidence.words, 16) > 0


def integrate(config: LiveMapConfig, evidence: Evidence, scan: Scan) -> Evidence:
    """Return the evidence after one more scan."""
    way = fading.continued(evidence.way, scan.body_m)
    number = evidence.number % (_NUMBERS - 1) + 1
    flown_m = evidence.flown_m.at[number].set(way.flown_m)
    start_m = jnp.where(
        jnp.all(jnp.isfinite(evidence.start_m)) | ~_inside(config, scan.body_m),
        evidence.start_m,
        scan.body_m,
    )
    touch = _Touch(number, fading.faded(jnp.ones(()), way.flown_m - flown_m))
    rays, end, ends = _rays(config, scan)
    words = evidence.words.reshape(-1)
    words = touch.change(words, _index(config, end, ends), LOG_ODDS_HIT)
    words = walk(
        rays,
        config.shape,
        lambda w, cell, active: touch.change(w, _index(config, cell, active), -LOG_ODDS_MISS),
        words,
    )
    words = _clear_around(config, touch, words, scan.body_m, start_m)
    return Evidence(words.reshape(evidence.words.shape), flown_m, number, way, start_m)


def _inside(config: LiveMapConfig, body_m: jax.Array) -> jax.Array:
    return jnp.all((body_m >= jnp.array(config.lower_m)) & (body_m <= jnp.array(config.upper_m)))


class _Touch(NamedTuple):
    """How voxels change in one scan: its number, and what is left of earlier ones by theirs."""

    number: jax.Array
    left: jax.Array

    def change(self, words: jax.Array, index: jax.Array, change: jax.Array | float) -> jax.Array:
        """Return flat words after a change at indices [N]; those beyond the end are left out.

        Voxels that this scan has changed already stay as they are. The same index may come
        several times: what is written is the same.
        """
        old = words.at[index].get(mode="fill", fill_value=0)
        before = _number(old)
        log_odds = _log_odds(old) * self.left.at[before].get(mode="promise_in_bounds") + change
        log_odds = jnp.clip(log_odds, LOG_ODDS_MIN, LOG_ODDS_MAX)
        new = jnp.where(before == self.number, old, pack(log_odds, self.number))
        return words.at[index].set(new, mode="drop")


def _rays(config: LiveMapConfig, scan: Scan) -> tuple[Segments, jax.Array, jax.Array]:
    """Return the rays in voxels, the voxels [3, R] in which they end and which do so, bool."""
    lower, size = jnp.array(config.lower_m), config.resolution_m
    rays = segments((scan.origin_m - lower) / size, (scan.points_m - lower).T / size)
    limit = config.max_range_m / size
    cell = _behind(rays)
    bound = jnp.array(config.shape)[:, None]
    inside = jnp.all((cell >= 0) & (cell < bound), axis=0)
    stop = jnp.minimum(rays.stop + _PUSH_VOXELS, limit)
    ends = rays.usable & (rays.stop <= limit) & inside
    return rays._replace(stop=stop), cell, ends if scan.marks is None else ends & scan.marks


def _behind(rays: Segments) -> jax.Array:
    """Return the voxels [3, R] into whose matter rays run at their ends.

    Of the faces between voxels that lie within ``_PUSH_VOXELS`` of an end, the nearest one is the
    surface: a ray that ends just before it belongs behind it, and no farther. To follow a ray by
    that length instead would lead past the end of a wall that it meets near its corner, and mark
    what is free beside it.
    """
    end = rays.start + rays.direction * rays.stop
    cell = jnp.floor(jnp.clip(end, -1.0, 1e6)).astype(jnp.int32)
    moves = jnp.abs(rays.direction) > 1e-9
    ahead = (jnp.round(end) - end) / jnp.where(moves, rays.direction, 1.0)
    ahead = jnp.where(moves, ahead, jnp.inf)  # voxels along the ray, negative if it has passed
    nearest = jnp.argmin(jnp.abs(ahead), axis=0)
    crosses = (jnp.arange(3)[:, None] == nearest) & (ahead >= 0.0) & (ahead < _PUSH_VOXELS)
    onward = jnp.where(rays.direction > 0.0, 1, -1)
    # the voxel beyond the face, from whichever side of it rounding has put the end
    face = jnp.round(jnp.clip(end, -1.0, 1e6)).astype(jnp.int32)
    beyond = jnp.where(onward > 0, face, face - 1)
    return jnp.where(crosses, beyond, cell)


def _index(config: LiveMapConfig, cell: jax.Array, valid: jax.Array) -> jax.Array:
    """Return the flat indices of voxels [3, N], one beyond the end for those not valid."""
    nx, ny, nz = config.shape
    return jnp.where(valid, (cell[2] * nx + cell[0]) * ny + cell[1], nx * ny * nz)


def observed(config: LiveMapConfig, scan: Scan) -> tuple[jax.Array, jax.Array]:
    """Return which voxels [nx, ny, nz] some ray passes through, and in which some ray ends."""
    rays, end, ends = _rays(config, scan)
    nx, ny, nz = config.shape
    none = jnp.zeros(nx * ny * nz, bool)

    def mark(marked: jax.Array, cell: jax.Array, active: jax.Array) -> jax.Array:
        return marked.at[_index(config, cell, active)].set(True, mode="drop")

    flat = walk(rays, config.shape, mark, none), mark(none, end, ends)
    passed, hit = (jnp.moveaxis(marked.reshape(nz, nx, ny), 0, -1) for marked in flat)
    return passed, hit


def _clear_around(
    config: LiveMapConfig, touch: _Touch, words: jax.Array, body_m: jax.Array, start_m: jax.Array
) -> jax.Array:
    """Return flat words after never-seen voxels around the vehicle became free.

    Around it is a cylinder as high as the band: the footprint in flight, the start clearance at
    the place of take-off. There, voxels above and below such as this scan saw free at the
    vehicle's own height count too, out to where the corners of an image of 80 x 45 degrees show
    the whole height: nearer than that no look does, and later on places have been seen from
    farther away.
    """
    at_start = jnp.linalg.norm((body_m - start_m)[:2]) <= _TAKE_OFF_M
    radius_m = jnp.where(
        at_start,
        config.body.start_clear_m(config.resolution_m),
        config.body.footprint_m,
    )
    size, half_m = config.resolution_m, config.half_height_m
    near_m = max(half_m - _GAP_M, 0.0) / _STEEPEST
    reach_m = jnp.where(at_start, jnp.maximum(radius_m, near_m), radius_m)
    here = (body_m - jnp.array(config.lower_m)) / size
    middle = jnp.floor(jnp.clip(here, -1e6, 1e6)).astype(jnp.int32)
    side = 2 * jnp.ceil(reach_m / size).astype(jnp.int32) + 1
    tall = 2 * math.ceil(half_m / size) + 1
    bound = jnp.array(config.shape)[:, None]

    def clear(now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        first, words = now
        lane = first + jnp.arange(_LANES)
        offset = jnp.stack([lane // (side * tall), lane // tall % side, lane % tall])
        half = jnp.stack([side // 2, side // 2, jnp.int32(tall // 2)])
        cell = middle[:, None] + offset - half[:, None]
        away = jnp.abs(cell + 0.5 - here[:, None]) * size
        across_m = jnp.hypot(away[0], away[1])
        inside = jnp.all((cell >= 0) & (cell < bound), axis=0)
        inside &= (across_m <= reach_m) & (away[2] <= half_m + 0.5 * size - 1e-4)
        level = jnp.stack([cell[0], cell[1], jnp.broadcast_to(middle[2], lane.shape)])
        beside = words.at[_index(config, level, inside)].get(mode="fill", fill_value=0)
        open_ = (_number(beside) == touch.number) & (beside < 0)
        index = _index(config, cell, inside & (open_ | (across_m <= radius_m)))
        unseen = _number(words.at[index].get(mode="fill", fill_value=1)) == 0
        index = jnp.where(unseen, index, words.shape[0])
        return first + _LANES, touch.change(words, index, -LOG_ODDS_MISS)

    count = side * side * tall
    return jax.lax.while_loop(lambda now: now[0] < count, clear, (jnp.int32(0), words))[1]


def band_layers(
    config: LiveMapConfig, altitude_m: jax.Array, half_height_m: float
) -> tuple[jax.Array, jax.Array]:
    """Return the first and last layer that a band around an altitude reaches into.

    The band ends where the volume does; the layer nearest to the altitude is always of it.
    """
    last = config.shape[2] - 1
    middle = (altitude_m - config.lower_m[2]) / config.resolution_m
    half = half_height_m / config.resolution_m
    own = jnp.clip(jnp.floor(middle), 0, last)
    lowest = jnp.clip(jnp.floor(middle - half + 1e-3), 0, own)
    highest = jnp.clip(jnp.ceil(middle + half - 1e-3) - 1, own, last)
    return lowest.astype(jnp.int32), highest.astype(jnp.int32)


def band_occupancy(
    config: LiveMapConfig,
    evidence: Evidence,
    altitude_m: jax.Array,
    half_height_m: float,
) -> tuple[jax.Array, jax.Array]:
    """Return the probability [nx, ny] of the band around an altitude, and where it is known.

    A cell is known as occupied if any voxel of the band is, and as free if none is and one around
    the altitude was observed (``_MIDDLE_M``, but always the one that the altitude is in): under
    an open sky rays upwards return nothing, so the whole height is never seen there. The
    probability is the highest of the observed voxels, 0.5 where the cell is unknown.
    """
    first, last = band_layers(config, altitude_m, half_height_m)
    own, _ = band_layers(config, altitude_m, 0.0)
    nx, ny, nz = config.shape
    count = min(nz, math.ceil(2.0 * half_height_m / config.resolution_m - 1e-6) + 1)
    base = jnp.clip(first, 0, nz - count)
    slab = jax.lax.dynamic_slice(evidence.words, (base, 0, 0), (count, nx, ny))

    def layer(k: int | jax.Array, now: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        highest, middle = now
        words = slab[k]
        counted = (base + k >= first) & (base + k <= last)
        seen = (_number(words) > 0) & counted
        centre_m = config.lower_m[2] + (base + k + 0.5) * config.resolution_m
        around = (jnp.abs(centre_m - altitude_m) <= _MIDDLE_M + 1e-4) | (base + k == own)
        # words of seen voxels are ordered as their log-odds are
        return jnp.where(seen, jnp.maximum(highest, words), highest), middle | (seen & around)

    begin = (
        jnp.full((nx, ny), jnp.iinfo(jnp.int32).min, jnp.int32),
        jnp.zeros((nx, ny), bool),
    )
    highest, middle = jax.lax.fori_loop(0, count, layer, begin, unroll=min(count, 16))
    some = highest > jnp.iinfo(jnp.int32).min
    value = _log_odds(highest)
    known = (some & (value > 0.0)) | middle
    return jnp.where(known, jax.nn.sigmoid(value), 0.5), known


def never_seen_points(
    config: LiveMapConfig, evidence: Evidence, count: int, key: jax.Array
) -> jax.Array:
    """Return points [3, count] drawn evenly from the voxels that were never observed.

    Of ``_TRIES`` times as many random voxels, the first that were not; where they are so few that
    the tries do not find enough of them, points share voxels, and where they find none, the
    points are anywhere.
    """
    voxel_key, place_key = jax.random.split(key)
    bound = jnp.array(config.shape)[:, None]
    cells = jax.random.randint(voxel_key, (3, _TRIES * count), 0, bound)
    words = evidence.words.reshape(-1)
    tried = words.at[_index(config, cells, jnp.bool_(True))].get(mode="promise_in_bounds")
    cell = cells[:, accepted(_number(tried) == 0, count)]
    part = jax.random.uniform(place_key, (3, count))
    return jnp.array(config.lower_m)[:, None] + config.resolution_m * (cell + part)


def seen_at(config: LiveMapConfig, evidence: Evidence, x: jax.Array) -> jax.Array:
    """Return whether the voxels of points x [3, N] were ever observed; outside: False."""
    return _number(_words_at(config, evidence, x)) > 0


def log_odds_at(config: LiveMapConfig, evidence: Evidence, x: jax.Array) -> jax.Array:
    """Return the log-odds of the voxels of points x [3, N]; outside: 0."""
    return _log_odds(_words_at(config, evidence, x))


def _words_at(config: LiveMapConfig, evidence: Evidence, x: jax.Array) -> jax.Array:
    """Return the words of the voxels of points x [3, N]; outside: 0."""
    scaled = (x - jnp.array(config.lower_m)[:, None]) / config.resolution_m
    cell = jnp.floor(jnp.clip(scaled, -1.0, 1e6)).astype(jnp.int32)
    inside = jnp.all((cell >= 0) & (cell < jnp.array(config.shape)[:, None]), axis=0)
    words = evidence.words.reshape(-1)
    return words.at[_index(config, cell, inside)].get(mode="fill", fill_value=0)
