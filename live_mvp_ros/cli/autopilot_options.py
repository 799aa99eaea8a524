# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that say which autopilot is meant and where it is; shared by ``live-mvp vehicle``."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from live_mvp_ros.base.pip_packages import remedy
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS

if TYPE_CHECKING:
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

F = TypeVar("F", bound=Callable[..., int])


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


def link_of(autopilot: str, url: str, system_id: int) -> LinkConfig:
    """Return the configuration of a link; loads JAX, which is prepared here."""
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    from live_mvp_ros.vehicle.mavlink.link_config import LinkConfig

    return LinkConfig(autopilot=autopilot, url=url, system_id=system_id)
