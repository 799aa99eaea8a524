# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who keeps to which core: disjoint sets of what is allowed, and none where that would harm."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live_mvp_ros.bringup import cores
from live_mvp_ros.bringup.cores import STEERING, WORKING, CoreTimes, divide
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.graph import GraphOptions, describe, recorder, viewer


@pytest.fixture
def allow(monkeypatch):
    """Pretend that this process may use some cores."""

    def set_cores(*numbers: int) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(numbers))
        monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None)
        monkeypatch.setattr(cores, "cpu_quota", lambda: None)

    return set_cores


def times(passed_s: float, *busy_s: float, own_s: float = 0.0) -> CoreTimes:
    return CoreTimes(dict(enumerate(busy_s)), dict.fromkeys(range(len(busy_s)), passed_s), own_s)


@given(st.sets(st.integers(0, 63), min_size=2))
def test_the_groups_are_disjoint_and_use_every_core(numbers):
    groups = cores._split(frozenset(numbers))
    assert groups[STEERING] | groups[WORKING] == numbers
    assert not groups[STEERING] & groups[WORKING]
    assert len(groups[STEERING]) == (2 if len(numbers) >= 4 else 1)
    assert groups[WORKING]


def test_two_idle_cores_are_divided_and_one_is_not(allow):
    allow(0, 1)
    assert divide("auto").groups == {STEERING: {1}, WORKING: {0}}
    allow(5)
    alone = divide("auto")
    assert not alone.groups
    assert "one core" in alone.reason


@pytest.mark.parametrize(
    ("busy_s", "own_s", "divided"),
    [
        ((10.02, 20.02), 0.0, True),  # 2 % of the second that has passed
        ((10.0, 21.0), 0.0, False),  # one core full of somebody's work
        ((10.9, 20.1), 0.9, True),  # what is busy is this process itself
    ],
)
def test_the_cores_are_divided_only_where_the_machine_is_idle_otherwise(
    allow, busy_s, own_s, divided
):
    allow(0, 1)
    found = divide("auto", times(100.0, 10.0, 20.0), times(101.0, *busy_s, own_s=own_s))
    assert bool(found.groups) is divided
    if not divided:
        assert "50 % of the 2 cores" in found.reason
        assert not found.of(STEERING)  # who cannot be moved later must not begin on one core
    assert found.once_idle(STEERING) == {1}


def test_load_on_cores_that_this_process_may_not_use_does_not_count(allow):
    allow(0, 1)
    after = times(101.0, 10.0, 20.0, 31.0, 41.0)
    assert divide("auto", times(100.0, 10.0, 20.0, 30.0, 40.0), after).groups


def test_others_who_come_are_made_room_for_and_the_division_returns_when_they_have_gone():
    balance = cores.Balance({0, 1}, divided=True)
    busy_s = own_s = 0.0
    seen = []
    # Our own processes keep both cores busy all the time; others take one of them from 4 to 8 s.
    for k in range(14):
        other_s = 2.0 if 2 <= k < 4 else 0.0
        busy_s, own_s = busy_s + 4.0, own_s + 4.0 - other_s
        at = CoreTimes({0: busy_s / 2, 1: busy_s / 2}, {0: 2.0 * k, 1: 2.0 * k}, own_s)
        seen.append(balance.look(at, 2.0))
    first_quiet = 4
    kept_together = int(cores.QUIET_S / 2.0) - 1
    back = first_quiet + kept_together
    assert seen == [True] * 2 + [False] * (back - 2) + [True] * (14 - back)


def test_where_nobody_says_how_busy_the_cores_are_nothing_changes():
    for divided in (True, False):
        balance = cores.Balance({0, 1}, divided)
        assert [balance.look(None, 2.0) for _ in range(20)] == [divided] * 20


