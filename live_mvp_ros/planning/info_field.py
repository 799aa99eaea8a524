# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a look teaches most, and how to get there: the information field over the whole known map.

Map frame, metres, nats. One step turns an occupancy grid into the gain of every cell (swept
FSMI), the cells that still see something unknown (sources), and a guidance potential of slope one
that leads to them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.config import ConfigurationError, configuration, parameter
from live_mvp_ros.grid import GridSpec
from live_mvp_ros.planning import ending, leftover_state, progress
from live_mvp_ros.planning.ending import PlanCode
from live_mvp_ros.planning.expectation import View, view_of
from live_mvp_ros.planning.fitting import fitting_cells
from live_mvp_ros.planning.frame import (
    FINER,
    GOAL_TOLERANCE_M,
    LOCAL_RESOLUTION_M,
    N_BEAMS,
    N_YAW,
    sweep_plan,
    take_stock,
    usable,
)
from live_mvp_ros.planning.fsmi import cell_information
from live_mvp_ros.planning.geodesy import (
    FAR,
    geodesic_distance,
    grown,
    highest_within,
)
from live_mvp_ros.planning.guidance import (
    cell_mask,
    goal_source,
    lead_to,
    near,
)
from live_mvp_ros.planning.looks import Beams, Looks, Strip, summed
from live_mvp_ros.planning.sweep import (
    SweepPlan,
    cells_outside,
    gain_in,
    ground_of,
    seen_in,
    sees_any,
    yaw_weights,
)
from live_mvp_ros.vehicle import BodyConfig

FINISH = ("thorough", "rate", "share")
_LEAST_GAIN = 1e-6  # nats: rounding of the sweep's differences is no information
_WALL_OUTSIDE = 1.0  # occupancy outside the map
EARLY_LOOK_M = 0.5
"""Within this distance of a look that is worth going to, less will do: farther into a place than
to see most of it nobody need fly (docs/benchmarks.md)."""
EARLY_LOOK_SHARE = 0.5
"""Share of what is otherwise enough that will do there; 1 would be to go all the way."""
LEFTOVER_SHARE = 0.3
"""Share of the best look's gain that is enough when only leftovers are left: they are taken as
they come, but for the least."""
LEFTOVER_RADIUS_M = 2.0
"""A leftover is looked at from where most is seen within this distance: else it would have to be
looked at twice."""
_LEFTOVER = 0.5  # looks that teach less than this share of one into the open are leftovers
_NARROW_GAIN = 0.1  # nats of a beam in it: all are worth the same, the nearest comes first


