# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Many runs: which they are, the folder in which each is kept as soon as it is flown, their table.

Every finished run is a file of its own, written at once, so that a campaign which was interrupted
goes on where it stopped. What is flown, and in how many processes, does not change any result.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from live_mvp_ros.base.jax_setup import prepare_jax
from live_mvp_ros.base.results import versions, write_json
from live_mvp_ros.evaluation import figures
from live_mvp_ros.evaluation.logbook import Logbook
from live_mvp_ros.evaluation.metrics import GroundTruth
from live_mvp_ros.evaluation.planners import POLICY
from live_mvp_ros.evaluation.run_documents import problem_of
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.evaluation.scenario import check_start, configure, prepare
from live_mvp_ros.evaluation.workers import Failure
from live_mvp_ros.worlds import load_world
from live_mvp_ros.worlds.names import SEEDED

SETTINGS_FILE = "campaign.json"
RUNS_FOLDER = "runs"
FLOOR_PLANS = ("seed", "one")
Document = dict[str, Any]


class CampaignError(ValueError):
    """A campaign cannot be flown like this; the text is one sentence."""


@dataclasses.dataclass(frozen=True)
class Campaign:
    """Every combination of worlds, planners, starts and seeds, under the same conditions.

    Attributes:
        worlds: names or files.
        planners: names.
        starts: ``world`` and/or ``random``.
        seeds: number of seeds, 0 to seeds - 1.
        sensing: as in ``Run``.
        time_limit_s: as in ``Run``.
        overrides: as in ``Run``.
        floor_plans: ``seed`` flies seed k in the k-th floor plan of a world that has many;
            ``one`` flies all of them in the same.
        checkpoint: the file of the policy that the planner ``policy`` flies; empty for none.
    """

    worlds: tuple[str, ...]
    planners: tuple[str, ...]
    starts: tuple[str, ...] = ("world",)
    seeds: int = 1
    sensing: str = "planar"
    time_limit_s: float = 600.0
    overrides: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    floor_plans: str = "seed"
    checkpoint: str = ""

    def runs(self) -> list[Run]:
        """Return the runs, those with the same compiled programs after one another."""
        return [
            Run(
                world=world,
                planner=planner,
                seed=seed,
                start=start,
                sensing=self.sensing,
                time_limit_s=self.time_limit_s,
                overrides=self.overrides,
                floor_plan=f"{world}:{seed}"
                if world in SEEDED and self.floor_plans == "seed"
                else "",
                checkpoint=self.checkpoint if planner == POLICY else "",
            )
            for world in self.worlds
            for planner in self.planners
            for start in self.starts
            for seed in range(self.seeds)
        ]

    def conditions(self) -> dict[str, Any]:
        """Return what has the same value in every run."""
        return {
            "sensing": self.sensing,
            "time_limit_s": self.time_limit_s,
            "floor_plans": self.floor_plans,
            "overrides": figures.plain(self.overrides),
            **({"checkpoint": self.checkpoint} if self.checkpoint else {}),
        }

    def settings(self) -> dict[str, Any]:
        """Return everything."""
        return {
            "worlds": list(self.worlds),
            "planners": list(self.planners),
            "starts": list(self.starts),
            "seeds": self.seeds,
            **self.conditions(),
        }

    def check(self) -> None:
        """Find out whether every world and configuration is allowed, before anything is flown.

        Raises:
            WorldError: a world is unknown, its file is wrong, or a body does not fit at its start.
            ConfigurationError: a setting or a planner is unknown or not allowed.
            CampaignError: two runs would have the same name.
        """
        runs = self.runs()
        if self.checkpoint and POLICY not in self.planners:
            raise CampaignError("--checkpoint is for the planner policy: add it to --planners")
        if len({run.name for run in runs}) < len(runs):
            raise CampaignError("a world, planner or start is listed twice")
        for name in self.worlds:
            world = load_world(name)
            for run in runs:
                if run.world == name and run.seed == 0:
                    check_start(name, world, configure(run, world))


