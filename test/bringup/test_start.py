# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Before a flight: whose graph this is, what is waited for, how long, and what is scored."""

from __future__ import annotations

import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from live_mvp_ros.bringup import core_sharing, cores, flight_end
from live_mvp_ros.bringup import lock as locks
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.exploration_flight import Flight
from live_mvp_ros.bringup.flight_end import TwinWatch, lost
from live_mvp_ros.bringup.flight_options import FlightOptions
from live_mvp_ros.bringup.flight_record import FlightRecord, Status
from live_mvp_ros.bringup.flown import FlownParameters
from live_mvp_ros.bringup.glance import note
from live_mvp_ros.bringup.graph import GraphOptions, describe
from live_mvp_ros.bringup.launch_words import number, switch
from live_mvp_ros.bringup.scoring import WaitingMaps
from live_mvp_ros.bringup.start_progress import LOADING_LIMIT_S, START_LIMIT_S, Progress, Waits
from live_mvp_ros.bringup.twins import Twins, own_mark

NODES = ("quadrotor_sim", "gt_depth", "live_map", "info_field", "imppi_controller")


class Time:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def seen(*names: str, mark: str = "/") -> list[tuple[str, str, str]]:
    return [(name, "/d1", mark) for name in names]


OURS, OLDER, YOUNGER = (f"/live_mvp_ros/t{stamp}_7" for stamp in (2000, 999, 3000))


@pytest.mark.parametrize(("theirs", "older"), [(OLDER, True), (YOUNGER, False)])
@pytest.mark.parametrize("ours_first", [True, False])
def test_of_two_graphs_the_newcomer_goes_whoever_is_seen_first(theirs, older, ours_first):
    twins = Twins({"/d1/live_map"}, OURS)
    both = [seen("live_map", mark=OURS), seen("live_map", mark=theirs)]
    first, second = both if ours_first else reversed(both)
    twins.look(first, 0.0)
    twin = twins.look([*first, *second], 20.0)
    assert twin is not None
    assert twin.name == "/d1/live_map"
    assert twin.older is older
    assert "process 7" in twin.owner


def test_marks_are_carried_by_discovery():
    """With real nodes: two processes would do the same through the network."""
    rclpy = pytest.importorskip("rclpy", reason="discovery is ROS 2's")
    from rclpy.context import Context
    from rclpy.signals import SignalHandlerOptions

    contexts, nodes = [], []
    for name, mark in (("live_map", OURS), ("live_map", YOUNGER), ("look", None)):
        context = Context()
        words = ["--ros-args", "-r", "__ns:=/d1", *(["--enclave", mark] if mark else [])]
        rclpy.init(
            args=words,
            context=context,
            domain_id=78,
            signal_handler_options=SignalHandlerOptions.NO,
        )
        contexts.append(context)
        nodes.append(rclpy.create_node(name, context=context))
    try:
        looks = {mark: Twins({"/d1/live_map"}, mark) for mark in (OURS, YOUNGER)}
        found: dict[str, bool] = {}
        end = time.monotonic() + 60.0
        while len(found) < 2 and time.monotonic() < end:
            seen_now = nodes[2].get_node_names_and_namespaces_with_enclaves()
            for mark, twins in looks.items():
                twin = twins.look(seen_now, time.monotonic())
                if twin is not None:
                    found[mark] = twin.older
            time.sleep(0.05)
        assert found == {OURS: False, YOUNGER: True}
    finally:
        for node, context in zip(nodes, contexts, strict=True):
            node.destroy_node()
            context.try_shutdown()


def watch_beside(mark: str, *, flying: bool) -> tuple[TwinWatch, types.SimpleNamespace]:
    """Return who looks for twins, and a graph beside which there is a node of another one."""
    watch = TwinWatch(Twins({"/d1/live_map"}, OURS), BUSY, said.append)
    monitor = types.SimpleNamespace(
        nodes=lambda: seen("live_map", mark=mark), record=types.SimpleNamespace(flying=flying)
    )
    return watch, monitor


said: list[str] = []
BUSY = types.SimpleNamespace(busy=lambda owner: UsageError(f"already running ({owner})"))


