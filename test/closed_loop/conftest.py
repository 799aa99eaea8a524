# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a module has compiled is let go after it: thousands of programs are too many at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from compiling import let_go


@pytest.fixture(autouse=True, scope="module")
def programs_of_a_module() -> Iterator[None]:
    yield
    let_go()
