# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Configuration dataclasses as ROS parameters: names, types, ranges, units, help, all from one.

A nested configuration becomes a dotted prefix (``camera.max_range_m``), except for the ones that
its parent lists in a class attribute ``FLAT``: a node's main component. Fields that are not
``live`` are read-only after the start. A value that is not allowed is refused with the sentence
of ConfigurationError: rclpy checks types and ranges before any callback and words that itself,
so the start values are validated before they are declared, and requests before rclpy sees them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from live_mvp_ros.base.config import ConfigurationError, ParameterInfo, info_of
from live_mvp_ros.base.nearest_names import nearest

T = TypeVar("T")

OWN_OF_RCLPY = ("use_sim_time", "start_type_description_service")
_QUALITY_OF_SERVICE = "qos_overrides."
_UNBOUNDED = 1.0e308


@dataclasses.dataclass(frozen=True)
class Entry:
    """One ROS parameter: its dotted name, its default and what is known about it."""

    name: str
    default: Any
    info: ParameterInfo

    @property
    def read_only(self) -> bool:
        """Whether the value is fixed once the node has started."""
        return not self.info.live


def entries(default: Any, prefix: str = "") -> Iterator[Entry]:
    """Yield the parameters of a configuration in order of declaration, nested ones included."""
    for field in dataclasses.fields(default):
        value = getattr(default, field.name)
        if dataclasses.is_dataclass(value):
            yield from entries(value, _inner_prefix(default, field.name, prefix))
        else:
            yield Entry(prefix + field.name, value, info_of(field))


def build(default: T, values: Mapping[str, Any], prefix: str = "") -> T:
    """Return ``default`` with the values of some dotted names replaced, validated.

    Raises:
        ConfigurationError: a value is not allowed; the sentence begins with the dotted name.
    """
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(default):  # type: ignore[arg-type]
        value, name = getattr(default, field.name), prefix + field.name
        if dataclasses.is_dataclass(value):
            changes[field.name] = build(value, values, _inner_prefix(default, field.name, prefix))
        elif name in values:
            changes[field.name] = values[name]
    try:
        return dataclasses.replace(default, **changes)  # type: ignore[type-var]
    except ConfigurationError as error:
        raise ConfigurationError(_with_prefix(str(error), changes, prefix)) from None


def _inner_prefix(parent: Any, name: str, prefix: str) -> str:
    return prefix if name in getattr(parent, "FLAT", ()) else f"{prefix}{name}."


def _with_prefix(sentence: str, changes: Mapping[str, Any], prefix: str) -> str:
    first = sentence.split(" ", 1)[0].split("[", 1)[0]
    return prefix + sentence if first in changes else sentence


def not_known(name: str, whose: str, known: Iterable[str]) -> str:
    """Return why a name is no parameter of somebody, one sentence, and what may be meant."""
    if name.startswith(_QUALITY_OF_SERVICE):
        return (
            f"{name} is not a parameter of {whose}: the quality of service of its topics is "
            "fixed, so that all that publish and listen fit together"
        )
    return f"{name} is not a parameter of {whose}: did you mean {nearest(name, known)}?"


def descriptor(entry: Entry) -> ParameterDescriptor:
    """Return the descriptor that tools such as ``ros2 param describe`` and rqt show."""
    info = entry.info
    unit = f" [{info.unit}]" if info.unit else ""
    result = ParameterDescriptor(
        name=entry.name,
        description=f"{info.help}{unit}",
        additional_constraints=info.allowed() if info.low is not None or info.choices else "",
        read_only=entry.read_only,
    )
    bounded = info.low is not None or info.high is not None
    low = -_UNBOUNDED if info.low is None else float(info.low)
    high = _UNBOUNDED if info.high is None else float(info.high)
    if bounded and isinstance(entry.default, float):
        result.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    elif bounded and isinstance(entry.default, int) and not isinstance(entry.default, bool):
        limit = 2**53
        result.integer_range = [
            IntegerRange(
                from_value=math.ceil(max(low, -limit)), to_value=math.floor(min(high, limit))
            )
        ]
    return result


class Parameters(Generic[T]):
    """The configuration of a node, declared as its ROS parameters and kept valid.

    ``node`` must have been created with ``automatically_declare_parameters_from_overrides=True``.

    Raises:
        ConfigurationError: a start value is not allowed, or a parameter is unknown.
    """

    def __init__(self, node: Node, default: T) -> None:
        """Read the start values, validate them together, then declare every parameter."""
        self._entries = {entry.name: entry for entry in entries(default)}
        self._node_name = node.get_name()
        given = {
            name: parameter.value
            for name, parameter in node.get_parameters_by_prefix("").items()
            if name not in OWN_OF_RCLPY
        }
        for name in given:
            if name not in self._entries:
                raise ConfigurationError(not_known(name, self._node_name, self._entries))
            node.undeclare_parameter(name)
        self.value: T = build(default, given)
        for entry in entries(self.value):
            node.declare_parameter(
                entry.name, _plain(entry.default), descriptor(entry), ignore_override=True
            )

    def admit(self, requested: list[Parameter]) -> tuple[list[Parameter], SetParametersResult]:
        """Return the request in the declared types, and whether it may be applied and why not."""
        ours = {p.name: p.value for p in requested if p.name in self._entries}
        try:
            for name in (p.name for p in requested if p.name not in OWN_OF_RCLPY):
                if name not in self._entries:
                    raise ConfigurationError(not_known(name, self._node_name, self._entries))
                if self._entries[name].read_only:
                    raise ConfigurationError(self._fixed(name, ours[name]))
            values = {e.name: e.default for e in entries(build(self.value, ours))}
        except ConfigurationError as error:
            return requested, SetParametersResult(successful=False, reason=str(error))
        typed = [
            Parameter(p.name, value=_plain(values[p.name])) if p.name in ours else p
            for p in requested
        ]
        return typed, SetParametersResult(successful=True)

    def apply(self, accepted: list[Parameter]) -> None:
        """Take over values that ``admit`` has allowed."""
        ours = {p.name: p.value for p in accepted if p.name in self._entries}
        self.value = build(self.value, ours)

    def _fixed(self, name: str, value: Any) -> str:
        return (
            f"{name} = {value!r} is not allowed: it can only be given at the start of "
            f"{self._node_name}"
        )


class ParameterisedNode(Node):
    """A node whose parameters are one configuration; ``parameters.value`` is always valid."""

    def __init__(self, name: str, default: Any) -> None:
        """Create the node and declare ``default`` (a configuration) as its parameters."""
        super().__init__(name, automatically_declare_parameters_from_overrides=True)
        self.parameters: Parameters[Any] = Parameters(self, default)

    def set_parameters(self, parameter_list: list[Parameter]) -> list[SetParametersResult]:
        """Set each parameter for itself; the parameter service calls this."""
        return [self.set_parameters_atomically([requested]) for requested in parameter_list]

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """Set all parameters or none; the reason of a refusal is the configuration's sentence."""
        parameters = getattr(self, "parameters", None)
        if parameters is None:  # rclpy itself sets parameters while the node is created
            return super().set_parameters_atomically(parameter_list)
        typed, result = parameters.admit(parameter_list)
        if result.successful:
            result = super().set_parameters_atomically(typed)
        if result.successful:
            parameters.apply(typed)
        return result


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
