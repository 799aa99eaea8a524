# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters files: what they say, whom they mean; every key reaches a node or is refused."""

from __future__ import annotations

import itertools
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optional import need

from live_mvp_ros.bringup import overrides
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.graph import Graph, GraphOptions, describe, recorder, with_map_file
from live_mvp_ros.bringup.params_file import entries_of, matches, meant, read_text, resolved

NODES = ("/drone1/live_map", "/drone1/info_field")


@pytest.fixture(autouse=True)
def _checked_here(request, monkeypatch):
    """Spare the process that checks a file: it loads JAX for each."""
    if "slow" not in request.keywords:

        def ask(question):
            return json.loads(json.dumps(overrides.answer(json.loads(json.dumps(question)))))

        monkeypatch.setattr(overrides, "ask", ask)


def told(graph: Graph, name: str) -> dict:
    return dict(next(node for node in graph.nodes if node.name == name).parameters)


def graph_with(folder: Path, text: str, namespace: str = "", **options) -> Graph:
    pytest.importorskip("rclpy", reason="what the nodes declare is known to their modules")
    file = folder / "p.yaml"
    file.write_text(text)
    return describe(GraphOptions(params_file=str(file), namespace=namespace, **options))


def refusal(folder: Path, text: str, namespace: str = "", **options) -> str:
    with pytest.raises(UsageError) as caught:
        graph_with(folder, text, namespace, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("/**", "/live_map", True),
        ("/**", "/a/b/live_map", True),
        ("/*", "/live_map", True),
        ("/*", "/a/live_map", False),
        ("/*/live_map", "/a/live_map", True),
        ("/*/live_map", "/live_map", False),
        ("/*/live_map", "/a/b/live_map", False),
        ("/**/live_map", "/live_map", True),
        ("/**/live_map", "/a/b/live_map", True),
        ("/**/live_map", "/a/live_map_2", False),
        ("/a/**", "/a/b/live_map", True),
        ("/a/**", "/ab/live_map", False),
        ("/a/*/live_map", "/a/b/live_map", True),
        ("/a/**/live_map", "/a/live_map", True),
        ("/live_map", "/live_map", True),
        ("/live_map", "/a/live_map", False),
        ("/live", "/live_map", False),
        ("/**/**", "/live_map", True),
    ],
)
def test_wildcards_mean_what_they_mean_to_rclcpp(pattern, name, fits):
    assert matches(pattern, name) is fits


def by_hand(pattern: list[str], name: list[str]) -> bool:
    """Match token by token, without regular expressions."""
    if not pattern:
        return not name
    if pattern[0] == "**":
        return any(by_hand(pattern[1:], name[i:]) for i in range(len(name) + 1))
    return bool(name) and pattern[0] in ("*", name[0]) and by_hand(pattern[1:], name[1:])


@given(
    st.lists(st.sampled_from(["*", "**", "a", "ab"]), min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "ab", "b"]), min_size=1, max_size=5),
)
def test_matching_agrees_with_a_search_token_by_token(pattern, name):
    assert matches("/" + "/".join(pattern), "/" + "/".join(name)) is by_hand(pattern, name)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1e-3", 0.001),
        ("1", 1),
        ("-7", -7),
        ("0x10", 16),
        ("010", 8),
        ("1.", 1.0),
        (".5", 0.5),
        ("yes", True),
        ("Off", False),
        ("n", False),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("office", "office"),
        ("9223372036854775808", 2.0**63),
        ("-.inf", -math.inf),
    ],
)
def test_words_are_what_they_are_to_rcl(word, value):
    found = resolved(word)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("live_map", NODES[:1]),
        ("/drone1/live_map", NODES[:1]),
        ("drone1/live_map", NODES[:1]),
        ("**", NODES),
        ("/**/info_field", NODES[1:]),
        ("/drone1/*", NODES),
        ("*", NODES),
    ],
)
def test_a_name_means_nodes_absolutely_or_within_the_namespace_of_the_graph(name, found):
    assert meant("p.yaml", name, NODES, "drone1") == list(found)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/live_map", ["no node /live_map", "write live_map or /drone1/live_map"]),
        ("/other/live_map", ["no node /other/live_map", "write live_map or /drone1/live_map"]),
        ("/other/**", ["no node /other/**", "choose from live_map, info_field"]),
        ("live_mapp", ["no node live_mapp", "did you mean live_map?"]),
        ("live_*", ["live_* is no name of nodes", "* for any one name"]),
        ("live map", ["live map is no name of nodes"]),
        ("/", ["/ is no name of nodes"]),
    ],
)
def test_a_name_that_means_no_node_is_refused_with_what_to_write(name, words):
    with pytest.raises(UsageError) as caught:
        meant("p.yaml", name, NODES, "drone1")
    assert all(word in str(caught.value) for word in words)


