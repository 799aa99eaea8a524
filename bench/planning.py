# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Time the planner's parts against plain evaluations of the published formulas (yardstick.py).

    python bench/planning.py --json planning.json

Both compute on the same inputs: the office as the drone knows it after some seconds of flight.
Written are, for each part, ``ms_p50`` and ``ms_p99`` of ours, ``yardstick_ms_p50``, their ratio
``speedup``, and ``max_rel_error``: the largest difference between the two divided by the largest
value of the yardstick. For the errors the yardstick cuts its beams into cells of the map's size;
it is timed with the published, coarser steps. ``live-mvp bench planning`` runs this file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parts import Part

sys.path.insert(0, str(Path(__file__).resolve().parent))  # also where Python does not look there

BLOCKS = 5


def main() -> int:
    """Measure every part, print the figures, and write them if asked for."""
    options = arguments()
    if options.threads == "all":
        os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "")  # JAX's own choice
    from live_mvp_ros.base.jax_setup import prepare_jax

    prepare_jax()
    import parts
    import wholes

    scene = parts.flown(options.flight_seconds)
    result: dict[str, Any] = {}
    for part in (
        parts.field_part(scene),
        parts.mppi_part(scene),
        parts.uniform_part(scene),
        *wholes.guidance_parts(scene),
        *wholes.whole_parts(scene),
    ):
        if options.only and part.name not in options.only:
            continue
        result[part.name] = measure(part, options.repeats)
        print(json.dumps({"part": part.name, **result[part.name]}), flush=True)
    result |= {"threads": options.threads, "repeats": options.repeats, **environment()}
    if options.json:
        write_whole(options.json, result)
    return 0


def arguments() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--flight-seconds", type=float, default=8.0)
    parser.add_argument("--only", nargs="+", metavar="PART")
    parser.add_argument(
        "--threads",
        choices=("one", "all"),
        default="one",
        help="cores for both: one, as in every process of ours, or all of them",
    )
    return parser.parse_args()


def write_whole(path: Path, values: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(path.name + ".new")
    with open(new, "w", encoding="utf-8") as file:
        json.dump(values, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def environment() -> dict[str, Any]:
    """Return where this was measured."""
    import jax

    from live_mvp_ros.base.results import versions

    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0].partition(":")[2].strip() if names else model
    machine = {"cpu": model, "cores": os.cpu_count(), "device": jax.devices()[0].platform}
    return {"machine": machine, "versions": {**versions(), "jax": jax.__version__}}


def measure(part: Part, repeats: int) -> dict[str, Any]:
    """Return the times [ms] of a part, ours and the yardstick's, and the errors."""
    import jax
    import numpy as np

    count = max(BLOCKS, repeats // part.slower)
    times: dict[str, list[float]] = {"ours": [], "yardstick": []}
    # in blocks, so that both see the same machine, but neither the other's leftovers in the cache
    for _ in range(BLOCKS):
        for name, function, calls in (
            ("ours", part.ours, -(-count // BLOCKS)),
            ("yardstick", part.yardstick, -(-count // (5 * BLOCKS))),
        ):
            for call in range(-1, calls if function else -1):
                begin = time.perf_counter()
                jax.block_until_ready(function())
                if call >= 0:
                    times[name].append(1e3 * (time.perf_counter() - begin))
    p50, p99 = np.percentile(times["ours"], [50, 99])
    row: dict[str, Any] = {"size": part.size, "ms_p50": float(p50), "ms_p99": float(p99)}
    row["ms_min"] = min(times["ours"])
    if times["yardstick"]:
        row["yardstick_ms_p50"] = float(np.median(times["yardstick"]))
        row["yardstick_ms_min"] = min(times["yardstick"])
        row["speedup"] = row["yardstick_ms_p50"] / row["ms_p50"]
    return row | (part.error() if part.error else {})


if __name__ == "__main__":
    sys.exit(main())
