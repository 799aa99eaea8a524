# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A signal ends a node at any moment of its life, also while it is still being imported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from patience import PATIENCE_S


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def catches(pid: int, number: int) -> bool:
    """Return whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(mask, 16) >> (number - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_node_that_is_still_importing(tmp_path, number):
    node = tmp_path / "jax.py"  # found before the real one
    node.write_text("import pathlib, time\npathlib.Path('importing').touch()\ntime.sleep(600)\n")
    paths = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    process = subprocess.Popen(
        [sys.executable, "-m", "live_mvp_ros.nodes", "live_map"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.PIPE,
    )
    try:
        wait_for((tmp_path / "importing").exists)
        assert catches(process.pid, signal.SIGTERM)  # Python itself has a handler for SIGINT only
        process.send_signal(number)
        _, said = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, said) == (0, b"")


RELIEF = """
import os, signal, threading
from live_mvp_ros.ros.signals import Signals

def watchers():
    return [t for t in threading.enumerate() if t.name == "signals"]

class Node:
    def end(self):
        print("told", flush=True)
        os._exit(3)

Signals()
first = watchers()[0]
second = Signals()
first.join()
assert len(watchers()) == 1
second.hand_to(Node())
os.kill(os.getpid(), signal.SIGTERM)
threading.Event().wait()
"""


def test_the_node_takes_the_signals_over_from_its_start():
    command = [sys.executable, "-c", RELIEF]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert (result.returncode, result.stdout, result.stderr) == (3, "told\n", "")
