"""A place in one line, counted in columns as CommonMark does: a tab reaches to the next multiple of four."""

from __future__ import annotations

_TAB = 4


class LineCursor:
    """Reads a line from left to right.

    After every move: `indent` is how many columns of blanks come next, `first` the character after them ("" at the end
    of the line), `text` all from that character on, `blank` whether nothing is left but blanks.
    """

    __slots__ = ("_column", "_in_tab", "_line", "_offset", "_start", "_start_column")

    def __init__(self, line: str) -> None:
        """Stand before the first character of `line`, which holds no newline."""
        self._line = line
        self._offset = 0
        self._column = 0
        self._in_tab = False  # part of the tab at _offset was taken as blanks
        self._look()

    def _look(self) -> None:
        line, offset, column = self._line, self._offset, self._column
        length = len(line)
        while offset < length:
            character = line[offset]
            if character == " ":
                column += 1
            elif character == "\t":
                column += _TAB - column % _TAB
            else:
                break
            offset += 1
        self._start = offset
        self._start_column = column

    @property
    def indent(self) -> int:
        """How many columns of blanks come next."""
        return self._start_column - self._column

    @property
    def is_code_indented(self) -> bool:
        """Whether so many blanks come next that what follows is code."""
        return self._start_column - self._column >= 4

    @property
    def blank(self) -> bool:
        """Whether nothing but blanks is left."""
        return self._start >= len(self._line)

    @property
    def first(self) -> str:
        """The next character that is no blank; "" at the end."""
        return self._line[self._start : self._start + 1]

    @property
    def text(self) -> str:
        """The rest of the line from the next character on that is no blank."""
        return self._line[self._start :]

    @property
    def rest(self) -> str:
        """The rest of the line with its blanks; what is left of a tab that was partly taken is spaces."""
        if self._in_tab:
            return " " * (_TAB - self._column % _TAB) + self._line[self._offset + 1 :]
        return self._line[self._offset :]

    def skip_blanks(self) -> None:
        """Move to the next character that is no blank."""
        self._offset = self._start
        self._column = self._start_column
        self._in_tab = False

    def skip_characters(self, count: int) -> None:
        """Move past `count` characters, none of them a tab."""
        self._offset += count
        self._column += count
        self._in_tab = False
        self._look()

    def skip_columns(self, count: int) -> None:
        """Move past up to `count` columns of blanks, taking part of a tab where that is needed."""
        while count > 0 and self._line[self._offset : self._offset + 1] in (" ", "\t"):
            step = _TAB - self._column % _TAB if self._line[self._offset] == "\t" else 1
            self._in_tab = step > count
            if not self._in_tab:
                self._offset += 1
            self._column += min(step, count)
            count -= step
        self._look()

    def skip_quote_mark(self) -> None:
        """Move past a `>` and the blank that may follow it."""
        self.skip_blanks()
        self.skip_characters(1)
        self.skip_columns(1)
