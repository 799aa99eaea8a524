# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Workflows, forms and declarations name only commands, options and files that exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest
import yaml

from live_mvp_ros.base import pip_packages
from live_mvp_ros.cli.doctor import SUPPORTED
from live_mvp_ros.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / ".github").glob("*.md")])
TOOLS = {"apt-get", "colcon", "live-mvp", "make", "pip", "python", "ros2", "rosdep", "source"}
INPUTS = {"checkboxes", "dropdown", "input", "markdown", "textarea"}

pytestmark = pytest.mark.skipif(not WORKFLOWS, reason="the sources are not here")


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def load(file: Path) -> dict[Any, Any]:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in load(file)["jobs"].values():
        yield from job["steps"]


def commands(file: Path) -> Iterator[list[str]]:
    """Yield the words of every command that a workflow runs."""
    for step in steps(file):
        for line in step.get("run", "").splitlines():
            plain = re.sub(r"\$\{\{.*?\}\}", "jazzy", line)
            for part in plain.split(" && "):
                yield shlex.split(part)


def check_live_mvp(words: list[str]) -> None:
    """Check subcommands and options of a call of ours."""
    command: click.Command = cli
    for word in words:
        if word.startswith("-"):
            known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
            assert word in {*known, "--help"}, f"{command.name} has no {word}"
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"{command.name} has no command {word}"
            command = found


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_workflows_run_what_there_is(file):
    found = list(commands(file))
    assert found
    for words in found:
        tool = Path(words[0]).name
        assert tool in TOOLS, words
        if tool == "make":
            assert words[1] in targets(), words
        elif tool == "live-mvp":
            check_live_mvp(words[1:])
        elif words[:3] == ["ros2", "launch", "live_mvp_ros"]:
            assert (ROOT / "launch" / words[3]).is_file()


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_actions_have_a_version_and_no_more_rights_than_needed(file):
    assert load(file)["permissions"] == {"contents": "read"}
    for step in steps(file):
        assert ("run" in step) != ("uses" in step)
        assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/x@v1"))


def test_both_distributions_and_every_python_are_tried():
    jobs = {file.stem: load(file)["jobs"] for file in WORKFLOWS}
    matrix = jobs["ros"]["colcon"]["strategy"]["matrix"]
    assert matrix == {"distro": ["jazzy", "rolling"], "pip": [True, False]}
    pythons = [".".join(map(str, version)) for version in SUPPORTED]
    for job in jobs["python"].values():
        assert job["strategy"]["matrix"]["python"] == pythons
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    said = [c.rpartition(" ")[2] for c in project["classifiers"] if "Python :: 3." in c]
    assert said == pythons


def test_the_ros_workflow_installs_with_pip_what_has_no_rosdep_key():
    (file,) = (file for file in WORKFLOWS if file.stem == "ros")
    known = {*pip_packages.REQUIRED.values(), pip_packages.JAX_FOR_NUMPY_1}
    for words in commands(file):
        if words[:2] == ["pip", "install"]:
            assert set(words[2:]) <= known
            names = {re.match(r"[\w.]+", word).group() for word in words[2:]}
            assert {"jax", "mcap", "zstandard", "embreex"} <= names
    root = ElementTree.parse(ROOT / "package.xml").getroot()
    keys = {item.text for kind in ("exec_depend", "test_depend") for item in root.iter(kind)}
    of_pip = {key for key in keys if key.endswith("-pip")}
    assert set(load(file)["jobs"]["colcon"]["env"]["PIP_ONLY"].split()) == of_pip


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_issue_forms_are_what_github_shows(file):
    form = load(file)
    if file.stem == "config":
        assert all({"name", "url", "about"} == set(link) for link in form["contact_links"])
        return
    assert {"name", "description", "body"} <= set(form)
    ids = [part["id"] for part in form["body"]]
    assert len(set(ids)) == len(ids)
    for part in form["body"]:
        assert part["type"] in INPUTS
        assert part["attributes"]["label"]


@pytest.mark.parametrize("file", [*PAGES, *FORMS], ids=lambda file: file.name)
def test_pages_name_targets_and_commands_that_exist(file):
    text = file.read_text(encoding="utf-8")
    for target in re.findall(r"`make ([a-z]+)", text):
        assert target in targets(), target
    for name in re.findall(r"`live-mvp ([a-z]+)", text):
        assert cli.get_command(click.Context(cli), name) is not None, name


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_links_of_pages_lead_to_files(file):
    text = file.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target:
            base = ROOT if file.parent.name == ".github" else file.parent
            assert (base / target).exists(), target


def test_the_documentation_of_ros_is_made_of_folders_that_exist():
    root = ElementTree.parse(ROOT / "package.xml").getroot()
    name = root.find("export").findtext("rosdoc2")
    kind, config = yaml.safe_load_all((ROOT / name).read_text(encoding="utf-8"))
    assert kind == {"type": "rosdoc2 config", "version": 1}
    assert (ROOT / config["settings"]["python_source"]).is_dir()
    (builder,) = config["builders"]
    assert (ROOT / builder["sphinx"]["user_doc_dir"]).is_dir()
