# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run is: a world, a planner, a seed and settings, as plain data.

It can be written down and sent to another process; ``scenario`` makes of it what is flown.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class Run:
    """Everything that one run depends on.

    Attributes:
        world: name or file of the world.
        planner: one of ``planners.PLANNERS``, or ``policy``.
        seed: of every random number of the flight and of a random start.
        start: ``world`` for the start of the world, ``random`` for a random navigable pose.
        sensing: ``planar`` or ``full``.
        time_limit_s: longest flight.
        overrides: settings of ``ClosedLoopConfig`` that differ from those of ``configure``, as a
            nested mapping.
        floor_plan: the world that is really flown where ``world`` names a family of them, such
            as ``maze:3`` of ``maze``; empty for ``world`` itself.
        checkpoint: the file of the policy that flies; empty for other planners.
    """

    world: str = "office"
    planner: str = "parallel"
    seed: int = 0
    start: str = "world"
    sensing: str = "planar"
    time_limit_s: float = 600.0
    overrides: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    floor_plan: str = ""
    checkpoint: str = ""

    @property
    def name(self) -> str:
        """Return a name that is a file's, and no other run's of the same campaign."""
        world = re.sub(r"[^A-Za-z0-9_]+", "-", Path(self.world).name)
        if "/" in self.world:  # two folders may have a file of one name
            world += "-" + hashlib.sha256(self.world.encode()).hexdigest()[:8]
        return f"{world}-{self.planner}-{self.start}-{self.seed:04d}"
