# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the ``live-mvp`` command begins: in the environment of ROS 2, which is found first."""

import io
import os
import pwd
import stat
import sys
import tempfile

from live_mvp_ros.bringup.environment import (
    EXIT_USAGE,
    RosMissingError,
    check_script,
    enter,
)
from live_mvp_ros.bringup.errors import FAILED


def main() -> int:
    """Start the ``live-mvp`` command in the right environment; return its exit code."""
    open_streams()
    give_home()
    try:
        check_script(sys.argv[0])
        enter()
        from live_mvp_ros.cli.main import main as command
    except RosMissingError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:  # before there is a command that says so
        sys.stderr.write("live-mvp: interrupted\n")
        return FAILED
    return command() or 0


def open_streams() -> None:
    """Give standard streams that were closed to nobody: the next file would take their place."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="replace")  # letters that the locale does not have


def give_home() -> None:
    """Say where the user's home is, if nobody does: ROS would not start, nor JAX keep programs."""
    if os.environ.get("HOME"):
        return
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a user without a name, as in containers
        home = ""
    if not os.access(home, os.W_OK):
        home = os.path.join(tempfile.gettempdir(), f"live_mvp_ros-home-{os.getuid()}")
        os.makedirs(home, mode=0o700, exist_ok=True)
        made = os.lstat(home)
        if made.st_uid != os.getuid() or not stat.S_ISDIR(made.st_mode) or made.st_mode & 0o022:
            home = tempfile.mkdtemp(prefix="live_mvp_ros-home-")  # that one is somebody else's
    os.environ["HOME"] = home


if __name__ == "__main__":
    sys.exit(main())
