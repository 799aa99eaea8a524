# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""``live-mvp bench planning``: where its script is found, what it writes, what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from optional import need

from live_mvp_ros.bringup.errors import BringupError, UsageError
from live_mvp_ros.cli import bench_planning
from live_mvp_ros.cli.main import main

ROOT = Path(__file__).parents[2]
KEYS = {"ms_p50", "ms_p99", "yardstick_ms_p50", "speedup", "max_rel_error"}


def test_the_script_of_a_source_tree_is_found():
    module = ROOT / "live_mvp_ros" / "cli" / "bench_planning.py"
    assert bench_planning.find_script(module).samefile(ROOT / "bench" / "planning.py")


def test_the_script_of_an_installation_is_found(tmp_path):
    module = tmp_path / "lib" / "python3.12" / "site-packages" / "live_mvp_ros" / "cli" / "b.py"
    share = tmp_path / "share" / "live_mvp_ros"
    for file in (module, share / "package.xml", share / "bench" / "planning.py"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert bench_planning.find_script(module) == share / "bench" / "planning.py"


def test_the_build_installs_the_script():
    cmake = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    installed = cmake[: cmake.index("DESTINATION share/${PROJECT_NAME}")].rpartition("DIRECTORY")
    assert "bench" in installed[2].split()


def test_a_missing_script_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(UsageError, match="not installed") as refused:
        bench_planning.find_script(tmp_path / "cli" / "bench_planning.py")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--repeats", "0"], "--repeats"),
        (["--json", "no/such/folder/p.json"], "does not exist"),
        (["--threads", "3"], "--threads"),
        (["office"], "unexpected"),
    ],
)
def test_wrong_arguments_are_refused(arguments, words, capsys):
    assert main(["bench", "planning", *arguments]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_a_failing_measurement_is_reported():
    with pytest.raises(BringupError, match="code 3: no luck"):
        bench_planning.measure([sys.executable, "-c", "import sys; print('no luck', file=sys.stderr); sys.exit(3)"])  # noqa: E501  # fmt: skip


def test_figures_are_written_and_shown(tmp_path, capsys):
    """Two of the parts, measured from a folder that is not the source tree's."""
    need("jax")
    target = tmp_path / "planning.json"
    subprocess.run(
        [sys.executable, "-P", str(ROOT / "bench" / "planning.py"), "--repeats", "5",
         "--flight-seconds", "0.5", "--json", str(target),
         "--only", "info_field", "global_guidance"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )  # fmt: skip
    result = json.loads(target.read_text(encoding="utf-8"))
    assert result["repeats"] == 5 and result["versions"]["live_mvp_ros"]
    for name, most in (("info_field", 0.3), ("global_guidance", 1e-3)):
        assert set(result[name]) >= KEYS
        assert 0.0 < result[name]["ms_p50"] <= result[name]["ms_p99"]
        assert result[name]["max_rel_error"] < most
    assert list(tmp_path.iterdir()) == [target]
    bench_planning.show(result)
    assert "info_field" in capsys.readouterr().out
