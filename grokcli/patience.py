"""How long a server may say nothing. Comments and empty events keep a connection alive; they are not an answer."""

from __future__ import annotations

import time


class Patience:
    """Counts the silence of one answer. Time that is spent showing the answer does not count."""

    def __init__(self, seconds: float) -> None:
        """Bear up to `seconds` of silence at a time."""
        self.seconds = seconds
        self._heard = True
        self._since = 0.0

    def heard(self) -> None:
        """Note that the server said something."""
        self._heard = True

    def left(self) -> float:
        """Return the seconds that are left, when the next read begins; all of them if something was heard."""
        now = time.monotonic()
        if self._heard:
            self._heard = False
            self._since = now
            return self.seconds
        return self.seconds - (now - self._since)
