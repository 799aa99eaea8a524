# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The report: one HTML page with everything inside, of one run or of several side by side.

No script, no font, no picture from elsewhere: the page can be mailed, printed and kept.
"""

from __future__ import annotations

import base64
import dataclasses
import html
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from live_mvp_ros.bringup import figures
from live_mvp_ros.bringup.run_data import RunData
from live_mvp_ros.results import write
from live_mvp_ros.sim.drawing import png

PAGE = "report.html"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c20; background: #fff; margin: 0 auto;
  max-width: 60rem; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.verdict { padding: .6rem 1rem; border-left: .4rem solid #009e73; background: #eef7f4; }
.verdict.no { border-color: #d55e00; background: #fbf1ea; }
img { max-width: 100%; height: auto; } figure { margin: 0; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .2rem .8rem
  .2rem 0; border-bottom: 1px solid #e4e4e8; vertical-align: top; } th { font-weight: 600; }
table.results { width: auto; } table.results td { padding-right: 2rem; }
code { font: 13px/1.4 ui-monospace, monospace; word-break: break-word; }
details { margin-top: .5rem; } .small { color: #60606a; font-size: 13px; }
"""


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
    Row("seed", ("seed",), digits=0),
    Row("mission complete", ("mission_complete",)),
    Row("explored", ("explored_fraction",), 100.0, 1, "%"),
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
    Row("real-time factor", ("real_time_factor",), digits=3),
    Row("control on time", ("control_on_time_fraction",), 100.0, 1, "%"),
    Row("odometry to command, median", ("control_latency_ms", "p50"), unit="ms"),
    Row("odometry to command, 99 % below", ("control_latency_ms", "p99"), unit="ms"),
    Row("scored against", ("flown", "truth")),
    Row("control rate", ("flown", "control_rate_hz"), unit="Hz"),
    Row("processor", ("cores", "words")),
    Row("peak memory", ("peak_rss_mib",), digits=0, unit="MiB"),
)


def write_report(run: RunData) -> Path:
    """Write report.html and the pictures of a run into its folder; return the page."""
    pictures = draw([run])
    for name, content in pictures.items():
        write(run.folder / f"{name}.png", content)
    return write_page(run, pictures)


def write_page(run: RunData, pictures: dict[str, bytes]) -> Path:
    """Write report.html with pictures that were made already; return it."""
    path = run.folder / PAGE
    write(path, page([run], pictures).encode())
    return path


def write_comparison(runs: Sequence[RunData], path: Path) -> None:
    """Write a page that shows runs side by side."""
    write(path, page(runs, draw(runs)).encode())


def draw(runs: Sequence[RunData]) -> dict[str, bytes]:
    """Return the figures that can be drawn, as PNG files by name."""
    drawn = {name: make(runs) for name, (_, make) in figures.FIGURES.items()}
    return {name: png(figure) for name, figure in drawn.items() if figure is not None}


def page(runs: Sequence[RunData], pictures: dict[str, bytes]) -> str:
    """Return a page about one run or several."""
    alone = len(runs) == 1
    title = f"Flight {runs[0].name}" if alone else f"{len(runs)} flights compared"
    parts = [f"<h1>{_text(title)}</h1>", *(_verdict(run, alone) for run in runs), _results(runs)]
    for name, (words, _) in figures.FIGURES.items():
        if name in pictures:
            parts.append(f"<h2>{_text(words)}</h2>{_picture(words, pictures[name])}")
    if alone:
        parts += [_left(runs[0]), _states(runs[0])]
    parts += [_parameters(run, alone) for run in runs]
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n"
        "</body></html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _table(header: Iterable[object], rows: Iterable[Iterable[object]], kind: str = "") -> str:
    head = "".join(f"<th>{_text(cell)}</th>" for cell in header)
    lines = ["<tr>" + "".join(f"<td>{_text(c)}</td>" for c in row) + "</tr>" for row in rows]
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<table class="{kind}">{body}</table>'


def _picture(words: str, content: bytes) -> str:
    data = base64.b64encode(content).decode()
    return f'<figure><img alt="{_text(words)}" src="data:image/png;base64,{data}"></figure>'


def _verdict(run: RunData, alone: bool) -> str:
    complete = bool(run.metrics.get("mission_complete"))
    words = "Mission complete" if complete else "Mission not complete"
    name = "" if alone else f"{run.name}: "
    reason = run.metrics.get("end_reason") or ""
    kind = "verdict" if complete else "verdict no"
    return f'<p class="{kind}"><b>{_text(name + words)}</b>: {_text(reason)}</p>'


def _results(runs: Sequence[RunData]) -> str:
    rows = [(row.words, *(row.text(run.metrics) for run in runs)) for row in ROWS]
    shown = [row for row in rows if any(cell != "–" for cell in row[1:])]
    names = [""] if len(runs) == 1 else [run.name for run in runs]
    return "<h2>Results</h2>" + _table(["", *names], shown, "results")


def _left(run: RunData) -> str:
    left = (run.metrics.get("completion") or {}).get("remainders") or []
    if not left:
        return ""
    rows = [
        (
            f"{item.get('area_m2', 0.0):.1f} m²",
            str(item.get("reason", "")).replace("_", " "),
            ", ".join(f"{value:.1f}" for value in item.get("centroid_m", [])),
        )
        for item in left
    ]
    return "<h2>What was left, and why</h2>" + _table(("area", "why", "at x, y [m]"), rows)


def _states(run: RunData) -> str:
    rows = [
        (f"{item.get('time_s', 0.0):.1f} s", item.get("state", ""), item.get("reason", ""))
        for item in run.metrics.get("states") or []
    ]
    return "<h2>What it did when</h2>" + _table(("time", "state", "why"), rows) if rows else ""


def _parameters(run: RunData, alone: bool) -> str:
    title = "Parameters and versions" if alone else f"Parameters and versions of {run.name}"
    versions = run.metrics.get("versions") or {}
    words = ", ".join(f"{name} {value}" for name, value in versions.items() if value)
    parts = [f'<h2>{_text(title)}</h2><p class="small">{_text(words)}</p>']
    for node, values in (run.parameters.get("nodes") or {}).items():
        rows = [(name, value) for name, value in values.items()]
        parts.append(
            f"<details><summary>{_text(node)}</summary>{_table(('parameter', 'value'), rows)}"
            "</details>"
        )
    text = run.parameters.get("params_file_text")
    if text:
        parts.append(
            f"<details><summary>parameters file</summary><pre>{_text(text)}</pre></details>"
        )
    return "\n".join(parts)
