# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Somebody walks through the view: he is in the map while he is there, and not afterwards."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros import mapping, worlds
from live_mvp_ros.mapping import LiveMapConfig, load_map, save_map
from live_mvp_ros.vehicle import BodyConfig
from live_mvp_ros.worlds.scene import Boxes, Group, Scene
from live_mvp_ros.worlds.walker import Walker

CONFIG = LiveMapConfig(
    lower_m=(0.0, -4.0, 0.0),
    upper_m=(8.0, 4.0, 3.0),
    levels=2,
    table_size_log2=8,
    keyframes=2,
    body=BodyConfig(altitude_m=1.2),
)
CAMERA = worlds.DepthCameraConfig()
EYE = np.float32([0.6, 0.0, 1.2])
AHEAD = jnp.float32([1.0, 0.0, 0.0, 0.0])
STEP = jax.jit(mapping.step, donate_argnums=1)
OCCUPANCY = jax.jit(mapping.occupancy)
PERIOD_S = 0.1
ROOM = Scene(  # walls, floor and ceiling of a room 8 x 8 x 3 m
    (
        Group(
            (
                Boxes(
                    jnp.float32(
                        [
                            [4, 4, 4, 4, -0.2, 8.2],
                            [-4.2, 4.2, 0, 0, 0, 0],
                            [1.5, 1.5, -0.2, 3.2, 1.5, 1.5],
                        ]
                    ),
                    jnp.float32(
                        [
                            [4, 4, 4, 4, 0.2, 0.2],
                            [0.2, 0.2, 4, 4, 4, 4],
                            [1.5, 1.5, 0.2, 0.2, 2, 2],
                        ]
                    ),
                ),
            )
        ),
    )
)
NOBODY = Walker(((50.0, 50.0), (50.0, 51.0)))


@jax.jit
def look(camera, scene, position, key):
    points = worlds.render(camera, scene, position, AHEAD, key)
    return mapping.scan_from_cloud(points, *worlds.camera_pose(camera, position, AHEAD), position)


class Watch:
    """A drone that hovers, or drifts to and fro, and what it has mapped."""

    def __init__(self, camera=CAMERA, sways_m=0.0):
        self.camera, self.sways_m, self.count = camera, sways_m, 0
        self.state = mapping.init(CONFIG, jax.random.key(0))
        x, y = mapping.map_grid(CONFIG).centres()
        self.x, self.y = np.meshgrid(x, y, indexing="ij")
        self.inner = (self.x > 0.3) & (self.x < 7.6) & (np.abs(self.y) < 3.6)

    def see(self, walker, time_s):
        """Look once; returns which cells [nx, ny] away from the walls are occupied."""
        self.count += 1
        sway = self.sways_m * np.sin(self.count * PERIOD_S)
        eye = EYE + np.float32([0.0, sway, 0.0])
        scene = walker.scene(ROOM, time_s)
        scan = look(self.camera, scene, jnp.asarray(eye), jax.random.key(self.count))
        self.state, _ = STEP(CONFIG, self.state, scan)
        p, known = map(np.asarray, OCCUPANCY(CONFIG, self.state, jnp.float32(1.2)))
        return known & (p > 0.5) & self.inner

    def watch(self, walker, seconds):
        """Look while somebody walks; returns the cells of each look, and where he was."""
        times = PERIOD_S * np.arange(round(seconds / PERIOD_S))
        return [(self.see(walker, t), walker.at(t)) for t in times]


WAYS = {
    "towards the drone": ((6.5, 0.3), (1.8, 0.3)),
    "across, near": ((3.0, -1.4), (3.0, 1.4)),
    "across, far": ((6.0, -3.4), (6.0, 3.4)),
    "away, along a wall": ((3.0, 0.0), (7.0, 3.3)),
}


@pytest.mark.parametrize("sways_m", [0.0, 0.5])
@pytest.mark.parametrize("way", WAYS)
def test_who_walks_is_in_the_map_while_he_is_there_and_gone_after_3_s(way, sways_m):
    watch, walker = Watch(sways_m=sways_m), Walker(WAYS[way])
    watch.watch(NOBODY, 2.0)  # the room is known
    length_m = np.linalg.norm(np.subtract(*WAYS[way]))
    looks = watch.watch(walker, length_m / walker.speed_m_s)
    # at his surface, where that faces the drone, or at most half a cell off it
    found = []
    for cells, at in looks[2:]:
        to_eye = EYE[:2] - at
        front = at + 0.2 * to_eye / np.linalg.norm(to_eye)
        found.append((cells & (np.hypot(watch.x - front[0], watch.y - front[1]) < 0.2)).any())
    assert np.mean(found) > 0.95
    after = [cells for cells, _ in watch.watch(NOBODY, 3.0)]
    assert not after[-1].any(), np.argwhere(after[-1])


def test_who_stands_still_stays_and_leaves_when_he_goes():
    watch = Watch()
    watch.watch(NOBODY, 1.0)
    stands = Walker(((3.5, 0.2), (3.5, 0.2001)), speed_m_s=0.0)
    looks = watch.watch(stands, 6.0)
    assert all(cells.any() for cells, _ in looks[1:])
    after = watch.watch(NOBODY, 3.0)
    assert not after[-1][0].any()


def test_nothing_moves_in_a_room_that_stands_still_whatever_the_noise():
    noisy = worlds.DepthCameraConfig(
        range_noise_a_m=0.005, range_noise_b_per_m=0.003, range_step_m=0.001, dropout=0.02
    )
    watch = Watch(noisy, sways_m=0.5)
    cells = []
    for _ in range(60):
        watch.see(NOBODY, 0.0)
        cells.append(int(mapping.moving.taken(watch.state.moving).sum()))
    assert np.mean(cells[20:]) < 2.0, cells  # of 6,400


def test_a_file_of_before_anybody_looked_for_what_moves_is_loaded(tmp_path):
    watch = Watch()
    watch.watch(NOBODY, 0.3)
    save_map(tmp_path / "map.npz", CONFIG, watch.state)
    with np.load(tmp_path / "map.npz") as archive:
        arrays = {name: archive[name] for name in archive if not name.startswith("moving")}
    assert len(arrays) > 10
    np.savez(tmp_path / "old.npz", **arrays)
    _, loaded = load_map(tmp_path / "old.npz")
    assert not mapping.moving.taken(loaded.moving).any()
    assert np.array_equal(loaded.evidence.words, watch.state.evidence.words)


def test_a_walker_walks_at_his_speed_and_back():
    walker = Walker(((0.0, 0.0), (3.0, 0.0), (3.0, 4.0)), speed_m_s=1.0, turns_back=True)
    wanted = {-1.0: (0, 0), 0: (0, 0), 2: (2, 0), 5: (3, 2), 7: (3, 4), 8: (3, 3), 12: (2, 0)}
    for time_s, at in wanted.items():
        assert np.allclose(walker.at(time_s), at)
    assert np.allclose(walker.at(14.0), (0, 0)) and np.allclose(walker.at(15.0), (1, 0))
    one_way = Walker(((0.0, 0.0), (3.0, 0.0)))
    assert np.allclose(one_way.at(100.0), (3.0, 0.0))
    scene = one_way.scene(Scene(()), 1.0)  # a cylinder of 0.25 m around (1.2, 0), 1.8 m high
    points = jnp.float32([[1.2, 0.5, 1.0], [1.2, 0.0, 2.0], [1.2, 0.0, 0.9]])
    assert np.allclose(worlds.signed_distance(scene, points), [0.25, 0.2, -0.25], atol=1e-5)
