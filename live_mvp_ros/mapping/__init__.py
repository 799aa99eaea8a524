# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What has been learned: evidence voxels, the fields G and Q, their update and their file."""

from live_mvp_ros.mapping.alignment import (
    Alignment,
    MapToOdom,
    aligned,
    identity,
    in_map,
    init_alignment,
    onto_walls,
)
from live_mvp_ros.mapping.evidence import observed, seen_at
from live_mvp_ros.mapping.field_lattice import LatticeSpec, fields_at_points, lattice_of
from live_mvp_ros.mapping.intake import Intake
from live_mvp_ros.mapping.live_map import (
    LiveMap,
    MapReport,
    distance,
    distance_and_gradient,
    exposure,
    exposure_at,
    frontiers,
    init,
    memory_bytes,
    occupancy,
    planar_map,
    step,
    with_odometry,
)
from live_mvp_ros.mapping.map_config import LiveMapConfig, map_grid
from live_mvp_ros.mapping.map_mesh import (
    MESH_TYPES,
    MeshError,
    SurfaceMesh,
    save_mesh,
    surface_mesh,
)
from live_mvp_ros.mapping.near_matter import onto_matter
from live_mvp_ros.mapping.scan import (
    Scan,
    scan_from_cloud,
    scan_from_points,
    scan_from_rays,
)
from live_mvp_ros.mapping.sensor_config import RangeSensorConfig
from live_mvp_ros.mapping.sensor_scan import Sensor, SensorRays
from live_mvp_ros.mapping.storage import MapFileError, holds_map, load_map, save_map
from live_mvp_ros.mapping.surface import SurfacePoints, surface

__all__ = [
    "MESH_TYPES",
    "Alignment",
    "Intake",
    "LatticeSpec",
    "LiveMap",
    "LiveMapConfig",
    "MapFileError",
    "MapReport",
    "MapToOdom",
    "MeshError",
    "RangeSensorConfig",
    "Scan",
    "Sensor",
    "SensorRays",
    "SurfaceMesh",
    "SurfacePoints",
    "aligned",
    "distance",
    "distance_and_gradient",
    "exposure",
    "exposure_at",
    "fields_at_points",
    "frontiers",
    "holds_map",
    "identity",
    "in_map",
    "init",
    "init_alignment",
    "lattice_of",
    "load_map",
    "map_grid",
    "memory_bytes",
    "observed",
    "occupancy",
    "onto_matter",
    "onto_walls",
    "planar_map",
    "save_map",
    "save_mesh",
    "scan_from_cloud",
    "scan_from_points",
    "scan_from_rays",
    "seen_at",
    "step",
    "surface",
    "surface_mesh",
    "with_odometry",
]
