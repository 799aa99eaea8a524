#!/bin/sh
# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
# Start tools/setup.py with any Python 3 that runs; setup.py itself chooses the one to set up with.
here=$(dirname "$0")
for python in "$here/../.venv/bin/python" python3 /usr/bin/python3 python3.13 python3.12 python3.11 \
  "$HOME"/.pyenv/versions/3.*/bin/python3; do
  if "$python" -S -c 'import sys; sys.exit(sys.version_info < (3, 8))' >/dev/null 2>&1; then
    exec "$python" "$here/setup.py" "$@"
  fi
done
echo "No Python was found: install Python 3.12 (or 3.11, 3.13) and run make again." >&2
exit 2
