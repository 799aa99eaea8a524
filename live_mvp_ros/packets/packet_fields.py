# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One definition of a packet's fields: what is allowed, what it means, its place in JSON.

A packet is a frozen dataclass whose fields are declared with ``item``. From that follow the checks
at construction, the JSON form (``packet_json``), the JSON Schema (``packet_schema``) and the way
to the message of the same name (``ros/convert/packet_messages.py``).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable, Mapping
from functools import cache
from typing import Any, NoReturn, TypeVar, dataclass_transform, get_args, get_type_hints

import numpy as np

T = TypeVar("T")
IDENTICAL = "="
"""Place in JSON: the name of the field itself."""
NOWHERE = ""
"""Place in JSON of what other values say already."""


class PacketError(ValueError):
    """A packet breaks its definition; the text names the field, the value and what is allowed."""


@dataclasses.dataclass(frozen=True)
class Item:
    """What is known about one field of a packet.

    Attributes:
        help: what it means.
        unit: of numbers, empty for counts and shares.
        low: least value, inclusive.
        high: greatest value, inclusive.
        below: upper limit, exclusive.
        above: lower limit, exclusive.
        may_be_nan: NaN stands for unknown; null in JSON.
        choices: words that are allowed.
        names: whole numbers that are allowed, and what JSON calls them.
        place: dotted place in JSON. With ``{}`` in it, the fields of a part are spread over the
            places that it becomes with their names; IDENTICAL and NOWHERE are special.
        given_by: name of a flag; where it is false, JSON has no such place.
        used_by: actions that have this parameter; JSON of others has no such place.
        may_be_missing: JSON leaves it out where it has its default.
        if_left_out: what is read where JSON leaves it out, as others may; it is always written.
            None: it must be there.
        unique: nothing may be twice in a list.
    """

    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    below: float | None = None
    above: float | None = None
    may_be_nan: bool = False
    choices: tuple[str, ...] = ()
    names: Mapping[int, str] | None = None
    place: str = IDENTICAL
    given_by: str = ""
    used_by: tuple[str, ...] = ()
    may_be_missing: bool = False
    if_left_out: str | float | None = None
    unique: bool = False

    def allowed(self) -> str:
        """Return in words what a number must be."""
        if self.names is not None:
            return "one of " + ", ".join(f"{n} ({name})" for n, name in self.names.items())
        words = [
            f"{word} {limit:.17g}"
            for word, limit in (
                ("at least", self.low),
                ("above", self.above),
                ("at most", self.high),
                ("below", self.below),
            )
            if limit is not None
        ]
        return " and ".join(words) or "finite"


def item(*, default: Any = dataclasses.MISSING, like: Item | None = None, **known: Any) -> Any:
    """Declare a field of a packet: its default, if it has one, and what ``Item`` says of it.

    ``like``: what it is like but for the rest.
    """
    made = Item(**known) if like is None else dataclasses.replace(like, **known)
    return dataclasses.field(default=default, metadata={"item": made})


def item_of(field: dataclasses.Field[Any]) -> Item:
    """Return what ``item`` recorded about a field."""
    found: Item = field.metadata["item"]
    return found