def test_a_file_may_nest_namespaces_and_names_of_parameters(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text(
        "drone1:\n  live_map:\n    ros__parameters:\n      a: {b: {c: 1e-3}, d: '5'}\n"
        "      e.f: [1, 2.5]\n"
    )
    (entry,) = entries_of(str(file), read_text(str(file)))
    assert entry.name == "drone1/live_map"
    assert entry.values == {"a.b.c": 0.001, "a.d": "5", "e.f": [1, 2.5]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("n: {ros__parameters: {a: 1, a: 2}}", "a stands twice in n"),
        ("n: {ros__parameters: {a.b: 1, a: {b: 2}}}", "a.b stands twice in n"),
        ("n: {ros__parameters: {a: 1}}\nn: {ros__parameters: {b: 1}}", "n stands twice"),
        ("n: {ros__parameters: {a: }}", "a of n has no value"),
        ("n: {ros__parameters: {a: [[1]]}}", "a of n must be a value or a list of values"),
        ("n: {ros__parameters: {a: 1}, m: {ros__parameters: {}}}", "n may not hold m beside"),
        ("n: {}", "n has no ros__parameters"),
        ("n: {ros_parameters: {a: 1}}", "it is ros__parameters, with two underscores"),
        ("n:", "n must hold ros__parameters, but holds ''"),
        ("? [a]\n: 1", "holds a name that is no word"),
    ],
)
def test_what_would_be_lost_in_a_file_is_refused(tmp_path, text, words):
    file = tmp_path / "p.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=words) as caught:
        entries_of(str(file), read_text(str(file)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("namespace", ["", "drone1", "fleet/drone1"])
@pytest.mark.parametrize("name", ["imppi_controller", "/**/imppi_controller", "/**"])
def test_a_file_reaches_its_node_in_any_namespace(tmp_path, namespace, name):
    text = f"{name}:\n  ros__parameters:\n    late_periods: 7\n"
    graph = graph_with(tmp_path, text, namespace)
    assert told(graph, "imppi_controller")["late_periods"] == 7
    assert "late_periods" not in told(graph, "live_map")
    command = next(node.command for node in graph.nodes if node.name == "imppi_controller")
    assert "late_periods:=7" in command
    assert "--params-file" not in command


def test_a_key_for_all_nodes_reaches_those_that_have_it_and_no_other(tmp_path):
    text = "/**:\n  ros__parameters:\n    seed: 11\n    use_sim_time: false\n"
    graph = graph_with(tmp_path, text)
    having = {node.name for node in graph.nodes if node.parameters.get("seed") == 11}
    assert having == {"quadrotor_sim", "gt_depth", "live_map", "imppi_controller"}
    assert all(node.parameters["use_sim_time"] is False for node in graph.nodes)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_name_of_a_node_goes_before_a_wildcard_and_the_file_before_the_graph(tmp_path, order):
    entries = [
        "/**: {ros__parameters: {seed: 1}}",
        "live_map: {ros__parameters: {seed: 2}}",
        "gt_depth: {ros__parameters: {rate_hz: 4}}",
    ]
    graph = graph_with(tmp_path, "\n".join(entries[i] for i in order), seed=5)
    assert told(graph, "live_map")["seed"] == 2
    assert told(graph, "gt_depth")["seed"] == 1
    rate_hz = told(graph, "gt_depth")["rate_hz"]
    assert (type(rate_hz), rate_hz) == (float, 4.0)


@pytest.mark.parametrize("name", ["imppi_controller", "/**", "both"])
def test_the_goal_of_the_controller_is_that_of_the_planner_too(tmp_path, name):
    entry = "{}: {{ros__parameters: {{goal_m: [1, 2.5, 2]}}}}"
    names = ["info_field", "imppi_controller"] if name == "both" else [name]
    graph = graph_with(tmp_path, "\n".join(entry.format(item) for item in names))
    assert told(graph, "imppi_controller")["goal_m"] == (1.0, 2.5, 2.0)
    assert told(graph, "info_field")["goal_m"] == (1.0, 2.5, 2.0)


def test_values_have_the_type_that_the_node_declares(tmp_path):
    text = "info_field: {ros__parameters: {goal_m: [1, 2.5, 2], rate_hz: 1e1}}"
    parameters = told(graph_with(tmp_path, text, controller="none"), "info_field")
    assert parameters["goal_m"] == (1.0, 2.5, 2.0)
    assert all(type(item) is float for item in parameters["goal_m"])
    assert parameters["rate_hz"] == 10.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "quadrotor_sim: {ros__parameters: {rate_hz: -5.0}}",
            ["quadrotor_sim: rate_hz = -5.0 is not allowed: it must be between"],
        ),
        (
            "/**: {ros__parameters: {late_peroids: 7}}",
            ["late_peroids is not a parameter of any node of /**", "late_periods"],
        ),
        (
            "live_map: {ros__parameters: {late_periods: 7}}",
            ["late_periods is not a parameter of live_map: did you mean"],
        ),
        (
            "/**: {ros__parameters: {qos_overrides: {/odom: {publisher: {depth: 7}}}}}",
            [
                "qos_overrides./odom.publisher.depth is not a parameter of any node of /**",
                "the quality of service of its topics is fixed",
            ],
        ),
        (
            "info_field: {ros__parameters: {goal_m: [1, 2, 2]}}",
            ["goal_m of info_field has no effect beside imppi_controller", "give it to imppi"],
        ),
        (
            """
/**: {ros__parameters: {goal_m: [1, 2, 2]}}
imppi_controller: {ros__parameters: {goal_m: [3, 2, 2]}}
""",
            ["goal_m of info_field has no effect beside imppi_controller"],
        ),
        (
            "/**: {ros__parameters: {use_sim_time: 1}}",
            ["use_sim_time = 1 is not allowed: it must be true or false"],
        ),
        (
            "live_map: {ros__parameters: {seed: 1}}\n/live_map: {ros__parameters: {seed: 2}}",
            ["seed of /live_map is given twice, in live_map and in /live_map"],
        ),
        (
            "live_map: {ros__parameters: {seed: 1}}\n/drone2/live_map: {ros__parameters: {}}",
            ["no node /drone2/live_map in the graph"],
        ),
    ],
)
def test_what_no_node_can_be_told_is_refused_before_anything_starts(tmp_path, text, words):
    said = refusal(tmp_path, text)
    assert str(tmp_path / "p.yaml") in said
    assert all(word in said for word in words)


