# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fly a few seconds by keys, without a screen, and keep the last picture: ``play.png``."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image

from live_mvp_ros.playing.key_bindings import SOLID_KEYS
from live_mvp_ros.playing.play_link import PlayLink
from live_mvp_ros.playing.play_process import Wanted
from live_mvp_ros.playing.play_session import PlaySession
from live_mvp_ros.playing.playing_loop import play
from live_mvp_ros.playing.solid_window import SolidWindow

PICTURE = Path(__file__).parent / "play.png"
KEYS = (
    *((0.0, "u", True), (0.6, "u", False), (0.7, "space", True), (1.3, "space", False)),
    *((1.3, "z", True), (7.6, "z", False), (7.6, "i", True), (8.2, "i", False)),
    *((8.9, "space", True), (9.6, "space", False), (9.6, "c", True), (9.9, "c", False)),
)
"""Seconds of flight, key, down or up."""
END_S = 10.5


class Filmed:
    """A window whose keys are typed by the clock of the simulation."""

    def __init__(self, session: PlaySession, window: SolidWindow) -> None:
        """Type from the first key on."""
        self._session, self._window, self._left = session, window, list(KEYS)

    @property
    def is_open(self) -> bool:
        """Return whether the flight is not over."""
        frame = self._session.frame
        return frame is None or frame.time_s < END_S

    def draw(self, now_s: float) -> None:
        """Type what is due, and draw."""
        frame = self._session.frame
        while frame is not None and self._left and frame.time_s >= self._left[0][0]:
            _, key, down = self._left.pop(0)
            (self._session.press if down else self._session.release)(key, now_s)
        self._window.draw(now_s)

    def listen(self, for_s: float) -> None:
        """Wait."""
        time.sleep(max(0.0, for_s))


def main() -> None:
    """Fly, and write the picture."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    link = PlayLink(Wanted("seed", 0, solid=True))
    session = PlaySession(link, SOLID_KEYS)
    window = SolidWindow(session, off_screen=True)
    try:
        failed = play(session, Filmed(session, window))
        if failed is not None:
            raise SystemExit(failed.sentence)
        colours = Image.fromarray(np.asarray(window.picture()))
        colours.quantize(256).save(PICTURE, optimize=True)
        print(f"{PICTURE}: written; {session.status}")
    finally:
        window.close()
        link.close()


if __name__ == "__main__":
    main()
