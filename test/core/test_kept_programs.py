# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Programs that are kept: the same results as JAX, made once, and never another's."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.experimental.compilation_cache import compilation_cache

from live_mvp_ros.base import kept_programs
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.base.kept_programs import KeptProgram

made = kept_programs._compiled
sources = kept_programs._sources
TRACED: list[str] = []
"""A word for every time that one of the functions below was traced in this process."""


@configuration
class Gain:
    """A number that changes nothing of the program, and one that is part of it."""

    factor: float = parameter(default=2.0, help="Of everything.", live=True)
    power: int = parameter(default=1, help="Of everything.")


class Pair(NamedTuple):
    """A state with a random key."""

    values: jax.Array
    key: jax.Array


def grown(gain: Gain, pair: Pair, extra: dict[str, Any]) -> tuple[Pair, dict[str, jax.Array]]:
    TRACED.append("grown")
    key, use = jax.random.split(pair.key)
    noise = jax.random.normal(use, pair.values.shape)
    values = gain.factor * pair.values**gain.power + noise + extra["offset"]
    return Pair(values, key), {"sum": jnp.sum(values), "none": None}


def repeated(values: jax.Array, times: int, word: str) -> jax.Array:
    TRACED.append(word)
    return jnp.concatenate([values] * times)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Placed:
    """Values, and where they are: that is no number of the program."""

    values: jax.Array
    origin_m: tuple[float, float] = dataclasses.field(metadata={"static": True})


def placed(values: jax.Array, origin_m: tuple[float, float]) -> Placed:
    TRACED.append("placed")
    return Placed(values + 1.0, origin_m)


def moved(there: Placed) -> Placed:
    TRACED.append("moved")
    return Placed(there.values, (there.origin_m[0] + 1.0, there.origin_m[1]))


def added(values: jax.Array, more: jax.Array) -> jax.Array:
    TRACED.append("added")
    return values + more


either_way = pytest.mark.parametrize("empty_cache", ["alone", "beside JAX's"], indirect=True)


