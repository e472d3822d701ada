"""Markdown in, while it is being written; a live terminal out."""

from __future__ import annotations

import codecs
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TextIO

from grokcli.render.markdown.layout.theme import Links, Tables, Theme
from grokcli.render.markdown.screen.display import Display
from grokcli.render.markdown.screen.painter import Write
from grokcli.render.markdown.terminal import Terminal

# Characters that may wait to be shown. Whoever writes more waits for the screen, so that a pipe of any length takes no
# more memory than this; answers are shorter.
_MOST_WAITING = 65536


class MarkdownStream:
    """Shows a markdown text while it arrives in pieces. A context manager that closes itself.

    One thread does all parsing and all writing. The caller only hands over text, which takes a microsecond: Ctrl-C can
    therefore never interrupt a half-written frame, a slow terminal never holds up the network, and the last piece of a
    burst is painted a frame later (50 ms) even if nothing follows. The queues are SimpleQueue, which unlike Condition
    and Lock can be interrupted at any point without being left locked.
    """

    def __init__(
        self,
        out: TextIO,
        terminal: Terminal | None = None,
        theme: str = "default",
        *,
        width: int | None = None,
        links: Links = "full",
        live: bool = True,
        tables: Tables = "columns",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show on `out`, which is what `terminal` describes; by default what it turns out to be.

        `theme` is a name or a TOML file; `width` is how many columns a row has at most, by default all; `links` is what
        stands behind the text of a link; without `live`, text is shown when it is final and the cursor never moves
        back. `tables` can be lines of labels and values. `clock` tells the seconds that frames are timed by. Raises
        ThemeError, a ValueError.
        """
        self._clock = clock
        terminal = (terminal or Terminal.detect(out, os.environ)).limited(width, live=live)
        self._display = Display(_writer(out), terminal, Theme(theme, links, tables), clock)
        self._waiting = 0  # characters that were written since all was shown
        # Text; a queue that gets an entry when all before it is shown; None, which ends the text.
        self._inbox: SimpleQueue[str | SimpleQueue[None] | None] = SimpleQueue()
        self._hurry: SimpleQueue[None] = SimpleQueue()  # an entry ends the wait for the next frame
        self._ended: SimpleQueue[None] = SimpleQueue()  # an entry tells that the thread will write no more
        self._failure: Exception | None = None
        self._closed = False
        self._thread = Thread(target=self._run, name="markdown", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Show a piece of the text: at once, or within a frame if the last one is not long ago.

        Waits for the screen when too much is waiting for it. Raises what writing failed with (BrokenPipeError,
        OSError), perhaps of an earlier piece.
        """
        self._raise_failure()
        if text:
            self._inbox.put(text)
            self._waiting += len(text)
            if self._waiting > _MOST_WAITING:
                self.flush()

    def flush(self) -> None:
        """Return when all that was written is shown, and nothing more will be until the next piece.

        Raises what writing failed with.
        """
        self._waiting = 0
        shown: SimpleQueue[None] = SimpleQueue()
        self._inbox.put(shown)
        self._hurry.put(None)
        self._wait_for(shown)
        self._raise_failure()

    def close(self) -> None:
        """Finish what is open and show it, wherever the text was cut; the cursor is then on a new line.

        May be called again, also after it was itself interrupted. Raises what writing failed with, unless write() did.
        """
        if not self._closed:
            self._inbox.put(None)
            self._hurry.put(None)
            self._wait_for(self._ended)
            self._closed = True
        self._raise_failure()

    def __enter__(self) -> MarkdownStream:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close, whatever happened inside."""
        self.close()

    def _wait_for(self, told: SimpleQueue[None]) -> None:
        while self._thread.is_alive():  # an interrupted close() may have taken the entry
            with suppress(Empty):  # the terminal is blocked; wait on, a little at a time, so that Ctrl-C is noticed
                told.get(timeout=0.1)
                break

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            self._closed = True
            raise failure

    def _run(self) -> None:
        try:
            while self._show(self._next()):
                pass
        except Exception as error:  # noqa: BLE001  it is raised again, by the caller's next call
            self._failure = error
        self._ended.put(None)

    def _next(self) -> str | SimpleQueue[None] | None:
        """Return the next entry of the inbox; no text if that takes longer than the end of a resize."""
        if self._display.is_settling:
            with suppress(Empty):
                return self._inbox.get(timeout=max(0.0, self._display.next_frame - self._clock()))
            return ""
        return self._inbox.get()

    def _show(self, first: str | SimpleQueue[None] | None) -> bool:
        """Wait until a frame is due, and show `first` and all that came since; return whether more may come."""
        wait = self._display.next_frame - self._clock()
        if wait > 0 and isinstance(first, str):
            with suppress(Empty):  # the frame is due
                self._hurry.get(timeout=wait)
        flushed: list[SimpleQueue[None]] = []
        for entry in self._entries(first):
            if entry is None:
                self._display.finish()
                return False
            if isinstance(entry, str):
                self._display.feed(entry)
            else:
                flushed.append(entry)
        self._display.paint(at_once=bool(flushed))
        for shown in flushed:
            shown.put(None)
        return True

    def _entries(self, first: str | SimpleQueue[None] | None) -> Iterator[str | SimpleQueue[None] | None]:
        """Yield `first` and then what else is in the inbox, until it is empty."""
        yield first
        with suppress(Empty):
            while True:
                yield self._inbox.get_nowait()


def render(
    text: str,
    out: TextIO,
    terminal: Terminal | None = None,
    theme: str = "default",
    *,
    width: int | None = None,
    links: Links = "full",
    live: bool = True,
    tables: Tables = "columns",
) -> None:
    """Show a whole text at once, as MarkdownStream leaves it when it is closed.

    Raises ThemeError, a ValueError, and what writing to `out` raises.
    """
    terminal = (terminal or Terminal.detect(out, os.environ)).limited(width, live=live)
    display = Display(_writer(out), terminal, Theme(theme, links, tables), time.monotonic)
    display.feed(text)
    display.finish()


def _writer(out: TextIO) -> Write:
    """Return what writes and flushes; characters that the stream cannot encode become question marks."""
    encoding = getattr(out, "encoding", None) or "utf-8"
    is_unicode = codecs.lookup(encoding).name.startswith("utf")

    def write(text: str) -> None:
        out.write(text if is_unicode else text.encode(encoding, "replace").decode(encoding))
        out.flush()

    return write
