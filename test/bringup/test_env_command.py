# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""live-mvp env and live-mvp packets: pictures, dumps, schemas; a sentence for what is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from live_mvp_ros.cli.main import main
from live_mvp_ros.packets import packet_schema
from live_mvp_ros.packets.film import chosen
from live_mvp_ros.packets.packet_types import PACKETS

pytest.importorskip("jax")


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """A folder with settings that are rendered fast."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text("backend: stub\nsensor: {resolution: [8, 8]}\n")


@pytest.mark.parametrize("command", ["examine", "explore"])
def test_what_is_seen_becomes_a_strip_or_a_film(tmp_path, capsys, command):
    options = ["--config", "small.yaml", "--steps", "5"]
    if command == "explore":  # empty space has no things to turn to
        options[3] = "1"
    assert main(["env", command, *options]) == 0
    assert "per second, 0 not valid" in capsys.readouterr().out
    with Image.open(tmp_path / f"{command}.png") as strip:
        steps = int(options[3]) + 1
        assert strip.size == (steps * 164 - 4, 3 * 164 - 4)  # preview, colours, depth
        assert len(np.unique(np.asarray(strip))) > 10
    assert main(["env", command, *options, "--output", "film.gif"]) == 0
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames > 1


def test_steps_are_dumped_and_checked(tmp_path, capsys):
    assert main(["env", "dump", "--config", "small.yaml", "--steps", "2"]) == 0
    folders = sorted(path.name for path in (tmp_path / "packets").iterdir())
    assert folders == ["step_000000", "step_000001", "step_000002"]
    files = [str(file) for file in (tmp_path / "packets").glob("*/*.json")]
    assert main(["packets", "check", *files]) == 0
    assert f"{len(files)} packets, 0 broken" in capsys.readouterr().out
    values = json.loads((tmp_path / "packets" / "step_000001" / "pose.json").read_text())
    values["dt"] = -1
    lines = tmp_path / "poses.jsonl"
    lines.write_text(json.dumps(values) + "\nnothing\n")
    assert main(["packets", "check", str(lines)]) == 1
    printed = capsys.readouterr()
    assert "2 packets, 2 broken" in printed.out
    assert "poses.jsonl:1: dt breaks the schema of PosePacket" in printed.err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[" * 100_000, "it is nested too deeply for a packet"),
        ("1" * 5000, "4300 digits"),
        ('{"type": "noop", "params": {}, "meta": {"tick": NaN}}', "NaN is not JSON"),
        ("", "Expecting value"),
        ('{"type": "zoom", "params": {"dz": 1, "dz": 2}}', "dz is said twice"),
        ('{"type": "move", "params": {"dx": 1}}', "'dy' is a required property"),
        ("[]", "a packet = [] is not allowed: it must be {...}"),
    ],
)
def test_what_is_no_json_is_a_broken_packet(tmp_path, capsys, text, sentence):
    (tmp_path / "one.json").write_text(text)
    assert main(["packets", "check", "one.json"]) == 1
    printed = capsys.readouterr()
    assert "1 packet, 1 broken" in printed.out
    assert printed.err.startswith("one.json: ") and sentence in printed.err


def test_patches_in_files_are_looked_at(tmp_path, capsys):
    assert main(["env", "dump", "--config", "small.yaml", "--steps", "1"]) == 0
    folder = tmp_path / "packets" / "step_000001"
    file, patch = str(folder / "observation.json"), folder / "col0.npy"
    assert main(["packets", "check", file]) == 0
    capsys.readouterr()
    np.save(patch, np.zeros((3, 3, 4), np.float32))
    assert main(["packets", "check", file]) == 1
    assert "a patch of 3 x 3 pixels in column 'col0' is not allowed" in capsys.readouterr().err
    for content in (b"", b"no array"):
        patch.write_bytes(content)
        assert main(["packets", "check", file]) == 1
        assert "patch = 'col0.npy' cannot be read from" in capsys.readouterr().err
    patch.unlink()
    assert main(["packets", "check", file]) == 1
    assert "No such file or directory" in capsys.readouterr().err
    text = (folder / "observation.json").read_text()
    for name in ("../col0.npy", str(patch)):
        (folder / "observation.json").write_text(text.replace("col0.npy", name))
        assert main(["packets", "check", file]) == 1
        assert f"patch = '{name}' is not allowed: it must be the name" in capsys.readouterr().err


def test_a_line_ends_where_json_lines_end(tmp_path, capsys):
    info = {"ok": True, "clamped": False, "wrapped": False, "collided": False}
    info |= {"type": "step_info.v1", "reset_suggested": False, "object_id": "a\u2028b\x85c"}
    text = json.dumps(info, ensure_ascii=False)
    (tmp_path / "info.jsonl").write_text(f"{text}\r\n\n{text}\n", encoding="utf-8", newline="")
    assert main(["packets", "check", "info.jsonl"]) == 0
    assert "2 packets, 0 broken" in capsys.readouterr().out


@pytest.mark.parametrize(("count", "most"), [(1, 16), (5, 16), (16, 16), (17, 16), (100_001, 600)])
def test_of_many_steps_the_first_the_last_and_some_between_are_shown(count, most):
    shown = sorted(chosen(count, most))
    assert len(shown) == min(count, most) and shown[0] == 0 and shown[-1] == count - 1
    gaps = np.diff(shown)
    assert not gaps.size or gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize("group", ["packets", "env"])
def test_schemas_are_written(tmp_path, group):
    assert main([group, "schema", "--output", "s"]) == 0
    found = {file.name: file.read_text() for file in (tmp_path / "s").iterdir()}
    assert found == {packet_schema.file_name(k): packet_schema.text_of(k) for k in PACKETS}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["env", "examine", "--config", "no.yaml"], "no.yaml"),
        (["env", "examine", "--config", "bad.yaml"], "is not valid YAML"),
        (["env", "examine", "--config", "twice.yaml"], "twice.yaml says backend twice"),
        (["env", "examine", "--config", "wrong.yaml"], "bakend is not a setting of EnvConfig"),
        (["env", "examine", "--output", "x.mp4"], "the name must end in .gif or .png"),
        (["env", "explore", "--output", "no/x.png"], "the folder"),
        (["env", "dump", "--output", "."], "exists already"),
        (["env", "examine", "--config", "mesh.yaml"], "no model of 003_cracker_box"),
        (["env", "examine", "--config", "habitat.yaml"], "conda install habitat-sim"),
        (["packets", "schema", "--output", "small.yaml"], "is not a folder: give the name of one"),
        (["packets", "check", "no.json"], "no.json cannot be read"),
    ],
)
def test_what_is_used_wrongly_is_refused_by_a_sentence(tmp_path, capsys, words, sentence):
    (tmp_path / "bad.yaml").write_text("a: [")
    (tmp_path / "wrong.yaml").write_text("bakend: stub")
    (tmp_path / "twice.yaml").write_text("backend: stub\nbackend: sdf\n")
    (tmp_path / "habitat.yaml").write_text("backend: habitat")
    (tmp_path / "mesh.yaml").write_text("backend: mesh")
    before = {path.name for path in tmp_path.iterdir()}
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == before
