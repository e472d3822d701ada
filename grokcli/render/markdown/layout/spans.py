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
COLUMN = "\r"  # a span with this for its URL has no text: it puts the cursor where it is by our count of cells

# Only what a browser or a mail program opens, only printable ASCII: nothing in it can end the sequence it stands in.
_CLICKABLE = re.compile(r"(?:https?://|mailto:)[\x21-\x7e]{1,2000}", re.IGNORECASE)

_RESET, _LINK_END, _ERASE_LINE = "\x1b[0m", "\x1b]8;;\x1b\\", "\x1b[K"
_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")

_MOST_KEPT = 128  # rows

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
        self._sequences: dict[Style, str] = {PLAIN: ""}
        self._rows: dict[tuple[object, ...], Row] = {}

    def row(self, spans: Iterable[Span], *, exact: bool = False) -> Row:
        """Return the row that shows `spans`, without trailing blanks unless `exact`; the spans hold no line break."""
        # A row of what is live is asked for with every frame, and again when it is final.
        key = (exact, *spans)
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= _MOST_KEPT:
                self._rows.clear()
            row = self._rows[key] = self._make_row(spans, exact=exact)
        return row

    def _make_row(self, spans: Iterable[Span], *, exact: bool) -> Row:
        output: list[str] = []
        width = 0
        current = ""  # what began the style that is on
        for text, style, url in _joined(spans, exact=exact):
            width += cell_width(text)
            sequence = self._sequences.get(style)
            if sequence is None:
                sequence = self._learn(style)
            if sequence != current:
                output.append(f"\x1b[0;{sequence[2:]}" if current and sequence else sequence or _RESET)
                current = sequence
            if url == COLUMN:
                if self._terminal.addressable:
                    output.append(f"\x1b[{width + 1}G")
                continue
            if url is not None and self._terminal.hyperlinks and _CLICKABLE.fullmatch(url):
                text = f"\x1b]8;;{url}\x1b\\{text}{_LINK_END}"
            output.append(text)
        if current:
            output.append(_RESET)
        return Row("".join(output), width)

    def _learn(self, style: Style) -> str:
        """Ask rich once for what starts a style on this terminal."""
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
        self._sequences[style], _, _ = visible.render("|", color_system=system).partition("|")
        return self._sequences[style]


def change_of(old: Row, new: Row) -> tuple[int, str]:
    """Return from which column on `new` looks otherwise than `old`, and what to write there to turn it into `new`.

    It holds for rows of which it is certain how wide each character is.
    """
    pairs = enumerate(zip(old.output, new.output, strict=False))
    same = next((index for index, (before, now) in pairs if before != now), min(len(old.output), len(new.output)))
    style = link = ""
    for sequence in _SEQUENCE.finditer(new.output):
        if sequence.end() > same:
            same = min(same, sequence.start())
            break
        if sequence[0].endswith("m"):
            style = sequence[0]
        else:
            link = "" if sequence[0] == _LINK_END else sequence[0]
    before = new.output[:same]
    column = cell_width(_SEQUENCE.sub("", before))
    begin = ("" if style == _RESET else style) + link
    return column, begin + new.output[same:] + (_ERASE_LINE if new.width < old.width else "")


def _joined(spans: Iterable[Span], *, exact: bool) -> list[tuple[str, Style, str | None]]:
    """Return `spans` with neighbours of one look made one, and without blanks at the end unless `exact`."""
    joined: list[tuple[str, Style, str | None]] = []
    text, style, url = "", PLAIN, None
    for more, next_style, next_url in spans:
        if next_style is style and next_url == url:
            text += more
        elif more or next_url == COLUMN:
            if text or url == COLUMN:
                joined.append((text, style, url))
            text, style, url = more, next_style, next_url
    if exact:
        return [*joined, (text, style, url)]
    while not (kept := text.rstrip(" ")) and joined:
        text, style, url = joined.pop()
    if kept:
        joined.append((kept, style, url))
    return joined
