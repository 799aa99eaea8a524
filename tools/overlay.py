# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 wheels as an underlay, and the packages that colcon builds on top of them.

The wheels carry paths of the machine they were made on and no setup files; both are put right
here, so that the virtual environment serves colcon like /opt/ros/jazzy does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

DISTRO = "jazzy"
UNDERLAY_VERSION = "1"  # to be raised when make_underlay changes
OVERLAY_FILE = Path("share") / "live_mvp_ros" / "overlay.json"
FACTS = """
import json, sysconfig, numpy
print(json.dumps({"include": sysconfig.get_path("include"), "numpy": numpy.get_include(),
                  "site": sysconfig.get_path("platlib")}))
"""
SOURCES = ("package.xml", "CMakeLists.txt", "cmake", "msg", "srv", "action", "live_mvp_ros",
           "launch", "config", "rviz", "bench", "test")  # fmt: skip
SETUP_SH = """\
# Made by the set-up of live_mvp_ros: puts ROS 2 from wheels into the environment.
export AMENT_PREFIX_PATH="{venv}${{AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}}"
export CMAKE_PREFIX_PATH="{venv}${{CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}}"
export PATH="{venv}/bin${{PATH:+:$PATH}}"
export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1 ROS_DISTRO={distro} ROS_VERSION=2 ROS_PYTHON_VERSION=3
"""


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, and never through a hard link into a package cache."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(str(temporary), str(path))


def make_underlay(venv: Path, python: str) -> None:
    """Fit the wheels' CMake exports to this machine and write the setup files of the underlay."""
    facts = _facts(python)
    for path in venv.glob("share/*/cmake/*.cmake"):
        text = path.read_text(encoding="utf-8")
        if "/opt/python/" not in text:
            continue
        site = r"/opt/python/[^/;\"]+/lib/python[\d.]+/site-packages/numpy/_core/include"
        text = re.sub(site, lambda _: facts["numpy"], text)
        text = re.sub(
            r"/opt/python/[^/;\"]+/include/python[\d.]+", lambda _: facts["include"], text
        )
        write(path, text)
    content = SETUP_SH.format(
        venv=venv, libraries=":".join(library_paths(venv, facts["site"])), distro=DISTRO
    )
    for shell in ("sh", "bash", "zsh"):
        write(venv / f"local_setup.{shell}", content)
        write(venv / f"setup.{shell}", content)


def library_paths(venv: Path, site: str) -> list[str]:
    """Return the directories of the wheels' shared libraries."""
    return [str(venv / "lib"), *sorted(str(path) for path in Path(site).glob("ros_*.libs"))]


def packages(root: Path, venv: Path) -> dict[str, Path]:
    """Return the packages to build and their folders, in the order of their dependencies."""
    found = {} if (venv / "share" / "tf2_msgs").exists() else _vendored(root)
    return {**found, "live_mvp_ros": root}


def _vendored(root: Path) -> dict[str, Path]:
    return {"tf2_msgs": root / "tools" / "vendor" / "tf2_msgs"}


def build_inputs(source: Path, base: Path) -> list[str]:
    """Return what a build depends on: interface and CMake files, and names of linked files."""
    inputs = [str(base)]
    for name in SOURCES:
        path = source / name
        names = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in names:
            if "__pycache__" in file.parts or not file.is_file():
                continue
            inputs.append(str(file.relative_to(source)))
            if name in ("package.xml", "CMakeLists.txt", "cmake", "msg", "srv", "action"):
                inputs.append(file.read_text(encoding="utf-8"))
    return inputs


def is_built(base: Path, name: str) -> bool:
    """Return whether an installed package is there."""
    mark = Path("share") / "ament_index" / "resource_index" / "packages" / name
    return (base / "install" / name / mark).exists()


def prepare_build(root: Path, base: Path, name: str, environment_key: str) -> None:
    """Lay out the build tree; remove what was built for another environment."""
    mark = base / "build" / f"{name}.environment"
    if not mark.exists() or mark.read_text(encoding="utf-8") != environment_key:
        shutil.rmtree(str(base / "build" / name), ignore_errors=True)
        shutil.rmtree(str(base / "install" / name), ignore_errors=True)
    (base / "build").mkdir(parents=True, exist_ok=True)
    write(mark, environment_key)
    if name == "live_mvp_ros":
        _stage(root, base / "build" / "workspace" / name)


def _stage(root: Path, stage: Path) -> None:
    """Link the sources into a folder of their own.

    CMake refuses to export include directories inside the source folder, and NumPy's are there
    when the virtual environment is in the checkout.
    """
    stage.mkdir(parents=True, exist_ok=True)
    for link in stage.iterdir():
        link.unlink()
    for name in SOURCES:
        if (root / name).exists():
            (stage / name).symlink_to(root / name)


def drop_dead_links(folder: Path) -> None:
    """Remove symbolic links below a folder whose targets are gone, such as moved modules."""
    for path in folder.rglob("*"):
        if path.is_symlink() and not path.exists():
            path.unlink()


def build_command(root: Path, venv: Path, base: Path, name: str) -> list[str]:
    """Return the colcon command that builds one package."""
    stage = base / "build" / "workspace" / name
    source = stage if name == "live_mvp_ros" else _vendored(root)[name]
    return [
        str(venv / "bin" / "python"), "-m", "colcon",
        "--log-base", str(base / "log"),
        "build", "--symlink-install", "--paths", str(source),
        "--build-base", str(base / "build"), "--install-base", str(base / "install"),
        "--event-handlers", "console_direct+",
        "--cmake-args", "-DBUILD_TESTING=OFF", f"-DPython3_EXECUTABLE={venv / 'bin' / 'python'}",
    ]  # fmt: skip


def build_environment(venv: Path) -> dict[str, str]:
    """Return the environment of colcon: the underlay and nothing of another ROS 2."""
    drop = ("COLCON_PREFIX_PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
    result = {k: v for k, v in os.environ.items() if k not in drop and not k.startswith("ROS_")}
    result["AMENT_PREFIX_PATH"] = result["CMAKE_PREFIX_PATH"] = str(venv)
    result["PATH"] = os.pathsep.join([str(venv / "bin"), os.environ.get("PATH", os.defpath)])
    return result


def write_overlay(
    venv: Path, base: Path, names: list[str], run_command: Callable[..., int]
) -> None:
    """Check that our messages can be imported and write down where everything is."""
    site = _facts(str(venv / "bin" / "python"))["site"]
    prefixes = [str(base / "install" / name) for name in reversed(names)]
    version = Path(site).parent.name
    values = {
        "distro": DISTRO,
        "prefixes": [*prefixes, str(venv)],
        "library_paths": [*(f"{p}/lib" for p in prefixes), *library_paths(venv, site)],
        "python_paths": [f"{p}/lib/{version}/site-packages" for p in prefixes],
    }
    environment = dict(os.environ, _ROS_WHEELS_BOOTSTRAP_COMPLETE="1", PYTHONSAFEPATH="1")
    environment["LD_LIBRARY_PATH"] = os.pathsep.join(values["library_paths"])
    paths = "\n".join(f"sys.path.insert(0, {path!r})" for path in values["python_paths"])
    check = f"import sys\n{paths}\nimport rclpy, live_mvp_ros.msg, tf2_msgs.msg"
    run_command([str(venv / "bin" / "python"), "-c", check], environment)
    path = venv / OVERLAY_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, json.dumps(values, indent=2) + "\n")


def _facts(python: str) -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    answer = subprocess.run(
        [python, "-c", FACTS], stdout=subprocess.PIPE, check=True, env=environment
    )
    return dict(json.loads(answer.stdout.decode()))
