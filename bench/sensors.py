# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What sensors cost, and what their faults leave in the map, one line each.

    python bench/sensors.py --only faults
    . install/setup.bash && python bench/sensors.py --only layouts

``faults``: a part of the standard flight in the office by a depth camera with mixed pixels or with
noise. A voxel is spurious if it is occupied and farther than 0.15 m from every surface.
``layouts``: messages of lidars and cameras that stand in the office, read as the node reads them:
processor time to decode, to choose rays, and to learn, of one thread each, and how far the ends of
the rays are from the surfaces. Needs ROS 2.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from live_mvp_ros import mapping, worlds
from live_mvp_ros.base import quaternion
from live_mvp_ros.base.config import replace
from live_mvp_ros.base.jax_setup import prepare_jax
from live_mvp_ros.evaluation.mapping_flight import standard_flight
from live_mvp_ros.mapping import RangeSensorConfig, Sensor, SensorRays
from live_mvp_ros.vehicle import BodyConfig

FAR_M = 0.15
NOISE = {"range_noise_a_m": 0.005, "range_noise_b_per_m": 0.003}
"""Those of config/noisy_camera.yaml."""
LOOKS, EVERY = 480, 2
REPEATS = 20
FARTHEST_M = 60.0
FOCAL_PX = 0.5 * 1280 / math.tan(math.radians(40.0))


def map_config(world: worlds.World) -> mapping.LiveMapConfig:
    """Return the configuration of a map of a world; what fields cost is measured elsewhere."""
    body = BodyConfig(altitude_m=world.start_m[2])
    return mapping.LiveMapConfig(lower_m=world.lower_m, upper_m=world.upper_m, body=body)


def spurious(world: worlds.World, config: mapping.LiveMapConfig, state: Any) -> dict[str, Any]:
    """Return how many occupied voxels are far from every surface, and what is known beside."""
    occupied = np.asarray(state.evidence.log_odds) > 0.0
    lower = np.array(config.lower_m) + 0.5 * config.resolution_m
    centres = lower + config.resolution_m * np.argwhere(occupied)
    far = np.abs(worlds.signed_distance(world.scene, jnp.asarray(centres, jnp.float32))) > FAR_M
    p, known = map(np.asarray, mapping.occupancy(config, state, config.body.altitude_m))
    spec = mapping.map_grid(config)
    x, y = spec.centres()
    cells = np.stack(np.broadcast_arrays(x[:, None], y[None, :], config.body.altitude_m), -1)
    distance = np.asarray(worlds.signed_distance(world.scene, jnp.asarray(cells, jnp.float32)))
    return {
        "occupied_voxels": int(occupied.sum()),
        "spurious_voxels": int(far.sum()),
        "spurious_cells": int((known & (p > 0.5) & (distance > FAR_M)).sum()),
        "known_cells": int(known.sum()),
    }


def flown(camera: worlds.DepthCameraConfig, sensor: RangeSensorConfig) -> dict[str, Any]:
    """Map a part of the office with one camera, read as one sensor."""
    world = worlds.load_world("office")
    config = replace(map_config(world), levels=2, table_size_log2=8, keyframes=1)
    path = standard_flight(world, LOOKS)
    render = jax.jit(worlds.render)
    pose = jax.jit(lambda p, q: worlds.camera_pose(camera, p, q))
    step = jax.jit(mapping.step, donate_argnums=1)
    state, reader, dropped = mapping.init(config, jax.random.key(0)), Sensor(), 0
    for i in range(0, LOOKS, EVERY):
        attitude = quaternion.from_yaw(jnp.float32(path.yaws_rad[i]))
        at = (jnp.asarray(path.positions_m[i], jnp.float32), attitude)
        points = np.asarray(render(camera, world.scene, *at, jax.random.key(i)))
        rays = reader.rays(sensor, points, config.resolution_m)
        dropped += int(np.isfinite(points[..., 0]).sum() - np.isfinite(rays.points[:, 0]).sum())
        state, _ = step(config, state, mapping.scan_from_rays(*rays, *pose(*at), at[0]))
    return {**spurious(world, config, state), "dropped_returns": dropped}


def faults() -> None:
    """Print what is spurious in the map of each camera, before and after."""
    exact, without = worlds.DepthCameraConfig(), RangeSensorConfig(drop_flying_pixels=False)
    mixed = replace(exact, mixed_pixels=True)
    noisy = replace(exact, **NOISE, range_step_m=0.001, dropout=0.02)
    both = replace(noisy, mixed_pixels=True)
    for name, camera, sensor in (
        ("exact", exact, without),
        ("exact, filtered", exact, RangeSensorConfig()),
        ("mixed pixels", mixed, without),
        ("mixed pixels, filtered", mixed, RangeSensorConfig()),
        ("noise", noisy, without),
        ("noise, said", noisy, RangeSensorConfig(**NOISE, drop_flying_pixels=False)),
        ("both", both, without),
        ("both, filtered and said", both, RangeSensorConfig(**NOISE)),
    ):
        print(json.dumps({"sensor": name, **flown(camera, sensor)}), flush=True)


