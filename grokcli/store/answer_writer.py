"""An answer that is stored while it comes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from grokcli.chat import Message, assistant
from grokcli.store.writing import Ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from grokcli.events import Usage


class AnswerWriter:
    """One answer. Its text is committed when it begins to come and from then on `interval` seconds after it came.

    Nothing here raises because of the store, and `write` does not wait for it after the first text.
    """

    def __init__(self, keep: Callable[[str], None], end: Callable[[Ending], None], interval: float) -> None:
        """Store each piece with `keep` and, once, how the answer ended with `end`; `interval` is in seconds."""
        self._keep = keep
        self._end = end
        self._interval = interval
        self._lock = threading.Lock()
        self._pieces: list[str] = []
        self._kept = 0
        self._timer: threading.Timer | None = None
        self._over = False

    def write(self, text: str) -> None:
        """Take a piece of the answer in."""
        is_first = not self._pieces
        # Without the lock, which every delta would feel: to append is one step, and who clears the timer looks again.
        self._pieces.append(text)
        if is_first:
            self._flush()
        elif self._timer is None:
            with self._lock:
                self._start_timer()

    def length(self) -> int:
        """Return how many characters were taken in."""
        return sum(map(len, self._pieces))

    def finish(self, message: Message, *, finish_reason: str, usage: Usage | None, model: str) -> None:
        """Store the whole answer as `message`; `model` is the one that answered."""
        if self._close():
            self._end(Ending(message, "whole", finish_reason, usage, model))

    def interrupt(self, reason: str, *, usage: Usage | None = None) -> None:
        """Keep what came, and why no more did. An answer of which nothing came leaves no trace.

        Does nothing after `finish`, so it can stand in a `finally`.
        """
        if self._close():
            self._end(Ending(assistant("".join(self._pieces)), "interrupted", reason, usage))

    def _close(self) -> bool:
        """Stop the clock, and say whether the answer was still open."""
        with self._lock:
            was_open, self._over = not self._over, True
            if self._timer is not None:
                self._timer.cancel()
        return was_open

    def _start_timer(self) -> None:
        """Have what came stored when the interval is over, unless a timer runs already. The lock is held."""
        if self._timer is None and not self._over:
            self._timer = threading.Timer(self._interval, self._flush)
            self._timer.daemon = True
            self._timer.start()

    def _flush(self) -> None:
        with self._lock:
            fresh = self._pieces[self._kept :]
            self._kept = len(self._pieces)
            if self._over:
                return
        # The lock is free meanwhile: a store that is busy must not hold the answer up.
        self._keep("".join(fresh))
        with self._lock:
            self._timer = None
            if self._kept < len(self._pieces):
                self._start_timer()
