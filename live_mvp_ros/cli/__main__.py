# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the ``live-mvp`` command begins: in the environment of ROS 2, which is found first."""

import sys

from live_mvp_ros.bringup.environment import EXIT_USAGE, RosMissingError, enter


def main() -> int:
    """Start the ``live-mvp`` command in the right environment; return its exit code."""
    try:
        enter()
    except RosMissingError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    from live_mvp_ros.cli.main import main as command

    return command() or 0


if __name__ == "__main__":
    sys.exit(main())
