"""The options that decide what an answer costs, and what it may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grokcli import models
from grokcli.config import values
from grokcli.errors import UsageError
from grokcli.turn.limits import Limits

if TYPE_CHECKING:
    from grokcli.commands.cmd import CommandModel
    from grokcli.commands.image_options import ImageInput
    from grokcli.commands.options import ModelOptions
    from grokcli.commands.video_options import VideoInput

Effort = Annotated[
    models.Effort | None,
    typer.Option(
        "--effort",
        metavar="LEVEL",
        help="Reasoning effort; the levels depend on the model",
    ),
]
Fast = Annotated[bool, typer.Option("--fast", help="Ask for the service tier 'fast', which may cost twice as much")]
MaxCost = Annotated[
    float | None,
    typer.Option("--max-cost", metavar="USD", help="Send no further request once this run has cost USD"),
]
OverBudget = Annotated[
    bool, typer.Option("--over-budget", help="Send even if daily_budget or monthly_budget is reached")
]


def limits_of(options: ModelOptions | ImageInput | VideoInput | CommandModel) -> Limits:
    """Return what the flags say. Raises UsageError."""
    most = options.max_cost
    try:
        return Limits(None if most is None else values.dollars(most), over_budget=options.over_budget)
    except ValueError as error:
        raise UsageError(f"invalid value for --max-cost: {most:g} ({error})") from None
