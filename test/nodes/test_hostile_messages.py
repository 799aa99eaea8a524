# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whatever the fields of a message hold, a converter gives something usable or says why not."""

from __future__ import annotations

import array
import contextlib
import copy
import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from tf2_msgs.msg import TFMessage

from live_mvp_ros import packets
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.mapping import RangeSensorConfig, SensorRays
from live_mvp_ros.msg import ExplorationStatus
from live_mvp_ros.nodes.live_map.sensor_input import SensorInput
from live_mvp_ros.packets.packet_json import from_json, to_json
from live_mvp_ros.packets.packet_schema import check
from live_mvp_ros.ros.convert import (
    cloud_messages,
    field_messages,
    grid_messages,
    headers,
    path_messages,
    pose_messages,
    vehicle_messages,
)
from live_mvp_ros.ros.convert.packet_messages import from_message, to_message
from live_mvp_ros.ros.refusals import InvalidMessageError
from live_mvp_ros.ros.transforms import NoTransformError, TransformBuffer, add_all

NORTH = (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5))
SPEC = GridSpec((0.05, 0.05), 0.1, (2, 3))
MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))

_FLOATS = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -1.0, 1e-8, 1e300, -1e300, 3e38, 1e19]),
    st.floats(),
)
_FLOATS32 = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -1.0, 1e-8, 3e38, -3e38, 1e19]),
    st.floats(width=32, min_value=-(2.0**127), max_value=2.0**127),
)
_BITS = re.compile(r"^(u?)int(8|16|32|64)$")
_BOUND = re.compile(r"^(?:sequence<(?P<of>[^,>]+)(?:, \d+)?>|(?P<array>.+)\[\d+\])$")


def _values(kind: str) -> st.SearchStrategy[Any] | None:
    """Return values of a primitive type; None for a message."""
    bits = _BITS.match(kind)
    if bits:
        size = int(bits[2])
        low, high = (0, 2**size - 1) if bits[1] else (-(2 ** (size - 1)), 2 ** (size - 1) - 1)
        near = [low, high, 0, 1, high - 1, 65535 if high > 65535 else 1]
        return st.one_of(st.sampled_from(near), st.integers(low, high))
    simple: dict[str, st.SearchStrategy[Any]] = {
        "double": _FLOATS,
        "float": _FLOATS32,
        "boolean": st.booleans(),
        "string": st.sampled_from(["", "map", "odom", "base_link", "x" * 300, "ä'\n"]),
        "octet": st.binary(min_size=1, max_size=1),
        "byte": st.binary(min_size=1, max_size=1),
        "uint8": st.integers(0, 255),
    }
    return simple.get(kind)


def leaves(message: Any) -> list[tuple[Any, str, str]]:
    """Return (owner, field, type) of everything in a message that can be spoilt."""
    found: list[tuple[Any, str, str]] = []
    for name, kind in message.get_fields_and_field_types().items():
        value = getattr(message, name)
        if hasattr(value, "get_fields_and_field_types"):
            found += leaves(value)
            continue
        found.append((message, name, kind))
        if isinstance(value, list) and value and hasattr(value[0], "get_fields_and_field_types"):
            for item in (value[0], value[-1]):
                found += leaves(item)
    return found


@st.composite
def spoilt(draw: Any, good: Any) -> Any:
    """Return a copy of a good message with one to four of its fields set to anything."""
    message = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 4))):
        places = leaves(message)
        owner, name, kind = places[draw(st.integers(0, len(places) - 1))]
        many = _BOUND.match(kind)
        values = _values(kind)
        if values is not None:
            setattr(owner, name, draw(values))
        elif many:
            _spoil_sequence(draw, owner, name, many["of"] or many["array"])
    return message


def _spoil_sequence(draw: Any, owner: Any, name: str, kind: str) -> None:
    value, inner = getattr(owner, name), _values(kind)
    fixed = not hasattr(value, "append")
    if len(value) and inner is not None:
        value[draw(st.integers(0, len(value) - 1))] = draw(inner)
    if fixed:
        return
    change = draw(st.sampled_from(["keep", "clear", "cut", "longer"]))
    if change == "clear":
        del value[:]
    elif change == "cut" and len(value):
        del value[-1:]
    elif change == "longer" and len(value):
        value.append(copy.deepcopy(value[-1]))


# --- what a valid result is ----------------------------------------------------------------------


