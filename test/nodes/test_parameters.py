# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Configurations as ROS parameters: names, types, ranges, refusals, live changes; one worker."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
import rclpy
import yaml
from patience import PATIENCE_S
from rclpy.parameter import Parameter

from live_mvp_ros.base.config import ConfigurationError, configuration, parameter
from live_mvp_ros.base.nearest_names import nearest
from live_mvp_ros.ros import parameters as ros_parameters
from live_mvp_ros.ros.parameters import ParameterisedNode, descriptor, entries
from live_mvp_ros.ros.worker import Worker

CONFIG = Path(__file__).resolve().parents[2] / "config"
DEFAULTS = {
    "quadrotor_sim": "SimConfig",
    "gt_depth": "DepthConfig",
    "live_map": "MapConfig",
    "info_field": "FieldConfig",
    "imppi_controller": "NodeConfig",
}


@configuration
class Part:
    gain: float = parameter(default=1.0, unit="1/s", low=0.0, high=2.0, live=True, help="Gain.")
    count: int = parameter(default=3, low=1, help="Count.")


@configuration
class Whole:
    FLAT: ClassVar[tuple[str, ...]] = ("main",)

    mode: str = parameter(default="a", choices=("a", "b"), help="Mode.")
    low_m: float = parameter(default=0.0, unit="m", live=True, help="Low.")
    high_m: float = parameter(default=1.0, unit="m", live=True, help="High.")
    corner_m: tuple[float, float] = parameter(default=(0.0, 1.0), live=True, help="Corner.")
    words: tuple[str, ...] = parameter(default=("x", "w"), choices=("x", "w", "z"), help="Words.")
    part: Part = Part()
    main: Part = Part(gain=0.5)

    def check(self) -> str | None:
        if self.low_m >= self.high_m:
            return f"low_m = {self.low_m:g} is not allowed: it must be below {self.high_m:g}"
        return None


@pytest.fixture
def context() -> Iterator[rclpy.Context]:
    context = rclpy.Context()
    yield context
    context.try_shutdown()


def make(monkeypatch: pytest.MonkeyPatch, context: rclpy.Context, *arguments: str):
    rclpy.init(args=["--ros-args", *arguments], context=context, domain_id=77)
    original = rclpy.node.Node.__init__

    def within(self, *args, **kwargs):
        original(self, *args, context=context, **kwargs)

    monkeypatch.setattr(rclpy.node.Node, "__init__", within)
    return ParameterisedNode("whole", Whole())


def test_names_are_dotted_except_for_the_main_component():
    names = [entry.name for entry in entries(Whole())]
    assert names == [
        "mode", "low_m", "high_m", "corner_m", "words", "part.gain", "part.count", "gain", "count",
    ]  # fmt: skip


def test_descriptors_carry_range_unit_and_what_is_fixed():
    described = {entry.name: descriptor(entry) for entry in entries(Whole())}
    gain, count = described["part.gain"], described["part.count"]
    assert (gain.floating_point_range[0].from_value, gain.floating_point_range[0].to_value) == (
        0,
        2,
    )
    assert gain.description == "Gain. [1/s]"
    assert not gain.read_only
    assert count.read_only
    assert count.integer_range[0].from_value == 1
    assert described["mode"].additional_constraints == "one of a, b"


def test_start_values_are_taken_over_and_numbers_converted(monkeypatch, context):
    node = make(
        monkeypatch, context, "-p", "part.gain:=2", "-p", "corner_m:=[3, 4]", "-p", "gain:=1"
    )
    assert node.parameters.value.part.gain == 2.0
    assert node.parameters.value.main.gain == 1.0
    assert node.parameters.value.corner_m == (3.0, 4.0)
    assert node.get_parameter("part.gain").value == 2.0
    assert node.get_parameter("words").value == ["x", "w"]
    node.destroy_node()


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("part.gain:=5.0", "part.gain = 5.0 is not allowed: it must be between 0 and 2 1/s"),
        ("part.count:=1.5", "part.count = 1.5 is not allowed: it must be a whole number"),
        ("mode:=c", "mode = 'c' is not allowed: it must be one of a, b"),
        ("low_m:=3.0", "low_m = 3 is not allowed: it must be below 1"),
        ("corner_m:=[1.0]", "corner_m = [1.0] is not allowed: it must be a list of 2 numbers"),
        ("words:=[x, x]", "words[1] = 'x' is not allowed: it is in the list twice"),
        ("words:=[x, q]", "words[1] = 'q' is not allowed: it must be one of x, w, z"),
        ("words:=[1, 2]", "words = [1, 2] is not allowed: it must be a list of words"),
        (
            "gian:=1.0",
            "gian is not a parameter of whole: did you mean gain, part.gain or part.count?",
        ),
        (
            "qos_overrides./odom.publisher.depth:=7",
            "qos_overrides./odom.publisher.depth is not a parameter of whole: the quality of",
        ),
        ("use_sim_times:=true", "use_sim_times is not a parameter of whole"),
    ],
)
def test_wrong_start_values_are_refused_with_a_sentence(monkeypatch, context, argument, sentence):
    with pytest.raises(ConfigurationError) as refusal:
        make(monkeypatch, context, "-p", argument)
    assert str(refusal.value).startswith(sentence)


