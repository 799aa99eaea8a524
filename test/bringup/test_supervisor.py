# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The supervisor against real processes that die, refuse, or will not go."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.bringup.supervisor import Command, RestartPolicy, Supervisor, describe_status

QUICK = RestartPolicy(first_delay_s=0.02, longest_delay_s=0.05, healthy_after_s=30.0)
SLEEP = "import time; print('awake', flush=True); time.sleep(60)"
STUBBORN = """
import signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print('awake', flush=True)
while True:
    time.sleep(1)
"""


def python(name: str, code: str, policy: RestartPolicy = QUICK) -> Command:
    return Command(name, (sys.executable, "-S", "-E", "-c", code), policy=policy)


def wait_for(condition: Callable[[], object], limit_s: float = 10.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "the condition never came true"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def supervise(tmp_path: Path):
    running: list[Supervisor] = []

    def start(*commands: Command, report=lambda line: None) -> Supervisor:
        supervisor = Supervisor(commands, os.environ, tmp_path / "log", report)
        supervisor.start()
        running.append(supervisor)
        return supervisor

    yield start
    for supervisor in running:
        supervisor.kill()


def poll_until(supervisor: Supervisor, condition: Callable[[], object]) -> None:
    def check() -> object:
        supervisor.poll()
        return condition()

    wait_for(check)


def test_a_killed_process_is_started_again_and_named(supervise):
    lines: list[str] = []
    supervisor = supervise(python("mapper", SLEEP), python("other", SLEEP), report=lines.append)
    first = supervisor.pids()
    os.kill(first["mapper"], signal.SIGKILL)
    poll_until(supervisor, lambda: supervisor.restarts()["mapper"] == 1)
    poll_until(supervisor, lambda: len(supervisor.pids()) == 2)
    second = supervisor.pids()
    assert second["mapper"] != first["mapper"]
    assert second["other"] == first["other"]
    assert len(lines) == 1
    assert lines[0].startswith("mapper was killed by SIGKILL")


def test_a_process_that_always_dies_ends_the_graph_with_its_last_lines(supervise):
    code = "import sys; print('no room left'); print('giving up'); sys.exit(3)"
    supervisor = supervise(python("mapper", code), python("other", SLEEP))
    with pytest.raises(BringupError) as caught:
        poll_until(supervisor, lambda: False)
    assert caught.value.exit_code == 1
    text = str(caught.value)
    assert text.startswith("mapper ended with status 3 4 times in a row")
    assert "no room left" in text
    assert "giving up" in text


def test_back_off_doubles_up_to_its_limit_and_starts_over_when_healthy():
    policy = RestartPolicy(first_delay_s=0.5, longest_delay_s=3.0)
    assert [policy.delay_s(n) for n in (1, 2, 3, 4, 9)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_process_that_lived_long_enough_is_restarted_without_end(supervise):
    policy = RestartPolicy(first_delay_s=0.01, healthy_after_s=0.0, quick_deaths=2)
    supervisor = supervise(python("mapper", "pass", policy))
    poll_until(supervisor, lambda: supervisor.restarts()["mapper"] >= 4)
    assert supervisor.restarts()["mapper"] >= 4


def test_status_2_ends_the_graph_at_once_with_the_sentence_of_the_node(supervise):
    code = (
        "import sys; print('[INFO] [12.5] [live_map]: starting');"
        "print('[FATAL] [12.6] [live_map]: rate_hz = -1 is not allowed'); sys.exit(2)"
    )
    supervisor = supervise(python("live_map", code))
    with pytest.raises(UsageError) as caught:
        poll_until(supervisor, lambda: False)
    assert str(caught.value) == "live_map: rate_hz = -1 is not allowed"
    assert caught.value.exit_code == 2


DISK_FULL = "import sys; print('no room left'); sys.exit(2)"


def test_after_its_first_healthy_life_status_2_is_a_death_like_others(supervise, tmp_path):
    """A node that worked was configured rightly: later, 2 says something about the machine."""
    mark = tmp_path / "worked"
    code = (
        f"import pathlib, sys, time; mark = pathlib.Path({str(mark)!r})\n"
        "if mark.exists(): print('no room left'); sys.exit(2)\n"
        "mark.touch(); time.sleep(60)"
    )
    supervisor = supervise(python("mapper", code))
    wait_for(mark.exists)
    supervisor.worked({"mapper"})
    os.kill(supervisor.pids()["mapper"], signal.SIGKILL)
    with pytest.raises(BringupError) as caught:
        poll_until(supervisor, lambda: False)
    assert caught.value.exit_code == 1
    assert "mapper ended with status 2 4 times in a row" in str(caught.value)
    assert "no room left" in str(caught.value)


def test_a_process_that_has_not_worked_is_refused_even_beside_others_that_have(supervise):
    supervisor = supervise(python("mapper", SLEEP), python("camera", DISK_FULL))
    supervisor.worked({"mapper"})
    with pytest.raises(UsageError, match="^camera: no room left$"):
        poll_until(supervisor, lambda: False)


@pytest.mark.parametrize("status", [0, 1, 2, 3])
def test_an_onlooker_never_ends_the_graph_is_given_up_and_said_once(supervise, status):
    lines: list[str] = []
    command = python("viewer", f"print('port 9 is taken'); raise SystemExit({status})")
    command = dataclasses.replace(command, onlooker=True)
    supervisor = supervise(command, python("mapper", SLEEP), report=lines.append)
    poll_until(supervisor, lambda: any("going on without it" in line for line in lines))
    assert len(lines) == 2
    assert "port 9 is taken" in lines[0]
    assert supervisor.restarts()["viewer"] == QUICK.quick_deaths - 1
    supervisor.poll()
    assert set(supervisor.pids()) == {"mapper"}


SLOW_WRITER = """
import pathlib, signal, sys, time
done = pathlib.Path(sys.argv[1])
def complete(*_):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a node of ours ends once, too
    for part in range(int(sys.argv[2])):
        time.sleep(0.1)
    done.write_text('metadata')
    sys.exit(0)
signal.signal(signal.SIGINT, complete)
print('awake', flush=True)
while True:
    time.sleep(1)
"""


def writer(done: Path, tenths: int, patience_s: float) -> Command:
    arguments = (sys.executable, "-S", "-E", "-c", SLOW_WRITER, str(done), str(tenths))
    return Command("recorder", arguments, policy=QUICK, onlooker=True, patience_s=patience_s)


def test_a_recorder_on_a_slow_disk_gets_the_time_to_complete_its_bag(
    supervise, tmp_path, monkeypatch
):
    monkeypatch.setattr("live_mvp_ros.bringup.supervisor.ANNOUNCE_EVERY_S", 0.5)
    lines: list[str] = []
    done = tmp_path / "metadata.yaml"
    supervisor = supervise(
        writer(done, 25, 60.0), python("stubborn", STUBBORN), report=lines.append
    )
    wait_for(lambda: all(supervisor.last_lines(n) for n in ("recorder", "stubborn")))
    begin = time.monotonic()
    supervisor.stop(limit_s=0.5, in_a_hurry=lambda: False)
    assert done.read_text() == "metadata"
    assert 2.4 < time.monotonic() - begin < 20.0
    assert lines
    assert all(line.startswith("waiting for recorder to complete its files") for line in lines)


def test_a_recorder_that_missed_the_signal_is_asked_again(supervise, tmp_path, monkeypatch):
    """One that is inside of an import when the signal comes, for instance."""
    monkeypatch.setattr("live_mvp_ros.bringup.node_process.ASK_AGAIN_S", 0.3)
    code = (
        "import signal, sys; asked = []\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(0) if asked else asked.append(1))\n"
        "print('awake', flush=True)\nwhile True: signal.pause()"
    )
    deaf = dataclasses.replace(python("recorder", code), patience_s=60.0)
    supervisor = supervise(deaf)
    wait_for(lambda: supervisor.last_lines("recorder"))
    begin = time.monotonic()
    supervisor.stop(0.2, lambda: False)
    assert time.monotonic() - begin < 30.0


def test_in_a_hurry_a_recorder_is_not_waited_for(supervise, tmp_path):
    supervisor = supervise(writer(tmp_path / "never", 600, 60.0))
    wait_for(lambda: supervisor.last_lines("recorder"))
    begin = time.monotonic()
    supervisor.stop(limit_s=0.5)
    assert time.monotonic() - begin < 3.0
    assert not (tmp_path / "never").exists()


def test_a_hurry_that_comes_while_a_recorder_is_waited_for_ends_that(supervise, tmp_path):
    supervisor = supervise(writer(tmp_path / "never", 600, 60.0))
    wait_for(lambda: supervisor.last_lines("recorder"))
    begin = time.monotonic()
    supervisor.stop(0.5, lambda: time.monotonic() - begin > 1.0)
    assert 1.0 < time.monotonic() - begin < 5.0


def test_a_recorder_that_was_asked_to_complete_is_not_started_again(supervise, tmp_path):
    supervisor = supervise(writer(tmp_path / "done", 0, 60.0))
    wait_for(lambda: supervisor.last_lines("recorder"))
    supervisor.complete_files()
    wait_for((tmp_path / "done").exists)
    poll_until(supervisor, lambda: not supervisor.pids())
    supervisor.poll()
    assert supervisor.restarts()["recorder"] == 0


def test_killing_works_while_another_thread_waits_for_the_end(supervise, tmp_path):
    supervisor = supervise(writer(tmp_path / "never", 600, 60.0), python("stubborn", STUBBORN))
    wait_for(lambda: all(supervisor.last_lines(n) for n in ("recorder", "stubborn")))
    pids = list(supervisor.pids().values())
    ending = threading.Thread(target=supervisor.stop, args=(30.0, lambda: False))
    ending.start()
    supervisor.kill()
    ending.join(timeout=10.0)
    assert not ending.is_alive()
    wait_for(lambda: not any(alive(pid) for pid in pids))


def test_a_process_keeps_to_its_cores_from_its_first_line(supervise):
    allowed = os.sched_getaffinity(0)
    core = max(allowed)
    code = "import os; print(sorted(os.sched_getaffinity(0)), flush=True); input()"
    kept = dataclasses.replace(python("kept", code), cores=frozenset({core}))
    supervisor = supervise(kept, python("free", code))
    wait_for(lambda: all(supervisor.last_lines(name) for name in ("kept", "free")))
    assert supervisor.last_lines("kept")[0] == f"[{core}]"
    assert supervisor.last_lines("free")[0] == str(sorted(allowed))


THREADS = """
import threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print('awake', flush=True)
time.sleep(60)
"""


def nicenesses(pid: int) -> set[int]:
    threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    own = os.getpriority(os.PRIO_PROCESS, 0)
    return {os.getpriority(os.PRIO_PROCESS, thread) - own for thread in threads}


@pytest.mark.skipif(os.nice(0) > 9, reason="started with too low a priority to lower it by ten")
def test_a_process_starts_fast_and_gets_its_low_priority_when_it_is_up(tmp_path, monkeypatch):
    """Above all one that was killed in flight: the drone hovers until it is back."""
    monkeypatch.setattr("live_mvp_ros.bringup.supervisor.SETTLING_S", 0.0)
    mapper = dataclasses.replace(python("mapper", THREADS), niceness=10)
    viewer = dataclasses.replace(python("viewer", THREADS), niceness=10, onlooker=True)
    log = tmp_path / "log"
    supervisor = Supervisor([mapper, viewer], os.environ, log, settles=True)
    supervisor.start()
    try:
        wait_for(lambda: all(supervisor.last_lines(n) for n in ("mapper", "viewer")))
        pids = supervisor.pids()
        assert nicenesses(pids["mapper"]) == {1}
        assert nicenesses(pids["viewer"]) == {10}
        supervisor.settled({"mapper"})
        assert nicenesses(pids["mapper"]) == {10}
        os.kill(pids["mapper"], signal.SIGKILL)
        poll_until(supervisor, lambda: supervisor.restarts()["mapper"] == 1)
        wait_for(lambda: supervisor.last_lines("mapper"))
        assert nicenesses(supervisor.pids()["mapper"]) == {1}
        supervisor.settled({"mapper"})
        assert nicenesses(supervisor.pids()["mapper"]) == {10}
    finally:
        supervisor.kill()


AFFINITIES = """
import os, threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print(sorted(os.sched_getaffinity(0)), flush=True)
time.sleep(60)
"""


def affinities(pid: int) -> list[set[int]]:
    threads = [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    assert len(threads) >= 2
    return [os.sched_getaffinity(thread) for thread in threads]


def test_until_the_graph_is_up_all_cores_are_there_for_who_compiles(tmp_path):
    """And what dies later starts on its own cores, since the others steer a flight by then."""
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        pytest.skip("one core cannot be divided")
    own = {max(allowed)}
    mapper = dataclasses.replace(python("mapper", AFFINITIES), cores=frozenset(own))
    supervisor = Supervisor([mapper], os.environ, tmp_path / "log", settles=True)
    supervisor.start()
    try:
        wait_for(lambda: supervisor.last_lines("mapper"))
        assert supervisor.last_lines("mapper") == [str(sorted(allowed))]
        supervisor.settled({"mapper"})
        pid = supervisor.pids()["mapper"]
        assert affinities(pid) == [allowed] * len(affinities(pid))
        supervisor.share_out()
        assert affinities(pid) == [own] * len(affinities(pid))
        os.kill(pid, signal.SIGKILL)
        poll_until(supervisor, lambda: supervisor.restarts()["mapper"] == 1)
        wait_for(lambda: supervisor.last_lines("mapper"))
        assert supervisor.last_lines("mapper") == [str(sorted(own))]
        pid = supervisor.pids()["mapper"]
        supervisor.share_out(together=frozenset(allowed))  # others have come: there is no room
        assert affinities(pid) == [allowed] * len(affinities(pid))
        supervisor.share_out()
        assert affinities(pid) == [own] * len(affinities(pid))
    finally:
        supervisor.kill()


def test_cores_that_are_refused_are_said_once(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    said: list[str] = []
    nodes = [
        dataclasses.replace(python(name, SLEEP), cores=frozenset({0})) for name in ("one", "two")
    ]
    supervisor = Supervisor(nodes, os.environ, tmp_path / "log", said.append, settles=True)
    supervisor.start()
    try:
        wait_for(lambda: all(supervisor.last_lines(name) for name in ("one", "two")))
        monkeypatch.setattr(os, "sched_setaffinity", refuse)
        supervisor.share_out()
        assert said == ["one keeps its cores, others may, too: Operation not permitted"]
    finally:
        supervisor.kill()


NICED = """
import os, sys, time
from pathlib import Path
from live_mvp_ros.bringup.node_process import NodeProcess

def niceness(pid):
    return os.getpriority(os.PRIO_PROCESS, pid)

code = "print('up', flush=True); import time; time.sleep(99)"
own, sleep = niceness(0), [sys.executable, "-c", code]
log, nodes = Path(sys.argv[1]), []
for first in (1, 5):
    node = NodeProcess(sleep, os.environ, log / f"{first}.log", niceness=first)
    nodes.append(node)
    while not node.last_lines():
        time.sleep(0.02)
found = [own, *(niceness(node.pid) for node in nodes)]
for node, wanted in zip(nodes, (3, 10)):
    node.renice(wanted)
found += [niceness(node.pid) for node in nodes]
for node in nodes:
    node.close()
print(*found)
"""


def test_priorities_are_below_that_of_the_command_itself(tmp_path):
    """``nice -n 15 live-mvp explore`` is for a machine that does something more important."""
    command = ["nice", "-n", "7", sys.executable, "-c", NICED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60.0)
    own, *found = map(int, done.stdout.split())
    assert found == [min(own + by, 19) for by in (1, 5, 3, 10)]


def test_a_priority_that_is_refused_is_said_once(tmp_path, monkeypatch):
    monkeypatch.setattr("live_mvp_ros.bringup.supervisor.SETTLING_S", 0.0)

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    said: list[str] = []
    nodes = [dataclasses.replace(python(name, SLEEP), niceness=10) for name in ("one", "two")]
    supervisor = Supervisor(nodes, os.environ, tmp_path / "log", said.append, settles=True)
    supervisor.start()
    try:
        wait_for(lambda: all(supervisor.last_lines(name) for name in ("one", "two")))
        monkeypatch.setattr(os, "setpriority", refuse)
        supervisor.settled({"one", "two"})
        assert len(said) == 1
        assert "one" in said[0] and "Operation not permitted" in said[0]
    finally:
        supervisor.kill()


def test_a_core_that_is_not_there_leaves_the_process_running_and_is_said(supervise):
    nowhere = dataclasses.replace(python("node", SLEEP), cores=frozenset({1000}))
    supervisor = supervise(nowhere)
    wait_for(lambda: "awake" in supervisor.last_lines("node"))
    assert supervisor.last_lines("node")[0].startswith("cannot keep to core 1000 (")


def test_the_last_words_of_a_node_leave_out_what_jax_appends_to_a_traceback(supervise):
    tail = "-" * 20 + "\\nFor simplicity, JAX has removed its internal frames from the traceback."
    code = f"import sys; print('NameError: no x'); print('{tail}'); sys.exit(2)"
    supervisor = supervise(python("live_map", code))
    with pytest.raises(UsageError, match="^live_map: NameError: no x$"):
        poll_until(supervisor, lambda: False)


def test_stop_ends_stubborn_processes_and_their_children_in_time(supervise):
    family = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN!r}])"
    supervisor = supervise(python("stubborn", STUBBORN), python("family", family))
    wait_for(lambda: all(supervisor.last_lines(name) for name in ("stubborn", "family")))
    members = [psutil.Process(pid) for pid in supervisor.pids().values()]
    members += [child for member in members for child in member.children(recursive=True)]
    assert len(members) == 3
    begin = time.monotonic()
    supervisor.stop(limit_s=1.0)
    assert time.monotonic() - begin < 3.0
    wait_for(lambda: not any(alive(member.pid) for member in members))


def test_output_goes_to_a_file_that_survives_restarts(supervise, tmp_path):
    supervisor = supervise(python("mapper", "print('hello')"))
    poll_until(supervisor, lambda: supervisor.restarts()["mapper"] >= 2)
    supervisor.stop()
    assert (tmp_path / "log" / "mapper.log").read_text().count("hello") >= 2


def test_an_unwritable_log_folder_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    supervisor = Supervisor([python("a", SLEEP)], os.environ, tmp_path / "file" / "log")
    with pytest.raises(UsageError, match="cannot write the logs"):
        supervisor.start()


def test_a_supervisor_that_is_killed_leaves_no_orphans(tmp_path):
    script = f"""
import os, sys, time
from pathlib import Path
from live_mvp_ros.bringup.supervisor import Command, Supervisor
command = (sys.executable, "-S", "-E", "-c", {STUBBORN!r})
commands = [Command("a", command), Command("b", command)]
supervisor = Supervisor(commands, os.environ, Path({str(tmp_path)!r}))
supervisor.start()
while not all(supervisor.last_lines(name) for name in "ab"):
    time.sleep(0.01)
print(*supervisor.pids().values(), flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pids = [int(word) for word in parent.stdout.readline().split()]
    try:
        assert len(pids) == 2
        assert all(alive(pid) for pid in pids)
        parent.kill()
        parent.wait()
        wait_for(lambda: not any(alive(pid) for pid in pids))
    finally:
        parent.kill()


def test_exit_statuses_in_words():
    assert describe_status(1) == "ended with status 1"
    assert describe_status(-11) == "was killed by SIGSEGV"
    assert describe_status(-200) == "was killed by signal 200"


def test_who_is_dismissed_ends_without_being_waited_for(supervise):
    supervisor = supervise(python("quick", SLEEP), python("stubborn", STUBBORN))
    wait_for(lambda: all(supervisor.last_lines(name) for name in ("quick", "stubborn")))
    pids = supervisor.pids()
    supervisor.dismiss()
    wait_for(lambda: not alive(pids["quick"]))
    assert alive(pids["stubborn"])
    supervisor.stop(0.2)
    assert not alive(pids["stubborn"])
