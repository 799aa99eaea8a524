# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bag``: what is in a bag, and how one that was not closed is completed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.cli.file_options import FILE, check_writable

if TYPE_CHECKING:
    from live_mvp_ros.bags.reader import Bag


@click.group()
def bag() -> None:
    """Look into bags, and complete those whose recorder was killed."""


@bag.command()
@click.argument("path", type=FILE, metavar="BAG")
@click.option("--json", "json_file", type=FILE, metavar="FILE", help="Write the facts to FILE.")
def info(path: Path, json_file: Path | None) -> None:
    """Tell topics, types, counts, duration, losses and damage of a bag; this reads all of it."""
    if json_file is not None:
        check_writable(json_file)
    from live_mvp_ros.bags.reader import open_bag
    from live_mvp_ros.bags.tools import summary
    from live_mvp_ros.bags.unread import unread
    from live_mvp_ros.base.results import write_json

    bag = open_bag(path)
    facts = summary(bag) | {"take_off_s": take_offs(bag), "unread": unread(bag)}
    if json_file is not None:
        write_json(json_file, facts)
    for line in table(facts):
        click.echo(line)


@bag.command()
@click.argument("path", type=FILE, metavar="BAG")
def reindex(path: Path) -> None:
    """Complete a bag that was not closed, so that every tool opens it."""
    from live_mvp_ros.bags.reader import open_bag
    from live_mvp_ros.bags.tools import reindex, summary
    from live_mvp_ros.bags.unread import unread

    gone = unread(open_bag(path))  # of what it was: the new one is whole
    for line in table(summary(reindex(path)) | {"unread": gone}):
        click.echo(line)


def take_offs(bag: Bag) -> dict[str, float]:
    """Return when each drone takes off, as far as the bag says so and can be read."""
    from live_mvp_ros.bags.take_off import take_offs_s
    from live_mvp_ros.base.results import rounded

    return {name: rounded(time_s, 3) or 0.0 for name, time_s in take_offs_s(bag).items()}


def table(facts: dict[str, Any]) -> list[str]:
    """Return the facts of a bag as lines of text."""
    from live_mvp_ros.bags.unread import sentence

    size_mib = sum(file["bytes"] for file in facts["files"]) / 2**20
    closed = "" if facts["complete"] else ", not closed (live-mvp bag reindex completes it)"
    lost = "not counted" if facts["lost"] is None else str(facts["lost"])
    count = len(facts["files"])
    size = f"{counted(count, 'file')}, {size_mib:.1f} MiB"
    lines = [
        f"{facts['path']}: {facts['storage']}, {size}{closed}",
        f"{facts['duration_s']:.3f} s, {counted(facts['message_count'], 'message')}, lost: {lost}",
        *(
            f"{name or 'the drone'} takes off at {time_s:.1f} s (replay --start take-off)"
            for name, time_s in facts.get("take_off_s", {}).items()
        ),
        f"{'topic':<26}{'type':<38}{'count':>8}{'rate [Hz]':>11}{'lost':>6}",
    ]
    for topic in facts["topics"]:
        rate = "-" if topic["rate_hz"] is None else f"{topic['rate_hz']:.2f}"
        gone = "-" if topic["lost"] is None else str(topic["lost"])
        lines.append(
            f"{topic['name']:<26}{topic['type']:<38}{topic['count']:>8}{rate:>11}{gone:>6}"
        )
    lines += [sentence(entry) for entry in facts.get("unread", ())]
    return lines + [f"note: {note}" for note in facts["notes"]]
