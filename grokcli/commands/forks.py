"""How `grok history list --tree` places forks below the conversations that they were forked from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.store.records import ConversationSummary


def in_trees(found: Sequence[ConversationSummary]) -> list[tuple[ConversationSummary, int]]:
    """Return the conversations with their depths, each fork behind its parent, the oldest fork first.

    The trees are in the order in which `found` first has one of theirs. A fork whose parent is not there is a root.
    """
    by_id = {one.id: one for one in found}
    forks: dict[str, list[ConversationSummary]] = {}
    for one in sorted(found, key=lambda one: one.created):
        forks.setdefault(one.parent, []).append(one)
    roots = dict.fromkeys(_root(one, by_id) for one in found)
    placed: dict[str, int] = {}
    waiting = [(root, 0) for root in reversed(roots)]
    while waiting:
        key, depth = waiting.pop()
        if key not in placed:
            placed[key] = depth
            waiting += [(fork.id, depth + 1) for fork in reversed(forks.get(key, ()))]
    return [(by_id[key], depth) for key, depth in placed.items()]


def branch(depth: int) -> str:
    """Return what stands before the title of a conversation at that depth."""
    return f"{'  ' * (depth - 1)}└ " if depth else ""


def _root(one: ConversationSummary, by_id: dict[str, ConversationSummary]) -> str:
    climbed = {one.id}
    while one.parent in by_id and one.parent not in climbed:  # in a damaged file, parents may go round in circles
        one = by_id[one.parent]
        climbed.add(one.id)
    return one.id
