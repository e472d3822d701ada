"""Tables: columns that fit the width, rows that are final as soon as the widths are."""

from __future__ import annotations

from copy import copy
from itertools import zip_longest

from grokcli.render.markdown.layout.cells import cell_width, has_certain_width
from grokcli.render.markdown.layout.spans import COLUMN, LINE_BREAK, Span
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.layout.wrap import first_shown, wrap
from grokcli.render.markdown.parse.syntax import Alignment

Cell = list[Span]
Line = list[Span]

_MEASURED_ROWS = 64  # the widths come from the head and this many rows; later rows wrap inside them
_NARROWEST_COLUMN = 4
_SEPARATOR = " │ "
_CROSSING = "─┼─"


class TableLayout:
    """Lays out one table while its rows arrive."""

    def __init__(self, alignments: list[Alignment], head: list[Cell], theme: Theme) -> None:
        """Begin with the head; it has a cell for each column, as `alignments` does."""
        self._alignments = alignments
        self._theme = theme
        self._head = head
        self._waiting: list[list[Cell]] = []
        self._natural = [_natural_width(cell) for cell in head]
        self._words = [_longest_word(cell) for cell in head]
        self._rule: Line | None = None  # between the rows, if one of those that were measured takes several lines
        self._rows_measured = 0
        self._has_breaks = False
        self._is_first_row = True
        self._widths: list[int] | None = None  # once the head was taken; [] when there is no room for columns

    def add_row(self, cells: list[Cell]) -> None:
        """Add a row; `cells` has a cell for each column."""
        self._waiting.append(cells)
        if self._widths is None:
            self._rows_measured += 1
            self._natural = [max(width, _natural_width(cell)) for width, cell in zip(self._natural, cells, strict=True)]
            self._words = [max(width, _longest_word(cell)) for width, cell in zip(self._words, cells, strict=True)]
            self._has_breaks = self._has_breaks or any(span.text == LINE_BREAK for cell in cells for span in cell)

    @property
    def widths_are_final(self) -> bool:
        """Whether enough rows were seen that what is waiting can be taken."""
        return self._has_no_columns or self._widths is not None or self._rows_measured >= _MEASURED_ROWS

    @property
    def _has_no_columns(self) -> bool:
        return self._theme.tables == "lines"

    def fork(self) -> TableLayout:
        """Return a table that may go on on its own, for looking ahead."""
        other: TableLayout = copy(self)
        other._waiting = list(self._waiting)
        return other

    def take_lines(self, room: int, last: int | None = None) -> list[Line]:
        """Return the lines of what is waiting, and the head first if it was not taken yet; fixes the widths.

        `room` is the width of the whole table; `last` limits the work to at most that many rows, from the end.
        """
        begins = self._widths is None
        lines = self._begin(room, last) if begins else []
        rows, self._waiting = self._waiting, []
        if last is not None:
            rows = rows[first_shown(len(rows), last) :]
        for number, row in enumerate(rows):
            if self._widths:
                if self._rule and not self._is_first_row:
                    lines.append(self._rule)
                lines += self._columns(row, self._widths)
                self._is_first_row = False
            else:
                lines += self._record(row, room, first=begins and not number)
        return lines

    def _begin(self, room: int, last: int | None) -> list[Line]:
        """Fix the widths, and return the lines of the head."""
        columns = [] if self._has_no_columns else self._natural
        self._widths = _fit(columns, self._words, room - len(_SEPARATOR) * (len(columns) - 1))
        if not self._widths:
            return [] if self._waiting else wrap(_joined_cells(self._head), room)
        wraps = self._has_breaks or self._widths != self._natural
        if wraps and self._rows_measured < _MEASURED_ROWS:  # a long table is data: rules would be most of its bytes
            self._rule = self._crossing(self._widths)
        if last is not None and len(self._waiting) >= last:
            return []
        return [*self._columns(self._head, self._widths), self._crossing(self._widths)]

    def _crossing(self, widths: list[int]) -> Line:
        return [Span(_CROSSING.join("─" * width for width in widths), self._theme["faint"])]

    def _columns(self, row: list[Cell], widths: list[int]) -> list[Line]:
        columns = [wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
        return [self._line(cells, widths) for cells in zip_longest(*columns, fillvalue=[])]

    def _line(self, cells: tuple[Line, ...], widths: list[int]) -> Line:
        line: Line = []
        for index, (cell, width, alignment) in enumerate(zip(cells, widths, self._alignments, strict=True)):
            if index:
                if not all(has_certain_width(span.text) for span in line):
                    line.append(Span("", url=COLUMN))
                line.append(Span(_SEPARATOR, self._theme["faint"]))
            before, after = _padding(width - sum(cell_width(span.text) for span in cell), alignment)
            line += [Span(" " * before), *cell, Span(" " * after)]
        return line

    def _record(self, row: list[Cell], room: int, *, first: bool) -> list[Line]:
        """Show a row as one line for each cell, named by the head: for where columns would be too narrow to read."""
        between = "" if self._has_no_columns else "─" * _NARROWEST_COLUMN
        lines: list[Line] = [] if first else [[Span(between, self._theme["faint"])]]
        for name, cell in zip(self._head, row, strict=True):
            lines += wrap([*name, Span(": "), *cell], room)
        return lines


def _joined_cells(cells: list[Cell]) -> Line:
    """Return the head of a table that has neither rows nor columns."""
    return [span for cell in cells for span in (Span(", "), *cell)][1:]


def _natural_width(cell: Cell) -> int:
    lines = "".join(span.text for span in cell).split(LINE_BREAK)
    return max(1, *(cell_width(line) for line in lines)) if len(lines) > 1 else max(1, cell_width(lines[0]))


def _padding(room: int, alignment: Alignment) -> tuple[int, int]:
    room = max(room, 0)
    match alignment:
        case "right":
            return room, 0
        case "center":
            return room // 2, room - room // 2
        case _:
            return 0, room


def _fit(natural: list[int], longest_words: list[int], room: int) -> list[int]:
    """Return column widths that fill at most `room` cells; [] if that is too little.

    The widest columns give first, but none of its longest word while another can give.
    """
    if not natural or sum(min(width, _NARROWEST_COLUMN) for width in natural) > room:
        return []
    least = [min(words, width) for words, width in zip(longest_words, natural, strict=True)]
    if sum(least) > room:
        least = [min(width, _NARROWEST_COLUMN) for width in natural]
        natural = [min(words, width) for words, width in zip(longest_words, natural, strict=True)]
    limit = min(max(natural), room)  # no column can be wider than the table
    while sum(_between(least, limit, natural)) > room:
        limit -= 1
    return _between(least, limit, natural)


def _between(least: list[int], limit: int, natural: list[int]) -> list[int]:
    return [max(low, min(width, limit)) for low, width in zip(least, natural, strict=True)]


def _longest_word(cell: Cell) -> int:
    words = "".join(span.text for span in cell).split()
    return max((_width_of_word(word) for word in words), default=1)


def _width_of_word(word: str) -> int:
    """Return the width of a word; one that may be broken anywhere, as Chinese may, asks for no more than the least."""
    return cell_width(word) if word.isascii() or cell_width(word) == len(word) else _NARROWEST_COLUMN
