# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp replay``: play a bag, or compute its map again and compare."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.bringup.environment import require_ros
from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.cli.files import check_writable
from live_mvp_ros.cli.views import view

if TYPE_CHECKING:
    from live_mvp_ros.ros.player import Player

SKIP_S = 5.0
HELP = "space: pause   . step   < > 5 s back and on   q end"


@click.command()
@click.argument("path", type=Path, metavar="BAG")
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 100.0),
    default=1.0,
    show_default=True,
    help="Seconds of the bag per second.",
)
@click.option("--start", type=click.FloatRange(min=0.0), default=0.0, metavar="S")
@click.option("--loop", is_flag=True, help="Begin again at the end, until it is interrupted.")
@click.option("--paused", is_flag=True, help="Wait for a key before the first message.")
@click.option("--topic", "topics", multiple=True, help="Play only this one; may be repeated.")
@click.option("--remap", "remaps", multiple=True, metavar="FROM:=TO", help="Rename a topic.")
@click.option(
    "--compare",
    is_flag=True,
    help="Play odometry and depth only, build map and field again, and compare the maps.",
)
@click.option("--controller", is_flag=True, help="With --compare: run the controller as well.")
@click.option("--params-file", metavar="FILE", help="With --compare: other parameters.")
@click.option(
    "--world",
    help="With --compare: bounds and goal; default: that of the run whose folder the bag is in.",
)
@click.option("--json", "json_file", type=Path, metavar="FILE", help="Write the figures to FILE.")
@click.option("--headless", is_flag=True, help="Plain log lines instead of the live line.")
def replay(
    path: Path,
    rate: float,
    start: float,
    loop: bool,
    paused: bool,
    topics: tuple[str, ...],
    remaps: tuple[str, ...],
    compare: bool,
    controller: bool,
    params_file: str | None,
    world: str | None,
    json_file: Path | None,
    headless: bool,
) -> int:
    """Publish what a bag holds, with /clock.

    Keys: space pauses, . steps by one message, < and > go 5 s back and on, q ends.
    """
    _check(remaps, compare, loop or bool(topics or remaps), controller or params_file or world)
    if json_file is not None:
        check_writable(json_file)
    require_ros()
    from live_mvp_ros.bags.reader import open_bag
    from live_mvp_ros.bringup import rebuild
    from live_mvp_ros.bringup import replay as playing
    from live_mvp_ros.results import write_json

    bag = open_bag(path)
    if start > bag.duration_s:
        raise UsageError(
            f"--start {start:g} is beyond the end of the bag ({bag.duration_s:.1f} s)"
        )
    options = playing.ReplayOptions(rate, start, loop, paused, topics or None, remaps)
    screen = view(plain=headless)
    with Controls(screen) as controls, screen:
        result: dict[str, Any] | None
        if compare:
            flown = rebuild.facts_of_run(path)
            what = rebuild.RebuildOptions(
                world or flown.world,
                flown.seed,
                params_file,
                controller,
                flown.drift_m_per_m,
                flown.heading_drift_deg_per_m,
            )
            result = rebuild.Rebuild(bag, options, what).run(controls.watch, screen.say)
        else:
            result = playing.replay(bag, options, controls.watch)
    if result is None:
        return FAILED
    if json_file is not None:
        write_json(json_file, result)
    for line in table(result):
        click.echo(line)
    return FAILED if compare and result["occupancy_agreement"] is None else 0


def _check(remaps: tuple[str, ...], compare: bool, plain: bool, rebuilt: object) -> None:
    for remap in remaps:
        if len(remap.split(":=")) != 2:
            raise UsageError(f"--remap {remap} must be FROM:=TO, such as /odom:=/old/odom")
    if compare and plain:
        raise UsageError(
            "--compare plays a whole flight: --loop, --topic and --remap are not for it"
        )
    if rebuilt and not compare:
        raise UsageError("--controller, --params-file and --world need --compare")


class Controls:
    """Keys and signals while a bag is played."""

    def __init__(self, screen: Any) -> None:
        """Show on a screen what is played."""
        from live_mvp_ros.cli.keys import Keys

        self._screen, self._keys, self._ended = screen, Keys(), False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Controls:
        """Take keys and signals."""
        self._keys.__enter__()
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._end)
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        self._keys.__exit__()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def watch(self, player: Player) -> bool:
        """Show where the player is and do what the keys say; return whether to go on."""
        for key in self._keys.pressed():
            self._obey(player, key)
        state = "PAUSED" if player.paused else "PLAYING"
        line = (
            f"{state:<8} {player.position_s:7.2f} of {player.duration_s:.2f} s"
            f"  {player.published} messages   {HELP if self._keys.active else ''}".rstrip()
        )
        self._screen.show(line, state)
        return not self._ended

    def _obey(self, player: Player, key: str) -> None:
        if key == " ":
            player.pause(not player.paused)
        elif key == ".":
            player.step()
        elif key in "<,":
            player.seek(player.position_s - SKIP_S)
        elif key == ">":
            player.seek(player.position_s + SKIP_S)
        elif key == "q":
            self._ended = True

    def _end(self, *_: object) -> None:
        self._ended = True


def table(result: dict[str, Any]) -> list[str]:
    """Return what came of a replay as lines of text."""
    lines = [f"{'topic':<28}{'recorded':>10}{'now':>9}{'recorded [Hz]':>15}{'now [Hz]':>10}"]
    for group in ("rates_in", "rates_out"):
        for topic, item in result.get(group, {}).items():
            old, new = (
                "-" if item[key] is None else f"{item[key]:.2f}"
                for key in ("recorded_hz", "replayed_hz")
            )
            counts = f"{item['recorded_count']:>10}{item['replayed_count']:>9}"
            lines.append(f"{topic:<28}{counts}{old:>15}{new:>10}")
    if result.get("occupancy_agreement") is not None:
        lines.append(
            f"occupancy agrees on {100 * result['occupancy_agreement']:.2f} % of "
            f"{result['known_cells_recorded']} known cells"
        )
    return lines