def check_spec(spec: GridSpec) -> None:
    assert 1e-3 <= spec.resolution_m <= 100.0
    assert all(math.isfinite(value) and abs(value) <= 1.1e5 for value in spec.origin_m)
    assert min(spec.shape) >= 1 and math.prod(spec.shape) <= 2**24


def check_finite(*arrays: Any, limit: float = 1e9) -> None:
    for values in arrays:
        assert np.isfinite(values).all() and np.abs(values).max(initial=0.0) <= limit


def state() -> vehicle_messages.VehicleState:
    parts = ((1, 2, 3), (0.5, 0, 0), NORTH, (0.1, 0.2, 0.3))
    return vehicle_messages.VehicleState(5_000_000_007, *(np.float32(part) for part in parts))


ODOMETRY = vehicle_messages.odometry(state(), "odom", "base_link")
GRID = grid_messages.occupancy_grid(9, "map", SPEC, np.array([[0, 50, 100], [-1, -1, 7]]))
PATH = path_messages.path(7, "map", [[0, 0, 1], [1, 0, 1], [2, 0, 1]], [0.0, 1.0, 2.0])
DEPTH = cloud_messages.depth_image(0, "cam", np.full((3, 4), 2.0, np.float32))
INFO = cloud_messages.camera_info(0, "cam", (4, 3), (2.0, 2.0), (1.5, 1.0))
CLOUD = cloud_messages.cloud(3, "cam", np.ones((2, 4, 3)), ("x", "y", "z"))
TRANSFORM = pose_messages.transform(0, "base_link", "cam", (0.1, 0, 0), NORTH)
COMMAND = vehicle_messages.body_rate_thrust(5, "base_link", [9.0, 0.1, 0.2, 0.3])


def field_message() -> Any:
    grid, local = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((4, 2, 2), np.float32)
    field = field_messages.Field(
        5, 4, SPEC, grid, grid / 6, grid + 2, 0.25, np.float32([1, 2]), local,
        True, False, 2.0, 0.75, np.float32([3, 4]),
    )  # fmt: skip
    return field_messages.info_field("map", field, 2.0, 1.5)


FIELD = field_message()
POINT = packets.ChartPoint(0.25, 0.5)
POSE = packets.BodyPose((1.0, 2.0, 3.0), (0.5, 0.5, -0.5, 0.5))
PATCH = packets.Patch(("depth", "r"), np.arange(12, dtype=np.float32).reshape(2, 3, 2))
CAMERA = packets.CameraIntrinsics(1.5, 2.5, 3.5, 4.5, 3, 2)
EVALUATED = packets.EvalRecord(
    9,
    "map",
    3,
    "explorer",
    1,
    7,
    "office",
    packets.ActionPacket(9, "", 3, "rotate", dyaw=0.5),
    packets.StepInfo(9, "", 3, collided=True, object_id="office"),
    packets.BeliefPacket(9, "", 3, ("cup", "can"), (0.25, 0.75)),
    0.5,
    math.nan,
)
PACKETS = {
    kind: to_message(packet)
    for kind, packet in (
        (
            packets.ObservationPacket,
            packets.ObservationPacket(
                9, "c", 4, "o", CAMERA, (packets.ColumnObservation("a", PATCH, POINT, POINT),)
            ),
        ),
        (
            packets.PosePacket,
            packets.PosePacket(
                5,
                "map",
                6,
                0.05,
                (packets.ColumnPose("a", POINT, POINT, 1.5, -2.5),),
                True,
                POSE,
                POSE,
                True,
                "cup",
                POINT,
            ),
        ),
        (packets.ContextPacket, packets.ContextPacket(7, "", 8, 1024, (1, 5, 1023), ("m", "i"))),
        (
            packets.FacetRecord,
            packets.FacetRecord(9, "c", 10, "o", "a", (1.0, 2.0, 3.0), (0.0, 0.6, 0.8), 2.5, 1),
        ),
        (packets.EvalRecord, EVALUATED),
        (
            packets.ActionPacket,
            packets.ActionPacket(9, "b", 10, "motor", "c", motor=(0.5, -0.5)),
        ),
    )
}


# --- the converters ------------------------------------------------------------------------------


def usable(function: Any, *arguments: Any) -> Any:
    """Return what a converter gives, or None where it refuses; anything else is a failure."""
    try:
        return function(*arguments)
    except InvalidMessageError:
        return None


