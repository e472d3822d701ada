"""Storing an answer while it is streamed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from grokcli.chat import Message, assistant
from grokcli.store.writing import Ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from grokcli.events import Usage


class AnswerWriter:
    """Writes one answer: commits the first text at once, and later text at most `interval` seconds after it arrived.

    Errors of the store are not raised here, and after the first text `write` does not wait for the store.
    """

    def __init__(self, keep: Callable[[str], None], end: Callable[[Ending], None], interval: float) -> None:
        """Store text with `keep` and, once, the end of the answer with `end`; `interval` is in seconds."""
        self._keep = keep
        self._end = end
        self._interval = interval
        self._lock = threading.Lock()
        self._pieces: list[str] = []
        self._kept = 0
        self._timer: threading.Timer | None = None
        self._over = False

    def write(self, text: str) -> None:
        """Add a piece of the answer."""
        is_first = not self._pieces
        # No lock here, as it would slow down every delta: append is atomic, and `_flush`, which clears the timer,
        # checks for new pieces afterwards.
        self._pieces.append(text)
        if is_first:
            self._flush()
        elif self._timer is None:
            with self._lock:
                self._start_timer()

    def length(self) -> int:
        """Return the number of characters written so far."""
        return sum(map(len, self._pieces))

    def finish(self, message: Message, *, finish_reason: str, usage: Usage | None, model: str) -> None:
        """Store the complete answer as `message`; `model` is the one that answered."""
        if self._close():
            self._end(Ending(message, "whole", finish_reason, usage, model))

    def interrupt(self, reason: str, *, usage: Usage | None = None) -> None:
        """Store the text received so far and the reason for the interruption. An empty answer is removed.

        Does nothing after `finish`, so it can be called in a `finally` block.
        """
        if self._close():
            self._end(Ending(assistant("".join(self._pieces)), "interrupted", reason, usage))

    def _close(self) -> bool:
        """Stop the timer, and return whether the answer was still open."""
        with self._lock:
            was_open, self._over = not self._over, True
            if self._timer is not None:
                self._timer.cancel()
        return was_open

    def _start_timer(self) -> None:
        """Start the timer for the next commit, unless one is running. The caller holds the lock."""
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
        # Outside the lock: a busy store must not delay the answer.
        self._keep("".join(fresh))
        with self._lock:
            self._timer = None
            if self._kept < len(self._pieces):
                self._start_timer()
