# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Configuration refuses what makes no sense, in words, and is a pytree of its live fields."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
import pytest

from live_mvp_ros.base.config import (
    ConfigurationError,
    configuration,
    from_mapping,
    info_of,
    parameter,
    replace,
)


@configuration
class Inner:
    gain: float = parameter(default=1.0, unit="1/s", low=0.0, high=2.0, live=True, help="A gain.")


@configuration
class Outer:
    count: int = parameter(default=3, low=1, help="A count.")
    reach_m: float = parameter(
        default=1.0, unit="m", low=0.1, high=2.0, live=True, help="A reach."
    )
    corner_m: tuple[float, float] = parameter(default=(1.0, 2.0), unit="m", help="A corner.")
    mode: str = parameter(default="slow", choices=("slow", "fast"), help="A mode.")
    on: bool = parameter(default=True, help="A switch.")
    steps: tuple[str, ...] = parameter(
        default=("rinse", "dry"), choices=("soak", "rinse", "dry"), help="Steps in order."
    )
    names: tuple[str, ...] = parameter(default=("a",), help="Names.")
    inner: Inner = Inner()

    def check(self) -> str | None:
        return "count must not equal reach_m" if self.count == self.reach_m else None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"reach_m": 5.0}, "reach_m = 5.0 is not allowed: it must be between 0.1 and 2 m"),
        ({"reach_m": float("nan")}, "reach_m = nan is not allowed: it must be a finite number"),
        ({"reach_m": "far"}, "reach_m = 'far' is not allowed: it must be a finite number"),
        ({"count": 0}, "count = 0 is not allowed: it must be at least 1"),
        ({"count": 1.5}, "count = 1.5 is not allowed: it must be a whole number"),
        ({"count": True}, "count = true is not allowed: it must be a finite number"),
        ({"corner_m": (1.0,)}, r"corner_m = \(1.0,\) is not allowed: it must be a list of 2"),
        ({"mode": "warp"}, "mode = 'warp' is not allowed: it must be one of slow, fast"),
        (
            {"steps": ()},
            r"steps = \(\) is not allowed: it must be a list of words, each one",
        ),
        ({"steps": "dry"}, "steps = 'dry' is not allowed: it must be a list of words"),
        ({"names": "dry"}, "names = 'dry' is not allowed: it must be a list of words$"),
        ({"names": [1]}, r"names = \[1\] is not allowed: it must be a list of words$"),
        ({"reach_m": 10**400}, "reach_m = 10+ is not allowed: it must be a finite number"),
        ({"count": -(10**400)}, "count = -10+ is not allowed: it must be a finite number"),
        ({"reach_m": np.float32(-1)}, "reach_m = -1.0 is not allowed: it must be between"),
        ({"reach_m": np.array(-1.0)}, "reach_m = -1.0 is not allowed: it must be between"),
        ({"count": np.int64(-3)}, "count = -3 is not allowed: it must be at least 1"),
        ({"corner_m": np.array([1.0])}, r"corner_m = \[1.0\] is not allowed: it must be a list"),
        ({"corner_m": np.float32(1)}, "corner_m = 1.0 is not allowed: it must be a list of 2"),
        (
            {"steps": ["dry", 3]},
            r"steps = \['dry', 3\] is not allowed: it must be a list",
        ),
        (
            {"steps": ["dry", "iron"]},
            r"steps\[1\] = 'iron' is not allowed: it must be one of",
        ),
        ({"steps": ["dry", "dry"]}, r"steps\[1\] = 'dry' is not allowed: it is in the list"),
        ({"on": 1}, "on = 1 is not allowed: it must be true or false"),
        ({"count": 1, "reach_m": 1}, "count must not equal reach_m"),
        ({"speed": 1}, "speed is not a parameter of Outer: did you mean "),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence(values, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        from_mapping(Outer, values)


def test_values_arrive_in_their_declared_types():
    config = from_mapping(Outer, {"count": 2.0, "reach_m": 1, "corner_m": [3, 4]})
    assert isinstance(config.count, int) and isinstance(config.reach_m, float)
    assert config.corner_m == (3.0, 4.0) and isinstance(config.corner_m, tuple)
    assert from_mapping(Outer, {"steps": ["soak", "rinse", "dry"]}).steps[0] == "soak"
    assert hash(config) == hash(replace(config))


def test_numbers_and_arrays_of_numpy_become_plain_values():
    made = Outer(
        count=np.int64(4),
        reach_m=np.float32(0.5),
        corner_m=np.array([3.0, 4.0], np.float32),
        on=np.bool_(False),
    )
    assert made == Outer(count=4, reach_m=0.5, corner_m=(3.0, 4.0), on=False)
    assert (type(made.count), type(made.reach_m), type(made.on)) == (int, float, bool)
    assert type(made.corner_m) is tuple and {type(x) for x in made.corner_m} == {float}
    assert from_mapping(Outer, {"corner_m": [np.int8(3), 4]}).corner_m == (3.0, 4.0)


def test_only_live_fields_are_leaves_so_that_changing_them_does_not_retrace():
    traces = []

    @jax.jit
    def scaled(config, x):
        traces.append(1)
        return x * config.reach_m * config.count * config.inner.gain

    config = Outer()
    assert float(scaled(config, 2.0)) == 6.0
    assert float(scaled(replace(config, reach_m=0.5), 2.0)) == 3.0
    assert float(scaled(replace(config, inner=Inner(gain=2.0)), 2.0)) == 12.0
    assert len(traces) == 1
    assert float(scaled(replace(config, count=4), 2.0)) == 8.0
    assert len(traces) == 2


def test_a_configuration_cannot_be_changed_and_documents_itself():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Outer().count = 5
    info = {field.name: info_of(field) for field in dataclasses.fields(Outer)}
    assert info["reach_m"].unit == "m" and info["reach_m"].help == "A reach."
