"""What requests cost, summed up in the database: exactly, by local days, and apart from what was not reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from grokcli.store.errors import DamagedRowError

if TYPE_CHECKING:
    import sqlite3

By = Literal["day", "model", "conversation", "command"]

# Whole seconds: SQLite would round what is half a millisecond before midnight into the next day.
_KEYS: dict[By, str] = {
    "day": "date(CAST(created AS INTEGER), 'unixepoch', 'localtime')",
    "model": "model",
    "conversation": "conversation",
    "command": "command",
}
_FIGURES = (
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "reasoning_tokens",
    "server_tool_calls",
    "cost_in_usd_ticks",
)
# SQLite gives up on a sum of more than 63 bits, which a few absurd reports would make: it adds two halves.
_HALF = 20
_SUMS = ", ".join(f"sum({name} >> {_HALF}), sum({name} & {(1 << _HALF) - 1})" for name in _FIGURES)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """The requests of one day, model, conversation or command, and what they cost together.

    A figure is None when no server reported it for any of them; `without_cost` are the requests whose cost was not
    reported. Ticks are 1e-10 US dollars. `title` is that of a conversation, "" where there is none.
    """

    key: str
    title: str
    questions: int
    requests: int
    without_cost: int
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    server_tool_calls: int | None
    cost_in_usd_ticks: int | None


def sums(connection: sqlite3.Connection, by: By, since: float | None, until: float | None) -> list[UsageRow]:
    """Return a row for each day, oldest first, or for each model, conversation or command, the costliest first.

    Only requests are counted that were answered from the time `since` on and before `until`.
    """
    title = "(SELECT title FROM conversation WHERE id = request.conversation)" if by == "conversation" else "''"
    rows = connection.execute(
        f"SELECT {_KEYS[by]} AS key, {title}, sum(question), count(*), sum(cost_in_usd_ticks IS NULL), {_SUMS}"  # noqa: S608  # all of it is ours
        " FROM request WHERE created >= ? AND created < ? GROUP BY key",
        (_bound(since, "-inf"), _bound(until, "inf")),
    )
    found = [_row(row) for row in rows]
    if by == "day":
        return sorted(found, key=lambda one: one.key)
    return sorted(found, key=lambda one: (-(one.cost_in_usd_ticks or 0), -(one.output_tokens or 0), one.key))


def spent(connection: sqlite3.Connection, since: float) -> int:
    """Return the ticks that were billed from the time `since` on."""
    query = f"SELECT sum(cost_in_usd_ticks >> {_HALF}), sum(cost_in_usd_ticks & {(1 << _HALF) - 1})"
    row = connection.execute(f"{query} FROM request WHERE created >= ?", (since,)).fetchone()
    return _joined(*row) or 0


def is_first(connection: sqlite3.Connection, name: str, day: str) -> bool:
    """Say whether the notice `name` was not given on `day` yet, and remember that it is now."""
    if connection.execute("SELECT 1 FROM notice WHERE name = ? AND day = ?", (name, day)).fetchone():
        return False
    connection.execute("INSERT OR REPLACE INTO notice (name, day) VALUES (?, ?)", (name, day))
    return True


def total(rows: list[UsageRow]) -> UsageRow:
    """Return the sum of rows."""
    columns = [[figure for row in rows if (figure := getattr(row, name)) is not None] for name in _FIGURES]
    return UsageRow(
        "total",
        "",
        sum(row.questions for row in rows),
        sum(row.requests for row in rows),
        sum(row.without_cost for row in rows),
        *(sum(figures) if figures else None for figures in columns),
    )


def _bound(seconds: float | None, otherwise: str) -> float:
    return float(otherwise) if seconds is None else seconds


def _row(row: tuple[object, ...]) -> UsageRow:
    key, title, *counts = row[:5]
    figures = row[5:]
    if not isinstance(key, str) or not all(isinstance(count, int) for count in counts):
        raise DamagedRowError
    halves = zip(figures[::2], figures[1::2], strict=True)
    return UsageRow(key, str(title or ""), *counts, *(_joined(*half) for half in halves))  # type: ignore[arg-type]


def _joined(high: object, low: object) -> int | None:
    """Return a sum from its two halves. Raises DamagedRowError for what is none."""
    if high is None and low is None:
        return None
    if not isinstance(high, int) or not isinstance(low, int):
        raise DamagedRowError
    return (high << _HALF) + low
