# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is written down of a training of choices: settings, weights, curve, evaluation.

The file is the checkpoint, too: ``read_weights`` takes the weights from it again.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from live_mvp_ros.base.results import versions
from live_mvp_ros.learning.proposal_config import ProposalTrainingConfig
from live_mvp_ros.learning.proposal_evaluation import fly_choices, fly_planner, judged
from live_mvp_ros.learning.proposal_features import AS_THE_PLANNER, FEATURES, MOST_GAIN
from live_mvp_ros.learning.proposal_training import task_of, train

FILE = "choice.json"
KIND = "live_mvp_ros choice among proposals"


class ChoiceFileError(ValueError):
    """A file holds no weights; the text names it and says why."""


def started(config: ProposalTrainingConfig) -> dict[str, Any]:
    """Return the record of a training before its first step."""
    return {
        "kind": KIND,
        "settings": dataclasses.asdict(config),
        "features": list(FEATURES),
        "weights": list(AS_THE_PLANNER),
        "iterations": 0,
        "curve": [],
        "evaluation": None,
        "versions": versions(),
    }


def made(config: ProposalTrainingConfig, record: dict[str, Any]) -> Iterator[str]:
    """Train and evaluate into a record; yield a line whenever there is more in it.

    Raises:
        ConfigurationError: there are no such worlds.
    """
    for state, report in train(config):
        record["weights"] = [float(weight) for weight in state.weights]
        record["iterations"] = int(state.iteration)
        record["curve"].append(report._asdict())
        yield (
            f"iteration {record['iterations']} of {config.iterations}: explored on average "
            f"{100 * report.worth:.1f} %, by the best change {100 * report.best:.1f} %"
        )
    yield from evaluated(config, record)


def evaluated(config: ProposalTrainingConfig, record: dict[str, Any]) -> Iterator[str]:
    """Evaluate the weights of a record into it; yield a line after each flight."""
    task, flights = task_of(config, held_out=True), []
    choosers = {
        "learned": tuple(record["weights"]),
        "planner's way": AS_THE_PLANNER,
        "most gain": MOST_GAIN,
    }
    for flown in (fly_planner(task, config.seed), fly_choices(task, choosers, config.seed)):
        for flight in flown:
            flights.append(flight)
            yield (
                f"held-out world {flight.world}, {flight.chooser}: explored on average "
                f"{100 * flight.area(config.evaluation_s):.1f} %"
            )
    record["evaluation"] = judged(flights, config.evaluation_s)
    record["flights"] = [
        {
            "chooser": flight.chooser,
            "world": flight.world,
            "area": round(flight.area(config.evaluation_s), 5),
            "time_to_95_s": flight.time_to_s(0.95),
            "time_to_99_s": flight.time_to_s(0.99),
            "contacts": flight.contacts,
        }
        for flight in flights
    ]
    yield "evaluated"


def read_weights(path: Path) -> tuple[float, ...]:
    """Return the weights in the record of a training.

    Raises:
        ChoiceFileError: it cannot be read, or holds none for these features.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ChoiceFileError(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict) or values.get("kind") != KIND:
        raise ChoiceFileError(f"{path} is no record of a training of choices")
    if values.get("features") != list(FEATURES):
        raise ChoiceFileError(
            f"{path} is of other features: {values.get('features')}, here they are "
            f"{', '.join(FEATURES)}"
        )
    weights: Any = values.get("weights")
    good = isinstance(weights, list) and len(weights) == len(FEATURES)
    if not good or not all(isinstance(w, float) and math.isfinite(w) for w in weights):
        raise ChoiceFileError(f"{path} holds no weights: {weights!r}")
    return tuple(weights)