def directions(rows: int, columns: int, across_rad: float, up_rad: float) -> np.ndarray:
    """Return unit vectors [rows, columns, 3] by azimuth and elevation, FLU."""
    a, e = np.meshgrid(
        np.linspace(0.5, -0.5, columns, endpoint=False) * across_rad,
        np.linspace(0.5, -0.5, rows) * up_rad,
    )
    return np.stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)], axis=-1)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time [ms] of this thread for a call, the median, and its result."""
    result, spent = work(), []
    for _ in range(REPEATS):
        begin = time.thread_time()
        result = work()
        spent.append(time.thread_time() - begin)
    return 1e3 * float(np.median(spent)), result


def layouts() -> None:
    """Print what messages of each layout cost, and how right what becomes of them is."""
    from live_mvp_ros.ros.convert import cloud_messages

    world, rng = worlds.load_world("office"), np.random.default_rng(0)
    eye = np.array(world.start_m, np.float32)

    def seen(looks: np.ndarray) -> np.ndarray:
        flat = jnp.asarray(looks.reshape(-1, 3), jnp.float32)
        settings = worlds.RayCastConfig(max_range_m=FARTHEST_M)
        range_m = np.asarray(worlds.cast_rays(world.scene, eye, flat, settings))
        length = np.linalg.norm(looks, axis=-1, keepdims=True)
        return np.asarray(looks / length * range_m.reshape(looks.shape[:-1])[..., None])

    lidar = seen(directions(64, 1024, 2.0 * math.pi, math.radians(45.0)))
    loose = [
        rng.permutation(lidar.reshape(-1, 3))[None, :count] for count in (21000, 43000, 64000)
    ]
    v, u = np.indices((720, 1280))
    looks = np.stack([np.ones_like(u), (639.5 - u) / FOCAL_PX, (359.5 - v) / FOCAL_PX], axis=-1)
    depth = seen(looks)[..., 0]
    optical = cloud_messages.depth_image(0, "cam", depth)
    millimetres = np.nan_to_num(1000.0 * depth).astype(np.uint16)
    optical.encoding, optical.step = "16UC1", 2 * 1280
    optical.data = millimetres.tobytes()
    cloud = lambda points: cloud_messages.cloud(0, "cam", points, ("x", "y", "z"))  # noqa: E731
    flu = np.array([[0, 0, 1.0], [-1, 0, 0], [0, -1, 0]])  # R_flu_optical
    for name, rate_hz, messages, frame in (
        ("lidar 64 x 1024", 10.0, [cloud(lidar)], np.eye(3)),
        ("lidar 64 x 1024", 20.0, [cloud(lidar)], np.eye(3)),
        ("unorganised, 21,000 to 64,000 points", 10.0, list(map(cloud, loose)), np.eye(3)),
        ("depth image 1280 x 720, 16UC1", 30.0, [optical], flu),
    ):
        row = {"sensor": name, "rate_hz": rate_hz}
        print(json.dumps(row | cost(world, messages, rate_hz, frame)), flush=True)


def cost(
    world: worlds.World, messages: list[Any], rate_hz: float, R_map_sensor: np.ndarray
) -> dict[str, Any]:
    """Return what messages of a sensor at the start of a world cost, and what becomes of them."""
    from rclpy.serialization import deserialize_message, serialize_message

    from live_mvp_ros.nodes.live_map.sensor_input import SensorInput
    from live_mvp_ros.ros.convert import cloud_messages

    sensor, config = RangeSensorConfig(max_range_m=FARTHEST_M), map_config(world)
    eye = jnp.asarray(world.start_m, jnp.float32)
    kind = type(messages[0])
    reader = SensorInput()
    reader.take_camera(
        cloud_messages.camera_info(0, "cam", (1280, 720), (FOCAL_PX, FOCAL_PX), (639.5, 359.5))
    )
    read: Callable[..., SensorRays] = reader.cloud if hasattr(kind(), "fields") else reader.image
    raw = [serialize_message(message) for message in messages]
    decode_ms, _ = timed(lambda: [deserialize_message(each, kind) for each in raw])
    choose_ms, found = timed(
        lambda: [read(sensor, each, config.resolution_m) for each in messages]
    )
    pose = (jnp.asarray(R_map_sensor, jnp.float32), eye, eye)
    step = jax.jit(mapping.step, donate_argnums=1)
    state = mapping.init(config, jax.random.key(0))
    state, _ = step(config, state, mapping.scan_from_rays(*found[0], *pose))
    learn_ms = []
    for _ in range(REPEATS):
        for rays in found:
            begin = time.process_time()
            state, _ = step(config, state, mapping.scan_from_rays(*rays, *pose))
            jax.block_until_ready(state)
            learn_ms.append(1e3 * (time.process_time() - begin))
    ends = np.concatenate([rays.points[rays.marks] for rays in found]) @ R_map_sensor.T
    ends = jnp.asarray(ends + np.asarray(eye), jnp.float32)
    miss_m = np.abs(np.asarray(worlds.signed_distance(world.scene, ends)))
    one_ms = (decode_ms + choose_ms) / len(messages) + float(np.median(learn_ms))
    return {
        "bytes": len(raw[0]),
        "decode_ms": round(decode_ms / len(messages), 2),
        "choose_ms": round(choose_ms / len(messages), 2),
        "learn_ms": round(float(np.median(learn_ms)), 2),
        "share_of_a_core": round(1e-3 * rate_hz * one_ms, 3),
        "rays": round(float(np.mean([rays.marks.sum() for rays in found]))),
        "off_surface_mm_median": round(1e3 * float(np.median(miss_m)), 2),
        "off_surface_over_5_cm": round(float(np.mean(miss_m > 0.05)), 4),
        **spurious(world, config, state),
    }


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=("faults", "layouts"), required=True)
    chosen = parser.parse_args()
    prepare_jax()
    {"faults": faults, "layouts": layouts}[chosen.only]()


if __name__ == "__main__":
    main()
