# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages to arrays and back: this package alone knows both conventions.

Core: quaternions (w, x, y, z); grids [ix, iy] with the centre of cell [0, 0] as origin;
velocities in the map frame. Messages: (x, y, z, w); OccupancyGrid y slowest with the lower-left
corner as origin; Odometry's twist in the child frame. Incoming messages are validated here: what
cannot be used raises InvalidMessageError with the reason. Large fields are read as views and
written as whole array.arrays: element-wise assignment would cost more than the computation.

Whoever can publish can send anything, and a latched message comes again after every restart. So
every number is bounded before it is used: places by FARTHEST_M, motions by FASTEST, grids by
RESOLUTIONS_M and MAX_CELLS (sizes are multiplied as Python integers, which do not overflow).
"""
