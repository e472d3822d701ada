"""An answer on the terminal: when to paint, how much of it, and what to do when the window changes."""

from __future__ import annotations

from collections.abc import Callable

from grokcli.render.markdown.document import StreamedDocument
from grokcli.render.markdown.layout.spans import Pen, Row
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.layout.wrap import first_shown
from grokcli.render.markdown.screen.painter import Painter, RowPrinter, ScreenPainter, Write
from grokcli.render.markdown.terminal import Terminal

_FRAME_SECONDS = 0.05
# The next frame is at least this many times as far away as the last one took: at most a fifth of a core.
_IDLE_SHARE = 5
# How long a new size must last before anything is painted for it: while a window is dragged, a size is out of date by
# the time the terminal reads what was made for it. tmux says at most every 250 ms what size it has by now.
_SETTLING_SECONDS = 0.3
_WHOLE = 1_000_000  # more rows than anything unfinished has


class Display:
    """Shows a document while it grows. Not for several threads at once."""

    def __init__(self, write: Write, terminal: Terminal, theme: Theme, clock: Callable[[], float]) -> None:
        """Show through `write`; `clock` tells the seconds that frames are timed by."""
        self._terminal = terminal
        self._clock = clock
        self._size = self._last_size = terminal.size()
        self._settled_at: float | None = None  # when a resize is over, unless the size changes again
        self._document = StreamedDocument(Pen(terminal), theme, self._size[0])
        self._unread: list[str] = []  # pieces that came since the last frame; in one they are cheaper to parse
        self._scrolled_away: list[Row] = []  # the first rows of what is unfinished, if they are in the scrollback
        self._painter: Painter = ScreenPainter(write, terminal) if terminal.addressable else RowPrinter(write)
        self.next_frame = clock()  # when to paint next, at the earliest

    def feed(self, text: str) -> None:
        """Add a piece of the answer, without showing it yet."""
        self._unread.append(text)

    @property
    def is_settling(self) -> bool:
        """Whether paint() waits for the end of a resize, and is to be called again."""
        return self._settled_at is not None

    def paint(self, *, at_once: bool = False) -> None:
        """Show all that was fed; in a window that is being resized later, unless `at_once`."""
        began = self._clock()
        if not self._notice_resize(at_once=at_once):
            self.next_frame = began + _FRAME_SECONDS
            return
        self._read()
        self._painter.paint(*self._rows())
        now = self._clock()
        self.next_frame = now + max(_FRAME_SECONDS, _IDLE_SHARE * (now - began))

    def finish(self) -> None:
        """End the document and show the rest of it."""
        self._notice_resize(at_once=True)
        self._read()
        self._document.finish()
        self._painter.paint(self._rows()[0], [])
        self._painter.finish()

    def _read(self) -> None:
        text = "".join(self._unread)
        self._unread.clear()
        self._document.feed(text)

    def _rows(self) -> tuple[list[Row], list[Row]]:
        """Return the rows that became final, and those that are live."""
        final = self._document.take_rows()
        if not self._terminal.addressable:
            return final, []
        # Two rows stay free: the live rows never fill the screen, so the first of them can always be reached.
        height = max(1, self._size[1] - 2)
        if not self._scrolled_away:
            return final, self._document.unfinished_rows(height)
        count = len(self._scrolled_away)
        live = self._document.unfinished_rows(_WHOLE)
        if [*final, *live][:count] == self._scrolled_away:
            self._scrolled_away = self._scrolled_away[len(final) :]
            final, live = final[count:], live[max(0, count - len(final)) :]
        else:
            self._scrolled_away = []  # they look otherwise by now: shown twice is better than shown wrong
        return final, live[first_shown(len(live), height) :]

    def _notice_resize(self, *, at_once: bool) -> bool:
        """Take notice of a resize once it is over; return whether it is time to paint."""
        now, size = self._clock(), self._terminal.size()
        if size != self._last_size:
            self._last_size = size
            self._settled_at = now + _SETTLING_SECONDS
        if self._settled_at is None:
            return True
        settled = now >= self._settled_at
        if not settled and not at_once:
            return False
        self._settled_at = None
        self._size = size
        self._document.resize(size[0])
        self._scrolled_away += self._painter.resize(*size, settled=settled)
        return True
