# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What an autopilot says in words: STATUSTEXT, whose chunks of 50 characters are joined."""

from __future__ import annotations

import dataclasses
from collections import deque

CHUNK = 50
_PATIENCE_S = 1.0  # for the rest of a text: a chunk may be lost
_KEPT = 50
_PENDING = 8  # texts at once


@dataclasses.dataclass(frozen=True)
class SaidText:
    """One text.

    Attributes:
        severity: MAV_SEVERITY, 0 emergency to 7 debug.
        text: in full.
        at_s: when its first chunk came.
    """

    severity: int
    text: str
    at_s: float


@dataclasses.dataclass
class _Pieces:
    severity: int
    at_s: float
    chunks: dict[int, str] = dataclasses.field(default_factory=dict)


class StatusTexts:
    """Joins texts and keeps the latest; belongs to one thread."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._pending: dict[int, _Pieces] = {}
        self._texts: deque[SaidText] = deque(maxlen=_KEPT)
        self.fresh: deque[SaidText] = deque(maxlen=_KEPT)
        """Texts that nobody has taken yet; whoever publishes them empties it."""

    def take(self, severity: int, chunk: str, text_id: int, sequence: int, now_s: float) -> None:
        """Take a message; ``text_id`` is 0 where there is only one chunk."""
        if not text_id:
            self._add(SaidText(severity, chunk, now_s))
            return
        if text_id not in self._pending and len(self._pending) >= _PENDING:
            self._finish(next(iter(self._pending)))
        pieces = self._pending.setdefault(text_id, _Pieces(severity, now_s))
        pieces.chunks[sequence] = chunk
        last = max(pieces.chunks)
        if len(pieces.chunks[last]) < CHUNK and len(pieces.chunks) == last + 1:
            self._finish(text_id)

    def look(self, now_s: float) -> None:
        """Give up waiting for chunks that were lost; to be called now and then."""
        for text_id, pieces in list(self._pending.items()):
            if now_s - pieces.at_s > _PATIENCE_S:
                self._finish(text_id)

    def since(self, at_s: float, worst: int = 4) -> list[str]:
        """Return the texts since a time that are warnings or worse, each once."""
        found = [said.text for said in self._texts if said.at_s >= at_s and said.severity <= worst]
        return list(dict.fromkeys(found))

    def _finish(self, text_id: int) -> None:
        pieces = self._pending.pop(text_id)
        missing = set(range(max(pieces.chunks) + 1)) - set(pieces.chunks)
        parts = {**pieces.chunks, **dict.fromkeys(missing, "…")}
        text = "".join(parts[i] for i in sorted(parts))
        self._add(SaidText(pieces.severity, text, pieces.at_s))

    def _add(self, said: SaidText) -> None:
        self._texts.append(said)
        self.fresh.append(said)
