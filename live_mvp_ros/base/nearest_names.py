# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which names somebody may have meant by a wrong one. Standard library only."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """Return the dotted names that a wrong one resembles most, as words, the closest first.

    A name resembles another as a whole, or in what stands after its last dot. What a wrong one is
    the beginning of comes first.
    """
    leaf = name.rsplit(".", 1)[-1]

    def unlike(other: str) -> tuple[bool, float, str]:
        whole = difflib.SequenceMatcher(None, name, other).ratio()
        last = difflib.SequenceMatcher(None, leaf, other.rsplit(".", 1)[-1]).ratio()
        return not other.startswith(f"{name}_"), -max(whole, last), other

    found = sorted(known, key=unlike)[:count]
    return " or ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)
