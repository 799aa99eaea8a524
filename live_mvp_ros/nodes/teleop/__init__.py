# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The executable ``teleop``, and the parts that only it has."""