@dataclass_transform(frozen_default=True, field_specifiers=(item,))
def packet(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen dataclass that refuses what its items do not allow.

    Values become those of the fields' types, see ``settled``. ``cls.check(self) -> str | None``
    (optional) is asked for a sentence about fields that do not go together; it is asked before
    the items, so it must take any value of a field's type.

    Raises:
        PacketError: on construction with a value that is not allowed.
    """
    fields: list[tuple[str, Item, Any]] = []

    def __post_init__(self: Any) -> None:  # noqa: N807
        if not fields:
            fields.extend(_checked(type(self)))
        for field, _, kind in fields:
            value = getattr(self, field)
            if type(value) is not kind or (kind is float and value != value):
                object.__setattr__(self, field, settled(field, kind, value))
        check = getattr(self, "check", None)
        if check is not None and (problem := check()):
            raise PacketError(problem)
        for field, item, kind in fields:
            _check(field, item, kind, getattr(self, field))

    cls.__post_init__ = __post_init__  # type: ignore[attr-defined]
    if "__eq__" not in cls.__dict__:
        cls.__eq__ = _same  # type: ignore[method-assign]
    return dataclasses.dataclass(frozen=True)(cls)


def _same(self: Any, other: object) -> bool:
    """Return whether two packets say the same; what neither knows, NaN, is the same."""
    names = [field.name for field in dataclasses.fields(self)]
    if type(self) is not type(other):
        return NotImplemented
    mine, others = ([getattr(one, name) for name in names] for one in (self, other))
    return mine == others  # of lists, in which what is identical is equal


def types_of(cls: type) -> Mapping[str, Any]:
    """Return the type of each field of a packet."""
    return _hints(cls)


@cache
def _hints(cls: Hashable) -> Mapping[str, Any]:
    return get_type_hints(cls)


def settled(name: str, kind: Any, value: Any) -> Any:
    """Return a value in the type of its field: NumPy's numbers as Python's, lists as tuples.

    Raises:
        PacketError: it is of another type.
    """
    if kind is np.ndarray:
        return np.asarray(value) if hasattr(value, "__array__") else _refuse(name, kind, value)
    if type(value) is kind and kind is not float:
        return value
    if hasattr(value, "__array__"):  # a number or an array of NumPy, or of JAX
        value = value.tolist()
    parts = get_args(kind)
    if parts:
        is_open = parts[1:] == (...,)
        if not isinstance(value, tuple | list) or not (is_open or len(value) == len(parts)):
            words = f"{len(parts)} numbers"
            raise PacketError(
                f"{name} = {value!r} is not allowed: it must be {'a list' if is_open else words}"
            )
        if type(value) is tuple and all(type(part) is parts[0] for part in value):
            return value
        return tuple(settled(f"{name}[{i}]", parts[0], part) for i, part in enumerate(value))
    if not isinstance(value, (int, float) if kind is float else kind):
        _refuse(name, kind, value)
    if dataclasses.is_dataclass(kind):
        return value
    if isinstance(value, bool) and kind is not bool:
        _refuse(name, kind, value)
    if value != value:
        return math.nan  # always this one, so that packets with it can be equal
    try:
        return kind(value)
    except OverflowError:
        raise PacketError(f"{name} is too large a number: it must be finite") from None


_WORDS = {
    float: "a number",
    int: "a whole number",
    str: "text",
    bool: "true or false",
    np.ndarray: "an array of NumPy",
}


def _refuse(name: str, kind: Any, value: Any) -> NoReturn:
    allowed = _WORDS.get(kind) or f"a {kind.__name__}"
    raise PacketError(f"{name} = {value!r} is not allowed: it must be {allowed}")


def _checked(cls: type) -> list[tuple[str, Item, Any]]:
    fields = dataclasses.fields(cls)
    return [(field.name, item_of(field), types_of(cls)[field.name]) for field in fields]


def _check(name: str, item: Item, kind: Any, value: Any) -> None:
    """Refuse a value that its item does not allow."""
    if isinstance(value, tuple):
        if item.unique and len(set(value)) != len(value):
            raise PacketError(f"{name} = {value} is not allowed: each must be there once")
        for i, part in enumerate(value):
            if isinstance(part, int | float | str):
                _check(f"{name}[{i}]", item, type(part), part)
    elif isinstance(value, str):
        if item.choices and value not in item.choices:
            choices = ", ".join(item.choices)
            raise PacketError(f"{name} = {value!r} is not allowed: it must be one of {choices}")
    elif isinstance(value, int | float) and kind is not bool:
        _check_number(name, item, value)


def _check_number(name: str, item: Item, value: float) -> None:
    try:
        is_nan, is_finite = math.isnan(value), math.isfinite(value)
    except OverflowError:  # a whole number beyond the largest float
        raise PacketError(f"{name} is too large a number: it must be {item.allowed()}") from None
    if is_nan and item.may_be_nan:
        return
    if not is_finite:
        raise PacketError(f"{name} = {value} is not finite")
    inside = (
        (item.low is None or value >= item.low)
        and (item.above is None or value > item.above)
        and (item.high is None or value <= item.high)
        and (item.below is None or value < item.below)
        and (item.names is None or value in item.names)
    )
    if not inside:
        raise PacketError(f"{name} = {value} is not allowed: it must be {item.allowed()}")
