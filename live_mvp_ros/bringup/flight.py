# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One flight from start to report: bring the graph up, watch it, end it, write it down.

Order matters for the start: the nodes are started first, and what this process needs for itself is
loaded while they start. A first SIGINT or SIGTERM ends the flight and still writes the report, all
within three seconds; a second one kills everything at once.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import numpy as np

from live_mvp_ros import completion_report
from live_mvp_ros.bringup import report
from live_mvp_ros.bringup.environment import child_environment
from live_mvp_ros.bringup.errors import FAILED, BringupError, UsageError
from live_mvp_ros.bringup.graph import IN_RUN_FOLDER, Graph, NodeSpec, describe, recorder, viewer
from live_mvp_ros.bringup.lock import GraphLock
from live_mvp_ros.bringup.record import FlightRecord
from live_mvp_ros.bringup.report import Ending, Scores
from live_mvp_ros.bringup.resources import MemoryWatch
from live_mvp_ros.bringup.scoring import Scorer
from live_mvp_ros.bringup.supervisor import Command, Supervisor
from live_mvp_ros.results import write_json

if TYPE_CHECKING:
    from live_mvp_ros.bringup.monitor import Monitor

MAP_FILE = "neural_map.npz"
START_LIMIT_S = 180.0
STANDSTILL_LIMIT_S = 30.0
TWINS_LIMIT_S = 60.0
TICK_S = 0.1
COMPLETION_LIMIT_S = 2.0


@dataclasses.dataclass(frozen=True)
class FlightOptions:
    """How a flight is run, besides what flies.

    Attributes:
        output: folder in which a folder for this run is created.
        timeout_s: the flight ends after so many seconds of flight, None for never.
        json_file: gets a copy of metrics.json, or None.
        record: folder of a bag with every topic, ``IN_RUN_FOLDER`` for one beside the results,
            None for no bag.
        view: ``window``, ``web`` or ``file`` (flight.rrd beside the results) of Rerun, or None.
    """

    output: Path
    timeout_s: float | None = None
    json_file: Path | None = None
    record: Path | None = IN_RUN_FOLDER
    view: str | None = None


@dataclasses.dataclass(frozen=True)
class Glance:
    """What a person wants to see of a running flight; None where it is not known yet."""

    state: str
    note: str
    flight_time_s: float
    explored_fraction: float | None
    path_length_m: float
    speed_m_s: float
    clearance_m: float | None
    control_ms: float | None
    real_time_factor: float | None


