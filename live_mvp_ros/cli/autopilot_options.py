# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that say which autopilot is meant and where it is; shared by ``live-mvp vehicle``."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

import click
from click.core import ParameterSource

from live_mvp_ros.base.pip_packages import remedy
from live_mvp_ros.bringup.errors import FAILED, UsageError
from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

F = TypeVar("F", bound=Callable[..., int])


def not_empty(ctx: click.Context, option: click.Parameter, url: str) -> str:
    """Refuse an empty URL that somebody has typed: a variable was empty, and nobody is meant."""
    typed = ctx.get_parameter_source(str(option.name)) is not ParameterSource.DEFAULT
    if typed and not url:
        raise UsageError("--url '' is not allowed: leave it out, or say where the vehicle is")
    return url


def autopilot_options(function: F, *, required: bool = True) -> F:
    """Add ``--autopilot``, which may be required, ``--url`` and ``--system-id``."""
    for option in (
        click.option(
            "--system-id",
            type=click.IntRange(1, 255),
            default=1,
            show_default=True,
            help="MAVLink system of the vehicle.",
        ),
        click.option(
            "--url",
            default="",
            callback=not_empty,
            metavar="URL",
            help="Where it is: udpin:HOST:PORT, udpout:HOST:PORT, tcp:HOST:PORT or "
            "serial:DEVICE:BAUD; default: where its simulator is found.",
        ),
        click.option(
            "--autopilot",
            type=click.Choice(tuple(AUTOPILOTS)),
            required=required,
            help="What flies the vehicle.",
        ),
    ):
        function = option(function)
    return function


def check_link(url: str, command: str) -> None:
    """Refuse a URL that is none of ours, and to begin without what speaks MAVLink.

    Raises:
        UsageError: one of the two.
    """
    from live_mvp_ros.vehicle.mavlink.sockets import UrlError, check_url

    if importlib.util.find_spec("pymavlink") is None:
        raise UsageError(f"{command}: pymavlink is not installed here: {remedy(['pymavlink'])}")
    try:
        if url:
            check_url(url)
    except UrlError as error:
        raise UsageError(str(error)) from error


def link_of(
    autopilot: str,
    url: str,
    system_id: int,
    *,
    own_system_id: int = 255,
    altitude_m: float = 2.0,
) -> LinkConfig:
    """Return the configuration of a link; loads JAX, which is prepared here."""
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros.vehicle.body import BodyConfig
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

    return LinkConfig(
        autopilot=autopilot,
        url=url,
        system_id=system_id,
        own_system_id=own_system_id,
        body=BodyConfig(altitude_m=altitude_m),
    )


@contextlib.contextmanager
def loading(code: int = FAILED) -> Iterator[None]:
    """Have Ctrl-C end the process at once with ``code`` while a library loads.

    An exception in the middle of an import is a page of it, or is swallowed by who imports.
    """

    def leave(*_: object) -> None:
        sys.stdout.flush()
        sys.stderr.write("live-mvp: interrupted\n")
        sys.stderr.flush()
        os._exit(code)

    try:
        before = signal.signal(signal.SIGINT, leave)
    except ValueError:  # of another thread than the main one, which gets no signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
