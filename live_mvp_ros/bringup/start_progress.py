# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a graph that does not fly yet waits for, in one sentence.

The controller knows only that it has no map. Why there is none, a node before it knows: it still
compiles, it refuses what it gets, or nothing reaches it. So the reason of the first node in the
flow of data is the one that is worth reading (``ros.complaints``).
"""

from __future__ import annotations

import dataclasses
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence

from live_mvp_ros.ros.complaints import WAITS_FOR, cause

_PREPARING = re.compile(r"\bcompiling\b|\bloading its programs\b")  # what ros.diagnostics says
_COMPILING = re.compile(r"\bcompiling\b")
PAUSED = "the simulator is paused"
RECENT_S = 2.5  # nodes report every second
START_LIMIT_S = 180.0  # while no node says that it compiles, and all have said something
ALONE_LIMIT_S = 60.0
LOADING_LIMIT_S = 600.0
COMPILING_LIMIT_S = 1800.0


@dataclasses.dataclass(frozen=True)
class NodeReport:
    """The latest word of one node about itself.

    Attributes:
        message: of its diagnostics, empty when all is well.
        is_problem: it is a warning or an error.
        spins: the node works; until then it starts.
        paused: it lets no time pass, as somebody wants.
        produced: it has given what it is there for since it spins.
        since_s: steady time of the first report with this message.
        last_s: of the last one.
    """

    message: str
    is_problem: bool
    spins: bool
    since_s: float
    last_s: float
    paused: bool = False
    produced: bool = False


class Progress:
    """Latest reports of the nodes of one graph; one thread reports, any thread reads."""

    def __init__(
        self,
        nodes: Sequence[str],
        onlookers: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Expect reports of nodes, named without a leading slash, in the order of the data.

        Nobody waits for ``onlookers``, but their problems are problems.
        """
        self._nodes, self._onlookers, self._now = tuple(nodes), tuple(onlookers), clock
        self._begin_s = clock()
        self._reports: dict[str, NodeReport] = {}
        self._compiled_s: dict[str, float] = {}
        self._ready_since_s: dict[str, float] = {}  # written by who reports
        self._restarts: dict[str, int] = {}  # like the next one, written by who restarts
        self._restarted_s: dict[str, float] = {}
        self.clock_heard = True
        """Whether /clock was heard, or is not needed."""

    def report(
        self,
        node: str,
        message: str,
        *,
        is_problem: bool,
        spins: bool,
        paused: bool = False,
        produces: bool = False,
    ) -> None:
        """Take what a node says; nodes of other graphs are left out."""
        if node not in self._nodes and node not in self._onlookers:
            return
        before = self._reports.get(node)
        same = before is not None and before.message == message
        now = self._now()
        since_s = before.since_s if before is not None and same else now
        if before is not None and _COMPILING.search(before.message):
            spent_s = self._compiled_s.get(node, 0.0) + now - before.last_s
            self._compiled_s = {**self._compiled_s, node: spent_s}
        produced = produces or (spins and before is not None and before.produced)
        self._reports[node] = NodeReport(
            message, is_problem, spins, since_s, now, paused, produced
        )
        # who has had no input yet compiles for the first one
        waits = is_problem and not produced and message.startswith(WAITS_FOR)
        if not spins:
            self._ready_since_s.pop(node, None)
        elif not waits and not self._prepares(node):
            self._ready_since_s[node] = now

    def restarted(self, restarts: Mapping[str, int]) -> None:
        """Take how often each node was started again, by its last name: it is not ready then."""
        for node in self._nodes:
            count = restarts.get(node.rpartition("/")[2], 0)
            if count != self._restarts.get(node, 0):
                self._restarts[node], self._restarted_s[node] = count, self._now()

    def working(self) -> set[str]:
        """Return the nodes that have worked at least once, by their last name."""
        return {node.rpartition("/")[2] for node, said in self._reports.items() if said.spins}

    def ready(self) -> set[str]:
        """Return the nodes that work now and prepare nothing, by their last name."""
        return {
            node.rpartition("/")[2]
            for node, said in self._reports.items()
            if not self._is_starting(node)
        }

    def prepared(self) -> set[str]:
        """Return those of the ready nodes that have prepared everything, since they produce.

        One that waits for its first input is ready, and compiles for that input when it comes.
        """
        done = {name.rpartition("/")[2] for name, said in self._reports.items() if said.produced}
        return self.ready() & done

    @property
    def all_prepared(self) -> bool:
        """Whether every node has given what it is there for, and prepares nothing now."""
        said = [self._reports.get(node) for node in self._nodes]
        return not self.starting and all(one is not None and one.produced for one in said)

    @property
    def starting(self) -> bool:
        """Whether a node has not begun to work, or compiles."""
        return any(self._is_starting(node) for node in self._nodes)

    @property
    def compiling(self) -> bool:
        """Whether a node compiles, or loads what was compiled."""
        return any(self._prepares(node) for node in self._nodes)

    def compiled_s(self) -> dict[str, float]:
        """Return for how long each node has said that it compiles, by its full name."""
        return self._compiled_s

    @property
    def loading(self) -> bool:
        """Whether a node has not said anything yet: it still imports, or hangs."""
        return any(node not in self._reports for node in self._nodes)

    @property
    def paused(self) -> bool:
        """Whether the simulator says that it is paused; what is silent says nothing."""
        reports = self._reports.values()
        return any(said.paused and not self._is_silent(said) for said in reports)

    def complaint(self) -> str:
        """Return the problem that is behind those of the others, empty for none."""
        problems = {
            node: said.message
            for node in (*self._nodes, *self._onlookers)
            if (said := self._reports.get(node)) is not None and said.is_problem
        }
        node = cause(problems)
        return f"{node}: {problems[node]}" if node else ""

    def sentence(self) -> str:
        """Return what is waited for, empty when nothing is known to be missing."""
        if self.paused:
            return PAUSED
        compiling = [node for node in self._nodes if self._prepares(node)]
        missing = [node for node in self._nodes if self._is_starting(node)]
        count, of = sum(map(self._was_ready, self._nodes)), len(self._nodes)
        ready = f" ({count} of {of} nodes are ready)" if count < of else ""
        if compiling:
            words = [f"{node} {self._reports[node].message}" for node in compiling]
            return f"{'; '.join(words)}{ready}"
        if missing:
            return f"{', '.join(map(self._silence, missing))}{ready}"
        if not self.clock_heard:
            return "no /clock: use_sim_time is on, and nobody publishes the time"
        return self.complaint()

    def _was_ready(self, node: str) -> bool:
        """Return whether the process of a node was ready once."""
        since_s = self._ready_since_s.get(node, -math.inf)
        return since_s > self._restarted_s.get(node, -math.inf)

    def _is_starting(self, node: str) -> bool:
        said = self._reports.get(node)
        return said is None or not said.spins or self._prepares(node) or self._is_silent(said)

    def _is_silent(self, said: NodeReport) -> bool:
        """Return whether a node that reported does not any more: it is restarted, or prepares.

        A program is written down for the compiler in Python, which lets no other thread speak.
        """
        return self._now() - said.last_s > RECENT_S

    def _silence(self, node: str) -> str:
        said = self._reports.get(node)
        if said is None:
            return f"{node} starting for {self._now() - self._begin_s:.0f} s"
        if self._is_silent(said):
            word = "late" if self._was_ready(node) else "silent"
            return f"{node} {word} for {self._now() - said.last_s:.0f} s"
        return f"{node} {said.message}"

    def _prepares(self, node: str) -> bool:
        said = self._reports.get(node)
        return (
            said is not None
            and not said.is_problem
            and _PREPARING.search(said.message) is not None
        )