def check_state(found: vehicle_messages.VehicleState) -> None:
    check_finite(*found[1:], limit=1.1e5)
    assert np.linalg.norm(found.attitude) == pytest.approx(1.0, abs=1e-5)
    vehicle_messages.odometry(found, "odom", "base_link")  # what was taken can be passed on


def check_map(found: grid_messages.ProbabilityGrid) -> None:
    check_spec(found.spec)
    assert found.p.shape == found.known.shape == found.spec.shape
    assert found.p.min() >= 0.0 and found.p.max() <= 1.0


def check_field(found: field_messages.Field) -> None:
    check_spec(found.spec)
    check_spec(GridSpec(tuple(found.local_origin_m.tolist()), found.local_resolution_m, (1, 1)))
    assert found.gain.shape == found.best_yaw.shape == found.guidance.shape == found.spec.shape
    check_finite(found.gain, found.best_yaw, found.guidance, found.local_gain, found.target_m)
    assert 0.0 <= found.explored_fraction <= 1.0 and found.reachable_unknown_m2 >= 0.0
    field_messages.info_field("map", found, 2.0, 1.0)


def check_path(found: path_messages.PathArrays) -> None:
    check_finite(found.points, found.yaws, limit=1.1e5)
    assert found.points.shape == (4, 3) and found.yaws.shape == (4,)


def check_cloud(found: np.ndarray) -> None:
    assert found.ndim == 3 and found.shape[2] == 3 and found.size > 0
    assert not np.isinf(found).any()


def any_sensor(message: Any) -> SensorRays:
    config = RangeSensorConfig(clear_if_nan=True, clear_if_infinite=True, clear_if_zero=True)
    return SensorInput().cloud(config, message, 0.1)


def check_rays(found: SensorRays) -> None:
    assert len(found.points) == len(found.normals) == len(found.marks) > 0
    assert not np.isinf(found.points).any() and np.isfinite(found.normals).all()
    assert np.isfinite(found.points[found.marks]).all()
    length = np.linalg.norm(found.points, axis=1)
    assert (length[np.isfinite(length)] <= 101.0).all()


def check_command(found: np.ndarray) -> None:
    check_finite(found, limit=1.1e6)
    assert found[0] >= 0.0


class Kind(NamedTuple):
    """A good message, its converter with what that has to know, and what its result must be."""

    good: Any
    convert: Callable[[Any], Any]
    check: Callable[[Any], None]
    has_frame: bool = True


KINDS = {
    "Odometry": Kind(
        ODOMETRY, lambda m: vehicle_messages.vehicle_state(m, ("odom",), "base_link"), check_state
    ),
    "OccupancyGrid": Kind(GRID, lambda m: grid_messages.probability_grid(m, "map"), check_map),
    "InfoField": Kind(FIELD, lambda m: field_messages.field_arrays(m, "map"), check_field),
    "Path": Kind(PATH, lambda m: path_messages.path_arrays(m, "map", 4), check_path),
    "any sensor's PointCloud2": Kind(CLOUD, any_sensor, check_rays, has_frame=False),
    "PointCloud2": Kind(CLOUD, lambda m: cloud_messages.cloud_points(m, "cam"), check_cloud),
    "BodyRateThrust": Kind(
        COMMAND, vehicle_messages.command_array, check_command, has_frame=False
    ),
}


def take(kind: Kind, message: Any) -> None:
    """Convert a message, and check what came of it where it was not refused."""
    found = usable(kind.convert, message)
    if found is not None:
        kind.check(found)
        assert not kind.has_frame or message.header.frame_id == kind.good.header.frame_id


@pytest.mark.parametrize("name", list(KINDS))
def test_messages(name: str) -> None:
    @MANY
    @given(spoilt(KINDS[name].good))
    def check(message: Any) -> None:
        take(KINDS[name], message)

    check()


@MANY
@given(spoilt(DEPTH), st.one_of(st.just(None), spoilt(INFO)))
def test_depth_images(image: Any, info: Any) -> None:
    sensor = SensorInput()
    with contextlib.suppress(InvalidMessageError):
        sensor.take_camera(info or INFO)
        config = RangeSensorConfig(clear_if_nan=True, clear_if_infinite=True, clear_if_zero=True)
        check_rays(sensor.image(config, image, 0.1))


