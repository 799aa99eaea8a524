# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One flight from start to report: bring the graph up, watch it, end it, write it down.

Order matters for the start: the nodes are started first, and what this process needs for itself is
loaded while they start. A first SIGINT or SIGTERM ends the flight and still writes the report, all
within three seconds on a machine that is idle; what there was no time for is said (``left_out``),
and can be made later. A second one kills everything at once.

What was asked for wrongly is refused with the folder of the run removed again; but whatever holds
data stays.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from live_mvp_ros.base.jax_setup import has_programs
from live_mvp_ros.bringup import cores, run_files, run_folder, run_report
from live_mvp_ros.bringup.asking import Asking
from live_mvp_ros.bringup.attempts import Unwritten, attempt, described
from live_mvp_ros.bringup.core_sharing import CoreSharing
from live_mvp_ros.bringup.environment import child_environment
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.flight_end import EndWatch, TwinWatch, given_up, lost, with_completion
from live_mvp_ros.bringup.flight_options import FlightOptions
from live_mvp_ros.bringup.glance import Glance, Glances
from live_mvp_ros.bringup.graph import Graph, NodeSpec, with_map_file
from live_mvp_ros.bringup.interrupts import Interrupts
from live_mvp_ros.bringup.lock import GraphLock
from live_mvp_ros.bringup.resources import MemoryWatch
from live_mvp_ros.bringup.ros_settings import check_ros_settings
from live_mvp_ros.bringup.run_files import Ending
from live_mvp_ros.bringup.run_folder import LOGS, MAP_FILE, RunFolder
from live_mvp_ros.bringup.run_report import Results
from live_mvp_ros.bringup.scoring import Scorer
from live_mvp_ros.bringup.start_progress import CompileNews
from live_mvp_ros.bringup.supervisor import Supervisor
from live_mvp_ros.bringup.twins import Twins
from live_mvp_ros.bringup.vehicle_sequence import DOWN, TakeOff, land

if TYPE_CHECKING:
    from live_mvp_ros.bringup.monitor import Monitor

