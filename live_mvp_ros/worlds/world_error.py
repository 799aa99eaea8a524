# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with worlds."""

from __future__ import annotations


class WorldError(ValueError):
    """A world cannot be loaded; the text names the file, the key and what is allowed."""
