# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp packets``: the schemas of packets, and whether packets keep them."""

from __future__ import annotations

from pathlib import Path

import click

from live_mvp_ros.base.plurals import counted
from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.cli.file_options import FILE, check_folder


@click.group()
def packets() -> None:
    """Write the schemas of packets, and check packets in files."""


@packets.command()
@click.option(
    "--output",
    type=FILE,
    metavar="DIR",
    help="Folder for one file per packet.  [default: where the package keeps them]",
)
def schema(output: Path | None) -> None:
    """Write the JSON Schema of every packet."""
    from live_mvp_ros.packets import packet_schema

    folder = output or packet_schema.FOLDER
    check_folder(folder, "--output")
    folder.mkdir(parents=True, exist_ok=True)
    for file in packet_schema.write(folder):
        click.echo(str(file))


@packets.command()
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
def check(files: tuple[Path, ...]) -> int:
    """Check packets against their schemas: one in a .json file, one a line in a .jsonl file.

    Patches that are the names of NPY files are read from beside the file.
    """
    from live_mvp_ros.packets import PacketError
    from live_mvp_ros.packets.packet_files import parsed
    from live_mvp_ros.packets.packet_schema import check

    broken = count = 0
    for file in files:
        for place, text in _texts(file):
            count += 1
            try:
                check(parsed(text), file.parent)
            except PacketError as error:
                broken += 1
                click.echo(f"{place}: {error}", err=True)
    click.echo(f"{counted(count, 'packet')}, {broken} broken")
    return FAILED if broken else 0


def _texts(file: Path) -> list[tuple[str, str]]:
    """Return the place and the text of every packet in a file.

    Raises:
        UsageError: there is no such file, or it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error
    if file.suffix != ".jsonl":
        return [(str(file), text)]
    lines = enumerate(text.split("\n"), start=1)  # JSON may hold the other ends of lines
    return [(f"{file}:{number}", line) for number, line in lines if line.strip()]
