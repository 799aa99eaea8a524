# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Compiled programs that are kept whole, so that a process starts without tracing them.

JAX keeps what XLA has compiled, but to ask for it a process traces and lowers the function first,
which for the programs of a flight takes twice as long as to load them. Here the executable itself
is found by all that decides what it is: the sources of this package, the versions of JAX, NumPy
and Python, the processor, the function, the shapes and types of its arguments, and their settings
that are not numbers. Where only the sources are new, the function is lowered, and its executable
found by what came of that: its text, and the tree of its results with the settings in it. What is
found and is not whole, or fails when it is called first, is compiled again. What calls functions
outside of itself, such as a callback of Python, is not kept, but for those of LAPACK.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import pickle
import platform
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.monitoring
import jax.numpy as jnp
import numpy as np
import psutil
from jax.experimental import serialize_executable
from jax.extend.core import jaxpr_as_fun

from live_mvp_ros.base.jax_setup import program_directory

FOUND = "/live_mvp_ros/program_found"
"""Told to listeners of ``jax.monitoring``: what was lowered on this thread is not compiled."""
_log = logging.getLogger(__name__)
_DIGEST_BYTES = hashlib.sha256().digest_size
_PROCESSOR = ("model name", "flags", "Features")  # of its lines in /proc/cpuinfo
_LOADED = "/jax/compilation_cache/cache_hits"
_CALL = re.compile(r"custom_call @([\w$.]+)")
_LAPACK = "lapack_"
_FORMAT = "2"  # of the files; to be changed with what is in them
_TRIAL = ".trial"
_IDENTITY = "identity"
_UNKEPT = "unkept"  # the identity where none can be written down
_LATE_S = 1.0  # how exactly it is known when a process began
_FOREIGN = (AttributeError, EOFError, ImportError, IndexError, TypeError, pickle.UnpicklingError)
"""What ``pickle`` raises for something that was written by other classes."""
_UNUSED_S = 30 * 24 * 3600.0  # what is not used for so long is removed


