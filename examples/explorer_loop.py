# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An explorer that turns to each thing of a scene, comes near, and says what it met."""

import math

from live_mvp_ros.packets import EnvConfig, Environment

NEAR_M = 0.4


def main():
    settings = {
        "sensor": {"resolution": [24, 24], "modalities": ["depth", "segmentation"]},
        "orbit": {"default_speed": 0.05},
    }
    environment = Environment(EnvConfig.from_dict(settings))
    environment.reset(scenario="explorer", seed=0, random_view=False)
    for _ in environment.stage.things:
        *_, pose, info = environment.step({"type": "switch_object", "params": {}})
        name, begin, touched = pose.interest_object_id, pose.body_pose.position_m, False
        for _ in range(20):
            observation, _, pose, info = environment.step({"type": "zoom", "params": {"dz": 0.05}})
            touched = touched or info.collided
            patch = observation.columns[0].patch
            ahead = patch.data[12, 12, patch.channels.index("depth")]
            if ahead < NEAR_M:
                break
        way = math.dist(begin, pose.body_pose.position_m)
        chart = pose.interest
        print(
            f"{name}: {way:.2f} m to {ahead:.2f} m before it, seen at u = {chart.u:.2f}, "
            f"v = {chart.v:.2f}{', something was in the way' if touched else ''}"
        )
        environment.step({"type": "zoom", "params": {"dz": -way}})


if __name__ == "__main__":
    main()
