# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What processes do about JAX before they use it, seen from outside."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest
from optional import need

need("jax")

CALLS = 10
PROGRAM = f"""
import resource
from live_mvp_ros.base.jax_setup import prepare_jax

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


KEPT = """
import psutil
from live_mvp_ros.base.jax_setup import give_back_memory, keep_memory

keep_memory()


def resident_mib():
    return psutil.Process().memory_info().rss / 2**20


pieces = [bytearray(2**20) for _ in range(200)]
last = bytearray(2**20)  # at the end of the heap, which stays as long as it is
del pieces
before = resident_mib()
give_back_memory()
print(before, before - resident_mib())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs the GNU C library")
def test_what_is_kept_can_be_given_back():
    own = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))}
    done = subprocess.check_output((sys.executable, "-c", KEPT), env=own)
    before_mib, given_mib = map(float, done.split())
    assert before_mib > 200.0
    assert given_mib > 150.0


BESIDE = """
import sys
import threading
import time

from live_mvp_ros.base.jax_setup import prepare_jax

prepare_jax(in_background=sys.argv[1] == "background", at_once=int(sys.argv[2]))
import jax
import jax.numpy as jnp

slow = jax.jit(lambda x: jax.lax.fori_loop(0, 60, lambda _, y: jnp.sin(y @ y), x))
quick = jax.jit(lambda x: x @ x)  # what is cheaper still, JAX never puts off
if sys.argv[3] == "many":
    quick = jax.jit(lambda x: (x @ x, *(k * x for k in range(20))))
    slow = jax.jit(lambda x: [jax.lax.fori_loop(0, 30, lambda _, y: jnp.sin(y @ (k + x)), x)
                              for k in range(4)])
x, few = jnp.ones((400, 400)), jnp.ones((20, 20))
jax.block_until_ready((slow(x), quick(few)))
ended = threading.Event()


def work():
    jax.block_until_ready(slow(x))
    ended.set()


threading.Thread(target=work).start()
answers = 0
while not ended.is_set():
    jax.block_until_ready(quick(few))
    answers += not ended.is_set()
    time.sleep(0.001)
print(answers)
"""


def answers_beside_a_slow_program(how: str, at_once: int = 1, parts: str = "one") -> int:
    """Return how many small calls of another thread end while one slow call computes."""
    command = (sys.executable, "-c", BESIDE, how, str(at_once), parts)
    ours = ("NPROC", "XLA_FLAGS")  # set by prepare_jax here, and to be set by it there
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    return int(subprocess.check_output(command, env=environment))


def test_where_callbacks_must_answer_no_call_waits_behind_a_slow_one():
    # Counted, not timed: behind the dispatch thread at most the calls before the slow one end.
    assert answers_beside_a_slow_program("at once") > 10
    assert answers_beside_a_slow_program("background") <= 3


def test_a_program_of_many_parts_does_not_wait_for_the_parts_of_a_slow_one():
    assert answers_beside_a_slow_program("at once", at_once=2, parts="many") > 10
