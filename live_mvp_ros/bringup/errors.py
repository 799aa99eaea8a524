# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Failures of a bring-up, each with one sentence for the user and the exit code that it means."""

from __future__ import annotations

FAILED = 1
USED_WRONGLY = 2


class BringupError(Exception):
    """The graph cannot be started or kept alive; the text is one sentence for the user."""

    exit_code = FAILED


class UsageError(BringupError):
    """Something that was asked for is wrong: a name, a file, a value, a second graph."""

    exit_code = USED_WRONGLY
