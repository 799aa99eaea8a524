# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packets as JSON: names as the document fixes them, nothing lost, everything broken caught."""

from __future__ import annotations

import copy
import dataclasses
import json

import jax.numpy as jnp
import jsonschema
import numpy as np
import pytest
from any_packet import packet_of
from hypothesis import HealthCheck, given, settings

from live_mvp_ros import packets
from live_mvp_ros.packets import packet_schema
from live_mvp_ros.packets.packet_json import from_json, kind_of, to_json
from live_mvp_ros.packets.packet_types import PACKETS, PARAMETERS

SOME = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
POINT, OTHER = packets.ChartPoint(0.25, 0.5), packets.ChartPoint(0.75, 0.125)
DATA = np.array([[[0.5, np.nan], [0.25, 1.0]]], np.float32)
OBSERVATION = packets.ObservationPacket(
    7,
    "optical",
    3,
    "cup",
    packets.CameraIntrinsics(1.5, 2.5, 3.5, 4.5, 2, 1),
    (packets.ColumnObservation("col0", packets.Patch(("r", "depth"), DATA), POINT, OTHER),),
)
POSE = packets.PosePacket(
    7, "map", 3, 0.05, (packets.ColumnPose("col0", POINT, OTHER, 1.0, -1.0),)
)
CONTEXT = packets.ContextPacket(7, "", 3, 1024, (0, 5), ("metronome", "switch"))
INFO = packets.StepInfo(7, "", 3, object_id="cup")
FACET = packets.FacetRecord(7, "map", 3, "cup", "col0", (1.0, 2.0, 3.0), (0, 0, 1), np.nan, 1)


def test_an_observation_has_the_names_of_the_document():
    assert to_json(OBSERVATION) == {
        "type": "observation.v1",
        "columns": [
            {
                "column_id": "col0",
                "channels": ["r", "depth"],
                "patch": [[[0.5, None], [0.25, 1.0]]],
                "egocentric_pose": {"u": 0.25, "v": 0.5, "u_prev": 0.75, "v_prev": 0.125},
            }
        ],
        "global_meta": {
            "object_id": "cup",
            "tick": 3,
            "stamp_ns": 7,
            "frame_id": "optical",
            "camera_intr": {
                "fx": 1.5,
                "fy": 2.5,
                "cx": 3.5,
                "cy": 4.5,
                "width": 2,
                "height": 1,
            },
        },
    }


def test_a_pose_has_the_names_of_the_document():
    meta = {"tick": 3, "stamp_ns": 7, "frame_id": "map"}
    column = {
        "column_id": "col0",
        "pose_t": {"u": 0.25, "v": 0.5},
        "pose_tm1": {"u": 0.75, "v": 0.125},
        "velocity": {"u": 1.0, "v": -1.0},
    }
    plain = {"type": "pose.v1", "per_column": [column], "dt": 0.05, "meta": meta}
    assert to_json(POSE) == plain
    body = packets.BodyPose((1.0, 2.0, 3.0), (0.0, 1.0, 0.0, 0.0))
    at = {"position": [1.0, 2.0, 3.0], "orientation": [0.0, 1.0, 0.0, 0.0]}
    explorer = packets.PosePacket(
        7, "map", 3, 0.05, POSE.columns, True, body, body, True, "cup", POINT
    )
    assert to_json(explorer) == plain | {
        "se3": at,
        "se3_previous": at,
        "chart_of_interest": {"u": 0.25, "v": 0.5, "object_id": "cup"},
    }


def test_a_context_has_the_names_of_the_document():
    assert to_json(CONTEXT) == {
        "type": "context.v1",
        "c_bits": {"indices": [0, 5], "length": 1024},
        "sources": ["metronome", "switch"],
        "meta": {"tick": 3, "stamp_ns": 7, "frame_id": ""},
    }


