# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parameter protocol of MAVLink, in the two encodings of the two firmwares.

ArduPilot casts every value to a float; PX4 puts the four bytes of an integer where the float would
be (MAV_PROTOCOL_CAPABILITY_PARAM_ENCODE_BYTEWISE).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Any, NamedTuple

from pymavlink.dialects.v20 import all as mavlink

INT8 = mavlink.MAV_PARAM_TYPE_INT8
INT16 = mavlink.MAV_PARAM_TYPE_INT16
INT32 = mavlink.MAV_PARAM_TYPE_INT32
REAL32 = mavlink.MAV_PARAM_TYPE_REAL32
BITS = {INT8: 8, INT16: 16, INT32: 32}
NO_INDEX = -1
COUNT_UNKNOWN_INDEX = 65535


class Parameter(NamedTuple):
    """A parameter as the firmware has it after boot."""

    name: str
    value: float
    kind: int
    """MAV_PARAM_TYPE."""


class ParameterTable:
    """Values of the parameters of one vehicle."""

    def __init__(self, parameters: Iterable[Parameter], *, bytewise: bool) -> None:
        """Begin with the defaults; ``bytewise`` says how integers travel."""
        self._table = {parameter.name: parameter for parameter in sorted(parameters)}
        self._names = list(self._table)
        self._values = {name: float(p.value) for name, p in self._table.items()}
        self._bytewise = bytewise

    def __getitem__(self, name: str) -> float:
        """Return the value of a parameter that the firmware has."""
        return self._values[name]

    def put(self, name: str, value: float) -> None:
        """Set a parameter from within; an integer is rounded."""
        kind = self._table[name].kind
        self._values[name] = float(round(value)) if kind in BITS else value

    def values(self) -> Iterable[Any]:
        """Return a PARAM_VALUE for each parameter."""
        return [self._message(name) for name in self._names]

    def read(self, request: Any) -> Any | None:
        """Return the PARAM_VALUE that a PARAM_REQUEST_READ asks for, None if there is none."""
        if request.param_index != NO_INDEX:
            within = 0 <= request.param_index < len(self._names)
            return self._message(self._names[request.param_index]) if within else None
        return self._message(request.param_id) if request.param_id in self._table else None

    def set(self, request: Any) -> Any | None:
        """Take a PARAM_SET and return the PARAM_VALUE that answers it, None if there is none.

        The answer has the value that is in force: the old one, if the new one was no number of
        the parameter's type.
        """
        name = request.param_id
        if name not in self._table:
            return None
        kind = self._table[name].kind
        if self._bytewise and request.param_type != kind:
            return self._message(name)
        value = self._decoded(request.param_value, kind)
        if math.isfinite(value) and (kind not in BITS or abs(value) < 2 ** (BITS[kind] - 1)):
            self.put(name, value)
        return self._message(name)

    def _decoded(self, value: float, kind: int) -> float:
        if self._bytewise and kind in BITS:
            (number,) = struct.unpack("<i", struct.pack("<f", value))
            return float(number)
        return float(value)

    def _message(self, name: str) -> Any:
        kind, value = self._table[name].kind, self._values[name]
        if self._bytewise and kind in BITS:
            (value,) = struct.unpack("<f", struct.pack("<i", int(value)))
        index = self._names.index(name)
        return mavlink.MAVLink_param_value_message(
            name.encode(), value, kind, len(self._names), index
        )
