# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The file of a policy: what is written is read, and everything else is refused by a sentence."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from live_mvp_ros.base import array_file
from live_mvp_ros.learning import training_step
from live_mvp_ros.learning.checkpoints import write_policy
from live_mvp_ros.learning.training_config import TrainingConfig
from live_mvp_ros.policy.actor import new_policy, weights_of
from live_mvp_ros.policy.flown_network import command_of
from live_mvp_ros.policy.kinematic_body import Body, KinematicConfig
from live_mvp_ros.policy.observation import SIZE, observe
from live_mvp_ros.policy.policy_file import (
    LARGEST_BYTES,
    PolicyFileError,
    TrainedPolicy,
    load_policy,
    save_policy,
)
from live_mvp_ros.policy.signature import SECTIONS, signature

FACTS = {"training": {"drones": 2}, "seed": 7, "iteration": 400, "metrics": {"reward": 0.25}}
BODY = KinematicConfig(acceleration_max_m_s2=2.5)


@pytest.fixture
def policy():
    network = weights_of(new_policy(jax.random.key(3)))
    return TrainedPolicy(network, "relative", BODY, FACTS)


@pytest.fixture
def file(policy, tmp_path):
    path = tmp_path / "policy.npz"
    save_policy(path, policy)
    return path


def changed(file, change, arrays=None):
    """Write a file with another header, or with other arrays."""
    found = array_file.read_arrays(file, "file")
    header = json.loads(found.pop("header").tobytes())
    change(header)
    file.write_bytes(array_file.packed(header, found | (arrays or {})))


