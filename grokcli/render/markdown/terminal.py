"""What the terminal can do, found out once."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TextIO

from rich.console import Console

ColorMode = Literal["auto", "always", "never"]
ColorDepth = Literal["none", "standard", "256", "truecolor"]

_FALLBACK_SIZE = (80, 24)
_WITHOUT_HYPERLINKS = ("linux", "screen")  # consoles that may print an OSC 8 sequence instead of ignoring it
_WITHOUT_REFLOW = ("linux", "screen", "rxvt")


@dataclass(frozen=True)
class Terminal:
    """What can be written to a terminal, and how large it is.

    `size` returns columns and rows now; it is asked before every frame, so a resize needs no signal. `colors` is named
    as rich names colour systems ("standard" is the 16 that the user's theme defines); "none" leaves bold, italic and
    underline. Without `styled` there are none of these either. Without `addressable` the cursor cannot be moved:
    finished text is printed and nothing else. `hyperlinks` is OSC 8, `synchronized` is private mode 2026.
    `reflows`: text that no longer fits after a resize is wrapped anew, not cut.
    """

    size: Callable[[], tuple[int, int]]
    colors: ColorDepth = "standard"
    styled: bool = True
    addressable: bool = True
    hyperlinks: bool = True
    synchronized: bool = True
    reflows: bool = True

    @classmethod
    def detect(cls, stream: TextIO, environ: Mapping[str, str], color: ColorMode = "auto") -> Terminal:
        """Describe what `stream` is connected to.

        `environ` may hold NO_COLOR, FORCE_COLOR, COLORTERM, TERM, COLUMNS and LINES. "never" means no styling at all,
        not even bold; NO_COLOR takes the colours only; "always" styles even what goes to a pipe or a file.
        """
        always = color == "always"
        console = Console(
            file=stream,
            force_terminal=True if always else None,
            no_color=False if always else None,
            _environ=environ,
        )
        name = environ.get("TERM", "").lower()
        dumb = name in ("dumb", "unknown")
        addressable = stream.isatty() and not dumb and not console.legacy_windows
        return cls(
            size=lambda: _size(stream, environ),
            colors=_color_depth(console),
            styled=always or (color == "auto" and console.is_terminal and not dumb and not console.legacy_windows),
            addressable=addressable,
            hyperlinks=addressable
            and not name.startswith(_WITHOUT_HYPERLINKS)
            and environ.get("TERM_PROGRAM") != "Apple_Terminal",  # ignores them: addresses are shown whole there
            synchronized=addressable,
            reflows="TMUX" in environ or not (name.startswith(_WITHOUT_REFLOW) or "XTERM_VERSION" in environ),
        )

    def limited(self, width: int | None = None, *, live: bool = True) -> Terminal:
        """Return this terminal with rows of at most `width` cells, and without `live` one whose cursor never moves."""
        return replace(
            self,
            size=self.size if width is None else lambda: self._narrowed(width),
            addressable=self.addressable and live,
            synchronized=self.synchronized and live,
        )

    def _narrowed(self, width: int) -> tuple[int, int]:
        columns, rows = self.size()
        columns_taken = width + 1  # the last column stays free
        return min(columns, columns_taken) if self.addressable else columns_taken, rows


def _color_depth(console: Console) -> ColorDepth:
    if console.no_color:
        return "none"
    match console.color_system:
        case "256":
            return "256"
        case "truecolor":
            return "truecolor"
        case _:  # None too: a dumb terminal that is to be styled "always" gets the least
            return "standard"


def _size(stream: TextIO, environ: Mapping[str, str]) -> tuple[int, int]:
    """Return columns and rows: of the terminal itself, else of the environment, else 80 by 24."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):  # not a terminal; a stream without a descriptor
        columns = rows = 0
    return (
        columns or _positive(environ.get("COLUMNS")) or _FALLBACK_SIZE[0],
        rows or _positive(environ.get("LINES")) or _FALLBACK_SIZE[1],
    )


def _positive(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() else 0
