# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The live-mvp command used wrongly: one sentence, exit code 2, nothing written."""

from __future__ import annotations

import fcntl
import importlib.metadata
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from domains import free_domain
from optional import need
from patience import PATIENCE_S

from live_mvp_ros.base import build_record

pytest.importorskip("rclpy", reason="explore needs ROS 2")

DOMAIN = str(free_domain())


def live_mvp(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "live_mvp_ros.bringup.environment", sys.executable, "-P", "-m",
         "live_mvp_ros.cli.main", *arguments],
        cwd=cwd,
        env={**os.environ, "ROS_DOMAIN_ID": DOMAIN, "PYTHONSAFEPATH": "1", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip


def assert_refused(result: subprocess.CompletedProcess[str], cwd: Path, *words: str) -> None:
    assert result.returncode == 2, result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("live-mvp: ")
    assert all(word in result.stderr for word in words), result.stderr
    assert not (cwd / "runs").exists()


def test_the_version_is_the_packages(tmp_path):
    result = live_mvp("--version", cwd=tmp_path)
    assert result.returncode == 0
    of = build_record.commit()
    commit = f" (commit {of})" if of else ""
    assert result.stdout == f"live-mvp {importlib.metadata.version('live_mvp_ros')}{commit}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("explore", "--world", "atlantis"), ("no world 'atlantis'", "office", "seed")),
        (("explore", "--params-file", "gone.yaml"), ("gone.yaml does not exist",)),
        (("explore", "--json", "no/such/m.json"), ("no/such does not exist",)),
        (("explore", "--json", "."), ("is a folder",)),
        (("explore", "--real-time-factor", "0"), ("--real-time-factor", "0.01")),
        (("explore", "--timeout", "-3"), ("--timeout",)),
        (("explore", "--timeout", "nan"), ("--timeout", "no finite number")),
        (("explore", "--seed", "9" * 20), ("--seed", "9007199254740992")),
        (("replay", "bag", "--rate", "nan"), ("--rate", "no finite number")),
        (("explore", "--namespace", "a b"), ("namespace = 'a b'",)),
        (("explore", "--controller", "ai"), ("ai", "imppi")),
        (("explore", "--nonsense"), ("--nonsense",)),
        (("explore", "--cores", "many"), ("cores = 'many' is not allowed", "auto, off")),
        (("explore", "--cores", "4000-4001"), ("cores = '4000-4001'", "may use")),
        (("explore", "--truth", "atlantis"), ("no world 'atlantis'",)),
        (("explore", "--view-open"), ("--view-open is for --view web",)),
        (("explore", "--record", ".", "--headless"), ("--record . exists already",)),
        (("explore", "--record", "b", "--no-record"), ("exclude each other",)),
        (("fly",), ("fly",)),
    ],
)
def test_wrong_arguments_are_refused(tmp_path, arguments, words):
    assert_refused(live_mvp(*arguments, cwd=tmp_path), tmp_path, *words)


def test_a_module_that_was_not_built_yet_is_said_with_what_finds_it(tmp_path):
    """A new file beside the others, which an old one imports, is in no build yet."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\n"
        "from live_mvp_ros.cli import main\n"
        "main.COMMANDS['mine'] = main.Lazy('live_mvp_ros.cli.mine', 'x')\n"
        "main.cli._commands_at['mine'] = main.COMMANDS['mine']\n"
        "sys.exit(main.main(['mine']))\n"
    )
    command = [sys.executable, "-P", str(program)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert_refused(result, tmp_path, "no module live_mvp_ros.cli.mine", "run `make setup`")
    node = [sys.executable, "-P", "-m", "live_mvp_ros.nodes", "mine"]
    result = subprocess.run(node, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "no module live_mvp_ros.nodes.mine" in result.stderr


def test_a_view_whose_port_is_taken_is_refused_before_anything_starts(tmp_path):
    pytest.importorskip("rerun", reason="the view needs Rerun")
    from live_mvp_ros.viewing.ports import WEB_PORT

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", WEB_PORT))
        other.listen()
        result = live_mvp("explore", "--view", "web", cwd=tmp_path)
    assert_refused(result, tmp_path, f"port {WEB_PORT} is taken")


def test_a_malformed_parameters_file_is_refused(tmp_path):
    (tmp_path / "p.yaml").write_text("live_map: [1, 2")
    result = live_mvp("explore", "--params-file", "p.yaml", cwd=tmp_path)
    assert_refused(result, tmp_path, "p.yaml is not valid YAML")


def test_a_wrong_domain_is_refused(tmp_path):
    result = live_mvp("explore", cwd=tmp_path, ROS_DOMAIN_ID="many")
    assert_refused(result, tmp_path, "ROS_DOMAIN_ID = 'many'")


def test_an_output_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    result = live_mvp("explore", "--output", "out", cwd=tmp_path)
    assert_refused(result, tmp_path, "--output out is not a folder")


def test_a_second_graph_in_the_same_domain_and_namespace_is_refused(tmp_path):
    name = f"live_mvp_ros-{os.getuid()}-{DOMAIN}-.lock"
    with (Path(tempfile.gettempdir()) / name).open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        result = live_mvp("explore", cwd=tmp_path)
    assert_refused(result, tmp_path, f"already running in ROS domain {DOMAIN}")


@pytest.mark.parametrize("offset", [0, 10, 11])
def test_a_domain_in_which_somebody_is_is_not_taken_for_a_test(offset):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 7400 + 250 * int(DOMAIN) + offset))
        with pytest.raises(RuntimeError, match=DOMAIN):
            free_domain([int(DOMAIN)])


@pytest.mark.slow
def test_nodes_that_somebody_else_started_are_found(tmp_path):
    import rclpy
    from rclpy.context import Context

    context = Context()
    rclpy.init(context=context, domain_id=int(DOMAIN))
    node = rclpy.create_node("live_map", context=context)
    try:
        result = live_mvp("explore", cwd=tmp_path)
    finally:
        node.destroy_node()
        context.try_shutdown()
    assert_refused(result, tmp_path, "already running", "/live_map")


@pytest.mark.slow
def test_a_parameter_out_of_range_is_refused_by_the_node_that_owns_it(tmp_path):
    need("jax")
    (tmp_path / "p.yaml").write_text("quadrotor_sim:\n  ros__parameters: {rate_hz: -5.0}\n")
    result = live_mvp("explore", "--params-file", "p.yaml", cwd=tmp_path)
    assert_refused(result, tmp_path, "quadrotor_sim: rate_hz = -5.0 is not allowed")


@pytest.mark.slow
def test_a_broken_world_file_is_refused(tmp_path):
    need("jax", "mcap")
    (tmp_path / "w.yaml").write_text(
        "{name: w, lower_m: [0, 0, 0], upper_m: [4, 4, 3], start_m: [1, 1, 1], goal_m: [3, 3, 1],"
        " primitives: [{type: pyramid}]}"
    )
    result = live_mvp("explore", "--world", "w.yaml", cwd=tmp_path)
    assert_refused(result, tmp_path, "w.yaml", "pyramid")
