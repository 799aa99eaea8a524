# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How well a node does: rate, latency, age of its inputs, drops and refused messages, at 1 Hz."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from live_mvp_ros.base.jax_setup import give_back_memory
from live_mvp_ros.ros import qos
from live_mvp_ros.ros.compiling import Compiling
from live_mvp_ros.ros.complaints import WAITS_FOR
from live_mvp_ros.ros.peers import Peers
from live_mvp_ros.ros.refusals import Refusals
from live_mvp_ros.ros.starting import STARTING

PERIOD_S = 1.0
STALE_AFTER_S = 2.0
LOADING = "loading its programs"
NO_CLOCK = "no /clock: use_sim_time is on, and nobody publishes the time"
OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class Health:
    """Counts what a node does and publishes it on /diagnostics by wall time.

    All methods may be called from the executor's thread and from the worker's.
    """

    def __init__(self, node: Node, inputs: tuple[str, ...] = ()) -> None:
        """Publish for ``node``; ``inputs`` are the topics without which it cannot work."""
        self._node = node
        self._lock = threading.Lock()
        self._outputs, self._produced = 0, False
        self._latencies_s: deque[float] = deque(maxlen=200)
        self._needed = list(inputs)
        self._arrivals: dict[str, float | None] = dict.fromkeys(inputs)
        self._refused: defaultdict[str, Refusals] = defaultdict(Refusals)
        self._reasons: dict[str, tuple[str, float]] = {}  # last refusal of each topic, and when
        self._dropped = 0
        self._problem: tuple[bytes, str] = (OK, "")
        self._since = time.monotonic()
        self.peers = Peers(node)
        """The topics of the node, where others may be that it cannot be connected with."""
        self.busy_s: Callable[[], float] = float
        """Returns for how long the node has computed its current output [s]."""
        self.extra: Callable[[], dict[str, str]] = dict
        """More values to publish; replaced by the node that has some."""
        self._publisher = node.create_publisher(
            DiagnosticArray,
            "/diagnostics",
            qos.DIAGNOSTICS,
            event_callbacks=qos.publisher_events(),
        )
        self._timer = node.create_timer(
            PERIOD_S, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._spins, self._announced = False, 0.0
        self._compiling = Compiling(self._announce)

    def needs(self, topic: str) -> None:
        """Count a topic among those without which the node cannot work."""
        self._needed.append(topic)
        self._arrivals.setdefault(topic, None)

    def close(self) -> None:
        """Stop watching what is compiled; to be called before the node is destroyed."""
        self._compiling.close()

    def arrived(self, name: str) -> None:
        """Note that an input has arrived and was good."""
        self._arrivals[name] = time.monotonic()

    def produced(self, latency_s: float) -> None:
        """Note one output and how long it took."""
        with self._lock:
            self._outputs += 1
            self._produced = True
            self._latencies_s.append(latency_s)

    def dropped(self, count: int = 1) -> None:
        """Note inputs that were not used because newer ones came first."""
        with self._lock:
            self._dropped += count

    def refused(self, topic: str, reason: str) -> None:
        """Count a message that is not valid; see Refusals for what is logged."""
        with self._lock:
            now = time.monotonic()
            self._reasons[topic] = (reason, now)
            text = self._refused[topic].add(reason, now)
        if text:
            self._node.get_logger().warning(f"dropped a message on {topic}: {text}")

    @property
    def dropped_total(self) -> int:
        """Return how many inputs were not used since the start."""
        return self._dropped

    @property
    def refused_total(self) -> int:
        """Return how many messages were not valid since the start."""
        with self._lock:
            return sum(refusals.count for refusals in self._refused.values())

    def refused_on(self, topic: str) -> tuple[int, str]:
        """Return how many messages of a topic were not valid, and why the last one was not."""
        with self._lock:
            refusals = self._refused.get(topic)
            return (0, "") if refusals is None else (refusals.count, refusals.last)

    def problem(self, level: bytes, sentence: str) -> None:
        """Set what is wrong now; OK and an empty sentence when nothing is."""
        self._problem = (level, sentence)

    def status(self) -> DiagnosticStatus:
        """Return the status of the time since the last call."""
        now = time.monotonic()
        with self._lock:
            span, self._since = max(now - self._since, 1e-6), now
            outputs, self._outputs = self._outputs, 0
            latencies = sorted(self._latencies_s)
            values = {
                "rate_hz": f"{outputs / span:.2f}",
                "latency_ms_p50": _quantile_ms(latencies, 0.50),
                "latency_ms_p99": _quantile_ms(latencies, 0.99),
                "dropped": str(self._dropped),
                "invalid": str(sum(refusals.count for refusals in self._refused.values())),
            }
            values |= {
                f"invalid {topic}": f"{refusals.count}, the last one: {refusals.last}"
                for topic, refusals in self._refused.items()
            }
        ages = {name: _age(now, at) for name, at in self._arrivals.items()}
        values |= {f"age_s {name}": f"{age:.3f}" for name, age in ages.items()}
        values |= self.extra()
        level, sentence = self._problem
        unheard = self.peers.problems()
        values |= {f"incompatible {i}": text for i, text in enumerate(unheard, 1)}
        late = [name for name in self._needed if ages[name] > STALE_AFTER_S]
        if level == OK and self._clock_is_missing():
            level, sentence = WARN, NO_CLOCK
        elif level in (OK, WARN) and (preparing := self._preparing()):
            level, sentence = OK, preparing  # the reason for any warning
        elif level == OK and late:
            level, sentence = WARN, WAITS_FOR + ", ".join(self._with_reason(late, now))
        if unheard and level in (OK, WARN):
            level, sentence = WARN, "; ".join([*([sentence] if sentence else []), unheard[0]])
        return DiagnosticStatus(
            level=level,
            name=self._node.get_fully_qualified_name().lstrip("/"),
            message=sentence or "ok",
            hardware_id="",
            values=[KeyValue(key=key, value=value) for key, value in values.items()],
        )

    def _with_reason(self, late: list[str], now: float) -> list[str]:
        """Return names of inputs, each with why its last message was refused, if it just was."""
        recent = {
            kind: reason
            for kind, (reason, at) in self._reasons.copy().items()
            if now - at < STALE_AFTER_S
        }
        return [f"{name} ({recent[name]})" if name in recent else name for name in late]

    def _preparing(self) -> str:
        """Return that the node compiles or loads its programs, empty if it does not."""
        first = not self._produced and self.busy_s() > PERIOD_S
        return self._compiling.sentence() or (LOADING if first else "")

    def _clock_is_missing(self) -> bool:
        """Return whether this node lives in the time of /clock and none has come."""
        clock = self._node.get_clock()
        return bool(clock.ros_time_is_active and clock.now().nanoseconds == 0)

    def _announce(self) -> None:
        """Say that the node compiles before it spins, from the thread that does."""
        now = time.monotonic()
        if self._spins or now - self._announced < PERIOD_S:
            return
        self._announced = now
        status = DiagnosticStatus(
            level=OK,
            name=self._node.get_fully_qualified_name().lstrip("/"),
            message=f"{STARTING}: {self._compiling.sentence() or LOADING}",
        )
        self._publisher.publish(DiagnosticArray(status=[status]))

    def _publish(self) -> None:
        self._spins = True
        if self._compiling.leaves_garbage():
            give_back_memory()
        message = DiagnosticArray(status=[self.status()])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)


def _age(now: float, at: float | None) -> float:
    return float("inf") if at is None else now - at


def _quantile_ms(ordered: list[float], share: float) -> str:
    if not ordered:
        return "nan"
    return f"{1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]:.2f}"
