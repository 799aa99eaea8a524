# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of objects against closed forms: depth, normals, segmentation, facets, collisions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import trimesh

from live_mvp_ros.packets import ChartPoint, EnvAssetError, EnvConfig, Environment
from live_mvp_ros.packets.channels import CHANNELS
from live_mvp_ros.packets.explorer_motion import RADIUS_M
from live_mvp_ros.packets.pinhole import orbit_view, rays
from live_mvp_ros.packets.stages import Thing, chart_of
from live_mvp_ros.packets.ycb_objects import MODELS

ALL = {"modalities": list(CHANNELS), "resolution": [64, 64], "hfov": 30.0}
PUBLISHED_MM = {
    "002_master_chef_can": (102, 102, 139),
    "003_cracker_box": (60, 158, 210),
    "004_sugar_box": (38, 89, 175),
    "005_tomato_soup_can": (66, 66, 101),
    "006_mustard_bottle": (50, 85, 175),
    "007_tuna_fish_can": (85, 85, 33),
    "008_pudding_box": (35, 110, 89),
    "009_gelatin_box": (28, 85, 73),
    "010_potted_meat_can": (50, 97, 82),
    "013_apple": (75, 75, 75),
}
"""Depth, width and height of Calli et al. 2015."""


def test_no_ray_passes_between_the_bands_of_an_object():
    sensor = {"resolution": [65, 65], "modalities": ["depth"], "hfov": 8.0}
    config = EnvConfig.from_dict(
        {"objects": ["003_cracker_box"], "sensor": sensor, "orbit": {"elevation": [-0.5, 0.5]}}
    )
    env = Environment(config)
    env.reset(random_view=False)
    obs, *_ = env.step(jump(0.0, 0.5))  # level: the middle row lies in the plane of a seam
    assert np.isfinite(obs.columns[0].patch.data).all()


def jump(u, v):
    return {"type": "jump_to", "params": {"u": u, "v": v}}


@pytest.mark.parametrize("name", PUBLISHED_MM)
def test_an_object_has_its_published_size(name):
    model = MODELS[name]
    assert model.size_mm == PUBLISHED_MM[name]
    sizes = np.array([part.size_mm for part in model.parts])
    tops = [part.bottom_mm + part.size_mm[2] for part in model.parts]
    assert sizes[:, :2].max(axis=0) == pytest.approx(PUBLISHED_MM[name][:2])
    assert (min(p.bottom_mm for p in model.parts), max(tops)) == pytest.approx(
        (0, PUBLISHED_MM[name][2])
    )
    assert all(0.0 <= c <= 1.0 for part in model.parts for c in part.colour)


def entered(low, high):
    """Return the largest entry, NaN where an interval is empty."""
    enter, leave = np.max(low, axis=0), np.min(high, axis=0)
    return np.where((enter <= leave) & (enter > 0), enter, np.nan)


def slab(p, d, half):
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (-half - p) / d, (half - p) / d
    return np.minimum(one, other), np.maximum(one, other)


def box(place, along, half):
    """Return ranges and normals of a box in float64."""
    ends = [slab(place[i], along[:, i], half[i]) for i in range(3)]
    t = entered([e[0] for e in ends], [e[1] for e in ends])
    face = np.argmax([e[0] for e in ends], axis=0)
    return t, -np.sign(along[np.arange(len(along)), face])[:, None] * np.eye(3)[face]


def round_side(place, along, radius, axes):
    a = np.sum(along[:, axes] ** 2, axis=1)
    b = along[:, axes] @ place[axes]
    root = np.sqrt(b * b - a * (place[axes] @ place[axes] - radius**2))
    return (-b - root) / a, (-b + root) / a


def can(place, along, half):
    """Return ranges and normals of an upright cylinder in float64."""
    with np.errstate(invalid="ignore"):
        side = round_side(place, along, half[0], [0, 1])
    ends = slab(place[2], along[:, 2], half[2])
    t = np.where(np.isnan(side[0]), np.nan, entered([side[0], ends[0]], [side[1], ends[1]]))
    point = place + t[:, None] * along
    radial = np.stack([point[:, 0], point[:, 1], 0 * t], axis=1) / half[0]
    flat = np.sign(place[2]) * np.array([0.0, 0.0, 1.0])
    return t, np.where((side[0] >= ends[0])[:, None], radial, flat)


