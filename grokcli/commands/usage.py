"""`grok usage`: what was asked, and what it cost."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli.commands.deletion import age_in_seconds
from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON
from grokcli.commands.usage_table import table
from grokcli.errors import UsageError
from grokcli.events import dollars
from grokcli.store.store import FILE_NAME, Store
from grokcli.store.usage import By, UsageRow, total
from grokcli.terminal.sanitize import json_text

if TYPE_CHECKING:
    from grokcli.env import Env

HOUR = 3600
DAY = 24 * HOUR

EXAMPLES = """
grok usage
grok usage --since 7d
grok usage --since 2026-11-01 --by model
grok usage --since 30d --json | jq -r .total.cost_usd
"""

app = new_app()


@app.command(examples=EXAMPLES)
def usage(
    ctx: typer.Context,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="AGE|DATE", help="Count from this day on: 7d (the last 7 days) or 2026-11-01"),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Count up to this day, which is included")
    ] = None,
    by: Annotated[By, typer.Option("--by", metavar="WHAT", help="What each row is for")] = "day",
    json: AsJSON = False,
) -> None:
    """Show questions, tokens and billed costs.

    Costs are what the server billed, never an estimate.
    """
    env: Env = ctx.obj
    start, end = _start_of(since), _end_of(until)
    if start is not None and end is not None and start >= end:
        raise UsageError(f"--since {since} is after --until {until}")
    with Store(env.settings.paths.data / FILE_NAME, env.console.warn) as store:
        rows = store.usage(by, start, end)
    if json:
        env.console.print(json_text(_document(by, start, end, rows), indent=2))
    elif rows:
        env.console.print("".join(f"{line}\n" for line in table(by, rows, env.console.stdout)))
    else:
        env.console.note("nothing was asked in this time" if since or until else "nothing was asked yet")


def _start_of(since: str | None) -> float | None:
    """Return the beginning of the time that is counted, in seconds since 1970, None for all of it.

    Whole days begin at midnight here: 7d are today and the six days before. Raises UsageError.
    """
    if since is None:
        return None
    if since[:1].isdigit() and "-" not in since:
        seconds = age_in_seconds(since)
        if seconds % DAY:
            return datetime.now().timestamp() - seconds
        try:
            return _midnight(date.today() - timedelta(days=max(seconds / DAY - 1, 0)))
        except (ValueError, OverflowError, OSError):  # longer ago than there were clocks
            return None
    return _midnight_of("--since", since)


def _end_of(until: str | None) -> float | None:
    """Return when the day `until` is over, None for no end. Raises UsageError."""
    return None if until is None else _midnight_of("--until", until, days=1)


def _midnight_of(option: str, text: str, *, days: int = 0) -> float:
    try:
        return _midnight(date.fromisoformat(text) + timedelta(days=days))
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"invalid value for {option}: {text!r}", hint=f"write a date as in: {option} 2026-11-01"
        ) from None


def _midnight(day: date) -> float:
    """Return when a day begins here, in seconds since 1970."""
    return datetime(day.year, day.month, day.day).timestamp()


def _document(by: By, start: float | None, end: float | None, rows: list[UsageRow]) -> dict[str, Any]:
    return {
        "since": _iso(start),
        "until": _iso(end),
        "by": by,
        "rows": [_described(by, row) for row in rows],
        "total": _figures(total(rows)),
    }


def _described(by: By, row: UsageRow) -> dict[str, Any]:
    named: dict[str, Any] = {by: row.key or None}
    if by == "conversation":
        named["title"] = row.title or None
    return named | _figures(row)


def _figures(row: UsageRow) -> dict[str, Any]:
    """Return the figures of a row by name; None is what was not reported."""
    ticks = row.cost_in_usd_ticks
    return {
        "questions": row.questions,
        "requests": row.requests,
        "input_tokens": row.input_tokens,
        "cached_tokens": row.cached_tokens,
        "output_tokens": row.output_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "server_tool_calls": row.server_tool_calls,
        "cost_in_usd_ticks": ticks,
        "cost_usd": None if ticks is None else dollars(ticks),
        "requests_without_cost": row.without_cost,
    }


def _iso(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds).astimezone().isoformat(timespec="seconds")