@configuration
class InfoFieldConfig:
    """Settings of the information field, the guidance and the reference path."""

    fov_rad: float = parameter(
        default=math.radians(80.0),
        unit="rad",
        low=0.1,
        high=2.0 * math.pi,
        help="Horizontal field of view.",
    )
    range_m: float = parameter(
        default=7.0,
        unit="m",
        low=0.5,
        high=50.0,
        help="Range within which a look makes cells known.",
    )
    noise_sigma_m: float = parameter(
        default=0.15, unit="m", low=0.0, high=1.0, help="Standard deviation of the measured range."
    )
    n_directions: int = parameter(
        default=48, low=8, high=256, help="Directions of the sweep; a multiple of 8."
    )
    local_half_width_m: float = parameter(
        default=5.0,
        unit="m",
        low=0.5,
        high=20.0,
        help="Half width of the yaw-resolved local gain.",
    )
    unknown_occupancy: float = parameter(
        default=0.1,
        low=0.02,
        high=0.5,
        live=True,
        help="Occupancy expected of an unknown cell: the less, the more its depth counts.",
    )
    wall_gap_m: float = parameter(
        default=0.4,
        unit="m",
        low=0.0,
        high=2.0,
        help="Unknown gaps in a wall up to this wide are no reason to fly there, and are taken "
        "for wall when nothing else is left; 0 to look into every one.",
    )
    enough_share: float = parameter(
        default=0.85,
        low=0.01,
        high=1.0,
        live=True,
        help="Share of the best look's gain from which on a look is worth going to.",
    )
    look_patience_s: float = parameter(
        default=1.5,
        unit="s",
        low=0.05,
        high=60.0,
        live=True,
        help="How long a cell may stay unknown in plain view before it is given up.",
    )
    finish: str = parameter(
        default="thorough",
        choices=FINISH,
        help="How far to go: everything that can become known, what is worth its time, a share.",
    )
    finish_rate_m2_s: float = parameter(
        default=0.1,
        unit="m2/s",
        low=0.0,
        high=100.0,
        live=True,
        help="With finish = rate: area per second of flight below which a leftover is left.",
    )
    finish_share: float = parameter(
        default=0.95,
        low=0.01,
        high=1.0,
        live=True,
        help="With finish = share: explored share from which on the rest is left.",
    )
    body: BodyConfig = BodyConfig()
    progress: progress.ProgressConfig = progress.ProgressConfig()

    def check(self) -> str | None:
        """Return what is wrong between fields, if anything."""
        if self.n_directions % 8:
            return f"n_directions = {self.n_directions} is not allowed: it must be a multiple of 8"
        if self.finish == "rate" and not self.finish_rate_m2_s > 0.0:
            return (
                f"finish_rate_m2_s = {self.finish_rate_m2_s:g} is not allowed with finish = rate: "
                "it must be more than 0"
            )
        return None


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldInputs:
    """What one step needs; map frame.

    Attributes:
        p: [nx, ny] occupancy probability, 0.5 = unknown.
        known: [nx, ny] bool, observed at least once.
        position_m: [3] of base_link.
        yaw_rad: heading of the camera (of base_link).
        goal_m: [3], where to go when nothing is left.
        dt_s: time since the previous step during which the drone looked from about this pose; 0
            while it holds on purpose, so that no patience runs out.
        to_goal: bool, lead to the goal whatever is left to see.
        goal_tolerance_m: the mission's: a navigable cell this close to the goal makes it
            reachable.
    """

    p: jax.Array
    known: jax.Array
    position_m: jax.Array
    yaw_rad: jax.Array
    goal_m: jax.Array
    dt_s: jax.Array
    to_goal: jax.Array | bool = False
    goal_tolerance_m: jax.Array | float = GOAL_TOLERANCE_M


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldState:
    """What survives between steps.

    Attributes:
        looked_s: [nx, ny] how long a still unknown cell has been in plain view.
        progress: the watch that gives up targets which lead to nothing.
        doubt: what is occupied and may not be.
        ending: the evidence that nothing is left.
        leftovers: the tour through what is left.
    """

    looked_s: jax.Array
    progress: progress.Progress
    doubt: ending.Doubt
    ending: ending.Ending
    leftovers: leftover_state.Leftovers


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class InfoFieldOutput:
    """The information field; map frame, grids [nx, ny].

    Attributes:
        gain: nats, largest over yaw; 0 where the cell is not known to be free.
        best_yaw: rad, the yaw of that gain.
        guidance: m, higher is better, slope one in the open, more in narrow places.
        local_gain: [n_yaw, lx, ly] nats around the drone; yaw k is -pi + 2 pi k / n_yaw.
        local_origin_m: [2] centre of local cell [0, 0].
        reference_path_m: [40, 3], 0.05 s apart at the speed limit, first point at the drone.
        reference_yaw_rad: [40].
        nothing_left: bool, no navigable cell sees anything that can still become known or must be
            looked at again; False when ``code`` is not OK.
        goal_reachable: bool, a navigable cell lies within ``goal_tolerance_m`` of the goal.
        reachable_unknown_m2: area of the unknown that navigable cells see.
        explored_fraction: known free area / (known free area + reachable unknown).
        target_m: [2] where the guidance leads from the drone.
        navigable: [nx, ny] bool, where the drone fits and can go.
        sources: [nx, ny] bool, from where a look teaches something.
        frontier: [nx, ny] bool, what may become known and lies beside free cells.
        looks_again: bool, only what is in doubt is left: it is looked at again.
        leftover: [2] int32, which stop of the tour through what is left comes next, of how many.
        settled: bool, nothing has been left for long enough to end a mission.
        code: a ``PlanCode``: OK, or why there is no plan; then the rest is finite but means
            nothing, and the state has not changed.
    """

    gain: jax.Array
    best_yaw: jax.Array
    guidance: jax.Array
    local_gain: jax.Array
    local_origin_m: jax.Array
    reference_path_m: jax.Array
    reference_yaw_rad: jax.Array
    nothing_left: jax.Array
    goal_reachable: jax.Array
    reachable_unknown_m2: jax.Array
    explored_fraction: jax.Array
    target_m: jax.Array
    navigable: jax.Array
    sources: jax.Array
    frontier: jax.Array
    looks_again: jax.Array
    leftover: jax.Array
    settled: jax.Array
    code: jax.Array


