# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the planner takes unknown cells for: space that may become known, or wall.

A wall that was seen from the side or from afar has gaps between the beams that met it, and behind
a gap lies as much unknown as behind a door. While there is space to explore, narrow gaps are only
expected to be wall, so that nobody goes to them for their own sake but looks at them in passing.
When nothing but leftovers is left, they are believed to be wall: to look at each of them would
take as long as all that came before, and teach nothing about space. Specks, narrower than space
could be, are believed to be wall at all times. Map frame, grids [nx, ny].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.base.arrays import Array
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.planning.fsmi import P_MAX
from live_mvp_ros.planning.geodesy import grown, narrow_clusters, with_gaps_closed

if TYPE_CHECKING:
    from live_mvp_ros.planning.info_field_config import InfoFieldConfig
    from live_mvp_ros.planning.info_field_data import InfoFieldInputs

SPECK_M = 0.2
"""Unknown gaps up to this wide between what is solid are believed to be solid: no body fits in,
and the completion report counts nothing so narrow as space either."""
_EXPECTED_WALL = 0.99  # occupancy of an unknown cell in a gap of a wall
_BY_WALL_CELLS = 2  # a gap has occupied cells so near
_WIDE = 2.0  # widths of the drone: with so much frontier in one place there is space to explore


class View(NamedTuple):
    """The map as the planner sees it; [nx, ny]."""

    p: jax.Array
    """Occupancy probability, known or expected."""
    free: jax.Array
    """bool, known to be free."""
    resolvable: jax.Array
    """bool, may become known, or is to be looked at again."""
    opaque: jax.Array
    """bool, occupied or believed to be."""
    frontier: jax.Array
    """bool, resolvable cells beside free ones."""
    gaps: jax.Array
    """bool, unknown cells in narrow gaps of walls, whether they are believed to be wall or not."""
    few: jax.Array
    """bool [], there are only leftovers: nowhere is much frontier in one place."""


def view_of(
    config: InfoFieldConfig,
    spec: GridSpec,
    inputs: InfoFieldInputs,
    free: jax.Array,
    navigable: jax.Array,
    looked_s: jax.Array,
    doubted: jax.Array,
    skipped: Array,
) -> View:
    """Say what each cell is, or is expected to be; what is in doubt counts as unknown.

    Args:
        config: of the planner.
        spec: geometry (static).
        inputs: the map.
        free: [nx, ny] bool, known to be free.
        navigable: [nx, ny] bool, where the drone fits and can go.
        looked_s: [nx, ny] how long an unknown cell has been in plain view.
        doubted: [nx, ny] bool, occupied, to be looked at again.
        skipped: [nx, ny] bool, not worth a look.
    """
    occupied = inputs.known & ~free
    given_up = ~inputs.known & ((looked_s >= config.look_patience_s) | skipped)
    given_up = given_up | specks(spec, inputs.known, free, occupied | given_up)
    gaps = wall_gaps(config, spec, inputs.known, free, occupied | given_up)
    resolvable = (~inputs.known & ~given_up) | doubted
    few = ~_lets_in(config, spec, resolvable & ~gaps & grown(free, 1), navigable)
    given_up = given_up | (gaps & few & ~doubted)
    resolvable = resolvable & ~given_up
    expected = jnp.where(gaps, _EXPECTED_WALL, config.unknown_occupancy)
    p = jnp.where(inputs.known, inputs.p, expected)
    p = jnp.where(doubted, config.unknown_occupancy, jnp.where(given_up, P_MAX, p))
    return View(
        p=p,
        free=free,
        resolvable=resolvable,
        opaque=occupied | given_up,
        frontier=resolvable & grown(free, 1),
        gaps=gaps,
        few=few,
    )


def specks(spec: GridSpec, known: Any, free: Any, solid: Any) -> jax.Array:
    """Return the unknown cells [nx, ny] in gaps of ``solid`` that are too narrow to be space."""
    return _gaps(SPECK_M, spec, known, free, solid)


def wall_gaps(
    config: InfoFieldConfig, spec: GridSpec, known: Any, free: Any, solid: Any
) -> jax.Array:
    """Return the unknown cells [nx, ny] in narrow gaps of walls, wider ones than specks.

    Args:
        config: of the planner.
        spec: geometry (static).
        known: [nx, ny] bool.
        free: [nx, ny] bool, known to be free.
        solid: [nx, ny] bool, occupied or believed to be.
    """
    return _gaps(config.wall_gap_m, spec, known, free, solid)


def _gaps(widest_m: float, spec: GridSpec, known: Any, free: Any, solid: Any) -> jax.Array:
    """Return what lies between walls that run straight, and small clusters beside free cells."""
    known, free, solid = (jnp.asarray(mask) for mask in (known, free, solid))
    unknown, widest = ~known & ~solid, widest_m / spec.resolution_m
    between = with_gaps_closed(solid, round(0.5 * widest)) & unknown
    clusters = narrow_clusters(unknown & ~between & grown(free, 1), round(widest))
    return between | (clusters & grown(solid | between, _BY_WALL_CELLS))


def _lets_in(
    config: InfoFieldConfig, spec: GridSpec, frontier: jax.Array, navigable: jax.Array
) -> jax.Array:
    """Return whether there is much frontier beside navigable cells, all in one place."""
    radius = config.body.fits_from_m / spec.resolution_m
    beside = (frontier & grown(navigable, round(radius) + 1)).astype(jnp.int32)
    width = max(1, round(_WIDE * 2.0 * radius))
    count = beside
    for window in ((width, 1), (1, width)):
        count = jax.lax.reduce_window(count, 0, jax.lax.add, window, (1, 1), "SAME")
    return jnp.any(count >= width)
