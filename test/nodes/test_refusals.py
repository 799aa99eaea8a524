# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is refused is said once per reason and counted; who cannot be heard is named."""

from __future__ import annotations

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from nav_msgs.msg import Odometry
from tf2_msgs.msg import TFMessage

from live_mvp_ros.action import Explore
from live_mvp_ros.base.config import ConfigurationError
from live_mvp_ros.nodes.imppi_controller.controller_parameters import NodeConfig
from live_mvp_ros.nodes.info_field.field_parameters import FieldConfig
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import vehicle_messages
from live_mvp_ros.ros.geometries import AT_ONCE, PERIOD_S, Geometries
from live_mvp_ros.ros.node import FUTURE_S
from live_mvp_ros.ros.refusals import (
    FARTHEST_M,
    REASONS_LOGGED,
    REMIND_S,
    InvalidMessageError,
    Refusals,
)
from live_mvp_ros.ros.steering.exploration import refusal


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (1e6, "goal_position holds 1e+06 m, at most 100000 m is allowed"),
        (float("inf"), "goal_position holds a value that is not finite"),
        (5.0, ""),
    ],
)
def test_a_goal_beyond_what_any_node_takes_is_no_goal(x, words):
    request = Explore.Goal(use_goal_position=True)
    request.goal_position.x = x
    assert refusal(request, busy=False) == words
    request.use_goal_position = False
    assert refusal(request, busy=False) == ""


@pytest.mark.parametrize("config", [FieldConfig, NodeConfig])
def test_a_goal_of_a_parameter_has_the_same_bound(config):
    assert config(goal_m=(FARTHEST_M, 0.0, 0.0)).goal_m[0] == FARTHEST_M
    with pytest.raises(ConfigurationError, match=r"goal_m\[1\] = 1000000.0 is not allowed"):
        config(goal_m=(0.0, 1e6, 0.0))


def test_every_distinct_reason_is_said_once():
    refusals = Refusals()
    said = [
        refusals.add(reason, 0.0)
        for reason in (
            "its frame is 'mars' instead of odom",
            "its frame is 'mars' instead of odom",
            "the quaternion has length 0.123 instead of 1",
            "the quaternion has length 7.5e-08 instead of 1",
            "its frame is 'venus' instead of odom",
        )
    ]
    assert [bool(text) for text in said] == [True, False, True, False, True]
    assert refusals.count == 5
    assert refusals.last == "its frame is 'venus' instead of odom"


def test_what_goes_on_is_counted_now_and_then():
    refusals = Refusals()
    said = [refusals.add("bad", 0.1 * i) for i in range(int(25 * REMIND_S))]
    texts = [text for text in said if text]
    assert texts[0] == "bad"
    assert len(texts) == 3  # 75 s
    assert all("more; the last one: bad" in text for text in texts[1:])
    assert sum(int(text.split()[0]) for text in texts[1:]) <= refusals.count - 1


def test_a_publisher_of_ever_new_reasons_does_not_fill_log_or_memory():
    refusals = Refusals()
    names = ["".join(chr(97 + (i >> 4 * k) % 16) for k in range(4)) for i in range(5000)]
    said = [refusals.add(f"its frame is {name!r}" + "x" * 10_000, 0.0) for name in names]
    assert sum(bool(text) for text in said) == REASONS_LOGGED
    assert max(map(len, said)) < 400
    assert len(refusals.last) < 400


def test_geometries_that_change_all_the_time_are_refused():
    now = [0.0]
    geometries = Geometries(lambda: now[0])
    for i in range(AT_ONCE):
        geometries.admit(i)
    with pytest.raises(InvalidMessageError, match="changes too often"):
        geometries.admit("another")
    geometries.admit(0)  # compiled already
    now[0] += PERIOD_S + 0.01
    geometries.admit("another")
    taken = 0
    for i in range(3600):  # an hour of a new one every second
        now[0] += 1.0
        try:
            geometries.admit(("new", i))
        except InvalidMessageError:
            continue
        taken += 1
    assert taken <= 3600 / PERIOD_S + 1


def last(health, name):
    """Return the last status of a node, and its values."""
    found = [s for m in health for s in m.status if s.name == name]
    return (found[-1], {v.key: v.value for v in found[-1].values}) if found else (None, {})


def test_incompatible_quality_of_service_is_said_on_both_sides(bench):
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.start("live_map")
    bench.wait(lambda: last(health, "live_map")[0])
    assert not [key for key in last(health, "live_map")[1] if key.startswith("incompatible")]
    bench.publisher(TFMessage, "tf_static", qos.SENSOR)
    bench.wait(lambda: "incompatible 1" in last(health, "live_map")[1])
    status, values = last(health, "live_map")
    assert status.level == DiagnosticStatus.WARN
    assert "nothing on tf_static from /bench arrives" in values["incompatible 1"]
    assert "best effort publisher and reliable subscription" in values["incompatible 1"]
    assert "volatile publisher and transient local subscription" in values["incompatible 1"]
    assert "nothing on tf_static from /bench arrives" in status.message
    assert bench.log("live_map").read_text().count("nothing on tf_static from /bench") == 1


def test_a_subscription_that_a_node_cannot_reach_is_said(bench):
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.collect(Odometry, "odom", qos.STATUS)  # reliable, while odometry is best effort
    bench.start("quadrotor_sim")
    bench.wait(lambda: "incompatible 1" in last(health, "quadrotor_sim")[1])
    _, values = last(health, "quadrotor_sim")
    assert "nothing on odom reaches /bench" in values["incompatible 1"]
    assert "reliable subscription" in values["incompatible 1"]
    assert "deadline" not in values["incompatible 1"]  # nobody asked for one
    assert "nothing on odom reaches /bench" in bench.log("quadrotor_sim").read_text()


def test_a_second_reason_on_a_topic_is_said_too(bench):
    odometry = bench.publisher(Odometry, "odom", qos.SENSOR)
    health = bench.collect(DiagnosticArray, "/diagnostics", qos.DIAGNOSTICS)
    bench.start("gt_depth", world="seed", camera__width_px=16, camera__height_px=12)
    good = vehicle_messages.VehicleState(
        0, *map(np.float32, ((0, 0, 1), (0, 0, 0), (1, 0, 0, 0), (0, 0, 0)))
    )
    other, late = (vehicle_messages.odometry(good, "odom", "base_link") for _ in range(2))
    other.child_frame_id = "two/base_link"
    ahead_s = FUTURE_S + 3600
    late.header.stamp.sec = int(bench.node.get_clock().now().nanoseconds * 1e-9 + ahead_s)

    def publish():
        odometry.publish(other)
        odometry.publish(late)

    def said(text):
        return text in bench.log("gt_depth").read_text()

    bench.wait(
        lambda: said("'two/base_link' instead of base_link") and said("ahead of this node's"),
        during=publish,
    )
    bench.wait(lambda: "invalid odom" in last(health, "gt_depth")[1])
    assert bench.log("gt_depth").read_text().count("two/base_link") < 5
