# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Keep the processes of a graph alive, and say which one cannot be kept alive and why.

A process that ends is started again after a delay that doubles with each quick death; one that
keeps dying gives the whole graph up with its name and last lines. Exit status 2 means that it was
configured wrongly, which no restart can mend: the graph ends at once with its sentence. That holds
until the process is known to have worked once; from then on its configuration was right, and the
status says something about the machine (a full disk, a port that is taken), so it is a death like
others. A process that only looks on never ends the graph: it is given up, and that is said.

Whoever has a low priority starts with a better one and gets its own when it is up: while a node of
a flight is missing, the drone hovers, and nothing is as urgent as the start of that node. So it is
with cores: until the whole graph is up, all are there for those who compile (``share_out``).
"""

from __future__ import annotations

import dataclasses
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from live_mvp_ros.bringup.card_sharing import undecided
from live_mvp_ros.bringup.errors import USED_WRONGLY, BringupError, UsageError
from live_mvp_ros.bringup.node_process import NodeProcess, keep_to, stop_all


@dataclasses.dataclass(frozen=True)
class RestartPolicy:
    """When a process is started again: delays double from the first to the longest one.

    Attributes:
        first_delay_s: pause before the first restart.
        longest_delay_s: the pause never gets longer than this.
        healthy_after_s: a process that lived this long starts again from the first delay.
        quick_deaths: so many deaths in a row, each before it was healthy, end the graph, or give
            up a process that only looks on.
    """

    first_delay_s: float = 0.05
    longest_delay_s: float = 8.0
    healthy_after_s: float = 10.0
    quick_deaths: int = 4

    def delay_s(self, deaths: int) -> float:
        """Return the pause after so many quick deaths in a row (1 for the first)."""
        return min(self.longest_delay_s, self.first_delay_s * 2.0 ** max(0, deaths - 1))


DEFAULT_POLICY = RestartPolicy()
ANNOUNCE_EVERY_S = 3.0
LAST_MOMENT_S = 0.6
STARTING_NICENESS = 1
SETTLING_S = 6.0


@dataclasses.dataclass(frozen=True)
class Command:
    """What to run under which name.

    Attributes:
        name: of the process, for the log and the user.
        arguments: the command line.
        niceness: added to its priority, once it has started.
        policy: when it is started again.
        onlooker: the graph goes on without it.
        patience_s: time that it may take to complete its files at the end of the graph.
        cores: that it keeps to, once the graph is up; empty for any.
        environment: variables that it gets unless those of all decide them.
    """

    name: str
    arguments: tuple[str, ...]
    niceness: int = 0
    policy: RestartPolicy = DEFAULT_POLICY
    onlooker: bool = False
    patience_s: float = 0.0
    cores: frozenset[int] = frozenset()
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class _Slot:
    command: Command
    process: NodeProcess
    deaths: int = 0
    restarts: int = 0
    restart_at: float | None = None
    worked: bool = False
    settled: bool = False
    given_up: bool = False
    said: str = ""


class Supervisor:
    """Runs commands until ``stop``; ``poll`` must be called regularly from the creating thread."""

    def __init__(
        self,
        commands: Sequence[Command],
        environment: Mapping[str, str],
        log_folder: Path,
        report: Callable[[str], None] = lambda line: None,
        *,
        settles: bool = False,
    ) -> None:
        """Remember what to run.

        Args:
            commands: what to run.
            environment: of all of them.
            log_folder: gets a log of each.
            report: receives one line for each restart.
            settles: ``share_out`` and ``settled`` will be called; otherwise all begin with their
                own priority and cores.
        """
        self._settles, self._shared_out = settles, not settles
        self._together: frozenset[int] = frozenset()
        self._commands = tuple(commands)
        self._environment = dict(environment)
        self._log_folder = log_folder
        self._report = report
        self._slots: list[_Slot] = []
        self._refused: set[str] = set()  # what the system does not allow; each is said once
        self._thread = threading.get_ident()

    def start(self) -> None:
        """Start every command.

        Raises:
            UsageError: the log folder cannot be written.
        """
        try:
            self._log_folder.mkdir(parents=True, exist_ok=True)
            for command in self._commands:
                self._slots.append(_Slot(command, self._spawn(command)))
        except OSError as error:
            self.kill()
            raise UsageError(f"cannot write the logs to {self._log_folder}: {error}") from error

    def worked(self, names: Iterable[str]) -> None:
        """Note that processes have worked: from now on they were configured rightly."""
        for slot in self._slots:
            slot.worked |= slot.command.name in names

    def share_out(self, together: frozenset[int] = frozenset()) -> None:
        """Note that the whole graph is up: from now on each process keeps to its cores.

        May be called again, when that has changed: ``together`` are cores for all to share.
        """
        self._shared_out, self._together = True, together
        for slot in self._slots:
            cores = self._cores_of(slot.command)
            if cores and slot.process.returncode() is None:
                self._say_refusal(slot, "cores", keep_to(slot.process.pid, cores))

    def _cores_of(self, command: Command) -> frozenset[int]:
        """Return where a process may run now, empty for anywhere."""
        return (self._together or command.cores) if command.cores else frozenset()

    def settled(self, names: Iterable[str]) -> None:
        """Note that processes work now and prepare nothing any more: they get their priority."""
        for slot in self._slots:
            up = not slot.settled and slot.process.lifetime_s() >= SETTLING_S
            if up and slot.command.name in names:
                slot.settled = True
                refusal = slot.process.renice(slot.command.niceness)
                self._say_refusal(slot, "priority", refusal)

    def poll(self) -> None:
        """Restart what died.

        Raises:
            UsageError: a process that has not worked yet says that it was configured wrongly
                (exit status 2).
            BringupError: a process keeps dying.
        """
        if threading.get_ident() != self._thread:
            raise RuntimeError("poll must be called from the thread that created the supervisor")
        for slot in self._slots:
            if slot.given_up:
                continue
            if slot.restart_at is not None:
                if time.monotonic() >= slot.restart_at:
                    slot.restart_at = None
                    slot.restarts += 1
                    slot.settled = False
                    slot.process = self._spawn(slot.command)
            elif (status := slot.process.returncode()) is not None:
                self._bury(slot, status)

    def pids(self) -> dict[str, int]:
        """Return the process ids of the commands that run, by name."""
        return {
            slot.command.name: slot.process.pid
            for slot in self._slots
            if slot.restart_at is None and slot.process.returncode() is None
        }

    def restarts(self) -> dict[str, int]:
        """Return how often each command was started again."""
        return {slot.command.name: slot.restarts for slot in self._slots}

    def last_lines(self, name: str, count: int = 10) -> list[str]:
        """Return the last lines of output of one command."""
        slot = next(slot for slot in self._slots if slot.command.name == name)
        return slot.process.last_lines(count)

    def stop(self, limit_s: float = 2.0, in_a_hurry: Callable[[], bool] = lambda: True) -> None:
        """End everything within ``limit_s``; safe to call again.

        Processes that have patience get that long to complete their files, and ``report`` says so
        every few seconds; as soon as somebody is in a hurry, they get a last moment.
        """
        slots = self._slots
        writing = {slot.process: slot.command for slot in slots if slot.command.patience_s > 0.0}
        wait = _Wait(list(writing.values()), in_a_hurry, self._report)
        stop_all([slot.process for slot in slots], limit_s, writing, wait.go_on)
        self._slots = []

    def complete_files(self) -> None:
        """Ask the processes that complete files to begin with that; ``stop`` ends them later."""
        for slot in self._slots:
            if slot.command.patience_s > 0.0 and slot.process.returncode() is None:
                slot.process.signal_group(signal.SIGINT)
                slot.given_up = True

    def dismiss(self) -> None:
        """Ask everything to end, and do not wait: ``stop`` will. Signal handlers may call it."""
        for slot in self._slots:
            if slot.process.returncode() is None:
                slot.process.signal_group(signal.SIGINT)

    def kill(self) -> None:
        """Kill everything at once; may be called from a signal handler during ``stop``."""
        for slot in self._slots:
            slot.process.signal_group(signal.SIGKILL)
        for slot in self._slots:
            slot.process.close()
        self._slots = []

    def _spawn(self, command: Command) -> NodeProcess:
        return NodeProcess(
            command.arguments,
            self._environment | undecided(command.environment, self._environment),
            self._log_folder / f"{command.name}.log",
            niceness=self._first_niceness(command),
            cores=self._cores_of(command) if self._shared_out else (),
        )

    def _first_niceness(self, command: Command) -> int:
        """Return a good priority for who is missed while it starts; a recorder misses data."""
        missed = not command.onlooker or command.patience_s > 0.0
        hurries = self._settles and missed
        return min(command.niceness, STARTING_NICENESS) if hurries else command.niceness

    def _bury(self, slot: _Slot, status: int) -> None:
        name, process, policy = slot.command.name, slot.process, slot.command.policy
        onlooker = slot.command.onlooker
        if status == USED_WRONGLY and not slot.worked and not onlooker:
            raise UsageError(f"{name}: {process.sentence()}")
        slot.deaths = 1 if process.lifetime_s() >= policy.healthy_after_s else slot.deaths + 1
        end = f"{name} {describe_status(status)}"
        if slot.deaths >= policy.quick_deaths:
            if onlooker:
                self._give_up(slot, end)
                return
            raise BringupError(
                f"{end} {slot.deaths} times in a row; its last lines:\n"
                + "\n".join("  " + line for line in process.last_lines())
            )
        delay = policy.delay_s(slot.deaths)
        last = f" ({process.sentence()})"
        process.close()
        slot.restart_at = time.monotonic() + delay
        if not onlooker or slot.said != end + last:  # the same is said once
            self._report(f"{end}{last}; starting it again in {delay:g} s")
        slot.said = end + last

    def _say_refusal(self, slot: _Slot, what: str, refusal: str) -> None:
        if refusal and what not in self._refused:
            self._refused.add(what)
            name = slot.command.name
            self._report(f"{name} keeps its {what}, others may, too: {refusal}")

    def _give_up(self, slot: _Slot, end: str) -> None:
        last = slot.process.sentence()
        slot.process.close()
        slot.given_up = True
        self._report(f"{end} {slot.deaths} times in a row ({last}); going on without it")


class _Wait:
    """How long the end waits for files to be completed; says every few seconds that it does."""

    def __init__(
        self,
        commands: Sequence[Command],
        in_a_hurry: Callable[[], bool],
        report: Callable[[str], None],
    ) -> None:
        self._names = " and ".join(command.name for command in commands)
        self._end_s = max((command.patience_s for command in commands), default=0.0)
        self._in_a_hurry, self._report = in_a_hurry, report
        self._hurried, self._due_s = False, ANNOUNCE_EVERY_S

    def go_on(self, elapsed_s: float) -> bool:
        """Return whether to wait longer after ``elapsed_s``."""
        if not self._hurried and self._in_a_hurry():
            self._hurried = True
            self._end_s = min(self._end_s, elapsed_s + LAST_MOMENT_S)
        if elapsed_s >= self._due_s:
            self._due_s += ANNOUNCE_EVERY_S
            self._report(f"waiting for {self._names} to complete its files ({elapsed_s:.0f} s)")
        return elapsed_s < self._end_s


def describe_status(status: int) -> str:
    """Return an exit status in words: ``ended with status 3`` or ``was killed by SIGSEGV``."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