def init(config: InfoFieldConfig, spec: GridSpec) -> InfoFieldState:
    """Return the state before the first look.

    Raises:
        ConfigurationError: the range is shorter than a cell of the map.
    """
    if config.range_m < spec.resolution_m:
        raise ConfigurationError(
            f"range_m = {config.range_m:g} is not allowed on this map: it must be at least one "
            f"cell, {spec.resolution_m:g} m"
        )
    return InfoFieldState(
        looked_s=jnp.zeros(spec.shape),
        progress=progress.init(spec),
        doubt=ending.no_doubt(spec),
        ending=ending.no_evidence(),
        leftovers=leftover_state.init(spec),
    )


def with_new_goal(state: InfoFieldState) -> InfoFieldState:
    """Return the state for another goal: that the old one was given up says nothing about it."""
    watch = state.progress._replace(goal_given_up=jnp.array(False))
    return dataclasses.replace(state, progress=watch)


def step(
    config: InfoFieldConfig, spec: GridSpec, state: InfoFieldState, inputs: InfoFieldInputs
) -> tuple[InfoFieldState, InfoFieldOutput]:
    """Compute the information field of one map (``spec`` is static; the caller jits)."""
    code, inputs = usable(spec, inputs)
    xy = inputs.position_m[:2]
    stock = take_stock(config, spec, state.looked_s, inputs)
    free, looked_s, navigable = stock.free, stock.looked_s, stock.navigable
    doubt = ending.looked_again(
        state.doubt, inputs.known, free, stock.looks, progress.LEARNING_CELLS, inputs.dt_s
    )
    view = view_of(
        config,
        spec,
        inputs,
        free,
        navigable,
        looked_s,
        doubt.doubted,
        state.leftovers.skipped,
    )
    # Who looks again on purpose is not idle; how long that may last, the doubt knows.
    waits = jnp.any(doubt.doubted & (stock.looks > 0.0))
    flown_s = jnp.where(waits, 0.0, inputs.dt_s)
    watch = progress.observe(state.progress, inputs.known, xy, flown_s)
    looks = _gains(config, spec, view, navigable & ~watch.given_up)
    gain, per_yaw = looks.gain, looks.per_yaw()
    teaches = navigable & (gain > _LEAST_GAIN) & ~watch.given_up
    sources = teaches & ~watch.set_aside
    # What was only set aside is tried again before the mission ends.
    sources = jnp.where(jnp.any(sources), sources, teaches)
    known_m2 = jnp.sum(free) * spec.resolution_m**2
    unknown_m2 = _reachable_unknown_m2(spec, sweep_plan(config, spec), view, navigable)
    explored = known_m2 / jnp.maximum(known_m2 + unknown_m2, 1e-6)
    if config.finish == "share":
        sources = sources & (explored < config.finish_share)
    doubted = _doubts(config, spec, doubt, view, inputs, navigable, jnp.any(sources))
    # Doubts that have just arisen are looked at from the next plan on, if anything sees them.
    arisen = jnp.any(doubted) & ~jnp.any(doubt.doubted)
    empty = ~jnp.any(sources) & ~arisen
    fits = fitting_cells(~free, spec, config.body.fits_from_m)
    confined = empty & ~jnp.any(fits & navigable)
    no_room = jnp.int32(int(PlanCode.NO_ROOM))
    code = jnp.where((code == int(PlanCode.OK)) & confined, no_room, code)
    valid = code == int(PlanCode.OK)
    evidence, nothing_left = ending.remembered(state.ending, empty & valid, inputs.dt_s)
    nothing_left &= valid
    to_goal = nothing_left | inputs.to_goal
    goal = goal_source(spec, navigable, inputs.goal_m)
    slow = stock.slow
    leftovers = jnp.any(sources) & view.few
    start_m = _values(config, spec, per_yaw, sources, navigable, slow, inputs)
    stop = state.leftovers.cell
    touring = leftovers & state.leftovers.active & sources[stop[0], stop[1]]
    at_stop = jnp.full(spec.shape, FAR).at[stop[0], stop[1]].set(0.0)
    start_m = jnp.where(touring, at_stop, start_m)
    looks_on = jnp.any(sources) & ~to_goal
    start_m = jnp.where(looks_on, start_m, jnp.where(goal, 0.0, FAR))
    recovery = goal_source(spec, navigable, watch.manoeuvre_m)
    start_m = jnp.where(watch.manoeuvre_s > 0.0, jnp.where(recovery, 0.0, FAR), start_m)
    way = lead_to(
        config.body,
        spec,
        free,
        navigable,
        slow,
        start_m,
        looks.share,
        inputs.position_m,
        inputs.yaw_rad,
    )
    here = spec.cell_index(xy)
    around_target = near(spec, way.target_m, progress.GIVE_UP_RADIUS_M)
    judged = progress.judge(
        config.progress,
        config.body,
        watch,
        -way.guidance[here[0], here[1]],
        way.target_m,
        around_target,
        around_target[here[0], here[1]],
        to_goal,
    )
    afresh = progress.starts_afresh(watch, judged)
    worth_looking = jnp.where(to_goal, 0.0, 1.0)
    local_gain, local_origin_m = _local(config, spec, looks, xy)
    all_seen = nothing_left & (config.finish != "share")
    unknown_m2 = jnp.where(all_seen, 0.0, unknown_m2)
    reachable = jnp.any(goal & near(spec, inputs.goal_m[:2], inputs.goal_tolerance_m))
    after = InfoFieldState(
        looked_s=jnp.where(afresh, 0.0, looked_s),
        progress=judged,
        doubt=doubt._replace(doubted=doubted),
        ending=evidence,
        leftovers=state.leftovers._replace(
            going=leftovers, number=jnp.where(leftovers, state.leftovers.number, 0)
        ),
    )
    return jax.tree.map(lambda new, old: jnp.where(valid, new, old), after, state), (
        InfoFieldOutput(
            gain=gain * worth_looking,
            best_yaw=_yaw_of(looks.best, N_YAW),
            guidance=way.guidance,
            local_gain=local_gain * worth_looking,
            local_origin_m=local_origin_m,
            reference_path_m=way.path_m,
            reference_yaw_rad=way.path_yaw_rad,
            nothing_left=nothing_left,
            goal_reachable=reachable & ~judged.goal_given_up & valid,
            reachable_unknown_m2=unknown_m2,
            explored_fraction=jnp.where(all_seen, 1.0, explored),
            target_m=way.target_m,
            navigable=navigable,
            sources=sources,
            frontier=view.frontier,
            looks_again=jnp.any(doubted) & ~nothing_left & valid,
            leftover=jnp.where(
                touring, jnp.stack([state.leftovers.number, state.leftovers.of]), 0
            ).astype(jnp.int32),
            settled=ending.settled(evidence, ending.SETTLE_S),
            code=code,
        )
    )


