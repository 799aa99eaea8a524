# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets of any content that their classes allow, for hypothesis."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, get_args

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from live_mvp_ros import packets
from live_mvp_ros.packets.packet_fields import Item, item_of, types_of
from live_mvp_ros.packets.packet_types import PARAMETERS

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_PIXELS = st.one_of(st.just(math.nan), st.floats(width=32, allow_nan=False, allow_infinity=False))


def packet_of(kind: type) -> st.SearchStrategy[Any]:
    """Return packets of a kind."""
    if kind is packets.ActionPacket:
        return st.sampled_from(list(PARAMETERS)).flatmap(_action)
    if kind is packets.Patch:
        return _patch()
    if kind is packets.BodyPose:
        return st.builds(kind, _triple(), _units(4))
    found = {field.name: _field(kind, field) for field in dataclasses.fields(kind)}
    if kind is packets.ContextPacket:
        return st.integers(1, 2**32 - 1).flatmap(lambda n: _context(n, found))
    if kind is packets.BeliefPacket:
        return st.lists(NAMES, unique=True, max_size=4).flatmap(lambda c: _belief(c, found))
    if kind is packets.FacetRecord:
        found |= {"point": _triple(), "normal": _units(3)}
    if kind is packets.ObservationPacket:
        return _sizes().flatmap(lambda size: _observation(size, found))
    if kind is packets.PosePacket:
        return st.builds(_with_flags, st.fixed_dictionaries(found))
    return st.builds(kind, **found)


def _field(kind: type, field: dataclasses.Field[Any]) -> st.SearchStrategy[Any]:
    item, hint = item_of(field), types_of(kind)[field.name]
    if field.name == "columns":
        ids = st.lists(NAMES, unique=True, max_size=3)
        part = packet_of(get_args(hint)[0])
        return ids.flatmap(
            lambda names: st.tuples(
                *(part.map(lambda p, name=name: dataclasses.replace(p, id=name)) for name in names)
            )
        )
    if dataclasses.is_dataclass(hint):
        return packet_of(hint)
    if get_args(hint):
        return st.lists(_value(item, get_args(hint)[0]), max_size=4, unique=item.unique).map(tuple)
    return _value(item, hint)


def _value(item: Item, kind: type) -> st.SearchStrategy[Any]:
    if item.choices:
        return st.sampled_from(item.choices)
    if item.names is not None:
        return st.sampled_from(list(item.names))
    if kind is bool:
        return st.booleans()
    if kind is str:
        return NAMES
    if kind is int:
        return st.integers(int(item.low), int(item.high))
    low = item.low if item.low is not None else item.above
    high = item.high if item.high is not None else item.below
    numbers = st.floats(
        low,
        high,
        exclude_min=item.above is not None,
        exclude_max=item.below is not None,
        allow_nan=False,
        allow_infinity=False,
    )
    return st.one_of(st.just(math.nan), numbers) if item.may_be_nan else numbers


def _sizes() -> st.SearchStrategy[tuple[int, int]]:
    """Return heights and widths of images."""
    return st.tuples(st.integers(1, 4), st.integers(1, 4))


def _observation(size: tuple[int, int], found: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return observations whose patches have the size of the camera's images."""

    @st.composite
    def resized(draw: Any) -> packets.ObservationPacket:
        height, width = size
        camera = dataclasses.replace(draw(found["camera"]), height=height, width=width)
        columns = tuple(
            dataclasses.replace(column, patch=draw(_patch(size)))
            for column in draw(found["columns"])
        )
        rest = {name: draw(of) for name, of in found.items() if name not in ("camera", "columns")}
        return packets.ObservationPacket(camera=camera, columns=columns, **rest)

    return resized()


@st.composite
def _patch(draw: Any, size: tuple[int, int] | None = None) -> packets.Patch:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    shape = (*(size or draw(_sizes())), len(names))
    return packets.Patch(tuple(names), draw(arrays.arrays(np.float32, shape, elements=_PIXELS)))


def _action(name: str) -> st.SearchStrategy[Any]:
    fields = {field.name: field for field in dataclasses.fields(packets.ActionPacket)}
    used = [*PARAMETERS[name], *(["object_id"] if name == "switch_object" else [])]
    wanted = ["stamp_ns", "frame_id", "tick", "column_id", *used]
    values = {key: _field(packets.ActionPacket, fields[key]) for key in wanted}
    return st.builds(packets.ActionPacket, action=st.just(name), **values)


def _context(length: int, found: dict[str, Any]) -> st.SearchStrategy[Any]:
    indices = st.sets(st.integers(0, length - 1), max_size=20).map(lambda s: tuple(sorted(s)))
    return st.builds(
        packets.ContextPacket, **(found | {"length": st.just(length), "indices": indices})
    )


def _belief(classes: list[str], found: dict[str, Any]) -> st.SearchStrategy[Any]:
    shares = st.lists(st.floats(0.01, 1.0), min_size=len(classes), max_size=len(classes))
    even = shares.map(lambda values: tuple(value / math.fsum(values) for value in values))
    said = {"classes": st.just(tuple(classes)), "probabilities": even}
    return st.builds(packets.BeliefPacket, **(found | said))


def _with_flags(values: dict[str, Any]) -> packets.PosePacket:
    """Return a pose packet that says only what its flags say that it says."""
    if not values["has_body_pose"]:
        values = values | dict.fromkeys(("body_pose", "body_pose_previous"), packets.BodyPose())
    if not values["has_interest"]:
        values = values | {"interest_object_id": "", "interest": packets.ChartPoint()}
    return packets.PosePacket(**values)


def _triple() -> st.SearchStrategy[Any]:
    return st.tuples(*[st.floats(-1e4, 1e4)] * 3)


def _units(count: int) -> st.SearchStrategy[Any]:
    """Return vectors of unit length."""
    numbers = st.tuples(*[st.floats(-1.0, 1.0)] * count)
    return numbers.filter(lambda v: math.hypot(*v) > 0.1).map(
        lambda v: tuple(x / math.hypot(*v) for x in v)
    )