def test_a_newcomer_is_refused_but_what_it_has_flown_is_reported():
    watch, monitor = watch_beside(OLDER, flying=False)
    with pytest.raises(UsageError, match="already running"):
        watch.yields(monitor)
    watch, monitor = watch_beside(OLDER, flying=True)
    ending = watch.yields(monitor)
    assert ending is not None
    assert "already running" in ending.reason


def test_who_was_there_first_flies_on_and_says_once_that_another_has_come():
    watch, monitor = watch_beside(YOUNGER, flying=True)
    said.clear()
    for _ in range(3):
        watch._looked_at = -1e9
        assert watch.yields(monitor) is None
    assert len(said) == 1


def test_two_graphs_agree_on_who_goes():
    nodes = [*seen("live_map", mark=OURS), *seen("live_map", mark=YOUNGER)]
    for own, goes in ((OURS, False), (YOUNGER, True)):
        twin = Twins({"/d1/live_map"}, own).look(nodes, 1.0)
        assert twin is not None
        assert twin.older is goes


def test_a_node_without_a_mark_was_first_unless_ours_was_alone_for_a_while():
    late = Twins({"/d1/live_map"}, OURS)
    late.look(seen("live_map", mark=OURS), 0.0)
    twin = late.look([*seen("live_map", mark=OURS), *seen("live_map")], 30.0)
    assert twin is not None
    assert not twin.older
    early = Twins({"/d1/live_map"}, OURS)
    early.look(seen("live_map", mark=OURS), 0.0)
    twin = early.look([*seen("live_map", mark=OURS), *seen("live_map")], 3.0)
    assert twin is not None
    assert twin.older


def test_ours_and_those_of_other_names_or_namespaces_are_no_twins():
    twins = Twins({"/d1/live_map"}, OURS)
    killed_and_restarted = seen("live_map", "live_map", "rviz", mark=OURS)
    other = [("live_map", "/d2", OLDER)]
    assert twins.look([*killed_and_restarted, *other, *seen("viewer")], 1.0) is None


def test_where_security_is_on_enclaves_are_left_alone(monkeypatch):
    monkeypatch.setenv("ROS_SECURITY_ENABLE", "true")
    assert own_mark() is None
    assert Twins({"/d1/live_map"}, None).look(seen("live_map", "live_map"), 1.0) is None


