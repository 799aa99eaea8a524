# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Planners to compare with: frontiers, a tour of them, greedy, random."""
