# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where ROS 2 is found: the environment of every process, with or without a sourced ROS.

On a sourced ROS 2 there is nothing to do. Where ROS 2 came as wheels into a virtual environment,
the libraries of our own messages are found through LD_LIBRARY_PATH only, which must be right
before Python starts: ``enter`` computes the environment and executes the process once more with
it. What it needs to know was written down by the set-up in ``share/live_mvp_ros/overlay.json``.

Imports the standard library only, since it runs before anything else.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

OVERLAY_FILE = Path("share") / "live_mvp_ros" / "overlay.json"
PACKAGE_MARK = Path("share") / "ament_index" / "resource_index" / "packages" / "live_mvp_ros"
ENTERED = "LIVE_MVP_ROS_ENTERED"
EXIT_USAGE = 2


class RosMissingError(RuntimeError):
    """ROS 2 or our interfaces cannot be used here; the text is one sentence with the remedy."""


@dataclasses.dataclass(frozen=True)
class Overlay:
    """A virtual environment with ROS 2 wheels and the packages built on top of it."""

    distro: str
    """Name of the ROS 2 distribution, such as jazzy."""
    prefixes: tuple[str, ...]
    """Install prefixes, the overlay's packages first, the virtual environment last."""
    library_paths: tuple[str, ...]
    """Directories of shared libraries."""
    python_paths: tuple[str, ...]
    """Directories of the overlay's Python packages."""

    @property
    def executables(self) -> str:
        """Return the directory of the virtual environment's executables."""
        return str(Path(self.prefixes[-1]) / "bin")


def find_overlay(prefix: str | None = None) -> Overlay | None:
    """Return what the set-up wrote into a virtual environment (default: this one), or None.

    Raises:
        RosMissingError: it is damaged, or was written for an environment in another place.
    """
    home = Path(prefix or sys.prefix)
    path = home / OVERLAY_FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        overlay = Overlay(
            distro=values["distro"],
            prefixes=tuple(values["prefixes"]),
            library_paths=tuple(values["library_paths"]),
            python_paths=tuple(values["python_paths"]),
        )
        made_for = Path(overlay.prefixes[-1])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, LookupError, TypeError) as error:
        raise RosMissingError(f"{path} is damaged: run `make setup` again") from error
    if made_for.resolve() != home.resolve():
        raise RosMissingError(_moved(home, made_for))
    return overlay


def check_script(script: str) -> None:
    """Refuse a command in the environment of one checkout that another one's Python runs.

    The first line of a script names its Python by an absolute path, in a copy the old one.

    Args:
        script: path of the command as it was called.

    Raises:
        RosMissingError: it lies in another virtual environment than that of this process.
    """
    home = Path(script).resolve().parent.parent
    if (home / "pyvenv.cfg").is_file() and home != Path(sys.prefix).resolve():
        raise RosMissingError(_moved(home, Path(sys.prefix)))


def _moved(home: Path, other: Path) -> str:
    return (
        f"{home} is a copy of {other}, or was moved from there, and would run the code of "
        f"{other.parent}: run `make setup` in {home.absolute().parent}"
    )


def overlay_environment(overlay: Overlay, base: Mapping[str, str]) -> dict[str, str]:
    """Return ``base`` with everything that ROS 2 in the overlay needs.

    Paths of a ROS 2 installation that is sourced but is not ours are taken out: its libraries and
    those of the wheels must not meet in one process.
    """
    foreign = [p for p in _entries(base, "AMENT_PREFIX_PATH") if p not in overlay.prefixes]
    wanted: dict[str, Sequence[str]] = {
        "AMENT_PREFIX_PATH": overlay.prefixes,
        "CMAKE_PREFIX_PATH": overlay.prefixes,
        "LD_LIBRARY_PATH": overlay.library_paths,
        "PATH": (overlay.executables,),
        "PYTHONPATH": overlay.python_paths,
    }
    result = dict(base)
    for name, entries in wanted.items():
        kept = (e for e in _entries(base, name) if not _is_below(e, foreign))
        result[name] = os.pathsep.join(dict.fromkeys((*entries, *kept)))
    result |= {
        "ROS_DISTRO": overlay.distro,
        "ROS_VERSION": "2",
        "ROS_PYTHON_VERSION": "3",
        "RMW_IMPLEMENTATION": "rmw_fastrtps_cpp",  # the only middleware there is as a wheel
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",
        # Python would look into the working directory first, and a source tree lacks the messages.
        "PYTHONSAFEPATH": "1",
    }
    result.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    return result


