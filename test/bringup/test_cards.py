# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A graphics card: how a graph shares it, and why JAX does not use one that is there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from live_mvp_ros.base import pip_packages
from live_mvp_ros.bringup.card_facts import has_card, why_unused
from live_mvp_ros.bringup.card_sharing import (
    FRACTION,
    PREALLOCATE,
    SHARED,
    card_environment,
    undecided,
)
from live_mvp_ros.bringup.graph import GraphOptions, describe, recorder
from live_mvp_ros.bringup.supervisor import Command, Supervisor

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("options", [GraphOptions(), GraphOptions(controller="none")])
def test_the_nodes_of_a_graph_fit_on_one_card_together(options):
    graph = describe(options)
    shares = [float(node.environment[FRACTION]) for node in graph.nodes]
    assert len(set(shares)) == 1
    assert SHARED - 0.01 < sum(shares) <= SHARED + 0.005
    assert {node.environment[PREALLOCATE] for node in graph.nodes} == {"false"}
    assert recorder(graph, Path("bag")).environment == {}  # it computes nothing


def test_what_the_user_has_set_is_left_alone_under_either_name():
    wanted = card_environment(5)
    assert wanted == {PREALLOCATE: "false", FRACTION: "0.160"}
    assert undecided(wanted, {"HOME": "/"}) == wanted
    assert undecided(wanted, {FRACTION: "0.5"}) == {PREALLOCATE: "false"}
    assert undecided(wanted, {"XLA_PYTHON_CLIENT_MEM_FRACTION": "0.5"}) == {PREALLOCATE: "false"}
    assert undecided(wanted, {PREALLOCATE: "true", FRACTION: "0.5"}) == {}


def test_a_process_gets_its_variables_and_keeps_those_of_all(tmp_path):
    told = {"SHARE": "0.2", "MINE": "no"}
    command = Command("shell", ("sh", "-c", "echo $SHARE $MINE; sleep 60"), environment=told)
    supervisor = Supervisor([command], {"PATH": "/usr/bin:/bin", "MINE": "yes"}, tmp_path)
    supervisor.start()
    try:
        log = tmp_path / "shell.log"
        while "\n" not in (log.read_text() if log.exists() else ""):
            supervisor.poll()
        assert log.read_text() == "0.2 yes\n"
    finally:
        supervisor.kill()


@pytest.mark.parametrize(
    ("platforms", "environment", "has_plugin", "why"),
    [
        ({"gpu"}, {}, True, None),
        ({"cpu"}, {"JAX_PLATFORMS": "cpu"}, True, "JAX_PLATFORMS = 'cpu' leaves it out"),
        ({"cpu"}, {"CUDA_VISIBLE_DEVICES": "-1"}, True, "CUDA_VISIBLE_DEVICES = '-1' hides it"),
        ({"cpu"}, {}, False, "JAX is installed without CUDA"),
        ({"cpu"}, {"JAX_PLATFORMS": "cuda,cpu"}, True, "its driver does not answer"),
    ],
)
def test_it_is_said_why_a_card_is_not_used(platforms, environment, has_plugin, why):
    unused = why_unused(platforms, environment, has_plugin)
    if why is None:
        assert unused is None
    else:
        assert unused is not None
        assert unused.why.startswith(why)
        assert unused.remedy


@pytest.mark.parametrize(
    "sign", ["proc/driver/nvidia/version", "dev/nvidia0", "usr/lib/wsl/lib/libcuda.so.1"]
)
def test_cards_are_seen_on_linux_in_containers_and_in_wsl2(tmp_path, sign):
    assert not has_card(tmp_path)
    (tmp_path / sign).parent.mkdir(parents=True)
    (tmp_path / sign).touch()
    assert has_card(tmp_path)


def test_the_extra_with_cuda_takes_the_same_jax():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (cuda,) = project["optional-dependencies"]["cuda"]
    assert cuda.partition(";")[0].strip() == pip_packages.JAX_WITH_CUDA
    assert pip_packages.JAX_WITH_CUDA.replace("[cuda12]", "") == pip_packages.REQUIRED["jax"]
