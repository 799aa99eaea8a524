# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets as JSON and back, without loss: the places come from the packets' fields.

NaN becomes null, a patch nested lists of rows, columns and channels beside the names of its
channels. Instead of the lists there may be the name of an NPY file, see ``dumping``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

import numpy as np

from live_mvp_ros.packets.packet_fields import (
    IDENTICAL,
    NOWHERE,
    Item,
    PacketError,
    item_of,
    settled,
    types_of,
)
from live_mvp_ros.packets.packet_types import PACKETS, PARAMETERS, ActionPacket, Patch

T = TypeVar("T")
_MISSING = object()


def to_json(packet: Any) -> dict[str, Any]:
    """Return a packet, or a part of one, as an object that ``json.dumps`` takes."""
    result: dict[str, Any] = {}
    if isinstance(packet, ActionPacket):
        result["params"] = {}  # also where the action has none
    for field in dataclasses.fields(packet):
        item, value = item_of(field), getattr(packet, field.name)
        if not _is_said(item, packet) or (item.may_be_missing and value == field.default):
            continue
        if isinstance(value, Patch):
            result["channels"] = list(value.channels)
            result[place_of(item, field.name)] = _pixels(value.data)
        elif "{}" in item.place:
            for name, part in to_json(value).items():
                _put(result, item.place.format(name), part)
        else:
            _put(result, place_of(item, field.name), _plain(item, value))
    return result


def from_json(kind: type[T], values: Any, patches: Mapping[str, np.ndarray] | None = None) -> T:
    """Return the packet of a kind that an object of JSON says.

    Args:
        kind: class of the packet, or of a part.
        values: the object.
        patches: arrays of patches that are files, by their names.

    Raises:
        PacketError: a value is missing, not allowed, or nobody knows its name.
    """
    left = _leaves(values)
    packet = _read(kind, values, patches or {}, left)
    if left:
        raise PacketError(f"{min(left)} is not a part of {kind.__name__}")
    return packet


def kind_of(values: Any) -> type:
    """Return the class of the packet that an object of JSON says.

    Raises:
        PacketError: its type is none of the packets'.
    """
    if not isinstance(values, Mapping):
        raise PacketError(f"a packet = {values!r:.80} is not allowed: it must be {{...}}")
    name = values.get("type")
    if isinstance(name, str):
        if name in PARAMETERS:
            return ActionPacket
        for kind in PACKETS:
            if name == kind.type and kind is not ActionPacket:
                return kind
    known = ", ".join(kind.type for kind in PACKETS if kind is not ActionPacket)
    raise PacketError(
        f"type = {name!r} is not allowed: it must be one of {known}, or an action's, "
        f"{', '.join(PARAMETERS)}"
    )


def place_of(item: Item, name: str) -> str:
    """Return the dotted place in JSON of a field."""
    return name if item.place == IDENTICAL else item.place


def _is_said(item: Item, packet: Any) -> bool:
    """Return whether JSON says a field of a packet."""
    if item.place == NOWHERE or (item.given_by and not getattr(packet, item.given_by)):
        return False
    return not item.used_by or packet.action in item.used_by


