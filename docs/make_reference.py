# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Write the tables of two pages from the sources: ``python docs/make_reference.py``.

docs/ros_interface.md:

Topics come from ``ros/topics.py``, their quality of service from ``ros/qos.py``, who listens,
serves and acts from what the nodes call, and the messages from ``msg/``, ``srv/`` and ``action/``.
What no source says, the meaning in a few words, stands here. Nothing is imported that needs ROS.

docs/environments.md: settings come from ``EnvConfig``, the fields of packets from their classes
and the ranges of the context from ``packets/context.py``. That needs JAX.

Tests compare the pages with what this writes.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import itertools
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from live_mvp_ros.bringup.graph import TRUE_POSE
from live_mvp_ros.ros.topics import TOPICS

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "live_mvp_ros"
PAGE = ROOT / "docs" / "ros_interface.md"
ENVIRONMENTS = ROOT / "docs" / "environments.md"
NODES = (
    *("quadrotor_sim", "mavlink_driver", "gt_depth", "live_map", "info_field"),
    *("imppi_controller", "policy_controller", "teleop", "environment", "bag_player"),
)
"""Nodes with an interface of their own; recorder and viewer take every topic, and give none."""
MEANS = {
    "odom": ("`odom`, of `base_link`", "where the vehicle takes itself to be; twist in the body"),
    "ground_truth/odom": ("`map`, of `base_link`", "where it truly is: for sensor and score only"),
    "tf": ("", "`odom` → `base_link`; `map` → `odom` where odometry drifts"),
    "tf_static": ("", "`map` → `odom` where it does not; `base_link` → camera"),
    "vehicle/state": ("`map`", "what a vehicle behind an autopilot does, and whose it is"),
    "/clock": ("", "simulated time"),
    "packets/pose": ("`map`", "pose and step as a packet, 20 Hz"),
    "depth/points": ("optical", "cloud x, y, z; NaN where nothing returned"),
    "depth/image": ("optical", "32FC1, depth along the axis [m]"),
    "depth/camera_info": ("optical", "the pinhole of image and cloud"),
    "packets/observation": ("optical", "a depth patch as a packet, 1 Hz"),
    "map_to_odom": ("`map`, of `odom`", "where the odometry frame lies"),
    "map": ("`map`", "occupancy at flight altitude [%], -1 unknown"),
    "map_metadata": ("`map`", "what the map will be like, long before the first one"),
    "map/exposure": ("`map`", "how well each cell was seen, 0 to 98"),
    "map/fields": ("`map`", "distance and exposure on a lattice, by which a policy flies"),
    "map/surface": ("`map`", "points x, y, z, sdf [m], exposure [1], rgb"),
    "map/status": ("`map`", "scans, losses, cells, refusals, memory"),
    "info_field": ("`map`", "what a look teaches, and where to steer"),
    "info_field/grid": ("`map`", "the gain for display, 98 is the best look"),
    "reference_path": ("`map`", "the way up the guidance, with the time of each pose"),
    "exploration/completion": ("`map`", "what is left and why"),
    "cmd/body_rates": ("`base_link`", "thrust and body rates; the stamp is that of the odometry"),
    "mppi/plan": ("`map`", "the plan that is flown"),
    "mppi/rollouts": ("`map`", "some of the samples"),
    "packets/context": ("", "what else is known, as a sparse code"),
    "packets/action": ("`base_link`", "the command as a packet"),
    "exploration/status": ("`map`", "what the mission does, and why"),
    "exploration/label": ("`map`", "the same as a text over the drone"),
    "exploration/goal": ("`map`", "the goal of the mission; its stamp is its name"),
    "goal_pose": ("`map`", "asks for another goal; anybody may (RViz's 2D Goal Pose)"),
    "/diagnostics": ("", "level, rate, latency, inputs and refusals of each node"),
}
"""Topic: frame of its header, and what it says."""
ANSWERS = {
    "sim/reset": "puts the vehicle somewhere, at rest",
    "sim/pause": "stops time, or lets it go on",
    "sim/step": "moves a paused time on by some ticks",
    "vehicle/check": "says in words whether the vehicle may be armed, and sets its parameters",
    "vehicle/arm": "arms it, after a good check; like those below it answers at once, and what "
    "comes of it is in `vehicle/state`",
    "vehicle/takeoff": "has it rise by itself to `body.altitude_m`, where it hovers",
    "vehicle/fly": "has it fly `cmd/body_rates`, in the air",
    "vehicle/land": "has it land by itself; on the ground it is disarmed",
    "vehicle/stop": "ends our control: it holds by itself, on the ground it is disarmed",
    "map/save": "writes the live map to a file",
    "map/load": "replaces the live map by a file",
    "map/reset": "forgets the map",
    "explore/start": "begins or resumes the mission",
    "explore/pause": "holds",
    "explore/stop": "ends the mission",
    "explore": "flies a mission with limits, and reports until it is over",
    "environment/reset": "begins an episode of the packet environment",
    "environment/step": "does an action there",
    "replay/pause": "stops the bag, or lets it go on",
    "replay/step": "plays some messages of a paused bag",
    "replay/seek": "goes to another time of the bag",
}
"""Service or action: what it does."""


