# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An autopilot that is not there: a quadrotor and its firmware, spoken to by MAVLink.

It shows what ArduCopter and PX4 were measured to do under thrust and body rates, as a process of
its own with plain arithmetic, and shares no code with what drives it: who tests a driver
must not test it against itself. Frames are those of autopilots: local NED with its origin where
the vehicle booted, body FRD, quaternions (w, x, y, z) from body to local. Metres, s, radians.

Nothing here waits or opens sockets but ``autopilot_server`` and ``autopilot_links``: everything
else is stepped, and the same inputs give the same flight.
"""
