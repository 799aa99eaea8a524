# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A thread that dies leaves word of it."""

from __future__ import annotations

import sys
import threading

import pytest

from live_mvp_ros.base.threads import KeepingThread, traceback_of


def stumble() -> None:
    raise LookupError("nothing there")


@pytest.mark.parametrize("leave", [stumble, sys.exit])
def test_what_ends_a_thread_is_kept_told_and_raised_for_who_asks(leave, monkeypatch):
    written: list[object] = []
    monkeypatch.setattr(threading, "excepthook", written.append)
    told: list[tuple[BaseException, BaseException | None]] = []
    thread = KeepingThread(leave, "worker", lambda error: told.append((error, thread.error)))
    thread.start()
    thread.join()
    error = thread.error
    assert isinstance(error, LookupError | SystemExit)
    assert told == [(error, error)]  # kept before it is told
    assert written == []
    with pytest.raises(type(error)) as caught:
        thread.check()
    assert caught.value is error
    assert leave is sys.exit or "in stumble" in traceback_of(error)


def test_a_good_end_is_none():
    done = threading.Event()
    thread = KeepingThread(done.set, "worker")
    assert thread.daemon  # it ends with the process
    thread.start()
    thread.join()
    assert done.is_set()
    assert thread.error is None
    thread.check()