@pytest.mark.parametrize(
    ("given_values", "params"),
    [
        ({"action": "move", "dx": 1.0, "dy": 2.0}, {"dx": 1.0, "dy": 2.0}),
        ({"action": "jump_to", "u": 0.5, "v": 0.25}, {"u": 0.5, "v": 0.25}),
        ({"action": "rotate", "dyaw": 0.5}, {"dyaw": 0.5, "dpitch": 0.0}),
        ({"action": "zoom", "dz": 0.5}, {"dz": 0.5}),
        ({"action": "focus", "df": 0.5}, {"df": 0.5}),
        ({"action": "motor", "motor": (0.5,)}, {"motor": [0.5]}),
        ({"action": "noop"}, {}),
        ({"action": "switch_object"}, {}),
    ],
)
def test_an_action_says_its_own_parameters_and_no_others(given_values, params):
    values = to_json(packets.ActionPacket(0, "", 0, **given_values))
    assert (values["type"], values["params"]) == (given_values["action"], params)


def test_step_info_has_the_names_of_the_document():
    flags = {"ok", "clamped", "wrapped", "collided", "reset_suggested", "object_id"}
    assert flags <= set(to_json(INFO))


@pytest.mark.parametrize("kind", PACKETS, ids=lambda kind: kind.__name__)
def test_json_and_back_loses_nothing_and_keeps_the_schema(kind):
    @SOME
    @given(packet_of(kind))
    def check_one(packet):
        values = json.loads(json.dumps(to_json(packet), allow_nan=False))
        packet_schema.check(values)
        assert kind_of(values) is kind
        back = from_json(kind, values)
        assert repr(back) == repr(packet)
        assert repr(to_json(back)) == repr(to_json(packet))  # arrays, which repr cuts

    check_one()


@pytest.mark.parametrize("kind", PACKETS, ids=lambda kind: kind.__name__)
def test_the_schema_files_are_what_the_classes_say(kind):
    file = packet_schema.FOLDER / packet_schema.file_name(kind)
    text = file.read_text(encoding="utf-8")
    assert text == packet_schema.text_of(kind), "run live-mvp packets schema"
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_there_are_no_other_schema_files():
    names = {file.name for file in packet_schema.FOLDER.glob("*")}
    assert names == {packet_schema.file_name(kind) for kind in PACKETS}


EXAMPLES = {
    "observation": OBSERVATION,
    "pose": POSE,
    "context": CONTEXT,
    "info": INFO,
    "facet": FACET,
    **{
        name: packets.ActionPacket(
            0, "", 0, name, **({"motor": (0.5,)} if name == "motor" else {})
        )
        for name in PARAMETERS
    },
}


