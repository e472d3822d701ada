"""Styled text before and after it is laid out: spans on the way in, rows of terminal output on the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from rich.color import ColorSystem
from rich.style import Style

from grokcli.render.markdown.layout.cells import cell_width
from grokcli.render.markdown.terminal import Terminal

PLAIN = Style.null()
LINE_BREAK = "\n"  # a span of this text ends the line

# Only what a browser or a mail program opens, only printable ASCII: nothing in it can end the sequence it stands in.
_CLICKABLE = re.compile(r"(?:https?://|mailto:)[\x21-\x7e]{1,2000}", re.IGNORECASE)

_COLOR_SYSTEMS = {
    "none": ColorSystem.STANDARD,
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}


class Span(NamedTuple):
    """A piece of text in one style; `url` is set where the text itself is a printed link target."""

    text: str
    style: Style = PLAIN
    url: str | None = None


class Row(NamedTuple):
    """A finished row: what to write, and how many cells it takes."""

    output: str
    width: int


EMPTY_ROW = Row("", 0)


class Pen:
    """Turns spans into rows, with the escape sequences that this terminal understands."""

    def __init__(self, terminal: Terminal) -> None:
        """Write for `terminal`."""
        self._terminal = terminal
        self.hyperlinks = terminal.hyperlinks
        self._sequences: dict[Style, tuple[str, str]] = {PLAIN: ("", "")}

    def row(self, spans: Iterable[Span], *, exact: bool = False) -> Row:
        """Return the row that shows `spans`, without trailing blanks unless `exact`; the spans hold no line break."""
        output: list[str] = []
        width = 0
        for text, style, url in _joined(spans, exact=exact):
            width += cell_width(text)
            before, after = self._sequences.get(style) or self._learn(style)
            if url is not None and self._terminal.hyperlinks and _CLICKABLE.fullmatch(url):
                text = f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"
            output.append(before + text + after if before else text)
        return Row("".join(output), width)

    def _learn(self, style: Style) -> tuple[str, str]:
        """Ask rich once for what starts and ends a style on this terminal."""
        terminal = self._terminal
        # A fresh style: rich keeps the codes of the first colour system that a Style object was rendered for.
        visible = Style(
            color=None if terminal.colors == "none" else style.color,
            bold=style.bold,
            dim=style.dim,
            italic=style.italic,
            underline=style.underline,
            strike=style.strike,
        )
        system = _COLOR_SYSTEMS[terminal.colors] if terminal.styled else None
        before, _, after = visible.render("|", color_system=system).partition("|")
        self._sequences[style] = before, after
        return before, after


def _joined(spans: Iterable[Span], *, exact: bool) -> list[tuple[str, Style, str | None]]:
    """Return `spans` with neighbours of one look made one, and without blanks at the end unless `exact`."""
    joined: list[tuple[str, Style, str | None]] = []
    text, style, url = "", PLAIN, None
    for more, next_style, next_url in spans:
        if next_style is style and next_url == url:
            text += more
        elif more:
            if text:
                joined.append((text, style, url))
            text, style, url = more, next_style, next_url
    if exact:
        return [*joined, (text, style, url)]
    while not (kept := text.rstrip(" ")) and joined:
        text, style, url = joined.pop()
    if kept:
        joined.append((kept, style, url))
    return joined
