# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags in rosbag2's format, written so that a crash costs at most a second, and read.

Nothing here needs ROS except the definitions of message types, which are files of an installation.
"""
