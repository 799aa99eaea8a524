# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What stands between ROS 2 and the pure core: conversion, QoS, parameters, process life."""
