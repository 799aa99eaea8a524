# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What docs/architecture.md says about adding something, done to a copy of the package.

Each recipe is followed to the letter, and what it promises is asked of a process that runs the
copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import live_mvp_ros

PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"


@pytest.fixture(name="copy", scope="module")
def copy_fixture(tmp_path_factory) -> Path:
    """Return a copy of the package as it runs here, messages included."""
    folder = tmp_path_factory.mktemp("copy") / "live_mvp_ros"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(live_mvp_ros.__file__).parent, folder, ignore=ignored)
    return folder


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"the recipe does not fit {file.name} any more"
    file.write_text(text.replace(before, after), encoding="utf-8")


def run(copy: Path, program: str, *arguments: str) -> None:
    """Run a program with the copy instead of the package."""
    paths = [str(copy.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    result = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        cwd=copy.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def recipe(name: str) -> str:
    """Return the paragraph of a recipe."""
    _, _, text = PAGE.read_text(encoding="utf-8").partition(f"**{name}.** ")
    assert text, f"there is no recipe for {name}"
    return text.split("\n\n", 1)[0]


def test_a_cost_term_is_summed_by_default_and_flown(copy):
    said = recipe("a cost term")
    for words in ("control/costs.py", "`TERMS`", "MY_TERM_WEIGHT", 'Term("my_term"'):
        assert words in said
    costs = copy / "control" / "costs.py"
    edit(
        costs,
        "TERMS = {\n",
        "MY_TERM_WEIGHT = 3.0\n\n\n"
        "def my_cost(w, setup, moment, surroundings):\n"
        "    return w + 0.0 * moment.clearance_m\n\n\n"
        "TERMS = {\n",
    )
    listed = '        Term("goal", lambda costs: costs.goal_weight, to_goal),\n'
    edit(costs, listed, listed + '        Term("my_term", MY_TERM_WEIGHT, my_cost),\n')
    run(copy, JUDGED)


JUDGED = """
import jax, jax.numpy as jnp, numpy as np
from live_mvp_ros import control
from live_mvp_ros.base.config import replace
from live_mvp_ros.base.grid import GridSpec
from live_mvp_ros.control import costs, judging
from live_mvp_ros.control.safety import Fence
from live_mvp_ros.vehicle import at_rest, hover_command

config = control.ControllerConfig()
assert "my_term" in config.plan.terms and "goal" not in config.plan.terms
spec = GridSpec((0.05, 0.05), 0.1, (20, 20))
field = control.prepare_field(
    spec, jnp.zeros(spec.shape), jnp.zeros((16, 8, 8)), jnp.zeros(2), 1.5,
    jnp.zeros((40, 3)), jnp.zeros(40),
)
costmap = control.build_costmap(spec, jnp.zeros(spec.shape), jnp.ones(spec.shape, bool), 1.5)
around = costs.survey(costmap, field, Fence((0, 0, 0), (2, 2, 3)), None)
vehicle = at_rest(jnp.array([1.0, 1.0, 2.0]))
commands = jnp.tile(hover_command(config.vehicle)[:, None], (4, 1, 2))
found = {}
for terms in (("guidance",), ("guidance", "my_term")):
    chosen = replace(config, costs=replace(config.costs, terms=terms))
    setup = costs.CostSetup(chosen.costs, chosen.body, chosen.vehicle)
    judge = jax.jit(judging.judge, static_argnums=0)
    judged = judge(chosen.plan, setup, vehicle, commands, around)
    found[terms[-1]] = np.asarray(judged.cost)
seconds = 4 * config.mppi.step_s
np.testing.assert_allclose(found["my_term"] - found["guidance"], 3.0 * seconds, rtol=1e-4)
"""


def test_a_planner_can_be_compared_and_a_world_be_started_by_its_name(copy):
    for words in ("`PLANNERS`", "evaluation/planners.py", "`init` and `step`"):
        assert words in recipe("a planner to compare with")
    for words in ("`WORLD_FILES`", "worlds/names.py", "data/seed.yaml"):
        assert words in recipe("a world")
    (copy / "baselines" / "mine.py").write_text(
        "from live_mvp_ros.baselines.baselines import BASELINES\n\n"
        'init, step = BASELINES["random"]\n'
    )
    table = copy / "evaluation" / "planners.py"
    edit(table, '    "sequential": SEQUENTIAL,\n', '    "mine": Planner(init, step),\n')
    edit(
        table,
        "from live_mvp_ros.sim.planner",
        "from live_mvp_ros.baselines.mine import init, step\nfrom live_mvp_ros.sim.planner",
    )
    data = copy / "worlds" / "data"
    shutil.copy(data / "seed.yaml", data / "my_hall.yaml")
    shutil.copy(data / "seed.yaml", copy.parent / "my.yaml")
    names = copy / "worlds" / "names.py"
    office = '    "office": _DATA / "office.json",\n'
    edit(names, office, office + '    "my_hall": _DATA / "my_hall.yaml",\n')
    run(copy, COMPARED)


COMPARED = """
from live_mvp_ros.bringup.graph import GraphOptions, describe
from live_mvp_ros.evaluation.campaign import Campaign
from live_mvp_ros.evaluation.runs import Run
from live_mvp_ros.evaluation.scenario import prepare

Campaign(("my_hall", "my.yaml"), ("mine",)).check()
assert prepare(Run("my_hall", "mine")).world.name == "seed"
for world in ("my_hall", "my.yaml"):
    assert describe(GraphOptions(world=world)).facts == describe(GraphOptions(world="seed")).facts
"""


def test_a_vehicle_takes_the_place_of_the_simulator(copy):
    pytest.importorskip("rclpy", reason="a vehicle's driver is a ROS 2 node")
    for words in ("`VEHICLES`", "`_nodes`", "`CONFIGURATIONS`", "`CMakeLists.txt`", "node.py"):
        assert words in recipe("a vehicle")
    driver = copy / "nodes" / "my_vehicle"
    driver.mkdir()
    (driver / "__init__.py").touch()
    (driver / "node.py").write_text(DRIVER)
    graph = copy / "bringup" / "graph.py"
    ours = 'VEHICLES = ("sim", "mavlink", "none"'
    edit(graph, f"{ours})", f'{ours}, "my_vehicle")')
    memory = "    memory: dict[str, Value] = {"
    given = (
        '    if options.vehicle == "my_vehicle":\n'
        '        nodes.append(node("my_vehicle", 0, {"seed": options.seed}))\n'
    )
    edit(graph, memory, given + memory)
    player = '    "bag_player": "PlayerConfig",\n'
    edit(copy / "bringup" / "overrides.py", player, player + '    "my_vehicle": "DriverConfig",\n')
    file = copy.parent / "p.yaml"
    file.write_text("my_vehicle: {ros__parameters: {rate_hz: 50}}")
    run(copy, DRIVEN, str(file))


DRIVER = """
from live_mvp_ros.base.config import configuration, parameter
from live_mvp_ros.ros.node import GraphNode
from live_mvp_ros.ros.running import run_node


@configuration
class DriverConfig:
    rate_hz: float = parameter(default=100.0, unit="Hz", low=1.0, help="Of odometry.")
    seed: int = parameter(default=0, low=0, help="A seed.")
    frame_prefix: str = parameter(default="", help="Begins the names of all frames but map.")


class Driver(GraphNode):
    def __init__(self):
        super().__init__("my_vehicle", DriverConfig())


def main(args=None):
    return run_node(Driver, args)
"""
DRIVEN = """
import sys
from live_mvp_ros.bringup import overrides
from live_mvp_ros.bringup.graph import GraphOptions, describe

overrides.ask = overrides.answer  # a process of its own would run the package
chosen = GraphOptions(vehicle="my_vehicle", seed=7, params_file=sys.argv[1])
graph = describe(chosen)
told = {node.name: dict(node.parameters) for node in graph.nodes}
assert list(told) == ["my_vehicle", "live_map", "info_field", "imppi_controller"]
assert told["my_vehicle"] == {"use_sim_time": False, "seed": 7, "rate_hz": 50.0}
"""