def _doubts(
    config: InfoFieldConfig,
    spec: GridSpec,
    doubt: ending.Doubt,
    view: View,
    inputs: InfoFieldInputs,
    navigable: jax.Array,
    something_left: jax.Array,
) -> jax.Array:
    """Return the cells [nx, ny] to look at again; they are asked for when nothing else is left."""
    at_goal = near(spec, inputs.goal_m[:2], inputs.goal_tolerance_m)

    def asked() -> jax.Array:
        return ending.in_doubt(
            doubt,
            spec,
            inputs.p,
            inputs.known & ~view.free,
            ~inputs.known & view.opaque,
            navigable,
            config.body.fits_from_m,
            ending.DOUBT_PATIENCE_S,
            config.look_patience_s,
            config.body,
            (view.frontier & ~view.gaps) | (at_goal & ~jnp.any(at_goal & navigable)),
        )

    none = jnp.zeros(spec.shape, bool)
    return jax.lax.cond(~something_left | jnp.any(doubt.doubted), asked, lambda: none)


def _gains(config: InfoFieldConfig, spec: GridSpec, view: View, candidates: jax.Array) -> Looks:
    """Return the gain of looks from every known free cell.

    Only beams that meet something unknown count. When no candidate has any, the narrow views
    between two directions of the sweep are searched with finer ones, from anywhere in a cell; then
    the sweep itself is left out.
    """
    plan, finer = sweep_plan(config, spec), sweep_plan(config, spec, FINER)
    sigma = config.noise_sigma_m / spec.resolution_m
    reach_cells, outside = math.ceil(plan.range_cells) + 1, cells_outside(plan, _WALL_OUTSIDE)

    def coarse(strip: Strip) -> Beams:
        around = strip.window(reach_cells, outside)
        ground, reaches = ground_of(plan, view.p, sigma, _WALL_OUTSIDE, around), sight(strip)

        def beams(part: SweepPlan) -> list[jax.Array]:
            gains = gain_in(part, sigma, ground)
            return [
                jnp.where(reach, gain, 0.0)
                for reach, gain in zip(reaches(part, True), gains, strict=True)
            ]

        return beams

    def fine(strip: Strip) -> Beams:
        reaches = sight(strip)
        return lambda part: [_NARROW_GAIN * reach for reach in reaches(part, False)]

    def sight(strip: Strip) -> Callable[[SweepPlan, bool], list[jax.Array]]:
        around = strip.window(reach_cells, 0)
        free = strip.window(0, 0).cut(view.free, False)

        def reaches(part: SweepPlan, exact: bool) -> list[jax.Array]:
            seen = seen_in(part, around, view.resolvable, view.opaque, exact)
            return [beam & free for beam in seen]

        return reaches

    def weights(of: SweepPlan) -> np.ndarray:
        return yaw_weights(of, config.fov_rad, N_BEAMS, N_YAW)

    sees = sees_any(plan, view.resolvable, view.opaque) & view.free & candidates
    none = Looks.none(N_YAW, spec.shape)
    looks = summed(none, jnp.any(sees), plan, weights(plan), coarse)
    enough = jnp.any((looks.gain > _LEAST_GAIN) & candidates)
    return summed(looks, ~enough, finer, weights(finer), fine)