def test_a_lock_file_that_is_a_link_is_refused_and_what_it_names_is_left_alone(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("ROS_DOMAIN_ID", "78")
    dear = tmp_path / "thesis.tex"
    place = tmp_path / f"live_mvp_ros-{os.getuid()}-78-d1.lock"
    for link in (os.symlink, os.link):
        dear.write_text("dear")
        link(dear, place)
        with pytest.raises(UsageError, match="lock file"):
            locks.GraphLock("d1")
        assert dear.read_text() == "dear"
        place.unlink()
    place.mkdir()
    with pytest.raises(UsageError, match="lock file"):
        locks.GraphLock("d1")


def test_the_lock_is_held_by_one_names_its_owner_and_is_free_again(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("ROS_DOMAIN_ID", "78")
    first = locks.GraphLock("d1")
    with pytest.raises(UsageError, match=f"process {os.getpid()}"):
        locks.GraphLock("d1")
    first.release()
    locks.GraphLock("d1").release()


def test_a_machine_without_a_network_interface_is_refused_with_a_sentence():
    code = "from live_mvp_ros.bringup.network import check_network; check_network()"
    command = ["unshare", "-r", "-n", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare:" in done.stderr or done.returncode == 127:
        pytest.skip("this machine does not let a test make a network of its own")
    assert "UsageError: no network interface is up" in done.stderr
    here = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert here.returncode == 0


def all_working(progress: Progress) -> None:
    for node in NODES:
        progress.report(node, "", is_problem=False, spins=True)


def test_the_start_says_which_nodes_are_missing_and_which_compile():
    clock = Time()
    progress = Progress(NODES, clock=clock)
    clock.now_s += 12.0
    assert progress.starting
    assert progress.sentence().startswith("quadrotor_sim starting for 12 s, gt_depth starting")
    assert progress.sentence().endswith("(0 of 5 nodes are ready)")
    all_working(progress)
    assert not progress.starting
    assert progress.sentence() == ""
    words = "compiling for this machine, once: 3 programs done, the next takes 8 s so far"
    progress.report("info_field", words, is_problem=False, spins=True)
    assert progress.starting
    assert progress.compiling
    assert progress.sentence() == f"info_field {words}"  # all were ready
    assert progress.working() == set(NODES)


def test_a_node_that_only_starts_has_not_worked():
    progress = Progress(["d1/gt_depth"])
    progress.report("d1/gt_depth", "starting: compiling", is_problem=False, spins=False)
    assert progress.working() == set()
    progress.report("d1/gt_depth", "", is_problem=False, spins=True)
    assert progress.working() == {"gt_depth"}


def test_a_node_is_ready_while_it_says_so_and_prepares_nothing():
    clock = Time()
    progress = Progress(["live_map"], clock=clock)
    for words, ready in (("starting: x", False), ("loading its programs", False), ("", True)):
        spins = not words.startswith("starting")
        progress.report("live_map", words, is_problem=False, spins=spins)
        assert progress.ready() == ({"live_map"} if ready else set())
    clock.now_s += 5.0  # killed, and silent since
    assert progress.ready() == set()
    assert progress.working() == {"live_map"}


def test_a_node_that_falls_silent_is_not_ready():
    """It is restarted, or a long piece of Python keeps it from reporting."""
    clock = Time()
    progress = Progress(["live_map"], clock=clock)
    progress.report("live_map", "", is_problem=False, spins=True)
    assert not progress.starting
    clock.now_s += 6.0
    assert progress.starting
    assert progress.sentence() == "live_map late for 6 s"


def test_who_was_ready_once_is_counted_until_its_process_ends():
    clock = Time()
    nodes = ["d1/gt_depth", "d1/live_map", "d1/info_field"]
    progress = Progress(nodes, clock=clock)

    def say(node: str, words: str = "", *, spins: bool = True, produces: bool = False) -> str:
        clock.now_s += 1.0
        waits = words.startswith("waiting")
        progress.report(node, words, is_problem=waits, spins=spins, produces=produces)
        return progress.sentence()

    say(nodes[0])
    assert say(nodes[1]).endswith("(2 of 3 nodes are ready)")
    clock.now_s += 10.0
    progress.restarted({"gt_depth": 0, "live_map": 0})
    assert progress.sentence() == (
        "d1/gt_depth late for 11 s, d1/live_map late for 10 s, d1/info_field starting for 12 s"
        " (2 of 3 nodes are ready)"
    )
    assert say(nodes[0], "compiling: 1 programs done").endswith("(2 of 3 nodes are ready)")
    assert say(nodes[2], "starting: compiling", spins=False).endswith("(2 of 3 nodes are ready)")
    # who has had no input yet will compile for it
    assert say(nodes[2], "waiting for map").endswith("(2 of 3 nodes are ready)")
    progress.restarted({"gt_depth": 0, "live_map": 1})
    assert progress.sentence().endswith("(1 of 3 nodes are ready)")
    progress.restarted({"gt_depth": 0, "live_map": 1})
    say(nodes[0])
    say(nodes[2], produces=True)
    assert say(nodes[1]) == ""
    clock.now_s += 10.0
    say(nodes[2], "waiting for map")  # it has worked before
    assert progress.sentence().startswith("d1/gt_depth late for")
    assert "ready" not in progress.sentence()


def test_what_waits_is_named_before_what_is_slow():
    progress = Progress(NODES)
    all_working(progress)
    progress.report("quadrotor_sim", "slower than asked for", is_problem=True, spins=True)
    assert progress.complaint() == "quadrotor_sim: slower than asked for"
    progress.report("info_field", "waiting for map", is_problem=True, spins=True)
    assert progress.complaint() == "info_field: waiting for map"


def test_who_waits_says_less_than_who_knows_why_it_does_not_come():
    progress = Progress(NODES)
    all_working(progress)
    why = "clouds arrive and none was integrated for 4 s: no transform leads from base_link"
    for node, words in (
        ("quadrotor_sim", "slower than asked for"),
        ("live_map", why),
        ("info_field", "waiting for map"),
        ("imppi_controller", "waiting for map, info_field"),
    ):
        progress.report(node, words, is_problem=True, spins=True)
    assert progress.complaint() == f"live_map: {why}"
    progress.report("live_map", "waiting for depth/points, odom", is_problem=True, spins=True)
    assert progress.complaint() == "quadrotor_sim: slower than asked for"  # no odometry comes
    progress.report("gt_depth", "waiting for ground_truth/odom", is_problem=True, spins=True)
    progress.report("quadrotor_sim", "", is_problem=False, spins=True)
    assert progress.complaint() == "gt_depth: waiting for ground_truth/odom"


def test_what_is_behind_a_reason_is_said_once():
    progress = Progress(NODES)
    all_working(progress)
    progress.report("live_map", "none for 4 s", is_problem=True, spins=True)
    reason = "no map yet: live_map: none for 3 s"
    assert note(status("WAITING_FOR_MAP", reason), progress) == reason


def status(state: str, reason: str) -> FlightRecord:
    record = FlightRecord()
    record.report(Status(state, reason, 0.0, 1.0, 5.0, False))
    return record


def test_what_is_waited_for_is_the_reason_of_the_first_node_that_has_one():
    progress = Progress(NODES)
    all_working(progress)
    for node, words in (
        ("info_field", "waiting for map"),
        ("live_map", "waiting for depth/points (no transform leads from base_link to 'eye')"),
        ("d2/quadrotor_sim", "of another drone"),
    ):
        progress.report(node, words, is_problem=True, spins=True)
    assert note(status("WAITING_FOR_MAP", "no map yet"), progress) == (
        "no map yet: live_map: waiting for depth/points (no transform leads from base_link to "
        "'eye')"
    )


def test_a_missing_clock_is_said_instead_of_what_follows_from_it():
    progress = Progress(NODES)
    all_working(progress)
    progress.clock_heard = False
    found = note(status("WAITING_FOR_MAP", "the controller is being compiled"), progress)
    assert found.startswith("no /clock")
    assert "compiled" not in found


def test_the_problem_of_an_onlooker_is_seen_but_nobody_waits_for_it():
    progress = Progress(NODES, ["recorder"])
    all_working(progress)
    assert not progress.starting
    progress.report("recorder", "the disk is full", is_problem=True, spins=True)
    assert progress.complaint() == "recorder: the disk is full"


def test_only_waiting_with_all_nodes_ready_counts_against_the_users_limit():
    clock = Time()
    waits, progress = Waits(5.0, clock), Progress(NODES, clock=clock)
    for _ in range(100):
        clock.now_s += 1.0
        assert waits.too_long(progress) is None
    all_working(progress)
    found = None
    for _ in range(4):
        clock.now_s += 1.0
        all_working(progress)
        found = waits.too_long(progress)
    assert found is None
    clock.now_s += 1.1
    assert waits.too_long(progress) == "nothing flew within the time limit of 5 s"


def test_with_the_simulator_our_own_nodes_get_a_minute_at_least():
    for limit_s, expected_s in ((5.0, 60), (90.0, 90)):
        clock = Time()
        waits, progress = Waits(limit_s, clock, alone=True), Progress(NODES, clock=clock)
        all_working(progress)
        while waits.too_long(progress) is None:
            clock.now_s += 1.0
            all_working(progress)
        assert clock.now_s == Time().now_s + expected_s


def test_nodes_may_compile_for_longer_than_what_hangs_may_take():
    clock = Time()
    waits, progress = Waits(None, clock), Progress(NODES, clock=clock)
    progress.report("live_map", "compiling", is_problem=False, spins=False)
    for _ in range(10):
        clock.now_s += START_LIMIT_S / 2
        assert waits.too_long(progress) is None
    progress.report("live_map", "", is_problem=False, spins=True)
    clock.now_s += START_LIMIT_S + 1.0
    assert waits.too_long(progress) is not None


def test_nodes_that_are_still_loading_get_the_long_limit():
    """On a busy machine five of them import for minutes before one can say anything."""
    clock = Time()
    waits, progress = Waits(None, clock), Progress(NODES, clock=clock)
    while clock.now_s < 100.0 + 2 * START_LIMIT_S:
        clock.now_s += 1.0
        assert waits.too_long(progress) is None
    all_working(progress)
    clock.now_s += 1.0
    assert waits.too_long(progress) is None
    while (why := waits.too_long(progress)) is None and clock.now_s < 1e4:
        clock.now_s += 1.0
        all_working(progress)
    assert why is not None
    assert clock.now_s - (101.0 + 2 * START_LIMIT_S) == pytest.approx(START_LIMIT_S, abs=2.0)


def test_a_node_that_never_says_anything_is_not_waited_for_for_ever():
    clock = Time()
    waits, progress = Waits(None, clock), Progress(NODES, clock=clock)
    while (why := waits.too_long(progress)) is None and clock.now_s < 1e4:
        clock.now_s += 1.0
    assert why is not None
    assert LOADING_LIMIT_S >= 300.0


def test_waiting_begins_when_somebody_begins_to_watch():
    clock = Time()
    waits, progress = Waits(5.0, clock), Progress(NODES, clock=clock)
    clock.now_s += 400.0  # the process that watches was loading, too
    all_working(progress)
    assert waits.too_long(progress) is None
    clock.now_s += START_LIMIT_S - 1.0
    assert Waits(None, clock).too_long(progress) is None


def test_a_node_that_was_started_again_is_asked_for_its_parameters_again(tmp_path):
    flight = Flight(describe(GraphOptions()), FlightOptions(tmp_path), lambda _: None, print)
    flown = FlownParameters(["/live_map"])
    monitor = types.SimpleNamespace(flown=flown)
    flown.answer("/live_map", {"seed": 1})
    restarts = {"live_map": 0}
    supervisor = types.SimpleNamespace(restarts=lambda: restarts)
    flight._asking.renew_after_restart(supervisor, monitor)
    assert flown.missing() == []
    restarts["live_map"] = 1
    flight._asking.renew_after_restart(supervisor, monitor)
    assert flown.missing() == ["/live_map"]
    flown.answer("/live_map", {"seed": 1})
    flight._asking.renew_after_restart(supervisor, monitor)
    assert flown.missing() == []


class Starting:
    """A graph that starts: what is known of it, and what its processes are told."""

    def __init__(self, tmp_path: Path, monkeypatch, **options: Any) -> None:
        self.clock = Time()
        monkeypatch.setattr(core_sharing, "time", types.SimpleNamespace(monotonic=self.clock))
        graph = describe(GraphOptions(**options))
        flight = Flight(graph, FlightOptions(tmp_path), lambda _: None, print)
        self.sharing = flight._sharing
        self.names = [node.name for node in graph.nodes]
        self.record, self.progress = FlightRecord(), Progress(self.names, clock=self.clock)
        self.has_plan = False
        self.shared_out, self.together = 0, frozenset[int]()
        self.settles: set[str] = set()

    def share_out(self, together: frozenset[int]) -> None:
        self.shared_out += 1
        self.together = together

    def pids(self) -> dict[str, int]:
        return {}

    def settled(self, names: set[str]) -> None:
        self.settles = names

    def passes(
        self, seconds: int = 5, compiles: str = "", state: str = "", produce: tuple[str, ...] = ()
    ) -> int:
        """Let time pass in which every node reports; return how often cores were shared out."""
        if state:
            self.record.report(Status(state, "", 0.0, 1.0, 5.0, False))
        for _ in range(seconds):
            self.clock.now_s += 1.0
            for name in self.names:
                words = "compiling for this machine" if name == compiles else ""
                self.progress.report(
                    name, words, is_problem=False, spins=True, produces=name in produce
                )
            self.sharing.look(self, self, contextlib.ExitStack())
        return self.shared_out


def test_the_cores_are_divided_when_the_planner_has_compiled_not_when_it_waits_for_a_map(
    tmp_path, monkeypatch
):
    start = Starting(tmp_path, monkeypatch)
    assert start.passes(state="WAITING_FOR_MAP") == 0  # all are ready, and wait
    assert start.settles == set()
    sources = ("quadrotor_sim", "gt_depth", "live_map")
    assert start.passes(1, produce=sources) == 0
    assert start.passes(90, compiles="info_field") == 0
    assert start.settles == set(sources)  # the planner goes before them until it has a plan
    start.has_plan = True
    assert start.passes(state="WAITING_FOR_MAP") == 0  # now the controller compiles for the field
    assert start.passes(state="EXPLORING") == 1
    assert start.settles == set(start.names)
    assert start.passes(9, compiles="info_field", state="HOLDING") == 1  # once and for all


def test_a_graph_that_could_fly_but_was_not_asked_to_is_up_too(tmp_path, monkeypatch):
    start = Starting(tmp_path, monkeypatch)
    start.has_plan = True
    assert start.passes(2, state="HOLDING") == 0  # the controller is about to say it compiles
    assert start.passes(20, compiles="imppi_controller") == 0
    assert start.passes(2) == 0
    assert start.passes(3) == 1


def test_with_another_controller_a_graph_is_up_when_there_are_plans(tmp_path, monkeypatch):
    start = Starting(tmp_path, monkeypatch, controller="none")
    assert start.passes(60) == 0
    start.has_plan = True
    assert start.passes(5) == 1


def test_others_who_come_later_end_the_division_until_they_have_gone(tmp_path, monkeypatch):
    everyone, kept = frozenset({0, 1}), []
    start = Starting(tmp_path, monkeypatch)
    groups = {cores.STEERING: frozenset({1}), cores.WORKING: frozenset({0})}
    start.sharing.division = cores.Division(groups, "", groups)
    others_s = 0.0

    def core_times(own_s: float) -> cores.CoreTimes:
        busy_s = dict.fromkeys(everyone, others_s)
        return cores.CoreTimes(busy_s, dict.fromkeys(everyone, start.clock.now_s), own_s)

    monkeypatch.setattr(cores, "core_times", core_times)
    monkeypatch.setattr(cores, "allowed_cores", lambda: everyone)
    monkeypatch.setattr(core_sharing, "keep_to", lambda _, cores: kept.append(cores))
    start.has_plan = True
    assert start.passes(10, state="EXPLORING") == 1  # divided, and left alone
    assert (start.together, kept) == (frozenset(), [frozenset({0})])
    for _ in range(4):
        others_s += 0.8
        start.passes(1)
    assert (start.together, kept[-1]) == (everyone, everyone)
    assert not start.sharing.division.groups
    start.passes(8)
    assert start.together == everyone  # they may come back
    start.passes(8)
    assert (start.together, kept[-1]) == (frozenset(), frozenset({0}))
    assert 8.0 <= start.sharing.division.mixed_s <= 20.0
    assert "not, others were busy" in start.sharing.division.in_words()


def test_a_flight_that_nobody_follows_any_more_ends_with_the_reason(tmp_path):
    words: list[str] = []
    log = tmp_path / "watcher.log"
    monitor = types.SimpleNamespace(failure=None)
    assert lost(monitor, log, words.append) is None
    try:
        [][1]
    except IndexError as error:
        monitor.failure = error
    ending = lost(monitor, log, words.append)
    assert ending is not None
    assert not ending.complete  # exit code 1
    sentence = "the flight is not watched any more: IndexError: list index out of range"
    assert ending.reason == sentence
    assert len(words) == 1 and words[0].startswith(sentence)
    assert "[][1]" in log.read_text()


def flying_flight(tmp_path: Path, clock: Time, monkeypatch) -> tuple[Flight, Any]:
    monkeypatch.setattr(flight_end, "time", types.SimpleNamespace(monotonic=clock))
    flight = Flight(describe(GraphOptions()), FlightOptions(tmp_path), lambda _: None, print)
    record = FlightRecord()
    record.begin()
    record.odometry(1_000_000_000, 1, (0.0, 0.0, 2.0))
    progress = Progress(NODES, clock=clock)
    return flight, types.SimpleNamespace(record=record, progress=progress)


@pytest.mark.parametrize("paused", [True, False])
def test_a_paused_simulator_is_no_lost_vehicle(tmp_path, monkeypatch, paused):
    clock = Time()
    flight, monitor = flying_flight(tmp_path, clock, monkeypatch)
    ending = None
    for _ in range(100):
        clock.now_s += 1.0
        monitor.progress.report("quadrotor_sim", "", is_problem=False, spins=True, paused=paused)
        monitor.progress.report("live_map", "waiting for odom", is_problem=True, spins=True)
        ending = ending or flight._end.ended(monitor)
    assert (ending is None) is paused
    assert ("the simulator is paused" in note(monitor.record, monitor.progress)) is paused
    for _ in range(31):  # it runs again, and nothing comes
        clock.now_s += 1.0
        monitor.progress.report("quadrotor_sim", "", is_problem=False, spins=True)
        ending = ending or flight._end.ended(monitor)
    assert ending is not None
    assert ending.reason == "no odometry came for 30 s"


def test_a_simulator_that_has_died_paused_is_lost(tmp_path, monkeypatch):
    clock = Time()
    flight, monitor = flying_flight(tmp_path, clock, monkeypatch)
    monitor.progress.report("quadrotor_sim", "", is_problem=False, spins=True, paused=True)
    ending = None
    for _ in range(40):
        clock.now_s += 1.0
        ending = ending or flight._end.ended(monitor)
    assert ending is not None


@pytest.mark.parametrize(
    ("vehicle", "said", "expected"),
    [
        ("sim", None, True), ("none", None, False), ("none", True, True), ("sim", False, False),
    ],
)  # fmt: skip
def test_simulated_time_follows_the_vehicle_unless_it_is_said(vehicle, said, expected):
    graph = describe(GraphOptions(vehicle=vehicle, use_sim_time=said))
    assert {node.parameters["use_sim_time"] for node in graph.nodes} == {expected}


def test_launch_arguments_that_are_no_numbers_are_refused_by_name():
    assert number("seed", "3", int) == 3
    assert switch("use_sim_time", "auto") is None
    for name, text, kind in (("real_time_factor", "fast", float), ("seed", "1.5", int)):
        with pytest.raises(UsageError, match=f"{name} = '{text}' is not allowed"):
            number(name, text, kind)
    with pytest.raises(UsageError, match="use_sim_time = 'maybe'"):
        switch("use_sim_time", "maybe")
    for wrong in (
        {"real_time_factor": float("nan")},
        {"real_time_factor": 0.0},
        {"seed": -1},
        {"seed": 10**20},
    ):
        with pytest.raises(UsageError, match=f"{next(iter(wrong))} = "):
            describe(GraphOptions(**wrong))


def grid(size: int) -> types.SimpleNamespace:
    return types.SimpleNamespace(data=np.zeros(size, np.int8))


@given(st.lists(st.integers(1, 400), min_size=1, max_size=200), st.integers(1, 9))
def test_maps_that_wait_are_bounded_in_order_and_the_latest_is_kept(sizes, most):
    maps = WaitingMaps(most, most_bytes=1000)
    for time_s, size in enumerate(sizes):
        maps.put(grid(size), float(time_s))
        assert len(maps) <= max(1, min(most, 1000 // size))
    maps.end()
    got = []
    while (item := maps.get()) is not None:
        got.append(item[1])
    assert got == sorted(set(got))
    assert got[-1] == len(sizes) - 1


def test_who_waits_for_a_map_gets_it_or_the_end():
    maps, got = WaitingMaps(), []
    reader = threading.Thread(target=lambda: got.extend(iter(maps.get, None)))
    reader.start()
    maps.put(grid(3), 1.5)
    maps.end()
    reader.join(timeout=10.0)
    assert [time_s for _, time_s in got] == [1.5]


def test_a_bag_file_is_of_the_run_whose_folder_it_is_in(tmp_path: Path):
    pytest.importorskip("rclpy", reason="rebuilding needs ROS 2")
    from live_mvp_ros.replay.rebuild import facts_of_run

    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "bag_0.mcap").write_text("")
    (tmp_path / "metrics.json").write_text('{"world": "maze:3", "seed": 5}')
    assert facts_of_run(tmp_path / "bag") == ("maze:3", 5, 0.0, 0.0)
    assert facts_of_run(tmp_path / "bag" / "bag_0.mcap") == ("maze:3", 5, 0.0, 0.0)
    assert facts_of_run(tmp_path) == (None, 0, 0.0, 0.0)
    said = {"drift_m_per_m": 0.005, "heading_drift_rad_per_m": math.radians(0.05)}
    values = {"world": "maze:3", "seed": 5, "odometry": said}
    (tmp_path / "metrics.json").write_text(json.dumps(values))
    assert facts_of_run(tmp_path / "bag")[2:] == pytest.approx((0.005, 0.05))


def test_who_watches_a_graph_loads_no_jax():
    """It would take seconds beside nodes that start, and for so long Ctrl-C would mean nothing."""
    pytest.importorskip("rclpy", reason="the graph needs ROS 2")
    code = "import sys, live_mvp_ros.bringup.monitor; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