def places(values, prefix=()):
    """Yield the way to everything in a packet, objects and lists too."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in items:
        yield (*prefix, key)
        if isinstance(value, dict | list):
            yield from places(value, (*prefix, key))


def changed(values, place, change):
    """Return a copy with a change made to the parent of a place."""
    made = copy.deepcopy(values)
    parent = made
    for key in place[:-1]:
        parent = parent[key]
    change(parent, place[-1])
    return made


LEFT_OUT = ("stamp_ns", "frame_id", "message", "extrinsic_reward")
"""What others may leave out, besides ``meta`` and ``velocity``."""
PLAIN_OBSERVATION = {
    "type": "observation.v1",
    "columns": [
        {
            "column_id": "col0",
            "channels": ["r", "depth"],
            "patch": [[[0.5, None], [0.25, 1.0]]],
            "egocentric_pose": {"u": 0.25, "v": 0.5, "u_prev": 0.75, "v_prev": 0.125},
        }
    ],
    "global_meta": {
        "object_id": "cup",
        "tick": 3,
        "camera_intr": {"fx": 1.5, "fy": 2.5, "cx": 3.5, "cy": 4.5, "width": 2, "height": 1},
    },
}
PLAIN_COLUMN = {
    "column_id": "col0",
    "pose_t": {"u": 0.25, "v": 0.5},
    "pose_tm1": {"u": 0.75, "v": 0.125},
}
PLAIN_POSE = {"type": "pose.v1", "per_column": [PLAIN_COLUMN], "dt": 0.05}
AT = {"position": [1.0, 2.0, 3.0], "orientation": [0.0, 1.0, 0.0, 0.0]}
AT_REST = packets.ColumnPose("col0", POINT, OTHER, 0.0, 0.0)


@pytest.mark.parametrize(
    ("values", "packet"),
    [
        (
            PLAIN_OBSERVATION,
            packets.ObservationPacket(0, "", 3, "cup", OBSERVATION.camera, OBSERVATION.columns),
        ),
        (PLAIN_POSE, packets.PosePacket(0, "", 0, 0.05, (AT_REST,))),
        (
            PLAIN_POSE | {"se3": AT, "chart_of_interest": {"u": 0.25, "v": 0.5}},
            packets.PosePacket(
                0,
                "",
                0,
                0.05,
                (AT_REST,),
                True,
                packets.BodyPose((1.0, 2.0, 3.0), (0.0, 1.0, 0.0, 0.0)),
                has_interest=True,
                interest=POINT,
            ),
        ),
        (
            {
                "type": "context.v1",
                "c_bits": {"indices": [0, 5], "length": 1024},
                "sources": ["metronome", "switch"],
            },
            packets.ContextPacket(0, "", 0, 1024, (0, 5), ("metronome", "switch")),
        ),
        (
            {"type": "move", "params": {"dx": 1.0, "dy": 0.0}},
            packets.ActionPacket(0, "", 0, "move", dx=1.0),
        ),
        ({"type": "noop", "params": {}}, packets.ActionPacket(0, "", 0, "noop")),
        (
            {"type": "noop", "params": {}, "meta": {"tick": 4}},
            packets.ActionPacket(0, "", 4, "noop"),
        ),
    ],
)
def test_what_a_document_leaves_out_is_read_as_its_default(values, packet):
    packet_schema.check(values)
    read = from_json(type(packet), values)
    assert read == packet
    written = to_json(read)  # complete
    assert set(written) >= {*values, "global_meta" if "global_meta" in values else "meta"}
    assert from_json(type(packet), written) == packet


def test_step_info_by_its_flags_alone_is_read_and_keeps_its_schema():
    flags = dict.fromkeys(("ok", "clamped", "wrapped", "collided", "reset_suggested"), True)
    values = flags | {"object_id": "cup"}
    file = packet_schema.FOLDER / packet_schema.file_name(packets.StepInfo)
    jsonschema.validate(values, json.loads(file.read_text(encoding="utf-8")))
    assert from_json(packets.StepInfo, values) == packets.StepInfo(
        0, "", 0, True, True, True, True, True, "cup"
    )


def test_the_channels_of_a_patch_cannot_be_left_out():
    values = copy.deepcopy(PLAIN_OBSERVATION)
    del values["columns"][0]["channels"]
    with pytest.raises(packets.PacketError, match="'channels' is a required property"):
        packet_schema.check(values)
    with pytest.raises(packets.PacketError, match="channels = None is not allowed"):
        from_json(packets.ObservationPacket, values)


@pytest.mark.parametrize("name", ["dx", "tick"])
def test_a_number_beyond_all_floats_is_refused(name):
    values = to_json(packets.ActionPacket(0, "", 0, "move"))
    values["meta" if name == "tick" else "params"][name] = 10**400
    with pytest.raises(packets.PacketError, match=f"{name} is too large a number"):
        from_json(packets.ActionPacket, values)


@pytest.mark.parametrize("name", EXAMPLES)
def test_whatever_is_missing_or_of_another_type_is_caught(name):
    values = to_json(EXAMPLES[name])
    packet_schema.check(values)
    for place in places(values):
        if isinstance(place[-1], str):
            without = changed(values, place, lambda p, key: p.pop(key))
            if place[:1] == ("meta",) or place[-1] in LEFT_OUT or "velocity" in place:
                packet_schema.check(without)
            else:
                with pytest.raises(packets.PacketError):
                    packet_schema.check(without)
        for wrong in ({"x": 1}, "no such word", [[]], True if place[-1] != "ok" else 2):
            flag = place[-1] in ("ok", "clamped", "wrapped", "collided", "reset_suggested")
            text = place[-1] in ("object_id", "column_id", "frame_id", "message", "patch")
            text = text or place[-2:-1] in (("sources",), ("channels",))
            if (flag and wrong is True) or (text and isinstance(wrong, str)):
                continue
            with pytest.raises(packets.PacketError):
                packet_schema.check(
                    changed(values, place, lambda p, key, w=wrong: p.__setitem__(key, w))
                )


@pytest.mark.parametrize(
    ("packet", "place", "value", "sentence"),
    [
        (OBSERVATION, ("columns", 0, "egocentric_pose", "u"), 1.0, "exclusive|maximum"),
        (OBSERVATION, ("columns", 0, "egocentric_pose", "v_prev"), -0.1, "minimum"),
        (OBSERVATION, ("columns", 0, "patch"), [[[0.5], [0.25]]], "does not fit"),
        (OBSERVATION, ("columns", 0, "patch"), [[[0.5, 1.0]], []], "patch"),
        (OBSERVATION, ("columns", 0, "channels"), ["r", "r"], "non-unique"),
        (OBSERVATION, ("global_meta", "camera_intr", "fx"), 0.0, "minimum"),
        (OBSERVATION, ("global_meta", "tick"), -1, "minimum"),
        (OBSERVATION, ("more",), 1, "Additional properties"),
        (OBSERVATION, ("type",), "observation.v2", "type = 'observation.v2' is not allowed"),
        (POSE, ("dt",), 0.0, "minimum"),
        (POSE, ("chart_of_interest",), {"u": 0.0, "v": 0.0}, None),
        (POSE, ("chart_of_interest",), {"u": 0.0, "object_id": "cup"}, "'v' is a required"),
        (POSE, ("meta",), 3, "not of type"),
        (POSE, ("se3",), {"position": [0, 0], "orientation": [1, 0, 0, 0]}, "too short"),
        (POSE, ("per_column",), [], None),
        (CONTEXT, ("c_bits", "indices"), [5, 0], "must be ascending"),
        (CONTEXT, ("c_bits", "indices"), [5, 5], "non-unique"),
        (CONTEXT, ("c_bits", "indices"), [5, 1024], "less than length"),
        (CONTEXT, ("c_bits", "length"), 0, "minimum"),
        (INFO, ("extrinsic_reward",), None, "not of type"),
        (FACET, ("normal",), [0.0, 0.0, 0.5], "length must be 1"),
        (FACET, ("source",), "guess", "is not one of"),
        (FACET, ("curvature",), 1.5, None),
    ],
)
def test_a_broken_packet_is_caught_by_a_sentence(packet, place, value, sentence):
    values = changed(to_json(packet), place, lambda p, key: p.__setitem__(key, value))
    if sentence is None:
        packet_schema.check(values)
        return
    with pytest.raises(packets.PacketError, match=sentence):
        packet_schema.check(values)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: packets.ChartPoint(1.0, 0.0), "u = 1.0 is not allowed: it must be at least 0"),
        (lambda: packets.ChartPoint(np.nan, 0.0), "u = nan is not finite"),
        (lambda: packets.BodyPose((0, 0, 0), (1, 1, 0, 0)), "its length must be 1"),
        (lambda: packets.ActionPacket(0, "", 0, "fly"), "action = 'fly' is not allowed"),
        (lambda: packets.ActionPacket(0, "", 0, "noop", dx=1.0), "noop has no such parameter"),
        (
            lambda: packets.BeliefPacket(0, "", 0, ("a", "b"), (0.5, 0.4)),
            "probabilities that sum to 0.9",
        ),
        (lambda: packets.BeliefPacket(0, "", 0, ("a",), ()), "there must be one for each"),
        (
            lambda: packets.PosePacket(0, "", 0, 0.1, (), interest_object_id="cup"),
            "interest without has_interest",
        ),
        (lambda: packets.PosePacket(0, "", 0, 0.1, POSE.columns * 2), "column 'col0'"),
        (lambda: packets.Patch(("r",), np.full((1, 1, 1), np.inf, np.float32)), "infinite"),
        (lambda: packets.Patch(("r",), np.zeros((0, 1, 1), np.float32)), "must not be empty"),
        (lambda: packets.Patch(("r",), [[[0.5]]]), "data = .* must be an array of NumPy"),
        (
            lambda: dataclasses.replace(
                OBSERVATION, camera=dataclasses.replace(OBSERVATION.camera, width=63)
            ),
            "in column 'col0' is not allowed: the camera's images have 63 x",
        ),
        (lambda: packets.ActionPacket(0, "", 0, "move", dx="1"), "dx = '1' .* must be a number"),
        (lambda: packets.ActionPacket(0, "", 0, "move", dx=True), "dx = True .* must be a number"),
        (lambda: packets.ActionPacket(0, "", 0.5), "tick = 0.5 .* must be a whole number"),
        (lambda: packets.ActionPacket(0, None, 0), "frame_id = None .* must be text"),
        (lambda: packets.ActionPacket(0, "", 0, "motor", motor="1"), "motor = '1' .* a list"),
        (lambda: packets.StepInfo(0, "", 0, ok=1), "ok = 1 .* must be true or false"),
        (lambda: packets.BodyPose((0, 0)), "position_m = .* must be 3 numbers"),
        (lambda: packets.ColumnPose("a", (0, 0), (0, 0), 0, 0), "pose = .* must be a ChartPoint"),
        (
            lambda: packets.ActionPacket(0, "", 0, "jump_to", u=np.float32(1.75)),
            "u = 1.75 is not allowed: it must be at least 0 and below 1",
        ),
    ],
)
def test_a_packet_that_breaks_its_definition_cannot_be_made(make, sentence):
    with pytest.raises(packets.PacketError, match=sentence):
        make()


@pytest.mark.parametrize("array", [np.float32, np.float64, jnp.float32])
def test_numbers_and_arrays_of_other_libraries_are_those_of_packets(array):
    action = packets.ActionPacket(
        np.int64(5), np.str_("map"), np.uint8(1), "move", dx=array(0.5), dy=array(-1)
    )
    assert action == packets.ActionPacket(5, "map", 1, "move", dx=0.5, dy=-1.0)
    assert json.loads(json.dumps(to_json(action)))["params"] == {"dx": 0.5, "dy": -1.0}
    motor = packets.ActionPacket(0, "", 0, "motor", motor=np.zeros(6, np.float32))
    assert motor.motor == (0.0,) * 6 and json.dumps(to_json(motor))
    info = packets.StepInfo(0, "", 0, ok=np.bool_(False))
    assert info.ok is False
    values = {"type": "move", "params": {"dx": array(0.5), "dy": 0.0}, "meta": {}}
    assert from_json(packets.ActionPacket, values).dx == 0.5


def test_an_empty_part_that_nobody_knows_is_refused_and_known_ones_may_be_empty():
    noop = {"type": "noop", "params": {}, "meta": {}}
    assert from_json(packets.ActionPacket, noop).action == "noop"
    with pytest.raises(packets.PacketError, match="junk is not a part of ActionPacket"):
        from_json(packets.ActionPacket, noop | {"junk": {}})
    with pytest.raises(packets.PacketError, match="params.junk is not a part of ActionPacket"):
        from_json(packets.ActionPacket, noop | {"params": {"junk": {}}})


def test_a_patch_in_a_file_fits_any_camera_but_an_endless_one():
    values = to_json(OBSERVATION)
    values["columns"][0]["patch"] = "col0.npy"
    packet_schema.check(values)
    values["global_meta"]["camera_intr"] |= {"width": 2**32 - 1, "height": 2**32 - 1}
    with pytest.raises(packets.PacketError, match="camera_intr of 4294967295 x 4294967295 px"):
        packet_schema.check(values)


def test_packets_in_which_the_same_is_unknown_are_equal():
    again = from_json(packets.FacetRecord, to_json(FACET))
    assert again == FACET and hash(again) == hash(FACET)
    assert dataclasses.replace(FACET, curvature=np.float32(np.nan)) == FACET
    assert dataclasses.replace(FACET, curvature=1.0) != FACET
