# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What docs/tutorial_vehicle.md quotes of the nodes is what they say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import live_mvp_ros

PACKAGE = Path(live_mvp_ros.__file__).parent
PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial_vehicle.md"
TABLE = PAGE.read_text(encoding="utf-8").split("| what is said |", 1)[1]
QUOTED = re.findall(r"^\| `([^`]+)` \|", TABLE, re.MULTILINE)


def said() -> str:
    """Return all texts of nodes, core and conversion, with ``…`` for what is filled in."""
    found = []
    for room in ("nodes", "ros", "mapping"):
        for file in (PACKAGE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
                    found.append("".join(map(str, parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return "\n".join(found)


@pytest.mark.parametrize("words", QUOTED)
def test_a_node_says_what_is_quoted(words):
    assert words in said()


def test_words_that_no_node_says_would_be_found():
    assert len(QUOTED) > 5
    assert "its colour is … instead of …" not in said()