@pytest.fixture(autouse=True)
def empty_cache(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Keep programs in an empty folder, and let JAX keep nothing or everything."""
    monkeypatch.setenv("LIVE_MVP_ROS_CACHE", str(tmp_path))
    monkeypatch.setattr(kept_programs, "_sources", lambda: "these")  # whoever edits them meanwhile
    TRACED.clear()
    alone = getattr(request, "param", "alone") == "alone"
    for_jax = {
        "jax_compilation_cache_dir": None if alone else str(tmp_path / "jax"),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in for_jax}
    for settled in (for_jax, before):
        for name, value in settled.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
        if settled is for_jax:
            yield tmp_path / "programs"


def files(cache: Path) -> list[Path]:
    if not cache.exists():
        return []
    return sorted(path for path in cache.iterdir() if path.name != "identity")


def start(seed: int = 0) -> Pair:
    return Pair(jnp.arange(5.0), jax.random.key(seed))


def test_gives_what_jax_gives() -> None:
    kept, jitted = KeptProgram(grown), jax.jit(grown)
    for gain in (Gain(), Gain(factor=-3.0), Gain(power=2)):
        for offset in (1.5, np.float32(2.0), np.float64(2.5), np.ones(5, np.float32), 3):
            ours, theirs = (
                kept(gain, start(), {"offset": offset}),
                jitted(gain, start(), {"offset": offset}),
            )
            assert jax.tree.structure(ours) == jax.tree.structure(theirs)
            np.testing.assert_array_equal(ours[0].values, theirs[0].values)
            assert ours[1]["sum"] == theirs[1]["sum"]
            assert ours[0].key.dtype == theirs[0].key.dtype
            keys = [jax.random.key_data(pair.key) for pair in (ours[0], theirs[0])]
            np.testing.assert_array_equal(*keys)


@either_way
def test_is_traced_once_for_each_kind_and_then_loaded(empty_cache: Path) -> None:
    for _ in range(2):  # as two processes would
        kept = KeptProgram(grown)
        for factor in (1.0, 2.0, 3.0):
            pair, _ = kept(Gain(factor=factor), start(), {"offset": 0.0})
            kept(Gain(factor=factor), pair, {"offset": 1.0})
    assert TRACED == ["grown"]
    assert len(files(empty_cache)) == 2  # what it is found by, and itself
    KeptProgram(grown)(Gain(power=3), start(), {"offset": 0.0})
    assert TRACED == ["grown"] * 2


@settings(max_examples=15, deadline=None)
@given(
    n=st.integers(1, 4),
    times=st.integers(1, 3),
    word=st.sampled_from(["a", "b"]),
    kind=st.sampled_from([np.float32, np.int32]),
)
def test_never_takes_that_of_other_arguments(n: int, times: int, word: str, kind: Any) -> None:
    values = np.arange(n).astype(kind)
    ours = KeptProgram(repeated, static_argnums=(1, 2))(values, times, word)
    np.testing.assert_array_equal(ours, np.tile(values, times))
    assert ours.dtype == kind


@either_way
def test_what_is_the_same_program_elsewhere_is_not_brought_here() -> None:
    """Where a map lies decides nothing of the program that fills it."""
    places = [(0.05, 0.05), (-4.95, 3.05), (0.05, 0.05), (7.05, 0.05)]
    for _ in range(2):  # as two processes would
        for origin_m in places:
            there = KeptProgram(placed, static_argnums=(1,))(jnp.ones(3), origin_m)
            assert there.origin_m == origin_m
            x, y = origin_m
            assert KeptProgram(moved)(there).origin_m == (x + 1.0, y)
    assert sorted(TRACED) == ["moved"] * 3 + ["placed"] * 3


def in_use(cache: Path) -> list[Path]:
    """Return the file that a program is found by, which holds a name, and the one of that name."""
    names = {path.name for path in files(cache)}
    digest = hashlib.sha256().digest_size
    of = {path: path.read_bytes()[digest:].decode(errors="ignore") for path in files(cache)}
    ((found_by, name),) = [(path, name) for path, name in of.items() if name in names]
    return [found_by, cache / name]


@pytest.mark.parametrize("file", [0, 1], ids=["name", "program"])
@either_way
def test_a_program_that_is_not_whole_is_made_again(empty_cache: Path, file: int) -> None:
    KeptProgram(added)(jnp.ones(3), jnp.ones(3))
    for damage in (
        lambda whole: b"",
        lambda whole: whole[:10],
        lambda whole: whole[:-1],
        lambda whole: whole[:-1] + b"?",
        lambda whole: b"x" + whole,
    ):
        path = in_use(empty_cache)[file]  # another where JAX had kept what was compiled again
        path.write_bytes(damage(path.read_bytes()))
        before = len(TRACED)
        ours = KeptProgram(added)(jnp.ones(3), jnp.ones(3))
        np.testing.assert_array_equal(ours, 2 * np.ones(3))
        assert len(TRACED) > before
        made_again = len(TRACED)
        KeptProgram(added)(jnp.ones(3), jnp.ones(3))
        assert len(TRACED) == made_again


@either_way
def test_what_was_written_by_other_classes_is_made_again(empty_cache: Path) -> None:
    for _ in range(2):
        np.testing.assert_array_equal(KeptProgram(added)(jnp.ones(3), 1.0), 2 * np.ones(3))
        _, program = in_use(empty_cache)
        kept_programs._keep(program.name, b"clive_mvp_ros.nowhere\nRenamed\n.")
    assert TRACED == ["added"] * 2


@either_way
def test_a_program_that_fails_when_it_is_called_first_is_made_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unfit(*leaves: Any) -> Any:
        raise jax.errors.JaxRuntimeError("expected 2 shards")

    loaded = kept_programs._loaded
    KeptProgram(added)(jnp.ones(3), 1.0)
    with monkeypatch.context() as change:
        found = kept_programs._Program(unfit, None, "a")
        change.setattr(kept_programs, "_loaded", lambda *_: found if len(TRACED) == 1 else None)
        kept = KeptProgram(added)
        for _ in range(2):
            np.testing.assert_array_equal(kept(jnp.ones(3), 1.0), 2 * np.ones(3))
    assert "is compiled again: expected 2 shards" in caplog.text
    assert kept_programs._loaded is loaded
    KeptProgram(added)(jnp.ones(3), 1.0)
    assert TRACED == ["added"] * 2


def test_with_several_devices_it_is_loaded_for_the_first() -> None:
    code = """
import numpy as np
from live_mvp_ros.base import kept_programs
from jax.numpy import cumsum
import jax
made = []
compiled = kept_programs._compiled
kept_programs._compiled = lambda *given: (made.append(1), compiled(*given))[1]
kept = kept_programs.KeptProgram(cumsum)
print(len(jax.devices()), len(made), kept(np.arange(3)).tolist(), len(made))
"""
    two = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-c", code]
    for makes in (1, 0):
        run = subprocess.run(command, env=two, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        assert run.stdout == f"2 0 [0, 1, 3] {makes}\n"
        assert run.stderr == ""


@either_way
def test_what_may_only_be_read_is_used(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("a read-only file system")

    KeptProgram(added)(jnp.ones(3), jnp.ones(3))
    for name in ("utime", "replace"):
        monkeypatch.setattr(kept_programs.os, name, refuse)
    KeptProgram(added)(jnp.ones(3), jnp.ones(3))
    assert TRACED == ["added"]
    (empty_cache / "identity").unlink()
    assert len({kept_programs._identity() for _ in range(2)}) == 1  # JAX's own cache is of use


def test_nothing_is_kept_of_sources_that_are_newer_than_the_process(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Old:
        def create_time(self) -> float:
            return 0.0

    monkeypatch.setattr(kept_programs, "_sources", sources.__wrapped__)
    monkeypatch.setattr(kept_programs.psutil, "Process", Old)
    KeptProgram(added)(jnp.ones(3), jnp.ones(3))
    assert files(empty_cache) == []


@either_way
def test_new_sources_find_the_program_by_what_it_is(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(
        kept_programs, "_compiled", lambda *given: (compiled.append("once"), made(*given))[1]
    )
    for day in ("of yesterday", "of today", "of today"):
        monkeypatch.setattr(kept_programs, "_sources", lambda words=day: words)
        ours = KeptProgram(added)(jnp.ones(3), jnp.ones(3))
        np.testing.assert_array_equal(ours, 2 * np.ones(3))
    assert compiled == ["once"]
    assert TRACED == ["added"] * 2
    assert len(files(empty_cache)) == 3


def test_what_jax_keeps_is_no_hindrance(tmp_path: Path, empty_cache: Path) -> None:
    """XLA cannot write down again what it has loaded; a folder that was emptied fills again."""
    code = """
import sys
import jax, numpy as np
jax.config.update("jax_compilation_cache_dir", sys.argv[1])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.mapping import LiveMapConfig, init
config = LiveMapConfig(lower_m=(0, 0, 0), upper_m=(3, 2, 2))
state = KeptProgram(init)(config, jax.random.key(4))
print([np.asarray(leaf).sum() for leaf in jax.tree.leaves(state.parameters)])
"""
    command = [sys.executable, "-c", code, str(tmp_path / "jax")]
    said = []
    for emptied in (False, True, False):
        if emptied:
            shutil.rmtree(empty_cache)
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        said.append(run.stdout)
        assert len(files(empty_cache)) == 2
    assert said[0] == said[1] == said[2]


@either_way
def test_takes_arrays_over_where_told_so() -> None:
    kept = KeptProgram(added, donate_argnums=(0,))
    for _ in range(2):
        values, more = jnp.ones(1000), jnp.ones(1000)
        kept(values, more)
        assert values.is_deleted()
        assert not more.is_deleted()
        kept = KeptProgram(added, donate_argnums=(0,))
    assert TRACED == ["added"]


@either_way
def test_works_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVE_MVP_ROS_CACHE", "/dev/null/nowhere")
    for _ in range(2):
        np.testing.assert_array_equal(KeptProgram(added)(jnp.ones(3), 1.0), 2 * np.ones(3))
    assert TRACED == ["added"] * 2


def test_a_function_that_was_made_at_run_time_is_refused() -> None:
    def inner(x: jax.Array) -> jax.Array:
        return x

    for function in (inner, lambda x: x):
        with pytest.raises(ValueError, match="made at run time"):
            KeptProgram(function)


def test_what_was_not_used_for_long_is_removed(empty_cache: Path) -> None:
    KeptProgram(added)(jnp.ones(3), jnp.ones(3))
    old = files(empty_cache)
    for path in old:
        os.utime(path, (0.0, 0.0))
    KeptProgram(added)(jnp.ones(3), jnp.ones(3))  # used: both are new again
    os.utime(old[0], (0.0, 0.0))
    KeptProgram(repeated, static_argnums=(1, 2))(jnp.ones(3), 2, "a")
    left = files(empty_cache)
    assert old[0] not in left
    assert old[1] in left


def test_linear_algebra_is_ready_in_a_process_that_only_loads() -> None:
    code = """
import numpy as np
from live_mvp_ros.base.kept_programs import KeptProgram
from jax.numpy.linalg import inv
print(KeptProgram(inv)(np.diag([2.0, 4.0]).astype(np.float32)).tolist())
"""
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        assert run.stdout.strip() == "[[0.5, 0.0], [0.0, 0.25]]"


def test_a_program_that_has_ended_a_process_is_made_again(empty_cache: Path) -> None:
    code = """
import os, sys
from pathlib import Path
import numpy as np
from live_mvp_ros.base import kept_programs
from jax.numpy import cumsum
kept = kept_programs.KeptProgram(cumsum)
if sys.argv[1] == "crash":
    loaded = kept_programs._loaded
    def broken(*given):
        found = loaded(*given)
        found.call = lambda *leaves: os.abort()
        return found
    kept_programs._loaded = broken
print(kept(np.arange(3)).tolist())
"""

    def run(what: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, what]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run("make").returncode == 0
    assert not [path for path in files(empty_cache) if path.suffix == ".trial"]
    assert run("crash").returncode == -signal.SIGABRT
    (trial,) = [path for path in files(empty_cache) if path.suffix == ".trial"]
    failed = empty_cache / trial.name.split(".")[0]
    assert failed.exists()
    again, after = run("again"), run("after")
    assert not failed.exists()
    assert "it has ended a process" in again.stderr
    assert again.stdout == after.stdout == "[0, 1, 3]\n"
    assert after.stderr == ""
    assert not [path for path in files(empty_cache) if path.suffix == ".trial"]


def called_back(values: jax.Array) -> jax.Array:
    TRACED.append("called back")
    return jax.pure_callback(np.square, jax.ShapeDtypeStruct((3,), jnp.float32), values)


@either_way
def test_what_calls_back_is_not_kept(empty_cache: Path) -> None:
    for _ in range(2):
        ours = KeptProgram(called_back)(jnp.arange(3.0))
        np.testing.assert_array_equal(ours, [0.0, 1.0, 4.0])
    assert TRACED == ["called back"] * 2
    assert files(empty_cache) == []


def test_another_process_loads_what_one_has_made(tmp_path: Path) -> None:
    code = """
import jax, numpy as np
from live_mvp_ros.base.kept_programs import KeptProgram
from live_mvp_ros.mapping import LiveMapConfig, init
config = LiveMapConfig(lower_m=(0, 0, 0), upper_m=(3, 2, 2))
key = jax.random.key(4)
compiled = []
jax.monitoring.register_event_duration_secs_listener(
    lambda event, _, **more: compiled.append(event) if "backend_compile" in event else None
)
state = KeptProgram(init)(config, key)
print(len(compiled), [np.asarray(leaf).sum() for leaf in jax.tree.leaves(state.parameters)])
"""
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    (made, first), (loaded, second) = (one.stdout.split(" ", 1) for one in said)
    assert int(made) > 0
    assert int(loaded) == 0
    assert first == second
