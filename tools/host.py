# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the machine has: a suitable Python, a compiler, CMake. Runs with any Python from 3.8."""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

VERSIONS = ((3, 12), (3, 11), (3, 13))  # in order of preference; 3.12 is the one of ROS 2 Jazzy
CMAKE_MINIMUM = (3, 22)
PROBE = """
import json, os, sys, sysconfig
def has(name):
    try:
        __import__(name)
    except ImportError:
        return False
    return True
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "venv": has("venv") and has("ensurepip"),
    "headers": os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")),
}))
"""


class SetupError(Exception):
    """The set-up cannot go on; the text is one sentence for the user."""


def find_python(wanted: str) -> str:
    """Return the Python to set up with: ``wanted`` if given, else the best that runs.

    Raises:
        SetupError: there is none, or the one wanted is not suitable.
    """
    if "/" in wanted:
        problem = python_problem(wanted)
        if problem:
            raise SetupError(f"PYTHON={wanted} cannot be used: {problem}.")
        return wanted
    problems = []
    for candidate in _candidates():
        if wanted and Path(candidate).name != wanted:
            continue
        problem = python_problem(candidate)
        if not problem:
            return candidate
        problems.append(f"{candidate}: {problem}")
    found = f" Found but not suitable: {'; '.join(problems)}." if problems else ""
    if wanted:
        raise SetupError(f"PYTHON={wanted} cannot be used: it was not found.{found}")
    raise SetupError(
        "no suitable Python was found: install Python 3.12, 3.11 or 3.13 with its venv and dev "
        "packages (such as `sudo apt install python3-venv python3-dev`), or name one with "
        "`make setup PYTHON=/path/to/python3.12`." + found
    )


def python_problem(python: str) -> str:
    """Return why an interpreter cannot be used, or nothing when it can."""
    try:
        answer = subprocess.run(
            [python, "-I", "-c", PROBE], capture_output=True, text=True, timeout=30, check=True
        )
        facts = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return "it does not run"
    if tuple(facts["version"][:2]) not in VERSIONS:
        version = ".".join(str(part) for part in facts["version"])
        return f"it is Python {version}, and 3.11, 3.12 or 3.13 is needed"
    if not facts["venv"]:
        return "it lacks venv or ensurepip (Debian, Ubuntu: install python3-venv)"
    if not facts["headers"]:
        return "it lacks Python.h (Debian, Ubuntu: install python3-dev)"
    return ""


def check_build_tools() -> None:
    """Make sure that the interfaces can be compiled.

    Raises:
        SetupError: a tool is missing or too old.
    """
    tools = {
        "a C compiler": (os.environ.get("CC", ""), "cc", "gcc", "clang"),
        "a C++ compiler": (os.environ.get("CXX", ""), "c++", "g++", "clang++"),
        "make": ("make", "gmake"),
        "CMake": ("cmake",),
    }
    missing = [
        what
        for what, names in tools.items()
        if not any(name and shutil.which(name) for name in names)
    ]
    if missing:
        raise SetupError(
            f"{' and '.join(missing)} cannot be found, and the message types have to be compiled: "
            "install what is missing, such as with `sudo apt install build-essential cmake`, and "
            "run make."
        )
    text = subprocess.run(
        ["cmake", "--version"], capture_output=True, text=True, check=False
    ).stdout
    match = re.search(r"(\d+)\.(\d+)", text)
    version = tuple(int(part) for part in match.groups()) if match else (0, 0)
    if version < CMAKE_MINIMUM:
        raise SetupError(
            f"CMake {version[0]}.{version[1]} is too old: 3.22 or newer is needed, such as from "
            "`sudo apt install cmake` or `pip install cmake`."
        )


def _candidates() -> list[str]:
    """Return every python3.x of a wanted version, in order of preference."""
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    home = str(Path.home())
    folders += sorted(glob.glob(f"{home}/.pyenv/versions/*/bin"), reverse=True)
    folders += sorted(glob.glob(f"{home}/.local/share/uv/python/*/bin"), reverse=True)
    names = [f"python{major}.{minor}" for major, minor in VERSIONS] + ["python3"]
    found = (Path(folder) / name for name in names for folder in folders)
    return list(dict.fromkeys(str(path) for path in found if os.access(str(path), os.X_OK)))
