# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The configuration of the loop in one process, and what its components share.

Body and expected drift belong to the loop: ``with_shared`` hands them to every component.
"""

from __future__ import annotations

from live_mvp_ros import control, mapping, planning, worlds
from live_mvp_ros.base.config import configuration, parameter, replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.sim import planar
from live_mvp_ros.sim.planner import PARALLEL
from live_mvp_ros.vehicle import BodyConfig, disturbances, odometry
from live_mvp_ros.vehicle.odometry import DriftConfig

SENSING = ("planar", "full")
HAVE_A_BODY = ("planar", "live_map", "info_field", "controller")
"""Components whose body is that of the loop."""
_RANGE_MARGIN_M = 0.2  # the last part of the range is seen only where beams happen to end
_FULL_RATES = {"control_period_s": 0.02, "steps_per_look": 5, "looks_per_plan": 2}


@configuration
class ClosedLoopConfig:
    """Every component's configuration, and the rates at which they run."""

    sensing: str = parameter(default="planar", choices=SENSING, help="How the map is made.")
    control_period_s: float = parameter(
        default=0.05, unit="s", low=0.001, high=0.5, help="Time between two commands."
    )
    steps_per_look: int = parameter(
        default=2, low=1, high=1000, help="Control steps per look of the sensor."
    )
    looks_per_plan: int = parameter(
        default=5, low=1, high=1000, help="Looks per step of the planner."
    )
    substeps: int = parameter(
        default=8, low=1, high=1000, help="Simulation steps per control step."
    )
    body: BodyConfig = BodyConfig()
    planar: planar.PlanarSensorConfig = planar.PlanarSensorConfig()
    camera: worlds.DepthCameraConfig = worlds.DepthCameraConfig()
    live_map: mapping.LiveMapConfig = mapping.LiveMapConfig()
    info_field: planning.InfoFieldConfig = planning.InfoFieldConfig()
    controller: control.ControllerConfig = control.ControllerConfig()
    mission: control.MissionConfig = control.MissionConfig()
    odometry: odometry.OdometryConfig = odometry.OdometryConfig()
    disturbances: disturbances.DisturbanceConfig = disturbances.DisturbanceConfig()

    @property
    def expected_drift(self) -> DriftConfig:
        """How the vehicle expects its odometry to drift: as it does."""
        return odometry.drift_of(self.odometry)

    @property
    def stretch_s(self) -> float:
        """Time between two plans."""
        return self.control_period_s * self.steps_per_look * self.looks_per_plan


def configure(
    world: worlds.World,
    sensing: str = "planar",
    time_limit_s: float = 0.0,
    base: ClosedLoopConfig | None = None,
    architecture: str = PARALLEL.architecture,
) -> ClosedLoopConfig:
    """Return the configuration for the volume of a world; commands act at once in this loop.

    Args:
        world: gives bounds, altitude and geofence.
        sensing: "planar" or "full"; sets the rates and the range that the planner counts on.
        time_limit_s: longest flight; 0 means no limit.
        base: everything else.
        architecture: of the controller, as the planner wants it.

    Raises:
        ConfigurationError: a name is not known, or a value is not allowed.
    """
    base = ClosedLoopConfig() if base is None else base
    controller = replace(
        base.controller,
        architecture=architecture,
        lower_m=world.lower_m,
        upper_m=world.upper_m,
        latency_s=0.0,
    )
    info_field = base.info_field
    if sensing == "planar":
        seen = {"range_m": base.planar.range_m - _RANGE_MARGIN_M, "fov_rad": base.planar.fov_rad}
        info_field = replace(info_field, **seen)
    configured = replace(
        base,
        body=replace(base.body, altitude_m=world.start_m[2]),
        sensing=sensing,
        **(_FULL_RATES if sensing == "full" else {}),
        live_map=replace(base.live_map, lower_m=world.lower_m, upper_m=world.upper_m),
        info_field=info_field,
        controller=controller,
        mission=replace(base.mission, time_limit_s=time_limit_s),
    )
    return with_shared(configured)


def with_shared(config: ClosedLoopConfig) -> ClosedLoopConfig:
    """Return the configuration with the body and the odometry of the loop in every component."""
    body = odometry.cautious(config.body, config.expected_drift)
    components = {name: replace(getattr(config, name), body=body) for name in HAVE_A_BODY}
    live_map = replace(components["live_map"], odometry=config.expected_drift)
    return replace(config, **{**components, "live_map": live_map})


def map_grid(world: worlds.World, config: ClosedLoopConfig) -> GridSpec:
    """Return the geometry of the maps in views."""
    if config.sensing == "full":
        return mapping.map_grid(config.live_map)
    return worlds.world_grid(world, config.planar.resolution_m)


def sensor_range_m(config: ClosedLoopConfig) -> float:
    """Return how far the sensor makes cells known."""
    return config.live_map.max_range_m if config.sensing == "full" else config.planar.range_m
