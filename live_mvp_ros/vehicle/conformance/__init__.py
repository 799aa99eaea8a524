# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether a vehicle and its driver keep what is expected of them: one list of checks for all.

A check is a small flight (``Procedure``) that uses a ``Rig``, and a pure judgement of what was
recorded. ``check_list.CHECKS`` is the list, ``campaigning.conform`` flies it.
"""
