# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the pages for people hold: fenced blocks, commands, headings and links."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\n+\Z")
_INLINE = re.compile(r"(?<!`)`((?:live-mvp|make|python3?) [^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
SHELL = ("console", "bash", "sh", "")
"""Languages of blocks with commands; one without a language may hold some."""


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        page: its name, from the root of the repository.
        line: where it begins.
        language: as it is said there, empty for none.
        text: what it holds, without the indentation of its fence.
        why_not: the reason why it is not run, empty where it is.
    """

    page: str
    line: int
    language: str
    text: str
    why_not: str

    @property
    def place(self) -> str:
        """Return where it is, for messages and names of tests."""
        return f"{self.page}:{self.line}"


class Command(NamedTuple):
    """A command line of a page, in words, comments left out."""

    place: str
    words: tuple[str, ...]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(*languages: str) -> list[Block]:
    """Return the fenced blocks of all pages in some languages, in order."""
    return [block for page in PAGES for block in _blocks(page) if block.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        before, indent = text[: found.start()], found[1]
        lines = [line.removeprefix(indent) for line in found[3].splitlines(keepends=True)]
        why = _NOT_RUN.search(before)
        line = before.count("\n") + 1
        yield Block(named(page), line, found[2], "".join(lines), why[1] if why else "")


def commands(programs: tuple[str, ...] = ()) -> list[Command]:
    """Return the command lines of all pages.

    Where a block says that it is a console, they follow a dollar sign; where it says that it is a
    shell's, every line is one. In a block without a language those of ``programs`` are found, and
    in the text the ones of ours.
    """
    found = []
    for block in blocks(*SHELL):
        for number, line in enumerate(_joined(block.text), block.line + 1):
            for part in _parts(line, block.language, programs):
                found.append(Command(f"{block.page}:{number}", tuple(part)))
    for page in PAGES:
        prose = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), page.read_text("utf-8"))
        for number, line in enumerate(prose.splitlines(), 1):
            for text in _INLINE.findall(line):
                for part in _parts(text, "sh", programs):
                    found.append(Command(f"{named(page)}:{number}", tuple(part)))
    return found


def _joined(text: str) -> list[str]:
    return text.replace("\\\n", " ").splitlines()


def _parts(line: str, language: str, programs: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the commands of a line: what && and pipes join, without comments."""
    if language == "console":
        if not line.startswith("$ "):
            return
        line = line[2:]
    elif not language and (not line.split() or line.split()[0] not in programs):
        return
    words: list[str] = []
    for word in [*shlex.split(line, comments=True), "&&"]:
        if word in ("&&", "|", ";", "&"):
            if words:
                yield words
            words = []
        else:
            words.append(word)


def links(page: Path) -> list[str]:
    """Return where the links of a page lead, those of other sites left out."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [link for link in _LINK.findall(prose) if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub and the site make them."""
    prose = _FENCE.sub("", page.read_text(encoding="utf-8"))
    found = set()
    for heading in re.findall(r"^#+ (.+)$", prose, re.MULTILINE):
        kept = re.sub(r"[^\w\- ]", "", heading.lower())
        found.add(kept.strip().replace(" ", "-"))
    return found
