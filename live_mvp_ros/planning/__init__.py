# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a look teaches most: mutual information, guidance over the known map, trajectory gain."""
