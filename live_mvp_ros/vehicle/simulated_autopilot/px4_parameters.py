# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of PX4 that matter to who flies it from outside, as SIH boots with them."""

from __future__ import annotations

from live_mvp_ros.vehicle.simulated_autopilot.parameter_table import INT32, REAL32, Parameter

PARAMETERS = (
    Parameter("BAT_CRIT_THR", 0.07, REAL32),
    Parameter("BAT_EMERGEN_THR", 0.05, REAL32),
    Parameter("BAT_LOW_THR", 0.15, REAL32),
    Parameter("COM_DISARM_LAND", 2.0, REAL32),
    Parameter("COM_DISARM_PRFLT", 10.0, REAL32),
    Parameter("COM_DL_LOSS_T", 10, INT32),
    Parameter("COM_FAIL_ACT_T", 5.0, REAL32),
    Parameter("COM_LOW_BAT_ACT", 3, INT32),  # the default is 0, SITL sets 3
    Parameter("COM_OBL_RC_ACT", 0, INT32),
    Parameter("COM_OF_LOSS_T", 1.0, REAL32),
    Parameter("COM_RC_IN_MODE", 1, INT32),  # the default is 3, SITL sets 1
    Parameter("COM_SPOOLUP_TIME", 1.0, REAL32),
    Parameter("MIS_TAKEOFF_ALT", 2.5, REAL32),
    Parameter("NAV_DLL_ACT", 0, INT32),
)
"""Only those that the simulation obeys or checks."""
