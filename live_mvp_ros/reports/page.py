# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The report: one HTML page with everything inside, of one run or of several side by side.

No script, no font, no picture from elsewhere: the page can be mailed, printed and kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from live_mvp_ros.base.results import PAGE, write
from live_mvp_ros.reports import graph_figures
from live_mvp_ros.reports.advice import advice_for, advice_on
from live_mvp_ros.reports.drawing import DPI, png
from live_mvp_ros.reports.html_parts import document, picture, table, text
from live_mvp_ros.reports.run_data import RunData


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table of results: its words, the keys that lead to it, scale, digits, unit."""

    words: str
    keys: tuple[str, ...]
    scale: float = 1.0
    digits: int = 1
    unit: str = ""

    def text(self, metrics: dict[str, Any]) -> str:
        """Return the value as text, a dash where it was not measured."""
        value: Any = metrics
        for key in self.keys:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            return "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | float):
            return f"{self.scale * value:.{self.digits}f} {self.unit}".strip()
        return str(value)


ROWS = (
    Row("world", ("world",)),
    Row("planner", ("planner",)),
    Row("sensing", ("sensing",)),
    Row("seed", ("seed",), digits=0),
    Row("mission complete", ("mission_complete",)),
    Row("explored of what can be seen", ("explored_fraction",), 100.0, 1, "%"),
    Row("time to 50 %", ("time_to_50_s",), unit="s"),
    Row("time to 90 %", ("time_to_90_s",), unit="s"),
    Row("time to 95 %", ("time_to_95_s",), unit="s"),
    Row("time to 99 %", ("time_to_99_s",), unit="s"),
    Row("flight time", ("flight_time_s",), unit="s"),
    Row("way", ("path_length_m",), unit="m"),
    Row("collisions", ("collisions",), digits=0),
    Row("least clearance", ("min_clearance_m",), digits=3, unit="m"),
    Row("without a safe plan", ("unsafe_plan_fraction",), 100.0, 2, "%"),
    Row("parked while exploring", ("parked_fraction",), 100.0, 1, "%"),
    Row("longest at one target", ("longest_at_target_s",), unit="s"),
    Row("targets given up", ("targets_given_up",), digits=0),
    Row("safety interventions", ("safety_interventions",), digits=0),
    Row("real-time factor", ("real_time_factor",), digits=3),
    Row("control on time", ("control_on_time_fraction",), 100.0, 1, "%"),
    Row("odometry to command, median", ("control_latency_ms", "p50"), unit="ms"),
    Row("odometry to command, 99 % below", ("control_latency_ms", "p99"), unit="ms"),
    Row("scored against", ("flown", "truth")),
    Row("control rate", ("flown", "control_rate_hz"), unit="Hz"),
    Row("processor", ("cores", "words")),
    Row("peak memory", ("peak_rss_mib",), digits=0, unit="MiB"),
)


def write_report(run: RunData, pictures: Mapping[str, bytes] | None = None) -> Path:
    """Write report.html and the pictures of a run into its folder; return the page.

    ``pictures``: those of ``draw``, None to draw them here.
    """
    pictures = draw([run]) if pictures is None else pictures
    for name, content in pictures.items():
        write(run.folder / f"{name}.png", content)
    return write_page(run, pictures)


def write_page(run: RunData, pictures: Mapping[str, bytes]) -> Path:
    """Write report.html with pictures that were made already; return it."""
    path = run.folder / PAGE
    write(path, page([run], pictures).encode())
    return path


def write_comparison(runs: Sequence[RunData], path: Path, pictures: Mapping[str, bytes]) -> None:
    """Write a page that shows runs side by side, with the pictures of ``draw``."""
    write(path, page(runs, pictures).encode())


def draw(runs: Sequence[RunData], dpi: float = DPI) -> dict[str, bytes]:
    """Return the figures that can be drawn, as PNG files by name, at some dots per inch."""
    drawn = {name: make(runs) for name, (_, make) in graph_figures.FIGURES.items()}
    return {name: png(figure, dpi) for name, figure in drawn.items() if figure is not None}


def page(runs: Sequence[RunData], pictures: Mapping[str, bytes]) -> str:
    """Return a page about one run or several."""
    alone = len(runs) == 1
    title = f"Flight {runs[0].name}" if alone else f"{len(runs)} flights compared"
    parts = [*(_verdict(run, alone) for run in runs), _results(runs)]
    for name, (words, _) in graph_figures.FIGURES.items():
        if name in pictures:
            parts.append(f"<h2>{text(words)}</h2>{picture(words, pictures[name])}")
    if alone:
        parts += [_goal(runs[0]), _left(runs[0]), _states(runs[0])]
    parts += [_parameters(run, alone) for run in runs]
    return document(title, parts)


def _verdict(run: RunData, alone: bool) -> str:
    complete = bool(run.metrics.get("mission_complete"))
    words = "Mission complete" if complete else "Mission not complete"
    name = "" if alone else f"{run.label}: "
    reason = run.metrics.get("end_reason") or ""
    kind = "verdict" if complete else "verdict no"
    return f'<p class="{kind}"><b>{text(name + words)}</b>: {text(reason)}</p>'


def _results(runs: Sequence[RunData]) -> str:
    shown = [{**run.metrics, "world": run.world, "planner": run.planner} for run in runs]
    rows = [(row.words, *(row.text(values) for values in shown)) for row in ROWS]
    rows = [row for row in rows if any(cell != "–" for cell in row[1:])]
    names = [""] if len(runs) == 1 else [run.name for run in runs]
    return "<h2>Results</h2>" + table(["", *names], rows, "results")


def _left(run: RunData) -> str:
    left = (run.metrics.get("completion") or {}).get("remainders") or []
    if not left:
        return ""
    rows = [
        (
            f"{item.get('area_m2', 0.0):.1f} m²",
            "enclosed" if item.get("enclosed") else str(item.get("reason", "")).replace("_", " "),
            ", ".join(f"{value:.1f}" for value in item.get("centroid_m", [])),
            advice_on(run.metrics, item),
        )
        for item in left
    ]
    header = ("area", "why", "at x, y [m]", "what to try")
    return "<h2>What was left, and why</h2>" + table(header, rows)


def _goal(run: RunData) -> str:
    """Return why the goal was not reached, and what to try."""
    reason = ((run.metrics.get("completion") or {}).get("goal") or {}).get("reason")
    if not reason:
        return ""
    words = str(reason).replace("_", " ")
    rows = [(words, advice_for(run.metrics, reason))]
    return "<h2>Why the goal was not reached</h2>" + table(("why", "what to try"), rows)


def _states(run: RunData) -> str:
    rows = [
        (f"{item.get('time_s', 0.0):.1f} s", item.get("state", ""), item.get("reason", ""))
        for item in run.metrics.get("states") or []
    ]
    return "<h2>What it did when</h2>" + table(("time", "state", "why"), rows) if rows else ""


def _parameters(run: RunData, alone: bool) -> str:
    title = "Parameters and versions" if alone else f"Parameters and versions of {run.name}"
    versions = run.metrics.get("versions") or {}
    words = ", ".join(f"{name} {value}" for name, value in versions.items() if value)
    parts = [f'<h2>{text(title)}</h2><p class="small">{text(words)}</p>']
    for node, values in (run.parameters.get("nodes") or {}).items():
        rows = [(name, value) for name, value in values.items()]
        parts.append(
            f"<details><summary>{text(node)}</summary>{table(('parameter', 'value'), rows)}"
            "</details>"
        )
    file = run.parameters.get("params_file_text")
    if file:
        parts.append(
            f"<details><summary>parameters file</summary><pre>{text(file)}</pre></details>"
        )
    return "\n".join(parts)