def test_a_value_is_checked_together_with_what_the_graph_says(tmp_path):
    text = "quadrotor_sim: {ros__parameters: {real_time_factor: 0.5}}"
    assert "not allowed with follow_clock" in refusal(tmp_path, text, follow_clock=True)


def test_onlookers_take_their_part_only_where_they_are_ours(tmp_path):
    text = "recorder: {ros__parameters: {compression: none}}"
    graph = graph_with(tmp_path, text, "drone1")
    parameters = recorder(graph, tmp_path / "bag").parameters
    assert parameters == {"output": str(tmp_path / "bag"), "compression": "none"}
    with pytest.raises(UsageError, match="no node recorder in the graph"):
        describe(graph.options, onlookers=())


def test_the_map_file_of_a_run_leaves_that_of_a_parameters_file_alone(tmp_path):
    for text, path in (("", "run.npz"), ("autosave_path: mine.npz", "mine.npz")):
        graph = graph_with(tmp_path, f"live_map: {{ros__parameters: {{{text}}}}}")
        saving = with_map_file(graph, "run.npz")
        assert told(saving, "live_map")["autosave_path"] == path
        assert saving.options.map_file == "run.npz"


def test_the_documented_example_is_a_file_that_is_taken(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "parameters.md").read_text()
    graph = graph_with(tmp_path, page.split("```yaml\n", 1)[1].split("```", 1)[0], "drone2")
    assert told(graph, "imppi_controller")["mppi.num_samples"] == 1024
    assert told(graph, "live_map")["seed"] == 7
    assert told(graph, "gt_depth")["camera.max_range_m"] == 8.0


