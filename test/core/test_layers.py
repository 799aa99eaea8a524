# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Each room of the package imports only what the table says, which the documentation shows."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import live_mvp_ros

PACKAGE = Path(live_mvp_ros.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
BASE = "base"
CORE = (
    *("worlds", "mapping", "planning", "vehicle", "control", "packets", "baselines", "sim"),
    *("policy", "learning", "playing", "evaluation", "environments", "reports"),
)
SEES_THE_TRUTH = (
    *("worlds", "packets", "sim", "learning", "playing", "evaluation", "environments"),
    "reports",
)
MAY_IMPORT: dict[str, set[str]] = {
    BASE: set(),
    "worlds": {BASE},
    "vehicle": {BASE},
    "packets": {BASE, "worlds"},
    "mapping": {BASE, "vehicle"},
    "policy": {BASE, "control", "mapping", "planning", "vehicle"},
    "learning": {BASE, "environments", "mapping", "policy", "sim", "worlds"},
    "playing": {BASE, "mapping", "policy", "worlds"},
    "planning": {BASE, "vehicle"},
    "control": {BASE, "planning", "vehicle"},
    "baselines": {BASE, "planning", "vehicle"},
    "sim": {BASE, "control", "mapping", "planning", "policy", "vehicle", "worlds"},
    "evaluation": {
        *(BASE, "baselines", "control", "mapping", "planning", "policy", "sim", "vehicle"),
        "worlds",
    },
    "environments": {
        *(BASE, "baselines", "control", "evaluation", "mapping", "packets", "planning", "sim"),
        *("vehicle", "worlds"),
    },
    "reports": {BASE, "evaluation", "mapping", "worlds"},
    "bags": {BASE},
    "ros": {BASE, "bags", "control", "packets", "planning", "vehicle"},
    "viewing": {BASE, "bags", "ros"},
    "bringup": {
        *(BASE, "bags", "evaluation", "planning", "policy", "reports", "ros", "vehicle"),
        "worlds",
    },
    "replay": {BASE, "bags", "bringup", "ros"},
    "nodes": {
        *(BASE, "bags", "control", "mapping", "packets", "planning", "playing", "policy", "ros"),
        *("vehicle", "viewing", "worlds"),
    },
    "cli": {
        *(BASE, "bags", "bringup", "environments", "evaluation", "learning", "mapping"),
        *("packets", "playing", "replay"),
        *("reports", "ros", "vehicle", "viewing", "worlds"),
    },
}
"""Room: what it may import besides itself. ``bringup`` starts ``nodes`` by name only."""
SPEAK_ROS = ("ros", "nodes", "bringup", "replay", "viewing", "cli")
ROS = {"rclpy", "launch", "launch_ros", "ament_index_python"}
MESSAGES = {"msg", "srv", "action"}
LONGEST_LINES, MEDIAN_LINES = 450, 120


def rooms() -> set[str]:
    """Return the folders with Python files; those of messages are generated where it is built."""
    return {f.name for f in PACKAGE.iterdir() if any(f.glob("*.py"))} - MESSAGES


def files_of(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py"))


def imports(room: str) -> Iterator[tuple[str, str]]:
    """Yield (file, dotted module) of every import in a room, those inside of functions too."""
    for file in files_of(room):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file.name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{room}/{file.name} imports relatively"
                yield from ((file.name, f"{node.module}.{alias.name}") for alias in node.names)


def is_ros(module: str) -> bool:
    first, *rest = module.split(".")
    ours = first == "live_mvp_ros" and rest and rest[0] in MESSAGES
    return bool(ours) or first in ROS or first.endswith(("_msgs", "_srvs", "_interfaces"))


def room_of(module: str) -> str | None:
    """Return the room of a module of ours, None for another one's and for messages."""
    first, *rest = module.split(".")
    if first != "live_mvp_ros" or not rest or rest[0] in MESSAGES:
        return None
    return rest[0]


def documented() -> dict[str, set[str]]:
    """Return what the table under Layers says: the words in backquotes of its last column."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Layers\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip().strip("`"): set(row[-1].split("`")[1::2]) for row in rows}


def test_every_room_is_in_the_table_and_every_file_in_a_room():
    assert rooms() == set(MAY_IMPORT)
    assert [file.name for file in PACKAGE.glob("*.py")] == ["__init__.py"]


def test_the_documentation_shows_the_same_table():
    assert documented() == MAY_IMPORT


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_the_table_says(room):
    found = list(imports(room))
    assert found, f"{room} has no imports: is it there?"
    for file, module in found:
        other = room_of(module)
        allowed = other in {None, room, *MAY_IMPORT[room]}
        assert allowed, f"{room}/{file} imports {module}"


@pytest.mark.parametrize("room", sorted(set(MAY_IMPORT) - set(SPEAK_ROS)))
def test_ros_is_spoken_in_few_rooms_only(room):
    for file, module in imports(room):
        assert not is_ros(module), f"{room}/{file} imports {module}"


def test_arrows_run_one_way():
    left = {room: set(allowed) for room, allowed in MAY_IMPORT.items()}
    while left:
        bottom = {room for room, allowed in left.items() if not allowed & set(left)}
        assert bottom, f"{', '.join(sorted(left))} import each other"
        left = {room: allowed for room, allowed in left.items() if room not in bottom}


def test_the_core_knows_nothing_of_what_carries_or_shows_it_and_few_see_the_truth():
    outside = set(MAY_IMPORT) - {*CORE, BASE}
    for room in CORE:
        assert not MAY_IMPORT[room] & outside
        assert room in SEES_THE_TRUTH or "worlds" not in MAY_IMPORT[room]


def test_what_is_made_room_for_is_used():
    for room, allowed in MAY_IMPORT.items():
        used = {room_of(module) for _, module in imports(room)}
        assert allowed <= used, f"{room} imports nothing of {', '.join(sorted(allowed - used))}"


def test_no_two_files_have_one_name():
    names = Counter(
        file.stem for file in PACKAGE.rglob("*.py") if file.parent.name not in MESSAGES
    )
    twice = {name for name, count in names.items() if count > 1}
    assert twice == {"__init__", "__main__", "node"}


def test_no_file_is_too_long_to_be_about_one_thing():
    lengths = sorted(
        len(file.read_text(encoding="utf-8").splitlines())
        for room in MAY_IMPORT
        for file in files_of(room)
    )
    assert lengths[-1] <= LONGEST_LINES
    assert lengths[len(lengths) // 2] <= MEDIAN_LINES


@pytest.mark.parametrize(
    ("module", "room", "ros"),
    [
        ("live_mvp_ros.base.config.parameter", BASE, False),
        ("live_mvp_ros.mapping", "mapping", False),
        ("live_mvp_ros.planning.fsmi.gain", "planning", False),
        ("live_mvp_ros.msg.InfoField", None, True),
        ("nav_msgs.msg.Path", None, True),
        ("rclpy", None, True),
        ("numpy", None, False),
    ],
)
def test_the_test_knows_whose_a_module_is(module, room, ros):
    assert (room_of(module), is_ros(module)) == (room, ros)
