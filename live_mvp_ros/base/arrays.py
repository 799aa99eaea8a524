# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Types of arrays."""

from __future__ import annotations

from typing import Any, TypeAlias

import jax
import numpy as np

Array: TypeAlias = jax.Array | np.ndarray
"""Of JAX while it is computed with, of NumPy once it was taken out."""
Scalar: TypeAlias = jax.Array | np.bool_ | np.number[Any]
"""The same without axes."""
Index: TypeAlias = int | jax.Array
"""A number of a cell: known when a program is compiled, or int32 []."""
