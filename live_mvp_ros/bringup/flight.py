# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One flight from start to report: bring the graph up, watch it, end it, write it down.

Order matters for the start: the nodes are started first, and what this process needs for itself is
loaded while they start. A first SIGINT or SIGTERM ends the flight and still writes the report, all
within three seconds; a second one kills everything at once.

What was asked for wrongly is refused with the folder of the run removed again; but whatever holds
data stays: a folder is removed only while nothing has flown, and of it only what the start wrote.
"""

from __future__ import annotations

import contextlib
import dataclasses
import glob
import math
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from live_mvp_ros import completion_report
from live_mvp_ros.bags.metadata import FILE_NAME as METADATA
from live_mvp_ros.bringup import cores, report
from live_mvp_ros.bringup.cores import NOT_DIVIDED, WORKING
from live_mvp_ros.bringup.environment import child_environment
from live_mvp_ros.bringup.errors import FAILED, BringupError, UsageError
from live_mvp_ros.bringup.flown import Flown, flown
from live_mvp_ros.bringup.graph import (
    IN_RUN_FOLDER,
    Graph,
    NodeSpec,
    recorder,
    viewer,
    with_map_file,
)
from live_mvp_ros.bringup.lock import GraphLock
from live_mvp_ros.bringup.network import check_network
from live_mvp_ros.bringup.process import keep_to
from live_mvp_ros.bringup.progress import PAUSED, Progress, Waits, join
from live_mvp_ros.bringup.record import FlightRecord
from live_mvp_ros.bringup.report import Ending, Scores
from live_mvp_ros.bringup.resources import MemoryWatch
from live_mvp_ros.bringup.scoring import Basis, Scorer
from live_mvp_ros.bringup.supervisor import Supervisor
from live_mvp_ros.bringup.twins import Twins
from live_mvp_ros.jax_setup import has_programs
from live_mvp_ros.results import write_json
from live_mvp_ros.threads import traceback_of

if TYPE_CHECKING:
    from live_mvp_ros.bringup.monitor import Monitor

T = TypeVar("T")

MAP_FILE = "neural_map.npz"
STANDSTILL_LIMIT_S = 30.0
TWINS_PERIOD_S = 0.5
ASKING_PERIOD_S = 1.0
ANSWERS_LIMIT_S = 10.0  # after the first map
TICK_S = 0.1
COMPLETION_LIMIT_S = 2.0
RENEWAL_LIMIT_S = 2.0
UP_AFTER_S = 3.0  # a node that compiles says so after one second, once a second
WAITING = ("WAITING_FOR_ODOM", "WAITING_FOR_MAP")
HAS_FLOWN = ("EXPLORING", "GOING_TO_GOAL", "DONE")
ITS_OWN_END_S = 2.0  # beyond the limit, in which a mission that knows it ends by itself


@dataclasses.dataclass(frozen=True)
class FlightOptions:
    """How a flight is run, besides what flies.

    Attributes:
        output: folder in which a folder for this run is created.
        timeout_s: the flight ends after so many seconds of flight, and before take-off after so
            many of waiting, in which all nodes were ready, see ``Waits``; None for never.
        json_file: gets a copy of metrics.json, or None.
        record: folder of a bag with every topic, ``IN_RUN_FOLDER`` for one beside the results,
            None for no bag.
        view: ``window``, ``web`` or ``file`` (flight.rrd beside the results) of Rerun, or None.
        truth: world that the flight is scored against; None for the one that depth is rendered
            from, and where nothing renders it, the flight is not scored.
        cores: ``auto``, ``off`` or a list, see ``bringup.cores``.
        view_open: others than this machine may see the web page.
    """

    output: Path
    timeout_s: float | None = None
    json_file: Path | None = None
    record: Path | None = IN_RUN_FOLDER
    view: str | None = None
    truth: str | None = None
    cores: str = cores.AUTO
    view_open: bool = False


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
    unsafe_plan_fraction: float | None = None


class Interrupts:
    """Counts SIGINT, SIGTERM and SIGHUP; the second one calls ``emergency`` and leaves.

    The first one calls ``at_once``, for what cannot wait until the main thread asks.
    """

    def __init__(self) -> None:
        """Take the signals over; must be called in the main thread."""
        self.at_once: Callable[[], None] = lambda: None
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
        self.at_once()


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
        self._scorer = Scorer()
        self._division = NOT_DIVIDED
        self._monitor: Monitor | None = None
        self._length_m, self._counted = 0.0, 0
        self._moved_at, self._moved_stamp = time.monotonic(), math.nan
        self._waits = Waits(options.timeout_s, alone=graph.options.vehicle == "sim")
        self._asked_at = self._looked_at = -math.inf
        self._warned = False
        self._restarts = 0
        self._up_since: float | None = None
        self._shared_out = False
        self._everyone: frozenset[int] = frozenset()
        self._balance = cores.Balance((), False)
        self._balanced_at, self._usage = time.monotonic(), cores.Usage()

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
                check_network()
                lock = GraphLock(self._graph.nodes[0].namespace)
                stack.callback(lock.release)
                before = cores.core_times()
                lock.check_discovery({node.full_name for node in self._graph.nodes})
                self._divide(before)
                if interrupts.asked:
                    return Ending("interrupted")
                return self._run(interrupts, lock, stack)
        finally:
            interrupts.restore()

    def _divide(self, before: cores.CoreTimes | None) -> None:
        """Decide how the cores are divided, once the graph is up."""
        self._division = cores.divide(self._options.cores, before, cores.core_times())
        if self._options.cores != cores.OFF:
            self._say(f"processor: {self._division.in_words()}")

    def _share_out(
        self, supervisor: Supervisor, monitor: Monitor, stack: contextlib.ExitStack
    ) -> None:
        """Divide the cores when the graph is up: until then who compiles may have all of them.

        This process, which only looks on, keeps to those for work then, too. Until then, a node
        keeps its good priority as well until it has produced something.
        """
        everyone = cores.allowed_cores()
        if not self._shared_out and self._is_up(monitor):
            self._shared_out = True
            stack.callback(keep_to, os.getpid(), everyone)
            self._everyone = everyone
            self._balance = cores.Balance(everyone, bool(self._division.groups))
            self._keep_apart(supervisor)
        elif self._shared_out:
            self._rebalance(supervisor)
        progress = monitor.progress
        supervisor.settled(progress.ready() if self._shared_out else progress.prepared())

    def _rebalance(self, supervisor: Supervisor) -> None:
        """Take the division back while others keep the cores busy, and make it again later."""
        now, division = time.monotonic(), self._division
        passed_s = now - self._balanced_at
        if passed_s < cores.LOOK_PERIOD_S or not division.possible:
            return
        self._balanced_at = now
        if not division.groups:
            division = dataclasses.replace(division, mixed_s=division.mixed_s + passed_s)
        used_s = self._usage.of([os.getpid(), *supervisor.pids().values()])
        apart = self._balance.look(cores.core_times(used_s), passed_s)
        if apart != bool(division.groups):
            groups = division.possible if apart else {}
            idle = f"the {len(self._everyone)} cores are idle otherwise"
            busy = cores.busy_in_words(self._balance.load, self._everyone)
            division = dataclasses.replace(division, groups=groups, reason=idle if apart else busy)
        changed, self._division = division.groups != self._division.groups, division
        if changed:
            self._say(f"processor: {division.in_words()}")
            self._keep_apart(supervisor)

    def _keep_apart(self, supervisor: Supervisor) -> None:
        """Keep all to the cores that the division gives them, this process to those for work."""
        apart = bool(self._division.groups)
        supervisor.share_out(frozenset() if apart else self._everyone)
        keep_to(os.getpid(), self._division.of(WORKING) if apart else self._everyone)

    def _is_up(self, monitor: Monitor) -> bool:
        """Return whether all have compiled what they need: it flies, or could if it were to.

        A node that has just got its first input looks ready for a moment before it compiles.
        """
        now, status = time.monotonic(), monitor.record.status
        state = "" if status is None else status.state
        steered = self._graph.options.controller == "none" or state not in ("", *WAITING)
        if monitor.progress.starting or not monitor.has_plan or not steered:
            self._up_since = None
        elif self._up_since is None:
            self._up_since = now
        lasts = self._up_since is not None and now - self._up_since >= UP_AFTER_S
        return lasts or state in HAS_FLOWN

    def _run(self, interrupts: Interrupts, lock: GraphLock, stack: contextlib.ExitStack) -> Ending:
        place = new_folder(self._options.output)
        folder = self.folder = place.path
        map_file = str(folder / MAP_FILE)
        graph = with_map_file(self._graph, map_file)
        extras = self._extras(graph, folder)
        supervisor = Supervisor(
            [node.supervised(self._division, lock.mark) for node in (*extras, *graph.nodes)],
            cores.frugal(child_environment()),
            folder / "log",
            self._say,
            settles=True,
        )
        interrupts.emergency = partial(self._emergency, supervisor)
        stack.callback(supervisor.stop)
        if not has_programs():
            self._say(
                "first start here: every node compiles its programs for this machine, once, which "
                "takes some minutes; later starts take seconds"
            )
        try:
            supervisor.start()
            memory = MemoryWatch(lambda: [*supervisor.pids().values(), os.getpid()])
            stack.callback(memory.stop)
            names = [node.full_name for node in extras]
            ending = self._watch(supervisor, interrupts, lock, names, stack)
        except UsageError as error:
            supervisor.stop(in_a_hurry=lambda: interrupts.asked or not self._has_data())
            if self._has_data():
                self._say_open_bags()
                raise UsageError(f"{error}; what was recorded is in {folder}") from error
            if remove_folder(place):
                self.folder = None
            raise
        return self._finish(ending, supervisor, memory, interrupts)

    def _has_data(self) -> bool:
        """Return whether the folder holds something that only this flight could give."""
        monitor = self._monitor
        if monitor is None:
            return False
        is_theirs = self._graph.options.vehicle != "sim"
        return monitor.record.flying or (is_theirs and monitor.heard_vehicle)

    def _extras(self, graph: Graph, folder: Path) -> list[NodeSpec]:
        """Return the nodes that only look on; they start first, to miss nothing."""
        wanted, view = self._options.record, self._options.view
        nodes = []
        if wanted is not None:
            nodes.append(recorder(graph, bag_folder(folder, wanted)))
        if view is not None:
            nodes.append(viewer(graph, view, folder / "flight.rrd", self._options.view_open))
        return nodes

    def _watch(
        self,
        supervisor: Supervisor,
        interrupts: Interrupts,
        lock: GraphLock,
        onlookers: list[str],
        stack: contextlib.ExitStack,
    ) -> Ending:
        # An import takes seconds; who leaves meanwhile must not wait for it beside the nodes.
        interrupts.at_once = supervisor.dismiss
        if interrupts.asked:
            supervisor.dismiss()
        from live_mvp_ros.bringup.monitor import Monitor  # the nodes are starting meanwhile

        options, names = self._graph.options, [node.full_name for node in self._graph.nodes]
        monitor = self._monitor = Monitor(
            self._graph.nodes[0].namespace,
            self._scorer.map_arrived,
            nodes=names,
            onlookers=onlookers,
            sim_time=options.sim_time,
            flies_by_odometry=options.controller == "none",
            frame_prefix=str(self._graph.nodes[0].parameters.get("frame_prefix", "")),
        )
        stack.callback(monitor.close)
        interrupts.at_once = lambda: None
        twins = Twins(names, lock.mark)
        while not interrupts.wait(TICK_S):
            ending = self._lost(monitor) or self._yields(monitor, twins, lock)
            if ending is not None:
                return ending
            supervisor.worked(monitor.progress.working())
            self._share_out(supervisor, monitor, stack)
            try:
                supervisor.poll()
            except UsageError:
                raise
            except BringupError as error:
                self._say(str(error))
                return Ending(str(error).splitlines()[0].partition("; its last")[0])
            self._renew_after_restart(supervisor, monitor)
            self._prepare_scores(monitor)
            self._show(self._glance(monitor))
            ending = self._ended(monitor)
            if ending is not None:
                return ending
        return Ending("interrupted")

    def _lost(self, monitor: Monitor) -> Ending | None:
        """Return how a flight ends that nobody follows any more, None while somebody does."""
        error = monitor.failure
        if error is None:
            return None
        assert self.folder is not None
        sentence = f"the flight is not watched any more: {described(error)}"
        log = self.folder / "log" / "watcher.log"
        self._attempt(str(log), log.write_text, traceback_of(error))
        self._say(f"{sentence}; where that happened is in {log}")
        return Ending(sentence)

    def _yields(self, monitor: Monitor, twins: Twins, lock: GraphLock) -> Ending | None:
        """Look for another graph; return how the flight ends if that was there first.

        Raises:
            UsageError: it was, and nothing has flown yet.
        """
        now = time.monotonic()
        if now - self._looked_at < TWINS_PERIOD_S:
            return None
        self._looked_at = now
        twin = twins.look(monitor.nodes(), now)
        if twin is None:
            return None
        if not twin.older:
            if not self._warned:
                self._say(f"a second graph has started beside this one ({twin.owner}): stop it")
            self._warned = True
            return None
        if not monitor.record.flying:
            raise lock.busy(twin.owner)
        return Ending(str(lock.busy(twin.owner)))

    def _renew_after_restart(self, supervisor: Supervisor, monitor: Monitor) -> None:
        """Ask for parameters again when a node was started again: it has those of its start."""
        restarts = sum(supervisor.restarts().values())
        if restarts != self._restarts:
            self._restarts = restarts
            monitor.flown.renew()

    def _prepare_scores(self, monitor: Monitor) -> None:
        """Ask what is flown, and begin to score once that and a map is there."""
        now = time.monotonic()
        if now - self._asked_at >= ASKING_PERIOD_S and monitor.flown.missing():
            self._asked_at = now
            monitor.ask_parameters()
        first = monitor.first_map_at
        if first is None or self._scorer.started:
            return
        if not monitor.flown.missing() or now - first > ANSWERS_LIMIT_S:
            self._scorer.start(basis(self._flown(monitor)))

    def _flown(self, monitor: Monitor) -> Flown:
        completion = monitor.record.completion
        goal = None if completion is None else completion.goal.position_m
        return flown(monitor.flown.by_node(), self._options.truth, goal)

    def _ended(self, monitor: Monitor) -> Ending | None:
        record, limit = monitor.record, self._options.timeout_s
        state = record.status.state if record.status else "no status yet"
        reason = record.status.reason if record.status else ""
        if state == "DONE":
            success = record.status is not None and record.status.success
            return Ending(reason or "the mission is over", complete=success)
        if state == "FAULT":
            return Ending(f"fault: {reason}")
        # A mission of ours ends itself; this is for what another controller flies.
        if limit is not None and record.now_s() >= limit + ITS_OWN_END_S:
            return Ending(f"the time limit of {limit:g} s of flight was reached")
        if not record.flying:
            why = self._waits.too_long(monitor.progress)
            words = join(state, note(record, monitor.progress))
            return None if why is None else Ending(f"{why}: {words}")
        if record.last_stamp_s() != self._moved_stamp or monitor.progress.paused:
            self._moved_at, self._moved_stamp = time.monotonic(), record.last_stamp_s()
        if time.monotonic() - self._moved_at > STANDSTILL_LIMIT_S:
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
            note=note(record, monitor.progress),
            flight_time_s=record.now_s(),
            explored_fraction=self._scorer.fraction
            if self._scorer.fraction is not None
            else _finite(status.explored_fraction if status else None),
            path_length_m=self._length_m,
            speed_m_s=record.speed_m_s(),
            clearance_m=_finite(status.clearance_m if status else None),
            control_ms=float(np.median(latencies)) if latencies else None,
            real_time_factor=record.real_time_factor(),
            unsafe_plan_fraction=_finite(status.unsafe_plan_fraction if status else None),
        )

    def _finish(
        self, ending: Ending, supervisor: Supervisor, memory: MemoryWatch, interrupts: Interrupts
    ) -> Ending:
        """Save the map, end the nodes and write the report; when interrupted, in three seconds.

        Returns:
            The ending with what is left in its reason.

        Whatever the scorer has died of that no machine is to blame for is raised when everything
        is written.
        """
        assert self._monitor is not None
        assert self.folder is not None
        monitor, folder, hurry = self._monitor, self.folder, interrupts.asked
        monitor.record.end()
        if hurry:
            supervisor.complete_files()  # a slow disk needs all the time that there is
        else:
            monitor.end_mission(COMPLETION_LIMIT_S)
            monitor.renew_parameters(RENEWAL_LIMIT_S)
        ending = with_completion(ending, monitor.record)
        if monitor.latest_map is not None:
            problem = monitor.save_map(folder / MAP_FILE, 0.7 if hurry else 15.0)
            if problem:
                self._say(f"the neural map was not saved: {problem}")
        restarts = supervisor.restarts()
        memory.stop()
        stopping = threading.Thread(
            target=supervisor.stop, args=(1.2 if hurry else 2.0, lambda: interrupts.asked)
        )
        stopping.start()
        try:
            scored = self._scorer.finish(1.0 if hurry else 60.0)
            if self._scorer.error is not None:
                self._say(f"the flight was not scored: {described(self._scorer.error)}")
            self._write(ending, folder, restarts, memory.peak_mib, scored, hurry)
        finally:
            stopping.join()
            self._say_open_bags()
        self._scorer.check()
        return ending

    def _emergency(self, supervisor: Supervisor) -> None:
        """End everything at once, and say what that leaves."""
        supervisor.kill()
        self._say_open_bags()

    def _say_open_bags(self) -> None:
        """Say which bags of this run have no end: the disk was too slow, or nobody waited."""
        wanted = self._options.record
        if wanted is None or self.folder is None:
            return
        bag = bag_folder(self.folder, wanted)
        for path in (bag, *sorted(bag.parent.glob(f"{glob.escape(bag.name)}-[0-9]*"))):
            if path.is_dir() and not (path / METADATA).exists():
                self._say(
                    f"the bag {path} was not closed: complete it with live-mvp bag reindex {path}"
                )

    def _write(
        self,
        ending: Ending,
        folder: Path,
        restarts: dict[str, int],
        peak_mib: float,
        ready: bool,
        hurry: bool,
    ) -> None:
        """Write everything; ``ready``: JAX and matplotlib are loaded, and maps are scored."""
        assert self._monitor is not None
        monitor, graph, attempt = self._monitor, self._graph, self._attempt
        record, known = monitor.record, self._flown(monitor)
        scores = attempt("the score", self._scores, record) if ready else None
        self.metrics = report.metrics(
            graph, record, ending, scores,
            flown=known, division=self._division, peak_rss_mib=peak_mib, restarts=restarts,
        )  # fmt: skip
        copy = self._options.json_file
        attempt("metrics.json", write_json, folder / "metrics.json", self.metrics)
        if copy is not None:
            attempt(str(copy), write_json, copy, self.metrics)
        attempt("the trajectory", report.write_tables, folder, record, scores)
        course = (folder, graph, record, monitor.moments, monitor.flown, known.goal_m)
        attempt("the course of the flight", report.write_course, *course)
        if ready or not hurry:  # else there is no time to load what draws
            latest = monitor.latest_map
            image = attempt("the map", report.write_map, folder, latest) if latest else None
            pictures = (folder, graph, record, image, scores, known.goal_m)
            drawn = attempt("the pictures", report.write_plots, *pictures) or {}
            attempt("report.html", self._write_page, folder, drawn, hurry)

    def _attempt(self, what: str, write: Callable[..., T], *arguments: Any) -> T | None:
        """Write one thing; where that fails, say so: what is beside it is worth as much."""
        try:
            return write(*arguments)
        except (OSError, ValueError, BringupError) as error:
            self._say(f"{what} could not be written: {described(error)}")
            return None

    def _scores(self, record: FlightRecord) -> Scores | None:
        """Return what the truth says, None where there is none."""
        if not self._scorer.scores:
            return None
        positions = record.true_trajectory().positions_m
        return Scores(self._scorer.exploration(), self._scorer.safety(positions))

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


def bag_folder(folder: Path, wanted: Path) -> Path:
    """Return where the bag of a run in ``folder`` is, if it is recorded to ``wanted``."""
    return folder / "bag" if wanted == IN_RUN_FOLDER else wanted.absolute()


class RunFolder(NamedTuple):
    """The folder of a run, and those around it that were created for it, the inner ones first."""

    path: Path
    around: tuple[Path, ...] = ()


def new_folder(parent: Path) -> RunFolder:
    """Create and return a folder for this run, named by the time.

    Raises:
        UsageError: it cannot be created.
    """
    name = datetime.now().strftime("%Y%m%d-%H%M%S")
    absolute = parent.absolute()
    missing = tuple(place for place in (absolute, *absolute.parents) if not place.exists())
    for suffix in ("", *(f"-{n}" for n in range(2, 100))):
        try:
            folder = parent / f"{name}{suffix}"
            folder.mkdir(parents=True)
            return RunFolder(folder.resolve(), missing)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"cannot create {folder}: {error.strerror}") from error
    raise UsageError(f"there are too many runs of this second in {parent}")


def remove_folder(place: RunFolder) -> bool:
    """Remove the folder of a run that never began, and what was created around it if it is empty.

    It stays as it is if it holds anything but what a start writes: logs, and a recording.

    Returns:
        Whether it is gone.
    """
    folder = place.path
    try:
        if not {path.name for path in folder.iterdir()} <= {"log", "bag", "flight.rrd"}:
            return False
    except FileNotFoundError:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        for around in place.around:
            around.rmdir()
    return not folder.exists()


def described(error: BaseException) -> str:
    """Return an exception as the end of a sentence."""
    words = " ".join(str(error).split())
    kind = "" if isinstance(error, OSError | BringupError) else type(error).__name__
    return join(kind, words)


def basis(known: Flown) -> Basis | None:
    """Return what a flight is scored against, None if there is no truth or it is not known how."""
    if known.truth is None or known.radius_m is None or known.range_m is None:
        return None
    return Basis(known.truth, known.radius_m, known.range_m)


def note(record: FlightRecord, progress: Progress) -> str:
    """Return why a drone does what it does: the mission's reason, and what is behind it."""
    reason = record.status.reason if record.status else ""
    if record.flying:
        return PAUSED if progress.paused else reason or progress.complaint()
    waits = progress.sentence()
    return waits if progress.starting or not progress.clock_heard else join(reason, waits)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
