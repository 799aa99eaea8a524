# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How many messages of a topic never came, from the numbers that publishers give them."""

from __future__ import annotations

import bisect
from collections.abc import Callable


class Losses:
    """Counts the gaps in the numbers of one topic's messages.

    Each publisher numbers its messages from 1; numbers do not say whose they are. So a number
    belongs to the publisher who is due to send it, else to one that was not heard yet, else to
    the one whose last number is closest below, and what lies between is lost.
    """

    def __init__(self) -> None:
        """Have heard of nobody."""
        self.lost = 0
        self.received = 0
        self._last: list[int] = []

    def received_number(self, number: int, publishers: Callable[[], int]) -> None:
        """Take the number of a message; ``publishers`` says how many there are now."""
        self.received += 1
        at = bisect.bisect_left(self._last, number - 1)
        if at < len(self._last) and self._last[at] == number - 1:
            self._last[at] = number
        elif number == 1 or len(self._last) < publishers() or not at:
            bisect.insort(self._last, number)  # a new publisher, perhaps one started again
        else:
            self.lost += number - 1 - self._last[at - 1]
            self._last[at - 1] = number
        self._last.sort()

    def counted_at_publishers(self) -> int:
        """Return how many messages the publishers that were heard say to have sent."""
        return sum(self._last)
