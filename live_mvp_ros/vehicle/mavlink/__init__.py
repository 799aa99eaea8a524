# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The link to an autopilot that speaks MAVLink: ArduCopter or PX4, under thrust and body rates.

Everything here is a value or a small object that is told the time and what has come, and says what
to send; only ``wire`` opens sockets. It needs pymavlink and no ROS. Times are those of the steady
clock: nanoseconds where they are compared with stamps, seconds where somebody waits.
"""
