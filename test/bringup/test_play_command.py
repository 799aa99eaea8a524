# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp play`` on a screen in memory: keys, a cross to click, and no process left."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from optional import need
from x_events import screen

from live_mvp_ros.cli.main import main

PATIENCE_S = 120.0
SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture
def display():
    with screen() as name:
        yield name


def command(*arguments, **environment):
    cleared = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.Popen(
        [sys.executable, "-m", "live_mvp_ros.cli.main", "play", *arguments],
        env={**cleared, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process):
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said


def test_without_a_screen_one_sentence_says_so():
    code, said = ended(command("--2d"))
    assert code == 1
    assert said.startswith("live-mvp: there is no screen to open a window on")
    assert said.count("\n") == 1


def test_without_pyvista_one_sentence_says_how_to_get_it(monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pyvista" else found(name)
    )
    assert main(["play"]) == 1
    said = capsys.readouterr().err
    assert 'pip install "pyvista>=' in said
    assert said.count("\n") == 1


def test_a_world_that_there_is_not_is_refused():
    code, said = ended(command("--world", "nowhere", DISPLAY=":0"))
    assert code == 2
    assert "there is no world 'nowhere'" in said


def test_matplotlib_without_a_toolkit_is_said():
    code, said = ended(command("--2d", DISPLAY=":0", MPLBACKEND="agg"))
    assert code == 1
    assert "Matplotlib can open no window here" in said


def on_screen(name, display):
    path = f"{SUPPORT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    return subprocess.run(
        [sys.executable, SUPPORT / "play_on_screen.py", name],
        env={**os.environ, "DISPLAY": display, "MPLBACKEND": "TkAgg", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_keys_and_the_cross_of_the_window_with_three_dimensions(display):
    need("pyvista")
    done = on_screen("solid", display)
    assert done.returncode == 0, done.stderr


def test_keys_and_the_cross_of_the_window_with_two_dimensions(display):
    pytest.importorskip("tkinter", reason="needs Tk: apt install python3-tk")
    done = on_screen("slice", display)
    assert done.returncode == 0, done.stderr


def children(process):
    return psutil.Process(process.pid).children(recursive=True)


def simulating(process):
    """Return the simulation of a command, once it has started."""
    begin = time.monotonic()
    while True:
        found = [child for child in children(process) if "spawn_main" in " ".join(child.cmdline())]
        if found:
            return found[0]
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - begin < PATIENCE_S
        time.sleep(0.05)


def test_ctrl_c_ends_both_processes(display):
    need("pyvista")
    process = command("--world", "seed", DISPLAY=display)
    child = simulating(process)
    all_of_it = children(process)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    code, said = ended(process)
    assert (code, said.count("Traceback")) == (0, 0), said
    _, left = psutil.wait_procs([child, *all_of_it], timeout=10.0)
    assert left == []


def test_a_simulation_that_dies_ends_the_command_with_a_sentence(display):
    process = command("--2d", DISPLAY=display)
    simulating(process).kill()
    code, said = ended(process)
    assert code == 1
    assert "live-mvp: the simulation has ended with signal SIGKILL" in said


def test_a_command_that_is_killed_takes_its_simulation_along(display):
    process = command("--2d", DISPLAY=display)
    child = simulating(process)
    process.kill()
    process.communicate()
    _, left = psutil.wait_procs([child], timeout=60.0)
    assert left == []
