"""A terminal that tests can look at, and the ways to put an answer on it."""

from __future__ import annotations

import re

import pyte

from grokcli.render.markdown import Terminal
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.screen.display import Display


class Emulator:
    """A terminal of some size: what it showed, all of it, with the style of every cell."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.screen = pyte.HistoryScreen(columns, rows, history=100_000, ratio=0.5)
        self.stream = pyte.Stream(self.screen)
        self.sent: list[str] = []

    def write(self, text: str) -> None:
        self.sent.append(text)
        self.stream.feed(text)

    @property
    def size(self) -> tuple[int, int]:
        return self.screen.columns, self.screen.lines

    @property
    def output(self) -> str:
        return "".join(self.sent)

    def _rows(self):
        yield from self.screen.history.top
        for index in range(self.screen.lines):
            yield self.screen.buffer[index]

    def cells(self) -> list[list[tuple[object, ...]]]:
        """Every row ever shown, as cells with their styles; without blanks at the ends."""
        rows = []
        for row in self._rows():
            cells = [tuple(row[column]) for column in range(self.screen.columns)]
            while cells and cells[-1][0] == " ":
                cells.pop()
            rows.append(cells)
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def lines(self) -> list[str]:
        """Every row ever shown, as text."""
        return ["".join(str(cell[0]) for cell in row) for row in self.cells()]

    def text(self) -> str:
        return "\n".join(self.lines())


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def terminal(columns: int = 80, rows: int = 24, **features: object) -> Terminal:
    return Terminal(size=lambda: (columns, rows), **features)


def written(pieces, columns: int = 80, rows: int = 24) -> str:
    """What is sent to the terminal while `pieces` are shown one after the other, all frames of it."""
    sent: list[str] = []
    display = Display(sent.append, terminal(columns, rows), Theme(), Clock())
    for piece in pieces:
        display.feed(piece)
        display.paint()
    display.finish()
    return "".join(sent)


def stream(
    pieces, columns: int = 80, rows: int = 24, *, paint=lambda index: True, theme="default", **features
) -> Emulator:
    """Show `pieces` one after the other, painting after those that `paint` says."""
    emulator = Emulator(columns, rows)
    display = Display(emulator.write, terminal(columns, rows, **features), Theme(theme), Clock())
    for index, piece in enumerate(pieces):
        display.feed(piece)
        if paint(index):
            display.paint()
    display.finish()
    return emulator


def show(text: str, columns: int = 80, rows: int = 24, **options) -> Emulator:
    """Show `text` at once."""
    return stream([text], columns, rows, paint=lambda index: False, **options)


_ALLOWED = re.compile(
    "\x1b\\[[0-9;]*m|\x1b\\[\\?(?:2026|7)[hl]|\x1b\\[[0-9]+[ACG]|\x1b\\[[JK]|"
    "\x1b\\]8;;(?:(?:https?://|mailto:)[\x21-\x7e]+)?\x1b\\\\|\r\n|\r(?=\x1b|[^\x00-\x1f])|\r$",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def hostile_characters(output: str) -> list[str]:
    """What is left of `output` that a terminal could obey, after the sequences that we send on purpose."""
    return _FORBIDDEN.findall(_ALLOWED.sub("", output))
