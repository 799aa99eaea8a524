# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a graph cannot be asked for: each option in one sentence with what is allowed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.vehicle.mavlink.autopilots import AUTOPILOTS
from live_mvp_ros.vehicle.mavlink.sockets import UrlError, check_url

if TYPE_CHECKING:
    from live_mvp_ros.bringup.graph import GraphOptions

FACTORS = (0.01, 100.0)
LONGEST_LIMIT_S = 1e6
LARGEST_SEED = 2**53
"""As far as whole numbers of parameters go."""
HIGHEST_SYSTEM_ID = 255
DRIFT_MAX_M_PER_M = 0.2
HEADING_DRIFT_MAX_DEG_PER_M = 5.0


def check_time(options: GraphOptions) -> None:
    """Refuse to follow a clock with what has none of its own to give up.

    Raises:
        UsageError: it does.
    """
    if not options.follow_clock:
        return
    if options.vehicle != "sim":
        raise UsageError(
            f"follow_clock is not allowed with vehicle = {options.vehicle!r}: it must be 'sim', "
            "since only a simulator lives in the time of another one"
        )
    if options.real_time_factor != 1.0:
        raise UsageError(
            f"real_time_factor = {options.real_time_factor:g} is not allowed with follow_clock: "
            "the other simulator sets the pace"
        )


def check_autopilot(options: GraphOptions) -> None:
    """Refuse a link without an autopilot, and an autopilot in another time than the system's.

    Raises:
        UsageError: it is one.
    """
    check_choice("autopilot", options.autopilot, tuple(AUTOPILOTS))
    if options.vehicle != "mavlink":
        if options.url:
            raise UsageError(
                f"url = {options.url!r} is not allowed with vehicle = {options.vehicle!r}: it "
                "must be 'mavlink', since only an autopilot is found there"
            )
        if options.system_id != 1:
            raise UsageError(
                f"system_id = {options.system_id} is not allowed with vehicle = "
                f"{options.vehicle!r}: it must be 'mavlink', since only an autopilot has one"
            )
        return
    if not 1 <= options.system_id <= HIGHEST_SYSTEM_ID:
        raise UsageError(
            f"system_id = {options.system_id} is not allowed: it must be 1 to {HIGHEST_SYSTEM_ID}"
        )
    if options.sim_time:
        raise UsageError(
            "use_sim_time is not allowed with vehicle = 'mavlink': an autopilot flies in the time "
            "of the system"
        )
    if options.real_time_factor != 1.0:
        raise UsageError(
            f"real_time_factor = {options.real_time_factor:g} is not allowed with vehicle = "
            "'mavlink': an autopilot flies in the time of the system"
        )
    if options.url:
        try:
            check_url(options.url)
        except UrlError as error:
            raise UsageError(str(error)) from None


def check_numbers(options: GraphOptions) -> None:
    """Refuse numbers that are out of bounds.

    Raises:
        UsageError: one is.
    """
    low, high = FACTORS
    if not low <= options.real_time_factor <= high:
        raise UsageError(
            f"real_time_factor = {options.real_time_factor:g} is not allowed: it must be "
            f"{low:g} to {high:g}"
        )
    if not 0 <= options.seed <= LARGEST_SEED:
        raise UsageError(f"seed = {options.seed} is not allowed: it must be 0 to {LARGEST_SEED}")
    if not 0.0 <= options.time_limit_s <= LONGEST_LIMIT_S:
        raise UsageError(
            f"time_limit_s = {options.time_limit_s:g} is not allowed: it must be 0 to "
            f"{LONGEST_LIMIT_S:g} s"
        )
    if not 0.0 <= options.drift_m_per_m <= DRIFT_MAX_M_PER_M:
        raise UsageError(
            f"drift_m_per_m = {options.drift_m_per_m:g} is not allowed: it must be 0 to "
            f"{DRIFT_MAX_M_PER_M:g}"
        )
    if not 0.0 <= options.heading_drift_deg_per_m <= HEADING_DRIFT_MAX_DEG_PER_M:
        raise UsageError(
            f"heading_drift_deg_per_m = {options.heading_drift_deg_per_m:g} is not allowed: it "
            f"must be 0 to {HEADING_DRIFT_MAX_DEG_PER_M:g}"
        )


def check_policy(options: GraphOptions) -> None:
    """Refuse a policy that cannot be flown; to know, it is read, which loads JAX.

    Raises:
        UsageError: there is none, or its file is not one that can be flown.
    """
    if options.controller != "policy":
        if options.checkpoint:
            raise UsageError(
                f"checkpoint = {options.checkpoint!r} is not allowed with controller = "
                f"{options.controller!r}: it must be 'policy', since nothing else flies it"
            )
        return
    if not options.checkpoint:
        raise UsageError("controller = 'policy' needs the file of a policy: give a checkpoint")
    from live_mvp_ros.policy.policy_file import PolicyFileError, load_policy

    try:
        load_policy(os.path.expanduser(options.checkpoint))
    except PolicyFileError as error:
        raise UsageError(f"checkpoint: {error}") from None


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Refuse a word that is none of those allowed.

    Raises:
        UsageError: it is none.
    """
    if value not in allowed:
        raise UsageError(
            f"{name} = {value!r} is not allowed: it must be one of {', '.join(allowed)}"
        )
