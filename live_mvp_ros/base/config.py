# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Configuration dataclasses: one definition gives default, unit, range, help and pytree structure.

A component's whole configuration is one class::

    @configuration
    class CameraConfig:
        max_range_m: float = parameter(default=12.0, unit="m", low=0.2, help="Its reach.")

The class becomes a frozen keyword-only dataclass that refuses values outside their range, and a
JAX pytree. Fields marked ``live=True`` are its leaves, so they are traced and may change between
two calls of a jitted function without a new trace; every other field is static.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, dataclass_transform, get_args, get_type_hints

import jax
import numpy as np

from live_mvp_ros.base.nearest_names import nearest
from live_mvp_ros.base.yaml_words import number_hint, shown

T = TypeVar("T")
_KINDS = (bool, int, float, str, tuple, list, np.generic)


class ConfigurationError(ValueError):
    """A configuration value is not allowed; the text names it, its value and what is allowed."""


@dataclasses.dataclass(frozen=True)
class ParameterInfo:
    """What is known about one configuration field besides its type and default."""

    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | None = None
    live: bool = False

    def allowed(self) -> str:
        """Describe the allowed values in words, for messages and parameter descriptors."""
        unit = f" {self.unit}" if self.unit else ""
        if self.choices is not None:
            return "one of " + ", ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"between {self.low:g} and {self.high:g}{unit}"
        if self.low is not None:
            return f"at least {self.low:g}{unit}"
        if self.high is not None:
            return f"at most {self.high:g}{unit}"
        return "any finite value"


def parameter(
    default: Any,
    *,
    help: str,  # noqa: A002 - the word users of argparse and click know
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] | None = None,
    live: bool = False,
) -> Any:
    """Declare a configuration field; ``low`` and ``high`` are inclusive.

    A field of type ``tuple[str, ...]`` is a list of words, at least one and each at most once.
    """
    info = ParameterInfo(help, unit, low, high, tuple(choices) if choices else None, live)
    return dataclasses.field(default=default, metadata={"parameter": info})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(parameter,))
def configuration(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen, validated configuration dataclass that is also a pytree.

    Besides the range of each field, ``cls.check(self) -> str | None`` (optional) is asked for
    a sentence about combinations of fields that make no sense.

    Raises:
        ConfigurationError: on construction with a value that is not allowed.
    """
    hints: dict[str, Any] = {}

    def __post_init__(self: Any) -> None:  # noqa: N807
        if not hints:
            hints.update(get_type_hints(cls))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray) and (
                isinstance(field.default, tuple) or value.ndim == 0
            ):
                value = value.tolist()
            if isinstance(value, _KINDS):
                object.__setattr__(self, field.name, _coerced(field, hints[field.name], value))
        # Traced leaves were validated when they were concrete.
        concrete = all(isinstance(leaf, int | float) for leaf in jax.tree.leaves(self))
        check = getattr(self, "check", None)
        if concrete and check is not None and (problem := check()):
            raise ConfigurationError(problem)

    cls.__post_init__ = __post_init__  # type: ignore[attr-defined]
    data = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
    names = {True: [], False: []}  # type: dict[bool, list[str]]
    for field in dataclasses.fields(data):  # type: ignore[arg-type]
        nested = dataclasses.is_dataclass(field.default)
        names[nested or info_of(field).live].append(field.name)
    jax.tree_util.register_dataclass(data, data_fields=names[True], meta_fields=names[False])
    return data


def info_of(field: dataclasses.Field[Any]) -> ParameterInfo:
    """Return what ``parameter`` recorded about a field.

    Raises:
        TypeError: the field was not declared with ``parameter``.
    """
    info = field.metadata.get("parameter")
    if info is None and dataclasses.is_dataclass(field.default):
        return ParameterInfo(help=f"{field.name} settings")
    if not isinstance(info, ParameterInfo):
        raise TypeError(f"configuration field {field.name} is not declared with parameter(...)")
    return info


def replace(config: T, **changes: Any) -> T:
    """Return a copy of ``config`` with some fields changed, validated again."""
    return dataclasses.replace(config, **changes)  # type: ignore[type-var]


def from_mapping(cls: type[T], values: Mapping[str, Any]) -> T:
    """Build ``cls`` from a mapping such as a parsed YAML file.

    Raises:
        ConfigurationError: a key is unknown or a value is not allowed.
    """
    known = {field.name for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise ConfigurationError(
                f"{key} is not a parameter of {cls.__name__}: did you mean {nearest(key, known)}?"
            )
    plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in values.items()}
    check_kinds(plain)
    return cls(**plain)


def check_kinds(values: Mapping[str, Any]) -> None:
    """Refuse what a file can hold and no field can: nothing, a mapping, a date.

    Raises:
        ConfigurationError: one of the values is that.
    """
    for key, value in values.items():
        if not (isinstance(value, _KINDS) or dataclasses.is_dataclass(value)):
            _refuse(key, value, "a value or a list of values")


def _coerced(field: dataclasses.Field[Any], hint: Any, value: Any) -> Any:
    """Return the value in its declared type, or raise the sentence that says what is wrong."""
    info = info_of(field)
    if get_args(hint)[1:] == (...,):
        return _words(field.name, info, value)
    if isinstance(field.default, tuple):
        if not isinstance(value, tuple | list) or len(value) != len(field.default):
            _refuse(field.name, value, f"a list of {len(field.default)} numbers")
        return tuple(
            _scalar(f"{field.name}[{i}]", info, type(field.default[i]), item)
            for i, item in enumerate(value)
        )
    return _scalar(field.name, info, hint, value)


def _words(name: str, info: ParameterInfo, value: Any) -> tuple[str, ...]:
    words = tuple(value) if isinstance(value, tuple | list) else ()
    if not words or not all(isinstance(word, str) for word in words):
        _refuse(
            name, value, "a list of words" + (f", each {info.allowed()}" if info.choices else "")
        )
    for i, word in enumerate(words):
        _scalar(f"{name}[{i}]", info, str, word)
        if word in words[:i]:
            raise ConfigurationError(
                f"{name}[{i}] = {word!r} is not allowed: it is in the list twice"
            )
    return words


def _scalar(name: str, info: ParameterInfo, kind: Any, value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if kind is str:
        if not isinstance(value, str) or (info.choices and value not in info.choices):
            _refuse(name, value, info.allowed() if info.choices else "text")
        return value
    if kind is bool:
        if not isinstance(value, bool):
            _refuse(name, value, "true or false")
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not _is_finite(value):
        _refuse(name, value, "a finite number")
    if kind is int and value != int(value):
        _refuse(name, value, "a whole number")
    too_low = info.low is not None and value < info.low
    too_high = info.high is not None and value > info.high
    if too_low or too_high:
        _refuse(name, value, info.allowed())
    return kind(value)


def _is_finite(value: float) -> bool:
    """Return whether a number is finite as a float is: whole numbers may be larger than any."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _refuse(name: str, value: Any, allowed: str) -> None:
    hint = number_hint(value) if "number" in allowed else ""
    raise ConfigurationError(
        f"{name} = {shown(value)} is not allowed: it must be {allowed}"
        + (f" ({hint})" if hint else "")
    )
