"""Counting what the requests of a run cost, whether or not their answers are kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokcli.events import Usage
    from grokcli.store.store import Store

NOT_COUNTED = "the usage of this answer is not recorded"
GROUP_SECONDS = 1.0


class Ledger:
    """Keeps the numbers of each request of a command in a store, and what they add up to in this run.

    `ticks` (1e-10 US dollars) were billed so far, `unsaved` of them are not written, or not yet; `without_cost` is how
    many answers came without a cost. Nothing here raises because of the store.
    """

    def __init__(self, store: Store, command: str, *, grouped: bool = False) -> None:
        """Count the requests of `command` in `store`.

        Those of many answers are `grouped`: they are written once a second, and by `flush`. Each on its own takes as
        long as a third of all else that is done for a short answer.
        """
        self.store = store
        self.ticks = 0
        self.unsaved = 0
        self.without_cost = 0
        self._command = command
        self._grouped = grouped
        # Model, conversation, whether it is a question, usage, and the time, of each request.
        self._group: list[tuple[str, str, bool, Usage | None, float]] = []
        self._written = time.monotonic()

    def add(self, model: str, usage: Usage | None, *, conversation: str = "", is_question: bool = True) -> None:
        """Count a request that was answered; `usage` is None when the server reported none."""
        ticks = usage.cost_in_usd_ticks if usage else None
        if ticks is None:
            self.without_cost += 1
        self.ticks += ticks or 0
        self.unsaved += ticks or 0
        self._group.append((model, conversation, is_question, usage, time.time()))
        if not self._grouped or time.monotonic() - self._written >= GROUP_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet."""
        group, self._group = self._group, []
        self._written = time.monotonic()
        if group and self.store.count(self._command, group):
            self.unsaved -= sum(usage.cost_in_usd_ticks or 0 for _, _, _, usage, _ in group if usage)