def is_native(base: Mapping[str, str], overlay: Overlay | None = None) -> bool:
    """Return whether a sourced ROS 2 workspace other than the overlay provides this package."""
    ours = overlay.prefixes if overlay else ()
    return any(
        (Path(prefix) / PACKAGE_MARK).exists()
        for prefix in _entries(base, "AMENT_PREFIX_PATH")
        if prefix not in ours
    )


def is_entered(overlay: Overlay, base: Mapping[str, str]) -> bool:
    """Return whether ``base`` has every path of the overlay already."""
    return set(overlay.library_paths) <= set(_entries(base, "LD_LIBRARY_PATH")) and set(
        overlay.python_paths
    ) <= set(_entries(base, "PYTHONPATH"))


def child_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment that a child process needs to use ROS 2."""
    source = os.environ if base is None else base
    overlay = find_overlay()
    if overlay is None or is_native(source, overlay):
        return dict(source)
    return overlay_environment(overlay, source)


def enter(arguments: Sequence[str] | None = None) -> None:
    """Execute this process once more in the overlay's environment, unless it is there already.

    Does nothing on a sourced ROS 2 and where there is no overlay. ``arguments`` are those of the
    interpreter (default: this process's).

    Raises:
        RosMissingError: the environment was entered once and still lacks a path.
    """
    overlay = find_overlay()
    if overlay is None or is_native(os.environ, overlay) or is_entered(overlay, os.environ):
        os.environ.pop(ENTERED, None)
        return
    if os.environ.get(ENTERED) == str(os.getpid()):
        raise RosMissingError(
            "LD_LIBRARY_PATH and PYTHONPATH are lost when Python starts: check for a wrapper or a "
            "sitecustomize that changes them"
        )
    environment = overlay_environment(overlay, os.environ) | {ENTERED: str(os.getpid())}
    sys.stdout.flush()
    sys.stderr.flush()
    given = sys.orig_argv[1:] if arguments is None else arguments
    os.execve(sys.executable, [sys.executable, *given], environment)


def require_ros() -> None:
    """Make sure that rclpy and our messages can be imported.

    Raises:
        RosMissingError: one of them cannot; the text says what to do.
    """
    try:
        import rclpy  # noqa: F401
    except ImportError as error:
        raise RosMissingError(
            "this needs ROS 2, which is not installed here: run `make setup` in a checkout "
            "of live_mvp_ros, or source a ROS 2 workspace that contains it"
        ) from error
    try:
        import live_mvp_ros.msg  # noqa: F401
    except ImportError as error:
        raise RosMissingError(
            "the message types of live_mvp_ros are not built: run `make setup`, or `colcon build` "
            "in your ROS 2 workspace and source its install/setup.bash"
        ) from error


def run(arguments: Sequence[str]) -> int:
    """Execute a command in the environment of ROS 2; return only when that is impossible."""
    if not arguments:
        sys.stderr.write(
            "usage: python -m live_mvp_ros.bringup.environment COMMAND [ARGUMENT ...]\n"
        )
        return EXIT_USAGE
    try:
        environment = child_environment()
        os.execvpe(arguments[0], list(arguments), environment)
    except (RosMissingError, OSError) as error:
        sys.stderr.write(f"cannot run {arguments[0]}: {error}\n")
        return EXIT_USAGE


def _entries(environment: Mapping[str, str], name: str) -> list[str]:
    return [entry for entry in environment.get(name, "").split(os.pathsep) if entry]


def _is_below(path: str, prefixes: Iterable[str]) -> bool:
    return any(path == prefix or path.startswith(prefix.rstrip("/") + "/") for prefix in prefixes)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
