# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Write CHANGELOG.rst, which ROS release tools read, from CHANGELOG.md, which people write.

The form is that of REP 132: a section a version, with its date; what is not released yet is
``Forthcoming``. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TITLE = "Changelog for package live_mvp_ros"
WIDTH = 99
_VERSION = re.compile(r"## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$")
_INLINE = re.compile(r"`([^`]+)`(?=(\w?))|\[([^\]]+)\]\(([^)]+)\)")


class ChangelogError(ValueError):
    """A line of the changelog has no form that we know; the text is one sentence."""


def to_rst(markdown: str) -> str:
    """Return a changelog as reStructuredText.

    Raises:
        ChangelogError: a heading or a line that is none of ``## [Unreleased]``,
            ``## [1.2.3] - 2026-01-31``, ``### Added``, ``- an entry`` and its continuation.
    """
    lines = ["^" * len(TITLE), TITLE, "^" * len(TITLE)]
    for kind, text in _parts(markdown):
        if kind == "version":
            lines += ["", text, "-" * len(text)]
        elif kind == "group":
            lines += ["", f"* {text}", ""]
        else:
            lines += textwrap.wrap(
                f"* {_inline(text)}",
                WIDTH,
                initial_indent="  ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
    return "\n".join(lines) + "\n"


def _parts(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield (version, group or entry; its text), entries on one line."""
    entry: list[str] = []
    begun = False
    for number, line in enumerate(markdown.splitlines(), 1):
        if entry and not line.startswith("  "):
            yield "entry", " ".join(entry)
            entry = []
        if line.startswith("## "):
            begun = True
            yield "version", _version(number, line)
        elif not begun or not line.strip():
            continue  # the title and what is said about the form
        elif line.startswith("### "):
            yield "group", line[4:].strip()
        elif line.startswith("- "):
            entry = [line[2:].strip()]
        elif entry:
            entry.append(line.strip())
        else:
            raise ChangelogError(f"line {number} is no heading and no entry: {line}")
    if entry:
        yield "entry", " ".join(entry)


def _version(number: int, line: str) -> str:
    if line == "## [Unreleased]":
        return "Forthcoming"
    match = _VERSION.match(line)
    if match is None:
        raise ChangelogError(
            f"line {number} is {line!r}: it must be '## [Unreleased]' or '## [1.2.3] - 2026-01-31'"
        )
    return f"{match[1]} ({match[2]})"


def _inline(text: str) -> str:
    """Return a line of Markdown with its code and links as reStructuredText has them."""
    parts, end = [], 0
    for match in _INLINE.finditer(text):
        parts.append(_plain(text[end : match.start()]))
        end = match.end()
        code, after, words, address = match.groups()
        if code is not None:
            parts.append(f"``{code}``" + ("\\ " if after else ""))
        else:
            parts.append(f"`{words} <{address}>`__")
    return "".join([*parts, _plain(text[end:])])


def _plain(text: str) -> str:
    """Return text in which nothing has a meaning of its own but bold words."""
    escaped = re.sub(r"(?<!\*)\*(?!\*)|[\\`|]", r"\\\g<0>", text)
    return re.sub(r"_(?=\W|$)", r"\\_", escaped)


def main() -> int:
    """Write the file whole; return 0, or 2 when the changelog has no form that we know."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    try:
        text = to_rst((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    except ChangelogError as error:
        print(f"CHANGELOG.md: {error}", file=sys.stderr)
        return 2
    target = ROOT / "CHANGELOG.rst"
    temporary = target.with_name(f".{target.name}.new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
