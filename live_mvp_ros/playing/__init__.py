# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Flying a drone by hand through a world, and watching how its map grows.

Two processes. One draws and takes keys, without JAX, so that its window opens at once and never
waits for a computation; the other simulates: the world, the body, the camera and the live map.
"""
