# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a document of a run must hold to be reported or gone on with, whoever has written it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from live_mvp_ros.base.results import package_version
from live_mvp_ros.base.yaml_words import shown
from live_mvp_ros.evaluation.figures import HEALTH, TIMES

_NOTHING = type(None)
_KINDS: dict[str, tuple[type, ...]] = {
    "a number": (int, float),
    "a number or null": (int, float, _NOTHING),
    "true or false": (bool,),
    "a text": (str,),
    "a text or null": (str, _NOTHING),
    "a list": (list,),
    "a table": (dict,),
}
RECORD = {
    **dict.fromkeys(("mission_complete", "goal_reached"), "true or false"),
    **dict.fromkeys(("world", "floor_plan", "planner", "end_reason"), "a text"),
    **dict.fromkeys((*TIMES, *HEALTH, "collisions", "min_clearance_m"), "a number or null"),
    **dict.fromkeys(("explored_fraction", "flight_time_s"), "a number or null"),
    **dict.fromkeys(("path_length_m", "real_time_factor"), "a number or null"),
    "false_claims": "a list",
    "seed": "a number",
    "start": "a table",
    "error": "a text or null",
}
"""What the record of a run holds, as far as anything is made of it."""
_COURSE = ("times_s", "fractions")
OF_A_FLIGHT = ("explored_fraction", "flight_time_s", "path_length_m")
"""What is a number in the record of a run that was flown to its end."""


def problem_of(file: Path, document: Any) -> str:
    """Return what is wrong with a document of a run, one sentence; empty for nothing.

    Args:
        file: it was read from.
        document: with what was measured (``record``) and the course of the flight (``explored``).
    """
    record = document.get("record") if isinstance(document, Mapping) else None
    if not isinstance(record, Mapping):
        return f"{file} is no document of a run: it has no record"
    wrong = _of_record(record) or _of_course(document.get("explored"), record)
    return f"{file}: {wrong}; {_by(record)}" if wrong else ""


def _of_record(record: Mapping[str, Any]) -> str:
    for key, kind in RECORD.items():
        if key not in record:
            return f"record.{key} is missing"
        if not _is(record[key], kind):
            return f"record.{key} = {shown(record[key])} is not {kind}"
    if not isinstance(record["start"].get("kind"), str):
        return "record.start.kind is missing or no text"
    for key in OF_A_FLIGHT if record["error"] is None else ():
        if record[key] is None:
            return f"record.{key} is null, but the run was flown"
    return ""


def _of_course(explored: Any, record: Mapping[str, Any]) -> str:
    lists = [explored.get(k) if isinstance(explored, Mapping) else None for k in _COURSE]
    for key, values in zip(_COURSE, lists, strict=True):
        if not isinstance(values, list) or not all(_is(v, "a number") for v in values):
            return f"explored.{key} is missing or no list of numbers"
    lengths = {len(values) for values in lists if values is not None}
    if len(lengths) > 1 or (record["error"] is None and lengths == {0}):
        return "explored.times_s and explored.fractions have not as many values"
    return ""


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "true or false"
    return isinstance(value, _KINDS[kind])


def _by(record: Mapping[str, Any]) -> str:
    """Return which versions are concerned, and what to do."""
    versions = record.get("versions")
    said = versions.get("live_mvp_ros") if isinstance(versions, Mapping) else None
    return (
        f"it was written by version {said if isinstance(said, str) else 'unknown'} of"
        f" live_mvp_ros, and this is {package_version()}: take that one, or fly it again"
    )
