# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the numbers of an observation and of a command mean, as data: the signature of a policy.

A network is worth nothing to who feeds it other numbers. So its file holds what it was fed: names,
order and sizes, and every constant that gives them their meaning. Two are compared word by word.
"""

from __future__ import annotations

from typing import Any

from live_mvp_ros.policy import anchor_lattice, soft_visibility, unseen_compass
from live_mvp_ros.policy.flown_network import COMMANDS, HIDDEN
from live_mvp_ros.policy.observation import POSITIONS, SIZE

SECTIONS = {
    "position_m": 3,
    "velocity_m_s": 3,
    "forward": 3,
    "anchors": anchor_lattice.SIZE,
    "compass": unseen_compass.SIZE,
}
"""Names and sizes of the parts of an observation, in their order."""
_DIGITS = 6


def signature(position: str) -> dict[str, Any]:
    """Return the signature of a policy that is told an ``absolute`` or a ``relative`` position."""
    if position not in POSITIONS:
        raise ValueError(f"position = {position!r} is not one of {', '.join(POSITIONS)}")
    return {
        "observation": [[name, size] for name, size in SECTIONS.items()],
        "size": SIZE,
        "position": position,
        "anchors": {
            "ring_m": anchor_lattice.RING_M,
            "around": anchor_lattice.AROUND,
            "heights_m": list(anchor_lattice.HEIGHTS_M),
            "clip_m": anchor_lattice.CLIP_M,
            "each": ["distance", "exposure"],
        },
        "compass": {
            "azimuths": unseen_compass.AZIMUTHS,
            "elevations_rad": [round(float(up), _DIGITS) for up in unseen_compass.ELEVATIONS_RAD],
            "samples": unseen_compass.SAMPLES,
            "each": ["potentials", "mean_direction"],
        },
        "visibility": {
            "fog_m": soft_visibility.FOG_M,
            "nearest_m": soft_visibility.NEAREST_M,
            "farthest_m": soft_visibility.FARTHEST_M,
        },
        "command": [["acceleration_m_s2", 3], ["body_rates_rad_s", 3]],
        "commands": COMMANDS,
        "hidden": list(HIDDEN),
        "activation": "tanh",
    }


def difference(found: Any, wanted: dict[str, Any]) -> str:
    """Return where a signature is another one than is wanted, one clause; empty where it is not.

    The first difference in the order of the wanted one is named.
    """
    if not isinstance(found, dict):
        return "it says nothing of its observation"
    for name, value in wanted.items():
        if found.get(name) != value:
            return f"its {name} is {found.get(name)!r}, here it is {value!r}"
    if unknown := sorted(set(found) - set(wanted)):
        return f"it has {unknown[0]}, which is not known here"
    return ""
