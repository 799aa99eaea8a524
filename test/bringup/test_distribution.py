# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What pip gets: an sdist with all sources, and a wheel made of it with all that is read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = ("build", "install", "log", "runs", "*.egg-info", "__pycache__", ".*cache", ".venv*")
SOURCES = (
    "package.xml",
    "CMakeLists.txt",
    "msg",
    "srv",
    "action",
    "launch",
    "config",
    "rviz",
    "examples",
    "mkdocs.yml",
)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def run(*words: str, cwd: Path, **environment: str) -> str:
    result = subprocess.run(
        words,
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    """The unpacked source distribution, made from a copy of the checkout."""
    if not (ROOT / "setup.py").exists():
        pytest.skip("the sources are not here")
    setuptools = pytest.importorskip("setuptools", minversion="77")
    assert setuptools
    folder = tmp_path_factory.mktemp("sdist")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT, ".git"))
    (source / "live_mvp_ros" / "commit.txt").write_text(COMMIT)  # as in the sdist of a checkout
    run(sys.executable, "setup.py", "-q", "sdist", "-d", str(folder / "dist"), cwd=source)
    (archive,) = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return unpacked


@pytest.fixture(scope="module")
def installed(sdist, tmp_path_factory) -> Path:
    """Where the wheel, made from the source distribution, would be installed."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "setup.py", "-q", "bdist_wheel", "-d", str(folder / "dist"), cwd=sdist)
    (wheel,) = (folder / "dist").glob("live_mvp_ros-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def files_below(folder: Path, *suffixes: str) -> set[str]:
    found = (file for file in folder.rglob("*") if file.suffix in suffixes)
    return {str(file.relative_to(folder)) for file in found if "__pycache__" not in file.parts}


def test_the_sources_are_complete(sdist):
    for name in SOURCES:
        here, there = ROOT / name, sdist / name
        assert there.exists(), name
        if here.is_dir():
            assert {f.name for f in here.iterdir()} - {"__pycache__"} == {
                f.name for f in there.iterdir()
            }
    kinds = (".py", ".yaml", ".json")
    for name in ("live_mvp_ros", "test", "bench", "tools", "docs", "examples"):
        assert files_below(sdist / name, *kinds) == files_below(ROOT / name, *kinds), name


def test_the_wheel_has_every_module_and_every_file_that_modules_read(installed):
    kinds = (".py", ".yaml", ".json")
    ours = files_below(ROOT / "live_mvp_ros", *kinds)
    assert files_below(installed / "live_mvp_ros", *kinds) == ours
    assert [f.name for f in installed.iterdir() if f.suffix != ".dist-info"] == ["live_mvp_ros"]


def test_an_installed_wheel_says_its_commit_and_knows_the_worlds(installed, tmp_path):
    pytest.importorskip("jax")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "import live_mvp_ros; assert live_mvp_ros.__file__.startswith(sys.argv[1]);"
        "from live_mvp_ros.base.build_record import commit;"
        "from live_mvp_ros.worlds import WORLD_NAMES, load_world;"
        "print(commit(), *(load_world(name).name for name in WORLD_NAMES))"
    )
    said = run(sys.executable, "-P", "-c", code, str(installed), cwd=tmp_path).split()
    assert said[0] == COMMIT[:10]
    assert {"office", "seed", "maze:0", "cave:0"} <= set(said[1:])
