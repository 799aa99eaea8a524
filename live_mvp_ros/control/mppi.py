# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Model predictive path integral control with a biased mixture of samples.

Williams et al., "Information-Theoretic Model Predictive Control" (T-RO 2018). One step draws K
input sequences, rolls the model out, and moves the nominal sequence to the weighted mean,

    w_k ~ exp(-S_k / lambda) p(v_k) / q(v_k),   U <- sum_k w_k v_k.

Perturbations are drawn at support points along the horizon and interpolated linearly, so that a
sample pushes in one direction long enough to get somewhere. A share beta of the samples is centred
on a reference sequence instead of the nominal one; q is that mixture, p the part around the
nominal sequence, and p / q corrects the weights for it (in the space of support points):

    log p/q = -log((1 - beta) + beta exp(d' S^-1 e - d' S^-1 d / 2)),

with e a sample's and d the reference's displacement from the nominal sequence, S the covariance.

Arrays are [horizon, component, sample]: the sample axis is last and contiguous.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros.config import configuration, parameter


@configuration
class MppiConfig:
    """Sampling parameters of the optimiser."""

    num_samples: int = parameter(
        default=1000, low=2, high=65536, help="Input sequences drawn per step (K)."
    )
    horizon_steps: int = parameter(default=40, low=2, high=400, help="Steps in a sequence (H).")
    step_s: float = parameter(
        default=0.05, unit="s", low=0.005, high=0.5, help="Length of one horizon step."
    )
    support_spacing_steps: int = parameter(
        default=4,
        low=1,
        high=100,
        help="Horizon steps between support points of the perturbation.",
    )
    temperature: float = parameter(
        default=0.1,
        low=1e-4,
        high=1e4,
        live=True,
        help="Lambda: how sharply good samples are preferred.",
    )
    effective_samples_min: float = parameter(
        default=20.0,
        low=1.0,
        high=1e5,
        live=True,
        help="Weights are tempered until so many samples carry the result.",
    )
    thrust_std_n: float = parameter(
        default=0.7, unit="N", low=1e-3, high=100.0, live=True, help="Perturbation of the thrust."
    )
    body_rate_std_rad_s: tuple[float, float, float] = parameter(
        default=(0.4, 0.4, 0.8),
        unit="rad/s",
        low=1e-3,
        high=10.0,
        help="Perturbation of the body rates about x, y, z.",
    )
    reference_share: float = parameter(
        default=0.5,
        low=0.0,
        high=0.9,
        live=True,
        help="Beta: share of samples around the reference.",
    )

    def check(self) -> str | None:
        """Refuse a horizon shorter than one support interval."""
        if self.support_spacing_steps >= self.horizon_steps:
            return (
                f"support_spacing_steps = {self.support_spacing_steps} is not allowed: it must be "
                f"less than horizon_steps = {self.horizon_steps}"
            )
        return None


class MppiResult(NamedTuple):
    """Outcome of one optimisation step."""

    commands: jax.Array
    """[H, 4] the new nominal sequence."""
    best: jax.Array
    """[H, 4] the sample of least cost."""
    costs: jax.Array
    """[K] total cost of each sample."""
    effective_samples: jax.Array
    """1 / sum(w^2): how many samples carry the result."""
    finite: jax.Array
    """Whether any sample had a finite cost."""
    evaluation: Any
    """What ``evaluate`` returned besides the costs."""


