# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Choosing among proposals: what is said of them, which is taken, how it is learned and judged."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optional import need
from small_exploration import ROOM

need("optax")

from live_mvp_ros.base.config import ConfigurationError  # noqa: E402
from live_mvp_ros.base.grid import GridSpec  # noqa: E402
from live_mvp_ros.cli.main import main  # noqa: E402
from live_mvp_ros.environments.hints import Hints  # noqa: E402
from live_mvp_ros.environments.proposals import Proposals, Proposed  # noqa: E402
from live_mvp_ros.learning import proposal_record  # noqa: E402
from live_mvp_ros.learning.proposal_config import ProposalTrainingConfig  # noqa: E402
from live_mvp_ros.learning.proposal_evaluation import Flight, judged  # noqa: E402
from live_mvp_ros.learning.proposal_features import (  # noqa: E402
    AS_THE_PLANNER,
    FEATURES,
    MOST_GAIN,
    choose,
    features,
)
from live_mvp_ros.learning.proposal_training import ChoiceReport, begin, slope  # noqa: E402
from live_mvp_ros.vehicle import at_rest  # noqa: E402

SPEC = GridSpec((0.0, 0.0), 0.5, (21, 21))
CELLS = np.array([[18, 10], [10, 2], [10, 10]])  # 4 m ahead along +x; 4 m along -y; here


def told(last_m):
    """Return the features of three places around a drone at (5, 5) m that looks along +x."""
    x = np.arange(21)[:, None] * np.ones(21)
    guidance = 0.5 * x  # the planner leads along +x
    places = Proposals(
        jnp.asarray(CELLS),
        jnp.asarray(0.5 * CELLS, jnp.float32),
        jnp.array([math.pi, 0.0, 0.5 * math.pi]),
        jnp.array([60.0, 20.0, 0.0]),
        jnp.ones(3, bool),
    )
    follower = SimpleNamespace(target_m=jnp.asarray(last_m, jnp.float32))
    hints = Hints(jnp.zeros((21, 21)), jnp.asarray(guidance))
    plan = Proposed(None, follower, hints, None, places)
    vehicle = at_rest(jnp.array([5.0, 5.0, 1.5]), 0.0)
    state = SimpleNamespace(plan=plan, now=SimpleNamespace(believed=vehicle))
    known = np.zeros((21, 21), bool)
    known[:, :11] = True
    return dict(
        zip(FEATURES, np.asarray(features(SPEC, state, jnp.asarray(known))).T, strict=True)
    )


def test_what_is_said_of_a_proposal_is_what_it_means():
    said = told((5.0, 1.0))
    np.testing.assert_allclose(said["gain"], [0.75, 0.5, 0.0], atol=1e-6)
    np.testing.assert_allclose(said["distance"], [0.4, 0.4, 0.0], atol=1e-6)
    np.testing.assert_allclose(said["detour"], [0.0, 0.4, 0.0], atol=1e-6)
    np.testing.assert_allclose(said["turn"], [0.0, 0.5, 0.0], atol=1e-6)
    np.testing.assert_allclose(said["look_turn"], [1.0, 0.0, 0.5], atol=1e-6)
    np.testing.assert_allclose(
        said["kept"], [math.exp(-math.hypot(4, 4)), 1, math.exp(-4)], atol=1e-5
    )
    np.testing.assert_array_equal(said["first"], [1.0, 0.0, 0.0])
    disc = [(i, j) for i in range(-5, 6) for j in range(-5, 6) if i * i + j * j <= 25]
    for place, share in zip(CELLS, said["unknown"], strict=True):
        around = [place + d for d in disc]
        inside = [c for c in around if (c >= 0).all() and (c < 21).all()]
        assert share == pytest.approx(sum(c[1] > 10 for c in inside) / len(disc))
    np.testing.assert_array_equal(told((math.nan, math.nan))["kept"], 0.0)


ROWS = st.lists(
    st.tuples(st.booleans(), *[st.integers(-3, 3)] * len(FEATURES)), min_size=1, max_size=6
)