@MANY
@given(st.lists(st.one_of(st.just(None), spoilt(TRANSFORM)), max_size=4), st.booleans())
def test_transforms(items: list[Any], fixed: bool) -> None:
    """The good ones are taken, whatever comes with them."""
    transforms = TransformBuffer()
    mine = pose_messages.transform(0, "body", "mine", (1, 0, 0), NORTH)
    problems = add_all(transforms, [*(item or TRANSFORM for item in items), mine], fixed)
    assert all(isinstance(problem, str) for problem in problems)
    found = transforms.lookup("body", "mine", 0)
    assert np.allclose(found[:3, 3], (1, 0, 0))
    with contextlib.suppress(NoTransformError):
        assert np.isfinite(transforms.lookup("base_link", "cam", 0)).all()


def same(one: Any, other: Any) -> bool:
    """Return whether two packets are equal, NaN included."""
    return bool(repr(to_json(one)) == repr(to_json(other)))


@pytest.mark.parametrize("kind", list(PACKETS), ids=lambda kind: kind.__name__)
def test_packets(kind: Any) -> None:
    """What is taken is a packet: its JSON keeps the schema, and says the same."""

    @MANY
    @given(spoilt(PACKETS[kind]))
    def check_one(message: Any) -> None:
        found = usable(from_message, kind, message)
        if found is not None:
            to_message(found)
            check(to_json(found))
            assert same(from_json(kind, to_json(found)), found)

    check_one()


DRAWN = {
    "odom": ODOMETRY,
    "map_to_odom": TRANSFORM,
    "tf_static": TFMessage(transforms=[TRANSFORM]),
    "depth/points": CLOUD,
    "depth/image": cloud_messages.depth_image(3, "cam", np.ones((2, 3))),
    "depth/camera_info": cloud_messages.camera_info(3, "cam", (3, 2), (1, 1), (1, 1)),
    "map": GRID,
    "map/exposure": GRID,
    "map/surface": cloud_messages.surface_cloud(3, "map", np.ones((2, 3)), np.ones(2), [0, 1]),
    "info_field": FIELD,
    "reference_path": PATH,
    "mppi/plan": PATH,
    "mppi/rollouts": path_messages.rollouts(3, "map", np.ones((2, 3, 3))),
    "exploration/status": ExplorationStatus(),
    "/diagnostics": DiagnosticArray(status=[DiagnosticStatus(name="x")]),
}


def test_drawing() -> None:
    """What cannot be drawn raises ValueError and nothing else, and what can be is drawn."""
    rerun = pytest.importorskip("rerun", reason="drawing needs the extra view (rerun-sdk)")
    from live_mvp_ros.viewing.live_scene import RATES_HZ, Scene

    assert set(DRAWN) == set(RATES_HZ) - {"exploration/completion"}  # words only
    scene = Scene(rerun.RecordingStream("test"))
    for topic, good in DRAWN.items():
        scene.draw(topic, good, 5)

    @MANY
    @given(st.sampled_from(sorted(DRAWN)), st.data())
    def check(topic: str, data: Any) -> None:
        with contextlib.suppress(ValueError):
            scene.draw(topic, data.draw(spoilt(DRAWN[topic])), 5)

    check()


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**32 - 1))
@example(-1, 0)
@example(0, 10**9)
def test_stamps(sec: int, nanosec: int) -> None:
    stamp = usable(headers.to_ns, Time(sec=sec, nanosec=nanosec))
    assert (stamp is None) == (sec < 0 or nanosec >= 10**9)
    if stamp is not None:
        assert headers.to_time(stamp) == Time(sec=sec, nanosec=nanosec)


@MANY
@given(st.sampled_from(list(KINDS)), st.data())
def test_serialised_bytes_that_are_cut_or_flipped_never_get_past(name: str, data: Any) -> None:
    """As a foreign publisher could send them; what rclpy itself cannot read is its refusal."""
    kind = KINDS[name]
    raw = bytearray(serialize_message(kind.good))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(4, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(4, len(raw))) :]
    try:
        received = deserialize_message(bytes(raw), type(kind.good))
    except Exception:  # rclpy's refusal, not ours
        return
    take(kind, received)


# --- cases that were seen to kill or bog down a node ---------------------------------------------


def changed(message: Any, change: Any) -> Any:
    copied = copy.deepcopy(message)
    change(copied)
    return copied


