# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The live map: evidence voxels, the fields G and Q, and past scans for replay, in one state.

``step`` integrates one scan into the evidence and makes one update of the fields. The state is a
pytree without Python state; jit ``step`` and donate the state to save copies.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from live_mvp_ros.mapping import (
    alignment,
    hash_grid,
    moving,
    replay_buffer,
    samples,
    surfels,
    training,
)
from live_mvp_ros.mapping import evidence as voxels
from live_mvp_ros.mapping.map_config import LiveMapConfig, map_grid
from live_mvp_ros.mapping.near_matter import onto_matter
from live_mvp_ros.mapping.scan import Scan, cleaned

KEYFRAME_INTERVAL = 5
"""Every so many scans one is offered as a keyframe: twice a second, neighbours show the same."""
_VOLUME_SAMPLES = 1024  # points per update off the rays; 512 show less detail (docs/live_map.md)
_UNSEEN_PART = 8  # one in so many points of the volume is from voxels that were never observed
_NEAR_PART = 2  # and one in so many is around the surfaces that are known
_OFF_RAYS_WEIGHT = 4.0  # of their distances: they are few, and show the map as a whole


class LiveMap(NamedTuple):
    """Everything the drone knows.

    Attributes:
        evidence: log-odds and which voxels were ever observed.
        parameters: the neural fields.
        adam: their optimiser.
        replay: past scans.
        surfels: the surfaces that all scans showed.
        key: random key data, uint32 [2].
        ticks: scans integrated.
        rays: rays that carried evidence.
        ignored_rays: rays that carried none (no return, or not finite).
        nonfinite_updates: field updates thrown away because they were not finite.
        alignment: where the odometry frame lies in the map; None where odometry is exact.
        moving: where something moves now.
    """

    evidence: voxels.Evidence
    parameters: hash_grid.FieldParameters
    adam: training.AdamState
    replay: replay_buffer.Replay
    surfels: surfels.Surfels
    key: jax.Array
    ticks: jax.Array
    rays: jax.Array
    ignored_rays: jax.Array
    nonfinite_updates: jax.Array
    alignment: alignment.Alignment | None
    moving: moving.Moving


class MapReport(NamedTuple):
    """What one step did.

    Attributes:
        losses: loss terms before the update, NaN if nothing was trained.
        rays: rays of this scan that carried evidence.
        ignored_rays: rays of this scan that carried none.
        trained: the fields changed, bool.
        nonfinite: an update was thrown away because it was not finite, bool.
    """

    losses: training.Losses
    rays: jax.Array
    ignored_rays: jax.Array
    trained: jax.Array
    nonfinite: jax.Array


def init(config: LiveMapConfig, key: jax.Array) -> LiveMap:
    """Return the map of somebody who has seen nothing."""
    field_key, state_key = jax.random.split(key)
    parameters = hash_grid.init_fields(config, field_key)
    ticks, rays, ignored, nonfinite = (jnp.zeros((), jnp.int32) for _ in range(4))
    return LiveMap(
        evidence=voxels.init_evidence(config),
        parameters=parameters,
        adam=training.init_adam(parameters),
        replay=replay_buffer.init_replay(config),
        surfels=surfels.init_surfels(config),
        key=jax.random.key_data(state_key),
        ticks=ticks,
        rays=rays,
        ignored_rays=ignored,
        nonfinite_updates=nonfinite,
        alignment=alignment.init_alignment(map_grid(config)) if config.odometry.drifts else None,
        moving=moving.init_moving(config),
    )


def with_odometry(config: LiveMapConfig, state: LiveMap) -> LiveMap:
    """Return a map of these settings, made with whatever odometry, for that of ``config``.

    Where odometry drifts, a map that does not know where its frame lies takes it for the map's.
    """
    if not config.odometry.drifts:
        return state._replace(alignment=None)
    if state.alignment is None:
        return state._replace(alignment=alignment.init_alignment(map_grid(config)))
    return state


