# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A policy that is trained through the live map: what it is told, how it moves, what looks earn.

Nothing here knows the truth. How it is trained, and on which worlds, is in ``learning``.
"""
