# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The published formulas, evaluated straightforwardly: what the planner's speed is measured by.

Written from the papers alone, shares no code with the package:

- full FSMI (Zhang et al. 2020, Theorem 1): every beam of every pose by itself, with the matrix G;
- Uniform-FSMI (the same paper): every beam of every pose by itself;
- MPPI (Williams et al. 2018) of a quadrotor, with Uniform-FSMI in the cost of every step;
- global guidance: value iteration (Bellman 1957) of the upwind discretisation of the eikonal
  equation over triangles, every cell in every iteration until nothing changes.

Everything is jitted, vectorised by ``vmap`` and independent of Python while it runs, as the public
JAX implementations of I-MPPI do it. Map frame; grids are indexed [ix, iy]; ``origin_m`` is the
centre of cell [0, 0].
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

LOG_OCCUPIED, LOG_EMPTY = 0.85, -0.4
GRAVITY, RATE_LAG_S = 9.81, 0.05
FAR = 1e6


class Sensor(NamedTuple):
    """A fan of beams; static."""

    n_beams: int
    fov_rad: float
    range_m: float
    step_m: float
    sigma_m: float = 0.15


FULL = Sensor(12, math.pi / 2, 10.0, 0.15)
UNIFORM = Sensor(6, math.pi / 2, 2.5, 0.2, 0.0)


class Map(NamedTuple):
    """An occupancy grid."""

    p: jax.Array
    origin_m: jax.Array
    resolution_m: jax.Array


def odds_gain(odds: jax.Array, log_delta: float) -> jax.Array:
    """Return f(r, delta) of the paper's Eq. 9."""
    delta = math.exp(log_delta)
    return jnp.log((odds + 1.0) / (odds + 1.0 / delta)) - log_delta / (odds * delta + 1.0)


def beam_cells(sensor: Sensor, grid: Map, xy: jax.Array, yaw: jax.Array) -> jax.Array:
    """Return the probabilities [n_beams, n] along the beams of one pose; 0.5 outside."""
    share = (jnp.arange(sensor.n_beams) + 0.5) / sensor.n_beams - 0.5
    angle = yaw + sensor.fov_rad * share
    along = (jnp.arange(round(sensor.range_m / sensor.step_m)) + 0.5) * sensor.step_m
    i, j = (
        (
            (xy[k] + along[None, :] * turn(angle)[:, None] - grid.origin_m[k]) / grid.resolution_m
            + 0.5
        )
        for k, turn in enumerate((jnp.cos, jnp.sin))
    )
    nx, ny = grid.p.shape
    inside = (i >= 0.0) & (i < nx) & (j >= 0.0) & (j < ny)
    i, j = jnp.clip(i.astype(jnp.int32), 0, nx - 1), jnp.clip(j.astype(jnp.int32), 0, ny - 1)
    return jnp.clip(jnp.where(inside, grid.p[i, j], 0.5), 1e-3, 1.0 - 1e-3)


