# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""YAML as its writer sees it: where a file is broken, and numbers that it takes for text."""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

TOO_DEEP = "it is nested too deeply, or holds itself"
_NUMBER = re.compile(r"([-+]?[0-9]*)(\.[0-9]*)?([eE])([-+]?)([0-9]+)")


def broken(error: yaml.YAMLError | RecursionError | ValueError) -> str:
    """Return where a text is no YAML and why, as the end of a sentence."""
    if isinstance(error, RecursionError):
        return TOO_DEEP
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    if mark is not None and problem:
        spaces = ": use spaces" if "'\\t'" in problem else ""
        return f"line {mark.line + 1}, column {mark.column + 1}: {problem}{spaces}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"character {error.position + 1}: {error.reason}"
    return " ".join(str(error).split())


def number_hint(value: Any) -> str:
    """Return how a text is written that was meant as a number, empty for anything else."""
    if not isinstance(value, str):
        return ""
    try:
        number = float(value)
    except ValueError:
        return ""
    if not math.isfinite(number):
        return ""
    match = _NUMBER.fullmatch(value.strip())
    if match is None:
        return "it is text: write it without quotes"
    whole, fraction, _, sign, exponent = match.groups()
    fraction = fraction if fraction and len(fraction) > 1 else ".0"
    return f"YAML takes it for text: write {whole or '0'}{fraction}e{sign or '+'}{exponent}"


def nested(name: str, value: Any) -> str:
    """Return a dotted name and its value as levels: ``body: {radius_m: 0.2}`` of body.radius_m."""
    first, *rest = name.split(".")
    text = str(value) if isinstance(value, str) else shown(value)
    for level in reversed(rest):
        text = f"{{{level}: {text}}}"
    return f"{first}: {text}"


def shown(value: Any) -> str:
    """Return a value as a sentence about a file shows it: as it would be written there."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(shown(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    return repr(value) if isinstance(value, str | int | float | tuple) else str(value)
