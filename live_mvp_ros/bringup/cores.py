# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which processes of the graph keep to which cores of the machine.

The controller and the simulator must answer within a period of 20 ms; mapping, planning and
recording compute for longer than that whenever they run. On the same core the scheduler lets the
short ones wait for the long ones now and then, whatever their priorities. Kept apart they do not
meet: on two idle cores 98.5 to 99.0 % of the control periods were on time instead of 96 %. Where
other work loads the machine it is the other way round: a process that may not leave its core waits
for that work while another core is free. So the division is made only where the machine is looked
at and found idle, and taken back while others keep it busy, or where the user says which cores are
theirs.

Imports the standard library only.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from live_mvp_ros.bringup.errors import UsageError

AUTO, OFF = "auto", "off"
ENVIRONMENT = "LIVE_MVP_ROS_CORES"
STEERING, WORKING = "steering", "working"
GROUPS = (STEERING, WORKING)
BUSY_SHARE = 0.25
"""Share of a core's time that other work may take of the cores together."""
LOOK_PERIOD_S, QUIET_S = 2.0, 10.0
"""How often others are looked for, and for how long they must be quiet."""
POOLS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_LIST = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")
_CPU_TIMES = Path("/proc/stat")
_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_QUOTAS = (_CONTROL_GROUPS / "cpu.max",)
_QUOTAS_AND_PERIODS = tuple(
    (_CONTROL_GROUPS / name / "cpu.cfs_quota_us", _CONTROL_GROUPS / name / "cpu.cfs_period_us")
    for name in ("cpu", "cpu,cpuacct")
)
_TOPOLOGY = Path("/sys/devices/system/cpu")
_IDLE, _IO_WAIT = 3, 4  # columns of /proc/stat


@dataclasses.dataclass(frozen=True)
class Division:
    """Which cores each group of processes keeps to.

    Attributes:
        groups: cores by group; empty for no division.
        reason: why it is as it is, in words.
        possible: how they are divided whenever the machine is idle otherwise; empty where that
            does not matter.
        mixed_s: for how long they were not, in flight, because others kept them busy.
    """

    groups: Mapping[str, frozenset[int]]
    reason: str
    possible: Mapping[str, frozenset[int]] = dataclasses.field(default_factory=dict)
    mixed_s: float = 0.0

    def of(self, group: str) -> frozenset[int]:
        """Return the cores of a group, empty for any."""
        return self.groups.get(group, frozenset())

    def once_idle(self, group: str) -> frozenset[int]:
        """Return the cores of a group as soon as they are divided, empty where they never are."""
        return (self.groups or self.possible).get(group, frozenset())

    def in_words(self) -> str:
        """Return the division as one line of text."""
        if not self.groups:
            return f"not divided: {self.reason}"
        parts = [f"{name} on {names(self.groups[name])}" for name in GROUPS]
        busy = f"; for {self.mixed_s:.0f} s not, others were busy" if self.mixed_s >= 1.0 else ""
        return f"{', '.join(parts)} ({self.reason}{busy})"

    def to_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return {
            "groups": {name: sorted(cores) for name, cores in self.groups.items()},
            "reason": self.reason,
            "mixed_s": round(self.mixed_s, 1),
        }


NOT_DIVIDED = Division({}, "as asked for")


@dataclasses.dataclass(frozen=True)
class CoreTimes:
    """Seconds since boot that each core was busy and that passed, and those of this process."""

    busy: Mapping[int, float]
    total: Mapping[int, float]
    own_s: float


def names(cores: Iterable[int]) -> str:
    """Return numbers of cores as words: ``core 1``, ``cores 2, 3``."""
    numbers = sorted(cores)
    return f"core{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def check_choice(choice: str) -> str:
    """Return what a user says about cores: ``auto``, ``off``, or numbers such as ``0,2-3``.

    Raises:
        UsageError: it is none of them.
    """
    if choice in (AUTO, OFF):
        return choice
    if not _LIST.fullmatch(choice):
        raise UsageError(
            f"cores = {choice!r} is not allowed: it must be auto, off, or numbers of cores such "
            "as 0,2-3"
        )
    return choice


def listed(choice: str) -> frozenset[int]:
    """Return the cores of a list such as ``0,2-3``."""
    found: set[int] = set()
    for part in choice.split(","):
        low, _, high = part.partition("-")
        found.update(range(int(low), int(high or low) + 1))
    return frozenset(found)


def divide(
    choice: str, before: CoreTimes | None = None, after: CoreTimes | None = None
) -> Division:
    """Return the division for a choice of the user, of the cores that this process may use.

    Args:
        choice: ``auto``, ``off``, or a list of cores.
        before: times of the cores before this process looked at them.
        after: the same, a moment later; without the two, only the number of cores decides.

    Raises:
        UsageError: a core of the list may not be used here, or the list has fewer than two.
    """
    check_choice(choice)
    if choice == OFF:
        return NOT_DIVIDED
    allowed = allowed_cores()
    if choice != AUTO:
        return _of_list(choice, allowed)
    if (never := _against(allowed)) is not None:
        return Division({}, never)
    split, idle = _split(allowed), f"the {len(allowed)} cores are idle otherwise"
    load = None if before is None or after is None else load_of_others(allowed, before, after)
    if load is not None and load > BUSY_SHARE:
        return Division({}, busy_in_words(load, allowed), split)
    return Division(split, idle, split)


def busy_in_words(load: float, cores: Collection[int]) -> str:
    """Return that others take so large a share of the cores."""
    return f"other work takes {100 * load:.0f} % of the {len(cores)} cores"


