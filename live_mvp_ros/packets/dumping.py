# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One step as files: packets as JSON, patches as NPY without loss and as PNG for eyes.

    step_000012/
      observation.json  its patches are the names of NPY files
      context.json  pose.json  info.json
      col0.npy  col0_rgb.png  col0_depth.png  col0_normals.png  col0_segmentation.png
      preview.png  with a debug overlay

Depth is in whole millimetres of 16 bits, 0 for none; a normal n is the colour (n + 1) / 2.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from live_mvp_ros.packets.channels import CHANNELS
from live_mvp_ros.packets.packet_json import from_json, to_json
from live_mvp_ros.packets.packet_types import (
    ContextPacket,
    ObservationPacket,
    Patch,
    PosePacket,
    StepInfo,
)

_MOST_MM = 65535


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """The packets of a step; ``info`` is None for a reset, ``preview`` without an overlay."""

    tick: int
    observation: ObservationPacket
    context: ContextPacket
    pose: PosePacket
    info: StepInfo | None
    preview: np.ndarray | None


def write_step(folder: Path, step: Step) -> Path:
    """Write a step into a folder of its own below ``folder``, whole or not at all.

    One that is there already is replaced. Returns the step's folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"step_{step.tick:06d}"
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=folder))
    try:
        for name, content in _files(step).items():
            with (made / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        made.chmod(0o755)
        if target.exists():
            before = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=folder))
            target.rename(before / target.name)
            made.rename(target)
            shutil.rmtree(before)
        else:
            made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def read_observation(folder: Path) -> ObservationPacket:
    """Return the observation that ``write_step`` wrote into a folder.

    Raises:
        PacketError: it is no observation.
        OSError: a file cannot be read.
    """
    values = json.loads((folder / "observation.json").read_text(encoding="utf-8"))
    names = [column["patch"] for column in values["columns"]]
    patches = {name: np.load(folder / name, allow_pickle=False) for name in names}
    return from_json(ObservationPacket, values, patches)


def image_of(patch: Patch, kind: str) -> Image.Image:
    """Return the channels of a modality as an image.

    Raises:
        ValueError: the patch has no such channels.
    """
    names = CHANNELS[kind]
    if not set(names) <= set(patch.channels):
        raise ValueError(f"{kind} is not in a patch of {', '.join(patch.channels)}")
    data = patch.data[..., [patch.channels.index(name) for name in names]]
    match kind:
        case "rgb":
            return Image.fromarray(np.round(255.0 * np.clip(data, 0.0, 1.0)).astype(np.uint8))
        case "normals":
            shown = np.nan_to_num(0.5 * data + 0.5, nan=0.0)
            return Image.fromarray(np.round(255.0 * np.clip(shown, 0.0, 1.0)).astype(np.uint8))
        case "depth":
            mm = np.clip(np.nan_to_num(1000.0 * data[..., 0], nan=0.0), 0.0, _MOST_MM)
            return Image.fromarray(np.round(mm).astype(np.uint16))
    return Image.fromarray(np.clip(data[..., 0], 0, 255).astype(np.uint8))


def _files(step: Step) -> dict[str, bytes]:
    """Return the content of every file of a step, by name."""
    observation = to_json_with_files(step.observation)
    packets: dict[str, Any] = {"context": step.context, "pose": step.pose}
    if step.info is not None:
        packets["info"] = step.info
    texts = {"observation": observation, **{n: to_json(p) for n, p in packets.items()}}
    files = {f"{name}.json": _text(values) for name, values in texts.items()}
    for column in step.observation.columns:
        buffer = io.BytesIO()
        np.save(buffer, column.patch.data, allow_pickle=False)
        files[f"{column.id}.npy"] = buffer.getvalue()
        for kind, names in CHANNELS.items():
            if set(names) <= set(column.patch.channels):
                files[f"{column.id}_{kind}.png"] = _png(image_of(column.patch, kind))
    if step.preview is not None:
        files["preview.png"] = _png(Image.fromarray(step.preview))
    return files


def to_json_with_files(packet: ObservationPacket) -> dict[str, Any]:
    """Return an observation as JSON whose patches are the names of NPY files."""
    values = to_json(dataclasses.replace(packet, columns=()))
    for column in packet.columns:
        one = Patch(column.patch.channels, column.patch.data[:1, :1])
        said = to_json(dataclasses.replace(column, patch=one))
        values["columns"].append(said | {"patch": f"{column.id}.npy"})
    return values


def _text(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=1, allow_nan=False) + "\n").encode()


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
