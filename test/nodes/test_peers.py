# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who cannot be heard is said by name, also where the name comes after the endpoint."""

import logging

import pytest

pytest.importorskip("rclpy")

from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo

from live_mvp_ros.ros.peers import ROUNDS_FOR_A_NAME, Peers

RELIABLE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Graph:
    """A node as far as it is asked who else is on a topic."""

    def __init__(self):
        self.others = []

    def get_subscriptions_info_by_topic(self, topic):
        return self.others

    def get_logger(self):
        return logging.getLogger(__name__)


def peer(name, gid=1):
    namespace = "_NODE_NAMESPACE_UNKNOWN_" if name == "_NODE_NAME_UNKNOWN_" else "/"
    return TopicEndpointInfo(
        node_name=name,
        node_namespace=namespace,
        endpoint_gid=[gid] * 16,
        qos_profile=RELIABLE,
    )


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
def peers(graph):
    peers = Peers(graph)
    peers.add("odom", BEST_EFFORT, subscribes=False)
    return peers


def test_a_name_that_comes_later_is_waited_for(graph, peers, caplog):
    graph.others = [peer("_NODE_NAME_UNKNOWN_")]
    assert peers.problems() == peers.problems() == []
    graph.others = [peer("bench")]
    (sentence,) = peers.problems()
    assert sentence.startswith("nothing on odom reaches /bench, incompatible quality of service")
    assert "UNKNOWN" not in caplog.text


def test_what_never_has_a_name_is_said_all_the_same(graph, peers):
    graph.others = [peer("_NODE_NAME_UNKNOWN_"), peer("bench", gid=2)]
    for _ in range(ROUNDS_FOR_A_NAME):
        (sentence,) = peers.problems()
        assert "/bench" in sentence
    nameless, _ = peers.problems()
    assert nameless.startswith("nothing on odom reaches something that is no ROS node, ")