def ends_and_gains(p: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return P(e_j) and C_k [n] of one beam (the paper's Algorithms 2 and 3)."""
    free = jnp.cumprod(1.0 - p)
    ends = p * jnp.concatenate([jnp.ones(1), free[:-1]])
    odds = p / (1.0 - p)
    empty = odds_gain(odds, LOG_EMPTY)
    crossed = jnp.concatenate([jnp.zeros(1), jnp.cumsum(empty)[:-1]])
    return ends, odds_gain(odds, LOG_OCCUPIED) + crossed


def full_pose(sensor: Sensor, grid: Map, xy: jax.Array, yaw: jax.Array) -> jax.Array:
    """Return the FSMI of one pose, sum_j sum_k P(e_j) C_k G_kj over its beams."""
    n = round(sensor.range_m / sensor.step_m)
    apart = (jnp.arange(n)[:, None] - jnp.arange(n)[None, :]) * sensor.step_m
    edges = (apart + 0.5 * sensor.step_m, apart - 0.5 * sensor.step_m)
    upper, lower = (jnp.clip(edge / sensor.sigma_m, -3.0, 3.0) for edge in edges)
    g = jax.scipy.stats.norm.cdf(upper) - jax.scipy.stats.norm.cdf(lower)

    def beam(p: jax.Array) -> jax.Array:
        ends, gains = ends_and_gains(p)
        return jnp.einsum("j,k,kj->", ends, gains, g)

    return jnp.sum(jax.vmap(beam)(beam_cells(sensor, grid, xy, yaw)))


def uniform_pose(sensor: Sensor, grid: Map, xy: jax.Array, yaw: jax.Array) -> jax.Array:
    """Return the Uniform-FSMI of one pose, sum_j P(e_j) C_j over its beams."""

    def beam(p: jax.Array) -> jax.Array:
        ends, gains = ends_and_gains(p)
        return jnp.sum(ends * gains)

    return jnp.sum(jax.vmap(beam)(beam_cells(sensor, grid, xy, yaw)))


@partial(jax.jit, static_argnums=0)
def information_field(sensor: Sensor, grid: Map, xy: jax.Array, yaws: jax.Array) -> jax.Array:
    """Return the FSMI [n_yaw, N] at positions [N, 2] for every yaw."""
    over_positions = jax.vmap(lambda at, yaw: full_pose(sensor, grid, at, yaw), (0, None))
    return jax.vmap(over_positions, (None, 0))(xy, yaws)


@partial(jax.jit, static_argnums=0)
def uniform_fsmi(sensor: Sensor, grid: Map, xy: jax.Array, yaw: jax.Array) -> jax.Array:
    """Return the Uniform-FSMI [N] of poses [N, 2], [N]."""
    return jax.vmap(lambda at, psi: uniform_pose(sensor, grid, at, psi))(xy, yaw)


class Field(NamedTuple):
    """A field over positions, looked up bilinearly."""

    values: jax.Array
    origin_m: jax.Array
    resolution_m: jax.Array


def bilinear(field: Field, xy: jax.Array) -> jax.Array:
    """Return the field at one position."""
    u = (xy - field.origin_m) / field.resolution_m
    size = jnp.asarray(field.values.shape)
    u = jnp.clip(u, 0.0, size - 1.001)
    (i, j), (s, t) = u.astype(jnp.int32), u - jnp.floor(u)
    v = field.values
    low = v[i, j] * (1.0 - t) + v[i, j + 1] * t
    high = v[i + 1, j] * (1.0 - t) + v[i + 1, j + 1] * t
    return low * (1.0 - s) + high * s


def quadrotor(state: jax.Array, command: jax.Array) -> jax.Array:
    """Return the derivative of (position, velocity, quaternion wxyz, body rates) [13]."""
    velocity, (w, x, y, z), rates = state[3:6], state[6:10], state[10:13]
    body_z = jnp.stack([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    acceleration = command[0] * body_z - jnp.array([0.0, 0.0, GRAVITY])
    p, q, r = rates
    turn = jnp.stack(
        [
            -x * p - y * q - z * r,
            w * p + y * r - z * q,
            w * q - x * r + z * p,
            w * r + x * q - y * p,
        ]
    )
    lag = (command[1:] - rates) / RATE_LAG_S
    return jnp.concatenate([velocity, acceleration, 0.5 * turn, lag])


def rk4(state: jax.Array, command: jax.Array, dt_s: float) -> jax.Array:
    """Return the state one step later."""
    k1 = quadrotor(state, command)
    k2 = quadrotor(state + 0.5 * dt_s * k1, command)
    k3 = quadrotor(state + 0.5 * dt_s * k2, command)
    k4 = quadrotor(state + dt_s * k3, command)
    after = state + dt_s / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    attitude = after[6:10] / jnp.linalg.norm(after[6:10])
    return after.at[6:10].set(attitude)


class MppiProblem(NamedTuple):
    """Everything that one step needs besides the plan."""

    grid: Map
    field: Field
    lower_m: jax.Array
    upper_m: jax.Array
    altitude_m: jax.Array


def running_cost(problem: MppiProblem, state: jax.Array, command: jax.Array) -> jax.Array:
    """Return the cost of one sample at one step, Uniform-FSMI included."""
    position, (w, x, y, z) = state[:3], state[6:10]
    grid = problem.grid
    index = jnp.round((position[:2] - grid.origin_m) / grid.resolution_m).astype(jnp.int32)
    i, j = jnp.clip(index, 0, jnp.asarray(grid.p.shape) - 1)
    collides = jnp.where(grid.p[i, j] >= 0.7, 1000.0, 0.0)
    outside = jnp.maximum(problem.lower_m - position, position - problem.upper_m)
    yaw = jnp.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
    return (
        collides
        + 1000.0 * jnp.sum(jnp.maximum(outside, 0.0))
        + 10.0 * (position[2] - problem.altitude_m) ** 2
        + 0.01 * jnp.sum(command**2)
        - 20.0 * bilinear(problem.field, position[:2])
        - 10.0 * uniform_pose(UNIFORM, grid, position[:2], yaw)
    )


@partial(jax.jit, static_argnums=(0, 1))
def mppi_step(
    samples: int,
    horizon: int,
    problem: MppiProblem,
    state: jax.Array,
    nominal: jax.Array,
    key: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """Return the improved plan [H, 4] and the samples' positions and yaws [K, H, 3].

    Args:
        samples: K (static).
        horizon: H (static).
        problem: map, field and limits.
        state: [13] of the vehicle.
        nominal: [H, 4] thrust [N] and body rates [rad/s].
        key: random key.
    """
    dt_s, temperature = 0.05, 0.1
    sigma = jnp.array([2.0, 0.5, 0.5, 0.5])
    low, high = jnp.array([0.0, -10.0, -10.0, -10.0]), jnp.array([4.0 * GRAVITY, 10.0, 10.0, 10.0])
    noise = sigma * jax.random.normal(key, (samples, horizon, 4))
    commands = jnp.clip(nominal + noise, low, high)

    def cost_of(sequence: jax.Array) -> tuple[jax.Array, jax.Array]:
        def step(now: jax.Array, command: jax.Array) -> tuple[jax.Array, tuple]:
            after = rk4(now, command, dt_s)
            return after, (running_cost(problem, after, command), after)

        _, (costs, states) = jax.lax.scan(step, state, sequence)
        w, x, y, z = states[:, 6], states[:, 7], states[:, 8], states[:, 9]
        yaw = jnp.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        return jnp.sum(costs), jnp.concatenate([states[:, :2], yaw[:, None]], axis=1)

    costs, poses = jax.vmap(cost_of)(commands)
    correction = temperature * jnp.sum(nominal * (commands - nominal) / sigma**2, axis=(1, 2))
    weights = jax.nn.softmax(-(costs + correction) / temperature)
    return jnp.einsum("k,khc->hc", weights, commands), poses


@jax.jit
def value_iteration(
    passable: jax.Array, start_m: jax.Array, step_m: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Return the cost [nx, ny] of the cheapest way to each cell, and the number of iterations.

    Args:
        passable: [nx, ny] bool; ways cut no corner of other cells.
        start_m: [nx, ny] value of each source, ``FAR`` elsewhere.
        step_m: [nx, ny] cost of a way of one cell's length.
    """
    n, m = passable.shape
    wide_open = jnp.pad(passable, 1)

    def shifted(wide: jax.Array, dx: int, dy: int) -> jax.Array:
        return wide[1 + dx : 1 + dx + n, 1 + dy : 1 + dy + m]

    def improve(u: jax.Array) -> jax.Array:
        wide = jnp.pad(u, 1, constant_values=FAR)
        best = u
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            side = shifted(wide, dx, dy)
            best = jnp.minimum(best, side + step_m)
            for aside in (1, -1):
                ex, ey = (aside * (dx == 0), aside * (dy == 0))
                open_corner = shifted(wide_open, dx, dy) & shifted(wide_open, ex, ey)
                corner = jnp.where(open_corner, shifted(wide, dx + ex, dy + ey), FAR)
                best = jnp.minimum(best, through_edge(side, corner, step_m))
        return jnp.where(passable, best, FAR)

    def again(carry: tuple) -> tuple:
        u, _, count = carry
        better = improve(u)
        return better, jnp.max(u - better) > 1e-5, count + 1

    start = jnp.where(passable, start_m, FAR)
    result, _, count = jax.lax.while_loop(
        lambda carry: carry[1], again, (start, jnp.array(True), jnp.array(0))
    )
    return result, count


def through_edge(side: jax.Array, corner: jax.Array, step_m: jax.Array) -> jax.Array:
    """Return the arrival through the edge between a neighbour and the diagonal cell beside it."""
    gap = (side - corner) / step_m
    along = side + step_m * jnp.sqrt(jnp.maximum(1.0 - gap * gap, 0.0))
    inner = jnp.where(gap < math.sqrt(0.5), along, corner + math.sqrt(2.0) * step_m)
    return jnp.where(gap > 0.0, inner, side + step_m)
