"""What a run may cost at most. Without a limit, nothing of this is asked for, and the store is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokcli.models import LOCAL_MODEL

if TYPE_CHECKING:
    from grokcli.env import Env
    from grokcli.store.ledger import Ledger
    from grokcli.turn.budget import Budget

BUDGETS = ("daily_budget", "monthly_budget")


class Limits:
    """What flags say of the cost."""

    # No dataclass and no named tuple: each start would feel what those are made of.
    def __init__(self, max_cost: float | None = None, *, over_budget: bool = False) -> None:
        """Allow `max_cost` US dollars in this run, None for any, and what is `over_budget` too."""
        self.max_cost = max_cost
        self.over_budget = over_budget

    def budget(self, env: Env, ledger: Ledger | None, model: str) -> Budget | None:
        """Return what is asked before each request to `model`, None where nothing limits its cost.

        What runs on this machine costs nothing. Raises ConfigError.
        """
        budgets = {} if self.over_budget else {name: env.settings.value(name) for name in BUDGETS}
        budgets = {name: dollars for name, dollars in budgets.items() if dollars is not None}
        if ledger is None or model == LOCAL_MODEL or (self.max_cost is None and not budgets):
            return None
        from grokcli.turn.budget import Budget

        return Budget(env.console, ledger, self.max_cost, budgets)


NO_LIMITS = Limits()
