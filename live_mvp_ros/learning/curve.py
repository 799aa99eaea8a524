# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The curve of a training: a row per step in a CSV file, and the same for TensorBoard."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from types import TracebackType

import jax

from live_mvp_ros.learning.training_run import Moment

COLUMNS = (
    "iteration",
    "reward",
    "loss",
    "gradient_norm",
    "explored",
    "least_truth_m",
    "nonfinite",
    "step_s",
    "held_out_reward",
    "held_out_explored",
    "held_out_explored_area",
    "held_out_touched",
)
NAME = "curve.csv"
Row = dict[str, float | None]


def row_of(moment: Moment) -> Row:
    """Return what one step showed, None where nothing was evaluated or it is not finite."""
    report = {name: _finite(value) for name, value in moment.report._asdict().items()}
    score = moment.score
    evaluated = (None,) * 4 if score is None else tuple(_finite(value) for value in score)
    return {
        "iteration": int(moment.state.iteration),
        **report,
        "nonfinite": int(moment.report.nonfinite),
        "step_s": round(moment.step_s, 4),
        **dict(zip(COLUMNS[8:], evaluated, strict=True)),
    }


def _finite(value: jax.Array) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def read_rows(path: Path, up_to: int) -> list[Row]:
    """Return the rows of a file up to an iteration, none if there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Row] = [
            {name: None if text == "" else float(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]
    whole = ("iteration", "nonfinite")
    for row in rows:
        row.update({name: int(row[name] or 0) for name in whole})
    return [row for row in rows if (row["iteration"] or 0) <= up_to]


class CurveWriter:
    """Writes rows as they come; use it in a ``with`` statement."""

    def __init__(self, folder: Path, before: list[Row]) -> None:
        """Begin the file again with the rows from before; TensorBoard keeps its own."""
        from tensorboardX import SummaryWriter

        self.rows = list(before)
        self._file = (folder / NAME).open("w", encoding="utf-8", newline="")
        self._csv = csv.DictWriter(self._file, COLUMNS)
        self._csv.writeheader()
        self._csv.writerows(self.rows)
        self._board = SummaryWriter(str(folder / "tensorboard"))

    def add(self, row: Row) -> None:
        """Write one row."""
        self.rows.append(row)
        self._csv.writerow(row)
        self._file.flush()
        for name, value in row.items():
            if name != "iteration" and value is not None:
                self._board.add_scalar(name, value, row["iteration"])

    def __enter__(self) -> CurveWriter:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close what is open."""
        self._file.close()
        self._board.close()
