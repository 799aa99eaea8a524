# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The autopilots that can be driven, by the names that users give them."""

from live_mvp_ros.vehicle.mavlink.arducopter import ARDUCOPTER
from live_mvp_ros.vehicle.mavlink.autopilot_traits import AutopilotTraits
from live_mvp_ros.vehicle.mavlink.px4 import PX4

AUTOPILOTS: dict[str, AutopilotTraits] = {"px4": PX4, "ardupilot": ARDUCOPTER}
