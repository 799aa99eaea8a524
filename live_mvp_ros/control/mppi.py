# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Model predictive path integral control with a biased mixture of samples.

Williams et al., "Information-Theoretic Model Predictive Control" (T-RO 2018). One step draws K
input sequences, rolls the model out, and moves the nominal sequence to the weighted mean,

    w_k ~ exp(-S_k / lambda) p(v_k) / q(v_k),   U <- sum_k w_k v_k.

This is exact as long as enough samples carry the mean. Over a long horizon they do not, and the
weights are tempered (see ``weigh``), p / q with them. Then the mean leans towards the reference:
the hotter, the more the mixture itself is the prior, as in Trevisan and Alonso-Mora, "Biased-MPPI"
(RA-L 2024), where ancillary controllers are meant to have a say. In flight that is the rule.

How noise becomes a perturbation is the variant's (see ``perturbation``): v = U + B e s, with unit
normal noise e [M, 4]. A share beta of the samples is centred on a reference sequence instead of
the nominal one; q is that mixture, p the part around the nominal sequence, and p / q corrects the
weights for it. Both are densities of the noise, in which every variant is alike:

    log p/q = -log((1 - beta) + beta exp(d' e - d' d / 2)),

with d the reference's displacement from the nominal sequence, as noise.

Arrays are [horizon, component, sample]: the sample axis is last and contiguous.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.control import perturbation
from live_mvp_ros.control.noise import normal

_MOST_SHARE = 0.5  # of the usable samples, that must carry the result
CARRYING_SAMPLES = 20.0
"""Weights are tempered until so many samples carry the result: with one, commands jump from sample
to sample, and a hovering vehicle keeps 0.3 m/s instead of 0.03 m/s (docs/control.md)."""


@configuration
class MppiConfig:
    """Sampling parameters of the optimiser."""

    num_samples: int = parameter(
        default=1000, low=2, high=65536, help="Input sequences drawn per step (K)."
    )
    horizon_steps: int = parameter(default=30, low=2, high=400, help="Steps in a sequence (H).")
    step_s: float = parameter(
        default=0.05, unit="s", low=0.005, high=0.5, help="Length of one horizon step."
    )
    variant: str = parameter(
        default="kmppi",
        choices=tuple(perturbation.VARIANTS),
        help="Noise at every step (mppi), on rates (smppi), at support points (kmppi).",
    )
    support_spacing_steps: int = parameter(
        default=4,
        low=1,
        high=100,
        help="kmppi: horizon steps between support points of the perturbation.",
    )
    kernel: str = parameter(
        default="linear",
        choices=tuple(perturbation.KERNELS),
        help="kmppi: how to interpolate between support points.",
    )
    temperature: float = parameter(
        default=0.1,
        low=1e-4,
        high=1e4,
        live=True,
        help="Lambda: how sharply good samples are preferred.",
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
        """Refuse support points that the horizon cannot hold."""
        if self.variant != "kmppi":
            return None
        if self.support_spacing_steps >= self.horizon_steps:
            return (
                f"support_spacing_steps = {self.support_spacing_steps} is not allowed: it must be "
                f"less than horizon_steps = {self.horizon_steps}"
            )
        return None

    @property
    def basis(self) -> perturbation.Basis:
        """The variant's map from noise to perturbations."""
        kernel = perturbation.KERNELS[self.kernel]
        horizon = perturbation.Horizon(
            self.horizon_steps, self.step_s, self.support_spacing_steps, kernel
        )
        return perturbation.VARIANTS[self.variant](horizon)

    @property
    def deviations(self) -> jax.Array:
        """[4] standard deviations of thrust [N] and body rates [rad/s]."""
        return jnp.stack([jnp.asarray(s) for s in (self.thrust_std_n, *self.body_rate_std_rad_s)])


Evaluation = TypeVar("Evaluation")


class MppiResult(NamedTuple, Generic[Evaluation]):
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
    evaluation: Evaluation
    """What ``evaluate`` returned besides the costs."""


def shift(commands: jax.Array, elapsed_steps: jax.Array | float) -> jax.Array:
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
    evaluate: Callable[[jax.Array], tuple[jax.Array, Evaluation]],
    agility: jax.Array | float = 1.0,
) -> MppiResult[Evaluation]:
    """Improve ``nominal`` [H, 4] by one step.

    Args:
        config: sampling parameters.
        key: random key of this step.
        nominal: [H, 4] sequence to improve, in command units.
        reference: [H, 4] sequence around which a share of the samples is drawn.
        clip: brings commands [H, 4, K] within the actuator limits.
        evaluate: maps commands [H, 4, K] to costs [K], of which non-finite ones exclude a sample,
            and anything that the caller wants back.
        agility: scales the standard deviations, [4] or one for all: a vehicle that may fly slowly
            only is not to be perturbed as one that may fly fast.
    """
    basis, deviations = config.basis, config.deviations * agility
    if basis.spanned:
        nominal = jnp.asarray(basis.expand @ basis.project) @ nominal
    displacement = jnp.asarray(basis.project) @ ((reference - nominal) / deviations)
    unit = draw(config, key, displacement)
    steps = jnp.tensordot(jnp.asarray(basis.expand), unit, axes=1) * deviations[:, None]
    commands = clip(nominal[..., None] + steps)
    costs, evaluation = evaluate(commands)
    if basis.smoothness_weight:
        costs = costs + basis.smoothness_weight * roughness(config, commands, deviations)
    usable = jnp.isfinite(costs)
    finite = jnp.any(usable)
    log_ratio = log_mixture_ratio(config.reference_share, displacement, unit)
    counted = jnp.where(usable | ~finite, costs, jnp.inf)
    weights = weigh(config, counted, log_ratio, CARRYING_SAMPLES)
    improved = jnp.einsum("hck,k->hc", commands, weights)
    best = commands[..., jnp.argmin(jnp.where(usable, costs, jnp.inf))]
    return MppiResult(
        jnp.where(finite, improved, nominal),
        jnp.where(finite, best, nominal),
        costs,
        effective_samples(weights),
        finite,
        evaluation,
    )


