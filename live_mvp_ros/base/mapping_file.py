# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files of YAML or JSON that hold one mapping, in which nothing may be said twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from live_mvp_ros.base.yaml_words import broken


class MappingFileError(ValueError):
    """A file is not what it must be; the text is the end of a sentence that begins with it."""


def read_mapping_file(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML or JSON file holds.

    Raises:
        MappingFileError: it cannot be read, is malformed, says a key twice, or holds something
            else.
    """
    kind = "JSON" if path.suffix == ".json" else "YAML"
    try:
        text = path.read_text(encoding="utf-8")
        values = _json(text) if kind == "JSON" else _yaml(text)
    except OSError as error:
        raise MappingFileError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise MappingFileError("is not text in UTF-8") from error
    except MappingFileError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise MappingFileError(f"is not valid {kind}: {broken(error)}") from error
    if not isinstance(values, dict):
        raise MappingFileError("must hold a mapping of keys such as name and primitives")
    return values


def parsed_yaml(text: str) -> Any:
    """Return what a text in YAML says.

    Raises:
        MappingFileError: it is malformed, or says a key twice.
    """
    try:
        return _yaml(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise MappingFileError(f"is not valid YAML: {broken(error)}") from error
    except MappingFileError:
        raise
    except ValueError as error:
        raise MappingFileError(f"is not valid YAML: {error}") from error


def _json(text: str) -> Any:
    def once(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            names = [name for name, _ in items]
            twice = next(name for name in names if names.count(name) > 1)
            raise MappingFileError(f"says {twice} twice")
        return found

    return json.loads(text, object_pairs_hook=once)


def _yaml(text: str) -> Any:
    _check_once(yaml.compose(text, Loader=yaml.SafeLoader), set())
    return yaml.safe_load(text)


def _check_once(node: yaml.Node | None, seen: set[int]) -> None:
    """Refuse keys that stand twice in one mapping, at any depth; aliases are looked at once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_once(item, seen)
    elif isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, item in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in names:
                    line = key.start_mark.line + 1
                    raise MappingFileError(f"says {key.value} twice, again in line {line}")
                names.add(key.value)
            _check_once(item, seen)
