# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What everything that flies is up against, for models in JAX and for drivers without it."""

GRAVITY_M_S2 = 9.81
"""It varies by 0.3 % on Earth: less than anybody knows the mass of a vehicle."""
