# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The page about a campaign: what every planner came to in every world, and every run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.base.results import write
from live_mvp_ros.evaluation.campaign import RUNS_FOLDER, SETTINGS_FILE
from live_mvp_ros.evaluation.figures import summary
from live_mvp_ros.evaluation.run_documents import problem_of
from live_mvp_ros.reports import campaign_plots
from live_mvp_ros.reports.drawing import png
from live_mvp_ros.reports.html_parts import document, picture, table, text
from live_mvp_ros.reports.run_data import NoRunError, json_values
from live_mvp_ros.worlds.names import shown_name

FIGURES = {
    "explored": ("How fast the space became known", campaign_plots.explored_figure),
    "time_to_95": ("How long until 95 % were explored", campaign_plots.time_figure),
}
COLUMNS = {
    "runs": "runs",
    "complete": "complete",
    "failed": "failed",
    "collisions": "collisions",
    "explored_fraction_median": "explored, median",
    "time_to_95_s_median": "95 % [s], median",
    "mission_time_s_median": "mission [s], median",
    "path_length_m_median": "way [m], median",
}


class CampaignData(NamedTuple):
    """The folder of a campaign as data.

    Attributes:
        folder: of the campaign.
        settings: what was flown, as in campaign.json.
        documents: of the runs that are there, by the name of their file.
    """

    folder: Path
    settings: Mapping[str, Any]
    documents: Sequence[Mapping[str, Any]]


def is_campaign(folder: Path) -> bool:
    """Return whether a folder is that of a campaign, finished or not."""
    return (folder / SETTINGS_FILE).is_file()


def read_campaign(folder: Path) -> CampaignData:
    """Return what the folder of a campaign holds.

    Raises:
        NoRunError: it holds no run that can be read, or what this version does not write.
    """
    documents = []
    for file in sorted((folder / RUNS_FOLDER).glob("*.json")):
        document = json_values(file)
        if document:
            if problem := problem_of(file, document):
                raise NoRunError(problem)
            documents.append(document)
    if not documents:
        raise NoRunError(f"{folder} is a campaign without any run that can be read")
    settings = json_values(folder / SETTINGS_FILE).get("settings") or {}
    if not isinstance(settings, dict):
        raise NoRunError(f"{folder / SETTINGS_FILE}: settings is no table")
    return CampaignData(folder, settings, documents)


def draw_campaign(campaign: CampaignData, dpi: float) -> dict[str, bytes]:
    """Return the figures of a campaign as PNG files by name; {} if every run failed."""
    groups = campaign_plots.grouped(campaign.documents)
    return {name: png(make(groups), dpi) for name, (_, make) in FIGURES.items() if groups}


def write_campaign(campaign: CampaignData, path: Path, pictures: Mapping[str, bytes]) -> None:
    """Write the page about a campaign."""
    write(path, campaign_page(campaign, pictures).encode())


def campaign_page(campaign: CampaignData, pictures: Mapping[str, bytes]) -> str:
    """Return the page about a campaign."""
    records = [item["record"] for item in campaign.documents]
    parts = [f'<p class="small">{text(_conditions(campaign.settings))}</p>', _summary(records)]
    for name, (words, _) in FIGURES.items():
        if name in pictures:
            parts.append(f"<h2>{text(words)}</h2>{picture(words, pictures[name])}")
    title = f"Campaign {campaign.folder.resolve().name}: {counted(len(records), 'run')}"
    return document(title, [*parts, _runs(records)])


def _conditions(settings: Mapping[str, Any]) -> str:
    names = ("sensing", "time_limit_s", "floor_plans", "starts", "seeds", "overrides")
    return ", ".join(f"{name} {settings[name]}" for name in names if settings.get(name))


def _summary(records: Sequence[dict[str, Any]]) -> str:
    rows = [
        (shown_name(world), planner, *(_value(key, values[key]) for key in COLUMNS))
        for world, planners in summary(records).items()
        for planner, values in planners.items()
    ]
    return "<h2>Results</h2>" + table(("world", "planner", *COLUMNS.values()), rows)


def _runs(records: Sequence[Mapping[str, Any]]) -> str:
    keys = ("explored_fraction", "time_to_95_s", "flight_time_s", "collisions")
    rows = [
        (
            shown_name(record.get("floor_plan") or record["world"]),
            record["planner"],
            record["start"]["kind"],
            record["seed"],
            *(_value(key, record[key]) for key in keys),
            record["error"] or record["end_reason"],
        )
        for record in records
    ]
    header = ("world", "planner", "start", "seed", "explored", "95 % [s]", "flight [s]", "hits")
    return "<h2>Every run</h2>" + table((*header, "how it ended"), rows)


def _value(key: str, value: float | None) -> str:
    if value is None:
        return "–"
    if key.startswith("explored_fraction"):
        return f"{100 * value:.1f} %"
    return f"{value:.1f}" if isinstance(value, float) else str(value)
