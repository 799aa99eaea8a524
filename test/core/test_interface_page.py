# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""docs/ros_interface.md is what ``python docs/make_reference.py`` makes of the sources now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from live_mvp_ros.ros.topics import TOPICS

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module", name="maker")
def maker_fixture() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_sources_say(maker):
    page = (DOCS / "ros_interface.md").read_text(encoding="utf-8")
    assert maker.written(page) == page, "run python docs/make_reference.py"


def test_the_page_of_environments_is_as_the_classes_say(maker):
    page = (DOCS / "environments.md").read_text(encoding="utf-8")
    made = maker.written(page, maker.ENVIRONMENT_PARTS)
    assert made == page, "run python docs/make_reference.py"


def test_what_nodes_publish_and_what_the_table_of_topics_says_is_the_same(maker):
    for node in maker.NODES[:-1]:  # a bag player says what its bag holds
        said = {(call.name, call.type) for call in maker.calls_of(node) if call.kind == "says"}
        listed = {(spec.name, spec.type) for spec in TOPICS if node in spec.publishers}
        assert said == listed, node


@pytest.mark.parametrize(
    ("node", "kind", "name"),
    [
        ("quadrotor_sim", "hears", "cmd/body_rates"),
        ("live_map", "hears", "depth/points"),  # a constant of another file
        ("live_map", "says", "map_to_odom"),  # a constant of a module
        ("imppi_controller", "serves", "explore/stop"),  # in a loop
        ("imppi_controller", "acts", "explore"),
        ("bag_player", "serves", "replay/seek"),
    ],
)
def test_a_use_is_found_however_it_is_written(maker, node, kind, name):
    assert (kind, name) in {(call.kind, call.name) for call in maker.calls_of(node)}
