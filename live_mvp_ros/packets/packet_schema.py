# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema (draft 2020-12) of every packet, made from the fields of its class.

``live-mvp packets schema`` writes them; those in ``schema/`` are what it wrote. A schema cannot
say that indices ascend, or that lists fit each other: ``check`` asks the packet's class, too.
"""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np

from live_mvp_ros.base import results
from live_mvp_ros.packets.packet_fields import NOWHERE, Item, PacketError, item_of, types_of
from live_mvp_ros.packets.packet_files import patches_beside as beside
from live_mvp_ros.packets.packet_json import from_json, kind_of, place_of
from live_mvp_ros.packets.packet_types import (
    PACKETS,
    PARAMETERS,
    ActionPacket,
    Patch,
)

FOLDER = Path(__file__).parent / "schema"
_MOST_PIXELS = 2**24
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {float: "number", int: "integer", str: "string", bool: "boolean"}


def file_name(kind: type) -> str:
    """Return the name of the file with the schema of a packet."""
    return f"{kind.type}.schema.json"  # type: ignore[attr-defined]


def schema_of(kind: type) -> dict[str, Any]:
    """Return the schema of a packet's JSON form."""
    head = {"$schema": _DIALECT, "$id": file_name(kind), "title": kind.__name__}
    return {**head, **_object(kind)}


def text_of(kind: type) -> str:
    """Return the schema of a packet as the text of its file."""
    return json.dumps(schema_of(kind), indent=2) + "\n"


def check(values: Any, folder: Path | None = None) -> None:
    """Refuse an object of JSON that is no packet.

    A patch that is the name of a file is read from ``folder``; without one it is not looked into.

    Raises:
        PacketError: the sentence says where it breaks the schema, or what does not go together.
    """
    import jsonschema

    kind = kind_of(values)
    action = values["type"] if kind is ActionPacket else ""
    error = jsonschema.exceptions.best_match(_validator(kind, action).iter_errors(values))
    if error is not None:
        place = ".".join(str(part) for part in error.absolute_path) or kind.__name__
        raise PacketError(f"{place} breaks the schema of {kind.__name__}: {error.message[:200]}")
    from_json(kind, values, _stand_ins(values) if folder is None else beside(values, folder))


def _stand_ins(values: Any) -> dict[str, np.ndarray]:
    """Return an array that fits channels and camera for each patch that is the name of a file.

    Raises:
        PacketError: no file is that large.
    """
    columns = values.get("columns", [])
    named = [column for column in columns if isinstance(column["patch"], str)]
    if not named:
        return {}
    camera = values["global_meta"]["camera_intr"]
    height, width = camera["height"], camera["width"]
    if height * width > _MOST_PIXELS:
        raise PacketError(
            f"camera_intr of {width} x {height} px is not allowed beside a patch in a file: at "
            f"most {_MOST_PIXELS} pixels are"
        )
    one = np.zeros((), np.float32)
    return {c["patch"]: np.broadcast_to(one, (height, width, len(c["channels"]))) for c in named}


@cache
def _validator(kind: type, action: str) -> Any:
    """Return what finds errors in packets of a kind; of an action by its part of the schema."""
    import jsonschema

    schema = _fields(kind, action) if action else schema_of(kind)
    return jsonschema.Draft202012Validator(schema)


def _object(kind: type) -> dict[str, Any]:
    """Return the schema of the object that a packet or a part becomes."""
    if kind is ActionPacket:
        return {
            "description": _first_line(kind),
            "oneOf": [_fields(kind, action) for action in PARAMETERS],
        }
    return {"description": _first_line(kind), **_fields(kind)}


def _fields(kind: type, action: str = "") -> dict[str, Any]:
    """Return the schema of an object, that of one action if one is named."""
    result = _empty()
    if action:
        result["properties"]["params"] = _empty()
        result["required"].append("params")
    types = types_of(kind)
    for field in dataclasses.fields(kind):
        item, hint = item_of(field), types[field.name]
        if item.place == NOWHERE or (item.used_by and action not in item.used_by):
            continue
        if hint is Patch:
            names = {"type": "array", "items": {"type": "string"}, "minItems": 1}
            _add(result, "channels", {**names, "uniqueItems": True})
        place = place_of(item, field.name)
        is_optional = item.may_be_missing or item.if_left_out is not None
        needs_it = not (is_optional or (item.given_by and "." not in place))
        if "{}" in place:
            for name, part in _fields(hint)["properties"].items():
                _add(result, place.format(name), part, needs_folder=not item.given_by)
        elif action and place == "type":
            _add(result, place, {"const": action, "description": item.help})
        else:
            value = {**_schema(item, hint), **_words(item)}
            if item.if_left_out is not None:
                value["default"] = item.if_left_out
            _add(result, place, value, needs_it, needs_it and not item.given_by)
    return result


def _empty() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def _add(
    schema: dict[str, Any],
    place: str,
    value: Any,
    needs_it: bool = True,
    needs_folder: bool = True,
) -> None:
    """Put the schema of a value at its place, and say what of it an object must have.

    A folder is needed as soon as one of its values is: others in it may be left out.
    """
    *folders, last = place.split(".")
    for folder in folders:
        if folder not in schema["properties"]:
            schema["properties"][folder] = _empty()
        if needs_folder and folder not in schema["required"]:
            schema["required"].append(folder)
        schema = schema["properties"][folder]
    schema["properties"][last] = value
    if needs_it:
        schema["required"].append(last)


def _schema(item: Item, hint: Any) -> dict[str, Any]:
    kinds = get_args(hint)
    if kinds:
        if kinds[1:] == (...,):
            items = {"type": "array", "items": _schema(item, kinds[0])}
            return {**items, "uniqueItems": True} if item.unique else items
        number = _schema(item, kinds[0])
        return {"type": "array", "items": number, "minItems": len(kinds), "maxItems": len(kinds)}
    if hint is Patch:
        pixels: dict[str, Any] = {"type": ["number", "null"]}
        for _ in range(3):
            pixels = {"type": "array", "items": pixels, "minItems": 1}
        return {"anyOf": [{"type": "string", "minLength": 1}, pixels]}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _object(hint)
    if item.names is not None:
        return {"enum": list(item.names.values())}
    if item.choices:
        return {"enum": list(item.choices)} if item.choices[1:] else {"const": item.choices[0]}
    limits = {
        "minimum": item.low,
        "exclusiveMinimum": item.above,
        "maximum": item.high,
        "exclusiveMaximum": item.below,
    }
    name = _TYPES[hint]
    return {
        "type": [name, "null"] if item.may_be_nan else name,
        **{word: limit for word, limit in limits.items() if limit is not None},
    }


def _words(item: Item) -> dict[str, str]:
    return {"description": f"{item.help} [{item.unit}]" if item.unit else item.help}


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0]


def write(folder: Path) -> list[Path]:
    """Write the schema of every packet into a folder; return the files."""
    files = []
    for kind in PACKETS:
        files.append(folder / file_name(kind))
        results.write(files[-1], text_of(kind).encode())
    return files