class Interrupts:
    """Counts SIGINT, SIGTERM and SIGHUP; the second one calls ``emergency`` and leaves."""

    def __init__(self) -> None:
        """Take the signals over; must be called in the main thread."""
        self.emergency: Callable[[], None] = lambda: None
        self._asked = threading.Event()
        self._before = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }

    @property
    def asked(self) -> bool:
        """Whether somebody wants the end."""
        return self._asked.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the wish to end; return whether it came."""
        return self._asked.wait(timeout_s)

    def restore(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._asked.is_set():
            self.emergency()
            os._exit(FAILED)
        self._asked.set()


class Flight:
    """Runs a graph until its mission ends; ``show`` sees a glance ten times a second."""

    def __init__(
        self,
        graph: Graph,
        options: FlightOptions,
        show: Callable[[Glance], None],
        say: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is started or written before ``run``."""
        self.folder: Path | None = None
        self.metrics: dict[str, object] = {}
        self._graph, self._options = graph, options
        self._show, self._say = show, say
        self._scorer = Scorer(graph.options.world)
        self._monitor: Monitor | None = None
        self._length_m, self._counted = 0.0, 0
        self._moved_at, self._moved_stamp = time.monotonic(), math.nan

    @property
    def unfinished(self) -> bool:
        """Whether a thread still loads something: the process must leave without cleaning up."""
        return self._scorer.busy

    def run(self) -> Ending:
        """Fly, and write the report.

        Raises:
            UsageError: something was asked for wrongly; nothing is left behind.
            BringupError: the graph could not be kept alive before the drone flew.
        """
        interrupts = Interrupts()
        try:
            with contextlib.ExitStack() as stack:
                lock = GraphLock(self._graph.nodes[0].namespace)
                stack.callback(lock.release)
                lock.check_discovery({node.full_name for node in self._graph.nodes})
                if interrupts.asked:
                    return Ending("interrupted")
                return self._run(interrupts, lock, stack)
        finally:
            interrupts.restore()

    def _run(self, interrupts: Interrupts, lock: GraphLock, stack: contextlib.ExitStack) -> Ending:
        folder = self.folder = new_folder(self._options.output)
        map_file = str(folder / MAP_FILE)
        graph = describe(dataclasses.replace(self._graph.options, map_file=map_file))
        supervisor = Supervisor(
            [
                Command(n.name, n.command(graph.params_file), n.niceness, n.respawn)
                for n in (*self._extras(graph, folder), *graph.nodes)
            ],
            child_environment(),
            folder / "log",
            self._say,
        )
        interrupts.emergency = supervisor.kill
        stack.callback(supervisor.stop)
        try:
            supervisor.start()
            memory = MemoryWatch(lambda: [*supervisor.pids().values(), os.getpid()])
            stack.callback(memory.stop)
            ending = self._watch(supervisor, interrupts, lock, stack)
        except UsageError:
            supervisor.stop()
            remove_folder(folder)
            self.folder = None
            raise
        return self._finish(ending, supervisor, memory, hurry=interrupts.asked)

    def _extras(self, graph: Graph, folder: Path) -> list[NodeSpec]:
        """Return the nodes that only look on; they start first, to miss nothing."""
        wanted, view = self._options.record, self._options.view
        nodes = []
        if wanted is not None:
            bag = folder / "bag" if wanted == IN_RUN_FOLDER else wanted.absolute()
            nodes.append(recorder(graph, bag))
        if view is not None:
            nodes.append(viewer(graph, view, folder / "flight.rrd"))
        return nodes

    def _watch(
        self,
        supervisor: Supervisor,
        interrupts: Interrupts,
        lock: GraphLock,
        stack: contextlib.ExitStack,
    ) -> Ending:
        from live_mvp_ros.bringup.monitor import Monitor  # the nodes are starting meanwhile

        monitor = self._monitor = Monitor(
            self._graph.nodes[0].namespace,
            self._scorer.map_arrived,
            flies_by_odometry=self._graph.options.controller == "none",
        )
        stack.callback(monitor.close)
        names = [node.full_name for node in self._graph.nodes]
        begin = time.monotonic()
        while not interrupts.wait(TICK_S):
            # A node that was killed stays visible for a while beside the one that replaces it.
            fresh = time.monotonic() - begin < TWINS_LIMIT_S
            if (
                fresh
                and not any(supervisor.restarts().values())
                and (twin := monitor.twice(names))
            ):
                raise lock.busy(f"node {twin}")
            try:
                supervisor.poll()
            except UsageError:
                raise
            except BringupError as error:
                self._say(str(error))
                return Ending(str(error).splitlines()[0].partition("; its last")[0])
            if monitor.latest_map is not None:
                self._scorer.start()
            self._show(self._glance(monitor))
            ending = self._ended(monitor, time.monotonic() - begin)
            if ending is not None:
                return ending
        return Ending("interrupted")

    def _ended(self, monitor: Monitor, elapsed_s: float) -> Ending | None:
        record, limit = monitor.record, self._options.timeout_s
        state = record.status.state if record.status else "no status yet"
        reason = record.status.reason if record.status else ""
        if state == "DONE":
            return Ending(reason or "the mission is complete", complete=True)
        if state == "FAULT":
            return Ending(f"fault: {reason}")
        if limit is not None and record.now_s() >= limit:
            return Ending(f"the time limit of {limit:g} s of flight was reached")
        if not record.flying and elapsed_s > START_LIMIT_S:
            return Ending(f"nothing flew within {START_LIMIT_S:g} s ({state} {reason})".strip())
        if record.last_stamp_s() != self._moved_stamp:
            self._moved_at, self._moved_stamp = time.monotonic(), record.last_stamp_s()
        if record.flying and time.monotonic() - self._moved_at > STANDSTILL_LIMIT_S:
            return Ending(f"no odometry came for {STANDSTILL_LIMIT_S:g} s")
        return None

    def _glance(self, monitor: Monitor) -> Glance:
        record, status = monitor.record, monitor.record.status
        fresh = record.positions_since(self._counted)
        self._length_m += report.path_length(fresh)
        self._counted += max(0, len(fresh) - 1)
        latencies = record.latencies_ms[-250:]
        return Glance(
            state=status.state if status else "STARTING",
            note=(status.reason if status else "") or next(iter(monitor.complaints.values()), ""),
            flight_time_s=record.now_s(),
            explored_fraction=self._scorer.fraction
            if self._scorer.fraction is not None
            else _finite(status.explored_fraction if status else None),
            path_length_m=self._length_m,
            speed_m_s=record.speed_m_s(),
            clearance_m=_finite(status.clearance_m if status else None),
            control_ms=float(np.median(latencies)) if latencies else None,
            real_time_factor=record.real_time_factor(),
        )

    def _finish(
        self, ending: Ending, supervisor: Supervisor, memory: MemoryWatch, *, hurry: bool
    ) -> Ending:
        """Save the map, end the nodes and write the report; ``hurry``: within three seconds.

        Returns:
            The ending with what is left in its reason.
        """
        assert self._monitor is not None
        assert self.folder is not None
        monitor, folder = self._monitor, self.folder
        monitor.record.end()
        if not hurry:
            monitor.end_mission(COMPLETION_LIMIT_S)
        ending = with_completion(ending, monitor.record)
        if monitor.latest_map is not None:
            problem = monitor.save_map(folder / MAP_FILE, 0.7 if hurry else 15.0)
            if problem:
                self._say(f"the neural map was not saved: {problem}")
        restarts = supervisor.restarts()
        memory.stop()
        stopping = threading.Thread(target=supervisor.stop, args=(1.2 if hurry else 2.0,))
        stopping.start()
        scored = self._scorer.finish(1.0 if hurry else 60.0)
        self._write(ending, folder, restarts, memory.peak_mib, scored, hurry)
        stopping.join()
        return ending

    def _write(
        self,
        ending: Ending,
        folder: Path,
        restarts: dict[str, int],
        peak_mib: float,
        scored: bool,
        hurry: bool,
    ) -> None:
        assert self._monitor is not None
        record, scores = self._monitor.record, None
        if scored:
            positions = record.true_trajectory().positions_m
            scores = Scores(self._scorer.exploration(), self._scorer.safety(positions))
        self.metrics = report.metrics(
            self._graph, record, ending, scores, peak_rss_mib=peak_mib, restarts=restarts
        )
        write_json(folder / "metrics.json", self.metrics)
        if self._options.json_file is not None:
            write_json(self._options.json_file, self.metrics)
        report.write_tables(folder, record, scores)
        report.write_course(folder, self._graph, record, self._monitor.moments)
        if (
            scored or not hurry
        ):  # else JAX and matplotlib are not loaded yet, and there is no time to
            latest = self._monitor.latest_map
            image = report.write_map(folder, latest) if latest is not None else None
            drawn = report.write_plots(folder, self._graph, record, image, scores)
            self._write_page(folder, drawn, hurry)

    def _write_page(self, folder: Path, drawn: dict[str, bytes], hurry: bool) -> None:
        """Write report.html, in a hurry only with the pictures that there are."""
        from live_mvp_ros.bringup import page
        from live_mvp_ros.bringup.run_data import read_run

        run = read_run(folder)
        if hurry:
            page.write_page(run, drawn)
        else:
            page.write_report(run)


def with_completion(ending: Ending, record: FlightRecord) -> Ending:
    """Return the ending with what is left in its reason, as far as the planner has said so.

    The record's report gets the reason of the flight: the controller may know only that it was
    told to stop.
    """
    if record.completion is None:
        return ending
    record.completion = dataclasses.replace(record.completion, ended=ending.reason)
    reason = completion_report.ending(ending.reason, record.completion.in_words())
    return dataclasses.replace(ending, reason=reason)


def new_folder(parent: Path) -> Path:
    """Create and return a folder for this run, named by the time.

    Raises:
        UsageError: it cannot be created.
    """
    name = datetime.now().strftime("%Y%m%d-%H%M%S")
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        try:
            folder = parent / f"{name}{suffix}"
            folder.mkdir(parents=True)
            return folder.resolve()
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"cannot create {folder}: {error.strerror}") from error
    raise UsageError(f"there are too many runs of this second in {parent}")


def remove_folder(folder: Path) -> None:
    """Remove the folder of a run that never began, and its parent if nothing else is in it."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
