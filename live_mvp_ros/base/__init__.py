# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every room stands on: configuration classes, grids, quaternions, JAX, results files.

Imports nothing: launch files and commands that need no JAX load fast.
"""
