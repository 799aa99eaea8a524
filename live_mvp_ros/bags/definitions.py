# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Message definitions and type hashes of the installed interface packages.

A definition is the text of the ``.msg`` file followed by those of all types that it uses, each
after a line of 80 ``=`` and ``MSG: package/Name``, as rosbag2 stores them (encoding ros2msg).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from live_mvp_ros.bags.bag_types import BagError

SEPARATOR = "=" * 80
_FIELD = re.compile(r"^\s*([A-Za-z][\w/]*)(?:<=\d+)?(?:\[[^\]]*\])?\s+[A-Za-z]\w*")
_PRIMITIVE = {"bool", "byte", "char", "float32", "float64", "string", "wstring"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}

_NUMBERS = _PRIMITIVE - {"string", "wstring"}
_POINTS = {"Point", "Point32", "Vector3"}


def full_definition(type_name: str) -> str:
    """Return the definition of a type such as ``nav_msgs/msg/Odometry`` with all that it uses.

    Raises:
        BagError: the package of a type is not installed.
    """
    root = _short(type_name)
    texts = {root: _text(root)}
    waiting = list(_used(root, texts[root]))
    while waiting:
        name = waiting.pop(0)
        if name not in texts:
            texts[name] = _text(name)
            waiting += _used(name, texts[name])
    parts = [texts.pop(root)]
    parts += [f"{SEPARATOR}\nMSG: {name}\n{text}" for name, text in texts.items()]
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def may_be_large(definition: str) -> bool:
    """Return whether messages of a full definition hold any number of numbers or points.

    Such are clouds, images, maps and fields; lists of transforms or of words stay small.
    """
    lists = re.findall(r"^\s*([\w/]+)\[\]\s+\w+", definition, re.MULTILINE)
    return any(_last(kind) in _NUMBERS | _POINTS for kind in lists)


def type_hash(type_name: str) -> str:
    """Return the RIHS01 hash of a type, empty where the installation does not say.

    Raises:
        BagError: the package of the type is not installed.
    """
    package, name = _short(type_name).split("/")
    file = _share(type_name, Path(package) / "msg" / f"{name}.json")
    try:
        hashes = json.loads(file.read_text(encoding="utf-8"))["type_hashes"]
    except (OSError, ValueError, KeyError):
        return ""
    full = f"{package}/msg/{name}"
    return next((item["hash_string"] for item in hashes if item["type_name"] == full), "")


def _last(kind: str) -> str:
    return kind.rsplit("/", 1)[-1]


def _short(type_name: str) -> str:
    parts = type_name.split("/")
    return f"{parts[0]}/{parts[-1]}"


def _text(short: str) -> str:
    package, name = short.split("/")
    path = _share(short, Path(package) / "msg" / f"{name}.msg")
    return path.read_text(encoding="utf-8")


def _share(type_name: str, relative: Path) -> Path:
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        path = Path(prefix) / "share" / relative
        if prefix and path.is_file():
            return path
    raise BagError(f"the message type {type_name} is not installed here")


def _used(parent: str, text: str) -> Iterator[str]:
    """Yield the types, ``package/Name``, of the fields of a definition."""
    for line in text.splitlines():
        match = _FIELD.match(line.split("#", 1)[0])
        if match is None or match[1] in _PRIMITIVE:
            continue
        kind = match[1]
        if kind == "Header":
            yield "std_msgs/Header"
        elif "/" in kind:
            yield _short(kind)
        else:
            yield f"{parent.split('/')[0]}/{kind}"
