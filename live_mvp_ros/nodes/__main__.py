# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Start a node by its name: ``python -m live_mvp_ros.nodes live_map --ros-args ...``.

Signals are taken over before the node and all that it needs is imported. What is missing there is
a sentence and exit code 2.
"""

import sys
from importlib import import_module

from live_mvp_ros.base import pip_packages
from live_mvp_ros.base.late_imports import not_built
from live_mvp_ros.ros.signals import Signals

EXIT_USAGE = 2


def main(name: str) -> int:
    """Run the node of a name with the arguments of this process; return its exit code."""
    Signals()
    try:
        return int(import_module(f"live_mvp_ros.nodes.{name}.node").main())
    except ModuleNotFoundError as error:
        sentence = not_built(error) or pip_packages.sentence(error)
        if not sentence:
            raise
        sys.stderr.write(f"{sentence}\n")
        return EXIT_USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv.pop(1)))
