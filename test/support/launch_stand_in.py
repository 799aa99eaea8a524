# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Launch without ROS 2: records the actions of a launch file instead of starting anything.

``modules()`` gives what a launch file imports, under its real names. The signatures are those of
launch 3 and launch_ros 0.26 (Jazzy) as far as our files use them, so a word that the real classes
do not know is a TypeError here too.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any


@dataclasses.dataclass
class Text:
    """A substitution that is what it is."""

    text: str

    def perform(self, context: LaunchContext) -> str:
        return self.text


class EnvironmentVariable:
    """A substitution by a variable of the environment."""

    def __init__(self, name: str, *, default_value: str | None = None) -> None:
        self.name, self.default_value = name, default_value

    def perform(self, context: LaunchContext) -> str:
        value = os.environ.get(self.name, self.default_value)
        if value is None:
            raise RuntimeError(f"the environment has no {self.name}")
        return value


def texts(value: Any) -> list[Text | EnvironmentVariable] | None:
    if value is None:
        return None
    if isinstance(value, EnvironmentVariable):
        return [value]
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return [Text(value)]


class LaunchContext:
    def __init__(self, *, argv: Iterable[str] | None = None) -> None:
        self.argv = argv
        self.launch_configurations: dict[str, str] = {}
        self.environment: dict[str, str] = {}


class LaunchDescriptionEntity:
    pass


class LaunchDescription(LaunchDescriptionEntity):
    def __init__(self, initial_entities: Iterable[LaunchDescriptionEntity] | None = None) -> None:
        self.entities = list(initial_entities or [])


class Action(LaunchDescriptionEntity):
    pass


class DeclareLaunchArgument(Action):
    def __init__(
        self,
        name: str,
        *,
        default_value: str | EnvironmentVariable | None = None,
        description: str | None = None,
        choices: Iterable[str] | None = None,
    ) -> None:
        self.name, self.description = name, description
        self.default_value = texts(default_value)
        self.choices = None if choices is None else list(choices)
        if self.choices and default_value is not None and default_value not in self.choices:
            raise ValueError(f"{default_value!r} is not one of {self.choices}")


class SetEnvironmentVariable(Action):
    def __init__(self, name: str, value: str) -> None:
        self.name, self.value = name, value


