# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Set up everything on a machine without ROS 2: virtual environment, ROS 2 wheels, interfaces.

A chain of steps. A step is made again when its inputs or a step before it changed; it is marked as
done only after it succeeded, so an interrupted set-up goes on where it stopped. Runs with any
Python from 3.8 and with nothing but its standard library.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import overlay
from host import SetupError, check_build_tools, find_python, python_problem

ROOT = Path(__file__).resolve().parent.parent
NO_NETWORK = (
    "dns error",
    "Name or service not known",
    "Temporary failure in name",
    "NewConnectionError",
    "Failed to establish",
    "Could not connect",
    "client error (Connect)",
    "ConnectTimeout",
)
REMEDIES = {
    NO_NETWORK: "the package index cannot be reached: check the network and run make again",
    ("No space left on device",): "the disk is full: free about 2 GB and run make again",
    ("No matching distribution", "No solution found"): (
        "a package has no build for this Python or machine: ROS 2 wheels exist for Linux on "
        "x86-64 with Python 3.11 to 3.13"
    ),
}


class Setup:
    """One run of the set-up, for one virtual environment."""

    def __init__(self, venv: Path, python: str) -> None:
        """Prepare a run; nothing is written yet."""
        self.venv = venv
        self.wanted = python
        self.base = ROOT if venv == ROOT / ".venv" else venv / "overlay"
        self.log = ROOT / "log" / f"setup{'' if venv == ROOT / '.venv' else '-' + venv.name}.log"
        self.state_file = venv / "share" / "live_mvp_ros" / "setup.json"
        self.done: dict[str, str] = _read_json(self.state_file)
        self.key = ""

    @property
    def python(self) -> str:
        """Return the interpreter of the virtual environment."""
        return str(self.venv / "bin" / "python")

    def run(self) -> None:
        """Make every step that is not done yet."""
        self.step(
            "environment",
            [str(self.venv)],
            self.make_environment,
            made=self.is_as_wanted,
            before=self.check_host,
        )
        self.key += (self.venv / "pyvenv.cfg").read_text(encoding="utf-8")
        wheels = (ROOT / "tools" / "ros_wheels.txt").read_text(encoding="utf-8")
        environment_key = _digest(self.key, wheels)
        packages = [wheels, _project_table(ROOT / "pyproject.toml")]
        self.step(
            "packages",
            packages,
            self.install_packages,
            made=lambda: (self.venv / "bin" / "live-mvp").exists(),
        )
        self.step(
            "wheels",
            [overlay.UNDERLAY_VERSION],
            lambda: overlay.make_underlay(self.venv, self.python),
            made=lambda: (self.venv / "local_setup.sh").exists(),
        )
        built = overlay.packages(ROOT, self.venv)
        for name, source in built.items():
            self.key = environment_key
            self.step(
                name,
                overlay.build_inputs(source, self.base),
                lambda name=name, key=environment_key: self.build(name, key),  # type: ignore[misc]
                made=lambda name=name: overlay.is_built(self.base, name),  # type: ignore[misc]
                before=check_build_tools,
            )
        self.key = environment_key
        self.step(
            "start files",
            [*built, str(self.base)],
            lambda: overlay.write_overlay(self.venv, self.base, list(built), self.run_command),
            made=(self.venv / overlay.OVERLAY_FILE).exists,
        )
        self.step("bytecode", packages, self.compile_packages, made=lambda: True)

    def step(
        self,
        name: str,
        inputs: Iterable[str],
        action: Callable[[], None],
        made: Callable[[], bool],
        before: Callable[[], None] = lambda: None,
    ) -> None:
        """Make one step unless it was made from the same inputs after the same other steps."""
        self.key = _digest(self.key, name, *inputs)
        if self.done.get(name) == self.key and made():
            return
        before()
        begin = time.monotonic()
        print(f"  {name}: {TITLES.get(name, 'building the message types')} ...", flush=True)
        self.log.parent.mkdir(exist_ok=True)
        try:
            action()
        except subprocess.CalledProcessError as error:
            raise SetupError(self.explain(name, error)) from error
        except OSError as error:
            raise SetupError(f'the step "{name}" failed: {error}.') from error
        self.done[name] = self.key
        _write_json(self.state_file, self.done)
        print(f"  {name}: done in {time.monotonic() - begin:.0f} s", flush=True)

    def check_host(self) -> None:
        """Find out whether the set-up can succeed before anything is written."""
        if sys.platform != "linux" or os.uname().machine != "x86_64":
            raise SetupError(
                "ROS 2 wheels exist for Linux on x86-64 only: install ROS 2 Jazzy and build this "
                "package with colcon, see README.md."
            )
        check_build_tools()
        for path in (ROOT, self.venv):
            if not str(path).isascii():
                raise SetupError(
                    f"{path} has letters in it that are not ASCII, where message types cannot be "
                    "built: move the checkout, or choose another VENV."
                )
        is_other = self.venv.exists() and not (self.venv / "pyvenv.cfg").exists()
        if is_other and any(self.venv.iterdir()):
            raise SetupError(
                f"{self.venv} exists and is no virtual environment: choose another VENV."
            )
        if self.wanted or not self.is_usable():
            self.wanted = find_python(self.wanted)

    def is_usable(self) -> bool:
        """Return whether the virtual environment exists, is complete and runs."""
        pip = self.venv / "bin" / "pip"
        return pip.exists() and not python_problem(self.python)

    def is_as_wanted(self) -> bool:
        """Return whether the virtual environment exists and has the Python that was asked for."""
        exists = (self.venv / "bin" / "pip").exists()
        return exists and (not self.wanted or _version(self.venv) == _named_version(self.wanted))

    def make_environment(self) -> None:
        """Create the virtual environment; one that works with the wanted Python is kept."""
        if not self.is_usable() or not self.is_as_wanted():
            self.run_command([self.wanted, "-m", "venv", "--clear", str(self.venv)])
            print(f"  environment: made with {self.wanted}", flush=True)
            self.done.clear()
        uv = [self.python, "-m", "pip", "install", "--quiet", "uv>=0.9"]
        self.run_command(uv, check=False)  # without it, pip does the work

    def install_packages(self) -> None:
        """Install ROS 2 wheels, our dependencies and the live-mvp command."""
        what = ["-r", str(ROOT / "tools" / "ros_wheels.txt"), "-e", f"{ROOT}[dev]"]
        environment = dict(os.environ, UV_SYSTEM_CERTS="1", VIRTUAL_ENV=str(self.venv))
        uv = self.venv / "bin" / "uv"
        if uv.exists():
            command = [str(uv), "pip", "install", "--python", self.python, *what]
            if self.run_command(command, environment, check=False) == 0:
                return
        self.run_command([self.python, "-m", "pip", "install", *what])

    def compile_packages(self) -> None:
        """Compile every module once, for all processes that import it.

        A new environment has no bytecode yet, and where PYTHONDONTWRITEBYTECODE is set, as in many
        containers, it would never get any: each node of the graph would spend seconds on it.
        """
        places = [
            *sorted((self.venv / "lib").glob("python3*/site-packages")),
            ROOT / "live_mvp_ros",
        ]
        compiler = [self.python, "-m", "compileall", "-q", "-j", "0", *map(str, places)]
        self.run_command(compiler, check=False)  # packages bring files that are not to be imported

    def build(self, name: str, environment_key: str) -> None:
        """Build one package with colcon; a build made for another environment is removed first."""
        overlay.prepare_build(ROOT, self.base, name, environment_key)
        self.run_command(
            overlay.build_command(ROOT, self.venv, self.base, name),
            overlay.build_environment(self.venv),
        )
        overlay.drop_dead_links(self.base / "install" / name)

    def run_command(
        self, command: list[str], environment: dict[str, str] | None = None, check: bool = True
    ) -> int:
        """Run a command with its output in the log; return its exit status.

        Raises:
            subprocess.CalledProcessError: it failed and ``check`` is set.
        """
        base = dict(os.environ) if environment is None else environment
        base.pop("PYTHONPATH", None)  # of a sourced ROS 2, for instance
        base.pop("PYTHONHOME", None)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(command)}\n")
            log.flush()
            offset = log.tell()
            result = subprocess.run(
                command, env=base, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=str(ROOT)
            )
        if check and result.returncode:
            with self.log.open(encoding="utf-8", errors="replace") as log:
                log.seek(offset)
                raise subprocess.CalledProcessError(result.returncode, command, log.read())
        return result.returncode

    def explain(self, step: str, error: subprocess.CalledProcessError) -> str:
        """Return what failed, its last lines and what to do."""
        output = str(error.output or "")
        reading = f"read {os.path.relpath(str(self.log))}, fix the cause and run make again"
        fitting = (a for signs, a in REMEDIES.items() if any(sign in output for sign in signs))
        remedy = next(fitting, reading)
        lines = [f"    | {line}" for line in output.splitlines() if line.strip()][-8:]
        return "\n".join([f'the step "{step}" failed: {remedy}.', *lines])


