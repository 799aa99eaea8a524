# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every interface goes to another process and back through DDS without a change.

Run as a program, this file is that other process: it sends every message back, and answers a
request or goal that is exactly the expected one with exactly the expected answer.
"""

from __future__ import annotations

import importlib
import os
import random
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE_S

rclpy = pytest.importorskip("rclpy", reason="messages travel over ROS 2")
pytest.importorskip("live_mvp_ros.msg", reason="the interfaces are not built")

from rclpy.action import ActionClient, ActionServer  # noqa: E402
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor  # noqa: E402
from rosidl_parser.definition import (  # noqa: E402
    AbstractGenericString,
    AbstractSequence,
    Array,
    BasicType,
    NamespacedType,
)

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = sorted(path.stem for path in (ROOT / "msg").glob("*.msg"))
SERVICES = sorted(path.stem for path in (ROOT / "srv").glob("*.srv"))
ACTIONS = sorted(path.stem for path in (ROOT / "action").glob("*.action"))
DEADLINE_S = 20.0


def load(kind: str, name: str) -> Any:
    return getattr(importlib.import_module(f"live_mvp_ros.{kind}"), name)


def filled(cls: Any, salt: str) -> Any:
    """Return a message with a value in every field that is not its default."""
    message = cls()
    for field, slot in zip(cls.get_fields_and_field_types(), cls.SLOT_TYPES, strict=True):
        setattr(message, field, value_of(slot, f"{salt}.{field}"))
    return message


def value_of(slot: Any, salt: str) -> Any:
    if isinstance(slot, NamespacedType):
        module = importlib.import_module(".".join(slot.namespaces))
        return filled(getattr(module, slot.name), salt)
    if isinstance(slot, AbstractSequence):
        return [value_of(slot.value_type, f"{salt}[{i}]") for i in range(3)]
    if isinstance(slot, Array):
        return [value_of(slot.value_type, f"{salt}[{i}]") for i in range(slot.size)]
    if isinstance(slot, AbstractGenericString):
        return f"{salt} ü"
    assert isinstance(slot, BasicType), slot
    return number_of(slot.typename, random.Random(salt))


def number_of(typename: str, stream: random.Random) -> Any:
    if typename == "boolean":
        return True
    if typename in ("float", "double"):
        code = "f" if typename == "float" else "d"
        return struct.unpack(code, struct.pack(code, stream.uniform(2.0, 1e6)))[0]
    bits = int(re.sub(r"\D", "", typename) or 8)
    high = 2**bits if typename.startswith("u") else 2 ** (bits - 1)
    return stream.randrange(high // 2 + 1, high)  # the upper half: a narrower field would show


def differences(first: Any, second: Any, path: str = "") -> list[str]:
    """Return the paths of all fields that differ."""
    if hasattr(first, "get_fields_and_field_types"):
        found = []
        for field in first.get_fields_and_field_types():
            found += differences(getattr(first, field), getattr(second, field), f"{path}.{field}")
        return found
    if isinstance(first, str | int | float | bool):
        return [] if first == second else [path]
    if len(first) != len(second):
        return [path]
    pairs = zip(first, second, strict=True)
    return [d for i, (a, b) in enumerate(pairs) for d in differences(a, b, f"{path}[{i}]")]


def leaves(message: Any, path: str = "") -> dict[str, Any]:
    """Return all values of a message that are not messages, by path."""
    found: dict[str, Any] = {}
    for field in message.get_fields_and_field_types():
        value = getattr(message, field)
        name = f"{path}.{field}"
        nested = hasattr(value, "get_fields_and_field_types")
        found |= leaves(value, name) if nested else {name: value}
    return found


def serve(namespace: str) -> None:
    """Be the other process."""
    rclpy.init()
    node = rclpy.create_node("interface_echo", namespace=namespace)
    for name in MESSAGES:
        publisher = node.create_publisher(load("msg", name), f"{name}/back", 1)
        node.create_subscription(load("msg", name), f"{name}/there", publisher.publish, 1)
    for name in SERVICES:
        node.create_service(load("srv", name), name, answer_service(load("srv", name)))
    for name in ACTIONS:
        ActionServer(node, load("action", name), name, answer_action(load("action", name)))
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def answer_service(cls: Any) -> Callable[[Any, Any], Any]:
    def answer(request: Any, response: Any) -> Any:
        if differences(request, filled(cls.Request, "request")):
            return response
        return filled(cls.Response, "response")

    return answer


def answer_action(cls: Any) -> Callable[[Any], Any]:
    def answer(handle: Any) -> Any:
        if differences(handle.request, filled(cls.Goal, "goal")):
            handle.abort()
            return cls.Result()
        for _ in range(20):  # who asks may not have been found by this publisher yet
            handle.publish_feedback(filled(cls.Feedback, "feedback"))
            time.sleep(0.02)
        handle.succeed()
        return filled(cls.Result, "result")

    return answer


class Peer:
    """This side of the conversation: a node of its own context that waits on conditions."""

    def __init__(self, namespace: str) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node("interface_peer", namespace=namespace, context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)

    def wait(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < end, f"nothing came back within {DEADLINE_S:.0f} s"
            self.executor.spin_once(timeout_sec=0.05)

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    namespace = f"interface_test_{os.getpid()}"
    support = str(Path(__file__).parents[1] / "support")  # pytest has put it on the path
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), namespace],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([support, os.environ["PYTHONPATH"]])},
    )
    side = Peer(namespace)
    try:
        yield side
    finally:
        side.close()
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.mark.parametrize("name", MESSAGES)
def test_message_comes_back_unchanged(peer: Peer, name: str) -> None:
    cls = load("msg", name)
    sent = filled(cls, name)
    received: list[Any] = []
    publisher = peer.node.create_publisher(cls, f"{name}/there", 1)
    subscription = peer.node.create_subscription(cls, f"{name}/back", received.append, 1)
    peer.wait(lambda: publisher.get_subscription_count() and subscription.get_publisher_count())
    end = time.monotonic() + DEADLINE_S
    while not received and time.monotonic() < end:
        publisher.publish(
            sent
        )  # again, since the way back may be matched later than the way there
        peer.executor.spin_once(timeout_sec=0.2)
    assert received, f"{name} did not come back"
    assert differences(sent, received[0]) == []


@pytest.mark.parametrize("name", SERVICES)
def test_service_carries_every_field(peer: Peer, name: str) -> None:
    cls = load("srv", name)
    client = peer.node.create_client(cls, name)
    peer.wait(client.service_is_ready)
    future = client.call_async(filled(cls.Request, "request"))
    peer.wait(future.done)
    assert differences(filled(cls.Response, "response"), future.result()) == []


@pytest.mark.parametrize("name", ACTIONS)
def test_action_carries_every_field(peer: Peer, name: str) -> None:
    cls = load("action", name)
    client = ActionClient(peer.node, cls, name)
    peer.wait(client.server_is_ready)
    feedback: list[Any] = []
    goal = client.send_goal_async(
        filled(cls.Goal, "goal"),
        feedback_callback=lambda message: feedback.append(message.feedback),
    )
    peer.wait(goal.done)
    assert goal.result().accepted
    result = goal.result().get_result_async()
    peer.wait(lambda: result.done() and bool(feedback))
    assert differences(filled(cls.Feedback, "feedback"), feedback[0]) == []
    assert differences(filled(cls.Result, "result"), result.result().result) == []
    client.destroy()


@pytest.mark.parametrize("name", MESSAGES)
def test_filler_leaves_no_field_at_its_default(name: str) -> None:
    default, full = leaves(load("msg", name)()), leaves(filled(load("msg", name), name))
    assert [path for path, value in full.items() if value == default.get(path)] == []


def interface_files() -> list[Path]:
    return sorted(p for kind in ("msg", "srv", "action") for p in (ROOT / kind).iterdir())


@pytest.mark.parametrize("path", interface_files(), ids=lambda path: path.name)
def test_every_field_is_commented(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#") or line == "---":
            continue
        declaration, _, comment = line.partition("  # ")
        assert len(comment) > 8, f"{path.name}: {line!r} has no comment"
        if re.match(r"(float|u?int)\d+(\[\])? ", declaration) and "=" not in declaration:
            has_unit = re.match(r"\[.+?\] ", comment) or re.search("constants|units", comment)
            assert has_unit, f"{path.name}: {line!r} names no unit"


if __name__ == "__main__":
    serve(sys.argv[1])
