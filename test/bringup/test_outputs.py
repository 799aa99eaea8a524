# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a command is to write and cannot is refused before anything is computed."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from optional import need

from live_mvp_ros.base import results
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.cli.file_options import check_folder, check_new_folder, check_writable
from live_mvp_ros.cli.main import main

NO_FILES = "/proc"  # in which nobody, whoever it is, can make a file
FILES = {
    "sim --json": ("j.json", ()),
    "sim --animation": ("f.gif", (".gif", ".mp4")),
    "explore --json": ("j.json", ()),
    "bench explore --json": ("j.json", ()),
    "bench environments --json": ("j.json", ()),
    "bench mapping --json": ("j.json", ()),
    "bench planning --json": ("j.json", ()),
    "report run --output": ("r.html", (".html", ".htm")),
    "view bag --save": ("v.rrd", (".rrd",)),
    "view office --output": ("w.png", (".png",)),
    "replay bag --json": ("j.json", ()),
    "bag info bag --json": ("j.json", ()),
    "maps picture m.npz": ("m.png", (".png",)),
    "maps mesh m.npz": ("m.ply", (".ply", ".glb", ".obj", ".stl")),
    "maps save": ("m.npz", ()),
}
"""A name that is good, and what names must end in, by what comes before it."""
FOLDERS = (
    "sim --output",
    "explore --output",
    "bench explore --output",
    "bench mapping --plots",
    "report run --pictures",
)


def refused(capsys: pytest.CaptureFixture[str], command: str, value: str) -> str:
    """Return the one sentence with which a value is refused; it names the option."""
    assert main([*command.split(), value]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1, said.err
    assert said.out == ""
    option = command.split()[-1]
    named = f"{option if option.startswith('--') else ''}"
    assert named in said.err
    assert value in said.err
    return said.err


@pytest.mark.parametrize("command", FILES)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_done(
    tmp_path, monkeypatch, capsys, command
):
    monkeypatch.chdir(tmp_path)
    name, endings = FILES[command]
    assert "the folder" in refused(capsys, command, f"gone/{name}")
    assert "cannot be written" in refused(capsys, command, f"{NO_FILES}/{name}")
    too_long = "x" * 256 + Path(name).suffix
    assert "cannot be written: File name too long" in refused(capsys, command, too_long)
    (tmp_path / name).mkdir()
    assert "is a folder: give the name of a file" in refused(capsys, command, name)
    if endings:
        for wrong in ("x.txt", "x"):
            said = refused(capsys, command, wrong)
            assert "the name must end in" in said
            assert all(ending in said for ending in endings)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("command", FOLDERS)
def test_a_folder_that_cannot_be_written_into_is_refused_before_anything_is_done(
    tmp_path, monkeypatch, capsys, command
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert "file is not a folder" in refused(capsys, command, "file")
    assert f"{tmp_path / 'file'} is not a folder" in refused(capsys, command, "file/below")
    assert "cannot be written" in refused(capsys, command, NO_FILES)
    assert "cannot be written" in refused(capsys, command, f"{NO_FILES}/below")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_check_leaves_nothing_behind_and_lets_pass_what_can_be_written(tmp_path):
    (tmp_path / "there").write_text("as it was")
    check_writable(tmp_path / "there")
    check_writable(tmp_path / "FILM.GIF", "--animation", (".gif",))
    check_writable(Path("/dev/null"))
    check_folder(tmp_path, "--output")
    check_folder(tmp_path / "a" / "b", "--output")
    check_new_folder(tmp_path / "a" / "b", "--record")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_text() == "as it was"
    with pytest.raises(UsageError, match="there exists already"):
        check_new_folder(tmp_path / "there", "--record")
    with pytest.raises(UsageError, match="/proc/bag cannot be written"):
        check_new_folder(Path(NO_FILES) / "bag", "--record")


def test_what_cannot_be_written_is_called_by_its_name_and_leaves_nothing(tmp_path):
    """The file grows beyond what the process may write; a full disk does the same."""
    target = tmp_path / "figures.json"
    target.write_text("as it was")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match=r"File too large: '.*/figures\.json'") as caught:
            results.write(target, bytes(2000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(target)
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]
    assert target.read_text() == "as it was"


def test_the_pictures_of_planning_go_through_a_device(tmp_path, monkeypatch, capfd):
    """A measuring process that wrote them itself would put a file in the device's place."""
    from live_mvp_ros.cli import bench_planning

    machine = {"cpu": "c", "cores": 1}

    def measured(command: list[str]) -> None:
        target = Path(command[command.index("--json") + 1])
        target.write_text(json.dumps({"machine": machine, "threads": "one"}))

    monkeypatch.setattr(bench_planning, "measure", measured)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    assert main(["bench", "planning", "--json", str(pipe)]) == 0
    assert json.loads(reader.communicate()[0])["machine"] == machine
    assert pipe.is_fifo()


def linked(source: str, target: str) -> None:
    """Have a file in another folder without its content, where the disk can do that."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        return  # somebody else's temporary file
    except OSError:
        shutil.copy2(source, target)


def test_a_flight_whose_disk_is_full_says_so_once_and_ends_with_status_1(tmp_path):
    """Nothing bigger than 2 kB fits: some files of the run do, others do not."""
    need("jax")
    from live_mvp_ros.base.jax_setup import cache_directory

    program = (
        "import resource, sys; from live_mvp_ros.cli.main import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000));"
        "sys.exit(main(['sim', '--world', 'seed', '--time-limit', '2', '--output', 'runs']))"
    )
    programs = tmp_path / "cache"  # JAX leaves halves of programs, which nobody else shall find
    if cache_directory().is_dir():
        shutil.copytree(cache_directory(), programs, copy_function=linked)
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={**os.environ, "LIVE_MVP_ROS_CACHE": str(programs)},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    written = {path.name for path in folder.iterdir()}
    last = done.stderr.splitlines()[-1]
    assert last.startswith("live-mvp: ")
    assert last.endswith(" could not be written: File too large")
    everything = ("metrics.json", "trajectory.csv", "explored.csv", "flight.npz", "picture.png")
    assert {name for name in everything if str(folder / name) in last} == set(everything) - written
    assert "picture.png" in last
    assert not any(name.startswith(".") for name in written)
