"""The options that limit what a run costs."""

from __future__ import annotations

from typing import Annotated

import typer

from grokcli.config import values
from grokcli.errors import UsageError
from grokcli.turn.limits import Limits

MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", metavar="USD", help="Send no further request once this run has cost USD"),
]
OverBudget = Annotated[
    bool, typer.Option("--over-budget", help="Send even if daily_budget or monthly_budget is reached")
]


def limits_of(max_cost: float | None, *, over_budget: bool) -> Limits:
    """Return what the flags say. Raises UsageError."""
    try:
        return Limits(None if max_cost is None else values.dollars(max_cost), over_budget)
    except ValueError as error:
        raise UsageError(f"invalid value for --max-cost: {max_cost:g} ({error})") from None