def step(config: LiveMapConfig, state: LiveMap, scan: Scan) -> tuple[LiveMap, MapReport]:
    """Integrate one scan and update the fields once.

    The scan is given in the odometry frame: where odometry drifts, it is aligned with the map
    first, else that is the map's.

    A scan without a usable ray changes no voxel by rays and no parameter. An update that is not
    finite is thrown away and counted.
    """
    key, frame_key, offer_key, train_key = jax.random.split(jax.random.wrap_key_data(state.key), 4)
    scan = cleaned(scan)
    aligned = state.alignment
    if aligned is not None:
        aligned, scan = alignment.scan_aligned(config.odometry, map_grid(config), aligned, scan)
        scan = _onto_matter(config, state.evidence, scan)
    finite = jnp.all(jnp.isfinite(scan.points_m), axis=1)
    usable = jnp.sum(finite.astype(jnp.int32))
    ignored = finite.size - usable
    moves = moving.noticed(config, state.moving, state.evidence, scan)
    evidence = voxels.integrate(config, state.evidence, scan)
    discs = surfels.integrate(config, state.surfels, scan)
    discs = surfels.forget(config, discs, evidence, scan, state.ticks)
    seen = state._replace(evidence=evidence, surfels=discs)
    frame = replay_buffer.thinned(scan, frame_key)
    anything = jnp.any(jnp.isfinite(frame.points_m))
    batch = _batch(config, seen, frame, train_key)
    learned = training.update(config, state.parameters, state.adam, batch, anything)
    nonfinite = anything & ~learned.done
    due = (state.ticks % KEYFRAME_INTERVAL == 0) & (usable > 0)
    kept = replay_buffer.offer(config, state.replay, frame, due, offer_key)
    after = LiveMap(
        evidence=evidence,
        parameters=learned.parameters,
        adam=learned.adam,
        replay=kept,
        surfels=discs,
        key=jax.random.key_data(key),
        ticks=state.ticks + 1,
        rays=state.rays + usable,
        ignored_rays=state.ignored_rays + ignored,
        nonfinite_updates=state.nonfinite_updates + nonfinite,
        alignment=aligned,
        moving=moves,
    )
    return after, MapReport(learned.losses, usable, ignored, learned.done, nonfinite)


def _onto_matter(config: LiveMapConfig, evidence: voxels.Evidence, scan: Scan) -> Scan:
    """Return the scan, the ends that just miss occupied voxels in them."""

    def log_odds(points_m: jax.Array) -> jax.Array:
        return voxels.log_odds_at(config, evidence, points_m.T)

    ends_m = onto_matter(log_odds, config.lower_m, config.resolution_m, scan.points_m)
    return scan._replace(points_m=ends_m)


def _batch(
    config: LiveMapConfig,
    state: LiveMap,
    frame: replay_buffer.Keyframe,
    key: jax.Array,
) -> training.Batch:
    """Draw the training points: rays of this scan, rays of past ones, points of the volume."""
    recall_key, ray_key, volume_key = jax.random.split(key, 3)
    past = replay_buffer.recall(config, state.replay, recall_key)
    frames = jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), frame, past)
    choice_key, sample_key = jax.random.split(ray_key)
    rays = samples.draw_rays(config, frames, choice_key)
    drawn = samples.sample_rays(config, rays, state.surfels, sample_key)
    volume = _volume_points(config, state, volume_key)
    free = drawn.x[:, -samples.FREE_SAMPLES * rays.end.shape[1] :]
    seen = voxels.seen_at(config, state.evidence, jnp.concatenate([volume, free], axis=1))
    known_m = surfels.nearest(config, state.surfels, volume)
    is_free = voxels.log_odds_at(config, state.evidence, volume) < 0.0
    weight = jnp.where(is_free & (known_m < surfels.CELL_M), _OFF_RAYS_WEIGHT, 0.0)
    wanted_m = jnp.minimum(known_m, samples.TRUNCATION_M)
    return training.Batch(drawn, volume, wanted_m, weight, seen)