def ball(place, along, half):
    """Return ranges and normals of a sphere in float64."""
    with np.errstate(invalid="ignore"):
        t = round_side(place, along, half[0], [0, 1, 2])[0]
    return t, (place + t[:, None] * along) / half[0]


TRUTH = {"003_cracker_box": box, "005_tomato_soup_can": can, "013_apple": ball}


@pytest.fixture(scope="module", name="env")
def env_fixture():
    return Environment(EnvConfig.from_dict({"objects": list(TRUTH), "sensor": ALL}), debug=False)


@pytest.mark.parametrize("name", TRUTH)
@pytest.mark.parametrize("at", [(0.0, 0.5), (0.07, 0.99), (0.4, 0.2), (0.83, 0.75)])
def test_depth_and_normals_are_those_of_the_surface(env, name, at):
    env.reset(object_id=name)
    obs, *_ = env.step(jump(*at))
    patch = obs.columns[0].patch
    data = dict(zip(patch.channels, np.moveaxis(patch.data, -1, 0), strict=True))
    view = orbit_view(env.config.orbit, obs.columns[0].pose)
    directions = rays(obs.camera).reshape(-1, 3)
    length = np.linalg.norm(directions, axis=1)
    along = directions @ view.rotation.T / length[:, None]
    half = 0.0005 * np.array(MODELS[name].size_mm)
    ranges, normals = TRUTH[name](view.place, along, half)
    is_met = np.isfinite(ranges)
    assert is_met.sum() > 50
    depth = data["depth"].reshape(-1)
    assert np.array_equal(np.isfinite(depth), is_met)
    assert np.abs(depth - ranges / length)[is_met].max() < 0.0005  # 2 mm are asked for
    found = np.stack([data[c].reshape(-1) for c in ("nx", "ny", "nz")], axis=1)
    cosine = np.sum(found @ view.rotation.T * normals, axis=1)[is_met]
    turned = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    assert np.mean(turned < 1.0) >= 0.98  # but for pixels in an edge
    assert np.median(turned) < 0.1
    assert np.array_equal(data["segmentation"].reshape(-1) == 1, is_met)
    rgb = np.stack([data[c] for c in "rgb"])
    assert rgb.min() >= 0.0 and rgb.max() <= 1.0


def test_the_object_is_in_the_middle_and_upright_on_the_orbit(env):
    env.reset(object_id="003_cracker_box")
    patch = env.step(jump(0.0, 0.55 / 1.2))[0].columns[0].patch
    seen = np.isfinite(patch.data[..., patch.channels.index("depth")])
    rows, columns = np.nonzero(seen)
    assert rows.mean() == pytest.approx(31.5, abs=0.6)
    assert columns.mean() == pytest.approx(31.5, abs=0.6)
    tall, wide = np.ptp(rows) + 1, np.ptp(columns) + 1
    focal = 32.0 / math.tan(math.radians(15.0))
    near = 0.6 - 0.03  # its front is 158 mm x 210 mm
    assert wide == pytest.approx(focal * 0.158 / near, abs=1.5)
    assert tall == pytest.approx(focal * 0.210 / near, abs=1.5)


def facing(facets, source):
    chosen = [f for f in facets if f.source == source]
    return np.array([f.point for f in chosen]), np.array([f.normal for f in chosen]), chosen


@pytest.mark.parametrize(
    ("name", "curvature"),
    [("003_cracker_box", 0.0), ("005_tomato_soup_can", 0.5 / 0.033), ("013_apple", 1 / 0.0375)],
)
def test_facets_from_depth_and_from_the_surface_agree(name, curvature):
    sensor = {"resolution": [192, 192], "hfov": 30.0}
    env = Environment(EnvConfig.from_dict({"objects": [name], "sensor": sensor}))
    env.reset(random_view=False)
    env.step(jump(0.05, 0.6))
    facets = env.facets(every_px=5)
    points, normals, reprojected = facing(facets, 1)
    others, true_normals, sampled = facing(facets, 2)
    assert len(points) == len(others) > 20
    assert np.linalg.norm(points - others, axis=1).max() < 0.005
    cosine = np.clip(np.sum(normals * true_normals, axis=1), -1.0, 1.0)
    assert np.degrees(np.arccos(cosine)).max() < 5.0
    half = 0.0005 * np.array(MODELS[name].size_mm)
    assert np.abs(points).max(axis=0) == pytest.approx(half, abs=0.6 * half.max())
    flat = np.abs(true_normals[:, 2]) < 0.9 if "can" in name else np.ones(len(points), bool)
    exact = np.array([f.curvature for f in sampled])[flat]
    guessed = np.array([f.curvature for f in reprojected])[flat]
    assert np.median(exact) == pytest.approx(curvature, rel=0.02, abs=0.1)
    assert np.median(guessed) == pytest.approx(curvature, rel=0.1, abs=0.5)


