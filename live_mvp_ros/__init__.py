# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Autonomous exploration of unknown space with a quadrotor, an online neural map and I-MPPI."""
