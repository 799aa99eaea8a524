# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The loop in one process and its planar sensor. It flies; it neither scores nor draws."""
