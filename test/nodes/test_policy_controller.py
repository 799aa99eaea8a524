# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The policy controller alone: flies what its file says, holds on faults, and refuses the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fixed_pilot import file_that_says, random_file
from geometry_msgs.msg import Point, PoseStamped
from nav_msgs.msg import OccupancyGrid, Odometry
from patience import PATIENCE_S
from rclpy.action import ActionClient
from std_srvs.srv import Trigger

from live_mvp_ros.action import Explore
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.base.safety_code import SafetyCode
from live_mvp_ros.msg import (
    ActionPacket,
    BodyRateThrust,
    ExplorationStatus,
    InfoField,
    MapFields,
)
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.convert import (
    field_messages,
    grid_messages,
    lattice_messages,
    pose_messages,
    vehicle_messages,
)
from live_mvp_ros.vehicle import QuadrotorConfig

SPEC = GridSpec.covering((0.0, 0.0), (10.0, 6.0), 0.1)
VOLUME = {"lower_m": [0.0, 0.0, 0.5], "upper_m": [10.0, 6.0, 3.0]}
LIMITS = QuadrotorConfig()


class World:
    """Publishes odometry, map, fields and what the planner says of an empty known room.

    Attributes:
        position: where the vehicle is.
        velocity: how fast.
        walled_from_m: where x is blocked from on.
    """

    def __init__(self, bench):
        self._node = bench.node
        self._odom = bench.publisher(Odometry, "odom", qos.SENSOR)
        self._map = bench.publisher(OccupancyGrid, "map", qos.LATCHED)
        self._fields = bench.publisher(MapFields, "map/fields", qos.LATCHED)
        self._field = bench.publisher(InfoField, "info_field", qos.LATCHED)
        self.position, self.velocity = [2.0, 3.0, 2.0], [0.0, 0.0, 0.0]
        self.odometry = self.map = self.fields = True
        self.nothing_left, self.walled_from_m, self.tick = False, math.inf, 0

    def __call__(self):
        self.tick += 1
        stamp, zero = self._node.get_clock().now().nanoseconds, np.zeros(3, np.float32)
        state = vehicle_messages.VehicleState(
            stamp,
            np.float32(self.position),
            np.float32(self.velocity),
            np.float32([1, 0, 0, 0]),
            zero,
        )
        if self.odometry:
            self._odom.publish(vehicle_messages.odometry(state, "odom", "base_link"))
        if self.tick % 10:
            return
        x, _ = SPEC.centres()
        if self.map:
            cells = np.broadcast_to(100 * (x > self.walled_from_m)[:, None], SPEC.shape)
            self._map.publish(grid_messages.occupancy_grid(stamp, "map", SPEC, cells))
        if self.fields:
            values = np.full((2, 20, 12, 5), 0.4)
            lattice = lattice_messages.LatticeArrays(stamp, np.full(3, 0.25), 0.5, values)
            self._fields.publish(lattice_messages.map_fields("map", lattice))
        zeros = np.zeros(SPEC.shape)
        field = field_messages.Field(
            stamp, stamp, SPEC, zeros, zeros, zeros, 0.25, np.float32([-3, -2]),
            np.ones((16, 40, 40), np.float32), self.nothing_left, True, 5.0, 0.5,
            np.float32([8, 3]), settled=self.nothing_left,
        )  # fmt: skip
        self._field.publish(field_messages.info_field("map", field, 2.0, 1.0))


class Watched:
    """The controller under test with everything that it publishes."""

    def __init__(self, bench, checkpoint, **parameters):
        self.bench, self.world = bench, World(bench)
        self.commands = bench.collect(BodyRateThrust, "cmd/body_rates", qos.COMMAND_IN)
        self.status = bench.collect(ExplorationStatus, "exploration/status", qos.STATUS)
        given = {**VOLUME, "checkpoint": str(checkpoint), **parameters}
        self.process = bench.start("policy_controller", **given)

    def until(self, state, reason=""):
        def there():
            return self.status and (
                self.status[-1].state == state and reason in self.status[-1].reason
            )

        self.bench.wait(there, during=self.world)

    def more(self, count=30):
        """Return the commands that come next."""
        self.commands.clear()
        self.bench.wait(lambda: len(self.commands) >= count, during=self.world)
        for command in self.commands:
            assert 0.0 <= command.thrust <= LIMITS.thrust_ratio_max * LIMITS.mass_kg * 9.82
            rates = command.body_rates
            assert max(map(abs, (rates.x, rates.y, rates.z))) <= LIMITS.body_rate_max_rad_s
        return self.commands

    def call(self, name):
        client = self.bench.node.create_client(Trigger, f"explore/{name}")
        self.bench.wait(client.service_is_ready, during=self.world)
        future = client.call_async(Trigger.Request())
        self.bench.wait(future.done, during=self.world)
        return future.result()


