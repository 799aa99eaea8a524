# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a full disk cut off in JAX's cache is not there for ever."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optional import need

from live_mvp_ros.base.cache_repair import remove_halves
from live_mvp_ros.base.jax_setup import has_programs

need("zstandard")
import zstandard  # noqa: E402

LONG_AGO = 1e9


def write(directory, name, body, when=LONG_AGO):
    directory.mkdir(exist_ok=True)
    (directory / name).write_bytes(body)
    os.utime(directory / name, (when, when))


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=300_000) | st.integers(1, 400_000).map(bytes),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_only_what_ends_too_early_is_removed(
    tmp_path_factory, body, has_checksum, says_size, data
):
    whole = zstandard.ZstdCompressor(
        write_checksum=has_checksum, write_content_size=says_size
    ).compress(body)
    cut = data.draw(st.integers(0, len(whole) - 1))
    directory = tmp_path_factory.mktemp("cache")
    write(directory, "jit_a-1-cache", whole)
    write(directory, "jit_b-2-cache", whole[:cut])
    write(directory, "jit_c-3-cache", b"another format, whatever it is")
    assert remove_halves(directory) == ["jit_b-2-cache"]
    assert {p.name for p in directory.glob("*-cache")} == {"jit_a-1-cache", "jit_c-3-cache"}


def test_a_file_that_somebody_may_be_writing_is_left_until_later(tmp_path):
    half = zstandard.compress(os.urandom(1000))[:-1]
    (tmp_path / "jit_a-1-cache").write_bytes(half)
    assert remove_halves(tmp_path) == []
    os.utime(tmp_path / "jit_a-1-cache", (os.stat(tmp_path).st_mtime - 61.0,) * 2)
    os.utime(tmp_path / ".looked-at", (LONG_AGO, LONG_AGO))
    assert remove_halves(tmp_path) == ["jit_a-1-cache"]
    assert remove_halves(tmp_path) == []


def test_a_cache_that_was_looked_at_and_holds_nothing_has_no_programs(tmp_path, monkeypatch):
    monkeypatch.setenv("LIVE_MVP_ROS_CACHE", str(tmp_path))
    assert not has_programs()
    (tmp_path / "jax").mkdir()
    remove_halves(tmp_path / "jax")
    assert not has_programs()  # a first start says that it compiles
    write(tmp_path / "jax", "jit_a-1-cache", zstandard.compress(b"program"))
    assert has_programs()


def test_what_is_not_there_or_closed_is_no_fault(tmp_path):
    assert remove_halves(tmp_path / "none") == []
    (tmp_path / "jit_d-4-cache").mkdir()
    os.utime(tmp_path / "jit_d-4-cache", (LONG_AGO, LONG_AGO))
    assert remove_halves(tmp_path) == []


PROGRAM = """
from live_mvp_ros.base.jax_setup import prepare_jax

prepare_jax()
import jax
import jax.numpy as jnp

print(jax.jit(lambda x: jnp.sort(x)[::2] * 3.0)(jnp.arange(8.0)).sum())
"""


@pytest.mark.slow
def test_a_program_that_was_cut_off_is_kept_again(tmp_path):
    need("jax")

    def run():
        environment = os.environ | {"LIVE_MVP_ROS_CACHE": str(tmp_path)}
        command = [sys.executable, "-c", PROGRAM]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)

    run()
    files = {p: p.read_bytes() for p in (tmp_path / "jax").glob("*-cache")}
    assert files
    for path, body in files.items():
        path.write_bytes(body[: len(body) // 2])
        os.utime(path, (LONG_AGO, LONG_AGO))
    os.utime(tmp_path / "jax" / ".looked-at", (LONG_AGO - 1.0,) * 2)
    again = run()
    assert "Error reading" not in again.stderr
    assert float(again.stdout) == 36.0
    for path, body in files.items():
        assert len(path.read_bytes()) > 0.9 * len(body)
