# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bringing the graph up: its description, its processes, and the record of a flight.

``graph`` says what runs; ``supervisor`` runs it where ``ros2 launch`` is not installed;
``monitor`` watches it over DDS; ``report`` writes what came of it.
"""