@given(ROWS, st.tuples(*[st.integers(-3, 3)] * len(FEATURES)))
@settings(max_examples=60, deadline=None)
def test_the_valid_proposal_of_the_greatest_score_is_chosen(rows, weights):
    valid = [row[0] for row in rows]
    score = [sum(w * f for w, f in zip(weights, row[1:], strict=True)) for row in rows]
    best = max((s for s, v in zip(score, valid, strict=True) if v), default=None)
    expected = (
        0
        if best is None
        else next(i for i, (s, v) in enumerate(zip(score, valid, strict=True)) if v and s == best)
    )
    args = (weights, [row[1:] for row in rows])
    number = choose(*(jnp.array(a, jnp.float32) for a in args), jnp.array(valid))
    assert int(number) == expected


def test_the_weights_to_begin_with_and_to_compare_with_do_what_they_are_called():
    said = told((math.nan, math.nan))
    rows = jnp.asarray(np.stack([said[name] for name in FEATURES], axis=-1))
    ways = jnp.array([False, True, True])
    assert int(choose(jnp.array(AS_THE_PLANNER), rows, jnp.ones(3, bool))) == 0
    assert int(choose(jnp.array(AS_THE_PLANNER), rows, ways)) == 2
    assert int(choose(jnp.array(MOST_GAIN), rows, jnp.ones(3, bool))) == 0
    assert tuple(map(float, begin(ProposalTrainingConfig()).weights)) == AS_THE_PLANNER


def test_the_slope_leads_uphill_and_sees_ranks_alone():
    uphill = np.array([1.0, -2.0, 0.0, 0.5])
    noise = jax.random.normal(jax.random.key(0), (400, 4))
    changed = jnp.concatenate([noise, -noise]) @ uphill
    worths = jnp.stack([changed, 100.0 + 7.0 * changed, jnp.exp(changed)], axis=1)
    found = np.asarray(slope(noise, worths))
    cosine = found @ uphill / np.linalg.norm(found) / np.linalg.norm(uphill)
    assert cosine > 0.98
    np.testing.assert_allclose(found, slope(noise, worths[:, :1]), atol=1e-5)
    np.testing.assert_allclose(slope(noise, jnp.zeros((800, 2))) * 0.0, 0.0)


def test_flights_are_judged_by_area_and_time():
    def flight(name, world, explored):
        return Flight(name, world, np.array(explored), 0.5, 1)

    flights = [
        flight("parallel", 0, [0.0, 0.5, 0.96, 0.98]),
        flight("parallel", 1, [0.0, 0.5, 0.5, 0.5]),
        flight("learned", 0, [0.0, 0.6, 1.0]),  # it has ended there
        flight("learned", 1, [0.0, 0.4, 0.7, 0.7]),
    ]
    found = judged(flights, 2.0)
    assert found["parallel"]["area"]["mean"] == pytest.approx((0.855 + 0.5) / 2, abs=1e-5)
    assert found["learned"]["area"]["mean"] == pytest.approx((0.9 + 0.625) / 2, abs=1e-5)
    assert found["learned"]["against_planner"]["mean"] == pytest.approx(0.085, abs=1e-5)
    assert found["learned"]["against_planner"]["low"] == pytest.approx(0.045, abs=1e-4)
    assert "against_planner" not in found["parallel"]
    assert (found["parallel"]["reached_95"], found["parallel"]["reached_99"]) == (1, 0)
    assert found["parallel"]["time_to_95_s"]["mean"] == pytest.approx((1.0 + 2.0) / 2)
    assert found["learned"]["time_to_99_s"]["mean"] == pytest.approx((1.0 + 2.0) / 2)
    assert found["learned"]["contacts"] == 2


def test_worlds_of_training_may_not_be_evaluated_in():
    with pytest.raises(ConfigurationError, match="held_out_seed = 1003 is not allowed: worlds"):
        ProposalTrainingConfig(first_seed=1000, worlds=4, held_out_seed=1003)
    with pytest.raises(ConfigurationError, match="none of them may be evaluated in"):
        ProposalTrainingConfig(first_seed=11, worlds=4, held_out_seed=0, held_out=12)
    ProposalTrainingConfig(first_seed=1000, worlds=4, held_out_seed=1004)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "other"}, "is no record of a training of choices"),
        ({"features": ["gain"]}, r"is of other features: \['gain'\]"),
        ({"weights": [1.0]}, r"holds no weights: \[1.0\]"),
        ({"weights": [None] * len(FEATURES)}, "holds no weights"),
    ],
)
def test_a_file_without_weights_is_refused(tmp_path, change, sentence):
    path = tmp_path / "choice.json"
    record = proposal_record.started(ProposalTrainingConfig())
    path.write_text(json.dumps(record))
    assert proposal_record.read_weights(path) == AS_THE_PLANNER
    path.write_text(json.dumps(record | change))
    with pytest.raises(proposal_record.ChoiceFileError, match=sentence):
        proposal_record.read_weights(path)
    path.write_text("no json")
    with pytest.raises(proposal_record.ChoiceFileError, match="cannot be read"):
        proposal_record.read_weights(path)


