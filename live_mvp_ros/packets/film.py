# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What an environment shows, for people: a step as a column of pictures, steps as film or strip.

From the top: the preview, then for the first column of the packet its colours, depth (near is
bright), normals and segmentation, as far as the patch has them.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from live_mvp_ros.packets.channels import CHANNELS
from live_mvp_ros.packets.dumping import image_of
from live_mvp_ros.packets.packet_types import ObservationPacket, Patch

SIDE_PX = 160
MOST_IN_STRIP, MOST_IN_FILM = 16, 600
_GAP_PX = 4
_LABELS = ((0, 0, 0), (230, 90, 60), (70, 140, 230), (90, 180, 90), (220, 180, 60))


def frame(observation: ObservationPacket, preview: np.ndarray) -> Image.Image:
    """Return the pictures of one step, one below the other."""
    patch = observation.columns[0].patch
    shown = [Image.fromarray(preview)]
    shown += [
        _picture(patch, k) for k, names in CHANNELS.items() if set(names) <= set(patch.channels)
    ]
    return _stacked(
        [image.resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST) for image in shown]
    )


def chosen(count: int, most: int) -> frozenset[int]:
    """Return which of ``count`` steps are shown, evenly spread, with the first and the last."""
    return frozenset(np.linspace(0, count - 1, min(count, most)).round().astype(int).tolist())


def strip(frames: Sequence[Image.Image]) -> bytes:
    """Return steps side by side as PNG."""
    width = len(frames) * (SIDE_PX + _GAP_PX) - _GAP_PX
    whole = Image.new("RGB", (width, max(f.height for f in frames)), "white")
    for i, one in enumerate(frames):
        whole.paste(one, (i * (SIDE_PX + _GAP_PX), 0))
    return _saved(whole, "PNG")


def film(frames: Sequence[Image.Image], frame_s: float) -> bytes:
    """Return the steps one after the other as GIF."""
    buffer = io.BytesIO()
    first, *rest = frames
    duration = round(1000 * frame_s)
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=duration, loop=0)
    return buffer.getvalue()


def _picture(patch: Patch, kind: str) -> Image.Image:
    if kind in ("rgb", "normals"):
        return image_of(patch, kind)
    values = patch.data[..., patch.channels.index(kind)]
    if kind == "segmentation":
        table = np.array(_LABELS, np.uint8)
        return Image.fromarray(table[values.astype(int) % len(table)])
    known = np.isfinite(values)
    near, far = (np.nanmin(values), np.nanmax(values)) if known.any() else (0.0, 1.0)
    share = (far - values) / max(float(far - near), 1e-6)
    grey = np.where(known, 60.0 + 195.0 * np.nan_to_num(share), 0.0)
    return Image.fromarray(grey.astype(np.uint8)).convert("RGB")


def _stacked(images: Sequence[Image.Image]) -> Image.Image:
    height = len(images) * (SIDE_PX + _GAP_PX) - _GAP_PX
    whole = Image.new("RGB", (SIDE_PX, height), "white")
    for i, image in enumerate(images):
        whole.paste(image, (0, i * (SIDE_PX + _GAP_PX)))
    return whole


def _saved(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()
