# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds and depth images of any writer: read as what they are, or refused with the reason."""

from __future__ import annotations

from types import SimpleNamespace as Fake
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live_mvp_ros.ros.convert.layouts import cloud_fields, depth_metres
from live_mvp_ros.ros.refusals import InvalidMessageError

POINTS = np.arange(1.0, 25.0).reshape(2, 4, 3)
FLOAT32, FLOAT64 = 7, 8


def cloud(
    points: np.ndarray = POINTS,
    names: str = "xyz",
    kind: int = FLOAT32,
    big: bool = False,
    pad_point: int = 0,
    pad_row: int = 0,
) -> Any:
    """Return a cloud whose points and rows are longer than they need be."""
    height, width, channels = points.shape
    size = 8 if kind == FLOAT64 else 4
    numbers = points.astype(f"{'>' if big else '<'}f{size}")
    raw = np.full((height, width, channels * size + pad_point), 0xAB, np.uint8)
    raw[:, :, : channels * size] = numbers.view(np.uint8).reshape(height, width, -1)
    rows = np.full((height, width * raw.shape[2] + pad_row), 0xCD, np.uint8)
    rows[:, : width * raw.shape[2]] = raw.reshape(height, -1)
    return Fake(
        height=height,
        width=width,
        fields=[
            Fake(name=n, offset=size * i, datatype=kind, count=1) for i, n in enumerate(names)
        ],
        is_bigendian=big,
        point_step=raw.shape[2],
        row_step=rows.shape[1],
        data=rows.tobytes(),
    )


def image(values: np.ndarray, encoding: str, big: int = 0, pad: int = 0) -> Any:
    pixels = values.astype(values.dtype.newbyteorder(">" if big else "<"))
    rows = np.full((values.shape[0], pixels[0].nbytes + pad), 0xCD, np.uint8)
    rows[:, : pixels[0].nbytes] = pixels.view(np.uint8).reshape(values.shape[0], -1)
    return Fake(
        height=values.shape[0],
        width=values.shape[1],
        encoding=encoding,
        is_bigendian=big,
        step=rows.shape[1],
        data=rows.tobytes(),
    )


@pytest.mark.parametrize("names", ["xyz", "XYZ"])
@pytest.mark.parametrize("kind", [FLOAT32, FLOAT64])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(("pad_point", "pad_row"), [(0, 0), (5, 0), (0, 7), (4, 16)])
def test_a_cloud_is_read_however_it_lies_in_memory(names, kind, big, pad_point, pad_row):
    message = cloud(POINTS, names, kind, big, pad_point, pad_row)
    np.testing.assert_array_equal(cloud_fields(message, ("x", "y", "z")), POINTS)
    np.testing.assert_array_equal(cloud_fields(message, ("y",)), POINTS[..., 1:2])


@pytest.mark.parametrize("big", [0, 1])
@pytest.mark.parametrize("pad", [0, 2, 7, 64])
def test_depth_is_in_metres_whatever_the_image_counts_in(big, pad):
    millimetres = np.array([[1500, 0], [2000, 65535], [1, 300]], np.uint16)
    metres = np.array([[1.5, 0.0], [2.0, 65.535], [0.001, 0.3]])
    for message in (
        image(millimetres, "16UC1", big, pad),
        image(millimetres, "mono16", big, pad),
        image(metres.astype(np.float32), "32FC1", big, pad),
        image(metres, "64FC1", big, pad),
    ):
        np.testing.assert_allclose(depth_metres(message), metres, rtol=1e-6)


def test_depth_is_zero_where_nothing_came_back():
    values = np.array([[1.5, np.nan], [np.inf, -np.inf], [-2.0, 0.0]], np.float32)
    assert depth_metres(image(values, "32FC1")).tolist() == [[1.5, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fields": []}, "it has no field x: its fields are none"),
        ({"names": "abz"}, "it has no field x: its fields are a, b, z"),
        ({"datatype": 3}, "its field x is 1 x int16"),
        ({"datatype": 99}, "its field x is 1 x type 99"),
        ({"count": 3}, "its field x is 3 x float32"),
        ({"offset": 9}, "do not make 2 rows of 4 points of 12 bytes"),
        ({"offset": 2**32 - 1}, "do not make"),
        ({"width": 5}, "do not make 2 rows of 5 points"),
        ({"width": 0}, "a cloud of 2 x 0 points is not allowed"),
        ({"height": 2**32 - 1, "width": 2**32 - 1}, "points is not allowed"),
        ({"point_step": 0}, "do not make"),
        ({"row_step": 0}, "do not make"),
        ({"row_step": 2**32 - 1}, "do not make"),
        ({"data": b""}, "0 bytes do not make"),
    ],
)
def test_a_cloud_that_cannot_be_read_says_why(change, reason):
    message = cloud(names=change.pop("names", "xyz"))
    for name, value in change.items():
        setattr(message.fields[0] if hasattr(message.fields[0], name) else message, name, value)
    with pytest.raises(InvalidMessageError, match=reason):
        cloud_fields(message, ("x", "y", "z"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"encoding": "rgb8"}, "its encoding is 'rgb8': a depth image is one of 32FC1"),
        ({"encoding": ""}, "its encoding is ''"),
        ({"width": 3}, "do not make 2 rows of 3 pixels of 4 bytes"),
        ({"height": 0}, "an image of 0 x 2 pixels is not allowed"),
        ({"height": 2**32 - 1, "width": 2**32 - 1}, "pixels is not allowed"),
        ({"step": 7}, "do not make"),
        ({"step": 0}, "do not make"),
        ({"data": b"12345"}, "5 bytes do not make"),
    ],
)
def test_an_image_that_cannot_be_read_says_why(change, reason):
    message = image(np.ones((2, 2), np.float32), "32FC1")
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(InvalidMessageError, match=reason):
        depth_metres(message)


NUMBERS = st.sampled_from([0, 1, 2, 3, 4, 8, 12, 16, 2**16, 2**31, 2**32 - 1])


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.lists(NUMBERS, min_size=5, max_size=5),
    datatype=st.integers(0, 255),
    name=st.sampled_from(["x", "X", "", "xyz", "é"]),
    big=st.integers(0, 255),
    encoding=st.sampled_from(["32FC1", "16UC1", "64FC1", "mono16", "32FC3"]),
    data=st.binary(max_size=64),
)
def test_no_message_is_anything_but_read_or_refused(sizes, datatype, name, big, encoding, data):
    height, width, step, point_step, offset = sizes
    fields = [Fake(name=name, offset=offset, datatype=datatype, count=1)]
    message = Fake(
        height=height,
        width=width,
        step=step,
        row_step=step,
        point_step=point_step,
        fields=fields,
        is_bigendian=big,
        encoding=encoding,
        data=data,
    )
    for read in (depth_metres, lambda m: cloud_fields(m, ("x",))):
        try:
            values = read(message)
        except InvalidMessageError:
            continue
        assert values.shape[:2] == (height, width)
        assert values.dtype == np.float32