class Call(NamedTuple):
    """One use of a topic, a service or an action by a node."""

    kind: str
    name: str
    type: str


def profiles() -> dict[str, str]:
    """Return the quality of service by the name of its profile, in words."""
    found = {}
    for node in ast.parse(_text(PACKAGE / "ros" / "qos.py")).body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        target, call = node.targets[0], node.value
        if isinstance(target, ast.Name) and getattr(call.func, "id", "") == "_profile":
            told = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
            words = ["reliable" if told["reliable"] else "best effort"]
            words += ["latched"] if told.get("latched") else []
            words.append(f"last {ast.literal_eval(call.args[0])}")
            found[target.id] = ", ".join(words)
    return found


def calls_of(node: str) -> set[Call]:
    """Return what the files of a node, and those of ``ros`` that they import, call."""
    waiting, seen, found = [f"live_mvp_ros.nodes.{node}.node"], set[str](), set[Call]()
    while waiting:
        module = waiting.pop()
        file = _file_of(module)
        if module in seen or file is None:
            continue
        seen.add(module)
        tree = ast.parse(_text(file))
        names = dict(_names(tree))
        found |= set(_calls(tree, names))
        here = f"live_mvp_ros.nodes.{node}."
        for name in names.values():
            module, _, last = name.rpartition(".")
            uses = module.startswith("live_mvp_ros.ros.") and not last.isupper()
            waiting += [module] * (uses or module.startswith(here))
    return found


def _names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each imported name and what it stands for, dotted."""
    for item in ast.walk(tree):
        if isinstance(item, ast.ImportFrom) and item.module:
            for alias in item.names:
                yield alias.asname or alias.name, f"{item.module}.{alias.name}"


def _calls(tree: ast.Module, names: dict[str, str]) -> Iterator[Call]:
    """Yield the topics, services and actions of a file."""
    kinds = {"listen": "hears", "poll": "hears", "publisher": "says", "create_service": "serves"}
    loops = [item for item in ast.walk(tree) if isinstance(item, ast.For)]
    for item in ast.walk(tree):
        if not (isinstance(item, ast.Call) and len(item.args) >= 2):
            continue
        kind = kinds.get(getattr(item.func, "attr", ""))
        first = item.args[0]
        if kind is not None and isinstance(first, ast.Name) and first.id in names:
            for name in _texts(item.args[1], tree, names, loops):
                yield Call(kind, name, _type(names[first.id]))
        if ast.unparse(item.func) == "super().__init__" and len(item.args) == 3:
            _, what, name = item.args
            if isinstance(what, ast.Name) and ".action." in names.get(what.id, ""):
                yield Call("acts", ast.literal_eval(name), _type(names[what.id]))


def _texts(
    value: ast.expr, tree: ast.Module, names: dict[str, str], loops: list[ast.For]
) -> list[str]:
    """Return what a name of a topic says: a text, a constant, or a text with a loop's variable."""
    if isinstance(value, ast.Constant):
        return [str(value.value)]
    if isinstance(value, ast.JoinedStr):
        return [
            f"{_begin(value)}{ast.literal_eval(row.elts[0])}"
            for loop in loops
            if isinstance(loop.iter, ast.Tuple)
            for row in loop.iter.elts
            if isinstance(row, ast.Tuple)
        ]
    if isinstance(value, ast.Name) and value.id not in names:
        return [_constant(tree, value.id)] if value.id.isupper() else []
    dotted = ast.unparse(value)
    head, _, rest = dotted.partition(".")
    if head not in names:
        return []
    module, name = names[head], rest
    if not rest:
        module, _, name = names[head].rpartition(".")
    file = _file_of(module)
    return [_constant(ast.parse(_text(file)), name)] if file else []


