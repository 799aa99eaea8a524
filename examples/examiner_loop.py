# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An examiner that pans and tilts round each object and tells which one it was by what it saw.

It learns one number per object, how much of the picture it fills on average, then is shown an
object from elsewhere and says which one that is.
"""

import numpy as np

from live_mvp_ros.packets import EnvConfig, Environment

OBJECTS = ("003_cracker_box", "005_tomato_soup_can", "009_gelatin_box")
PANS, TILTS = 8, 2


def share_of_picture(environment, object_id, seed):
    """Return the share of pixels with a depth, over a pan and tilt from a random view."""
    environment.reset(object_id=object_id, seed=seed)
    shares = []
    for tilt in range(TILTS):
        for _ in range(PANS):
            observation, _, _, info = environment.step(
                {"type": "move", "params": {"dx": 20.0 / PANS, "dy": 0.0}}
            )
            assert info.ok, info.message
            patch = observation.columns[0].patch
            shares.append(np.isfinite(patch.data[..., patch.channels.index("depth")]).mean())
        step = {"type": "move", "params": {"dx": 0.0, "dy": 4.0 if tilt == 0 else -4.0}}
        environment.step(step)
    return np.mean(shares)


def main():
    settings = {"objects": list(OBJECTS), "sensor": {"resolution": [48, 48], "hfov": 40}}
    environment = Environment(EnvConfig.from_dict(settings))
    learned = {name: share_of_picture(environment, name, seed=0) for name in OBJECTS}
    for name in OBJECTS:
        seen = share_of_picture(environment, name, seed=1)
        guess = min(learned, key=lambda other: abs(learned[other] - seen))
        print(f"{name}: fills {seen:.1%} of the picture, taken for {guess}")


if __name__ == "__main__":
    main()
