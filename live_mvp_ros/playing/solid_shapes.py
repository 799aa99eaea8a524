# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a drone and the view of its camera look like: in the frame of its body, metres."""

from __future__ import annotations

import math

import pyvista as pv

_LENGTH_M = 1.0
_HALF_H, _HALF_V = math.tan(math.radians(40.0)), math.tan(math.radians(22.5))


def drone_shape(radius_m: float) -> pv.PolyData:
    """Return a body with four rotors and a nose, with ``part`` 1 at what points ahead."""
    arm, rotor = 0.7 * radius_m, 0.42 * radius_m
    body = pv.Sphere(radius=0.35 * radius_m, theta_resolution=12, phi_resolution=8)
    body.points[:, 2] *= 0.6
    nose = pv.Cone(
        center=(0.75 * radius_m, 0.0, 0.0), direction=(1.0, 0.0, 0.0),
        height=0.8 * radius_m, radius=0.22 * radius_m, resolution=12,
    )  # fmt: skip
    discs = [_disc((arm * x, arm * y, 0.12 * radius_m), rotor) for x in (-1, 1) for y in (-1, 1)]
    ahead = [nose, *discs[2:]]
    for piece in (body, *discs, nose):
        piece.clear_data()
        piece.cell_data["part"] = [1.0 if piece in ahead else 0.0] * piece.n_cells
    return body.append_polydata(nose, *discs)


def _disc(centre: tuple[float, float, float], radius_m: float) -> pv.PolyData:
    height = 0.14 * radius_m
    return pv.Cylinder(
        center=centre, direction=(0.0, 0.0, 1.0), radius=radius_m, height=height, resolution=16
    )


def camera_lines() -> pv.PolyData:
    """Return the edges of what the camera sees, so far as a metre."""
    y, z = _HALF_H * _LENGTH_M, _HALF_V * _LENGTH_M
    corners = [(_LENGTH_M, s * y, t * z) for s, t in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    points = [(0.0, 0.0, 0.0), *corners]
    lines = [(2, 0, k) for k in (1, 2, 3, 4)] + [(2, k, k % 4 + 1) for k in (1, 2, 3, 4)]
    return pv.PolyData(points, lines=[n for line in lines for n in line])
