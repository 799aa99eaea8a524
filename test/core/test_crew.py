# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Members side by side: in order, the same as one after the other, and compiled once."""

from __future__ import annotations

import threading

import pytest

from live_mvp_ros.environments import crew


@pytest.fixture(name="two")
def two_fixture(monkeypatch):
    """A crew of two threads, however many cores there are."""
    monkeypatch.setattr(crew, "cores", lambda: 2)
    made = crew.Crew(8)
    yield made
    made.close()


def test_the_first_call_is_the_callers_own_and_later_ones_run_at_once(two):
    both, names = threading.Barrier(2, timeout=30.0), []

    def note(item):
        names.append(threading.current_thread().name)
        return -item

    assert two.each("program", note, [1, 2, 3]) == [-1, -2, -3]
    assert set(names) == {threading.current_thread().name}

    def meet(item):
        both.wait()  # ends only if two are in it at the same time
        return item * item

    assert two.each("program", meet, [1, 2, 3, 4]) == [1, 4, 9, 16]


def test_an_error_of_one_is_raised(two):
    def fail(item):
        if item == 2:
            raise ValueError("no")
        return item

    two.each("program", lambda item: item, [0])
    with pytest.raises(ValueError, match="no"):
        two.each("program", fail, [1, 2, 3])
    assert two.each("program", lambda item: item, [1, 2]) == [1, 2]
    assert two.each("program", lambda item: item, []) == []


def test_one_core_has_no_threads(monkeypatch):
    monkeypatch.setattr(crew, "cores", lambda: 1)
    alone = crew.Crew(8)
    here = threading.current_thread().name
    for _ in range(2):
        assert alone.each("a", lambda _: threading.current_thread().name, [1, 2]) == [here, here]
    alone.close()
