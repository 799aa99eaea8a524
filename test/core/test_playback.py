# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Playing bags: order, seeking, the clock, when things are due, and how maps are compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from live_mvp_ros.bags.bag_types import BagError, OfferedQos, Topic
from live_mvp_ros.bags.compare import Grid, agreement, pair
from live_mvp_ros.bags.playback import CLOCK, Pace, Tape, clock_bytes, select
from live_mvp_ros.bags.reader import Bag, open_bag
from live_mvp_ros.bags.writer import BagWriter

START_NS = 1_700_000_000_000_000_000
TOPICS = (
    Topic("/fast", "std_msgs/msg/String", "string data", "", (OfferedQos(),)),
    Topic("/map", "std_msgs/msg/String", "string data", "", (OfferedQos(1, True, True),)),
    Topic("/tf_static", "std_msgs/msg/String", "string data", "", (OfferedQos(9, True, True),)),
    Topic("/silent", "std_msgs/msg/String", "string data", "", (OfferedQos(),)),
)


@pytest.fixture
def bag(tmp_path: Path) -> Bag:
    """10 s: /fast at 10 Hz, /map at 1 Hz, two static transforms at the beginning."""
    writer = BagWriter(tmp_path / "bag")
    for topic in TOPICS:
        writer.add(topic)
    for i in range(101):
        at = START_NS + i * 100_000_000
        if i < 2:
            writer.write("/tf_static", at, b"%d" % i)
        if i % 10 == 0:
            writer.write("/map", at, b"%d" % i)
        writer.write("/fast", at, b"%d" % i)
    writer.close()
    return open_bag(tmp_path / "bag")


def test_a_tape_plays_what_was_chosen_in_the_order_of_the_bag(bag):
    found = list(Tape(bag, select(bag, ("/fast", "/map"))))
    recorded = [m for m in found if m.topic != CLOCK]
    assert [(m.topic, m.data) for m in recorded if m.topic == "/fast"] == [
        ("/fast", b"%d" % i) for i in range(101)
    ]
    times = [m.time_ns for m in found]
    assert times == sorted(times)
    assert len(recorded) == 112


def test_a_clock_is_made_where_the_bag_has_none(bag):
    ticks = [m for m in Tape(bag, select(bag, None)) if m.topic == CLOCK]
    assert len(ticks) == 1001  # 10 s at 100 Hz, both ends included
    seconds, rest = divmod(ticks[1].time_ns, 10**9)
    assert np.frombuffer(ticks[1].data[4:], "<i4").tolist() == [seconds, rest]
    assert clock_bytes(5)[:4] == b"\0\1\0\0"


def test_who_jumps_is_first_given_what_a_late_subscriber_would_get(bag):
    tape = Tape(bag, select(bag, None))
    tape.seek(3.45)
    found = [m for m in tape if m.topic != CLOCK]
    first = [(m.topic, m.data) for m in found[:3]]
    assert sorted(first) == [("/map", b"30"), ("/tf_static", b"0"), ("/tf_static", b"1")]
    assert (found[3].topic, found[3].data) == ("/fast", b"35")
    tape.seek(0.0)
    assert len([m for m in tape if m.topic != CLOCK]) == 114


def test_what_is_not_there_cannot_be_chosen(bag):
    with pytest.raises(BagError, match=r"has no topic /slow: it has /fast, /map"):
        select(bag, ("/slow",))
    with pytest.raises(BagError, match="holds no message of /silent"):
        select(bag, ("/silent",))


def test_messages_are_due_by_the_rate_and_anew_after_a_rest():
    pace = Pace(rate=2.0)
    assert pace.delay_s(START_NS, 100.0) == 0.0
    assert pace.delay_s(START_NS + 10**9, 100.0) == pytest.approx(0.5)
    assert pace.delay_s(START_NS + 10**9, 101.0) == pytest.approx(-0.5)
    pace.rest()
    assert pace.delay_s(START_NS + 10**9, 200.0) == 0.0


def grid(cells, stamp_ns: int = 0, corner=(0.0, 0.0)) -> Grid:
    return Grid(stamp_ns, np.array(cells, np.int8), 0.1, corner)


def test_agreement_counts_the_cells_that_the_recorded_map_knows():
    recorded = grid([[0, 100, -1], [10, 90, 50]])
    rebuilt = grid([[20, 80, 0], [90, -1, 49]])
    found = agreement(recorded, rebuilt)
    # of five known cells: 0/20, 100/80 and 50/49 agree, 10/90 does not, 90 is not known again
    assert found.occupancy == pytest.approx(3 / 5)
    assert found.of_both == pytest.approx(3 / 4)
    assert (found.known, found.known_rebuilt) == (5, 5)


def test_a_map_of_other_size_and_place_is_compared_cell_by_cell_where_they_lie_on_each_other():
    recorded = grid([[0, 100, -1], [10, 90, 100]], corner=(1.0, 2.0))
    # two cells to the right and one up: only its first cell, over 100, lies on the recorded map
    rebuilt = grid([[80, 0], [0, 0], [0, -1]], corner=(1.2, 2.1))
    found = agreement(recorded, rebuilt)
    assert (found.known, found.known_rebuilt) == (5, 5)
    assert found.occupancy == pytest.approx(1 / 5)
    assert found.of_both == 1.0
    # one cell to the left and one down: its upper right cell, 100, lies on the first one, 0
    found = agreement(recorded, grid([[0, 0], [0, 100]], corner=(0.9, 1.9)))
    assert (found.known, found.known_rebuilt) == (5, 4)
    assert (found.occupancy, found.of_both) == (0.0, 0.0)
    found = agreement(recorded, grid([[0]], corner=(5.0, 5.0)))
    assert (found.known, found.known_rebuilt) == (5, 1)
    assert (found.occupancy, found.of_both) == (0.0, None)


@pytest.mark.parametrize("corner", [(0.03, 0.0), (0.0, float("nan"))])
def test_maps_whose_cells_do_not_lie_on_each_other_are_refused_with_both(corner):
    with pytest.raises(
        ValueError, match=r"2 x 1 cells of 0.1 m from \(0, 0\) m on, .*3 x 1 cells"
    ):
        agreement(grid([[0, 1]]), grid([[0, 1, 2]], corner=corner))
    coarse = Grid(0, np.array([[0]], np.int8), 0.2, (0.0, 0.0))
    with pytest.raises(ValueError, match=r"1 x 1 cells of 0.2 m .* do not lie on each other"):
        agreement(grid([[0, 1]]), coarse)
    with pytest.raises(ValueError, match="do not lie on each other"):
        agreement(Grid(0, np.array([[0]], np.int8), 0.0, (0.0, 0.0)), coarse)


def test_a_map_that_knows_nothing_agrees_with_nothing():
    found = agreement(grid([[-1, -1]]), grid([[0, 100]]))
    assert (found.occupancy, found.of_both, found.known, found.known_rebuilt) == (None, None, 0, 2)
    found = agreement(grid([[0, 100]]), grid([[-1, -1]]))
    assert (found.occupancy, found.of_both, found.known, found.known_rebuilt) == (0.0, None, 2, 0)


def test_maps_of_the_same_stamp_are_compared_where_there_are_some():
    old = {stamp: grid([[stamp]], stamp) for stamp in (1, 2, 3)}
    new = {stamp: grid([[stamp]], stamp) for stamp in (2, 4)}
    assert [g.stamp_ns for g in pair(old, new) or ()] == [2, 2]
    assert [g.stamp_ns for g in pair(old, {9: grid([[0]], 9)}) or ()] == [3, 9]
    assert pair({}, new) is None
