# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Work in several processes: every job is answered, whatever happens to who does it."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import textwrap
from pathlib import Path

import pytest

from live_mvp_ros.evaluation.workers import Failure, in_processes

TASK = """
    import os, signal

    def make():
        return do

    def fail():
        raise RuntimeError("no task today")

    def do(job):
        if job == "exit":
            os._exit(3)
        if job == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if job == "raise":
            raise KeyError("seven")
        return job, os.getpid(), signal.getsignal(signal.SIGINT) == signal.SIG_IGN
"""


@pytest.fixture
def tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "tasks_of_test.py").write_text(textwrap.dedent(TASK))
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("tasks_of_test")
    sys.modules.pop("tasks_of_test")


PREPARED = """
    import jax
    from live_mvp_ros.evaluation.campaign import Pilot

    def make():
        Pilot()
        return lambda job: (jax.config.jax_compilation_cache_dir, job)
"""


def test_the_workers_of_a_campaign_share_what_was_compiled(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVE_MVP_ROS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    (tmp_path / "prepared_of_test.py").write_text(textwrap.dedent(PREPARED))
    monkeypatch.syspath_prepend(tmp_path)
    make = importlib.import_module("prepared_of_test").make
    ((_, answer),) = in_processes(make, [1], 1)
    assert answer == (str(tmp_path / "cache" / "jax"), 1)


def test_a_worker_does_job_after_job_and_leaves_interrupts_to_its_caller(tasks):
    answers = dict(in_processes(tasks.make, [1, 2, 3, 4, 5], 2))
    assert sorted(answers) == [1, 2, 3, 4, 5]
    assert all(answer[0] == job for job, answer in answers.items())
    processes = {answer[1] for answer in answers.values()}
    assert 1 <= len(processes) <= 2
    assert os.getpid() not in processes
    assert all(answer[2] for answer in answers.values())
    assert not multiprocessing.active_children()


def test_who_dies_costs_one_job_and_who_raises_goes_on(tasks):
    jobs = ["raise", 1, "exit", "kill", 2]
    answers = dict(in_processes(tasks.make, jobs, 1))
    assert answers["raise"] == Failure("KeyError: 'seven'")
    assert answers["exit"] == Failure("its process ended with exit code 3")
    assert answers["kill"] == Failure("its process ended with signal SIGKILL")
    assert answers[1][0] == 1
    assert answers[2][0] == 2
    assert answers[1][1] != answers[2][1]


def test_a_task_that_cannot_be_made_fails_every_job(tasks):
    answers = dict(in_processes(tasks.fail, ["a", "b"], 2))
    assert set(answers) == {"a", "b"}
    assert all(isinstance(answer, Failure) for answer in answers.values())


def test_who_stops_asking_leaves_no_process_behind(tasks):
    answers = in_processes(tasks.make, list(range(50)), 2)
    next(answers)
    answers.close()
    assert not multiprocessing.active_children()


def test_nothing_to_do_starts_nothing(tasks):
    assert list(in_processes(tasks.make, [], 2)) == []