def _plain(item: Item, value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_json(value)
    if isinstance(value, tuple):
        return [_plain(item, part) for part in value]
    if item.names is not None:
        return item.names[value]
    return None if isinstance(value, float) and value != value else value


def _pixels(data: np.ndarray) -> list[Any]:
    """Return an array as nested lists, None for NaN."""
    if not np.isnan(data).any():
        return data.tolist()
    return np.where(np.isnan(data), None, data.astype(object)).tolist()


def _put(target: dict[str, Any], place: str, value: Any) -> None:
    *folders, last = place.split(".")
    for folder in folders:
        target = target.setdefault(folder, {})
    target[last] = value


def _get(values: Any, place: str, prefix: str) -> Any:
    """Return what is at a place, _MISSING if it or a folder of it is left out.

    Raises:
        PacketError: what should be a folder is none.
    """
    above = prefix
    for name in place.split("."):
        if not isinstance(values, Mapping):
            _refuse(above.rstrip("."), values, "{...}")
        if name not in values:
            return _MISSING
        above, values = f"{above}{name}.", values[name]
    return values


def _leaves(values: Any, prefix: str = "") -> set[str]:
    """Return the dotted places of an object that hold no object, or an empty one."""
    if not isinstance(values, Mapping):
        raise PacketError(
            f"{prefix or 'a packet'} = {values!r} is not allowed: it must be {{...}}"
        )
    found = set()
    for name, value in values.items():
        place = f"{prefix}{name}"
        inner = _leaves(value, f"{place}.") if isinstance(value, Mapping) else set()
        found |= inner or {place}
    return found


def _read(
    kind: type[T],
    values: Any,
    patches: Mapping[str, np.ndarray],
    left: set[str],
    prefix: str = "",
    pattern: str = "{}",
) -> T:
    """Return a packet, and take what it uses from the places that are left."""
    found: dict[str, Any] = {}
    types = types_of(kind)
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        item = item_of(field)
        if item.place == NOWHERE:
            continue
        *folders, _ = pattern.format(place_of(item, field.name)).split(".")
        for depth in range(len(folders)):  # one with nothing in it says nothing
            left.discard(prefix + ".".join(folders[: depth + 1]))
        if item.given_by:
            branch = item.place.partition(".")[0]
            found[item.given_by] = found.get(item.given_by, False) or branch in values
            if branch not in values:
                continue
        if item.used_by and found["action"] not in item.used_by:
            continue
        hint, place = types[field.name], pattern.format(place_of(item, field.name))
        if dataclasses.is_dataclass(hint) and isinstance(hint, type) and hint is not Patch:
            spread = "{}" in item.place
            found[field.name] = (
                _read(hint, values, patches, left, prefix, place)
                if spread
                else _part(hint, values, place, patches, left, prefix)
            )
            continue
        value = _get(values, place, prefix)
        if value is _MISSING:
            if item.may_be_missing:
                continue
            if item.if_left_out is not None:
                found[field.name] = item.if_left_out
                continue
            raise PacketError(f"{prefix}{place} is missing")
        left.discard(prefix + place)
        if hint is Patch:
            left.discard(f"{prefix}channels")
            found[field.name] = _patch(value, values.get("channels"), patches, prefix + place)
        else:
            found[field.name] = _value(item, hint, value, patches, prefix + place)
    return kind(**found)


def _part(
    hint: type[T],
    values: Any,
    place: str,
    patches: Mapping[str, np.ndarray],
    left: set[str],
    prefix: str,
) -> T:
    inner = _get(values, place, prefix)
    if inner is _MISSING:
        raise PacketError(f"{prefix}{place} is missing")
    if not isinstance(inner, Mapping):
        _refuse(prefix + place, inner, "{...}")
    return _read(hint, inner, patches, left, f"{prefix}{place}.")


def _value(
    item: Item, hint: Any, value: Any, patches: Mapping[str, np.ndarray], place: str
) -> Any:
    """Return a value of JSON in the type of its field.

    Raises:
        PacketError: it is of another type.
    """
    kinds = get_args(hint)
    if kinds:
        part: Any = kinds[0]
        if not (dataclasses.is_dataclass(part) and isinstance(part, type)):
            return settled(place, hint, value)
        if not isinstance(value, list):
            _refuse(place, value, "a list")
        return tuple(from_json(part, one, patches) for one in value)
    if item.names is not None:
        if value not in item.names.values():
            _refuse(place, value, f"one of {', '.join(item.names.values())}")
        return next(number for number, name in item.names.items() if name == value)
    if value is None and item.may_be_nan:
        return float("nan")
    return settled(place, hint, value)


def _patch(value: Any, channels: Any, patches: Mapping[str, np.ndarray], place: str) -> Patch:
    if isinstance(value, str):
        if value not in patches:
            raise PacketError(f"{place} = {value!r} is the name of a file that was not read")
        data = patches[value]
    else:
        try:
            with np.errstate(over="ignore"):  # an infinite value is refused as such
                data = np.array(value, np.float32)  # None becomes NaN
        except (OverflowError, TypeError, ValueError):
            raise PacketError(f"{place} is not an array of numbers") from None
    if not isinstance(channels, list) or not all(isinstance(name, str) for name in channels):
        _refuse(f"{place[: -len('patch')]}channels", channels, "a list of names")
    return Patch(tuple(channels), data)


def _refuse(place: str, value: Any, allowed: str) -> None:
    raise PacketError(f"{place} = {value!r} is not allowed: it must be {allowed}")
