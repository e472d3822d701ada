"""The markdown renderer: events in, a live terminal out."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TextIO

from grokcli.events import Event, TextDelta
from grokcli.render.markdown.layout.theme import Theme
from grokcli.render.markdown.screen.display import Display
from grokcli.render.markdown.screen.painter import Write
from grokcli.render.markdown.terminal import Terminal

if TYPE_CHECKING:
    from grokcli.errors import GrokError


@dataclass
class _Request:
    """Something to be done by the painting thread; `done` gets an entry when it is."""

    action: Callable[[], None]
    is_last: bool = False
    done: SimpleQueue[None] = field(default_factory=SimpleQueue)


class MarkdownRenderer:
    """Shows an answer as it streams; a grokcli.render.Renderer.

    One thread does all parsing and all writing. The caller only hands over text, which takes a microsecond: Ctrl-C can
    therefore never interrupt a half-written frame, a slow terminal never holds up the network, and the last piece of a
    burst is painted a frame later (50 ms) even if nothing follows. The queues are SimpleQueue, which unlike Condition
    and Lock can be interrupted at any point without being left locked.
    """

    def __init__(
        self,
        out: TextIO,
        *,
        terminal: Terminal,
        theme: str = "default",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Show on `out`, which is what `terminal` describes. Raises ConfigError for an unknown `theme`."""
        self._clock = clock
        self._display = Display(_writer(out), terminal, Theme(theme), clock)
        self._inbox: SimpleQueue[str | _Request] = SimpleQueue()
        self._hurry: SimpleQueue[None] = SimpleQueue()  # an entry ends the wait for the next frame
        self._failure: Exception | None = None
        self._closed = False
        self._thread = Thread(target=self._run, name="markdown", daemon=True)
        self._thread.start()

    def show(self, event: Event) -> None:
        """Show a piece of text: at once, or within a frame if the last one is not long ago; other events are ignored.

        Raises what writing failed with (BrokenPipeError, OSError), perhaps of an earlier piece.
        """
        self._raise_failure()
        if isinstance(event, TextDelta) and event.text:
            self._inbox.put(event.text)

    def suspend(self) -> None:
        """Let others write whole lines to the terminal: what is unfinished leaves it until the next show()."""
        self._do(_Request(self._display.suspend))

    def close(self, error: GrokError | None = None) -> None:
        """Finish what is open and show it, whatever interrupted the answer; the cursor is then on a new line.

        May be called again, also after it was itself interrupted. Raises what writing failed with, unless show() did.
        """
        if not self._closed:
            self._do(_Request(self._display.finish, is_last=True))
            self._closed = True
        self._raise_failure()

    def _do(self, request: _Request) -> None:
        """Have the thread do something, after all that was shown before, and wait until it did."""
        self._inbox.put(request)
        self._hurry.put(None)
        while self._thread.is_alive():
            try:
                request.done.get(timeout=0.1)
            except Empty:
                continue  # a blocked terminal; or the thread has ended, which no entry tells
            break
        self._raise_failure()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            self._closed = True
            raise failure

    def _run(self) -> None:
        try:
            while self._work_off(self._inbox.get()):
                pass
        except Exception as error:  # noqa: BLE001  it is raised again, by the caller's next call
            self._failure = error

    def _work_off(self, first: str | _Request) -> bool:
        """Wait until a frame is due, and show `first` and all that came since; return whether more may come."""
        wait = self._display.next_frame - self._clock()
        if wait > 0 and isinstance(first, str):
            with suppress(Empty):  # the frame is due
                self._hurry.get(timeout=wait)
        unpainted = False
        for entry in self._waiting(first):
            if isinstance(entry, str):
                self._display.feed(entry)
                unpainted = True
                continue
            entry.action()
            entry.done.put(None)
            if entry.is_last:
                return False
            unpainted = False
        if unpainted:
            self._display.paint()
        return True

    def _waiting(self, first: str | _Request) -> Iterator[str | _Request]:
        """Yield `first` and then what else is in the inbox, until it is empty."""
        yield first
        with suppress(Empty):
            while True:
                yield self._inbox.get_nowait()


def render_markdown(text: str, out: TextIO, terminal: Terminal, theme: str = "default") -> None:
    """Show a whole answer at once, as MarkdownRenderer leaves it after streaming it.

    Raises ConfigError for an unknown `theme`, and what writing to `out` raises.
    """
    display = Display(_writer(out), terminal, Theme(theme), time.monotonic)
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
