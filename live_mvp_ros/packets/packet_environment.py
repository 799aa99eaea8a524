# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A small deterministic environment of packets: look at an object, or explore a space.

    env = Environment(EnvConfig())
    obs, ctx, pose = env.reset(seed=1)
    obs, ctx, pose, info = env.step({"type": "move", "params": {"dx": 1.0, "dy": 0.0}})

The same configuration, seed and actions give the same packets, byte for byte. Of the scenarios,
the goalseeker moves as the explorer does, and is paid by a callback.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from live_mvp_ros.packets import actions, env_arguments, env_packets
from live_mvp_ros.packets.backends import make_backend
from live_mvp_ros.packets.dumping import Step, write_step
from live_mvp_ros.packets.env_arguments import whole_seed
from live_mvp_ros.packets.env_config import EnvConfig
from live_mvp_ros.packets.env_errors import RENDERER_ERRORS, EnvBackendError, reason_of
from live_mvp_ros.packets.env_hooks import Hooks
from live_mvp_ros.packets.facets import facets_from_depth, facets_on_surface
from live_mvp_ros.packets.motions import EnvState
from live_mvp_ros.packets.overlay import draw
from live_mvp_ros.packets.packet_fields import settled
from live_mvp_ros.packets.packet_json import to_json
from live_mvp_ros.packets.packet_schema import check
from live_mvp_ros.packets.packet_types import (
    SCENARIOS,
    BeliefPacket,
    ContextPacket,
    EvalRecord,
    FacetRecord,
    ObservationPacket,
    PacketError,
    Patch,
    PosePacket,
    StepInfo,
)
from live_mvp_ros.packets.pinhole import View, patch_intrinsics
from live_mvp_ros.packets.stages import Backend, Stage
from live_mvp_ros.packets.transitions import EXAMINER, Outcome, Rules, Stages, act, begin

Packets = tuple[ObservationPacket, ContextPacket, PosePacket]


class Intent(NamedTuple):
    """What an action leads to, before anybody has looked."""

    done: Outcome
    pose: PosePacket
    views: list[View]
    """Where the columns look from; none where the patches of before are kept."""


KEPT_STEPS = 64
"""Steps that ``dump_step`` can write, the last ones."""
_LARGEST_SEED = 2**63


