"""Counting what the requests of a run cost, whether or not their answers are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokcli.events import Usage
    from grokcli.store.store import Store

NOT_COUNTED = "the usage of this answer is not recorded"


class Ledger:
    """Keeps the numbers of each request of a command in a store, and what they add up to in this run.

    `ticks` (1e-10 US dollars) were billed so far, `unsaved` of them could not be written; `without_cost` is how many
    answers came without a cost. Nothing here raises because of the store.
    """

    def __init__(self, store: Store, command: str) -> None:
        """Count the requests of `command` in `store`."""
        self.store = store
        self.ticks = 0
        self.unsaved = 0
        self.without_cost = 0
        self._command = command

    def add(self, model: str, usage: Usage | None, *, conversation: str = "", is_question: bool = True) -> None:
        """Count a request that was answered; `usage` is None when the server reported none."""
        ticks = usage.cost_in_usd_ticks if usage else None
        if ticks is None:
            self.without_cost += 1
        self.ticks += ticks or 0
        if not self.store.count(self._command, model, conversation, is_question, usage):
            self.unsaved += ticks or 0

    def add_all(self, requests: Sequence[tuple[str, Usage | None]]) -> None:
        """Count many requests at once: each is a model and what the server reported."""
        costs = [usage.cost_in_usd_ticks if usage else None for _, usage in requests]
        self.without_cost += costs.count(None)
        ticks = sum(cost or 0 for cost in costs)
        self.ticks += ticks
        if not self.store.count_all(self._command, requests):
            self.unsaved += ticks
