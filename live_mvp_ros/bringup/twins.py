# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Nodes that carry the names of ours: whose they are, and which graph was there first.

Each graph marks its nodes with the time of its start, in the enclave that discovery carries along
(without security it means nothing else). So two graphs that find each other agree on who goes: the
newcomer. Nodes without a mark were started another way, by ``ros2 launch`` for instance; they
were there first if they are seen before ours, or so soon after them that discovery may only have
been slow.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
import time
from collections.abc import Collection, Iterable

SLOW_DISCOVERY_S = 5.0
_MARK = re.compile(r"/live_mvp_ros/t(\d+)_(\d+)")


def own_mark() -> str | None:
    """Return the enclave that marks the nodes of a graph that starts now.

    None where security is on: then enclaves name keys.
    """
    if os.environ.get("ROS_SECURITY_ENABLE", "").lower() == "true":
        return None
    return f"/live_mvp_ros/t{time.time_ns()}_{os.getpid()}"


@dataclasses.dataclass(frozen=True)
class Twin:
    """A node of somebody else's that carries the name of one of ours.

    Attributes:
        name: fully qualified.
        older: it was there before ours.
        owner: who started it, in words.
    """

    name: str
    older: bool
    owner: str


class Twins:
    """Looks for nodes of others under the names of one graph."""

    def __init__(self, names: Collection[str], mark: str | None) -> None:
        """Remember fully qualified names and the mark of the graph; without a mark, see none."""
        self._names, self._mark = set(names), mark
        self._ours_s, self._others_s = math.inf, math.inf

    def look(self, nodes: Iterable[tuple[str, str, str]], now_s: float) -> Twin | None:
        """Return a node of others, the oldest graph's first, or None.

        Args:
            nodes: name, namespace and enclave of every node that discovery knows.
            now_s: a steady time.
        """
        if self._mark is None:
            return None
        found = [(f"{space.rstrip('/')}/{name}", enclave) for name, space, enclave in nodes]
        found = [(name, enclave) for name, enclave in found if name in self._names]
        if any(enclave == self._mark for _, enclave in found):
            self._ours_s = min(self._ours_s, now_s)
        others = [(name, enclave) for name, enclave in found if enclave != self._mark]
        if not all(_MARK.fullmatch(enclave) for _, enclave in others):
            self._others_s = min(self._others_s, now_s)
        twins = [self._twin(name, enclave) for name, enclave in others]
        return min(twins, key=lambda twin: (not twin.older, twin.name), default=None)

    def _twin(self, name: str, enclave: str) -> Twin:
        match, own = _MARK.fullmatch(enclave), _MARK.fullmatch(self._mark or "")
        if match is None or own is None:
            older = self._others_s <= self._ours_s + SLOW_DISCOVERY_S
            return Twin(name, older, f"node {name}")
        older = (int(match[1]), enclave) < (int(own[1]), self._mark or "")
        return Twin(name, older, f"node {name} of process {match[2]}")