class Environment:
    """One agent in one scenario; not for several threads at a time."""

    headless = True
    """There is never a window."""

    def __init__(
        self,
        config: EnvConfig | None = None,
        *,
        hooks: Hooks | None = None,
        motor_matrix: np.ndarray | None = None,
        debug: bool = False,
        debug_overlay: bool = False,
        render_every: int = 1,
        seed: int = 0,
        like: Environment | None = None,
    ) -> None:
        """Make an environment; nothing can be stepped before ``reset``.

        Args:
            config: settings, the usual ones by default.
            hooks: what others do in each step.
            motor_matrix: B [6, M] of the explorer's motor actions.
            debug: every packet is checked against its schema.
            debug_overlay: every step has a preview picture, see ``preview``.
            render_every: patches are rendered anew each so many ticks and when the object is
                switched, and repeated in between.
            seed: of the stream from which resets without a seed take theirs.
            like: another one of the same configuration, whose stages this one shares: what both
                look at can then be rendered at once.

        Raises:
            EnvBackendError: the backend cannot be had here.
            ValueError: an argument is not allowed.
        """
        matrix = env_arguments.motor_matrix(motor_matrix)
        render_every = env_arguments.count("render_every", render_every)
        self.config = env_arguments.settings(config)
        self.camera = patch_intrinsics(self.config)
        if like is not None and like.config != self.config:
            raise ValueError("like = another environment is not allowed: its config differs")
        self._backend: Backend = make_backend(self.config) if like is None else like._backend
        self._hooks: Hooks = Hooks() if hooks is None else settled("hooks", Hooks, hooks)
        stages = Stages(self._backend) if like is None else like._rules.stages
        self._rules: Rules = Rules(self.config, self._hooks, matrix, stages)
        self._debug, self._draws, self._render_every = debug, debug_overlay, render_every
        self._stream = np.random.default_rng(whole_seed(seed))
        self._scenario, self._episodes, self._seed = "", 0, 0
        self._state: EnvState | None = None
        self._stage: Stage | None = None
        self._patches: tuple[Patch, ...] = ()
        self._steps: deque[Step] = deque(maxlen=KEPT_STEPS)

    @property
    def state(self) -> EnvState:
        """Return where the agent is.

        Raises:
            RuntimeError: nothing was reset yet.
        """
        if self._state is None:
            raise RuntimeError("reset comes first: this environment has no state yet")
        return self._state

    @property
    def stage(self) -> Stage:
        """Return what there is to look at.

        Raises:
            RuntimeError: nothing was reset yet.
        """
        if self._stage is None:
            raise RuntimeError("reset comes first: this environment shows nothing yet")
        return self._stage

    def reset(
        self,
        object_id: str | None = None,
        random_view: bool = True,
        seed: int | None = None,
        scenario: str = "examiner",
    ) -> Packets:
        """Begin an episode and return its first packets.

        Args:
            object_id: object to look at, or to be turned to (explorer); None: the configured
                first one, and the start's own gaze.
            random_view: start from a chart point drawn with the seed, not from (0, 0); an explorer
                looks that way instead of its start's.
            seed: of the episode; None goes on with the stream of this environment.
            scenario: one of SCENARIOS.

        Raises:
            ValueError: an argument is not allowed.
            EnvAssetError: a model or a scene is missing.
            EnvBackendError: it cannot be rendered.
        """
        if scenario not in SCENARIOS:
            raise PacketError(
                f"scenario = {scenario!r} is not allowed: it must be one of {', '.join(SCENARIOS)}"
            )
        if scenario == "goalseeker" and self._hooks.reward is None:
            raise PacketError(
                "scenario = 'goalseeker' is not allowed without rewards: give Hooks(reward=...)"
            )
        random_view = settled("random_view", bool, random_view)
        chosen = int(self._stream.integers(_LARGEST_SEED)) if seed is None else whole_seed(seed)
        u, v = np.random.default_rng(chosen).random(2).tolist()
        view = (u, v) if random_view else None
        state, stage = begin(self._rules, scenario, object_id, view)
        pose, offsets = self._pose(scenario, state, stage)
        patches = self._rendered(stage, self._views(scenario, state, offsets), state.focus_m)
        if isinstance(patches, str):
            raise EnvBackendError(patches)
        self._scenario, self._seed, self._stage = scenario, chosen, stage
        self._patches, self._episodes = patches, self._episodes + 1
        self._steps.clear()
        obs, ctx = self._observed(state, pose, stage, patches)
        self._keep(state, (obs, ctx, pose), None)
        return obs, ctx, pose

    def step(self, action: Any) -> tuple[ObservationPacket, ContextPacket, PosePacket, StepInfo]:
        """Do an action and return what comes of it.

        Args:
            action: an ActionPacket, or a mapping with ``type``, ``params`` and perhaps
                ``column_id``.

        Raises:
            ValueError: the action is not allowed; nothing has changed then.
            RuntimeError: nothing was reset yet.
        """
        intent = self.decide(action)
        return self.conclude(intent, self.look(intent))

    def decide(self, action: Any) -> Intent:
        """Return what an action leads to before it is looked at; ``conclude`` makes the step.

        For those who render the views of several environments at once. Nothing has changed yet.

        Raises:
            ValueError: the action is not allowed.
            RuntimeError: nothing was reset yet.
        """
        before, scenario = self.state, self._scenario
        allowed = actions.EXAMINER if scenario == EXAMINER else actions.EXPLORER
        packet = actions.parse(action, allowed)
        done = act(self._rules, scenario, before, self.stage, packet, self._seed)
        pose, offsets = self._pose(scenario, done.state, done.stage)
        is_due = done.state.tick % self._render_every == 0
        # What was kept shows another object after a switch: it must not get the new one's name.
        looks = not done.problem and (is_due or done.state.switched)
        views = self._views(scenario, done.state, offsets) if looks else []
        return Intent(done, pose, views)

    def look(self, intent: Intent) -> tuple[Patch, ...] | str:
        """Return what the views of an intent show, or why there is nothing after two tries."""
        if not intent.views:
            return self._patches
        return self._rendered(intent.done.stage, intent.views, intent.done.state.focus_m)

    def conclude(
        self, intent: Intent, patches: tuple[Patch, ...] | str
    ) -> tuple[ObservationPacket, ContextPacket, PosePacket, StepInfo]:
        """Make the step that was decided.

        Args:
            intent: from ``decide``, with no other step since.
            patches: from ``look``.

        Raises:
            ValueError: a hook's reward is no finite number; nothing has changed then.
        """
        before, scenario = self.state, self._scenario
        done, pose = intent.done, intent.pose
        is_reset_due, resting = bool(done.problem), Outcome(before.at_rest(), self.stage)
        if isinstance(patches, str):
            done = dataclasses.replace(resting, problem=patches)
            patches = self._patches
        info = self._info(done, is_reset_due)
        if self._hooks.safety is not None:
            info = self._hooks.judged(info)
            if done.problem:  # whatever a hook says of it: nothing was done
                info = dataclasses.replace(info, ok=False)
            if not info.ok and not done.problem:  # undone
                done, patches = dataclasses.replace(resting, problem=info.message), self._patches
                name = self._shown(done.state, done.stage)
                info = dataclasses.replace(info, object_id=name)
        if not info.ok:
            pose, _ = self._pose(scenario, done.state, done.stage)
        after = done.state
        obs, ctx = self._observed(after, pose, done.stage, patches)
        if scenario == "goalseeker" and self._hooks.reward is not None:
            paid: Any = self._hooks.reward(obs, pose, info)
            info = dataclasses.replace(info, extrinsic_reward=paid)
            after = dataclasses.replace(after, reward=info.extrinsic_reward)
            ctx = self._observed(after, pose, done.stage, patches)[1]
        self._stage, self._patches = done.stage, patches
        self._keep(after, (obs, ctx, pose), info)
        return obs, ctx, pose, info

    def evaluation(
        self,
        action: Any,
        info: StepInfo,
        belief: BeliefPacket | None = None,
        step_ms: float = float("nan"),
    ) -> EvalRecord:
        """Return the record of the last step, with an agent's belief if it has one.

        Raises:
            ValueError: the action is not allowed.
        """
        packet = actions.parse(action, actions.EXPLORER)
        info = settled("info", StepInfo, info)
        stamp, tick = info.stamp_ns, info.tick
        return EvalRecord(
            stamp,
            "map" if self._scenario != EXAMINER else "",
            tick,
            self._scenario,
            self._episodes,
            self._seed,
            info.object_id,
            dataclasses.replace(packet, stamp_ns=stamp, tick=tick),
            info,
            belief or BeliefPacket(stamp, "", tick, (), ()),
            float("nan"),
            step_ms,
        )

    def facets(self, every_px: int = 8) -> tuple[FacetRecord, ...]:
        """Return facets of what the first column sees now, each from depth and from the surface.

        One each ``every_px`` pixels of its patch, where the surface is smooth; in the frame of the
        pose packet.

        Raises:
            RuntimeError: nothing was reset yet.
            ValueError: ``every_px`` is not at least 1.
            EnvBackendError: the renderer has failed.
        """
        explores, state, stage = self._scenario != EXAMINER, self.state, self.stage
        _, offsets = self._pose(self._scenario, state, stage)
        view = env_packets.views(self.config, state, explores, offsets)[0]
        try:
            seen = env_packets.cut(self.config, stage.look([view]))
        except RENDERER_ERRORS as error:
            raise EnvBackendError(f"the renderer has failed: {reason_of(error)}") from error
        from_depth = facets_from_depth(
            seen.depth[0], self.camera, every_px, seen.segmentation[0]
        ).seen_from(view)
        on_surface = facets_on_surface(from_depth, stage)
        frame = env_packets.MAP if explores else env_packets.OBJECT
        stamp = env_packets.stamp_ns(self.config, state.tick)
        is_alone = not explores and not self.config.assets.examiner_scene
        around = stage.name if explores or is_alone else ""
        names = (around, *(thing.object_id for thing in stage.things))
        column = self.config.columns[0]
        return tuple(
            record
            for found in (from_depth, on_surface)
            for record in found.records(stamp, frame, state.tick, names, column)
        )

    def preview(self) -> np.ndarray:
        """Return a small picture [height, width, 3] uint8 of agent, object and patch frustum.

        Raises:
            RuntimeError: nothing was reset yet.
        """
        explores = self._scenario != EXAMINER
        _, offsets = self._pose(self._scenario, self.state, self.stage)
        view = env_packets.views(self.config, self.state, explores, offsets)[0]
        return draw(self.config, self.stage, view, self.state.body if explores else None)

    def dump_step(self, n: int, folder: Path | str = "packets") -> Path:
        """Write the packets of step ``n`` of this episode as JSON and its patches as PNG and NPY.

        Returns:
            The folder ``step_NNNNNN`` below ``folder``, which is there as a whole or not at all.

        Raises:
            LookupError: the step is none of the last KEPT_STEPS.
        """
        for kept in self._steps:
            if kept.tick == n:
                return write_step(Path(folder), kept)
        held = f"{self._steps[0].tick} to {self._steps[-1].tick}" if self._steps else "none"
        raise LookupError(f"step {n} is not kept: the steps that are, are {held}")

    def _pose(
        self, scenario: str, state: EnvState, stage: Stage
    ) -> tuple[PosePacket, list[env_packets.Offset]]:
        """Return the pose packet, and the offset of each column."""
        explores, names = scenario != EXAMINER, self.config.columns
        offsets: list[env_packets.Offset] = [(0.0, 0.0)] * len(names)
        pose = env_packets.pose(self.config, state, stage, explores, offsets)
        if self._hooks.phase_shift is None:
            return pose, offsets
        offsets = [self._hooks.offset(name, pose) for name in names]
        return env_packets.pose(self.config, state, stage, explores, offsets), offsets

    def _views(
        self, scenario: str, state: EnvState, offsets: list[env_packets.Offset]
    ) -> list[View]:
        """Return where the columns look from."""
        return env_packets.views(self.config, state, scenario != EXAMINER, offsets)

    def _rendered(
        self, stage: Stage, views: list[View], focus_m: float
    ) -> tuple[Patch, ...] | str:
        """Return the patches, or why there are none after two tries."""
        problem = ""
        for _ in range(2):
            try:
                return env_packets.patches(self.config, stage.look(views), focus_m)
            except RENDERER_ERRORS as error:
                problem = f"the renderer has failed twice: {reason_of(error)}"
        return problem

    def _info(self, done: Outcome, is_reset_due: bool) -> StepInfo:
        return StepInfo(
            env_packets.stamp_ns(self.config, done.state.tick),
            "",
            done.state.tick,
            ok=not done.problem,
            clamped=done.flags.clamped,
            wrapped=done.flags.wrapped,
            collided=done.flags.collided,
            reset_suggested=is_reset_due,
            object_id=self._shown(done.state, done.stage),
            message=done.problem,
        )

    def _shown(self, state: EnvState, stage: Stage) -> str:
        """Return what packets call the object: that of an examiner, the world of an explorer."""
        return state.object_id if self._scenario == EXAMINER else stage.name

    def _observed(
        self, state: EnvState, pose: PosePacket, stage: Stage, patches: tuple[Patch, ...]
    ) -> tuple[ObservationPacket, ContextPacket]:
        config, name = self.config, self._shown(state, stage)
        obs = env_packets.observation(config, state, self.camera, name, patches, pose)
        symmetries = self._backend.symmetries(name) if self._scenario == EXAMINER else ()
        light = self._backend.light
        return obs, env_packets.known(config, state, self._scenario, symmetries, light)

    def _keep(self, state: EnvState, packets: Packets, info: StepInfo | None) -> None:
        """Remember the step; in debug mode check its packets.

        Raises:
            PacketError: one of them breaks its schema.
        """
        self._state = state
        if self._debug:
            for packet in (*packets, *(() if info is None else (info,))):
                check(to_json(packet))
        picture = self.preview() if self._draws else None
        self._steps.append(Step(state.tick, *packets, info, picture))
