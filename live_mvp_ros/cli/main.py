# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The ``live-mvp`` command: subcommands load when they are called, errors are sentences.

Exit codes: 0 done, 1 failed, 2 used wrongly.
"""

from __future__ import annotations

import errno
import os
import sys

import click

from live_mvp_ros.bags.bag_types import BagDamagedError, BagError
from live_mvp_ros.base import pip_packages
from live_mvp_ros.base.late_imports import not_built
from live_mvp_ros.bringup.environment import RosMissingError
from live_mvp_ros.bringup.errors import FAILED, USED_WRONGLY, BringupError
from live_mvp_ros.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "explore": Lazy(
        "live_mvp_ros.cli.explore", "Fly the mission with the ROS graph and write its report."
    ),
    "sim": Lazy("live_mvp_ros.cli.sim", "Fly one mission in this process, without ROS."),
    "bench": Lazy("live_mvp_ros.cli.bench", "Measure: missions, planner, live map, or training."),
    "play": Lazy("live_mvp_ros.cli.play", "Fly by keyboard and watch the map grow."),
    "train": Lazy("live_mvp_ros.cli.train", "Train a policy through the live map."),
    "bag": Lazy("live_mvp_ros.cli.bag", "Look into bags, and complete those not closed."),
    "report": Lazy("live_mvp_ros.cli.report", "Write the page about a run, or compare several."),
    "view": Lazy("live_mvp_ros.cli.view", "Open a flight in Rerun, or draw a world."),
    "replay": Lazy("live_mvp_ros.cli.replay", "Play a bag, or build its map again and compare."),
    "maps": Lazy("live_mvp_ros.cli.maps", "Look at saved maps; save, load or reset a live one."),
    "vehicle": Lazy(
        "live_mvp_ros.cli.vehicle", "Autopilots by MAVLink: check, watch, try, simulate."
    ),
    "env": Lazy(
        "live_mvp_ros.cli.env", "Look into the packet environment: examine, explore, dump."
    ),
    "packets": Lazy(
        "live_mvp_ros.cli.packets", "Write the schemas of packets, and check packets."
    ),
    "completion": Lazy(
        "live_mvp_ros.cli.shell_completion", "Print what makes your shell complete all this."
    ),
    "doctor": Lazy("live_mvp_ros.cli.doctor", "Check the installation and say what to fix."),
}


def _print_version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from live_mvp_ros.base.build_record import commit
        from live_mvp_ros.base.results import package_version

        of = commit()
        click.echo(f"live-mvp {package_version()}" + (f" (commit {of})" if of else ""))
        ctx.exit()


@click.group(
    cls=LazyGroup,
    commands_at=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """Autonomous exploration of unknown space with a quadrotor."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        result = cli.main(arguments, prog_name="live-mvp", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        return _refuse(_one_sentence(error), USED_WRONGLY)
    except BringupError as error:
        return _refuse(str(error), error.exit_code)
    except BagDamagedError as error:
        return _refuse(str(error), FAILED)
    except (BagError, RosMissingError) as error:
        return _refuse(str(error), USED_WRONGLY)
    except ModuleNotFoundError as error:
        sentence = not_built(error) or pip_packages.sentence(error)
        if not sentence:
            raise
        return _refuse(sentence, USED_WRONGLY)
    except (click.Abort, KeyboardInterrupt):
        return _refuse("interrupted", FAILED)
    except BrokenPipeError:  # who reads has gone, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILED
    except OSError as error:
        if error.filename is None and error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise  # of no file, and not of a full or broken disk below the output: a bug
        what = error.filename or "the output"
        return _refuse(f"{what} cannot be read or written: {error.strerror or error}", FAILED)


def _one_sentence(error: click.ClickException) -> str:
    text = " ".join(error.format_message().split())
    ctx = getattr(error, "ctx", None)
    hint = f" (see {ctx.command_path} --help)" if ctx is not None else ""
    return text.rstrip(".") + hint


def _refuse(sentence: str, code: int) -> int:
    click.echo(f"live-mvp: {sentence}", err=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
