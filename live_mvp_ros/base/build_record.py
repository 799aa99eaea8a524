# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which commit this is: of the checkout that it runs from, or as the build has written it down."""

from __future__ import annotations

import subprocess
from pathlib import Path

RECORD = "commit.txt"
"""Beside the package's modules, in what was built from a checkout."""
PACKAGE = Path(__file__).resolve().parents[1]
SHORT = 10


def commit(package: Path = PACKAGE) -> str | None:
    """Return the commit of a package folder, with a plus for changes since; None: not known."""
    root = package.parent
    if (root / ".git").exists() and (root / "package.xml").is_file():
        return _of_checkout(root)
    try:
        written = (package / RECORD).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return written[:SHORT] or None


def _of_checkout(root: Path) -> str | None:
    head = _git(root, "rev-parse", f"--short={SHORT}", "HEAD")
    if head is None:
        return None
    return head + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git says, None where there is none or it refuses."""
    command = ["git", "-C", str(root), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None
