# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Seeing a flight in Rerun: how messages are drawn, how the panels are laid out, where it goes.

Needs the extra ``view`` (rerun-sdk). Messages are read by their fields only; nothing imports ROS.
"""
