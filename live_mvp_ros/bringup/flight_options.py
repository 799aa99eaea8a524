# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a user wants of a flight, besides what flies: how long, what is kept, who looks on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from live_mvp_ros.bringup.cores import AUTO
from live_mvp_ros.bringup.graph import IN_RUN_FOLDER, Graph, NodeSpec, Value, recorder, viewer
from live_mvp_ros.bringup.run_folder import VIEW_FILE, bag_folder


@dataclasses.dataclass(frozen=True)
class FlightOptions:
    """How a flight is run, besides what flies.

    Attributes:
        output: folder in which a folder for this run is created.
        timeout_s: the flight ends after so many seconds of flight, and before take-off after so
            many of waiting, in which all nodes were ready, see ``Waits``; None for never.
        json_file: gets a copy of metrics.json, or None.
        record: folder of a bag with every topic, ``IN_RUN_FOLDER`` for one beside the results,
            None for no bag.
        view: ``window``, ``web`` or ``file`` (flight.rrd beside the results) of Rerun, or None.
        truth: world that the flight is scored against; None for the one that depth is rendered
            from, and where nothing renders it, the flight is not scored.
        cores: ``auto``, ``off`` or a list, see ``bringup.cores``.
        view_open: others than this machine may see the web page.
    """

    output: Path
    timeout_s: float | None = None
    json_file: Path | None = None
    record: Path | None = IN_RUN_FOLDER
    view: str | None = None
    truth: str | None = None
    cores: str = AUTO
    view_open: bool = False

    def onlookers(self, graph: Graph, folder: Path) -> list[NodeSpec]:
        """Return the nodes that only look on; they start first, to miss nothing."""
        nodes = []
        if self.record is not None:
            node = recorder(graph, bag_folder(folder, self.record))
            lines: dict[str, Value] = {"packets_folder": str(folder), "seed": graph.options.seed}
            nodes.append(dataclasses.replace(node, parameters={**lines, **node.parameters}))
        if self.view is not None:
            nodes.append(viewer(graph, self.view, folder / VIEW_FILE, self.view_open))
        return nodes