def refusal(path):
    with pytest.raises(PolicyFileError) as told:
        load_policy(path)
    sentence = str(told.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


def test_what_is_written_is_read(file, policy):
    found = load_policy(file)
    assert file.stat().st_size < 100_000
    assert jax.tree.all(jax.tree.map(np.array_equal, found.network, policy.network))
    assert (found.position, found.body) == ("relative", BODY)
    assert found.facts["package_version"]
    assert {key: found.facts[key] for key in FACTS} == FACTS


def test_a_file_flies_as_what_was_trained_does(policy):
    actor = new_policy(jax.random.key(3))
    seen = jax.random.normal(jax.random.key(1), (5, SIZE))
    for one in seen:
        np.testing.assert_allclose(command_of(policy.network, one), actor(one), rtol=1e-5)


def test_a_training_leaves_such_a_file(tmp_path):
    config = TrainingConfig(seed=5, position="relative", body=BODY)
    state = training_step.begin(config)
    found = load_policy(write_policy(tmp_path, config, state, {"held_out_reward": 0.5}))
    assert (found.position, found.body) == ("relative", BODY)
    assert (found.facts["seed"], found.facts["iteration"]) == (5, 0)
    assert found.facts["metrics"] == {"held_out_reward": 0.5}
    assert found.facts["training"]["steps"] == config.steps
    seen = jnp.linspace(-1.0, 1.0, SIZE)
    np.testing.assert_allclose(command_of(found.network, seen), state.policy(seen), rtol=1e-5)


def test_the_signature_describes_what_is_observed():
    """Every section is where the signature says: each differs when its own part of a body does."""
    nothing = lambda points: (0.5 + 0 * points[0], 0 * points[0])  # noqa: E731
    somewhere = lambda points: (0.1 * points[0], 0.5 + 0 * points[0])  # noqa: E731
    still = Body(jnp.zeros(3), jnp.zeros(3), jnp.array([1.0, 0, 0, 0]), jnp.zeros(3))
    cases = {
        "position_m": (nothing, still._replace(position=jnp.ones(3))),
        "velocity_m_s": (nothing, still._replace(velocity=jnp.ones(3))),
        "forward": (nothing, still._replace(attitude=jnp.array([0.0, 0, 0, 1.0]))),
        "anchors": (somewhere, still),
        "compass": (somewhere, still),
    }
    before = observe(nothing, still, jnp.zeros(3), "absolute")
    assert signature("absolute")["size"] == before.size == sum(SECTIONS.values())
    first = 0
    for name, size in SECTIONS.items():
        after = observe(cases[name][0], cases[name][1], jnp.zeros(3), "absolute")
        assert np.any(before[first : first + size] != after[first : first + size]), name
        first += size


def test_something_else_is_refused(tmp_path, file):
    assert "there is no such file" in refusal(tmp_path / "nothing.npz")
    assert "is not a file" in refusal(tmp_path)
    text = tmp_path / "policy.txt"
    text.write_text("acceleration: 1\n")
    assert "is not a whole file of a policy" in refusal(text)
    empty = tmp_path / "empty.npz"
    empty.touch()
    refusal(empty)
    other = tmp_path / "arrays.npz"
    np.savez(other, weight_0=np.zeros((64, SIZE), np.float32))
    assert "is no policy of live_mvp_ros" in refusal(other)
    changed(file, lambda header: header.update(format="live_mvp_ros map"))
    assert "is no policy of live_mvp_ros" in refusal(file)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    large = tmp_path / "large.npz"
    with large.open("wb") as out:
        out.truncate(LARGEST_BYTES + 1)
    assert "more than 1000000 bytes" in refusal(large)


def test_nothing_in_a_file_is_executed(file):
    content = io.BytesIO()
    np.lib.format.write_array(content, np.array([{}], object), allow_pickle=True)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("extra.npy", content.getvalue())
    assert "is not a whole file of a policy" in refusal(file)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_refused(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    refusal(file)


@pytest.mark.parametrize("at", [0.02, 0.3, 0.7, 0.97])
def test_a_damaged_file_is_refused(file, at):
    content = bytearray(file.read_bytes())
    content[int(at * len(content))] ^= 0x55
    file.write_bytes(content)
    refusal(file)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.update(size=207), "its size is 207, here it is 206"),
        (lambda s: s["anchors"].update(ring_m=2.0), "its anchors is"),
        (lambda s: s["visibility"].update(fog_m=0.2), "its visibility is"),
        (lambda s: s["observation"].reverse(), "its observation is"),
        (lambda s: s.update(position="polar"), "its position is 'polar'"),
        (lambda s: s.update(activation="relu"), "its activation is 'relu', here it is 'tanh'"),
        (lambda s: s.update(wind=3), "it has wind, which is not known here"),
        (lambda s: s.pop("compass"), "its compass is None"),
    ],
)
def test_another_observation_is_refused_and_named(file, change, words):
    changed(file, lambda header: change(header["signature"]))
    sentence = refusal(file)
    assert "was trained with another observation" in sentence
    assert words in sentence


def test_no_signature_and_other_versions_are_refused(file):
    changed(file, lambda header: header.pop("signature"))
    assert "says nothing of its observation" in refusal(file)
    changed(file, lambda header: header.update(version=2))
    assert "written by a newer live_mvp_ros" in refusal(file)
    changed(file, lambda header: header.update(version=0))
    assert "written by an older live_mvp_ros" in refusal(file)


def test_weights_that_are_missing_misshapen_or_not_finite_are_refused(file, policy):
    nan = np.zeros((64, 64), np.float32)
    nan[3, 5] = np.nan
    keep = lambda header: None  # noqa: E731
    changed(file, keep, {"weight_1": nan})
    assert "cannot be flown: weight_1 is not finite" in refusal(file)
    changed(file, keep, {"weight_1": nan[:, :3]})
    assert "weight_1 is missing or misshapen" in refusal(file)
    changed(file, keep, {"weight_1": np.zeros((64, 64))})
    assert "weight_1 is missing or misshapen" in refusal(file)
    save_policy(file, dataclasses.replace(policy, body=BODY))
    changed(file, lambda header: header["body"].update(acceleration_max_m_s2=-1))
    assert "has a body that is not allowed: acceleration_max_m_s2" in refusal(file)


def test_writing_over_a_file_leaves_no_other(file, policy, tmp_path):
    save_policy(file, policy)
    assert [path.name for path in tmp_path.iterdir()] == ["policy.npz"]
