# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The definitions in our bags are complete: others compute the type hashes of ROS from them."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="definitions are files of a ROS 2 installation")

from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from live_mvp_ros.bags.bag_types import BagError
from live_mvp_ros.bags.definitions import full_definition, type_hash
from live_mvp_ros.ros.topics import TOPICS


@pytest.mark.parametrize("kind", sorted({spec.type for spec in TOPICS}))
def test_the_hash_of_a_type_follows_from_its_definition(kind):
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(full_definition(kind), kind))
    assert type_hash(kind).startswith("RIHS01_")
    assert store.hash_rihs01(kind) == type_hash(kind)


def test_a_type_that_is_not_installed_is_named():
    with pytest.raises(BagError, match="odd_msgs/Odd is not installed here"):
        full_definition("odd_msgs/msg/Odd")
