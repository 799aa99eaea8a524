# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Settings of a training of choices among the planner's proposals."""

from __future__ import annotations

from live_mvp_ros.base.config import configuration, parameter


@configuration
class ProposalTrainingConfig:
    """Everything that decides what such a training does; on one machine, to the last bit."""

    world: str = parameter(
        default="office_20x20", help="Worlds that have seeds, or a world that is always the same."
    )
    worlds: int = parameter(
        default=16, low=1, high=1024, help="Worlds to train in, counted from first_seed."
    )
    first_seed: int = parameter(
        default=1000, low=0, high=99_999_999, help="Seed of the first world to train in."
    )
    held_out: int = parameter(
        default=8, low=2, high=1024, help="Worlds to evaluate in, counted from held_out_seed."
    )
    held_out_seed: int = parameter(
        default=0, low=0, high=99_999_999, help="Seed of the first world to evaluate in."
    )
    proposals: int = parameter(
        default=8, low=2, high=64, help="How many proposals there are to choose from."
    )
    iterations: int = parameter(default=12, low=1, high=100_000, help="Steps of the optimiser.")
    pairs: int = parameter(
        default=4, low=1, high=1024, help="Pairs of opposite changes that are tried per step."
    )
    worlds_per_iteration: int = parameter(
        default=4, low=1, high=1024, help="Worlds in which each change is tried."
    )
    flight_s: float = parameter(
        default=60.0, unit="s", low=1.0, high=10_000.0, help="Length of a flight of the training."
    )
    looks_per_choice: int = parameter(
        default=10, low=1, high=1000, help="Looks between two choices while training."
    )
    samples: int = parameter(
        default=128, low=2, high=65536, help="Samples of the controller while training."
    )
    evaluation_s: float = parameter(
        default=120.0, unit="s", low=1.0, high=10_000.0, help="Longest flight of an evaluation."
    )
    noise: float = parameter(
        default=0.5, low=1e-6, high=100.0, help="Standard deviation of the changes of a weight."
    )
    learning_rate: float = parameter(default=0.2, low=1e-6, high=10.0, help="Of Adam.")
    seed: int = parameter(default=0, low=0, high=2**31 - 1, help="Of every random number.")

    def check(self) -> str | None:
        """Refuse worlds that are trained in and evaluated in."""
        first, second = sorted(
            [(self.first_seed, self.worlds), (self.held_out_seed, self.held_out)]
        )
        if first[0] + first[1] > second[0]:
            return (
                f"held_out_seed = {self.held_out_seed} is not allowed: worlds from "
                f"{self.first_seed} to {self.first_seed + self.worlds - 1} are trained in, and "
                "none of them may be evaluated in"
            )
        return None
