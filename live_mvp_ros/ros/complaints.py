# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Why something is missing: of the problems that nodes report, the one behind the others.

A node knows only what it waits for. Why that does not come, the node that publishes it knows: it
refuses what it gets, for instance. Loads nothing, for who watches nodes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from live_mvp_ros.ros.topics import TOPICS

WAITS_FOR = "waiting for "
"""Begins the message of a node whose inputs do not come; their topics follow, with commas."""
_TOPIC = re.compile(r"(?:^waiting for |, )([\w/]+)(?= \(|,|;|$)")
_PUBLISHERS = {topic.name: topic.publishers for topic in TOPICS}


def cause(problems: Mapping[str, str]) -> str:
    """Return the node whose problem is behind the others, empty where there is no problem.

    What waits counts before what is only slow, for instance.

    Args:
        problems: of nodes by name, in the order of the flow of data.
    """
    waiting = [node for node, words in problems.items() if words.startswith(WAITS_FOR)]
    found, seen = next(iter(waiting or problems), ""), set[str]()
    while found not in seen:
        seen.add(found)
        found = _behind(found, problems) or found
    return found


def _behind(node: str, problems: Mapping[str, str]) -> str:
    """Return the node with a problem that publishes what another one waits for."""
    words = problems.get(node, "")
    topics = _TOPIC.findall(words) if words.startswith(WAITS_FOR) else ()
    namespace = node.rpartition("/")[0]
    for topic in topics:
        for publisher in _PUBLISHERS.get(topic, ()):
            name = f"{namespace}/{publisher}".lstrip("/")
            if name in problems and name != node:
                return name
    return ""
