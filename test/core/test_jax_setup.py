# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What processes do about JAX before they use it, seen from outside."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest

CALLS = 10
PROGRAM = f"""
import resource
from live_mvp_ros.jax_setup import prepare_jax

prepare_jax()
import jax
import jax.numpy as jnp

@jax.jit
def program(x):
    return jnp.max(jax.lax.optimization_barrier(2.0 * x[::-1]))

x = jnp.ones(2**24)  # 64 MiB
for _ in range(3):
    program(x).block_until_ready()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range({CALLS}):
    program(x).block_until_ready()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(**environment: str) -> int:
    """Return how many pages were mapped anew in all the calls."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    command = (sys.executable, "-c", PROGRAM)
    return int(subprocess.check_output(command, env=own | environment))


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs the GNU C library")
def test_the_work_space_of_a_program_is_kept_between_calls_unless_the_user_says_how():
    assert page_faults() < 0.2 * page_faults(MALLOC_MMAP_MAX_="65536")
