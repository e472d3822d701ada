"""How long a server may say nothing. Comments and empty events keep a connection alive; they are not an answer."""

from __future__ import annotations

import time


class Patience:
    """Counts the silence of one answer. Time that is spent showing the answer does not count.

    Whoever reads the answer sets `was_heard` with each thing that the server says: an attribute, because it is set for
    every delta.
    """

    def __init__(self, seconds: float) -> None:
        """Bear up to `seconds` of silence at a time."""
        self.seconds = seconds
        self.was_heard = True
        self._since = 0.0

    def left(self) -> float:
        """Return the seconds that are left, when the next read begins; all of them if something was heard."""
        now = time.monotonic()
        if self.was_heard:
            self.was_heard = False
            self._since = now
            return self.seconds
        return self.seconds - (now - self._since)
