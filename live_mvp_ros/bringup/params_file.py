# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A ROS parameters file: what it says, and which nodes each of its entries means.

A file holds entries, each a name of nodes with the parameters for them. A name is absolute as in
ROS (``/drone1/live_map``; the slash may be missing), or relative to the namespace of the graph
(``live_map``). ``*`` stands for one name and ``**`` for any number of them, as rclcpp understands
it; rclpy itself knows ``/**`` alone. Words without quotes are numbers and truths as in rcl, which
differs from YAML in small things (``1e-3`` is a number there).
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from live_mvp_ros.base.yaml_words import broken
from live_mvp_ros.bringup.errors import UsageError

PARAMETERS = "ros__parameters"
_MISSPELT = "ros_parameters"
_TOKEN = re.compile(r"\w+|\*{1,2}", re.ASCII)
_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|[0-9]+)")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_HEXADECIMAL = re.compile(r"[-+]?0[xX][0-9a-fA-F]+(\.[0-9a-fA-F]*)?([pP][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.?(nan|inf)", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class Entry:
    """The parameters that a file gives to the nodes of one name.

    Attributes:
        name: as it stands in the file, levels joined by slashes.
        values: by dotted name.
    """

    name: str
    values: dict[str, Any]

    @property
    def is_pattern(self) -> bool:
        """Return whether the name may mean several nodes."""
        return "*" in self.name


def read_text(path: str) -> str:
    """Return what a ROS parameters file holds.

    Raises:
        UsageError: it is missing, cannot be read, or is no text.
    """
    file = Path(os.path.expanduser(path))
    if file.is_dir():
        raise UsageError(f"the parameters file {path} is a folder: give the name of a file")
    if not file.exists():
        raise UsageError(f"the parameters file {path} does not exist")
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not valid YAML: it is no text in UTF-8") from error


def entries_of(path: str, text: str) -> list[Entry]:
    """Return the entries of a ROS parameters file in their order; ``path`` is for messages.

    Raises:
        UsageError: it is malformed, or says something twice.
    """
    root = root_of(path, text)
    return [entry for name, node in pairs(path, root, "it") for entry in _found(path, name, node)]


def root_of(path: str, text: str) -> yaml.MappingNode:
    """Return the mapping that a parameters file is; ``path`` is for messages.

    Raises:
        UsageError: it is malformed, or something else.
    """
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
        _check_keys(path, root, "it")
    except (yaml.YAMLError, RecursionError) as error:
        raise UsageError(f"{path} is not valid YAML: {broken(error)}") from error
    if not isinstance(root, yaml.MappingNode):
        raise UsageError(
            f"{path} must hold a mapping of names of nodes to {PARAMETERS}, or of settings to"
            " values"
        )
    if holds(root, _MISSPELT):
        raise UsageError(
            f"{path}: {_MISSPELT} is not allowed: it is {PARAMETERS}, with two underscores"
        )
    return root


def _check_keys(path: str, node: yaml.Node | None, name: str) -> None:
    """Refuse keys that are no words, or stand twice in one mapping, at any depth."""
    if isinstance(node, yaml.MappingNode):
        for key, item in pairs(path, node, name):
            _check_keys(path, item, key if name == "it" else f"{name}.{key}")
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(path, item, name)


def holds(node: yaml.Node, word: str) -> bool:
    """Return whether a word is a key somewhere in it."""
    if not isinstance(node, yaml.MappingNode):
        return False
    return any(key.value == word or holds(item, word) for key, item in node.value)


def matches(pattern: str, full_name: str) -> bool:
    """Return whether a pattern (``/**/live_map``) means the node of a full name.

    Both begin with a slash. The rules are those of rclcpp.
    """
    expression = ""
    for token in pattern.split("/")[1:]:
        expression += {"*": r"/\w+", "**": r"(/\w+)*"}.get(token, f"/{re.escape(token)}")
    return re.fullmatch(expression, full_name, re.ASCII) is not None


def meant(path: str, name: str, nodes: Sequence[str], namespace: str) -> list[str]:
    """Return those of some full names of nodes that the name of an entry means.

    Args:
        path: of the file, for messages.
        name: of the entry.
        nodes: full names of the nodes of the graph.
        namespace: of the graph, without a leading slash.

    Raises:
        UsageError: it means none of them, or is no name.
    """
    if not all(_TOKEN.fullmatch(token) for token in name.removeprefix("/").split("/")):
        raise UsageError(
            f"{path}: {name} is no name of nodes: it must consist of letters, digits and "
            "underscores between slashes, or of * for any one name and ** for any number of them"
        )
    found = [node for node in nodes if matches(f"/{name.removeprefix('/')}", node)]
    if not found and not name.startswith("/"):
        found = [node for node in nodes if matches(f"/{namespace}/{name}", node)]
    if found:
        return found
    raise UsageError(f"{path}: there is no node {name} in the graph: {_instead(name, nodes)}")


def resolved(word: str) -> bool | int | float | str:
    """Return what rcl makes of a word without quotes."""
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if _INTEGER.fullmatch(word):
        return _integer(word)
    if _NUMBER.fullmatch(word) and math.isfinite(float(word)):
        return float(word)
    if _HEXADECIMAL.fullmatch(word):
        return float.fromhex(word)
    if _SPECIAL.fullmatch(word):
        return float(word.replace(".", ""))
    return word


def _integer(word: str) -> int | float:
    digits = word.lstrip("+-")
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" and len(digits) > 1 else 10
    try:
        value = int(word, base)
    except ValueError:  # 08: no octal number, but a decimal one
        return float(word)
    return value if -(2**63) <= value < 2**63 else float(value)


def _instead(name: str, nodes: Sequence[str]) -> str:
    """Return what to write instead of a name that means no node."""
    last = name.rsplit("/", 1)[-1]
    leaves = [node.rsplit("/", 1)[-1] for node in nodes]
    if last in leaves:
        return f"its nodes are {', '.join(nodes)}; write {last} or {nodes[leaves.index(last)]}"
    near = difflib.get_close_matches(last, leaves, 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"choose from {', '.join(leaves)}{hint}"


def _found(path: str, name: str, node: yaml.Node) -> Iterator[Entry]:
    """Yield the entries below a name: its own, or those of the namespace that it is."""
    if not isinstance(node, yaml.MappingNode):
        held = getattr(node, "value", "")
        shown = repr(resolved(held)) if isinstance(held, str) else "a list"
        raise UsageError(f"{path}: {name} must hold {PARAMETERS}, but holds {shown}")
    parts = list(pairs(path, node, name))
    if not any(key == PARAMETERS for key, _ in parts):
        if not parts or not all(isinstance(item, yaml.MappingNode) for _, item in parts):
            raise UsageError(f"{path}: {name} has no {PARAMETERS}")
        for inner, item in parts:  # a namespace that holds nodes
            yield from _found(path, f"{name}/{inner.removeprefix('/')}", item)
        return
    beside = [key for key, _ in parts if key != PARAMETERS]
    if beside:
        raise UsageError(f"{path}: {name} may not hold {beside[0]} beside {PARAMETERS}")
    content = parts[0][1]
    if not isinstance(content, yaml.MappingNode):
        raise UsageError(f"{path}: {PARAMETERS} of {name} must hold names and values")
    yield Entry(name.rstrip("/"), flat_values(path, name, content, ""))


def flat_values(path: str, name: str, node: yaml.MappingNode, prefix: str) -> dict[str, Any]:
    """Return the values below ``name`` by dotted names, which begin with ``prefix``.

    Raises:
        UsageError: a name stands twice, once with dots and once as levels.
    """
    values: dict[str, Any] = {}
    for key, value in _flat(path, name, node, prefix):
        if key in values:
            raise UsageError(f"{path}: {key} stands twice in {name}")
        values[key] = value
    return values


def _flat(path: str, name: str, node: yaml.MappingNode, prefix: str) -> Iterator[tuple[str, Any]]:
    for key, item in pairs(path, node, name):
        if isinstance(item, yaml.MappingNode):
            yield from _flat(path, name, item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _value(f"{path}: {prefix}{key} of {name}", item)


def _value(what: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        if not all(isinstance(item, yaml.ScalarNode) for item in node.value):
            raise UsageError(f"{what} must be a value or a list of values")
        return [_value(what, item) for item in node.value]
    if node.style is None and node.value in ("", "~", "null", "Null", "NULL"):
        raise UsageError(f"{what} has no value")
    return resolved(node.value) if node.style is None else node.value


def pairs(path: str, node: yaml.MappingNode, name: str) -> Iterator[tuple[str, yaml.Node]]:
    """Yield what a mapping holds; each key is a word, and stands there once."""
    seen = set()
    for key, item in node.value:
        if not isinstance(key, yaml.ScalarNode) or not key.value:
            raise UsageError(f"{path}: {name} holds a name that is no word")
        if key.value in seen:
            raise UsageError(f"{path}: {key.value} stands twice in {name}")
        seen.add(key.value)
        yield key.value, item
