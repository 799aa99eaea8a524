# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Commands where a home, an output, a disk or a setting of ROS is missing or odd."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from live_mvp_ros.base import results
from live_mvp_ros.bringup.attempts import Unwritten
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.ros_settings import check_ros_settings, domain_id
from live_mvp_ros.cli import __main__ as command
from live_mvp_ros.cli import sim
from live_mvp_ros.cli.file_options import check_writable
from live_mvp_ros.cli.main import main


def full(*_: object) -> None:
    raise OSError(28, "No space left on device", "/results/x.json")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ROS_DOMAIN_ID", "abc", "ROS_DOMAIN_ID = 'abc' is not allowed: it must be 0 to 232"),
        ("ROS_DOMAIN_ID", "233", "it must be 0 to 232"),
        ("ROS_DOMAIN_ID", "-1", "it must be 0 to 232"),
        ("ROS_DOMAIN_ID", "٣", "it must be 0 to 232"),
        ("ROS_DOMAIN_ID", "9" * 5000, "it must be 0 to 232"),
        ("ROS_AUTOMATIC_DISCOVERY_RANGE", "localhost", "one of SUBNET, LOCALHOST, OFF"),
        ("ROS_LOCALHOST_ONLY", "yes", "one of 0, 1"),
        ("ROS_LOG_DIR", "/dev/null/log", "/dev/null cannot be written"),
        ("ROS_HOME", "/proc/version", "/proc/version cannot be written"),
    ],
)
def test_every_command_checks_what_ros_reads_in_the_same_words(
    tmp_path, monkeypatch, capsys, name, value, words
):
    pytest.importorskip("rclpy", reason="they stop before where ROS 2 is not installed")
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as caught:
        check_ros_settings()
    assert words in str(caught.value)
    (tmp_path / "bag").mkdir()
    for arguments in (["replay", str(tmp_path / "bag")], ["maps", "reset"], ["maps", "load"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err == f"live-mvp: {caught.value}\n"


@pytest.mark.parametrize("value", ["", "0", "232", "007"])
def test_domains_that_ros_knows_are_taken(value):
    assert domain_id({"ROS_DOMAIN_ID": value}) == int(value or 0)


def test_who_has_no_home_is_given_one(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("HOME")
    command.give_home()
    assert os.access(os.environ["HOME"], os.W_OK)
    monkeypatch.setenv("HOME", "/mine")
    command.give_home()
    assert os.environ["HOME"] == "/mine"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_nobody_and_no_file_takes_its_place(tmp_path, closed):
    program = (
        "import sys; from live_mvp_ros.cli import __main__ as c; c.open_streams();"
        f"f = open({str(tmp_path / 'file')!r}, 'w'); f.write('mine'); f.flush();"
        "import os; os.write(1, b'o'); os.write(2, b'e'); print('text'); sys.stderr.write('e');"
        "assert f.fileno() > 2"
    )
    line = f'exec "$0" -c "$1" {closed}'
    done = subprocess.run(["sh", "-c", line, sys.executable, program], check=False)
    assert done.returncode == 0
    assert (tmp_path / "file").read_text() == "mine"


def test_a_result_is_written_through_a_link_and_into_a_device(tmp_path):
    target, link = tmp_path / "there" / "a.json", tmp_path / "link.json"
    target.parent.mkdir()
    link.symlink_to(target)
    for _ in range(2):  # the second time, the target exists
        check_writable(link)
        results.write_json(link, {"a": 1})
        assert link.is_symlink()
        assert target.read_text() == '{\n  "a": 1\n}\n'
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    results.write(pipe, b"through")
    assert reader.communicate()[0] == b"through"
    code = "from pathlib import Path; from live_mvp_ros.base.results import write;"
    code += "write(Path('/dev/stdout'), b'through')"
    shell = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert shell.stdout == b"through"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "pipe", "there"]
    (tmp_path / "dangling").symlink_to(tmp_path / "gone" / "a.json")
    with pytest.raises(UsageError, match="gone does not exist"):
        check_writable(tmp_path / "dangling")


def test_a_full_disk_is_one_sentence_and_status_1(tmp_path, monkeypatch, capsys):
    def info(*_: object) -> None:
        full()

    monkeypatch.setattr("live_mvp_ros.bags.reader.open_bag", info)
    assert main(["bag", "info", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said == (
        "live-mvp: /results/x.json cannot be read or written: No space left on device\n"
    )


def test_figures_are_told_also_where_they_cannot_be_written(tmp_path, monkeypatch):
    for name in ("trajectory", "explored"):
        monkeypatch.setattr(f"live_mvp_ros.reports.flight_files.write_{name}", full)
    for name in ("arrays", "flight_figure"):
        monkeypatch.setattr(f"live_mvp_ros.reports.flight_files.{name}", full)
    copy, unwritten = tmp_path / "copy.json", Unwritten()
    sim.write_all(tmp_path, object(), {"a": 1}, copy, unwritten)  # type: ignore[arg-type]
    names = ("trajectory.csv", "explored.csv", "flight.npz", "picture.png")
    listed = ", ".join(str(tmp_path / name) for name in names[:-1])
    assert unwritten.sentence() == (
        f"{listed} and {tmp_path / names[-1]} could not be written: No space left on device"
    )
    assert copy.read_bytes() == (tmp_path / "metrics.json").read_bytes()


@pytest.mark.parametrize("name", ["~nobody_of_that_name/x.yaml", "~/gone.yaml"])
def test_a_home_that_nobody_has_is_a_file_that_does_not_exist(capsys, name):
    assert main(["explore", "--world", name]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_a_checkout_below_letters_that_are_not_ascii_is_refused_at_once(tmp_path):
    import shutil

    root = Path(__file__).resolve().parents[2]
    tree = tmp_path / "räume"
    tree.mkdir()
    shutil.copytree(root / "tools", tree / "tools")
    shutil.copy(root / "pyproject.toml", tree)
    done = subprocess.run(
        [sys.executable, "tools/setup.py"],
        cwd=tree,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "letters in it that are not ASCII" in done.stderr + done.stdout
    assert {path.name for path in tree.iterdir()} == {"tools", "pyproject.toml"}
