# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""docs/worlds.md has every primitive and every field that a world file may have, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from live_mvp_ros.worlds import WorldError, load_world

PAGE = Path(__file__).resolve().parents[2] / "docs" / "worlds.md"
PART = PAGE.read_text(encoding="utf-8").split("### Primitives", 1)[1].split("\n### ", 1)[0]
TABLES = [part.splitlines() for part in re.split(r"^\|(?:---\|)+$", PART, flags=re.MULTILINE)[1:]]
HEAD = "name: w\nlower_m: [-9, -9, 0]\nupper_m: [9, 9, 3]\nstart_m: [0, 0, 1]\ngoal_m: [1, 0, 1]\n"
PLAN = "name: w\nsize: [2, 2]\nheight: 2\nstart: [0.5, 0.5, 1]\ngoal: [1, 1, 1]\n"


def first_cells(table: int) -> list[str]:
    rows = [line.split(" |")[0] for line in TABLES[table] if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def fields_of(kind: str) -> set[str]:
    row = next(line for line in TABLES[0] if line.startswith(f"| `{kind}`"))
    return set(re.findall(r"`(\w+)`", row.split(" | ")[1]))


def refusal(folder: Path, text: str) -> str:
    file = folder / "w.yaml"
    file.write_text(text)
    with pytest.raises(WorldError) as caught:
        load_world(str(file))
    return str(caught.value)


def allowed(sentence: str) -> set[str]:
    """Return what the refusal of an unknown key or type lists."""
    return set(re.split(", ", re.split("choose from |one of ", sentence)[1]))


def test_every_type_of_primitive_is_in_the_table(tmp_path):
    said = refusal(tmp_path, HEAD + "primitives: [{type: cone}]")
    assert set(first_cells(0)) == allowed(said)


@pytest.mark.parametrize("kind", first_cells(0))
def test_every_field_of_a_primitive_is_in_its_row(tmp_path, kind):
    said = refusal(tmp_path, HEAD + f"primitives: [{{type: {kind}, colour: red}}]")
    assert fields_of(kind) == allowed(said) - {"type"}


def test_every_key_of_a_floor_plan_is_in_the_table(tmp_path):
    said = refusal(tmp_path, PLAN + "occupied: [[0, 0, 0.1, 0.1]]\ncolour: red\n")
    assert set(first_cells(1)) == allowed(said)
