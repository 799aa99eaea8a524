# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The in-process closed loop: one clock, one seed, one flight; its scores, reports and campaigns.

Nothing is imported here: a record or a picture must not wait for JAX to load.
"""