TICK_S = 0.1
COMPLETION_LIMIT_S = 2.0
RENEWAL_LIMIT_S = 2.0
STOPPING = "STOPPING"
ACKNOWLEDGED = (
    "stopping, and writing what came of the flight; to interrupt once more ends everything at once"
)


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
        self.unwritten = Unwritten()
        self.left_out = ""
        """What an interrupted flight had no time to write, empty for nothing."""
        self.unsaved = ""
        """Why there is no neural map of the end of the flight, empty if there is one."""
        self._graph, self._options = graph, options
        self._show, self._say = show, say
        self._monitor: Monitor | None = None
        self._scorer = Scorer()
        self._asking = Asking(self._scorer, options.truth)
        self._glances = Glances(options.timeout_s)
        self._news = CompileNews()
        self._glance: Glance | None = None
        self._sentence = ""  # what a vehicle waits for on the ground
        self._end = EndWatch(options.timeout_s, alone=graph.options.vehicle == "sim")
        steered_by_us = graph.options.has_mission
        self._sharing = CoreSharing(options.cores, say, steered_by_us=steered_by_us)

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
        interrupts = Interrupts(self._acknowledge)
        try:
            with contextlib.ExitStack() as stack:
                check_ros_settings()
                lock = GraphLock(self._graph.nodes[0].namespace)
                stack.callback(lock.release)
                before = cores.core_times()
                lock.check_discovery({node.full_name for node in self._graph.nodes})
                self._sharing.divide(before)
                if interrupts.asked:
                    return Ending("interrupted")
                return self._run(interrupts, lock, stack)
        finally:
            interrupts.restore()

    def _run(self, interrupts: Interrupts, lock: GraphLock, stack: contextlib.ExitStack) -> Ending:
        place = run_folder.new_folder(self._options.output)
        self.folder = place.path
        graph = with_map_file(self._graph, str(place.path / MAP_FILE))
        extras = self._options.onlookers(graph, place.path)
        supervisor = self._supervisor([*extras, *graph.nodes], place.path, lock)
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
            onlookers = [node.full_name for node in extras]
            monitor = self._begin_to_watch(supervisor, interrupts, onlookers, stack)
            ending = self._watch(monitor, supervisor, interrupts, lock, stack)
        except UsageError as error:
            self._refuse(error, place, supervisor, interrupts)
            raise
        return self._finish(ending, supervisor, memory, interrupts)

    def _supervisor(self, nodes: list[NodeSpec], folder: Path, lock: GraphLock) -> Supervisor:
        return Supervisor(
            [node.supervised(self._sharing.division, lock.mark) for node in nodes],
            cores.frugal(child_environment()),
            folder / LOGS,
            self._say,
            settles=True,
        )

    def _begin_to_watch(
        self,
        supervisor: Supervisor,
        interrupts: Interrupts,
        onlookers: list[str],
        stack: contextlib.ExitStack,
    ) -> Monitor:
        # An import takes seconds; who leaves meanwhile must not wait for it beside the nodes.
        interrupts.at_once = supervisor.dismiss
        if interrupts.asked:
            supervisor.dismiss()
        from live_mvp_ros.bringup.monitor import Monitor  # the nodes are starting meanwhile

        options, first = self._graph.options, self._graph.nodes[0]
        monitor = self._monitor = Monitor(
            first.namespace,
            self._scorer.map_arrived,
            nodes=[node.full_name for node in self._graph.nodes],
            onlookers=onlookers,
            sim_time=options.sim_time,
            flies_by_odometry=not options.has_mission,
            frame_prefix=str(first.parameters.get("frame_prefix", "")),
        )
        stack.callback(monitor.close)
        interrupts.at_once = lambda: None
        return monitor

    def _watch(
        self,
        monitor: Monitor,
        supervisor: Supervisor,
        interrupts: Interrupts,
        lock: GraphLock,
        stack: contextlib.ExitStack,
    ) -> Ending:
        """Look at everything ten times a second, until one of these looks sees an end."""
        assert self.folder is not None
        log = self.folder / LOGS / "watcher.log"
        names = [node.full_name for node in self._graph.nodes]
        twins = TwinWatch(Twins(names, lock.mark), lock, self._say)
        driven = self._graph.options.vehicle == "mavlink"
        ours = self._graph.options.has_mission
        take_off = TakeOff(monitor.vehicle, mission_asks_to_fly=ours) if driven else None
        while not interrupts.wait(TICK_S):
            ending = lost(monitor, log, self._say) or twins.yields(monitor)
            if ending is not None:
                return ending
            supervisor.worked(monitor.progress.working())
            self._sharing.look(supervisor, monitor, stack)
            ending = given_up(supervisor, self._say)
            if ending is not None:
                return ending
            monitor.progress.restarted(supervisor.restarts())
            self._asking.renew_after_restart(supervisor, monitor)
            self._asking.prepare_scores(monitor)
            news = self._news.look(monitor.progress)
            if news:
                self._say(news)
            self._glance = self._glances.take(monitor, self._scorer.fraction)
            if not interrupts.asked:  # else that is what is shown
                self._show(self._glance)
            ending = self._end.ended(monitor) or self._taken_off(take_off, monitor)
            if ending is not None:
                return ending
        return Ending("interrupted")

    def _acknowledge(self) -> None:
        """Say that the wish to end was heard, wherever the main thread is."""
        self._say(ACKNOWLEDGED)
        if self._glance is not None:
            note = "writing the results"
            last = dataclasses.replace(self._glance, state=STOPPING, note=note, left_s=None)
            self._show(last)

    def _taken_off(self, take_off: TakeOff | None, monitor: Monitor) -> Ending | None:
        """Bring a vehicle behind an autopilot into the air; return how that has failed."""
        if take_off is None:
            return None
        ready = not monitor.progress.starting
        progress = take_off.look(time.monotonic(), ready)
        if progress.sentence != self._sentence:
            self._sentence = progress.sentence
            if progress.sentence:
                self._say(progress.sentence)
        while monitor.vehicle.texts:
            self._say(f"the vehicle says: {monitor.vehicle.texts.pop(0)}")
        return Ending(progress.failure) if progress.failure else None

    def _land(self, monitor: Monitor, interrupts: Interrupts) -> None:
        """Have a vehicle behind an autopilot land, whatever has ended the flight."""
        state = monitor.vehicle.state
        if state is None or state.phase in DOWN:
            return
        more = "; to interrupt once more leaves that to the autopilot" if interrupts.asked else ""
        self._say(f"the vehicle lands{more}")
        problem = land(monitor.vehicle, time.monotonic, lambda: time.sleep(TICK_S))
        self._say(problem or "the vehicle has landed, and is disarmed")

    def _refuse(
        self,
        error: UsageError,
        place: RunFolder,
        supervisor: Supervisor,
        interrupts: Interrupts,
    ) -> None:
        """End the nodes, and leave nothing behind but what only this flight could give.

        Raises:
            UsageError: the same error, with the folder that stays because it holds data.
        """
        supervisor.stop(in_a_hurry=lambda: interrupts.asked or not self._has_data())
        if self._has_data():
            self._say_open_bags()
            raise UsageError(f"{error}; what was recorded is in {place.path}") from error
        if run_folder.remove_folder(place):
            self.folder = None

    def _has_data(self) -> bool:
        """Return whether the folder holds something that only this flight could give."""
        monitor = self._monitor
        if monitor is None:
            return False
        is_theirs = self._graph.options.vehicle != "sim"
        return monitor.record.flying or (is_theirs and monitor.heard_vehicle)

    def _finish(
        self, ending: Ending, supervisor: Supervisor, memory: MemoryWatch, interrupts: Interrupts
    ) -> Ending:
        """Save the map, end the nodes and write the report; when interrupted, in a hurry.

        Returns:
            The ending with what is left in its reason.

        Whatever the scorer has died of that no machine is to blame for is raised when everything
        is written.
        """
        assert self._monitor is not None
        assert self.folder is not None
        monitor, folder, hurry = self._monitor, self.folder, interrupts.asked
        monitor.record.end()
        self._land(monitor, interrupts)
        if hurry:
            supervisor.complete_files()  # a slow disk needs all the time that there is
        else:
            monitor.end_mission(COMPLETION_LIMIT_S)
            monitor.renew_parameters(RENEWAL_LIMIT_S)
        ending = with_completion(ending, monitor.record)
        before = run_folder.version_of(folder / MAP_FILE)
        unsaved = self._save_map(monitor, folder, hurry)
        restarts = supervisor.restarts()
        memory.stop()
        stopping = threading.Thread(
            target=supervisor.stop, args=(1.2 if hurry else 2.0, lambda: interrupts.asked)
        )
        stopping.start()
        try:
            ready = self._scored(hurry)
            results = self._results(ending, monitor, restarts, memory.peak_mib, ready)
            run_report.write_figures(folder, results, self._options.json_file, self.unwritten)
            if ready or not hurry:  # else there is no time to load what draws
                run_report.write_pictures(folder, results, hurry, self.unwritten)
            else:
                self.left_out = run_report.write_for_later(folder, results, self.unwritten)
        finally:
            stopping.join()
            if unsaved and run_folder.version_of(folder / MAP_FILE) == before:
                self.unsaved = unsaved
            self._say_open_bags()
        self._scorer.check()
        return ending

    def _save_map(self, monitor: Monitor, folder: Path, hurry: bool) -> str | None:
        """Have the map saved; return why it is not: the map node still does so when it ends."""
        if monitor.latest_map is None:
            return "no map had come yet" if hurry else None
        return monitor.save_map(folder / MAP_FILE, 0.7 if hurry else 15.0)

    def _scored(self, hurry: bool) -> bool:
        """Return whether JAX and matplotlib are loaded, and maps are scored."""
        ready = self._scorer.finish(1.0 if hurry else 60.0)
        if self._scorer.error is not None:
            self._say(f"the flight was not scored: {described(self._scorer.error)}")
        return ready

    def _results(
        self,
        ending: Ending,
        monitor: Monitor,
        restarts: dict[str, int],
        peak_mib: float,
        ready: bool,
    ) -> Results:
        """Return what is known of the flight; ``ready``: scores can be asked for."""
        record, known, scores = monitor.record, self._asking.known(monitor), None
        if ready:
            scores = attempt(self._say, "the score", run_report.scores_of, self._scorer, record)
        metrics = self.metrics = run_files.metrics(
            self._graph, record, ending, scores,
            flown=known, division=self._sharing.division, peak_rss_mib=peak_mib, restarts=restarts,
            driver=monitor.vehicle.state,
        )  # fmt: skip
        return Results(self._graph, monitor, known, scores, metrics)

    def _emergency(self, supervisor: Supervisor) -> None:
        """End everything at once, and say what that leaves."""
        supervisor.kill()
        self._say_open_bags()

    def _say_open_bags(self) -> None:
        """Say which bags of this run have no end, and what completes them."""
        wanted = self._options.record
        if wanted is None or self.folder is None:
            return
        for bag in run_folder.open_bags(self.folder, wanted):
            self._say(f"the bag {bag} was not closed: complete it with live-mvp bag reindex {bag}")
