# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp completion``: what a shell has to read to complete the command, by click's own means.

The shell then asks the command itself, which answers from its options and subcommands.
"""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem, get_completion_class

from live_mvp_ros.worlds.names import MESH, WORLD_FILES

NAME = "live-mvp"
PLANNERS = (
    *("parallel", "sequential", "nearest_frontier", "frontier_tour", "greedy_information"),
    *("random", "policy"),
)
"""The names that ``evaluation.planners`` knows, without importing JAX for a tab."""
VARIABLE = "_LIVE_MVP_COMPLETE"
"""Of the environment; click makes it of the name, and answers a shell that sets it."""


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes a shell complete commands, options, worlds and files.

    bash, zsh: eval "$(live-mvp completion bash)"; fish: live-mvp completion fish | source.
    The shell must find live-mvp: in a checkout, put its .venv/bin into PATH first.
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, NAME, VARIABLE).source())


def worlds_and_files(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the worlds that a word begins, or else let the shell look for files."""
    names = [name for name in (*WORLD_FILES, f"{MESH}:") if name.startswith(incomplete)]
    return [CompletionItem(n) for n in names] or [CompletionItem(incomplete, type="file")]


def planner_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the planners that a word, or what follows its last comma, begins."""
    *before, last = incomplete.split(",")
    return [
        CompletionItem(",".join([*before, name])) for name in PLANNERS if name.startswith(last)
    ]