def _volume_points(config: LiveMapConfig, state: LiveMap, key: jax.Array) -> jax.Array:
    """Return points [3, V]: anywhere, never observed, and around the surfaces that are known."""
    anywhere_key, unseen_key, near_key = jax.random.split(key, 3)
    unseen, near = (_VOLUME_SAMPLES // part for part in (_UNSEEN_PART, _NEAR_PART))
    anywhere = _VOLUME_SAMPLES - unseen - near
    return jnp.concatenate(
        [
            samples.volume_points(config, anywhere, anywhere_key),
            voxels.never_seen_points(config, state.evidence, unseen, unseen_key),
            surfels.points_near(config, state.surfels, near, near_key),
        ],
        axis=1,
    )


def distance(config: LiveMapConfig, state: LiveMap, points: jax.Array) -> jax.Array:
    """Return the learned signed distance [...] in metres at points [..., 3] (map frame)."""
    values = hash_grid.evaluate(state.parameters.distance, _encoded(config, state, points))
    return values.reshape(points.shape[:-1])


def distance_and_gradient(
    config: LiveMapConfig, state: LiveMap, points: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return the learned signed distance [...] and its gradient [..., 3] at points [..., 3].

    The gradient points away from the nearest surface; its length is about 1 near surfaces and
    0 beyond ``samples.TRUNCATION_M``, where distances are no longer told apart.
    """
    x = jnp.nan_to_num(points.reshape(-1, 3).T.astype(jnp.float32))
    values, slope = hash_grid.distance_and_slope(config, state.parameters, x)
    return values.reshape(points.shape[:-1]), slope.T.reshape(points.shape)


def frontiers(config: LiveMapConfig, state: LiveMap, altitude_m: jax.Array) -> jax.Array:
    """Return which cells [nx, ny] are free and have an unknown one beside them (bool).

    As ``occupancy`` sees it, four neighbours; the edge of the map is no frontier.
    """
    p, known = occupancy(config, state, altitude_m)
    unknown = jnp.pad(~known, 1)
    beside = unknown[2:, 1:-1] | unknown[:-2, 1:-1] | unknown[1:-1, 2:] | unknown[1:-1, :-2]
    return known & (p < 0.5) & beside


def exposure_at(config: LiveMapConfig, state: LiveMap, points: jax.Array) -> jax.Array:
    """Return the learned exposure [...] in 0..1 at points [..., 3] (map frame)."""
    logits = hash_grid.evaluate(state.parameters.exposure, _encoded(config, state, points))
    return jax.nn.sigmoid(logits).reshape(points.shape[:-1])


def _encoded(config: LiveMapConfig, state: LiveMap, points: jax.Array) -> jax.Array:
    x = jnp.nan_to_num(points.reshape(-1, 3).T.astype(jnp.float32))
    return hash_grid.encode(config, state.parameters.tables, x)


def _slice_points(config: LiveMapConfig, altitude_m: jax.Array) -> jax.Array:
    """Return the cell centres [nx, ny, 3] of the planar map at an altitude."""
    x, y = map_grid(config).centres()
    axes = jnp.broadcast_arrays(x[:, None], y[None, :], jnp.asarray(altitude_m, jnp.float32))
    return jnp.stack([a.astype(jnp.float32) for a in axes], axis=-1)


def exposure(config: LiveMapConfig, state: LiveMap, altitude_m: jax.Array) -> jax.Array:
    """Return the exposure [nx, ny] in 0..1 of the cells of ``map_grid`` at an altitude."""
    return exposure_at(config, state, _slice_points(config, altitude_m))


def occupancy(
    config: LiveMapConfig, state: LiveMap, altitude_m: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return the planar map of the body's height around an altitude, on ``map_grid(config)``.

    Args:
        config: of the map.
        state: the map.
        altitude_m: to fly at.

    Returns:
        The probability [nx, ny] that a cell is occupied, 0.5 where unknown, and where it is known
        (bool). With the source "evidence" a cell is known if a voxel of the body's height is
        occupied, or the whole height was observed; with "fields" if besides the exposure at the
        altitude is above one half. A cell in which something moves is known as occupied.
    """
    p, known = planar_map(config, state, altitude_m, config.half_height_m)
    now = moving.taken(state.moving)
    return jnp.where(now, jnp.maximum(p, moving.TAKEN), p), known | now


def planar_map(
    config: LiveMapConfig,
    state: LiveMap,
    altitude_m: jax.Array,
    half_height_m: float,
) -> tuple[jax.Array, jax.Array]:
    """Return what ``occupancy`` does for a body of another half height (static), 0 for a point."""
    p, known = voxels.band_occupancy(config, state.evidence, altitude_m, half_height_m)
    if config.occupancy_source == "evidence":
        return p, known
    known &= exposure(config, state, altitude_m) > 0.5
    first, last = voxels.band_layers(config, altitude_m, half_height_m)

    def layer(k: jax.Array, least: jax.Array) -> jax.Array:
        z_m = config.lower_m[2] + (k + 0.5) * config.resolution_m
        return jnp.minimum(least, distance(config, state, _slice_points(config, z_m)))

    at_altitude = distance(config, state, _slice_points(config, altitude_m))
    beyond = jnp.where(first == last, first, last + 1)  # of a point, the altitude is all there is
    least_m = jax.lax.fori_loop(first, beyond, layer, at_altitude)
    inside = jax.nn.sigmoid(-least_m / (0.5 * config.resolution_m))
    return jnp.where(known, inside, 0.5), known


def memory_bytes(state: LiveMap) -> int:
    """Return the size of all arrays of a map."""
    return sum(leaf.nbytes for leaf in jax.tree.leaves(state))
