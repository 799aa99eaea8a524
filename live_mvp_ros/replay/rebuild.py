# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Computing a recorded flight again, from its odometry and depth.

The map, the information field and perhaps the controller run on what the bag holds, with the same
parameters or others, and what comes out is compared with what was recorded. Commands of the
controller move nothing: the loop is open.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import OccupancyGrid
from rclpy.serialization import deserialize_message

from live_mvp_ros.bags.bag_types import BagError
from live_mvp_ros.bags.compare import Count, Grid, agreement, pair, rates
from live_mvp_ros.bags.reader import Bag
from live_mvp_ros.base.results import rounded
from live_mvp_ros.bringup.environment import child_environment
from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.bringup.graph import GraphOptions, describe
from live_mvp_ros.bringup.monitor import take_diagnostics
from live_mvp_ros.bringup.start_progress import Progress, Waits, join
from live_mvp_ros.bringup.supervisor import Supervisor
from live_mvp_ros.replay.playing import (
    SETTLE_S,
    TICK_S,
    ReplayOptions,
    Session,
    recorded_counts,
    slowed,
)
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.player import Player
from live_mvp_ros.ros.taps import Taps, offered_by
from live_mvp_ros.ros.topics import REBUILT_FROM, full_name, spec_of

INPUTS, HELPFUL = REBUILT_FROM[:3], REBUILT_FROM[3:]
OUTPUTS = ("map", "info_field", "reference_path")
COMMANDS = "cmd/body_rates"
DIAGNOSTICS, DIAGNOSTICS_TYPE = "/diagnostics", "diagnostic_msgs/msg/DiagnosticArray"
LAST_WAIT_S = 1.5


@dataclasses.dataclass(frozen=True)
class RebuildOptions:
    """What is computed again.

    Attributes:
        world: gives the bounds of the map, the altitude and the goal; None where nobody knows it.
        seed: of the map's random numbers.
        params_file: ROS parameters file with overrides, or None.
        controller: run the controller as well.
        drift_m_per_m: what is expected of the odometry that was recorded.
        heading_drift_deg_per_m: the same of its heading.
    """

    world: str | None = None
    seed: int = 0
    params_file: str | None = None
    controller: bool = False
    drift_m_per_m: float = 0.0
    heading_drift_deg_per_m: float = 0.0


class Rebuild:
    """Runs map, field and perhaps controller on what a bag holds."""

    def __init__(self, bag: Bag, options: ReplayOptions, what: RebuildOptions) -> None:
        """Find the inputs in the bag and describe the nodes.

        Raises:
            BagError: an input is missing.
            UsageError: the world is not known, or it or the parameters file is wrong.
        """
        self._bag, self._options = bag, options
        self._namespace = namespace_of(bag)
        names = [full_name(name, self._namespace) for name in INPUTS]
        for name in names:
            if not bag.counts.get(name):
                raise BagError(f"the bag {bag.path} has no {name}, which the map is built from")
        if what.world is None:
            raise UsageError(
                f"the bag {bag.path} does not lie in the folder of a run, which would say the "
                "world: give --world, for the bounds of the map and the goal"
            )
        names += [n for n in (full_name(h, self._namespace) for h in HELPFUL) if n in bag.topics]
        self._options = dataclasses.replace(options, topics=tuple(names), loop=True, remaps=())
        self._graph = describe(
            GraphOptions(
                world=what.world,
                seed=what.seed,
                params_file=what.params_file,
                vehicle="none",
                controller="imppi" if what.controller else "none",
                use_sim_time=True,  # the player publishes /clock
                namespace=self._namespace,
                drift_m_per_m=what.drift_m_per_m,
                heading_drift_deg_per_m=what.heading_drift_deg_per_m,
            ),
            onlookers=(),
        )
        outputs = (*OUTPUTS, COMMANDS) if what.controller else OUTPUTS
        self._outputs = tuple(full_name(name, self._namespace) for name in outputs)
        self._map = full_name("map", self._namespace)

    def run(
        self, watch: Callable[[Player], bool], say: Callable[[str], None]
    ) -> dict[str, Any] | None:
        """Play the whole bag; return the comparison, None when ``watch`` wanted the end.

        Raises:
            BringupError: a node cannot be kept alive, or gives no map.
        """
        with contextlib.ExitStack() as stack:
            logs = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            session = Session(self._bag, self._options)
            stack.callback(session.close)
            supervisor = Supervisor(
                [n.supervised() for n in self._graph.nodes],
                child_environment(),
                logs,
                say,
            )
            stack.callback(supervisor.stop)
            supervisor.start()
            taps = Taps(session.node)
            for topic in self._outputs:
                known = spec_of(topic, self._namespace)
                assert known is not None
                taps.open(topic, known.type, offered_by(getattr(qos, known.qos)))
            taps.open(DIAGNOSTICS, DIAGNOSTICS_TYPE, offered_by(qos.DIAGNOSTICS))
            if not self._prime(session, supervisor, taps, watch, say):
                return None
            found = self._play(session, supervisor, taps, watch)
        return None if found is None else self._result(*found)

    def _prime(
        self,
        session: Session,
        supervisor: Supervisor,
        taps: Taps,
        watch: Callable[[Player], bool],
        say: Callable[[str], None],
    ) -> bool:
        """Let the nodes compile on the beginning of the bag, then empty the map again.

        Returns:
            False when ``watch`` wanted the end.
        """
        player, waiting = session.player, set(self._outputs[:2])
        progress = Progress([node.full_name.lstrip("/") for node in self._graph.nodes])
        waits = Waits(None)
        say("waiting for the nodes to compile")
        player.start(self._options.start_s)
        while waiting:
            supervisor.poll()
            player.check()
            for item in taps.drain():
                waiting.discard(item.topic)
                if item.topic == DIAGNOSTICS:
                    take_diagnostics(progress, deserialize_message(item.data, DiagnosticArray))
            if waiting and (why := waits.too_long(progress)) is not None:
                lacking = f"no {' and no '.join(sorted(waiting))} came: {why}"
                raise BringupError(join(lacking, progress.sentence()))
            if not watch(player):
                return False
            time.sleep(TICK_S)
        player.pause(True)
        time.sleep(SETTLE_S)
        if not session.call(full_name("map/reset", self._namespace), 10.0):
            raise BringupError("the map node did not empty its map within 10 s")
        time.sleep(SETTLE_S)
        for _ in taps.drain():
            pass
        return True

    def _play(
        self,
        session: Session,
        supervisor: Supervisor,
        taps: Taps,
        watch: Callable[[Player], bool],
    ) -> tuple[dict[str, Count], dict[str, Count], dict[int, Grid]] | None:
        player = session.player
        counts: dict[str, Count] = {}
        maps: dict[int, Grid] = {}

        def take() -> None:
            for item in taps.drain():
                if item.topic == DIAGNOSTICS:
                    continue
                counts.setdefault(item.topic, Count()).add(item.sent_ns)
                if item.topic == self._map:
                    grid = grid_of(item.data)
                    maps[grid.stamp_ns] = grid

        player.loop = False
        player.seek(self._options.start_s)
        time.sleep(SETTLE_S)
        player.counts.clear()
        player.pause(self._options.paused)
        while not player.finished.is_set():
            supervisor.poll()
            take()
            if not watch(player):
                return None
            time.sleep(TICK_S)
        player.check()
        time.sleep(LAST_WAIT_S)
        take()
        return player.counts, counts, maps

    def _result(
        self, fed: dict[str, Count], made: dict[str, Count], maps: dict[int, Grid]
    ) -> dict[str, Any]:
        rate = self._options.rate
        recorded = recorded_counts(self._bag, self._options.start_s)
        both = pair(recorded_maps(self._bag, self._map), maps)
        try:
            found = agreement(*both) if both is not None else None
        except ValueError as error:
            raise BagError(f"the maps cannot be compared: {error}") from error
        return {
            "bag": str(self._bag.path),
            "rate": rate,
            "duration_s": rounded(self._bag.duration_s, 6),
            "occupancy_agreement": rounded(found.occupancy, 6) if found else None,
            "agreement_of_cells_known_to_both": rounded(found.of_both, 6) if found else None,
            "known_cells_recorded": found.known if found else None,
            "known_cells_rebuilt": found.known_rebuilt if found else None,
            "maps_rebuilt": len(maps),
            "recorded_map_stamp_ns": found.recorded_ns if found else None,
            "rebuilt_map_stamp_ns": found.rebuilt_ns if found else None,
            "rates_in": rates({t: recorded[t] for t in fed if t in recorded}, slowed(fed, rate)),
            "rates_out": rates(
                {t: recorded[t] for t in made if t in recorded}, slowed(made, rate)
            ),
        }