@pytest.fixture(name="steps")
def steps_fixture(monkeypatch):
    """Have a training make weights up, and flights fly nowhere."""
    made = []

    def train(config):
        for i in range(1, config.iterations + 1):
            made.append(i)
            if len(made) > 3:
                raise KeyboardInterrupt
            weights = jnp.full(len(FEATURES), 0.25 * i)
            state = begin(config)._replace(weights=weights, iteration=jnp.int32(i))
            yield state, ChoiceReport(0.5, 0.6, 0, 1.0)

    def flown(names):
        return [Flight(name, w, np.array([0.0, 0.5]), 0.5, 0) for name in names for w in (0, 1)]

    monkeypatch.setattr(proposal_record, "train", train)
    monkeypatch.setattr(proposal_record, "task_of", lambda config, held_out: None)
    monkeypatch.setattr(proposal_record, "fly_planner", lambda task, seed: flown(["parallel"]))
    monkeypatch.setattr(proposal_record, "fly_choices", lambda task, who, seed: flown(who))


def test_the_command_writes_weights_curve_and_evaluation(tmp_path, capsys, steps):
    (tmp_path / "training.yaml").write_text("worlds: 2\nflight_s: 5\n")
    words = ["train", "--task", "proposals", "--params-file", str(tmp_path / "training.yaml")]
    words += ["--iterations", "2", "--output", str(tmp_path / "runs")]
    assert main([*words, "--json", str(tmp_path / "all.json")]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    record = json.loads((folder / proposal_record.FILE).read_text())
    assert record == json.loads((tmp_path / "all.json").read_text())
    assert proposal_record.read_weights(folder / proposal_record.FILE) == (0.5,) * len(FEATURES)
    assert (record["iterations"], len(record["curve"])) == (2, 2)
    assert (record["settings"]["worlds"], record["settings"]["flight_s"]) == (2, 5.0)
    assert set(record["evaluation"]) == {"parallel", "learned", "planner's way", "most gain"}
    assert len(record["flights"]) == 8
    said = capsys.readouterr().out
    assert "learned      explored on average" in said and "against parallel" in said


def test_a_training_that_is_interrupted_keeps_the_last_weights(tmp_path, steps):
    words = ["train", "--task", "proposals", "--iterations", "5", "--output", str(tmp_path)]
    assert main(words) == 1
    (folder,) = tmp_path.iterdir()
    assert proposal_record.read_weights(folder / proposal_record.FILE) == (0.75,) * len(FEATURES)
    assert json.loads((folder / proposal_record.FILE).read_text())["evaluation"] is None


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        ("pairs: 0", [], "pairs = 0 is not allowed"),
        ("drones: 2", [], "drones"),
        ("worlds: 2", ["--resume", "."], "--resume is not for --task proposals"),
    ],
)
def test_what_is_wrong_is_refused_by_a_sentence(tmp_path, capsys, text, words, sentence):
    file = tmp_path / "training.yaml"
    file.write_text(text)
    given_file = [] if words else ["--params-file", str(file)]
    output = ["--output", str(tmp_path / "runs")]
    assert main(["train", "--task", "proposals", *given_file, *output, *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_small_training_flies_and_is_evaluated(tmp_path):
    (tmp_path / "room.yaml").write_text(ROOM)
    config = ProposalTrainingConfig(
        world=str(tmp_path / "room.yaml"),
        iterations=2,
        pairs=1,
        worlds_per_iteration=1,
        flight_s=2.0,
        evaluation_s=4.0,
        samples=32,
    )
    record = proposal_record.started(config)
    lines = list(proposal_record.made(config, record))
    assert len(lines) == 2 + 4 + 1
    assert all(0.0 < step["worth"] < 1.0 for step in record["curve"])
    assert record["weights"] != list(AS_THE_PLANNER)
    for row in record["evaluation"].values():
        assert row["contacts"] == 0 and 0.2 < row["area"]["mean"] < 1.0
