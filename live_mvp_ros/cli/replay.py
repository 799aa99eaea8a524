# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp replay``: play a bag, or compute its map again and compare."""

from __future__ import annotations

import math
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.bags.take_off import TAKE_OFF
from live_mvp_ros.bringup.environment import require_ros
from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.bringup.ros_settings import check_ros_settings
from live_mvp_ros.cli.file_options import FILE, check_writable
from live_mvp_ros.cli.numbers import Number
from live_mvp_ros.cli.shell_completion import worlds_and_files
from live_mvp_ros.cli.views import LiveView, PlainView, Shown, view

if TYPE_CHECKING:
    from live_mvp_ros.ros.player import Player

SKIP_S = 5.0
HELP = "space: pause   . step   < > 5 s back and on   q end"


class Moment(click.ParamType):  # type: ignore[type-arg]  # no generic before click 8.4
    """A time of a bag: seconds, or the word for when the first drone takes off."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """Return seconds, or the word."""
        if value == TAKE_OFF:
            return TAKE_OFF
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not (math.isfinite(seconds) and seconds >= 0.0):
            self.fail(f"{value!r} is neither seconds, 0 or more, nor {TAKE_OFF}", param, ctx)
        return seconds


@click.command()
@click.argument("path", type=FILE, metavar="BAG")
@click.option(
    "--rate",
    type=Number(0.01, 100.0),
    default=1.0,
    show_default=True,
    help="Seconds of the bag per second.",
)
@click.option(
    "--start",
    type=Moment(),
    default=0.0,
    metavar=f"S|{TAKE_OFF}",
    help="Begin S seconds after the first message, or when the first drone takes off.",
)
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
@click.option(
    "--params-file", type=click.Path(), metavar="FILE", help="With --compare: other parameters."
)
@click.option(
    "--world",
    shell_complete=worlds_and_files,
    help="With --compare: bounds and goal; default: that of the run whose folder the bag is in.",
)
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the figures to FILE.")
@click.option("--headless", is_flag=True, help="Plain log lines instead of the live line.")
def replay(
    path: Path,
    rate: float,
    start: float | str,
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
    check_ros_settings()
    from live_mvp_ros.bags.reader import open_bag
    from live_mvp_ros.bags.take_off import take_off_s
    from live_mvp_ros.base.results import write_json
    from live_mvp_ros.replay import playing, rebuild

    bag = open_bag(path)
    start_s = take_off_s(bag) if isinstance(start, str) else start
    if start_s > bag.duration_s:
        raise UsageError(
            f"--start {start_s:g} is beyond the end of the bag ({bag.duration_s:.1f} s)"
        )
    options = playing.ReplayOptions(rate, start_s, loop, paused, topics or None, remaps)
    screen = view(plain=headless)
    for note in bag.notes:
        screen.say(note)
    with Controls(screen, start_s) as controls, screen:
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
    why = not_compared(result) if compare else ""
    if why:
        click.echo(f"live-mvp: the maps are not compared: {why}", err=True)
    return FAILED if why else 0


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

    def __init__(self, screen: PlainView | LiveView, start_s: float = 0.0) -> None:
        """Show on a screen what is played, from a time of the bag on."""
        from live_mvp_ros.cli.keys import Keys

        self._screen, self._keys, self._ended = screen, Keys(), False
        self._before: dict[int, Any] = {}
        self._start_s = start_s

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
        done_s, whole_s = (s - self._start_s for s in (player.position_s, player.duration_s))
        begun = f" from {self._start_s:.2f} s on" if self._start_s else ""
        line = (
            f"{state:<8} {done_s:7.2f} of {whole_s:.2f} s{begun}"
            f"  {player.published} messages   {HELP if self._keys.active else ''}".rstrip()
        )
        self._screen.show(Shown(line, state))
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


def not_compared(result: dict[str, Any]) -> str:
    """Return why nothing was found out about the maps, empty where it was."""
    if result["occupancy_agreement"] is not None:
        return ""
    if result["known_cells_recorded"] is None:
        return "no map was recorded" if result["maps_rebuilt"] else "no map was rebuilt"
    return "the recorded map knows no cell, free or occupied"


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
