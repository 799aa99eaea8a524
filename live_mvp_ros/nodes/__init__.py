# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One thin rclpy file per executable: parameters in, messages in, one core call, messages out."""