def _values(
    config: InfoFieldConfig,
    spec: GridSpec,
    per_yaw: jax.Array,
    sources: jax.Array,
    navigable: jax.Array,
    slow: jax.Array,
    inputs: InfoFieldInputs,
) -> jax.Array:
    """Return what each source [nx, ny] costs besides the way to it, in metres.

    A look teaches when the drone has come there and has turned; it does both at once. So a source
    costs the way that the drone could have flown while it still turns on arrival, to the yaw from
    which it is shortest. Looks that do not teach enough are no sources yet: among the others the
    nearest comes first, so that the drone need not return for it.
    """
    here = jnp.where(cell_mask(spec, jnp.asarray(inputs.position_m)[:2]), 0.0, FAR)
    way_m = geodesic_distance(navigable, here, spec.resolution_m, slow)
    yaw = _yaw_of(jnp.arange(N_YAW), N_YAW)
    turn = jnp.abs((yaw - inputs.yaw_rad + math.pi) % (2.0 * math.pi) - math.pi)
    turning_m = config.body.cruise_m_s / config.body.yaw_rate_max_rad_s * turn
    gain = jnp.where(sources, jnp.max(per_yaw, axis=0), 0.0)
    teaches = per_yaw >= _enough(config, spec, gain, navigable)
    turning_m = jnp.min(jnp.where(teaches, turning_m[:, None, None], FAR), axis=0)
    return jnp.where(sources & (turning_m < FAR), jnp.maximum(turning_m - way_m, 0.0), FAR)