def test_the_chart_of_interest_is_the_orbit_that_looks_at_the_point():
    thing = Thing("x", np.array([1.0, 2.0, 3.0]), np.full(3, 0.1))
    orbit = EnvConfig().orbit
    for u, v in ((0.1, 0.5), (0.9, 0.25)):
        outwards = orbit_view(orbit, ChartPoint(u, v)).place
        found = chart_of(thing, orbit.elevation, thing.middle + 0.1 * outwards)
        assert (found.u, found.v) == pytest.approx((u, v))
    above = chart_of(thing, orbit.elevation, thing.middle + np.array([0.0, 0.0, 0.1]))
    assert above.v == pytest.approx(1.0)  # beyond the highest elevation


@pytest.fixture(scope="module", name="walker")
def walker_fixture():
    sensor = {"resolution": [9, 9], "modalities": ["depth", "segmentation"]}
    return Environment(EnvConfig.from_dict({"sensor": sensor, "orbit": {"default_speed": 1.0}}))


def ahead(dx, dy=0.0):
    return {"type": "move", "params": {"dx": dx, "dy": dy}}


def test_the_explorer_sees_the_things_around_its_start(walker):
    obs, _, pose = walker.reset(scenario="explorer", random_view=False)
    assert obs.object_id == "seed"
    assert pose.has_interest and pose.interest_object_id == "003_cracker_box"
    patch = obs.columns[0].patch
    middle = patch.data[4, 4]
    assert middle[patch.channels.index("segmentation")] == 1
    assert middle[patch.channels.index("depth")] == pytest.approx(1.0 - 0.03, abs=0.01)
    switched = walker.step({"type": "switch_object", "params": {}})
    switched = walker.step({"type": "switch_object", "params": {}})
    obs, ctx, pose, info = switched
    assert info.ok and 1 in ctx.indices
    assert pose.interest_object_id == "005_tomato_soup_can"


@pytest.mark.parametrize("slides", [True, False])
def test_an_explorer_never_touches_anything(walker, slides):
    values = {
        "physics": {"enable_sliding": slides},
        "sensor": {"resolution": [9, 9], "modalities": ["depth", "segmentation"]},
        "orbit": {"default_speed": 1.0},
    }
    env = Environment(EnvConfig.from_dict(values))
    env.reset(scenario="explorer", random_view=False)
    collided = False
    rng = np.random.default_rng(0)
    for _ in range(60):
        info = env.step(ahead(*rng.uniform(-0.6, 1.0, size=2)))[3]
        collided |= info.collided
        place = np.array(env.state.body.position_m)
        assert env.stage.clearance(place)[0] >= RADIUS_M - 1e-4
        low, high = env.stage.bounds
        assert (low <= place).all() and (place <= high).all()
    assert collided


def test_who_slides_gets_past_what_stops_the_other():
    ends = {}
    for slides in (True, False):
        values = {
            "physics": {"enable_sliding": slides},
            "sensor": {"resolution": [9, 9]},
            "orbit": {"default_speed": 1.0},
        }
        env = Environment(EnvConfig.from_dict(values))
        env.reset(scenario="explorer", random_view=False)
        env.step(jump(0.5, 0.5 - 0.9 / math.pi))  # backwards and down
        info = env.step({"type": "zoom", "params": {"dz": 3.0}})[3]
        assert info.collided
        ends[slides] = np.array(env.state.body.position_m)
    assert ends[True][0] < ends[False][0] - 0.3  # along the floor