def test_what_processes_used_counts_after_their_end_too():
    burn = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\ninput()"
    usage = cores.Usage()
    with subprocess.Popen(
        [sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used_s = usage.of([process.pid])
        process.communicate(b"\n")
    assert 0.4 <= used_s <= 5.0
    assert usage.of([process.pid]) == usage.of([]) == used_s


def test_the_load_of_the_machine_is_seen():
    """Independent truth: two processes that compute on one core each."""
    allowed = cores.allowed_cores()
    code = "import time; end = time.monotonic() + 20\nwhile time.monotonic() < end: pass"
    before = cores.core_times()
    others = [subprocess.Popen([sys.executable, "-c", code]) for _ in allowed]
    try:
        time.sleep(1.0)
        after = cores.core_times()
    finally:
        for process in others:
            process.kill()
            process.wait()
    assert before is not None
    assert after is not None
    load = cores.load_of_others(allowed, before, after)
    assert load is not None
    assert load > 0.5


def test_a_container_with_less_than_two_cores_time_is_not_divided(allow, monkeypatch):
    allow(0, 1)
    monkeypatch.setattr(cores, "cpu_quota", lambda: 1.5)
    assert divide("auto").reason == "this process may use 1.5 cores' time only"


def test_the_quota_of_a_container_is_read(tmp_path):
    file = tmp_path / "cpu.max"
    for text, expected in (("150000 100000\n", 1.5), ("max 100000\n", None), ("", None)):
        file.write_text(text)
        assert cores.cpu_quota([file]) == expected
    assert cores.cpu_quota([tmp_path / "gone"]) is None


@pytest.mark.parametrize(
    ("quota", "period", "expected"),
    [("100000", "100000", 1.0), ("-1", "100000", None), ("50000", "", None), ("0", "0", None)],
)
def test_the_quota_of_an_older_container_is_read_from_two_files(tmp_path, quota, period, expected):
    pair = tmp_path / "cpu.cfs_quota_us", tmp_path / "cpu.cfs_period_us"
    for file, text in zip(pair, (quota, period), strict=True):
        file.write_text(f"{text}\n")
    unlimited = tmp_path / "cpu.max"
    assert cores.cpu_quota([unlimited], [pair]) == expected
    unlimited.write_text("max 100000\n")
    assert cores.cpu_quota([unlimited], [pair]) == expected


def test_where_the_system_refuses_nothing_is_divided_and_the_reason_is_said(allow, monkeypatch):
    allow(0, 1)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    for choice in ("auto", "0,1"):
        found = divide(choice)
        assert not found.groups
        assert "does not allow it (Operation not permitted)" in found.in_words()


def test_a_list_is_taken_whatever_the_load(allow):
    allow(*range(8))
    busy = times(101.0, *[1.0] * 8)
    found = divide("2-3,6", times(100.0, *[0.0] * 8), busy)
    assert found.groups[STEERING] | found.groups[WORKING] == {2, 3, 6}
    assert divide("off").groups == {}


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("sometimes", "cores = 'sometimes' is not allowed: it must be auto, off, or numbers"),
        ("1,", "is not allowed"),
        ("0,9", "this process may use cores 0, 1 only"),
        ("1", "a division needs two cores"),
    ],
)
def test_other_choices_are_refused_with_a_sentence(allow, choice, words):
    allow(0, 1)
    with pytest.raises(UsageError, match=words):
        divide(choice)


def test_controller_and_simulator_steer_and_everything_else_works(tmp_path):
    graph = describe(GraphOptions())
    groups = {node.name: node.group for node in graph.nodes}
    assert {name for name, group in groups.items() if group == STEERING} == {
        "quadrotor_sim",
        "imppi_controller",
    }
    for onlooker in (recorder(graph, tmp_path), viewer(graph, "web", tmp_path / "f.rrd")):
        assert onlooker.group == WORKING
        assert onlooker.onlooker
    division = cores.Division({STEERING: frozenset({1}), WORKING: frozenset({0})}, "")
    kept = {node.name: node.supervised(division).cores for node in graph.nodes}
    assert kept["imppi_controller"] == {1}
    assert kept["live_map"] == {0}
    assert describe(GraphOptions()).nodes[0].supervised().cores == frozenset()
