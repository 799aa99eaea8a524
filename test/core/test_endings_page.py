# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""docs/endings.md has a row for every way in which a mission or a flight can end."""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Iterator
from pathlib import Path

import live_mvp_ros
from live_mvp_ros.base.mission_state import MissionState
from live_mvp_ros.control import MissionConfig
from live_mvp_ros.control.mission import MissionInputs, decide
from live_mvp_ros.planning.completion_report import GoalReason, Reason
from live_mvp_ros.planning.ending import PlanCode

PACKAGE = Path(live_mvp_ros.__file__).parent
PAGE = Path(__file__).resolve().parents[2] / "docs" / "endings.md"
PARTS = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]


def rows(heading: str) -> list[str]:
    """Return what the first column of a table says in backquotes."""
    part = next(part for part in PARTS if part.startswith(heading + "\n"))
    return re.findall(r"^\| `([^`]+)`", part, re.MULTILINE)


def without_numbers(sentence: str) -> str:
    """Return a sentence with ``…`` for what differs from flight to flight."""
    return re.sub(r"\d+(\.\d+)?( ?%)?", "…", sentence)


def ends() -> dict[MissionState, set[str]]:
    """Return the reasons of all decisions that end a mission, over all that it may know."""
    config, found = MissionConfig(time_limit_s=100.0), {state: set() for state in MissionState}
    flags = ("nothing_left", "goal_reachable", "stopped", "share_explored", "has_goal", "settled")
    for values in itertools.product((False, True), repeat=len(flags)):
        for share, away_m, elapsed_s, code in itertools.product(
            (0.0, 0.7), (0.5, 9.0), (1.0, 200.0), PlanCode
        ):
            known = dict(zip(flags, values, strict=True))
            now = MissionInputs(
                odom_age_s=0.0, map_age_s=0.0, field_age_s=0.0, elapsed_s=elapsed_s,
                distance_to_goal_m=away_m, share=share, code=int(code), code_s=math.inf, **known,
            )  # fmt: skip
            decision = decide(config, None, now)
            if decision.over:
                found[decision.state].add(without_numbers(decision.reason))
    return found


def sentences(file: str, *, function: str = "", call: str = "") -> set[str]:
    """Return the texts of more than one word, with ``…`` for what is filled in.

    Args:
        file: in the package.
        function: whose texts; all that are in it.
        call: of which name; what it is given first.
    """
    tree, places = ast.parse((PACKAGE / file).read_text(encoding="utf-8")), []
    for node in ast.walk(tree):
        if function and isinstance(node, ast.FunctionDef) and node.name == function:
            places += node.body[bool(ast.get_docstring(node)) :]
        if call and isinstance(node, ast.Call) and getattr(node.func, "id", "") == call:
            places += node.args[:1]
    return {text for place in places for text in texts_in(place)}


def texts_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
        yield "".join(map(str, parts))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    else:
        for part in ast.iter_child_nodes(node):
            yield from texts_in(part)


def test_every_end_of_a_mission_has_its_row():
    assert rows("The mission ended itself") and ends()[MissionState.DONE]
    assert set(rows("The mission ended itself")) == ends()[MissionState.DONE]


def test_every_fault_has_its_row():
    lasting = sentences("ros/steering/briefing.py", function="_faults")
    lasting |= sentences("nodes/imppi_controller/plan_reports.py", function="collect")
    lasting |= sentences("ros/steering/last_resort.py", function="fault")
    whole = {text for text in lasting if text.count(" ") > 2}
    assert len(whole) == 4
    listed = set(rows("The mission ended with a fault"))
    assert listed == ends()[MissionState.FAULT] | {f"{words}, for 5 s" for words in whole}


def test_every_end_that_the_command_makes_has_its_row():
    made = sentences("bringup/flight_end.py", call="Ending")
    made |= sentences("bringup/exploration_flight.py", call="Ending")
    made |= sentences("bringup/start_progress.py", function="too_long")
    assert {"interrupted", "nothing flew within … s"} <= made
    listed = rows("The command ended the flight")
    for text in made - {"; its last", "fault: …", "…: …"}:
        assert any(text.startswith(row.removesuffix("…")) for row in listed), text


def test_every_reason_for_what_is_left_has_its_row():
    assert set(rows("What is left")) == {reason.name.lower() for reason in Reason}
    goal = {reason.name.lower() for reason in GoalReason if reason is not GoalReason.NONE}
    assert set(rows("Why the goal was not reached")) == goal
