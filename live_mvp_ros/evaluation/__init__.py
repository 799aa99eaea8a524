# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How good it was: scenarios, runs, logbooks, metrics, campaigns and their workers.

Nothing is imported here: a record must not wait for JAX to load.
"""
