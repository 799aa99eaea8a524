# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The family of MPPI: every variant perturbs inputs by a linear map of unit normal noise.

A sample is v = nominal + B e s, with e [M, 4] unit normal numbers, s the standard deviations of
the four inputs and B [H, M] the variant's basis. Everything else of the optimiser is common.

- ``mppi``: B = 1, every step has noise of its own (Williams et al., T-RO 2018).
- ``smppi``: noise on the inputs' rates of change, integrated, so B is lower triangular
  (Kim et al., "Smooth Model Predictive Path Integral Control without Smoothing", RA-L 2022).
- ``kmppi``: noise at support points, interpolated by a kernel, B = K(steps, support)
  K(support, support)^-1 (KMPPI of UM-ARM-Lab/pytorch_mppi; with splines: Miura et al.,
  "Spline-Interpolated Model Predictive Path Integral Control with Stein Variational Inference
  for Reactive Navigation", ICRA 2024). The ``linear`` kernel interpolates along straight lines,
  the ``rbf`` kernel is smooth. Rows of B are scaled to sum to one, which the papers do not do, so
  that a constant input stays constant between the support points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

INPUT_RISE_S = 0.1
"""smppi: a rate of one deviation, kept so long, changes the input by one deviation. With 0.2 s or
more its samples do not get anywhere (docs/control.md)."""
SMOOTHNESS_WEIGHT = 0.001
"""smppi: cost [s] of squared rates of change, in deviations per second. It and the rise are the
best of nine settings that were flown."""

Kernel = Callable[[np.ndarray, float], np.ndarray]
"""(gaps in steps, spacing of the support points in steps) -> influence."""


class Horizon(NamedTuple):
    """What a variant perturbs, and where."""

    steps: int
    step_s: float
    support_spacing_steps: int
    kernel: Kernel


class Basis(NamedTuple):
    """A variant's linear map from noise to perturbations (static)."""

    expand: np.ndarray
    """[H, M] from unit noise to perturbations in standard deviations."""
    project: np.ndarray
    """[M, H] from perturbations to the noise that comes nearest, the left inverse of expand."""
    spanned: bool
    """Whether the nominal sequence is kept in the span of ``expand``."""
    smoothness_weight: float = 0.0
    """Cost [s] of the samples' squared rates of change, in deviations per second."""


def independent(steps: int) -> Basis:
    """Return the basis of ``mppi``: one perturbation per step."""
    one = np.eye(steps, dtype=np.float32)
    return Basis(one, one, False)


def integrated(steps: int, share_per_step: float) -> Basis:
    """Return the basis of ``smppi``: rates of change, each adding ``share_per_step`` of itself."""
    expand = np.tril(np.full((steps, steps), share_per_step))
    project = np.linalg.inv(expand)
    return Basis(expand.astype(np.float32), project.astype(np.float32), False, SMOOTHNESS_WEIGHT)


def interpolated(steps: int, spacing: int, kernel: Kernel) -> Basis:
    """Return the basis of ``kmppi``: support points every ``spacing`` steps, and at the end."""
    support = support_points(steps, spacing)
    near = kernel(np.subtract.outer(np.arange(steps), support), spacing)
    expand = near @ np.linalg.inv(kernel(np.subtract.outer(support, support), spacing))
    expand /= expand.sum(axis=1, keepdims=True)
    return Basis(expand.astype(np.float32), np.linalg.pinv(expand).astype(np.float32), True)


def support_points(steps: int, spacing: int) -> np.ndarray:
    """Return the steps at which ``kmppi`` draws noise; the last is not before the end."""
    return spacing * np.arange(-(-(steps - 1) // spacing) + 1)


def linear(gaps: np.ndarray, spacing: float) -> np.ndarray:
    """Return straight lines from one support point to the next."""
    return np.maximum(0.0, 1.0 - np.abs(gaps) / spacing)


def rbf(gaps: np.ndarray, spacing: float) -> np.ndarray:
    """Return a Gaussian as wide as its support points are apart: so it tells them apart."""
    return np.exp(-0.5 * (gaps / spacing) ** 2)


KERNELS: dict[str, Kernel] = {"linear": linear, "rbf": rbf}
VARIANTS: dict[str, Callable[[Horizon], Basis]] = {
    "mppi": lambda h: independent(h.steps),
    "smppi": lambda h: integrated(h.steps, h.step_s / INPUT_RISE_S),
    "kmppi": lambda h: interpolated(h.steps, h.support_spacing_steps, h.kernel),
}
