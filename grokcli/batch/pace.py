"""How many questions are asked at a time. The server's limits hold for all of them, so what one learns slows all.

A busy server halves the number and makes everyone wait, once for all the requests that it turned down together; each
answer then adds a little, until the number is back.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# After so many waits in a row without an answer between them, the server is not just busy.
MAX_WAITS = 8
LONGEST_BACKOFF = 60.0
# Of what a server may ask for: a quota that ends tomorrow is an error.
LONGEST_WAIT = 900.0


class Pace:
    """Lets so many threads ask at a time."""

    def __init__(self, most: int, delay: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow up to `most` requests at a time; `delay` is the first wait in seconds, if the server names none."""
        self.limit = float(most)
        self._most = self._cap = most
        self._delay = delay
        self._clock = clock
        self._changed = threading.Condition()
        self._active = 0
        self._waits = 0
        self._resumes = 0.0
        self._slowed = float("-inf")
        self._is_open = True

    def enter(self) -> float | None:
        """Wait until another request may be sent, and return the time; None when no more are to be."""
        with self._changed:
            while self._is_open:
                wait = self._resumes - self._clock()
                if wait <= 0 and self._active < max(1, min(self._cap, int(self.limit))):
                    self._active += 1
                    return self._clock()
                self._changed.wait(wait if wait > 0 else None)
            return None

    def cap(self, count: int) -> None:
        """Allow no more than `count` requests at a time, and at least one, whatever the server can do."""
        with self._changed:
            self._cap = count

    def leave(self) -> None:
        """Say that a request is over."""
        with self._changed:
            self._active -= 1
            self._changed.notify_all()

    def answered(self) -> None:
        """Say that an answer came: the server can do more."""
        with self._changed:
            self._waits = 0
            if self.limit < self._most:
                self.limit = min(self._most, self.limit + 1 / self.limit)
                self._changed.notify_all()

    def slow_down(self, sent: float, retry_after: float | None) -> float | None:
        """Say that the server was too busy for a request sent at that time, and may have named the seconds to wait.

        Returns the seconds that everyone waits now, 0 if they already do, None if waiting is of no use any more.
        """
        with self._changed:
            if sent < self._slowed and (retry_after or 0.0) <= max(0.0, self._resumes - self._clock()):
                return 0.0
            if sent >= self._slowed:
                self._waits += 1
                self.limit = max(1.0, self.limit / 2)
            if self._waits > MAX_WAITS or (retry_after or 0.0) > LONGEST_WAIT:
                return None
            self._slowed = self._clock()
            seconds = max(retry_after or 0.0, self.backoff(self._waits))
            self._resumes = max(self._resumes, self._slowed + seconds)
            self._changed.notify_all()
            return seconds

    def backoff(self, tries: int) -> float:
        """Return the seconds to wait after so many tries, with random jitter."""
        import random

        return min(LONGEST_BACKOFF, self._delay * 2.0 ** (tries - 1)) * random.uniform(0.75, 1.25)  # noqa: S311  # no secret

    def pause(self, seconds: float) -> None:
        """Wait, for one thread alone, unless no more requests are to be sent."""
        end = self._clock() + seconds
        with self._changed:
            while self._is_open and (left := end - self._clock()) > 0:
                self._changed.wait(left)

    @property
    def is_open(self) -> bool:
        """Whether requests are still sent."""
        return self._is_open

    def close(self) -> None:
        """Send no more requests."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()