class KeptProgram:
    """A pure function that is compiled once for a machine, and loaded from then on.

    Called like ``jax.jit`` of the same function: with positional arguments, pytrees whose leaves
    are arrays and numbers. As there, a program is made, or found, for each kind of arguments.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        static_argnums: tuple[int, ...] = (),
        donate_argnums: tuple[int, ...] = (),
    ) -> None:
        """Keep the programs of a function.

        Args:
            function: of a module, not made inside of another function: what it does is found by
                the sources, so nothing else may decide it.
            static_argnums: arguments that are no pytrees: hashable, and told apart by ``repr``.
            donate_argnums: arguments whose arrays a call may take over.

        Raises:
            ValueError: the function is made at run time.
        """
        name = getattr(function, "__qualname__", repr(function))
        if "<" in name or getattr(function, "__closure__", None):
            raise ValueError(f"{name} is made at run time; it must be a function of a module")
        self._function, self._name = function, f"{function.__module__}.{name}"
        self._static, self._donated = static_argnums, donate_argnums
        self._programs: dict[Any, _Program] = {}

    def __call__(self, *arguments: Any) -> Any:
        """Return what the function returns."""
        static = tuple(arguments[i] for i in self._static)
        leaves, tree = jax.tree.flatten(self._dynamic(arguments))
        kind = (static, tree, tuple(map(_kind, leaves)))
        program = self._programs.get(kind)
        if program is None:
            name = self._name_of(kind)
            found = None if name is None else _read(name)
            program = None if found is None else _loaded(found.decode(), len(leaves))
            if program is None:
                program = self._made(name, arguments)
            self._programs[kind] = program
        if not program.unproven:
            return jax.tree.unflatten(program.out, program.call(*leaves))
        try:
            with _on_trial(program.unproven):
                leaves_out = jax.block_until_ready(program.call(*leaves))
        except (RuntimeError, TypeError, ValueError) as error:  # not fit for these devices
            if any(isinstance(leaf, jax.Array) and leaf.is_deleted() for leaf in leaves):
                raise
            _log.warning("%s is compiled again: %s", self._name, error)
            _forget(program.unproven)
            program = self._programs[kind] = self._made(self._name_of(kind), arguments)
            leaves_out = program.call(*leaves)
        program.unproven = ""
        return jax.tree.unflatten(program.out, leaves_out)

    @property
    def count(self) -> int:
        """Number of kinds of arguments that it has a program for in this process."""
        return len(self._programs)

    def _dynamic(self, arguments: tuple[Any, ...]) -> list[Any]:
        return [one for i, one in enumerate(arguments) if i not in self._static]

    def _name_of(self, kind: Any) -> str | None:
        """Return what the program for a kind of arguments is found by, None if nothing tells."""
        words = repr((self._name, self._static, self._donated, kind))
        if " at 0x" in words:  # something that is no value, with an address for its repr
            _log.warning("%s is not kept: its settings have no values: %s", self._name, words)
            return None
        sources = _sources()
        return None if sources is None else _digest(sources, *_circumstances(), words)

    def _made(self, name: str | None, arguments: tuple[Any, ...]) -> _Program:
        """Return the program for arguments, and keep it under a name."""
        leaves, tree = jax.tree.flatten(self._dynamic(arguments))
        static = {i: arguments[i] for i in self._static}
        trees: list[Any] = []

        def flat(*leaves: Any) -> list[Any]:
            rest = iter(jax.tree.unflatten(tree, leaves))
            whole = [static[i] if i in static else next(rest) for i in range(len(arguments))]
            out, structure = jax.tree.flatten(self._function(*whole))
            trees.append(structure)
            return out

        owner = [
            i for i, one in enumerate(arguments) if i not in static for _ in jax.tree.leaves(one)
        ]
        donated = tuple(k for k, i in enumerate(owner) if i in self._donated)
        traced = self._traced(flat, donated, leaves)
        while True:
            lowered = traced.lower()
            text, out = lowered.as_text(), trees[0]
            calls = tuple(sorted(set(_CALL.findall(text))))
            if name is None or not all(call.startswith(_LAPACK) for call in calls):
                return _compiled(lowered, out)[0]
            numbered = pickle.dumps(jax.tree.unflatten(out, range(out.num_leaves)))
            found = _digest(text, hashlib.sha256(numbered).hexdigest(), *_circumstances())
            program = _loaded(found, len(leaves))
            if program is not None:
                break
            program, here = _compiled(lowered, out)
            if here:
                executable = serialize_executable.serialize(program.call)[0]
                _keep(found, pickle.dumps((executable, numbered, calls)))
                break
            try:  # under a new name it is compiled here
                (program_directory() / _IDENTITY).unlink()
            except OSError:
                return program
            traced = self._traced(jaxpr_as_fun(traced.jaxpr), donated, leaves)
        _keep(name, found.encode())
        return program

    def _traced(
        self, flat: Callable[..., Any], donated: tuple[int, ...], leaves: list[Any]
    ) -> Any:
        """Return the trace of a function of leaves, under a name that goes with the identity."""

        def named(*leaves: Any) -> Any:
            return flat(*leaves)

        named.__name__ = f"{self._name.rpartition('.')[2]}_{_identity()}"
        return jax.jit(named, donate_argnums=donated, keep_unused=True).trace(*leaves)


class _Program:
    """What takes leaves and returns leaves, and the tree that they are leaves of."""

    def __init__(self, call: Any, out: Any, unproven: str = "") -> None:
        """``unproven``: under which name it was found, until it has been called once."""
        self.call, self.out, self.unproven = call, out, unproven


@contextlib.contextmanager
def _on_trial(name: str) -> Iterator[None]:
    """Leave word of a program while it is called for the first time in this process.

    Should it end the process, the next one does not take it.
    """
    path = program_directory() / f"{name}.{os.getpid()}{_TRIAL}"
    with contextlib.suppress(OSError):
        path.touch()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()


def _has_ended_a_process(name: str) -> bool:
    """Return whether a process was ended by a program; removes what is left of it."""
    folder = program_directory()
    left = [
        path
        for path in folder.glob(f"{name}.*{_TRIAL}")
        if not psutil.pid_exists(int(path.name.split(".")[1]))
    ]
    if left:
        _forget(name, *(path.name for path in left))
    return bool(left)


def _forget(*names: str) -> None:
    """Remove programs that have failed, and the identity with them."""
    for name in (*names, _IDENTITY):
        with contextlib.suppress(OSError):
            (program_directory() / name).unlink()


def _kind(leaf: Any) -> Any:
    if isinstance(leaf, jax.Array):
        return leaf.shape, str(leaf.dtype), getattr(leaf, "weak_type", False)
    if isinstance(leaf, np.ndarray | np.generic):
        return leaf.shape, str(leaf.dtype), False
    return type(leaf).__name__


def _identity() -> str:
    """Return a word that is new whenever nothing is kept yet.

    It is part of the names that JAX knows programs by, and new, too, after a program has failed.
    What JAX has kept of them outlives what is kept here, and what it loads cannot be kept (see
    ``_compiled``): without a new name a folder that was emptied would stay so.
    """
    found = _read(_IDENTITY)
    if found is None:
        found = secrets.token_hex(4).encode()
        if not _keep(_IDENTITY, found):
            return _UNKEPT
    return found.decode()


def _compiled(lowered: Any, out: Any) -> tuple[_Program, bool]:
    """Return a program, and whether it was compiled, not loaded from what JAX keeps.

    XLA cannot write down again what it has loaded: some of its functions would be missing.
    """
    thread, loaded = threading.get_ident(), []

    def listen(event: str, **_: Any) -> None:
        if event == _LOADED and threading.get_ident() == thread:
            loaded.append(event)

    jax.monitoring.register_event_listener(listen)
    try:
        return _Program(lowered.compile(), out), not loaded
    finally:
        jax.monitoring.unregister_event_listener(listen)


def _loaded(name: str, leaves: int) -> _Program | None:
    """Return the program of a file, None if there is none that is whole and runs here."""
    body = _read(name)
    if body is None:
        return None
    if _has_ended_a_process(name):
        _log.warning("%s is compiled again: it has ended a process", name)
        return None
    in_tree = jax.tree.structure((tuple(range(leaves)), {}))
    try:
        payload, numbered, calls = pickle.loads(body)
        leaves_out, tree = jax.tree.flatten(pickle.loads(numbered))
        if calls:
            _ready_lapack()
        call = serialize_executable.deserialize_and_load(
            payload,
            in_tree,
            jax.tree.structure(leaves_out),
            execution_devices=jax.devices()[:1],
        )
    except (RuntimeError, *_FOREIGN) as error:  # of XLA: not for this machine
        _log.info("%s is compiled again: %s", name, error)
        return None
    jax.monitoring.record_event(FOUND)
    return _Program(call, tree, name)


def _ready_lapack() -> None:
    """Have JAX look up the functions of LAPACK; to call one before is a segmentation fault.

    It does so when something that calls one is lowered.
    """
    jax.jit(jnp.linalg.cholesky).lower(np.eye(1, dtype=np.float32))


def _read(name: str) -> bytes | None:
    """Return what is kept under a name, None if there is nothing, or it is not whole."""
    path = program_directory() / name
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    with contextlib.suppress(OSError):  # of others, who may only be read
        os.utime(path)
    body = whole[_DIGEST_BYTES:]
    return body if hashlib.sha256(body).digest() == whole[:_DIGEST_BYTES] else None


def _keep(name: str, body: bytes) -> bool:
    """Keep something under a name; return whether that was possible: nobody misses it."""
    folder = program_directory()
    temporary = folder / f".{name}.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(hashlib.sha256(body).digest() + body)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, folder / name)
        for path in folder.iterdir():
            if path.stat().st_mtime < time.time() - _UNUSED_S:
                path.unlink(missing_ok=True)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        _log.info("%s is not kept: %s", name, error)
        return False
    return True


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


@functools.cache
def _sources() -> str | None:
    """Return the digest of the sources of this package.

    None where one was written since the process began: nobody knows which it has imported.
    """
    root, began_s = Path(__file__).parents[1], psutil.Process().create_time()
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if path.stat().st_mtime > began_s - _LATE_S:
            _log.info("programs are not kept: %s is newer than this process", path)
            return None
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _circumstances() -> tuple[str, ...]:
    """Return what decides a program besides sources and arguments."""
    try:
        about = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        about = platform.processor()
    processor = {line for line in about.splitlines() if line.startswith(_PROCESSOR)}
    device = jax.devices()[0]
    return (
        _FORMAT,
        jax.__version__,
        version("jaxlib"),
        np.__version__,
        platform.python_version(),
        platform.machine(),
        *(sorted(processor) or [about]),
        f"{device.platform} {device.device_kind}",
        os.environ.get("XLA_FLAGS", ""),
        f"x64 {jax.config.jax_enable_x64}, {jax.config.jax_default_matmul_precision}",
    )