class Folder:
    """Where a campaign keeps its runs."""

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is read or written yet."""
        self.path = path

    def open(self, campaign: Campaign) -> None:
        """Create the folder, or go on with a campaign that was begun in it.

        Raises:
            CampaignError: it cannot be created, is damaged, or has runs of other conditions.
        """
        file = self.path / SETTINGS_FILE
        try:
            (self.path / RUNS_FOLDER).mkdir(parents=True, exist_ok=True)
            before = json.loads(file.read_text()) if file.exists() else None
            self._check(before, campaign)
            write_json(file, {"settings": campaign.settings(), "versions": versions()})
        except OSError as error:
            raise CampaignError(f"cannot write into {self.path}: {error.strerror}") from error
        except json.JSONDecodeError as error:
            raise CampaignError(f"{file} is no JSON: remove it or give another folder") from error

    def finished(self, runs: Iterable[Run]) -> dict[str, Document]:
        """Return the documents of runs that were flown to their end, by the name of the run.

        One that is no JSON was cut off and is flown again.

        Raises:
            CampaignError: one is not what this version writes.
        """
        found = {}
        for run in runs:
            try:
                document = json.loads(self._file(run).read_text())
            except (FileNotFoundError, json.JSONDecodeError):
                continue
            if problem := problem_of(self._file(run), document):
                raise CampaignError(problem)
            if document["record"]["error"] is None:
                found[run.name] = document
        return found

    def save(self, run: Run, document: Document) -> None:
        """Write a run down, as a whole."""
        write_json(self._file(run), document)

    def _file(self, run: Run) -> Path:
        return self.path / RUNS_FOLDER / f"{run.name}.json"

    def _check(self, before: Any, campaign: Campaign) -> None:
        if before is None:
            return
        settings = before.get("settings") if isinstance(before, dict) else None
        if not isinstance(settings, dict):
            raise CampaignError(f"{self.path / SETTINGS_FILE} holds no settings of a campaign")
        for key, value in campaign.conditions().items():
            if settings.get(key) != value:
                raise CampaignError(
                    f"{self.path} has runs with {key} = {settings.get(key)!r}, which do not go"
                    f" together with {key} = {value!r}: give another folder"
                )


class Pilot:
    """Flies runs in one process, and keeps the ground truth that the next run may need again."""

    def __init__(self) -> None:
        """Begin without any ground truth, with the programs that were compiled before."""
        prepare_jax()
        self._key: tuple[Any, ...] = ()
        self._truth: GroundTruth | None = None

    def __call__(self, run: Run) -> Document:
        """Fly one run and return what is kept of it."""
        key = (run.floor_plan or run.world, run.sensing, json.dumps(run.overrides, default=str))
        scenario = prepare(run, self._truth if key == self._key else None)
        self._key, self._truth = key, scenario.truth
        book = Logbook(scenario)
        for stretch in scenario.fly():
            book.add(stretch)
        flight = book.close()
        explored = flight.exploration
        return {
            "record": figures.record(run, flight),
            "explored": figures.curve(explored.times_s, explored.fractions),
        }


def fly(folder: Folder, answers: Iterable[tuple[Run, Any]]) -> Iterator[tuple[Run, Document]]:
    """Keep and yield runs as they are flown; a failed one becomes a document that says why.

    Args:
        folder: where they are kept.
        answers: documents or failures of runs, from ``workers.in_processes`` or another pool.
    """
    for run, answer in answers:
        document = answer
        if isinstance(answer, Failure):
            document = {
                "record": figures.failed_record(run, answer.sentence),
                "explored": {"times_s": [], "fractions": []},
            }
        folder.save(run, document)
        yield run, document


def result(campaign: Campaign, documents: Mapping[str, Document]) -> dict[str, Any]:
    """Return everything about a campaign as it goes into JSON, runs in the order of the plan."""
    records = [documents[run.name]["record"] for run in campaign.runs() if run.name in documents]
    return {
        "runs": records,
        "summary": figures.summary(records),
        "settings": campaign.settings(),
        "versions": versions(),
    }
