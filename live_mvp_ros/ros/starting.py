# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a node says that it does not spin yet; for who watches nodes and must not load JAX."""

from __future__ import annotations

STARTING = "starting"
"""Begins the message of a node that does not spin yet."""