def _begin(text: ast.JoinedStr) -> str:
    first = text.values[0]
    assert isinstance(first, ast.Constant)
    return str(first.value)


def _constant(tree: ast.Module, name: str) -> str:
    for item in tree.body:
        if isinstance(item, ast.Assign) and getattr(item.targets[0], "id", "") == name:
            return str(ast.literal_eval(item.value))
    raise LookupError(f"no constant {name}")


def _file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _type(dotted: str) -> str:
    package, kind, name = dotted.rsplit(".", 2)
    return f"{package}/{kind}/{name}"


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def _table(*rows: tuple[str, ...]) -> list[str]:
    head, *rest = rows
    lines = [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rest]
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines]


def _shown(kind: str) -> str:
    """Return a type as the tables show it: without ``msg``, ours with the way to its fields."""
    package, _, name = kind.split("/")
    return f"[`{name}`](#{name.lower()})" if package == "live_mvp_ros" else f"`{package}/{name}`"


def topics() -> list[str]:
    """Return the table of topics."""
    qos, heard = profiles(), {node: _heard_by(node) for node in NODES}
    rows = []
    for spec in TOPICS:
        frame, words = _said(MEANS, spec.name)
        says = "every node" if "*" in spec.publishers else _code(spec.publishers) or "you"
        ears = _code([node for node, names in heard.items() if spec.name in names])
        if spec.name == "/clock":
            ears = "every node with `use_sim_time`"
        words += "; only while somebody listens" if spec.on_demand else ""
        kind = _shown(spec.type)
        rows.append((f"`{spec.name}`", kind, qos[spec.qos], says, ears, frame, words))
    head = ("topic", "type", "quality of service", "published by", "heard by", "frame", "says")
    return _table(head, *rows)


def _said(words: dict[str, T], name: str) -> T:
    """Return what is written here about a name.

    Raises:
        LookupError: nothing is.
    """
    if name not in words:
        raise LookupError(f"docs/make_reference.py does not say what {name} is for: add it there")
    return words[name]


def _heard_by(node: str) -> set[str]:
    """Return the topics that a node hears, by the names that the graph connects them to."""
    connected = dict(TRUE_POSE) if node == "gt_depth" else {}
    names = {call.name for call in calls_of(node) if call.kind == "hears"}
    return {connected.get(name, name) for name in names}


def services() -> list[str]:
    """Return the table of services and actions."""
    rows = []
    for node in NODES:
        calls = {call for call in calls_of(node) if call.kind in ("serves", "acts")}
        for call in sorted(calls, key=lambda call: _place(call.name)):
            kind = "action" if call.kind == "acts" else "service"
            rows.append((f"`{call.name}`", kind, _shown(call.type), f"`{node}`"))
            rows[-1] += (_said(ANSWERS, call.name),)
    return _table(("name", "", "type", "served by", "does"), *rows)


def _place(name: str) -> int:
    """Return where a service or an action comes in the table; new ones come first."""
    return list(ANSWERS).index(name) if name in ANSWERS else -1


def definitions() -> list[str]:
    """Return the fields of every message, service and action of ours."""
    lines = []
    for folder in ("msg", "srv", "action"):
        for file in sorted((ROOT / folder).glob("*")):
            lines += [f"### {file.stem}", "", *_definition(_text(file).splitlines()), ""]
    return lines[:-1]


def _definition(source: list[str]) -> list[str]:
    """Return the words above the fields of a definition, and a table of its fields."""
    words, rows, part = [], [], ""
    parts = iter(("gives back", "meanwhile"))
    for line in source:
        if line == "---":
            part = next(parts)
        elif line.startswith("#"):
            if not rows and not part:
                words.append(line.lstrip("# "))
        elif line.strip():
            field, _, comment = line.partition("  # ")
            kind, name = field.split(None, 1)
            shown = re.sub(r"(\w+)/(?:msg/)?(\w+)", r"\1/\2", kind)
            name, _, default = name.partition(" ")
            rows.append((part, f"`{name}`{' ' * bool(default)}{default}", f"`{shown}`"))
            rows[-1] += (comment.strip().replace("|", "\\|"),)
    head = ("", "field", "type", "means")
    if not any(row[0] for row in rows):
        head, rows = head[1:], [row[1:] for row in rows]
    return [*words, "", *_table(head, *rows)]