class Balance:
    """Whether cores are better divided at the moment, from look to look.

    Others who come are made room for at once; when they have gone, the division comes back after
    a while, so that it does not change to and fro.
    """

    def __init__(self, shared: Collection[int], divided: bool) -> None:
        """Look at some cores, which are ``divided`` to begin with."""
        self._shared, self.divided = frozenset(shared), divided
        self._last: CoreTimes | None = None
        self._quiet_s = 0.0
        self.load = 0.0
        """Share of the cores' time that others took before the last look."""

    def look(self, times: CoreTimes | None, passed_s: float) -> bool:
        """Return whether to divide from now on.

        Args:
            times: of the cores, and of all processes that are not others.
            passed_s: since the previous look.
        """
        before, self._last = self._last, times
        load = None
        if before is not None and times is not None:
            load = load_of_others(self._shared, before, times)
        if load is None:
            return self.divided
        self.load = load
        self._quiet_s = self._quiet_s + passed_s if load <= BUSY_SHARE else 0.0
        if load > BUSY_SHARE:
            self.divided = False
        elif self._quiet_s >= QUIET_S:
            self.divided = True
        return self.divided


def frugal(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which linear algebra starts no threads of its own.

    Each process has one thread that computes; a pool in each would only wait for the others.
    """
    return dict.fromkeys(POOLS, "1") | dict(environment)


def allowed_cores() -> frozenset[int]:
    """Return the cores that this process may use: those of its container or its task set."""
    return frozenset(os.sched_getaffinity(0))


def core_times(own_s: float | None = None) -> CoreTimes | None:
    """Return how busy the cores have been since boot; None where the system does not say.

    ``own_s`` is what those have used who are not others; by default it is this process.
    """
    tick_s = 1.0 / os.sysconf("SC_CLK_TCK")
    busy, total = {}, {}
    try:
        lines = _CPU_TIMES.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, *fields = line.split()
        if name.startswith("cpu") and name[3:].isdecimal():
            values = [int(field) * tick_s for field in fields[:8]]
            total[int(name[3:])] = sum(values)
            busy[int(name[3:])] = sum(values) - values[_IDLE] - values[_IO_WAIT]
    own = os.times()
    return CoreTimes(busy, total, own.user + own.system if own_s is None else own_s)


class Usage:
    """What some processes have used of the cores, those included that have ended."""

    def __init__(self) -> None:
        """Count from nothing."""
        self._used_s: dict[int, float] = {}

    def of(self, pids: Iterable[int]) -> float:
        """Return the seconds of all processes that were ever asked for, with these."""
        tick_s = 1.0 / os.sysconf("SC_CLK_TCK")
        for pid in pids:
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            self._used_s[pid] = tick_s * (int(fields[11]) + int(fields[12]))
        return sum(self._used_s.values())


def load_of_others(cores: Collection[int], before: CoreTimes, after: CoreTimes) -> float | None:
    """Return the share of the cores' time that others took between two looks, or None."""
    seen = [core for core in cores if core in before.total and core in after.total]
    passed = sum(after.total[core] - before.total[core] for core in seen)
    if passed <= 0.0:
        return None
    taken = sum(after.busy[core] - before.busy[core] for core in seen)
    return max(0.0, taken - (after.own_s - before.own_s)) / passed


def _of_list(choice: str, allowed: frozenset[int]) -> Division:
    wanted = listed(choice)
    if not wanted <= allowed:
        raise UsageError(
            f"cores = {choice!r} is not allowed: this process may use {names(allowed)} only"
        )
    if len(wanted) < 2:
        raise UsageError(
            f"cores = {choice!r} is not allowed: a division needs two cores; choose off for none"
        )
    refused = _refused(allowed)
    return Division({}, refused) if refused else Division(_split(wanted), "as asked for")


def _against(allowed: frozenset[int]) -> str | None:
    """Return why the cores can never be divided, or None."""
    if len(allowed) < 2:
        return "this process may use one core only"
    quota = cpu_quota()
    if quota is not None and quota < 2.0:
        return f"this process may use {quota:g} cores' time only"
    return _refused(allowed)


def _refused(allowed: frozenset[int]) -> str | None:
    """Return why the system does not let processes be kept to cores, or None."""
    try:
        os.sched_setaffinity(0, allowed)
    except OSError as error:
        return f"the system does not allow it ({error.strerror})"
    return None


def cpu_quota(
    files: Iterable[Path] = _QUOTAS,
    pairs: Iterable[tuple[Path, Path]] = _QUOTAS_AND_PERIODS,
) -> float | None:
    """Return how many cores' time the container may use; None for no limit.

    Args:
        files: each with quota and period, of control groups of version 2.
        pairs: of a file with the quota and one with the period, of version 1.
    """
    for group in (*((file,) for file in files), *pairs):
        try:
            quota, period = (float(word) for file in group for word in file.read_text().split())
        except (OSError, ValueError):  # none of this kind, or "max"
            continue
        if quota > 0.0 and period > 0.0:  # -1: no limit
            return quota / period
    return None


def _split(cores: frozenset[int]) -> dict[str, frozenset[int]]:
    """Return disjoint sets: one core for steering, two where there are four, the rest for work.

    The two threads of one core compute with the same units, so they stay together; the last cores
    steer, since interrupts mostly go to the first.
    """
    by_core = sorted(cores, key=lambda core: (*_place(core), core))
    count = 2 if len(by_core) >= 4 else 1
    steering = frozenset(by_core[-count:])
    return {STEERING: steering, WORKING: frozenset(by_core[:-count])}


def _place(core: int) -> tuple[int, int]:
    """Return package and number of the core of a hardware thread; its number where unknown."""
    folder = _TOPOLOGY / f"cpu{core}" / "topology"
    try:
        package, place = (
            int((folder / name).read_text()) for name in ("physical_package_id", "core_id")
        )
    except (OSError, ValueError):
        return 0, core
    return package, place
