# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Draw docs/pictures/worlds.png: two seeds of every generated world, seen from above.

    python docs/pictures/make_worlds.py

Solid is dark, what a drone of 0.3 m can reach is white; the dot is the start, the star the goal.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

matplotlib.use("Agg")
from matplotlib import pyplot as plt

from live_mvp_ros.evaluation import metrics
from live_mvp_ros.worlds import load_world
from live_mvp_ros.worlds.names import SEEDED

PICTURE = Path(__file__).with_name("worlds.png")
SOLID, REACHED, NARROW = (45, 49, 66), (255, 255, 255), (205, 219, 240)


def main() -> None:
    """Draw the picture and write it with few enough colours to stay small."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    figure, axes = plt.subplots(2, len(SEEDED), figsize=(3.0 * len(SEEDED), 6.6), dpi=90)
    for column, name in zip(axes.T, SEEDED, strict=True):
        for axis, seed in zip(column, (0, 1), strict=True):
            draw(axis, f"{name}:{seed}")
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer)
    Image.open(buffer).convert("RGB").quantize(
        128, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    ).save(PICTURE, optimize=True)


def draw(axis: plt.Axes, name: str) -> None:
    """Draw one world at its flight altitude."""
    world = load_world(name)
    truth = metrics.ground_truth(world)
    image = np.full((*truth.occupied.shape, 3), NARROW, np.uint8)
    image[truth.occupied], image[truth.navigable] = SOLID, REACHED
    extent = (world.lower_m[0], world.upper_m[0], world.lower_m[1], world.upper_m[1])
    axis.imshow(image.transpose(1, 0, 2), origin="lower", extent=extent)
    axis.plot(*world.start_m[:2], "o", color="tab:green")
    axis.plot(*world.goal_m[:2], "*", color="tab:red", markersize=12)
    axis.set_title(name, fontsize=10)
    axis.tick_params(labelsize=7)


if __name__ == "__main__":
    main()
