# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
#
# make explore ARGS="--world seed"   set up what is missing, then fly
# make test ARGS="test/core"         set up what is missing, then test
# make setup PYTHON=python3.13 VENV=.venv313   choose the Python and where it goes

VENV ?= .venv
PYTHON ?=
ARGS ?=

bin = $(VENV)/bin
in_ros = $(bin)/python -P -m live_mvp_ros.bringup.environment

.PHONY: help setup explore test lint format types clean

help:
	@echo "make setup | explore | test | lint | format | types | clean      (options: ARGS, PYTHON, VENV)"

setup:
	@tools/setup.sh --venv "$(VENV)" --python "$(PYTHON)"

explore: setup
	@$(bin)/live-mvp explore $(ARGS)

# Two tests at a time, and then, alone, those that fly the whole graph.
test: setup
ifeq ($(ARGS),)
	@$(in_ros) $(bin)/python -m pytest -n 2 --dist loadfile --ignore test/graph test
	@$(in_ros) $(bin)/python -m pytest test/graph
else
	@$(in_ros) $(bin)/python -m pytest $(ARGS)
endif

lint: setup
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy

format: setup
	@$(bin)/ruff check --fix-only .
	@$(bin)/ruff format .

types: setup
	@$(bin)/mypy

clean:
	rm -rf "$(VENV)" build install log
