# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What people look at afterwards: plots, pictures, films, pages. Reads results, computes none."""
