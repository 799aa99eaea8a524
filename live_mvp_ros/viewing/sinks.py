# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the panels of a flight are laid out, and where a recording goes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import rerun as rr
import rerun.blueprint as rrb

from live_mvp_ros.viewing.live_scene import TIMELINE, name_of
from live_mvp_ros.viewing.ports import check_screen
from live_mvp_ros.viewing.server import WebServer

APPLICATION = "live_mvp_ros"
ALONE = name_of("")


def layout(names: Sequence[str] = (ALONE,)) -> rrb.Blueprint:
    """Return the panels of each drone, one tab for each where there are several."""
    tabs: list[rrb.Container | rrb.View] = [_drone(name) for name in names]
    if len(names) > 1:
        everything = [f"/world/{name}/**" for name in names]
        hidden = [f"- /world/{name}/{what}" for name in names for what in ("exposure", "field")]
        tabs.insert(0, _space([*everything, *hidden], "All drones"))
    return rrb.Blueprint(
        rrb.Tabs(*tabs) if len(tabs) > 1 else tabs[0],
        rrb.TimePanel(state="collapsed", timeline=TIMELINE, play_state="following"),
        rrb.SelectionPanel(state="hidden"),
        rrb.BlueprintPanel(state="hidden"),
    )


def _drone(name: str) -> rrb.Horizontal:
    """Return space on the left; map, camera, plots and words on the right."""
    space = _space(
        [f"/world/{name}/**", f"- /world/{name}/exposure"],
        "Space: known, unknown, where it flies and why",
    )
    maps = rrb.Tabs(
        rrb.Spatial2DView(origin=f"/top/{name}", name="Map from above"),
        rrb.Spatial2DView(origin=f"/field/{name}", name="Information field"),
        rrb.Spatial2DView(origin=f"/exposure/{name}", name="Exposure"),
        rrb.Spatial2DView(origin=f"/camera/{name}", name="Depth camera"),
    )
    plots = rrb.Vertical(
        _plot("Explored [%]", name, "explored"),
        _plot("Clearance [m], speed [m/s]", name, "clearance", "speed"),
        _plot("Control time [ms]", name, "control_p50", "control_p99"),
    )
    words = rrb.Horizontal(
        rrb.TextDocumentView(origin=f"/status/{name}", name="Status"),
        rrb.Tabs(
            rrb.TextDocumentView(origin="/legend", name="Legend"),
            rrb.TextLogView(origin=f"/log/{name}", name="Messages"),
        ),
    )
    right = rrb.Vertical(maps, plots, words, row_shares=[4, 4, 4])
    return rrb.Horizontal(space, right, column_shares=[3, 2], name=name)


def _space(contents: list[str], title: str) -> rrb.Spatial3DView:
    return rrb.Spatial3DView(
        origin="/world",
        contents=contents,
        name=title,
        background=(24, 24, 28),
        line_grid=False,
        eye_controls=rrb.EyeControls3D(position=(4.5, -7.5, 13.0), look_target=(7.0, 5.5, 0.5)),
    )


def _plot(title: str, name: str, *values: str) -> rrb.TimeSeriesView:
    contents = [f"/plots/{value}/{name}" for value in values]
    return rrb.TimeSeriesView(origin="/plots", contents=contents, name=title)


def new_recording() -> rr.RecordingStream:
    """Return a recording that goes nowhere yet."""
    return rr.RecordingStream(APPLICATION)


def to_file(recording: rr.RecordingStream, path: Path, names: Sequence[str] = (ALONE,)) -> None:
    """Save to an .rrd file from now on; ``names`` are those of the drones, here and below."""
    recording.save(path, default_blueprint=layout(names))


def to_window(recording: rr.RecordingStream, names: Sequence[str] = (ALONE,)) -> None:
    """Show in a window of this machine.

    Raises:
        ViewError: there is no screen.
    """
    check_screen()
    rr.spawn(
        default_blueprint=layout(names), executable_path=viewer_program(), recording=recording
    )


def to_web(
    recording: rr.RecordingStream,
    web_port: int,
    grpc_port: int,
    names: Sequence[str] = (ALONE,),
    to_others: bool = False,
) -> WebServer:
    """Serve as a web page for this machine, or for others too; return the server.

    Raises:
        ViewError: a port is taken, or the server does not start.
    """
    server = WebServer(web_port, grpc_port, to_others)
    recording.connect_grpc(server.source, default_blueprint=layout(names))
    return server


def viewer_program() -> str | None:
    """Return the path of the rerun executable beside this Python, None to search for it."""
    program = Path(sys.executable).with_name("rerun")
    return str(program) if program.exists() else None
