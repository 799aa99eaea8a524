# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How long a test waits before it takes something for hung."""

PATIENCE_S = 300.0
"""A cold compilation on a busy machine takes a minute or two. What a test waits for is a
condition, which is met much sooner, so this costs nothing.
"""
