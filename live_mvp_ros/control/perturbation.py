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

from typing import NamedTuple

import numpy as np

VARIANTS = ("mppi", "smppi", "kmppi")
KERNELS = ("linear", "rbf")


class Basis(NamedTuple):
    """A variant's linear map from noise to perturbations (static)."""

    expand: np.ndarray
    """[H, M] from unit noise to perturbations in standard deviations."""
    project: np.ndarray
    """[M, H] from perturbations to the noise that comes nearest, the left inverse of expand."""
    spanned: bool
    """Whether the nominal sequence is kept in the span of ``expand``."""


def independent(steps: int) -> Basis:
    """Return the basis of ``mppi``: one perturbation per step."""
    one = np.eye(steps, dtype=np.float32)
    return Basis(one, one, False)


def integrated(steps: int, share_per_step: float) -> Basis:
    """Return the basis of ``smppi``: rates of change, each adding ``share_per_step`` of itself."""
    expand = np.tril(np.full((steps, steps), share_per_step))
    return Basis(expand.astype(np.float32), np.linalg.inv(expand).astype(np.float32), False)


def interpolated(steps: int, spacing: int, kernel: str, width: float) -> Basis:
    """Return the basis of ``kmppi``: support points every ``spacing`` steps, and at the end.

    ``width`` is the standard deviation of the ``rbf`` kernel in steps; ``linear`` has none.
    """
    support = support_points(steps, spacing)
    expand = _kernel(np.arange(steps), support, spacing, kernel, width) @ np.linalg.inv(
        _kernel(support, support, spacing, kernel, width)
    )
    expand /= expand.sum(axis=1, keepdims=True)
    return Basis(expand.astype(np.float32), np.linalg.pinv(expand).astype(np.float32), True)


def support_points(steps: int, spacing: int) -> np.ndarray:
    """Return the steps at which ``kmppi`` draws noise; the last is not before the end."""
    return spacing * np.arange(-(-(steps - 1) // spacing) + 1)


def _kernel(a: np.ndarray, b: np.ndarray, spacing: int, kernel: str, width: float) -> np.ndarray:
    gap = a[:, None] - b[None, :]
    if kernel == "linear":
        return np.maximum(0.0, 1.0 - np.abs(gap) / spacing)
    return np.exp(-0.5 * (gap / width) ** 2)
