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

from live_mvp_ros.ros.convert.depth_messages import (
    camera_matrix,
    check_size,
    depth_points,
    distortion,
    read_pixels,
)
from live_mvp_ros.ros.convert.layouts import cloud_fields, depth_metres, thinly
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


@pytest.mark.parametrize(
    ("kind", "dtype"), [(1, "i1"), (2, "u1"), (3, "i2"), (4, "u2"), (5, "i4")]
)
@pytest.mark.parametrize("big", [False, True])
def test_whole_numbers_are_read_where_their_unit_is_known(kind, dtype, big):
    """Fields in any order, of any type, with others between them."""
    order = ">" if big else "<"
    layout = np.dtype(
        {
            "names": ["z", "ring", "x", "y"],
            "formats": [f"{order}f8", f"{order}u2", f"{order}{dtype}", f"{order}f4"],
            "offsets": [1, 9, 12, 20],
            "itemsize": 29,
        }
    )
    records = np.zeros((1, 5), layout)
    records["x"], records["y"], records["z"] = [[1, 2, 3, 100, 127]], 1.5, 2.5
    message = Fake(
        height=1,
        width=5,
        fields=[
            Fake(name="z", offset=1, datatype=8, count=1),
            Fake(name="ring", offset=9, datatype=4, count=1),
            Fake(name="y", offset=20, datatype=7, count=1),
            Fake(name="x", offset=12, datatype=kind, count=1),
        ],
        is_bigendian=big,
        point_step=29,
        row_step=5 * 29,
        data=records.tobytes(),
    )
    found = cloud_fields(message, ("x", "y", "z"), integer_unit=0.01)
    assert np.allclose(found[0, :, 0], [0.01, 0.02, 0.03, 1.0, 1.27])
    assert (found[0, :, 1:] == [1.5, 2.5]).all()
    with pytest.raises(InvalidMessageError, match="in metres can be read"):
        cloud_fields(message, ("x", "y", "z"))


def test_a_large_image_is_read_thinly_and_the_rows_of_a_lidar_are_not():
    image_ = np.arange(720 * 1280).reshape(720, 1280)
    few = thinly(image_, 65536)
    assert few.shape == (180, 320)
    assert few[0, 0] == 2 * 1280 + 2 and few[1, 1] - few[0, 0] == 4 * 1280 + 4
    assert thinly(np.zeros((128, 2048)), 65536).shape == (128, 2048)
    assert thinly(np.zeros((1, 10**6)), 65536).shape == (1, 10**6)
    v, u = np.indices((720, 1280))
    assert np.array_equal(thinly(v, 65536) * 1280 + thinly(u, 65536), few)


# --- depth images --------------------------------------------------------------------------------


def camera(**changes: Any) -> Any:
    info = Fake(
        width=4,
        height=3,
        k=[2.0, 0, 1.5, 0, 4.0, 1.0, 0, 0, 1],
        d=[0.0] * 5,
        distortion_model="plumb_bob",
        binning_x=0,
        binning_y=0,
        roi=Fake(x_offset=0, y_offset=0, width=0, height=0, do_rectify=False),
    )
    for name, value in changes.items():
        setattr(info, name, value)
    return info


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1"])
@pytest.mark.parametrize("big", [0, 1])
def test_a_depth_image_becomes_points(encoding, big):
    metres = np.array([[1.0, 2.0], [0.0, 4.0]])
    values = (
        metres.astype(np.float32) if encoding == "32FC1" else (1000 * metres).astype(np.uint16)
    )
    looks = np.float32([[[-1, 0, 1], [1, 0, 1]], [[-1, 2, 1], [1, 2, 1]]])
    found = depth_points(image(values, encoding, big), looks, 65536)
    assert np.allclose(found, [[[-1, 0, 1], [2, 0, 2]], [[0, 0, 0], [4, 8, 4]]])


def test_what_a_depth_says_besides_ranges_reaches_every_coordinate():
    values = np.float32([[np.nan, np.inf], [-np.inf, 0.0]])
    found = depth_points(image(values, "32FC1"), np.ones((2, 2, 3), np.float32), 65536)
    assert np.array_equal(found, np.repeat(values[..., None], 3, axis=-1), equal_nan=True)


def test_a_camera_says_how_it_looks():
    assert camera_matrix(camera()) == (2.0, 4.0, 1.5, 1.0)
    models = {"plumb_bob": 5}
    assert distortion(camera(), models) == ()
    assert distortion(camera(distortion_model=""), models) == ()
    assert distortion(camera(d=[0.1, 0, 0, 0, 0.2, 9.0]), models) == (0.1, 0, 0, 0, 0.2)
    check_size(Fake(width=4, height=3), camera())
    u, v = read_pixels((3, 4), 65536)
    assert u[0].tolist() == [0, 1, 2, 3] and v[:, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"k": [0.0] * 9}, "its matrix K says fx = 0 and fy = 0 px"),
        ({"k": [2.0, 0, np.nan, 0, 4.0, 1.0, 0, 0, 1]}, "as of a camera that is calibrated"),
        ({"width": 2**32 - 1, "height": 2}, "a camera of 4294967295 x 2 pixels is not allowed"),
        ({"binning_x": 2}, "its binning is 2 x 0"),
        ({"roi": Fake(x_offset=8, y_offset=0)}, r"region of interest begins at \(8, 0\)"),
        ({"d": [1.0] * 4, "distortion_model": "equidistant"}, "is 'equidistant': it must be one"),
        ({"d": [np.nan] * 5}, "its distortion d holds a value that is not finite"),
    ],
)
def test_a_camera_that_cannot_be_used_says_why(changes, reason):
    info = camera(**changes)
    read = distortion if "d" in changes else lambda message, _: camera_matrix(message)
    with pytest.raises(InvalidMessageError, match=reason):
        read(info, {"plumb_bob": 5})


def test_an_image_of_another_size_than_its_camera_is_refused():
    with pytest.raises(
        InvalidMessageError, match="has 4 x 4 pixels, and its camera_info says 4 x"
    ):
        check_size(Fake(width=4, height=4), camera())


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
