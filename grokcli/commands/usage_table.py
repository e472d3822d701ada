"""The table of `grok usage`: exact figures in a pipe; on a terminal short ones, and a bar for each row."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, TextIO

from grokcli.events import TICKS_PER_DOLLAR
from grokcli.store.usage import By, UsageRow, total
from grokcli.terminal.columns import columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

NOT_REPORTED = "not reported"
UNKNOWN = "-"
# What a row without a name stands for.
UNNAMED: dict[By, str] = {"day": "", "model": "unknown", "conversation": "not saved", "command": "unknown"}
COLUMNS = {
    "questions": "questions",
    "in": "input_tokens",
    "cached": "cached_tokens",
    "out": "output_tokens",
    "reasoning": "reasoning_tokens",
    "tools": "server_tool_calls",
}
# Left out on a terminal when there is nothing in them.
LESS_USUAL = ("cached", "reasoning", "tools")
LONGEST_TITLE, SHORTEST_TITLE = 40, 12
LONGEST_BAR, SHORTEST_BAR = 20, 4
EIGHTHS = " ▏▎▍▌▋▊▉█"
_SIZES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_CENTS = TICKS_PER_DOLLAR // 10_000  # hundredths of a cent


def table(by: By, rows: list[UsageRow], out: TextIO) -> list[str]:
    """Return the lines of a table with a header and a total, as `out` shows it best."""
    everything = [*rows, total(rows)]
    if not out.isatty():
        return _lines(_named(by, everything, 0), _figures(everything, COLUMNS, _long))
    used = [name for name in COLUMNS if name not in LESS_USUAL or getattr(everything[-1], COLUMNS[name])]
    figures = _figures(everything, used, _short)
    room = shutil.get_terminal_size().columns - len(_lines(_named(by, everything, 1), figures)[0])
    if by == "conversation":
        return _lines(_named(by, everything, min(LONGEST_TITLE, max(SHORTEST_TITLE, room))), figures)
    # The last column of a window stays free: a line that fills it is wrapped by some terminals.
    bars = _bars(rows, min(LONGEST_BAR, room - 3))
    return _lines(_named(by, everything, 0), figures, ["", *bars, ""])


def cost(row: UsageRow) -> str:
    """Return what a row cost, in dollars; what was not reported is never a number."""
    ticks = row.cost_in_usd_ticks
    if ticks is None:
        return NOT_REPORTED
    # In whole numbers: a float has 16 digits, and would round large sums.
    whole, rest = divmod(ticks, _CENTS)
    if ticks and not whole:
        return "<$0.0001"
    rounded = whole + (2 * rest >= _CENTS)
    return f"${rounded // 10_000:,}.{rounded % 10_000:04}"


def _lines(named: list[list[str]], figures: list[list[str]], bars: list[str] | None = None) -> list[str]:
    cells = [[*left, *right] for left, right in zip(named, figures, strict=True)]
    right = range(len(named[0]), len(cells[0]))
    if bars:
        cells = [[*row, bar] for row, bar in zip(cells, bars, strict=True)]
    return columns(cells, right=right)


def _named(by: By, rows: Sequence[UsageRow], longest: int) -> list[list[str]]:
    """Return what each row is for; a title in at most `longest` cells, whole when that is 0."""
    names = [by, *(row.key or UNNAMED[by] for row in rows)]
    if by != "conversation":
        return [[name] for name in names]
    titles = ["title", *(row.title for row in rows)]
    return [[name, _cut(title, longest)] for name, title in zip(names, titles, strict=True)]


def _cut(title: str, longest: int) -> str:
    if not longest:
        return title
    from rich.cells import cell_len, set_cell_size

    return title if cell_len(title) <= longest else set_cell_size(title, longest - 1).rstrip() + "…"


def _figures(rows: Sequence[UsageRow], names: Iterable[str], number: Callable[[int | None], str]) -> list[list[str]]:
    """Return the figures of each row below their names, and how many requests a cost leaves out, if it does."""
    cells = [[*names, "cost"], *([*(number(getattr(row, COLUMNS[name])) for name in names), cost(row)] for row in rows)]
    left_out = [row.without_cost if row.cost_in_usd_ticks is not None else 0 for row in rows]
    if not any(left_out):
        return cells
    counts = (f"{one:,}" if one else "" for one in left_out)
    return [[*row, last] for row, last in zip(cells, ["unreported", *counts], strict=True)]


def _long(figure: int | None) -> str:
    return UNKNOWN if figure is None else f"{figure:,}"


def _short(figure: int | None) -> str:
    """Return a figure in four or five characters: 12, 1.2k, 345M."""
    if figure is None:
        return UNKNOWN
    for size, unit in _SIZES:
        if figure >= size:
            return f"{figure // (size // 10) / 10}{unit}" if figure < 10 * size else f"{figure // size}{unit}"
    return str(figure)


def _bars(rows: list[UsageRow], room: int) -> list[str]:
    """Return a bar for each row, the longest `room` cells long: its cost, or its tokens where no cost was reported."""
    has_costs = any(row.cost_in_usd_ticks for row in rows)
    lengths = [(row.cost_in_usd_ticks if has_costs else row.output_tokens) or 0 for row in rows]
    most = max(lengths)
    if room < SHORTEST_BAR or not most:
        return [""] * len(rows)
    return [_bar(max(length * room * 8 // most, 1)) if length else "" for length in lengths]


def _bar(eighths: int) -> str:
    whole, part = divmod(eighths, 8)
    return EIGHTHS[-1] * whole + EIGHTHS[part].strip()