class CompileNews:
    """Tells once, when nothing is compiled any more, which nodes have compiled for how long.

    That is when each has produced something: who waits for its first input compiles for it.
    """

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._told: dict[str, float] = {}

    def look(self, progress: Progress) -> str:
        """Return what there is to say, empty for nothing new; to be called again and again."""
        if not progress.all_prepared:
            return ""
        now = progress.compiled_s()
        news = {node: spent - self._told.get(node, 0.0) for node, spent in now.items()}
        longest = sorted((item for item in news.items() if item[1] >= 1.0), key=lambda n: -n[1])
        if not longest:
            return ""
        self._told = now
        words = ", ".join(f"{node} {spent_s:.0f} s" for node, spent_s in longest)
        return f"compiled for this machine, once: {words}; later starts load what was compiled"


class Waits:
    """How long a flight may take to begin.

    Only seconds in a row in which all nodes were ready count against the user's limit: that a node
    has to compile first is nobody's fault. Against what hangs there is a limit of its own, and a
    longer one for nodes that have not said anything yet: on a busy machine they import for
    minutes. Those whose process ends are the supervisor's.

    With the simulator (``alone``) nobody but our own nodes is waited for, which need their time on
    a busy machine: then the user's limit is one minute or more.
    """

    def __init__(
        self,
        limit_s: float | None,
        clock: Callable[[], float] = time.monotonic,
        *,
        alone: bool = False,
    ) -> None:
        """Wait for at most ``limit_s`` seconds, None for no limit of the user's.

        Waiting begins with the first call of ``too_long``.
        """
        if limit_s is not None and alone:
            limit_s = max(limit_s, ALONE_LIMIT_S)
        self._limit_s, self._now = limit_s, clock
        self._begin = self._quiet_since = self._last = math.nan
        self._ready_s = 0.0

    def too_long(self, progress: Progress) -> str | None:
        """Return why it is enough, None while it is not; to be called again and again."""
        now = self._now()
        if math.isnan(self._begin):
            self._begin = self._quiet_since = self._last = now
        self._ready_s = 0.0 if progress.starting else self._ready_s + now - self._last
        waited_s = now - self._begin
        compiles = progress.compiling and waited_s < COMPILING_LIMIT_S
        if compiles or progress.paused or (progress.loading and waited_s < LOADING_LIMIT_S):
            self._quiet_since = now
        self._last = now
        if self._limit_s is not None and self._ready_s >= self._limit_s:
            return f"nothing flew within the time limit of {self._limit_s:g} s"
        if now - self._quiet_since > START_LIMIT_S:
            return f"nothing flew within {waited_s:.0f} s"
        return None


def join(*parts: str) -> str:
    """Return parts of a sentence that are not empty, with a colon between them."""
    return ": ".join(part for part in parts if part)