def draw(config: MppiConfig, key: jax.Array, displacement: jax.Array) -> jax.Array:
    """Return the noise [M, 4, K] of all samples: around zero or around ``displacement`` [M, 4].

    The first and the last sample are the two centres themselves.
    """
    samples = config.num_samples
    noise = normal(key, (*displacement.shape, samples))
    index = jnp.arange(samples)
    drawn = (index > 0) & (index < samples - 1)
    around_reference = index >= (1.0 - config.reference_share) * samples
    return noise * drawn + displacement[..., None] * around_reference


def roughness(config: MppiConfig, commands: jax.Array, deviations: jax.Array) -> jax.Array:
    """Return the integral over the horizon of the squared rates of commands [H, 4, K], as [K].

    Rates are in standard deviations per second, so that it is the same for every input.
    """
    rates = jnp.diff(commands, axis=0) / (deviations[:, None] * config.step_s)
    return config.step_s * jnp.sum(rates**2, axis=(0, 1))


def weigh(
    config: MppiConfig,
    costs: jax.Array,
    log_ratio: jax.Array,
    carrying: jax.Array | float = CARRYING_SAMPLES,
) -> jax.Array:
    """Return the weights [K] of samples: (exp(-costs / lambda) p/q)^(1/t), normalised.

    With t = 1 these are the weights of the module's formula, and unbiased. Over a long horizon one
    sample often takes all the weight, and the command jumps from sample to sample. So the weights
    are tempered: t >= 1 is found, by bisection of its logarithm, such that
    ``carrying`` samples carry the result. Tempering p/q as well lets the reference
    have a share where its samples are cheap; tempering the costs alone would leave it none.

    Where few samples can be used (the others cost infinity), no more than half of them need to
    carry the result: to spread the weight further would mean to ignore what they cost.
    """
    log_weight = -costs / config.temperature + log_ratio
    log_weight -= jnp.max(log_weight)
    usable = jnp.sum(jnp.isfinite(log_weight))
    wanted = jnp.minimum(carrying, _MOST_SHARE * usable)

    def enough(log_t: jax.Array) -> jax.Array:
        share = jnp.exp(log_weight * jnp.exp(-log_t))
        return jnp.sum(share) ** 2 >= wanted * jnp.sum(share**2)

    def halve(_: int, bracket: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = bracket
        middle = 0.5 * (low + high)
        passes = enough(middle)
        return jnp.where(passes, low, middle), jnp.where(passes, middle, high)

    nothing, most = jnp.float32(0.0), jnp.float32(12.0)
    _, log_t = jax.lax.fori_loop(0, 12, halve, (nothing, most))
    log_t = jnp.where(enough(nothing), nothing, log_t)
    return jax.nn.softmax(log_weight * jnp.exp(-log_t))


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