def huge(message: Any) -> None:
    message.nx, message.ny = 2**32 - 1, 2**32 - 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: setattr(m.info, "resolution", 1e-8), "resolution is 1e-08 m"),
        (lambda m: setattr(m.info, "resolution", math.inf), "resolution is inf m"),
        (lambda m: setattr(m.info.origin.position, "x", math.nan), "not finite"),
        (lambda m: setattr(m.info.origin.position, "y", 1e12), "1e\\+12 m"),
        (
            lambda m: setattr(m.info.origin, "orientation", pose_messages.rotation((0, 1, 0, 0))),
            "turned",
        ),
        (lambda m: (setattr(m.info, "width", 2**31), setattr(m.info, "height", 2)), "2147483648"),
        (lambda m: setattr(m.header.stamp, "sec", -5), "stamp"),
    ],
)
def test_a_map_that_cannot_be_is_refused_with_its_value(change: Any, words: str) -> None:
    with pytest.raises(InvalidMessageError, match=words):
        grid_messages.probability_grid(changed(GRID, change), "map")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (huge, "4294967295 x 4294967295"),
        (lambda m: setattr(m.origin, "x", math.nan), "origin"),
        (lambda m: setattr(m, "resolution", 1e-8), "resolution"),
        (lambda m: setattr(m, "local_resolution", 1e30), "resolution"),
        (lambda m: setattr(m.local_origin, "y", math.inf), "local_origin"),
        (lambda m: setattr(m.target, "x", math.nan), "target"),
        (lambda m: setattr(m, "explored_fraction", math.nan), "explored_fraction"),
        (lambda m: setattr(m, "explored_fraction", 7.0), "explored_fraction"),
        (lambda m: setattr(m, "reachable_unknown_m2", -1.0), "reachable_unknown_m2"),
        (lambda m: setattr(m, "map_stamp_ns", 2**64 - 1), "map_stamp_ns"),
        (lambda m: m.guidance.__setitem__(0, 3e38), "guidance"),
    ],
)
def test_a_field_that_cannot_be_is_refused_with_its_name(change: Any, words: str) -> None:
    with pytest.raises(InvalidMessageError, match=words):
        field_messages.field_arrays(changed(FIELD, change), "map")


def test_sizes_are_not_multiplied_into_an_overflow() -> None:
    message = changed(FIELD, huge)  # (2^32 - 1)^2 = 1 modulo 2^33
    message.gain = array.array("f", [0.0])
    message.best_yaw = message.guidance = array.array("f", [0.0])
    with pytest.raises(InvalidMessageError):
        field_messages.field_arrays(message, "map")


def test_infinite_points_are_no_return_and_the_others_stay() -> None:
    points = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    points[0, 1], points[1, 3], points[0, 2, 1] = np.inf, -np.inf, np.nan
    found = cloud_messages.cloud_points(
        cloud_messages.cloud(0, "cam", points, ("x", "y", "z")), "cam"
    )
    missing = np.zeros((2, 4), bool)
    missing[0, 1] = missing[1, 3] = missing[0, 2] = True
    assert np.array_equal(np.isnan(found).all(axis=-1), missing)
    assert np.array_equal(found[~missing], points[~missing])


def test_an_odometry_of_another_body_is_refused() -> None:
    other = changed(ODOMETRY, lambda m: setattr(m, "child_frame_id", "two/base_link"))
    with pytest.raises(InvalidMessageError, match="'two/base_link' instead of base_link"):
        vehicle_messages.vehicle_state(other, ("odom",), "base_link")


def test_a_neighbours_invalid_transform_does_not_drop_the_rest() -> None:
    bad = pose_messages.transform(0, "base_link", "broken", (0, 0, 0), (0, 0, 0, 0))
    transforms = TransformBuffer()
    problems = add_all(transforms, [bad, TRANSFORM], fixed=True)
    assert len(problems) == 1 and "'broken'" in problems[0]
    assert transforms.lookup("base_link", "cam", 0).shape == (4, 4)


def test_frames_are_not_collected_for_ever() -> None:
    transforms = TransformBuffer(most=10)
    many = [pose_messages.transform(0, "base_link", f"f{i}", (0, 0, 0), NORTH) for i in range(50)]
    problems = add_all(transforms, many, fixed=True)
    assert len(problems) == 40 and "10" in problems[0]
    assert transforms.lookup("base_link", "f9", 0).shape == (4, 4)
    again = pose_messages.transform(0, "base_link", "f9", (1, 0, 0), NORTH)
    assert not add_all(transforms, [again], fixed=True)