def _enough(
    config: InfoFieldConfig, spec: GridSpec, gain: jax.Array, navigable: jax.Array
) -> jax.Array:
    """Return how much [nats] a look from each cell [nx, ny] must teach to be worth going to.

    A share of what the best one teaches, less close to one that teaches so much: the drone flies
    no farther into a place than it must. Leftovers, when nothing else is left, are taken as they
    come, but each from where most of it is seen: else it would have to be looked at twice.
    """
    most = jnp.max(gain)

    def open_looks() -> jax.Array:
        enough = config.enough_share * most
        close = grown(gain >= enough, round(EARLY_LOOK_M / spec.resolution_m))
        return jnp.where(close, EARLY_LOOK_SHARE, 1.0) * enough

    def leftovers() -> jax.Array:
        reach_cells = round(LEFTOVER_RADIUS_M / spec.resolution_m)
        best = highest_within(gain, navigable, reach_cells)
        return jnp.where(best >= LEFTOVER_SHARE * most, config.enough_share * best, FAR)

    return jax.lax.cond(most > _LEFTOVER * _open_look(config), open_looks, leftovers)


def _open_look(config: InfoFieldConfig) -> jax.Array:
    """Return the gain [nats] of a look into nothing but unknown, without range and noise.

    A beam passes (1 - o) / o cells of occupancy o on average before it hits one.
    """
    o = jnp.asarray(config.unknown_occupancy)
    hit, empty = cell_information(o)
    return N_BEAMS * (hit + empty * (1.0 - o) / o)


def _local(
    config: InfoFieldConfig, spec: GridSpec, looks: Looks, xy: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Cut out the gain around the drone: [n_yaw, lx, lx] and the centre of its first cell."""
    half = round(config.local_half_width_m / LOCAL_RESOLUTION_M)
    offset = (jnp.arange(2 * half + 1) - half) * LOCAL_RESOLUTION_M
    u = (xy[:, None] + offset - jnp.asarray(spec.origin_m)[:, None]) / spec.resolution_m
    nearest = jnp.round(u).astype(jnp.int32)
    limit = jnp.asarray(spec.shape)[:, None] - 1
    inside = (nearest >= 0) & (nearest <= limit)
    i, j = jnp.clip(nearest, 0, limit)
    window = looks.at(i[:, None], j[None, :])
    keep = inside[0][:, None] & inside[1][None, :]
    return jnp.where(keep, window, 0.0), xy + offset[0]


def _reachable_unknown_m2(
    spec: GridSpec, plan: SweepPlan, view: View, navigable: jax.Array
) -> jax.Array:
    """Area of the unknown that navigable cells would see, were the unknown transparent."""
    seen = sees_any(plan, navigable, view.opaque) & view.resolvable
    return jnp.sum(seen) * spec.resolution_m**2


def _yaw_of(k: jax.Array, n_yaw: int) -> jax.Array:
    return -math.pi + 2.0 * math.pi * k / n_yaw
