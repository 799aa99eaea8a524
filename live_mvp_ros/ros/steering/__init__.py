# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the nodes that steer share, whatever decides where to: mission, odometry, last resorts."""
