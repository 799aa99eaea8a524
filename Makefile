# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
#
# make explore ARGS="--world seed"   set up what is missing, then fly
# make test ARGS="test/core"         set up what is missing, then test
# make setup PYTHON=python3.13 VENV=.venv313   choose the Python and where it goes
# make docs                          the documentation as a site, in site/

VENV ?= .venv
PYTHON ?=
ARGS ?=

bin = $(VENV)/bin
in_ros = $(bin)/python -P -m live_mvp_ros.bringup.environment
two_at_a_time = $(in_ros) $(bin)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
	--max-worker-restart 0

.PHONY: help setup explore test lint docs format types changelog clean

help:
	@echo "make setup | explore | test | lint | docs | format | types | changelog | clean"
	@echo "options: ARGS, PYTHON, VENV"

setup:
	@tools/setup.sh --venv "$(VENV)" --python "$(PYTHON)"

explore: setup
	@$(bin)/live-mvp explore $(ARGS)

# Two tests at a time, in processes that do not live long, and then, alone, those that fly the whole
# graph. A worker that crashes ends its part: the scheduler would wait for ever for its replacement.
test: setup
ifeq ($(ARGS),)
	@$(two_at_a_time) test/core test/closed_loop
	@$(two_at_a_time) test/bringup
	@$(two_at_a_time) test/nodes
	@$(in_ros) $(bin)/python -m pytest test/graph
else
	@$(in_ros) $(bin)/python -m pytest $(ARGS)
endif

lint: setup docs
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/python -m mypy

format: setup
	@$(bin)/ruff check --fix-only .
	@$(bin)/ruff format .

types: setup
	@$(bin)/python -m mypy

changelog: setup
	@$(bin)/python tools/changelog.py

clean:
	rm -rf "$(VENV)" build install log site

# Search needs a server: `.venv/bin/python -m mkdocs serve`; everything else works from the files.
docs: setup
	@$(bin)/python -m mkdocs build --strict
