# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What patches can show."""

CHANNELS = {
    "rgb": ("r", "g", "b"),
    "depth": ("depth",),
    "normals": ("nx", "ny", "nz"),
    "segmentation": ("segmentation",),
}
"""Channels of each modality, in the order in which patches have them."""
