# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node environment answers what Python returns, and refuses what Python refuses."""

from __future__ import annotations

import itertools
import os

import pytest

from live_mvp_ros import packets
from live_mvp_ros.msg import ActionPacket
from live_mvp_ros.packets import EnvConfig, Environment
from live_mvp_ros.packets.packet_json import to_json
from live_mvp_ros.ros.convert.packet_messages import from_message, to_message
from live_mvp_ros.srv import ResetEnvironment, StepEnvironment

KINDS = (packets.ObservationPacket, packets.ContextPacket, packets.PosePacket)


def reset(bench, **request):
    return bench.call(ResetEnvironment, "environment/reset", ResetEnvironment.Request(**request))


def step(bench, **action):
    request = StepEnvironment.Request(action=to_message(packets.ActionPacket(0, "", 0, **action)))
    return bench.call(StepEnvironment, "environment/step", request)


def said(response) -> list[str]:
    """Return the packets of an answer as text, which JSON makes comparable."""
    assert response.success, response.message
    messages = (response.observation, response.context, response.pose)
    found = [from_message(k, m) for k, m in zip(KINDS, messages, strict=True)]
    if hasattr(response, "info"):
        found.append(from_message(packets.StepInfo, response.info))
    return [repr(to_json(packet)) for packet in found]


@pytest.mark.parametrize(("scenario", "count"), [("examiner", 1000), ("explorer", 200)])
def test_the_node_answers_what_python_returns(bench, ends_cleanly, scenario, count):
    process = bench.start("environment", scenario=scenario, sensor__resolution=[8, 12])
    values = {"sensor": {"resolution": [8, 12]}}
    twin = Environment(EnvConfig.from_dict(values))
    for _ in range(2):  # also what goes on with the environment's own stream
        expected = [repr(to_json(packet)) for packet in twin.reset(scenario=scenario)]
        assert said(reset(bench, scenario="")) == expected
    begin = {"seed": 7, "object_id": "006_mustard_bottle", "scenario": scenario}
    assert said(reset(bench, use_seed=True, **begin)) == [
        repr(to_json(p)) for p in twin.reset(**begin)
    ]
    kinds = ["move", "move", "jump_to", "switch_object", "noop"]
    if scenario == "explorer":
        kinds += ["motor", "rotate", "zoom", "focus"]
    for i, kind in zip(range(count), itertools.cycle(kinds), strict=False):
        params = {
            "move": {"dx": 0.5 * (i % 9), "dy": 1.0},
            "jump_to": {"u": 0.04 * i % 1.0, "v": 0.5},
            "motor": {"motor": tuple(((7 * i * k) % 11) / 5.0 - 1.0 for k in range(1, 7))},
            "rotate": {"dyaw": 0.1 * (i % 5), "dpitch": 0.02 * (i % 7)},
            "zoom": {"dz": 0.05 * (i % 5 - 2)},
            "focus": {"df": 0.1 * (i % 3 - 1)},
        }
        action = {"action": kind, **params.get(kind, {})}
        expected = twin.step(packets.ActionPacket(0, "", 0, **action))
        assert said(step(bench, **action)) == [repr(to_json(packet)) for packet in expected]
    assert ends_cleanly(process)


def test_what_python_refuses_the_node_refuses_by_the_same_sentence(bench):
    bench.start("environment", backend="stub", scenario="explorer")
    refused = step(bench, action="noop")
    assert not refused.success and "reset comes first" in refused.message
    refused = reset(bench, object_id="cup")
    assert not refused.success and "object_id = 'cup' is not allowed" in refused.message
    refused = reset(bench, scenario="goalseeker")
    assert not refused.success and "not allowed without rewards" in refused.message
    answer = reset(bench, scenario="")  # the parameter's
    assert answer.success and answer.pose.has_body_pose
    request = StepEnvironment.Request(action=ActionPacket(action="fly"))
    refused = bench.call(StepEnvironment, "environment/step", request)
    assert not refused.success and "action = 'fly' is not allowed" in refused.message
    assert step(bench, action="zoom", dz=0.1).success


def test_a_goalseeker_is_paid_by_a_function_of_the_user(bench, tmp_path, monkeypatch):
    (tmp_path / "payday.py").write_text(
        "def by_tick(observation, pose, info):\n"
        "    return 0.25 * observation.tick if info.tick < 3 else None\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    bench.start("environment", backend="stub", scenario="goalseeker", reward="payday:by_tick")
    answer = reset(bench, scenario="")
    assert answer.success and "reward" in answer.context.sources
    assert [step(bench, action="noop").info.extrinsic_reward for _ in range(2)] == [0.25, 0.5]
    refused = step(bench, action="noop")
    assert not refused.success
    assert "extrinsic_reward = None is not allowed: it must be a number" in refused.message
    assert reset(bench, scenario="examiner").success


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"backend": "stub", "scenario": "goalseeker"}, "not allowed without rewards"),
        ({"backend": "stub", "reward": "payday:none"}, "reward = 'payday:none' is not allowed"),
        ({"backend": "habitat"}, "habitat"),
        ({"patch_shape": [4, 4, 9]}, "patch_shape = (4, 4, 9) is not allowed"),
        ({"backend": "mesh", "assets__ycb_root": "/nowhere"}, "no model of 003_cracker_box"),
    ],
)
def test_a_start_with_what_is_not_there_ends_with_a_sentence(bench, parameters, sentence):
    process = bench.start("environment", **parameters)
    bench.processes.pop("environment")
    assert process.wait(timeout=120) == 2
    text = bench.log("environment").read_text()
    assert sentence in text and "Traceback" not in text
