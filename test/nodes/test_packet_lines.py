# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The packets of a flight: in its bag they keep their schemas, beside it they become lines."""

from __future__ import annotations

import json
import math
from collections import Counter

import numpy as np
import pytest
from bag_packets import packets_of
from patience import PATIENCE_S

from live_mvp_ros import packets
from live_mvp_ros.msg import ActionPacket, ExplorationStatus, ObservationPacket, PosePacket
from live_mvp_ros.packets import explorer
from live_mvp_ros.packets.packet_json import from_json, to_json
from live_mvp_ros.packets.packet_schema import check
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert.packet_messages import to_message

CAMERA = packets.CameraIntrinsics(40.0, 40.0, 23.5, 17.5, 48, 36)


def wall(tick: int) -> packets.ObservationPacket:
    """Return the depth of a wall 2 m ahead."""
    depth = np.full((36, 48), 2.0, np.float32)
    body = packets.BodyPose()
    return explorer.observation_packet(
        10**9 * tick, "optical", tick, "office", CAMERA, {"depth": depth}, body, body
    )


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_actions_and_observations_become_lines(bench, tmp_path, ends_cleanly):
    process = bench.start(
        "recorder", output=str(tmp_path / "bag"), packets_folder=str(tmp_path), seed=5
    )
    actions = bench.publisher(ActionPacket, "packets/action", qos.SENSOR)
    seen = bench.publisher(ObservationPacket, "packets/observation", qos.SENSOR)
    states = bench.publisher(ExplorationStatus, "exploration/status", qos.STATUS)
    bench.wait(lambda: all(p.get_subscription_count() for p in (actions, seen, states)))
    endless = ExplorationStatus(
        state=ExplorationStatus.EXPLORING,
        explored_fraction=float("inf"),
        control_ms_p50=float("inf"),
    )
    action = packets.ActionPacket(7, "base_link", 3, "motor", "col0", motor=(0.5, 0.0, 0.0, 0.0))
    status = ExplorationStatus(
        state=ExplorationStatus.EXPLORING, explored_fraction=0.25, control_ms_p50=float("nan")
    )
    facets_file, eval_file = tmp_path / "facets.jsonl", tmp_path / "eval.jsonl"

    def publish():
        states.publish(endless)
        actions.publish(to_message(action))
        states.publish(status)
        seen.publish(to_message(wall(1)))
        broken = to_message(wall(2))
        broken.columns[0].patch.height = 7
        seen.publish(broken)
        foreign = to_message(wall(3))  # a patch of its own size, which is not the camera's
        foreign.columns[0].patch = to_message(
            packets.Patch(("depth",), np.full((10, 10, 1), 2.0, np.float32))
        )
        seen.publish(foreign)
        actions.publish(to_message(action))

    def enough():
        found = lines(eval_file)
        return len(found) > 5 and found[-1]["object_id"] and found[-1]["explored_fraction"]

    bench.wait(lambda: eval_file.exists() and enough(), during=publish)
    assert ends_cleanly(process)
    bench.processes.pop("recorder")
    records = lines(eval_file)
    for values in records:
        check(values)
    assert all(values["step_ms"] is None for values in records)
    last = from_json(packets.EvalRecord, records[-1])
    assert (last.seed, last.object_id, last.scenario) == (5, "office", "explorer")
    assert last.action == action and last.info.ok
    assert last.explored_fraction == 0.25 and math.isnan(last.step_ms)
    facets = [from_json(packets.FacetRecord, values) for values in lines(facets_file)]
    assert facets
    for facet in facets:
        check(to_json(facet))
        assert (facet.tick, facet.frame_id, facet.source) == (1, "optical", 1)
        assert facet.point[2] == pytest.approx(2.0)
        assert facet.normal == pytest.approx((0.0, 0.0, -1.0), abs=1e-6)
        assert facet.curvature == pytest.approx(0.0, abs=1e-6)


def test_a_folder_that_is_not_there_is_refused(bench, tmp_path):
    process = bench.start(
        "recorder", output=str(tmp_path / "bag"), packets_folder=str(tmp_path / "no")
    )
    bench.processes.pop("recorder")
    assert process.wait(timeout=PATIENCE_S) == 2
    assert "packets_folder" in bench.log("recorder").read_text()


def test_every_packet_of_a_short_bag_keeps_its_schema(bench, tmp_path, ends_cleanly):
    poses = bench.collect(PosePacket, "packets/pose")
    recorder = bench.start("recorder", output=str(tmp_path / "bag"))
    bench.run(
        "gt_depth",
        *("--ros-args", "-r", "odom:=ground_truth/odom", "-p", "world:=seed"),
        *("-p", "packet_modalities:=[rgb, depth, normals]", "-p", "packet_rate_hz:=5.0"),
    )
    bench.start("quadrotor_sim", start_position_m=[-3.0, 0.0, 1.5])
    bench.wait(lambda: poses and poses[-1].has_interest)
    # this test and the recorder listen to the one, the recorder alone to the other
    bench.wait(lambda: bench.node.count_subscribers("packets/pose") >= 2)
    bench.wait(lambda: bench.node.count_subscribers("packets/observation") >= 1)
    poses.clear()
    bench.wait(lambda: len(poses) > 15)
    bench.spin(1.0)
    assert ends_cleanly(recorder)
    bench.processes.pop("recorder")
    counts: Counter[str] = Counter()
    for topic, packet in packets_of(tmp_path / "bag"):
        counts[topic] += 1
        if topic == "/packets/observation":
            assert packet.columns[0].patch.channels == ("r", "g", "b", "depth", "nx", "ny", "nz")
    assert counts["/packets/pose"] > 10 and counts["/packets/observation"] > 1
    assert poses[-1].interest_object_id == "seed"
