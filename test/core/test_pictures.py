# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is drawn of messages: the right cells at the right places in the right colours."""

from __future__ import annotations

from types import SimpleNamespace as Message

import numpy as np

from live_mvp_ros.viewing import pictures


def occupancy_grid(cells) -> Message:
    rows = np.array(cells, np.int8)
    position = Message(x=1.0, y=2.0, z=0.0)
    info = Message(
        height=rows.shape[0],
        width=rows.shape[1],
        resolution=0.5,
        origin=Message(position=position),
    )
    return Message(info=info, data=rows.ravel().tolist())


def test_a_map_is_upright_light_where_free_dark_where_occupied_and_grey_where_unknown():
    picture = pictures.map_picture(occupancy_grid([[0, 100], [-1, 50]]))  # first row: smallest y
    assert picture.pixels.shape == (2, 2, 4)
    assert tuple(picture.pixels[1, 0]) == pictures.FREE
    assert tuple(picture.pixels[1, 1]) == pictures.OCCUPIED
    assert tuple(picture.pixels[0, 0]) == pictures.UNKNOWN
    between = picture.pixels[0, 1].astype(int)
    assert np.abs(between - (np.array(pictures.FREE) + pictures.OCCUPIED) / 2).max() <= 1


def test_positions_fall_onto_the_pixels_of_their_cells():
    picture = pictures.map_picture(occupancy_grid(np.zeros((4, 6), np.int8)))
    corners = np.array([[1.0, 2.0, 9.0], [4.0, 4.0, 9.0], [1.25, 2.25, 9.0]])
    expected = [[0.0, 4.0], [6.0, 0.0], [0.5, 3.5]]
    np.testing.assert_allclose(picture.to_pixels(corners), expected)


def test_an_information_field_is_transparent_where_there_is_nothing_to_learn():
    message = Message(
        gain=[0.0, 1.0, 2.0, 4.0, 0.0, 0.0],  # x slowest: 2 columns of 3 cells
        nx=2, ny=3, resolution=0.2, origin=Message(x=0.1, y=0.1, z=2.0),
    )  # fmt: skip
    picture = pictures.field_picture(message)
    visible = picture.pixels[..., 3] > 0
    assert visible.tolist() == [[True, False], [True, False], [False, True]]
    np.testing.assert_allclose(picture.corner_m, (0.0, 0.0), atol=1e-12)
    brightest = np.array([253, 231, 36])  # the upper end of viridis
    assert np.abs(picture.pixels[2, 1, :3].astype(int) - brightest).max() <= 2


def test_points_without_return_are_left_out():
    values = np.array([[1, 2, 3, 7], [np.nan, 5, 6, 8]], "<f4")
    names = enumerate(("x", "y", "z", "s"))
    fields = [Message(name=name, offset=4 * i, datatype=7, count=1) for i, name in names]
    cloud = Message(
        fields=fields, point_step=16, row_step=32, width=2, height=1, data=values.tobytes(),
        is_bigendian=False,
    )  # fmt: skip
    x, s = pictures.cloud_columns(cloud, "x", "s")
    assert (x.tolist(), s.tolist()) == ([1.0], [7.0])


def test_segments_are_joined_where_one_begins_at_the_end_of_the_other():
    def points(*values: float) -> list[Message]:
        return [Message(x=value, y=0.0, z=0.0) for value in values]

    segments = Message(type=5, points=points(0, 1, 1, 2, 5, 6, 6, 7, 7, 9))
    strip = Message(type=4, points=points(0, 1, 2, 3))
    lines = pictures.marker_lines(Message(markers=[segments, strip, Message(type=5, points=[])]))
    assert [line[:, 0].tolist() for line in lines] == [[0, 1, 2], [5, 6, 7, 9], [0, 1, 2, 3]]
