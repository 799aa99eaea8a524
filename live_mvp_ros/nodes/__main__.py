# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Start a node by its name: ``python -m live_mvp_ros.nodes live_map --ros-args ...``.

Signals are taken over before the node and all that it needs is imported.
"""

import sys
from importlib import import_module

from live_mvp_ros.ros.signals import Signals


def main(name: str) -> int:
    """Run the node of a name with the arguments of this process; return its exit code."""
    Signals()
    return int(import_module(f"live_mvp_ros.nodes.{name}").main())


if __name__ == "__main__":
    sys.exit(main(sys.argv.pop(1)))