def _code(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def settings() -> list[str]:
    """Return the table of an environment's settings."""
    from live_mvp_ros.packets import EnvConfig

    return _settings(EnvConfig(), with_parts=True)


def explore_settings() -> list[str]:
    """Return the table of an exploration's settings, without those of the flight."""
    from live_mvp_ros.environments import ExploreConfig

    return _settings(ExploreConfig(), with_parts=False)


def _settings(whole: Any, with_parts: bool) -> list[str]:
    from live_mvp_ros.base.config import info_of

    def rows(config: Any, prefix: str = "") -> Iterator[tuple[str, ...]]:
        for field in dataclasses.fields(config):
            value, name = getattr(config, field.name), f"{prefix}{field.name}"
            if dataclasses.is_dataclass(value):
                yield from rows(value, f"{name}.") if with_parts else ()
            else:
                info = info_of(field)
                many = isinstance(value, tuple)
                shown = ", ".join(map(_value, value)) if many else _value(value)
                limited = info.low is not None or info.high is not None or info.choices
                allowed = info.allowed() if limited else ""
                yield f"`{name}`", shown, info.unit, allowed, info.help

    return _table(("key", "default", "unit", "allowed", "is"), *rows(whole))


def packet_fields() -> list[str]:
    """Return the fields of every packet, with their places in JSON."""
    from live_mvp_ros.packets import packet_parts
    from live_mvp_ros.packets.packet_fields import NOWHERE, item_of
    from live_mvp_ros.packets.packet_json import place_of
    from live_mvp_ros.packets.packet_types import PACKETS

    parts = [getattr(packet_parts, name) for name in PARTS_OF_PACKETS]
    lines = []
    for kind in (*PACKETS, *parts):
        rows = []
        for field in dataclasses.fields(kind):
            item = item_of(field)
            place = "" if item.place == NOWHERE else f"`{place_of(item, field.name)}`"
            unit = f" [{item.unit}]" if item.unit else ""
            if item.used_by:
                unit += f" ({', '.join(item.used_by)})"
            if item.if_left_out is not None:
                unit += f" Left out: {json.dumps(item.if_left_out)}."
            rows.append((f"`{field.name}`", place, item.help + unit))
        lines += [f"### {kind.__name__}", "", (kind.__doc__ or "").splitlines()[0], ""]
        lines += [*_table(("field", "in JSON", "is"), *rows), ""]
    return lines[:-1]


PARTS_OF_PACKETS = (
    *("ColumnObservation", "ColumnPose", "Patch", "ChartPoint", "BodyPose", "CameraIntrinsics"),
)


def context_ranges() -> list[str]:
    """Return the table of the ranges of the context."""
    body = ast.parse(_text(PACKAGE / "packets" / "context.py")).body
    rows = []
    for item, words in itertools.pairwise(body):
        value = getattr(item, "value", None)
        if not (isinstance(item, ast.Assign) and isinstance(value, ast.Call)):
            continue
        if getattr(value.func, "id", "") == "IndexRange" and isinstance(words, ast.Expr):
            start, stop = (ast.literal_eval(argument) for argument in value.args)
            said = " ".join(str(ast.literal_eval(words.value)).split())
            rows.append((f"`{ast.unparse(item.targets[0])}`", f"{start} to {stop - 1}", said))
    return _table(("constant", "indices", "means"), *rows)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str) and value else f"{value}"


PARTS = {"topics": topics, "services": services, "definitions": definitions}
ENVIRONMENT_PARTS = {
    "exploration": explore_settings,
    "settings": settings,
    "packets": packet_fields,
    "context": context_ranges,
}


def written(text: str, parts: Mapping[str, Callable[[], list[str]]] = PARTS) -> str:
    """Return a page with its generated parts made anew."""
    for name, make in parts.items():
        begin, end = f"<!-- {name}: docs/make_reference.py -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"the page has no place for {name}")
        text = before + begin + "\n" + "\n".join(make()) + "\n\n" + end + after
    return text


if __name__ == "__main__":
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    for page, parts in ((PAGE, PARTS), (ENVIRONMENTS, ENVIRONMENT_PARTS)):
        made = written(_text(page), parts)
        changed = made != _text(page)
        page.write_text(made, encoding="utf-8")
        print(f"{page}: {'written' if changed else 'is as it should be'}")
    sys.exit(0)