def test_a_list_of_words_may_be_shorter_or_longer_than_its_default(monkeypatch, context):
    node = make(monkeypatch, context, "-p", "words:=[z, w, x]")
    assert node.parameters.value.words == ("z", "w", "x")
    assert list(node.get_parameter("words").value) == ["z", "w", "x"]
    node.destroy_node()


def test_changes_are_refused_or_applied_together(monkeypatch, context):
    node = make(monkeypatch, context)

    def change(**values):
        items = [Parameter(name.replace("__", "."), value=v) for name, v in values.items()]
        return node.set_parameters_atomically(items)

    assert change(low_m=5.0, high_m=6.0).successful  # neither order would work one by one
    assert (node.parameters.value.low_m, node.parameters.value.high_m) == (5.0, 6.0)
    refused = change(part__gain=1.5, low_m=9.0)
    assert not refused.successful
    assert refused.reason == "low_m = 9 is not allowed: it must be below 6"
    assert node.parameters.value.part.gain == 1.0
    assert node.get_parameter("part.gain").value == 1.0
    assert "can only be given at the start" in change(part__count=4).reason
    assert "must be a finite number" in change(part__gain="fast").reason
    node.destroy_node()


def test_an_unknown_parameter_is_refused_by_name_with_the_nearest_ones(monkeypatch, context):
    node = make(monkeypatch, context)
    known, unknown = Parameter("low_m", value=0.5), Parameter("part.gian", value=1.0)
    quality = Parameter("qos_overrides./odom.publisher.depth", value=7)
    assert "quality of service" in node.set_parameters_atomically([quality]).reason
    results = node.set_parameters([unknown, known])
    assert [result.successful for result in results] == [False, True]
    assert results[0].reason.startswith("part.gian is not a parameter of whole: did you mean")
    assert "part.gain" in results[0].reason
    together = node.set_parameters_atomically([Parameter("high_m", value=7.0), unknown])
    assert not together.successful
    assert node.parameters.value.high_m == 1.0
    node.destroy_node()


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ("speed_max_m_s", "body.speed_max_m_s"),
        ("tempreature", "temperature"),
        ("radius_m", "body.radius_m"),
        ("body.speed", "body.speed_max_m_s"),
    ],
)
def test_the_nearest_names_of_parameters_come_first(given, first):
    known = [
        "temperature",
        "samples",
        "seed",
        "body.radius_m",
        "body.speed_max_m_s",
        "costs.speed",
    ]
    assert nearest(given, known).startswith(first)


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_every_parameter_of_every_node_says_what_it_is(name):
    module = importlib.import_module(f"live_mvp_ros.nodes.{name}.node")
    seen = set()
    for entry in entries(getattr(module, DEFAULTS[name])()):
        assert entry.name not in seen, "two parameters have one name"
        seen.add(entry.name)
        assert len(entry.info.help) > 5


@pytest.mark.parametrize("file", sorted(CONFIG.glob("*.yaml")), ids=lambda file: file.name)
def test_files_of_overrides_hold_known_parameters_with_allowed_values(file):
    for key, content in yaml.safe_load(file.read_text()).items():
        name = key.rsplit("/", 1)[-1]
        module = importlib.import_module(f"live_mvp_ros.nodes.{name}.node")
        default = getattr(module, DEFAULTS[name])()
        values = content["ros__parameters"]
        assert set(values) <= {entry.name for entry in entries(default)}
        ros_parameters.build(default, values)


def test_the_worker_takes_the_latest_input_and_counts_what_it_replaced():
    gate, done, seen = threading.Event(), threading.Event(), []

    def work(item):
        seen.append(item)
        gate.wait(PATIENCE_S)
        if item == 4:
            done.set()

    worker = Worker("test", work, lambda error: None)
    assert worker.submit(1)
    while not seen:
        pass
    assert [worker.submit(item) for item in (2, 3, 4)] == [True, False, False]
    assert worker.busy
    gate.set()
    assert done.wait(PATIENCE_S)
    assert seen == [1, 4]
    assert worker.dropped == 2
    assert worker.stop(PATIENCE_S)


def test_a_failure_of_the_worker_is_reported_once():
    reported = threading.Event()

    def work(_):
        raise ArithmeticError("no")

    worker = Worker("test", work, lambda error: reported.set())
    worker.submit(1)
    assert reported.wait(PATIENCE_S)
    assert isinstance(worker.error, ArithmeticError)
    assert worker.stop(PATIENCE_S)
