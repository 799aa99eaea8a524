# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Actions as learners say them: ``{"type": "move", "params": {"dx": 1.0, "dy": 0.0}}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from live_mvp_ros.packets.packet_json import from_json
from live_mvp_ros.packets.packet_types import PARAMETERS, ActionPacket, PacketError

EXAMINER = ("move", "jump_to", "switch_object", "noop")
EXPLORER = tuple(PARAMETERS)


def parse(action: Any, allowed: Sequence[str]) -> ActionPacket:
    """Return an action, which may be a packet or a mapping, as a packet.

    Args:
        action: an ActionPacket, or a mapping with ``type``, ``params`` and perhaps ``column_id``.
        allowed: the types that the scenario has.

    Raises:
        ValueError: the type is unknown or not of the scenario, or a parameter is missing, unknown
            or not allowed; the sentence names it.
    """
    packet = action if isinstance(action, ActionPacket) else _from_mapping(action)
    if packet.action not in allowed:
        raise PacketError(
            f"type = {packet.action!r} is not allowed in this scenario: it must be one of "
            f"{', '.join(allowed)}"
        )
    return packet


def _from_mapping(action: Any) -> ActionPacket:
    if not isinstance(action, Mapping):
        raise PacketError(f"action = {action!r} is not allowed: it must have a type and params")
    kind, params = action.get("type"), action.get("params", {})
    if "meta" in action:
        return from_json(ActionPacket, action)
    if not isinstance(kind, str) or kind not in PARAMETERS:
        raise PacketError(
            f"type = {kind!r} is not allowed: it must be one of {', '.join(PARAMETERS)}"
        )
    for key in action:
        if key not in ("type", "params", "column_id"):
            raise PacketError(f"{key} is not a part of an action: it has type, params, column_id")
    if not isinstance(params, Mapping):
        raise PacketError(f"params = {params!r} is not allowed: it must be a mapping")
    known = (*PARAMETERS[kind], *(("object_id",) if kind == "switch_object" else ()))
    for name in PARAMETERS[kind]:
        if name not in params:
            raise PacketError(f"{name} is missing: {kind} needs {', '.join(PARAMETERS[kind])}")
    for name in params:
        if name not in known:
            raise PacketError(f"{name} is not a parameter of {kind}")
    column = action.get("column_id", "")
    if not isinstance(column, str):
        raise PacketError(f"column_id = {column!r} is not allowed: it must be text")
    return ActionPacket(0, "", 0, kind, column, **params)