def namespace_of(bag: Bag) -> str:
    """Return the namespace of the drone in a bag, without leading slash.

    Raises:
        BagError: there is no depth cloud of a drone in it, or more than one.
    """
    suffix = "/depth/points"
    found = [name[: -len(suffix)].strip("/") for name in bag.topics if name.endswith(suffix)]
    if len(found) != 1:
        raise BagError(f"the bag {bag.path} has {len(found)} topics {suffix[1:]}, not one")
    return found[0]


def recorded_maps(bag: Bag, topic: str) -> dict[int, Grid]:
    """Return the maps of a bag by stamp; the last one of a stamp that was published twice."""
    grids = {}
    for message in bag.messages(frozenset({topic})):
        grid = grid_of(message.data)
        grids[grid.stamp_ns] = grid
    return grids


def grid_of(data: bytes) -> Grid:
    """Return a serialized OccupancyGrid.

    Raises:
        BagError: it is none, or its sizes do not agree.
    """
    try:
        message = deserialize_message(data, OccupancyGrid)
    except RuntimeError as error:  # of rmw
        raise BagError("a message of the map is no nav_msgs/msg/OccupancyGrid") from error
    info, stamp = message.info, message.header.stamp
    if len(message.data) != int(info.height) * int(info.width):
        raise BagError(
            f"a recorded map has {len(message.data)} cells, not {info.height} x {info.width}"
        )
    cells = np.array(message.data, np.int8).reshape(info.height, info.width)
    corner = (info.origin.position.x, info.origin.position.y)
    return Grid(stamp.sec * 1_000_000_000 + stamp.nanosec, cells, info.resolution, corner)


class RunFacts(NamedTuple):
    """What the folder of a flight says of it: ``RebuildOptions`` has the meanings."""

    world: str | None = None
    seed: int = 0
    drift_m_per_m: float = 0.0
    heading_drift_deg_per_m: float = 0.0


def facts_of_run(bag: Path) -> RunFacts:
    """Return facts of the flight whose folder a bag lies in, as far as it says them.

    ``bag`` is the folder of the bag or one of its files.
    """
    path = bag.absolute()
    for folder in (path.parent, path.parent.parent) if path.is_file() else (path.parent,):
        try:
            values = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
            drift = values.get("odometry", {})
            return RunFacts(
                str(values["world"]),
                int(values["seed"]),
                float(drift.get("drift_m_per_m", 0.0)),
                math.degrees(float(drift.get("heading_drift_rad_per_m", 0.0))),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return RunFacts()