def support_matrix(config: MppiConfig) -> np.ndarray:
    """Return [H, M]: linear interpolation from M support points to the H steps of the horizon."""
    steps, spacing = config.horizon_steps, config.support_spacing_steps
    count = -(-(steps - 1) // spacing) + 1
    position = np.arange(steps) / spacing
    return np.maximum(0.0, 1.0 - np.abs(position[:, None] - np.arange(count))).astype(np.float32)


def shift(commands: jax.Array, elapsed_steps: jax.Array) -> jax.Array:
    """Return a sequence [H, 4] started ``elapsed_steps`` (fractional) later, its end held."""
    horizon = commands.shape[0]
    at = jnp.clip(jnp.arange(horizon) + elapsed_steps, 0.0, horizon - 1.0)
    before = jnp.minimum(at.astype(jnp.int32), horizon - 2)
    t = (at - before)[:, None]
    return commands[before] * (1.0 - t) + commands[before + 1] * t


def optimise(
    config: MppiConfig,
    key: jax.Array,
    nominal: jax.Array,
    reference: jax.Array,
    clip: Callable[[jax.Array], jax.Array],
    evaluate: Callable[[jax.Array], tuple[jax.Array, Any]],
) -> MppiResult:
    """Improve ``nominal`` [H, 4] by one step.

    Args:
        config: sampling parameters.
        key: random key of this step.
        nominal: [H, 4] sequence to improve, in command units.
        reference: [H, 4] sequence around which a share of the samples is drawn.
        clip: brings commands [H, 4, K] within the actuator limits.
        evaluate: maps commands [H, 4, K] to costs [K], of which non-finite ones exclude a sample,
            and anything that the caller wants back.
    """
    interpolate = jnp.asarray(support_matrix(config))
    std = jnp.stack(
        [jnp.asarray(config.thrust_std_n), *map(jnp.asarray, config.body_rate_std_rad_s)]
    )
    # The reference's displacement, as far as support points can express it.
    project = jnp.asarray(np.linalg.pinv(support_matrix(config)))
    displacement = (project @ (reference - nominal)) / std
    samples = config.num_samples
    around_reference = jnp.arange(samples) >= (1.0 - config.reference_share) * samples
    noise = jax.random.normal(key, (interpolate.shape[1], 4, samples))
    noise = noise.at[..., 0].set(0.0).at[..., -1].set(0.0)  # both centres are candidates too
    unit = noise + displacement[..., None] * around_reference
    commands = nominal[..., None] + jnp.tensordot(interpolate, unit * std[:, None], axes=1)
    commands = clip(commands)
    costs, evaluation = evaluate(commands)
    usable = jnp.isfinite(costs)
    finite = jnp.any(usable)
    log_ratio = log_mixture_ratio(config.reference_share, displacement, unit)
    weights = weigh(config, jnp.where(usable | ~finite, costs, jnp.inf), log_ratio)
    weights = jnp.where(finite, weights, 0.0)
    improved = jnp.einsum("hck,k->hc", jnp.nan_to_num(commands), weights)
    improved = jnp.where(finite, improved, nominal)
    best = jnp.where(finite, commands[..., jnp.argmin(jnp.where(usable, costs, jnp.inf))], nominal)
    carriers = effective_samples(weights)
    return MppiResult(improved, best, costs, carriers, finite, evaluation)


def weigh(config: MppiConfig, costs: jax.Array, log_ratio: jax.Array) -> jax.Array:
    """Return the weights [K] of samples: (exp(-costs / lambda) p/q)^(1/t), normalised.

    With t = 1 these are the weights of the module's formula. Over a long horizon one sample often
    takes all the weight, and the command jumps from sample to sample. So the weights are tempered:
    t >= 1 is found, by bisection of its logarithm, such that ``effective_samples_min`` samples
    carry the result.
    """
    log_weight = -costs / config.temperature + log_ratio
    log_weight -= jnp.max(log_weight)
    wanted = jnp.minimum(config.effective_samples_min, 0.5 * costs.shape[0])

    def tempered(log_t: jax.Array) -> jax.Array:
        return jax.nn.softmax(log_weight * jnp.exp(-log_t))

    def halve(_: int, bracket: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = bracket
        middle = 0.5 * (low + high)
        enough = effective_samples(tempered(middle)) >= wanted
        return jnp.where(enough, low, middle), jnp.where(enough, middle, high)

    exact = jax.nn.softmax(log_weight)
    _, log_t = jax.lax.fori_loop(0, 12, halve, (jnp.float32(0.0), jnp.float32(12.0)))
    return jnp.where(effective_samples(exact) >= wanted, exact, tempered(log_t))


def effective_samples(weights: jax.Array) -> jax.Array:
    """Return 1 / sum(w^2) of normalised weights [K]: how many samples carry them."""
    return 1.0 / jnp.maximum(jnp.sum(weights**2), 1e-12)


def log_mixture_ratio(
    share: jax.Array | float, displacement: jax.Array, unit: jax.Array
) -> jax.Array:
    """Return log p/q [K] of samples drawn from the mixture (see the module's formula).

    Args:
        share: beta in [0, 1), the weight of the reference component.
        displacement: [M, 4] of the reference's support points, in standard deviations.
        unit: [M, 4, K] of the samples' support points, in standard deviations.
    """
    inner = jnp.einsum("mc,mck->k", displacement, unit) - 0.5 * jnp.sum(displacement**2)
    share = jnp.asarray(share)
    return -jnp.logaddexp(jnp.log1p(-share), jnp.log(share) + inner)
