# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The same as ``workers``, on the machines of a Ray cluster (https://docs.ray.io).

Each worker is an actor with one CPU that keeps what it compiled. An actor that dies costs its job
only. The machines of the cluster must have this package installed.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from live_mvp_ros.base.jax_setup import ONE_THREAD
from live_mvp_ros.evaluation.workers import Failure, Task, sentence_of

Job = TypeVar("Job")
LOCAL = "local"
ENVIRONMENT = {"XLA_FLAGS": ONE_THREAD, "NPROC": "1"}


class RayUnavailableError(RuntimeError):
    """Ray cannot be used; the text is one sentence with the remedy."""


def on_ray(
    make_task: Callable[[], Task], jobs: Sequence[Job], address: str, count: int | None
) -> Iterator[tuple[Job, Any]]:
    """Yield (job, answer) in the order in which jobs are done; an answer may be a ``Failure``.

    Args:
        make_task: called once in each worker (so it must be importable); returns what does a job.
        jobs: to be done.
        address: of a running cluster, such as ``auto`` or ``ray://host:10001``, or ``local`` to
            start one on this machine for the time of this call.
        count: of workers; None for one per CPU of the cluster.

    Raises:
        RayUnavailableError: Ray is not installed, or there is no cluster at the address.
    """
    ray = _connect(address, count)
    try:
        count = count or max(1, int(ray.cluster_resources().get("CPU", 1)))
        yield from _work(ray, make_task, deque(jobs), count)
    finally:
        ray.shutdown()


def _connect(address: str, count: int | None) -> Any:
    try:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray
    except ImportError as error:
        raise RayUnavailableError(
            "--ray needs Ray, which is not installed here: run `pip install 'live_mvp_ros[ray]'`"
        ) from error
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address == LOCAL:
        options |= {"num_cpus": count, "include_dashboard": False}
    try:
        ray.init(address=address, runtime_env={"env_vars": ENVIRONMENT}, **options)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise RayUnavailableError(
            f"no Ray cluster answers at {address}: {sentence_of(error)}"
        ) from error
    return ray


def _work(
    ray: Any, make_task: Callable[[], Task], waiting: deque[Job], count: int
) -> Iterator[tuple[Job, Any]]:
    actor_class = ray.remote(num_cpus=1, max_restarts=0)(_Actor)
    running: dict[Any, tuple[Any, Job]] = {}

    def give(actor: Any) -> None:
        job = waiting.popleft()
        running[actor.do.remote(job)] = (actor, job)

    while waiting or running:
        while waiting and len(running) < count:
            give(actor_class.remote(make_task))
        done, _ = ray.wait(list(running), num_returns=1)
        actor, job = running.pop(done[0])
        answer, alive = _answer(ray, done[0])
        if waiting and alive:
            give(actor)
        else:
            ray.kill(actor)
        yield job, answer


def _answer(ray: Any, reference: Any) -> tuple[Any, bool]:
    """Return what a worker answered, and whether it can do another job."""
    try:
        return ray.get(reference), True
    except ray.exceptions.RayTaskError as error:
        return Failure(sentence_of(error.cause)), True
    except ray.exceptions.RayError as error:
        return Failure(f"its worker was lost: {sentence_of(error)}"), False


class _Actor:
    """Makes its task once and does job after job."""

    def __init__(self, make_task: Callable[[], Task]) -> None:
        self._task = make_task()

    def do(self, job: Any) -> Any:
        return self._task(job)
