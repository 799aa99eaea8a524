# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The page about a conformance run: for the terminal, as Markdown, and as values for a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from live_mvp_ros.vehicle.conformance.check_list import CHECKS
from live_mvp_ros.vehicle.conformance.check_parts import Check
from live_mvp_ros.vehicle.conformance.recorded_flight import Judged

PAGE = "conformance.md"


def passed(figures: Sequence[Judged]) -> bool:
    """Return whether something applies, and all that applies has passed."""
    counted = [figure for figure in figures if figure.applies]
    return bool(counted) and all(figure.passed for figure in counted)


def summary(figures: Sequence[Judged]) -> str:
    """Return one sentence; what does not apply has not passed."""
    counted = [figure for figure in figures if figure.applies]
    good = sum(figure.passed for figure in counted)
    apart = len(figures) - len(counted)
    rest = f"; {apart} do not apply" if apart else ""
    return f"{good} of {len(counted)} passed{rest}"


def lines(check: Check, figures: Sequence[Judged]) -> list[str]:
    """Return the figures of a check in lines; one where all of them have one reason not to be."""
    why = {figure.reason or figure.note for figure in figures}
    if len(why) == 1 and all(math.isnan(figure.measured) for figure in figures):
        verdict, words = ("NOT ", "") if figures[0].applies else ("-   ", "does not apply, ")
        return [f"{verdict}  {check.name}: {words}{why.pop() or 'not reached'}"]
    return [line(figure) for figure in figures]


def line(figure: Judged) -> str:
    """Return a figure in one line."""
    if not figure.applies:
        return f"-     {figure.name}: does not apply, {figure.reason}"
    note = f" ({figure.note})" if figure.note else ""
    verdict = "good" if figure.passed else "NOT"
    return f"{verdict:4}  {figure.name}: {measured(figure)}, {figure.bound.words}{note}"


def measured(figure: Judged) -> str:
    """Return what was measured, in words."""
    if math.isnan(figure.measured):
        return "not reached"
    return f"{figure.measured:.3g} {figure.bound.unit}".rstrip()


def values(figures: Sequence[Judged], vehicle: str) -> dict[str, Any]:
    """Return everything as JSON has it; ``passed`` of what does not apply is null."""
    return {
        "passed": passed(figures),
        "summary": summary(figures),
        "vehicle": vehicle,
        "checks": [
            {
                "name": figure.name,
                "passed": figure.passed if figure.applies else None,
                "measured": None if math.isnan(figure.measured) else figure.measured,
                "bound": figure.bound.value,
                "unit": figure.bound.unit,
                "at_least": figure.bound.at_least,
                "reason": figure.reason or figure.note,
            }
            for figure in figures
        ],
    }


def markdown(
    figures: Sequence[Judged], vehicle: str, when: str, checks: Sequence[Check] = CHECKS
) -> str:
    """Return the page: all figures, and what each check means."""
    rows = [
        f"| {'passed' if f.passed else '**failed**' if f.applies else 'does not apply'} "
        f"| {f.name} | {measured(f) if f.applies else ''} | {f.bound.words} "
        f"| {f.reason or f.note} |"
        for f in figures
    ]
    verdict = "conforms" if passed(figures) else "does not conform"
    return "\n".join(
        [
            f"# {vehicle} {verdict}",
            "",
            f"{when}: {summary(figures)}.",
            "",
            "| | figure | measured | bound | |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "| check | what it means |",
            "|---|---|",
            *(f"| {check.name} | {check.means} |" for check in checks),
            "",
        ]
    )
