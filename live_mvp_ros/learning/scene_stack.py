# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Several scenes in arrays of one shape, so that vmap runs through all of them at once.

Scenes differ in how many primitives of which kind they have. Each gets every kind that any of them
has, as many as the largest one, filled up with primitives ten million metres away: those change no
minimum and, as exp(-10^7) is 0, no smooth minimum.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from live_mvp_ros.worlds.scene import (
    Boxes,
    Cylinders,
    Group,
    Planes,
    Primitives,
    Prisms,
    Scene,
    Spheres,
)

_AWAY_M = 1e7
_KINDS: tuple[type[Primitives], ...] = (Planes, Spheres, Boxes, Cylinders, Prisms)


def stack(scenes: Sequence[Scene]) -> Scene:
    """Return scenes as one with a first axis [E] in every array.

    Raises:
        ValueError: a scene holds a mesh, which is no array of primitives.
    """
    for scene in scenes:
        if scene.meshes:
            raise ValueError("a world with a mesh is not allowed here: give one of primitives")
    tables = [_table(scene) for scene in scenes]
    groups: dict[tuple[float, int], list[type[Primitives]]] = {}
    for table in tables:
        for smoothness, turn, kind in table:
            kinds = groups.setdefault((smoothness, turn), [])
            if kind not in kinds:
                kinds.append(kind)
    same = [_alike(table, tables, groups) for table in tables]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *same)


_Table = dict[tuple[float, int, type[Primitives]], Primitives]


def _table(scene: Scene) -> _Table:
    """Return the primitives by smoothness, number of the smooth union, and kind."""
    table: _Table = {}
    turns: dict[float, int] = {}
    for group in scene.groups:
        smoothness = group.smoothness_per_m
        turn = 0 if smoothness == 0.0 else turns.get(smoothness, 0)
        turns[smoothness] = turn + 1
        for member in group.members:
            at = (smoothness, turn, type(member))
            table[at] = _joined(table[at], member) if at in table else member
    return table


def _joined(one: Primitives, other: Primitives) -> Primitives:
    return jax.tree.map(lambda a, b: jnp.concatenate([a, b], axis=-1), one, other)


def _alike(
    table: _Table,
    tables: Sequence[_Table],
    groups: dict[tuple[float, int], list[type[Primitives]]],
) -> Scene:
    """Return a scene with the groups and the sizes that all are to have."""
    made = []
    for smoothness, turn in sorted(groups):
        members = []
        for kind in sorted(groups[smoothness, turn], key=_KINDS.index):
            at = (smoothness, turn, kind)
            most = max(_count(each[at]) for each in tables if at in each)
            there = table.get(at)
            missing = most - (0 if there is None else _count(there))
            away = _far_away(kind, missing)
            members.append(away if there is None else _joined(there, away))
        made.append(Group(tuple(members), smoothness))
    return Scene(tuple(made))


def _count(primitives: Primitives) -> int:
    return int(jax.tree.leaves(primitives)[0].shape[-1])


def _far_away(kind: type[Primitives], count: int) -> Primitives:
    """Return primitives of a kind that nothing ever meets."""
    away, none = jnp.full((3, count), _AWAY_M), jnp.zeros(count)
    if kind is Planes:
        down = jnp.zeros((3, count)).at[2].set(1.0)
        return Planes(down, none - _AWAY_M)
    if kind is Spheres:
        return Spheres(away, none + 1.0)
    if kind is Boxes:
        return Boxes(away, jnp.ones((3, count)))
    if kind is Cylinders:
        return Cylinders(away, none + 1.0, none + 1.0)
    triangle = jnp.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])[:, :, None] + _AWAY_M
    return Prisms(jnp.broadcast_to(triangle, (3, 2, count)), none + _AWAY_M, none + 1.0)