@pytest.fixture(scope="module", name="assets")
def assets_fixture(tmp_path_factory):
    """A ball, a red box and a hall as files."""
    folder = tmp_path_factory.mktemp("assets")
    trimesh.creation.icosphere(5, 0.05).export(folder / "ball.ply")
    (folder / "box" / "google_16k").mkdir(parents=True)
    red = trimesh.creation.box((0.06, 0.1, 0.2))
    red.visual.face_colors = [255, 0, 0, 255]
    red.apply_translation([3.0, 0.0, 0.0])  # its own middle does not matter
    red.export(folder / "box" / "google_16k" / "nontextured.ply")
    hall = trimesh.creation.box((5.0, 3.0, 5.0))  # y is up in GLB
    outside = trimesh.creation.box((5.4, 3.4, 5.4))
    hall.invert()
    trimesh.util.concatenate([outside, hall]).export(folder / "hall.glb")
    return folder


def mesh_env(folder, **more):
    values = {
        "backend": "mesh",
        "objects": ["ball", "box"],
        "sensor": ALL,
        "assets": {"ycb_root": str(folder), "scene_root": str(folder), **more},
    }
    return Environment(EnvConfig.from_dict(values))


def test_a_mesh_is_shown_with_its_size_and_colour(assets):
    env = mesh_env(assets)
    obs, *_ = env.reset(object_id="ball", random_view=False)
    patch = obs.columns[0].patch
    data = dict(zip(patch.channels, np.moveaxis(patch.data, -1, 0), strict=True))
    assert np.nanmin(data["depth"]) == pytest.approx(0.55, abs=0.002)
    view = orbit_view(env.config.orbit, obs.columns[0].pose)
    directions = rays(obs.camera).reshape(-1, 3)
    length = np.linalg.norm(directions, axis=1)
    ranges, _ = ball(view.place, directions @ view.rotation.T / length[:, None], [0.05])
    depth = data["depth"].reshape(-1)
    both = np.isfinite(depth) & np.isfinite(ranges)
    assert np.isfinite(depth).sum() == pytest.approx(np.isfinite(ranges).sum(), abs=4)
    assert np.abs(depth - ranges / length)[both].max() < 0.002
    obs, *_ = env.step({"type": "switch_object", "params": {"object_id": "box"}})
    patch = obs.columns[0].patch
    seen = patch.data[32, 32]
    assert seen[0] > 0.5 and seen[1] == seen[2] == 0.0
    assert seen[patch.channels.index("segmentation")] == 1


def test_a_scene_of_a_file_is_explored_without_touching_it(assets):
    env = mesh_env(assets, explorer_scene="hall.glb")
    obs, _, pose = env.reset(scenario="explorer", random_view=False)
    assert obs.object_id == "hall"
    assert pose.has_body_pose
    hits = 0
    for _ in range(40):
        info = env.step({"type": "motor", "params": {"motor": [1.0, 0.4, 0.0, 0.0, 0.0, 0.0]}})[3]
        hits += info.collided or info.clamped
        x, y, z = env.state.body.position_m
        limit = 2.5 - RADIUS_M + 1e-3
        assert abs(x) <= limit and abs(y) <= limit and abs(z) <= 1.5
    assert hits


def test_an_asset_that_is_missing_or_broken_is_named(assets, tmp_path):
    (tmp_path / "cup.ply").write_text("no mesh")
    values = {"backend": "mesh", "objects": ["mug", "cup"], "assets": {"ycb_root": str(tmp_path)}}
    env = Environment(EnvConfig.from_dict(values))
    with pytest.raises(EnvAssetError, match="no model of mug: .*there is none of") as caught:
        env.reset()
    assert (caught.value.object_id, caught.value.path) == ("mug", tmp_path)
    with pytest.raises(EnvAssetError, match=r"cup\.ply: is not a mesh that can be read"):
        env.reset(object_id="cup")
    with pytest.raises(EnvAssetError, match=r"assets\.explorer_scene is not set"):
        env.reset(scenario="explorer")
    with pytest.raises(EnvAssetError, match=r"nowhere\.glb"):
        mesh_env(assets, explorer_scene="nowhere.glb").reset(scenario="explorer")
    stranger = EnvConfig.from_dict({"assets": {"explorer_scene": "atlantis"}})
    with pytest.raises(EnvAssetError, match="there is no world 'atlantis'"):
        Environment(stranger).reset(scenario="explorer")
