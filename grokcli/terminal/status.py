"""The status line on a terminal, `thinking 3 s`, shown until the first token arrives."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TextIO

_SILENCE = 0.5  # seconds; a shorter wait needs no status line
_ERASE = "\r\x1b[K"


class Status:
    """Counts seconds on the last line of a terminal, or reports once that something is in progress."""

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        *,
        label: str = "thinking",
        as_line: bool = False,
    ) -> None:
        """Write to `stream`, a terminal that understands escape sequences; with `as_line`, print the label once."""
        self.label = label
        self.is_reported = False  # as a line; not to be repeated
        self._as_line = as_line
        self._stream = stream
        self._clock = clock
        self._stopping: SimpleQueue[None] = SimpleQueue()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Start counting; nothing is shown for the first half second. Does nothing if already started."""
        if self._thread is None:
            self._stopping = SimpleQueue()
            self._thread = Thread(target=self._run, name="status", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop counting and erase the line; nothing is written after this returns. May be called twice."""
        if self._thread is not None:
            self._stopping.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        with suppress(OSError, ValueError):  # the terminal is gone or the stream closed; there is nowhere to report it
            if self._as_line:
                self._report()
            else:
                self._count()

    def _report(self) -> None:
        if not self._stopped_within(_SILENCE):
            self.is_reported = True
            self._write(f"{self.label}\n")

    def _count(self) -> None:
        began = self._clock()
        wait = _SILENCE
        shown = False
        while not self._stopped_within(wait):
            seconds = self._clock() - began
            text = f"{self.label} {seconds:.0f} s" if seconds >= 1 else self.label
            self._write(f"{_ERASE}\x1b[2m{text}\x1b[0m")
            shown = True
            wait = 1 - seconds % 1
        if shown:
            self._write(_ERASE)

    def _stopped_within(self, seconds: float) -> bool:
        try:
            self._stopping.get(timeout=seconds)
        except Empty:
            return False
        return True

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