TITLES = {
    "environment": "creating the virtual environment",
    "packages": "installing ROS 2 wheels and Python packages (1 GB, some minutes the first time)",
    "wheels": "fitting the wheels to this machine",
    "live_mvp_ros": "building the message types (about a minute the first time)",
    "start files": "writing where everything is",
    "bytecode": "compiling the Python packages (half a minute)",
}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _project_table(path: Path) -> str:
    """Return pyproject.toml without the settings of tools, which need no installation."""
    return path.read_text(encoding="utf-8").split("\n[tool.", 1)[0]


def _version(venv: Path) -> str:
    """Return the version of Python that a virtual environment was made with, such as 3.12."""
    match = re.search(r"^version\w* = (\d+\.\d+)", (venv / "pyvenv.cfg").read_text(), re.MULTILINE)
    return match.group(1) if match else ""


def _named_version(python: str) -> str:
    """Return the version in the name of a Python, or else what it says itself."""
    match = re.search(r"python(\d+\.\d+)$", python)
    if match:
        return match.group(1)
    command = [python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout.decode().strip()
    except OSError:
        return "none"


def _read_json(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _write_json(path: Path, values: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    overlay.write(path, json.dumps(values, indent=2) + "\n")


def main() -> int:
    """Set up; return 0, 2 when something is missing, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(description="Set up live_mvp_ros without an installed ROS 2.")
    parser.add_argument("--venv", default=".venv", help="virtual environment to make or update")
    parser.add_argument("--python", default="", help="Python to make it with")
    options = parser.parse_args()
    venv = (ROOT / options.venv).absolute()
    with open(__file__, encoding="utf-8") as lock:  # two runs at once would disturb each other
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another set-up to finish ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            Setup(venv, options.python).run()
        except SetupError as error:
            print(f"Set-up stopped: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            print("\nSet-up interrupted: `make setup` goes on from here.", file=sys.stderr)
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