class OpaqueFunction(Action):
    def __init__(
        self,
        *,
        function: Callable[..., Iterable[LaunchDescriptionEntity] | None],
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self.function, self.args, self.kwargs = function, tuple(args), dict(kwargs or {})


class EmitEvent(Action):
    def __init__(self, *, event: Any) -> None:
        self.event = event


class Shutdown(EmitEvent):
    def __init__(self, *, reason: str = "") -> None:
        super().__init__(event=ShutdownEvent(reason=reason))


class RegisterEventHandler(Action):
    def __init__(self, event_handler: OnProcessExit) -> None:
        self.event_handler = event_handler


class LogInfo(Action):
    def __init__(self, *, msg: str) -> None:
        self.msg = texts(msg)


class ExecuteProcess(Action):
    def __init__(
        self,
        *,
        cmd: Iterable[str],
        prefix: str | None = None,
        name: str | None = None,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        additional_env: Mapping[str, str] | None = None,
        shell: bool = False,
        output: str = "log",
        on_exit: Any = None,
        respawn: bool | str = False,
        respawn_delay: float | None = None,
        sigterm_timeout: str = "5",
        sigkill_timeout: str = "5",
        emulate_tty: bool = False,
    ) -> None:
        if respawn and on_exit is not None:
            raise ValueError("a process is either started again or handled when it ends")
        self.cmd = [texts(word) for word in cmd]
        self.prefix, self.name, self.cwd, self.output = prefix, name, cwd, output
        self.on_exit, self.respawn, self.respawn_delay = on_exit, respawn, respawn_delay


class Node(ExecuteProcess):
    def __init__(
        self,
        *,
        executable: str,
        package: str | None = None,
        name: str | None = None,
        namespace: str | None = None,
        exec_name: str | None = None,
        parameters: list[Any] | None = None,
        remappings: Iterable[tuple[str, str]] | None = None,
        ros_arguments: Iterable[str] | None = None,
        arguments: Iterable[str] | None = None,
        **of_the_process: Any,
    ) -> None:
        super().__init__(cmd=[executable, *(arguments or [])], name=exec_name, **of_the_process)
        self.node_executable, self.node_package, self.node_name = executable, package, name
        self.namespace = namespace
        self.parameters = [self._allowed(item) for item in parameters or []]
        self.remappings = [(source, target) for source, target in remappings or []]
        self.arguments = list(arguments or [])

    @staticmethod
    def _allowed(item: Any) -> Any:
        """Return parameters as launch_ros takes them: a file, or values of one type each."""
        if isinstance(item, str | Path):
            return item
        for name, value in item.items():
            kinds = {type(part) for part in (value if isinstance(value, list) else [value])}
            if len(kinds) != 1 or not kinds <= {bool, int, float, str}:
                raise TypeError(f"{name} = {value!r} cannot be a parameter")
        return dict(item)


@dataclasses.dataclass
class ShutdownEvent:
    reason: str = ""


@dataclasses.dataclass
class ProcessExited:
    returncode: int


class OnProcessExit:
    def __init__(self, *, target_action: ExecuteProcess, on_exit: Callable[..., Any]) -> None:
        self.target_action, self.on_exit = target_action, on_exit


def perform(
    description: LaunchDescription, given: Mapping[str, str]
) -> tuple[LaunchContext, list[LaunchDescriptionEntity]]:
    """Do what ``ros2 launch FILE NAME:=VALUE ...`` does, and return what it would start."""
    context, started = LaunchContext(), []
    context.launch_configurations.update(given)
    for entity in description.entities:
        if isinstance(entity, DeclareLaunchArgument):
            _declare(context, entity)
        elif isinstance(entity, SetEnvironmentVariable):
            context.environment[entity.name] = entity.value
        elif isinstance(entity, OpaqueFunction):
            started += entity.function(context, *entity.args, **entity.kwargs) or []
        else:
            started.append(entity)
    return context, started


def _declare(context: LaunchContext, argument: DeclareLaunchArgument) -> None:
    known = context.launch_configurations
    if argument.name not in known:
        if argument.default_value is None:
            raise RuntimeError(f"the launch argument {argument.name!r} was not provided")
        known[argument.name] = "".join(part.perform(context) for part in argument.default_value)
    if argument.choices is not None and known[argument.name] not in argument.choices:
        raise RuntimeError(f"{known[argument.name]!r} is not a choice of {argument.name!r}")


def modules(share: Path) -> dict[str, ModuleType]:
    """Return the modules of launch, launch_ros and ament_index_python by name."""
    contents: dict[str, dict[str, Any]] = {
        "launch": {"LaunchContext": LaunchContext, "LaunchDescription": LaunchDescription},
        "launch.actions": {
            kind.__name__: kind
            for kind in (
                DeclareLaunchArgument,
                EmitEvent,
                ExecuteProcess,
                LogInfo,
                OpaqueFunction,
                RegisterEventHandler,
                SetEnvironmentVariable,
                Shutdown,
            )
        },
        "launch.event_handlers": {"OnProcessExit": OnProcessExit},
        "launch.events": {"Shutdown": ShutdownEvent},
        "launch.events.process": {"ProcessExited": ProcessExited},
        "launch.launch_description_entity": {"LaunchDescriptionEntity": LaunchDescriptionEntity},
        "launch.substitutions": {"EnvironmentVariable": EnvironmentVariable},
        "launch_ros": {},
        "launch_ros.actions": {"Node": Node},
        "ament_index_python": {},
        "ament_index_python.packages": {"get_package_share_directory": lambda _: str(share)},
    }
    made = {}
    for name, content in contents.items():
        made[name] = ModuleType(name)
        vars(made[name]).update(content)
    return made
