# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings of a training: worlds, drones, flights, the optimiser, and a map that is cheap."""

from __future__ import annotations

from live_mvp_ros.base.config import configuration, parameter, replace
from live_mvp_ros.policy.kinematic_body import KinematicConfig
from live_mvp_ros.policy.observation import POSITIONS

STARTS = ("fixed", "random")


@configuration
class TrainingConfig:
    """Everything that decides what a training does; the same settings give the same numbers."""

    body: KinematicConfig = KinematicConfig()
    worlds: tuple[str, ...] = parameter(
        default=("seed",), help="Worlds to train in, side by side; meshes are not possible."
    )
    held_out: tuple[str, ...] = parameter(
        default=("seed",),
        help="Worlds to evaluate in, from random starts that training does not use.",
    )
    copies: int = parameter(default=1, low=1, high=4096, help="Flights per world and iteration.")
    drones: int = parameter(default=2, low=1, high=64, help="Drones that share a live map.")
    steps: int = parameter(default=80, low=1, high=10_000, help="Steps of a flight.")
    iterations: int = parameter(default=400, low=1, high=1_000_000, help="Training steps.")
    seed: int = parameter(default=0, low=0, high=2**31 - 1, help="Of every random number.")
    reward_weight: float = parameter(
        default=1.0, low=0.0, high=1000.0, help="Weight in the loss of what a look earns."
    )
    unseen_weight: float = parameter(
        default=0.0, low=0.0, high=1000.0, help="Weight in the loss of unseen space in view."
    )
    new_weight: float = parameter(
        default=0.0,
        low=0.0,
        high=1000.0,
        help="Weight in the loss of space in view that no ray has crossed yet.",
    )
    safety_weight: float = parameter(
        default=4.0, low=0.0, high=1000.0, help="Weight in the loss of nearness to surfaces."
    )
    safety_width_m: float = parameter(
        default=1.0,
        unit="m",
        low=0.01,
        high=10.0,
        help="Over such a distance from surfaces the loss of nearness fades.",
    )
    fence: bool = parameter(
        default=False, help="The bound of the map counts as a surface in the loss of nearness."
    )
    learning_rate: float = parameter(default=3e-3, low=1e-8, high=1.0, help="Of Adam.")
    longest_gradient: float = parameter(
        default=0.0,
        low=0.0,
        high=1e6,
        help="The gradient of a flight that is longer is shortened to this; 0: none is.",
    )
    position: str = parameter(
        default="absolute",
        choices=POSITIONS,
        help="Position in the observation: in the map, or from where the flight began.",
    )
    starts: str = parameter(
        default="fixed",
        choices=STARTS,
        help="Drones begin at (0, 0.9 i, 1.6) m, or at random free places of each world.",
    )
    evaluate_every: int = parameter(
        default=50, low=1, high=1_000_000, help="Iterations between evaluations."
    )
    evaluation_starts: int = parameter(
        default=20, low=1, high=1000, help="Held-out starts per world of an evaluation."
    )
    evaluation_steps: int = parameter(
        default=0, low=0, high=10_000, help="Steps of a flight of an evaluation; 0: steps."
    )
    evaluation_drones: int = parameter(
        default=0, low=0, high=64, help="Drones of a flight of an evaluation; 0: drones."
    )
    checkpoint_every: int = parameter(
        default=50, low=1, high=1_000_000, help="Iterations between checkpoints."
    )
    map_resolution_m: float = parameter(
        default=0.2, unit="m", low=0.05, high=1.0, help="Edge length of an evidence voxel."
    )
    map_levels: int = parameter(default=8, low=1, high=16, help="Levels of the hash grid.")
    map_finest_cells: int = parameter(default=128, low=16, high=4096, help="Cells, last level.")
    map_table_size_log2: int = parameter(default=12, low=8, high=20, help="Entries per level.")
    map_hidden_width: int = parameter(default=32, low=4, high=256, help="Width of the networks.")
    map_train_rays: int = parameter(default=8, low=8, high=4096, help="Rays per scan and update.")
    map_keyframes: int = parameter(default=16, low=1, high=4096, help="Past scans for replay.")

    @property
    def in_evaluation(self) -> TrainingConfig:
        """The same with the flights of an evaluation."""
        return replace(
            self,
            steps=self.evaluation_steps or self.steps,
            drones=self.evaluation_drones or self.drones,
        )
