# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Work through jobs in several processes that keep what they compiled, and survive their crashes.

A worker is a fresh interpreter (spawned, so that no state of XLA is inherited) which makes its
task once and then does job after job. One that dies costs its job only: the job is answered by a
``Failure`` and a new worker takes its place. Interrupts stay with the calling process.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, Generic, TypeVar

from live_mvp_ros.base.child_processes import end_in_words, start_without_interrupts

Job = TypeVar("Job")
Task = Callable[[Any], Any]
END_LIMIT_S = 2.0


@dataclasses.dataclass(frozen=True)
class Failure:
    """A job that could not be done, and why in one sentence."""

    sentence: str


def in_processes(
    make_task: Callable[[], Task],
    jobs: Sequence[Job],
    count: int,
    end_limit_s: float = END_LIMIT_S,
) -> Iterator[tuple[Job, Any]]:
    """Yield (job, answer) in the order in which jobs are done; an answer may be a ``Failure``.

    Args:
        make_task: called once in each worker (so it must be importable); returns what does a job.
        jobs: to be done; sent to the workers in this order.
        count: of workers.
        end_limit_s: how long workers have to end when nobody asks for more answers.
    """
    context = multiprocessing.get_context("spawn")
    waiting, workers = deque(jobs), list[_Worker[Job]]()
    try:
        while waiting or workers:
            while waiting and len(workers) < count:
                workers.append(_Worker(context, make_task, waiting.popleft()))
            ready = wait([worker.connection for worker in workers])
            for worker in [worker for worker in workers if worker.connection in ready]:
                job, answer = worker.job, worker.answer()
                if waiting and not worker.broken:
                    worker.give(waiting.popleft())
                else:
                    worker.stop()
                    worker.end()
                    workers.remove(worker)
                yield job, answer
    finally:
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.end(end_limit_s)


JOB_ERRORS = (ArithmeticError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What one bad job may raise, JAX's errors included: it fails with a sentence and the worker goes
on. Anything else ends the process, which costs the same job and is told by its exit code."""


def sentence_of(error: BaseException) -> str:
    """Return an exception as one line: its kind and the first line of its text."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


class _Worker(Generic[Job]):
    def __init__(self, context: SpawnContext, make_task: Callable[[], Task], job: Job) -> None:
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=_serve, args=(make_task, theirs), daemon=True
        )
        start_without_interrupts(self.process)
        theirs.close()
        self.broken = False
        self.give(job)

    def give(self, job: Job) -> None:
        self.job = job
        try:
            self.connection.send(job)
        except OSError:  # it died; what it had to say, or that it said nothing, is read later
            return

    def answer(self) -> Any:
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self.broken = True
            self.process.join(END_LIMIT_S)
            return Failure(f"its process ended {end_in_words(self.process.exitcode)}")

    def stop(self) -> None:
        """Tell the process to end."""
        self.connection.close()
        self.process.terminate()

    def end(self, limit_s: float = END_LIMIT_S) -> None:
        """Wait until a process that was told to end has saved what it has to, up to the limit."""
        self.process.join(limit_s)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _serve(make_task: Callable[[], Task], connection: Connection) -> None:
    """Do jobs until the other side closes; the other side may also die."""
    task = make_task()
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer = task(job)
        except JOB_ERRORS as error:
            answer = Failure(sentence_of(error))
        try:
            connection.send(answer)
        except OSError:
            return