LIGHT = """
import sys
from live_mvp_ros.bringup.errors import UsageError
from live_mvp_ros.bringup.graph import GraphOptions, describe
try:
    graph = describe(GraphOptions(params_file=sys.argv[1], namespace="drone1"))
    print(next(n.parameters["rate_hz"] for n in graph.nodes if n.name == "gt_depth"))
except UsageError as error:
    print(error)
print([name for name in ("jax", "rclpy", "numpy") if name in sys.modules])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gt_depth: {ros__parameters: {rate_hz: 4}}", "4.0"),
        (
            "gt_depth: {ros__parameters: {rate_hz: 0}}",
            "p.yaml: gt_depth: rate_hz = 0 is not allowed: it must be between 0.1 and 100 Hz",
        ),
    ],
)
def test_a_launch_file_checks_parameters_without_loading_a_node(tmp_path, text, said):
    pytest.importorskip("rclpy")
    need("jax")
    (tmp_path / "p.yaml").write_text(text)
    command = [sys.executable, "-P", "-c", LIGHT, "p.yaml"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout.splitlines() == [said, "[]"]


@pytest.mark.slow
def test_nodes_that_cannot_be_loaded_are_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "jax.py").write_text("raise ImportError('no such wing')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    said = refusal(tmp_path, "gt_depth: {ros__parameters: {rate_hz: 4}}")
    assert "the nodes cannot be loaded: ImportError: no such wing" in said


SCALARS = (
    *("1e-3", "1", "0x10", "010", "08", "1.", ".5", "yes", "n", "Off", "1:30", "1_000", "inf"),
    *(".inf", "-.INF", "1e400", "+3", "12345678901234567890", "0b1", "1e", "0x1p3", "~5", "''"),
    *("'7'", '"yes"'),
)


@pytest.mark.parametrize("word", SCALARS)
def test_a_word_is_read_as_rclpy_reads_it(tmp_path, word):
    rclpy = pytest.importorskip("rclpy")
    file = tmp_path / "p.yaml"
    file.write_text(f"/**:\n  ros__parameters:\n    it: {word}\n")
    context = rclpy.Context()
    rclpy.init(args=["--ros-args", "--params-file", str(file)], context=context, domain_id=78)
    node = rclpy.create_node(
        "n", context=context, automatically_declare_parameters_from_overrides=True
    )
    theirs = node.get_parameter("it").value
    node.destroy_node()
    context.try_shutdown()
    (entry,) = entries_of(str(file), read_text(str(file)))
    assert (type(entry.values["it"]), entry.values["it"]) == (type(theirs), theirs)


def test_every_executable_has_a_configuration_that_the_check_knows():
    pytest.importorskip("rclpy")
    from live_mvp_ros.bringup.overrides import CONFIGURATIONS, default_of
    from live_mvp_ros.ros.parameters import entries

    root = Path(__file__).parents[2]
    text = (root / "CMakeLists.txt").read_text().split("set(nodes", 1)[1].split(")", 1)[0]
    assert set(text.split()) == set(CONFIGURATIONS)
    names = [{entry.name for entry in entries(default_of(node))} for node in CONFIGURATIONS]
    assert all(names)
    assert all(a != b for a, b in itertools.combinations(names, 2))


def test_settings_below_components_reach_the_nodes_that_they_are_of(tmp_path):
    text = "body: {speed_max_m_s: 1}\nlive_map: {max_range_m: 6}\nmission: {goal_tolerance_m: 2}"
    graph = graph_with(tmp_path, text, "d1")
    for node in graph.nodes:
        assert dict(node.parameters).get("body.speed_max_m_s") == (
            None if node.name == "gt_depth" else 1.0
        )
    assert told(graph, "live_map")["max_range_m"] == 6.0
    assert told(graph, "imppi_controller")["mission.goal_tolerance_m"] == 2.0
    wrong = refusal(tmp_path, "live_map: {rate_hz: 4.0}")
    assert "p.yaml: rate_hz is not a parameter of live_map: did you mean map_rate_hz" in wrong
    assert "p.yaml: live_map: max_range_m = -1 is not allowed" in refusal(
        tmp_path, "live_map: {max_range_m: -1}"
    )
