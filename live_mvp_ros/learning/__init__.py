# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a policy is trained: worlds side by side, flights through the live map, gradients."""
