"""Limits of the cost that hold: each is looked at before every request, and a request is all that can exceed it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from grokcli.errors import BudgetError
from grokcli.events import TICKS_PER_DOLLAR
from grokcli.store import usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grokcli.chat import EventSource, Message
    from grokcli.events import Event
    from grokcli.store.ledger import Ledger
    from grokcli.terminal.console import Console

# From here on the user is told once a day.
NEARLY_SPENT = 0.8


class Budget:
    """What may still be spent: by this run, and by all of them today and this month."""

    def __init__(self, console: Console, ledger: Ledger, max_cost: float | None, budgets: Mapping[str, float]) -> None:
        """Hold `ledger` to `max_cost` for this run, None for any, and to `budgets` by setting, all in US dollars."""
        self._console = console
        self._ledger = ledger
        self._max_ticks = None if max_cost is None else ticks_of(max_cost)
        self._budgets = {name: ticks_of(dollars) for name, dollars in budgets.items()}

    def check(self) -> None:
        """Raise BudgetError when nothing may be spent any more, StoreError when what was spent cannot be known."""
        if self._max_ticks is not None:
            self._check_run(self._max_ticks)
        for name, most in self._budgets.items():
            self._check_budget(name, most)

    @property
    def room(self) -> int | None:
        """The ticks that this run may still cost, None if only the store knows."""
        return None if self._max_ticks is None else max(0, self._max_ticks - self._ledger.ticks)

    def limiting(self, client: EventSource) -> LimitedSource:
        """Return `client`, with a check before each request."""
        return LimitedSource(client, self)

    def _check_run(self, most: int) -> None:
        if self._ledger.without_cost:
            self._console.note_once("the server did not report the cost of every answer; --max-cost counts the others")
        if self._ledger.ticks >= most:
            raise BudgetError(
                f"the cost limit of {shown(most)} is reached: this run cost {shown(self._ledger.ticks)}",
                hint="raise it with --max-cost",
            )

    def _check_budget(self, name: str, most: int) -> None:
        now = datetime.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        start = today if name == "daily_budget" else today.replace(day=1)
        store = self._ledger.store
        # In a transaction, although it reads: where nothing can be written, the next answer would not be counted.
        spent = store.transaction(usage.spent, start.timestamp()) + self._ledger.unsaved
        when = "today" if name == "daily_budget" else "this month"
        if spent >= most:
            raise BudgetError(
                f"the {name} of {shown(most)} is reached: {shown(spent)} was spent {when}",
                hint=f"raise {name}, or add --over-budget to send it anyway",
            )
        if spent >= NEARLY_SPENT * most and store.transaction(usage.is_first, name, today.date().isoformat()):
            self._console.note(f"{shown(spent)} of the {name} of {shown(most)} was spent {when}")


class LimitedSource:
    """A client whose every request is one that the budget allows."""

    def __init__(self, client: EventSource, budget: Budget) -> None:
        """Ask `budget` before `client` is asked."""
        self._client = client
        self._budget = budget

    def events(
        self, messages: Sequence[Message], model: str, *, stream: bool, options: dict[str, Any], conversation: str = ""
    ) -> Iterator[Event]:
        """Ask, and return the answer. Raises what `Budget.check` raises before anything is sent."""
        self._budget.check()
        return self._client.events(messages, model, stream=stream, options=options, conversation=conversation)


def ticks_of(dollars: float) -> int:
    """Return US dollars as ticks, the unit that is billed in."""
    return round(dollars * TICKS_PER_DOLLAR)


def shown(ticks: int) -> str:
    """Return ticks as dollars for people: with cents, and with as many digits more as small sums need."""
    cents = TICKS_PER_DOLLAR // 100
    if ticks % cents == 0 or ticks >= TICKS_PER_DOLLAR:
        return f"${ticks / TICKS_PER_DOLLAR:,.2f}"
    return f"${ticks / TICKS_PER_DOLLAR:.10f}".rstrip("0")
