# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the panels of a flight are laid out, and where a recording goes."""

from __future__ import annotations

import sys
from pathlib import Path

import rerun as rr
import rerun.blueprint as rrb

from live_mvp_ros.viewing.ports import check_ports, check_screen, web_address
from live_mvp_ros.viewing.scene import TIMELINE

APPLICATION = "live_mvp_ros"


def layout() -> rrb.Blueprint:
    """Return space on the left; map, camera, plots and words on the right."""
    space = rrb.Spatial3DView(
        origin="/world",
        contents=["/world/**", "- /world/exposure"],
        name="Space: known, unknown, where it flies and why",
        background=(24, 24, 28),
        line_grid=False,
        eye_controls=rrb.EyeControls3D(position=(4.5, -7.5, 13.0), look_target=(7.0, 5.5, 0.5)),
    )
    maps = rrb.Tabs(
        rrb.Spatial2DView(origin="/top", name="Map from above"),
        rrb.Spatial2DView(origin="/field", name="Information field"),
        rrb.Spatial2DView(origin="/exposure", name="Exposure"),
        rrb.Spatial2DView(origin="/camera", name="Depth camera"),
    )
    plots = rrb.Vertical(
        rrb.TimeSeriesView(origin="/plots", contents=["/plots/explored/**"], name="Explored [%]"),
        rrb.TimeSeriesView(
            origin="/plots",
            contents=["/plots/clearance/**", "/plots/speed/**"],
            name="Clearance [m], speed [m/s]",
        ),
        rrb.TimeSeriesView(
            origin="/plots",
            contents=["/plots/control_p50/**", "/plots/control_p99/**"],
            name="Control time [ms]",
        ),
    )
    words = rrb.Horizontal(
        rrb.TextDocumentView(origin="/status", name="Status"),
        rrb.TextLogView(origin="/log", name="Messages"),
    )
    return rrb.Blueprint(
        rrb.Horizontal(
            space, rrb.Vertical(maps, plots, words, row_shares=[4, 5, 3]), column_shares=[3, 2]
        ),
        rrb.TimePanel(state="collapsed", timeline=TIMELINE, play_state="following"),
        rrb.SelectionPanel(state="hidden"),
        rrb.BlueprintPanel(state="hidden"),
    )


def new_recording() -> rr.RecordingStream:
    """Return a recording that goes nowhere yet."""
    return rr.RecordingStream(APPLICATION)


def to_file(recording: rr.RecordingStream, path: Path) -> None:
    """Save to an .rrd file from now on."""
    recording.save(path, default_blueprint=layout())


def to_window(recording: rr.RecordingStream) -> None:
    """Show in a window of this machine.

    Raises:
        ViewError: there is no screen.
    """
    check_screen()
    rr.spawn(default_blueprint=layout(), executable_path=viewer_program(), recording=recording)


def to_web(recording: rr.RecordingStream, web_port: int, grpc_port: int) -> str:
    """Serve as a web page of this machine; return its address.

    Raises:
        ViewError: a port is taken.
    """
    check_ports(web_port, grpc_port)
    source = recording.serve_grpc(grpc_port=grpc_port, default_blueprint=layout())
    rr.serve_web_viewer(web_port=web_port, open_browser=False, connect_to=source)
    return web_address(web_port, grpc_port)


def viewer_program() -> str | None:
    """Return the path of the rerun executable beside this Python, None to search for it."""
    program = Path(sys.executable).with_name("rerun")
    return str(program) if program.exists() else None
