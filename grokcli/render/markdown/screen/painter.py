"""Rows onto the terminal: final rows scroll away for good, live rows are rewritten in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from grokcli.render.markdown.layout.cells import has_certain_width
from grokcli.render.markdown.layout.spans import Row, change_of
from grokcli.render.markdown.terminal import Terminal

Write = Callable[[str], object]

_NEWLINE = "\r\n"
_BEGIN_SYNC, _END_SYNC = "\x1b[?2026h", "\x1b[?2026l"
_WRAP_OFF, _WRAP_ON = "\x1b[?7l", "\x1b[?7h"
_ERASE_LINE, _ERASE_BELOW = "\x1b[K", "\x1b[J"
_GOES_BACK = re.compile(r"\r(?!\n)|\x1b\[\d*A")  # what is only added cannot flicker
_WORTH_SYNCHRONIZING = 64  # characters; less than that arrives in one go anyway


class Painter(Protocol):
    """Shows rows."""

    def paint(self, final: Sequence[Row], live: Sequence[Row]) -> None:
        """Add `final` to what is final, and show `live` below it in place of the rows that were live before."""

    def resize(self, columns: int, rows: int, *, settled: bool) -> list[Row]:
        """Take notice that the terminal has another size now; return the live rows that scrolled out of reach.

        Unless `settled`, it may have yet another size by the time it reads what is written.
        """

    def finish(self) -> None:
        """Leave the cursor at the beginning of a new line, with nothing live."""


class RowPrinter:
    """Prints final rows and nothing else: for pipes, and for terminals whose cursor cannot be moved."""

    def __init__(self, write: Write) -> None:
        """Write through `write`."""
        self._write = write

    def paint(self, final: Sequence[Row], live: Sequence[Row]) -> None:
        """Print `final`."""
        if final:
            self._write("".join(f"{row.output}\n" for row in final))

    def resize(self, columns: int, rows: int, *, settled: bool) -> list[Row]:
        """Return nothing: there are no live rows."""
        return []

    def finish(self) -> None:
        """Do nothing: every row ended its line."""


class ScreenPainter:
    """Keeps the live rows at the bottom of what was printed.

    Between calls the cursor rests at the end of the last row, wrapping is on, no style is: a process that is killed
    leaves a usable terminal. A final row is never touched again. Live rows are written with wrapping off: where our
    idea of a character's width is not the terminal's, a row is cut, and the count of rows stays right.
    """

    def __init__(self, write: Write, terminal: Terminal) -> None:
        """Write through `write`, as `terminal` understands it."""
        self._write = write
        self._terminal = terminal
        self._columns, _ = terminal.size()
        self._live: list[Row] = []
        self._after_final = False  # the cursor is at the end of a final row

    def paint(self, final: Sequence[Row], live: Sequence[Row]) -> None:
        """Write the least that turns what is on the screen into `final` followed by `live`."""
        old, new = self._live, [*final, *live]
        kept = _count_kept(old, new, len(final))
        output = "" if kept == len(old) == len(new) else self._change(old, new, kept, len(final))
        self._live = list(live)
        if old or new:
            self._after_final = bool(new) and not live
        self._send(output)

    def resize(self, columns: int, rows: int, *, settled: bool) -> list[Row]:
        """Take the live rows off the screen, which the terminal has laid out anew by now; paint() brings them back.

        In a window that became lower, the first of them may be in the scrollback already. These are returned, unless
        they would be laid out otherwise now. In a window that became narrower they take more rows, but not if it is
        wide again by now: what is not `settled` is counted as if it were, for above them are final rows. A piece of a
        live row that stays behind is a lesser evil than a final row that is erased.
        """
        live, self._live = self._live, []
        before, self._columns = self._columns, columns
        if not live:
            return []
        wraps = settled and columns < before and self._terminal.reflows
        used = sum(max(1, -(-row.width // columns)) if wraps else 1 for row in live)
        self._after_final = False
        within_reach = max(1, rows - 1)  # not the top row: tmux keeps a copy of a screen that is erased from there
        self._send(_up(min(used, within_reach) - 1) + "\r" + _ERASE_BELOW)
        return live[: max(0, used - within_reach)] if columns == before else []

    def finish(self) -> None:
        """Move to a new line."""
        if self._live or self._after_final:
            self._send(_NEWLINE)
        self._live = []
        self._after_final = False

    def _change(self, old: list[Row], new: list[Row], kept: int, finals: int) -> str:
        """Return what rewrites the screen from row `kept` on; the first `finals` of `new` are final."""
        below = _ERASE_BELOW if len(new) < len(old) else ""
        if kept == len(new):
            return self._back_to_end(old, new) + below
        if kept >= len(old) or not self._can_be_changed(old[kept], new[kept], is_final=kept < finals):
            return self._to_row(old, kept) + self._rows(old, new, kept, finals) + below
        column, change = change_of(old[kept], new[kept])
        at_cursor = kept == len(old) - 1 and column == old[kept].width
        start = "" if at_cursor else _up(len(old) - 1 - kept) + "\r" + _right(column)
        rest = _NEWLINE + self._rows(old, new, kept + 1, finals) if kept + 1 < len(new) else ""
        return start + change + rest + below

    def _can_be_changed(self, old: Row, new: Row, *, is_final: bool) -> bool:
        """Say whether it is certain where each character of `old` stands, and `new` fits in the same row."""
        if is_final and new.width >= self._columns:
            return False
        return has_certain_width(old.output) and has_certain_width(new.output)

    def _to_row(self, old: list[Row], index: int) -> str:
        """Return what moves the cursor from where it rests to the beginning of a row of the live region."""
        if index < len(old):
            return _up(len(old) - 1 - index) + "\r"
        return _NEWLINE if old or self._after_final else ""

    def _back_to_end(self, old: list[Row], new: list[Row]) -> str:
        """Return what moves the cursor to the end of the last row of `new`, when all after it is to vanish."""
        if not new:
            return _up(len(old) - 1) + "\r"
        return _up(len(old) - len(new)) + "\r" + _right(new[-1].width)

    def _rows(self, old: list[Row], new: list[Row], first: int, finals: int) -> str:
        """Return the rows of `new` from `first` on, written over those of `old`."""
        output: list[str] = []
        wrapping = True
        erased = False  # nothing of `old` is left below
        for index in range(first, len(new)):
            row = new[index]
            over = index < len(old) and not erased
            before = after = ""
            if index >= finals and wrapping and not has_certain_width(row.output):
                before, wrapping = _WRAP_OFF, False
            elif over and index < finals and (row.width >= self._columns or not has_certain_width(row.output)):
                before, erased, over = _ERASE_BELOW, True, False  # it may take more than one row of the screen
            if over:
                after = _ERASE_LINE  # after the text: erased first, it would flicker
            output.append(before + row.output + after)
        return _NEWLINE.join(output) + ("" if wrapping else _WRAP_ON)

    def _send(self, output: str) -> None:
        if self._terminal.synchronized and len(output) > _WORTH_SYNCHRONIZING and _GOES_BACK.search(output):
            output = _BEGIN_SYNC + output + _END_SYNC
        if output:
            self._write(output)


def _count_kept(old: list[Row], new: list[Row], finals: int) -> int:
    """Return how many rows can stay as they are.

    A row that was live was written with wrapping off: if its width is uncertain, it is written again when it is final.
    """
    kept = 0
    for before, now in zip(old, new, strict=False):
        if before != now or (kept < finals and not has_certain_width(now.output)):
            break
        kept += 1
    return kept


def _up(rows: int) -> str:
    return f"\x1b[{rows}A" if rows > 0 else ""


def _right(cells: int) -> str:
    return f"\x1b[{cells}C" if cells > 0 else ""
