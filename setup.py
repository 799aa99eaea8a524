# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Takes the version from package.xml, where ROS reads it, and writes down the commit.

All else is in pyproject.toml.
"""

import subprocess
from pathlib import Path
from xml.etree import ElementTree

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).resolve().parent
RECORD = Path("live_mvp_ros") / "commit.txt"  # read by live_mvp_ros.base.build_record


def write_commit(folder: str) -> None:
    """Write which commit of a checkout this is below a folder; elsewhere an sdist has said it."""
    if not (ROOT / ".git").exists():
        return
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    try:
        head = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return
    path = Path(folder) / RECORD
    path.unlink(missing_ok=True)  # it may be a hard link
    if head:
        path.write_text(head, encoding="utf-8")


class BuildWithCommit(build_py):
    """Copies the package, with its commit."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            write_commit(self.build_lib)


class SourceWithCommit(sdist):
    """Packs the sources, with their commit."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        write_commit(base_dir)


manifest = ElementTree.parse(ROOT / "package.xml")
setup(
    version=manifest.findtext("version"),
    cmdclass={"build_py": BuildWithCommit, "sdist": SourceWithCommit},
)