def test_it_flies_what_the_policy_says_and_holds_on_faults(bench, tmp_path, ends_cleanly):
    """It stands, its nose goes down and it turns left, until something is missing."""
    watched = Watched(bench, file_that_says(tmp_path / "p.npz", [2.0, 0, 0, 9, 9, 0.5]))
    actions = bench.collect(ActionPacket, "packets/action")
    watched.until(ExplorationStatus.EXPLORING)
    commands = watched.more()
    assert np.mean([c.body_rates.y for c in commands]) > 0.5  # leans forwards to accelerate
    assert np.mean([c.body_rates.z for c in commands]) == pytest.approx(0.4995, rel=0.01)
    assert np.mean([c.body_rates.x for c in commands]) == pytest.approx(0.0, abs=0.02)
    assert commands[-1].header.frame_id == "base_link"
    assert len(actions[-1].motor) == 4
    assert watched.status[-1].explored_fraction == pytest.approx(0.5)

    world = watched.world
    for name, reason in (("odometry", "no odometry for"), ("map", "the map is")):
        setattr(world, name, False)
        watched.until(ExplorationStatus.HOLDING, reason)
        setattr(world, name, True)
        watched.until(ExplorationStatus.EXPLORING)
    world.fields = False  # of an old map, too
    watched.until(ExplorationStatus.HOLDING, "the map is")
    held = watched.more()
    assert np.mean([c.body_rates.z for c in held]) == pytest.approx(0.0, abs=0.05)
    world.fields = True
    watched.until(ExplorationStatus.EXPLORING)

    world.walled_from_m = 3.2  # and it comes near fast
    world.position, world.velocity = [2.3, 3.0, 2.0], [1.8, 0.0, 0.0]
    code = int(SafetyCode.OBSTACLE)
    bench.wait(lambda: watched.status[-1].safety_code == code, during=world)
    braking = watched.more()
    assert np.mean([c.body_rates.y for c in braking]) < -0.5  # leans back instead
    assert ends_cleanly(watched.process)


def test_it_obeys_requests_refuses_goals_and_ends_when_nothing_is_left(bench, tmp_path):
    watched = Watched(bench, random_file(tmp_path / "p.npz"))
    watched.until(ExplorationStatus.EXPLORING)
    watched.more()
    assert watched.call("pause").success
    watched.until(ExplorationStatus.HOLDING, "paused on request")
    watched.call("start")
    watched.until(ExplorationStatus.EXPLORING)

    client = ActionClient(bench.node, Explore, "explore")
    bench.wait(client.server_is_ready, during=watched.world)
    goal = Explore.Goal(use_goal_position=True, goal_position=Point(x=8.0, y=3.0, z=2.0))
    sending = client.send_goal_async(goal)
    bench.wait(sending.done, during=watched.world)
    assert not sending.result().accepted
    wish = bench.publisher(PoseStamped, "goal_pose", qos.STATUS)
    bench.wait(wish.get_subscription_count, during=watched.world)
    asked = PoseStamped(pose=pose_messages.pose((8.0, 3.0, 2.0), (1.0, 0.0, 0.0, 0.0)))
    asked.header.frame_id = "map"
    wish.publish(asked)
    words = "a policy cannot fly to a goal"
    log = bench.log("policy_controller")
    bench.wait(lambda: log.read_text().count(words) >= 2, during=watched.world)

    watched.world.nothing_left = True
    watched.until(ExplorationStatus.DONE, "explored")
    assert watched.status[-1].success
    assert not watched.status[-1].has_goal
    assert not watched.status[-1].goal_reached


def test_no_policy_and_another_file_are_refused_at_the_start(bench, tmp_path):
    other = tmp_path / "map.npz"
    np.savez(other, weights=np.zeros(3))
    for parameters, words in (
        ({}, "checkpoint = '' is not allowed: it must be the file of a policy"),
        ({"checkpoint": str(other)}, f"checkpoint: {other}: is no policy of live_mvp_ros"),
    ):
        process = bench.start("policy_controller", **parameters)
        assert process.wait(timeout=PATIENCE_S) == 2
        assert bench.log("policy_controller").read_text().strip() == words
        bench.processes.clear()
