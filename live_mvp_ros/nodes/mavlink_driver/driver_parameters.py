# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of mavlink_driver: its frames, its vehicles, and those of the link."""

from __future__ import annotations

import re
from typing import ClassVar, NamedTuple

from live_mvp_ros.base.config import configuration, parameter, replace
from live_mvp_ros.ros.frames import FramesConfig
from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

_MEMBER = re.compile(r"(\w+)=([^#@\s]+)#(\d+)(?:@(-?[\d.]+)/(-?[\d.]+)/(-?[\d.]+))?")
_EXAMPLE = "drone2=udpin:127.0.0.1:14541#2@1.5/5/0"


class Member(NamedTuple):
    """One vehicle of a process."""

    name: str
    """In front of its topics and frames, empty for the first."""
    link: LinkConfig


@configuration
class DriverConfig:
    """Parameters of mavlink_driver; those of the link have no prefix."""

    FLAT: ClassVar[tuple[str, ...]] = ("link",)

    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")
    frames: FramesConfig = FramesConfig()
    fleet: str = parameter(
        default="",
        help="More vehicles of this process, with commas between: NAME=URL#SYSTEM@X/Y/Z, where it "
        f"was switched on, such as {_EXAMPLE}. NAME begins its topics and frames.",
    )
    link: LinkConfig = LinkConfig()

    def check(self) -> str | None:
        """Refuse vehicles that are not written as they should be, or twice."""
        names: set[str] = set()
        for word in self._words:
            found = _MEMBER.fullmatch(word)
            if found is None or not 1 <= int(found[3]) <= 255:
                return f"fleet = {word!r} is not allowed: it must be like {_EXAMPLE}"
            if found[1] in names:
                return f"fleet = {self.fleet!r} is not allowed: {found[1]} is there twice"
            names.add(found[1])
        return None

    @property
    def members(self) -> tuple[Member, ...]:
        """The vehicles, this one first."""
        found = [match for word in self._words if (match := _MEMBER.fullmatch(word))]
        return (
            Member("", self.link),
            *(
                Member(
                    match[1],
                    replace(
                        self.link,
                        url=match[2],
                        system_id=int(match[3]),
                        origin_m=tuple(float(match[i] or 0.0) for i in (4, 5, 6)),
                    ),
                )
                for match in found
            ),
        )

    @property
    def _words(self) -> list[str]:
        return [word.strip() for word in self.fleet.split(",") if word.strip()]
