# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CHANGELOG.rst is CHANGELOG.md in the form that the release tools of ROS read."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = """\
# Changelog

Said about the form, with a [link](https://example.org).

## [Unreleased]

### Added

- `live-mvp`s new option `--x`, 2 * 3 | 4 and
  a_b_ of [REP 103](https://ros.org/reps/rep-0103.html).
- **Bold**, and the `a | b` that a
  bag has.

## [0.2.0] - 2026-01-31

### Fixed

- One thing.

### Changed

- Another thing.
"""


@pytest.fixture(scope="module")
def changelog():
    """The tool, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("changelog", ROOT / "tools" / "changelog.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words_of(node) -> str:
    return " ".join(node.astext().split())


def parsed(text: str):
    """Return the document that docutils makes of a text, which must have no fault."""
    core = pytest.importorskip("docutils.core", reason="release tools read with docutils")
    return core.publish_doctree(text, settings_overrides={"halt_level": 1, "report_level": 5})


def test_the_file_in_the_tree_is_up_to_date(changelog):
    markdown = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    written = (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")
    assert written == changelog.to_rst(markdown), "run: make changelog"


def test_every_word_arrives(changelog):
    text = parsed(changelog.to_rst(SAMPLE)).astext()
    said = " ".join(text.split())
    assert "live-mvps new option --x, 2 * 3 | 4 and a_b_ of REP 103." in said
    assert "Bold, and the a | b that a bag has." in said


def test_every_entry_of_ours_arrives(changelog):
    markdown = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    nodes = pytest.importorskip("docutils.nodes")
    document = parsed(changelog.to_rst(markdown))
    entries = [
        words_of(item)
        for item in document.findall(nodes.list_item)
        if not any(isinstance(child, nodes.bullet_list) for child in item.children)
    ]
    assert len(entries) == len(re.findall(r"^- ", markdown, re.MULTILINE))
    code = re.compile(r"`([^`]+)`")
    literals = {words_of(node) for node in document.findall(nodes.literal)}
    body = markdown.split("\n## ", 1)[1]
    assert literals == {" ".join(match.split()) for match in code.findall(body)}


def test_release_tools_find_versions_dates_and_entries(changelog, tmp_path):
    tool = pytest.importorskip("catkin_pkg.changelog", reason="release tools use catkin_pkg")
    (tmp_path / "CHANGELOG.rst").write_text(changelog.to_rst(SAMPLE))
    read = tool.get_changelog_from_path(str(tmp_path), "live_mvp_ros")
    found = [(version, str(date)[:10]) for version, date, _ in read.foreach_version()]
    assert found == [("0.2.0", "2026-01-31")]
    (fixed, changed) = read.get_content_of_version("0.2.0")[0].bullets
    assert "Fixed" in str(fixed)
    assert "One thing." in str(fixed)
    assert "Another thing." in str(changed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("## [Unreleased]\n\nA stray line.\n", "line 3 is no heading and no entry: A stray line."),
        ("## [1.0] - today\n", "line 1 is '## [1.0] - today': it must be"),
    ],
)
def test_another_form_is_refused(changelog, text, words):
    with pytest.raises(changelog.ChangelogError, match=re.escape(words)):
        changelog.to_rst(text)
